package ui_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// A receiver answers posts with what answers says, by the number of the post.
type receiver struct {
	t      *testing.T
	answer func(post int) (status int, header http.Header)
	got    []api.Event
	at     []time.Time
	ids    []string
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	var e api.Event
	if err != nil || json.Unmarshal(body, &e) != nil {
		r.t.Errorf("body %q, %v", body, err)
	}
	r.got, r.at, r.ids = append(r.got, e), append(r.at, time.Now()), append(r.ids, req.Header.Get("webhook-id"))
	status, header := 204, http.Header(nil)
	if r.answer != nil {
		status, header = r.answer(len(r.got))
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: header, Body: http.NoBody, Request: req}, req.Context().Err()
}

// halves is the source of the shortest pauses: half of the whole ones.
type halves struct{}

func (halves) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// hooked runs a webhook with a receiver in a bubble of its own time.
func hooked(t *testing.T, w *ui.Webhook, r *receiver, story func(t *testing.T, c *catcher.Catcher, w *ui.Webhook)) {
	synctest.Test(t, func(t *testing.T) {
		c := newCatcher(t, catcher.Config{})
		r.t, w.Backend, w.URL, w.Transport, w.Rand, w.After = t, c, "http://me:secret@hook.test/x?token=secret", r, halves{}, c.LastEvent()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		story(t, c, w)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func send(t *testing.T, b ui.Backend, to ...string) string {
	t.Helper()
	id, err := accept(b, plainMail, to...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWebhookTriesAgainInOrder(t *testing.T) {
	t.Parallel()
	r := &receiver{answer: func(post int) (int, http.Header) {
		switch post {
		case 1, 2:
			return 500, nil
		case 3:
			return 429, http.Header{"Retry-After": {"60"}}
		}
		return 200, nil
	}}
	hooked(t, &ui.Webhook{}, r, func(t *testing.T, c *catcher.Catcher, w *ui.Webhook) {
		first, second := send(t, c, "a@x.test"), send(t, c, "b@x.test")
		time.Sleep(time.Hour) // of the bubble
		synctest.Wait()
		var ids []string
		for _, e := range r.got {
			ids = append(ids, e.ID)
		}
		if want := []string{first, first, first, first, second}; !slices.Equal(ids, want) {
			t.Fatalf("posted %v, want %v", ids, want)
		}
		for i, want := range []time.Duration{time.Second / 2, time.Second, time.Minute} {
			if got := r.at[i+1].Sub(r.at[i]); got != want {
				t.Errorf("pause %d is %s, want %s", i, got, want)
			}
		}
		if r.ids[0] == "" || r.ids[0] != r.ids[3] || r.ids[3] == r.ids[4] {
			t.Errorf("names of the events: %q", r.ids)
		}
		if e := r.got[0]; e.Message == nil || e.Message.Subject != "Hello" || !slices.Equal(e.What, []string{"received", "delivered"}) {
			t.Errorf("event %+v", e)
		}
		if s := w.Status(); s.Delivered != 2 || s.Failed != 0 || s.Queued != 0 || s.LastStatus != 200 || s.LastError != "" || strings.Contains(s.URL, "secret") {
			t.Errorf("status %+v", s)
		}
	})
}

func TestWebhookGivesUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status, posts int
		stopped       bool
	}{{400, 2, false}, {302, 2, false}, {410, 1, true}, {503, 20, false}, {408, 20, false}, {425, 20, false}} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			t.Parallel()
			r := &receiver{answer: func(int) (int, http.Header) { return tc.status, http.Header{"Location": {"http://elsewhere.test/"}} }}
			hooked(t, &ui.Webhook{}, r, func(t *testing.T, c *catcher.Catcher, w *ui.Webhook) {
				send(t, c, "a@x.test")
				synctest.Wait()
				send(t, c, "b@x.test")
				time.Sleep(24 * time.Hour) // of the bubble
				synctest.Wait()
				s := w.Status()
				if len(r.got) != tc.posts || s.Stopped != tc.stopped || s.Delivered != 0 || s.LastStatus != tc.status || s.LastError == "" {
					t.Errorf("%d posts, status %+v", len(r.got), s)
				}
			})
		})
	}
}

