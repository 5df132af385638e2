package ui_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// A client follows events, over a websocket or as server-sent events.
type client struct {
	t     *testing.T
	frame func() ([]byte, error)
	queue []api.Event
}

func (s *site) websocket(query string) *client {
	s.t.Helper()
	conn := s.dial(query)
	return &client{t: s.t, frame: func() ([]byte, error) {
		conn.SetReadDeadline(time.Now().Add(patience))
		_, frame, err := conn.ReadMessage()
		return frame, err
	}}
}

func (s *site) dial(query string) *websocket.Conn {
	s.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/v1/events"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

func (s *site) sse(query string, header ...string) *client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/v1/events"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cancel(); resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		s.t.Fatalf("Content-Type %q", got)
	}
	lines := bufio.NewReader(resp.Body)
	return &client{t: s.t, frame: func() ([]byte, error) { return readSSE(lines) }}
}

// readSSE returns the data of an event, after it has checked that the id is the
// number of the last event in it.
func readSSE(lines *bufio.Reader) ([]byte, error) {
	id, data := "", ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case strings.HasPrefix(line, "data: "):
			data = line[6:]
		case line == "" && data != "":
			var events []api.Event
			if err := json.Unmarshal([]byte(data), &events); err != nil {
				return nil, err
			}
			if last := events[len(events)-1].Seq; id != strconv.FormatUint(last, 10) {
				return nil, fmt.Errorf("id %s after event %d", id, last)
			}
			return []byte(data), nil
		}
	}
}

// next returns the next event, whatever frame it comes in.
func (c *client) next() api.Event {
	c.t.Helper()
	for len(c.queue) == 0 {
		frame, err := c.frame()
		if err != nil {
			c.t.Fatal(err)
		}
		if err := json.Unmarshal(frame, &c.queue); err != nil {
			c.t.Fatalf("%v in %s", err, frame)
		}
	}
	e := c.queue[0]
	c.queue = c.queue[1:]
	return e
}

// want reads an event of a type.
func (c *client) want(kind string) api.Event {
	c.t.Helper()
	e := c.next()
	if e.Type != kind {
		c.t.Fatalf("event %+v, want %s", e, kind)
	}
	return e
}

// both runs a test with each way to follow events.
func both(t *testing.T, test func(t *testing.T, connect func(s *site, query string) *client)) {
	t.Run("websocket", func(t *testing.T) {
		t.Parallel()
		test(t, func(s *site, query string) *client { s.t = t; return s.websocket(query) })
	})
	t.Run("sse", func(t *testing.T) {
		t.Parallel()
		test(t, func(s *site, query string) *client { s.t = t; return s.sse(query) })
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, connect func(*site, string) *client) {
		s := start(t, catcher.Config{})
		s.accept(plainMail, "before@x.test")
		c := connect(s, "")
		if hello := c.want("hello"); hello.Seq != s.backend.LastEvent() || hello.Version != "test" {
			t.Errorf("hello %+v", hello)
		}

		id := s.accept(plainMail, "ann@x.test", "bob@x.test")
		e := c.want("added")
		if e.ID != id || e.Message == nil || e.Message.Subject != "Hello" || len(e.Deliveries) != 2 || e.At == nil ||
			!slices.Equal(e.Mailboxes, []string{"ann@x.test", "bob@x.test"}) || e.Seq != s.backend.LastEvent() {
			t.Errorf("added %+v", e)
		}
		s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":true,"mailbox":"bob@x.test"}`).ok()
		if e := c.want("updated"); e.Message == nil || e.Message.Seen || len(e.Deliveries) != 1 || !e.Deliveries[0].Seen {
			t.Errorf("updated %+v", e)
		}
		s.do("DELETE", "/v1/messages/"+id+"?mailbox=ann@x.test", "").ok()
		if e := c.want("removed"); e.ID != id || e.Gone == nil || *e.Gone || e.Why != "deleted" || !slices.Equal(e.Mailboxes, []string{"ann@x.test"}) {
			t.Errorf("removed %+v", e)
		}
		s.do("DELETE", "/v1/messages/"+id, "").ok()
		if e := c.want("removed"); e.Gone == nil || !*e.Gone {
			t.Errorf("removed %+v", e)
		}
		s.do("DELETE", "/v1/messages?mailbox=before@x.test", "").ok()
		if e := c.want("cleared"); e.Mailbox == nil || *e.Mailbox != "before@x.test" || *e.Count != 1 {
			t.Errorf("cleared %+v", e)
		}
		s.accept(plainMail, "ann@x.test")
		c.want("added")
		s.do("DELETE", "/v1/messages?all=true", "").ok()
		if e := c.want("cleared"); e.Mailbox == nil || *e.Mailbox != "" || *e.Count != 1 || e.Mailboxes == nil || e.Deliveries == nil {
			t.Errorf("cleared %+v", e)
		}
	})
}