// TestSlowReceiverHoldsUpNobody: what does not fit is dropped, the oldest first, and
// an event says so.
func TestSlowReceiverHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := &receiver{answer: func(post int) (int, http.Header) {
		if post <= 2 {
			return 503, nil
		}
		return 200, nil
	}}
	hooked(t, &ui.Webhook{}, r, func(t *testing.T, c *catcher.Catcher, w *ui.Webhook) {
		for range 1500 {
			send(t, c, "a@x.test")
			synctest.Wait()
		}
		if s := w.Status(); s.Dropped != 500 || s.Queued != 1000 {
			t.Errorf("status %+v", s)
		}
		time.Sleep(time.Hour) // of the bubble
		synctest.Wait()
		if len(r.got) != 1003 || r.got[3].Type != "lagged" || r.got[3].Count == nil || *r.got[3].Count != 500 || r.got[4].Seq != r.got[3].Seq+1 {
			t.Errorf("%d posts, the fourth %+v", len(r.got), r.got[min(3, len(r.got)-1)])
		}
	})
}

func TestWebhookFilters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, query string
		words       []string
		want        string // of the events
	}{
		{"all", "", nil, "added added removed"},
		{"words", "", []string{"deleted", "clock"}, "clock removed"},
		{"query", "rcpt:b@x.test", nil, "added"},
		{"both", "rcpt:b@x.test", []string{"received", "clock"}, "added clock"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &receiver{}
			hooked(t, &ui.Webhook{Query: tc.query, Events: tc.words}, r, func(t *testing.T, c *catcher.Catcher, w *ui.Webhook) {
				a := send(t, c, "a@x.test")
				send(t, c, "b@x.test")
				synctest.Wait()
				c.Clock().(interface{ Advance(time.Duration) }).Advance(time.Hour)
				page, err := c.List(t.Context(), store.Query{})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range page.Messages {
					if m.ID.String() == a {
						c.Delete(t.Context(), m.Deliveries[0].ID)
					}
				}
				synctest.Wait()
				var types []string
				for _, e := range r.got {
					types = append(types, e.Type)
				}
				if got := strings.Join(types, " "); got != tc.want {
					t.Errorf("posted %s, want %s", got, tc.want)
				}
			})
		})
	}
}

// TestWebhookSigns: over the wire, as Standard Webhooks has it; and the post under
// way when Run ends is finished.
func TestWebhookSigns(t *testing.T) {
	t.Parallel()
	c := newCatcher(t, catcher.Config{})
	arrived, finish := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		mac := hmac.New(sha256.New, []byte("key"))
		fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
			t.Errorf("signature %q, want %q", h.Get("webhook-signature"), want)
		}
		if h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "postroom/1" {
			t.Errorf("headers %v", h)
		}
		close(arrived)
		<-finish
	}))
	defer srv.Close()
	w := &ui.Webhook{Backend: c, URL: srv.URL, Secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte("key")), Version: "1"}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	send(t, c, "a@x.test")
	<-arrived
	stop()
	close(finish)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if s := w.Status(); s.Delivered != 1 || s.Dropped != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestEventFilters(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for _, query := range []string{"?what=nonsense", "?q=subject:", "?whta=seen"} {
		s.get("/v1/events" + query).problem(400)
	}
	c := s.websocket("?what=seen,clock&q=rcpt:bob@x.test")
	c.next() // hello
	for _, to := range []string{"ann@x.test", "bob@x.test"} {
		id := s.accept(plainMail, to)
		s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":true}`).ok()
	}
	if e := c.next(); e.Type != "updated" || e.Mailboxes[0] != "bob@x.test" || !slices.Equal(e.What, []string{"seen"}) || len(e.Steps) != 0 {
		t.Errorf("event %+v", e)
	}
	s.do("POST", "/v1/clock", `{"speed":60}`).ok()
	if e := c.next(); e.Type != "clock" || e.Clock == nil || e.Clock.Speed != 60 || !e.Clock.Frozen {
		t.Errorf("event %+v", e)
	}
}

// TestEventsTellOfAttempts: what the queue did, without asking.
func TestEventsTellOfAttempts(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	c := s.websocket("?what=attempt")
	c.next() // hello
	s.accept(plainMail, "a@partner.test")
	s.run()
	e := c.next()
	if !slices.Equal(e.What, []string{"attempt", "deferred"}) || len(e.Steps) != 1 || e.Steps[0].Did != "deferred" || e.Steps[0].Reply == nil {
		t.Errorf("event %+v", e)
	}
}