func TestEventsOfOneMailbox(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, connect func(*site, string) *client) {
		s := start(t, catcher.Config{})
		c := connect(s, "?mailbox=BOB@x.test")
		c.want("hello")
		other := s.accept(plainMail, "ann@x.test")
		id := s.accept(plainMail, "ann@x.test", "bob@x.test")
		if e := c.want("added"); e.ID != id || len(e.Message.Deliveries) != 2 {
			t.Errorf("added %+v", e)
		}
		s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":true,"mailbox":"ann@x.test"}`).ok()
		s.do("DELETE", "/v1/messages/"+other, "").ok()
		s.do("PUT", "/v1/messages/"+id+"/seen", `{"seen":true,"mailbox":"bob@x.test"}`).ok()
		if e := c.want("updated"); !e.Message.Seen || e.Deliveries[0].Mailbox != "bob@x.test" {
			t.Errorf("updated %+v", e)
		}
		s.do("DELETE", "/v1/messages?mailbox=ann@x.test", "").ok()
		s.do("DELETE", "/v1/messages?all=true", "").ok()
		if e := c.want("cleared"); *e.Mailbox != "" {
			t.Errorf("cleared %+v", e)
		}
	})
}

func TestResumeEvents(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, connect func(*site, string) *client) {
		s := start(t, catcher.Config{})
		var ids []string
		for range 3 {
			ids = append(ids, s.accept(plainMail, "bob@x.test"))
		}
		last := s.backend.LastEvent()
		for after, rest := range map[uint64][]string{0: ids, last - 3: ids, last - 1: ids[2:], last: nil} {
			c := connect(s, fmt.Sprintf("?after=%d", after))
			if hello := c.want("hello"); hello.Seq != last-uint64(len(rest)) {
				t.Errorf("after %d: hello %d", after, hello.Seq)
			}
			for i, id := range rest {
				if e := c.want("added"); e.ID != id || e.Seq != last-uint64(len(rest)-1-i) {
					t.Errorf("after %d: event %d is %+v", after, i, e)
				}
			}
		}
	})
}

func TestLastEventIDBeatsAfter(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.accept(plainMail, "bob@x.test")
	id := s.accept(plainMail, "bob@x.test")
	last := s.backend.LastEvent()
	c := s.sse(fmt.Sprintf("?after=%d", last-2), "Last-Event-ID", fmt.Sprint(last-1))
	c.want("hello")
	if e := c.want("added"); e.ID != id {
		t.Errorf("added %+v", e)
	}
	s.get("/v1/events", "Last-Event-ID", "x").problem(400).has("header.Last-Event-ID")
}

func TestLagged(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, connect func(*site, string) *client) {
		s := start(t, catcher.Config{Events: 4})
		first := s.backend.LastEvent()
		for range 10 {
			s.accept(plainMail, "bob@x.test")
		}
		c := connect(s, fmt.Sprintf("?after=%d&mailbox=nobody@x.test", first))
		c.want("hello")
		if e := c.want("lagged"); e.Seq != s.backend.LastEvent() {
			t.Errorf("lagged %+v, last is %d", e, s.backend.LastEvent())
		}
		id := s.accept(plainMail, "nobody@x.test")
		if e := c.want("added"); e.ID != id {
			t.Errorf("added %+v", e)
		}
	})
}

// All that concurrent senders bring in reaches each client once, in order, while
// frames stay few.
func TestEventOrderUnderLoad(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, connect func(*site, string) *client) {
		const senders, each = 8, 100
		s := start(t, catcher.Config{})
		c := connect(s, "")
		frames := 0
		read := c.frame
		c.frame = func() ([]byte, error) { frames++; return read() }
		seq := c.want("hello").Seq
		began := time.Now()
		var sending sync.WaitGroup
		for range senders {
			sending.Go(func() {
				for range each {
					if _, err := accept(s.backend, plainMail, "bob@x.test"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		last := ""
		for range senders * each {
			e := c.want("added")
			if seq++; e.Seq != seq || e.ID <= last {
				t.Fatalf("event %d with id %s after %d with %s", e.Seq, e.ID, seq-1, last)
			}
			last = e.ID
		}
		sending.Wait()
		if most := 3 + int(time.Since(began)/(50*time.Millisecond)); frames > most {
			t.Errorf("%d frames, want %d at most", frames, most)
		}
	})
}

func TestOnlyTheNewestOfAFrameAreDetailed(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for range 500 {
		s.accept(plainMail, "bob@x.test")
	}
	c := s.websocket("?after=0")
	c.want("hello")
	for i := range 500 {
		e := c.want("added")
		if e.ID == "" || len(e.Deliveries) != 1 || (e.Message != nil) != (i >= 300) {
			t.Fatalf("event %d of 500 in one frame: %+v", i, e)
		}
	}
}

// A client that reads nothing is given up, and neither senders nor other clients
// feel it.
func TestSlowClientHoldsUpNobody(t *testing.T) {
	t.Parallel()
	ended := make(logged, 100)
	s := start(t, catcher.Config{}, func(s *ui.Server) {
		s.Log = slog.New(ended)
		s.Hurry(0, 0, time.Second)
	})
	if err := s.dial("").NetConn().(*net.TCPConn).SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	quick := s.websocket("")
	last := quick.want("hello").Seq
	big := "Subject: " + strings.Repeat("x", 20_000) + "\r\n\r\n"
	for gone := false; !gone; {
		select {
		case line := <-ended:
			gone = line == "websocket ends"
		default:
			for range 20 {
				s.accept(big, "bob@x.test")
			}
			for range 20 {
				if e := quick.want("added"); e.Seq != last+1 {
					t.Fatalf("event %d after %d", e.Seq, last)
				}
				last++
			}
		}
	}
	s.accept(big, "bob@x.test")
	quick.want("added")
}

// logged is a log that gives its messages to a test.
type logged chan string

func (l logged) Enabled(context.Context, slog.Level) bool { return true }
func (l logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l logged) WithGroup(string) slog.Handler            { return l }
func (l logged) Handle(_ context.Context, r slog.Record) error {
	l <- r.Message
	return nil
}

func TestIdleClientsArePinged(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hurry(100*time.Millisecond, 2*time.Second, 0) })
	conn := s.dial("")
	pings := 0
	answer := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		if pings++; pings == 25 {
			s.accept(plainMail, "bob@x.test") // pongs have kept the line open until here
		}
		return answer(data)
	})
	c := &client{t: t, frame: func() ([]byte, error) { _, frame, err := conn.ReadMessage(); return frame, err }}
	c.want("hello")
	c.want("added")

	resp, err := http.Get(s.url + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if lines.Text() == ": still here" {
			return
		}
	}
	t.Error("no sign of life")
}

func TestDeadClientIsGivenUp(t *testing.T) {
	t.Parallel()
	ended := make(logged, 100)
	s := start(t, catcher.Config{}, func(s *ui.Server) {
		s.Log = slog.New(ended)
		s.Hurry(5*time.Millisecond, 20*time.Millisecond, 0)
	})
	s.dial("") // never reads, so it answers no ping
	for line := range ended {
		if line == "websocket ends" {
			return
		}
	}
}

func TestClientThatSaysTooMuchIsCut(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	dialer := websocket.Dialer{WriteBufferSize: 64 << 10} // or the message goes in pieces
	conn, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, make([]byte, 8<<10)); err != nil {
		t.Fatal(err)
	}
	for err == nil { // the greeting may come first, or not at all
		_, _, err = conn.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
		t.Errorf("cut with %v", err)
	}
}

func TestForeignPageGetsNoWebsocket(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	address := "ws" + strings.TrimPrefix(s.url, "http") + "/v1/events"
	for origin, allowed := range map[string]bool{s.url: true, "http://evil.example": false, "null": false} {
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), address, http.Header{"Origin": {origin}})
		if (err == nil) != allowed {
			t.Errorf("%s: %v", origin, err)
		}
		if err != nil && resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", origin, resp.StatusCode)
		}
		if conn != nil {
			conn.Close()
		}
	}
}

func TestBrokenUpgradeIsAProblem(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.get("/v1/events", "Connection", "upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "1").problem(400)
}

// Mail that is gone before its event is sent is told nevertheless.
func TestEventOfMailThatIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(plainMail, "bob@x.test")
	if _, err := s.backend.Clear(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	c := s.websocket("?after=0")
	c.want("hello")
	if e := c.want("added"); e.ID != id || e.Message == nil || e.Message.Envelope.From != "sender@x.test" || e.Message.From == nil {
		t.Errorf("added %+v", e)
	}
	c.want("cleared")
}
