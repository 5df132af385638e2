package ui

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// Bounds of a webhook. All times are real ones.
const (
	postTimeout   = 10 * time.Second // for one attempt
	firstPause    = time.Second      // after an attempt, twice as long after the next
	longestPause  = 5 * time.Minute
	maxTries      = 10
	maxWaiting    = 1000     // events; the oldest make room
	maxWaitOctets = 64 << 20 // of them
	maxAnswer     = 64 << 10 // octets of an answer that are read, to use the connection again
	tellLost      = time.Minute
)

// A Webhook posts events to a URL, one after the other, in order: each as a JSON
// object (api.Event) with the headers of Standard Webhooks, webhook-id and
// webhook-timestamp, and with a Secret webhook-signature. Any 2xx is success. After
// no answer, 408, 425, 429 and 5xx it tries again, with pauses of 1 s to 5 min, and
// gives the event up after 10 attempts; after other answers, redirections among
// them, at once. 410 ends it. It holds up nobody: 1000 events wait, then the oldest
// are dropped, and an event "lagged" stands for them.
//
// Backend and URL are needed. The fields must not be changed once it runs.
type Webhook struct {
	Backend Backend
	URL     string
	Query   string   // only events of messages that it finds; "" for all
	Events  []string // of Words; none: WebhookWords, without events that have no message when there is a Query
	Secret  string   // signs; after "whsec_" it is base64, as Standard Webhooks has it; "": no signature
	After   uint64   // events after this one; 0: all that are still known

	Version   string
	Log       *slog.Logger      // nil: nowhere
	Rand      io.Reader         // for the pauses; nil: crypto/rand
	Transport http.RoundTripper // nil: one of its own
	Grace     time.Duration     // for the attempt under way when Run ends; 0: DefaultGrace

	key []byte

	mu      sync.Mutex    // guards all below
	waiting []post        // that under way is the first
	busy    bool          // there is one under way
	octets  int           // of waiting
	lost    int           // dropped since an event said so
	untold  int           // dropped since the log said so
	told    time.Time     // when it did
	wake    chan struct{} // closed when something is waiting; nil: nobody waits
	status  api.Webhook
}

// A post is an event on its way.
type post struct {
	seq  uint64
	body []byte
}

// WebhookWords are those that a webhook goes by when it is not told: all but those
// that tell of what people do with the page, of rules and of the clock.
func WebhookWords() []string {
	return slices.DeleteFunc(Words(), func(word string) bool {
		return slices.Contains([]string{"seen", "unseen", "rule", "clock"}, word)
	})
}

// Check says what is wrong with the fields.
func (w *Webhook) Check() error {
	u, err := url.Parse(w.URL)
	if err != nil {
		return errors.New("this is no URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q: want a URL with http or https", u.Redacted())
	}
	if err := checkQuery(w.Query, time.Now()); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	if _, err := newFilter(nil, "", w.Events, ""); err != nil {
		return err
	}
	_, err = w.signingKey()
	return err
}

func (w *Webhook) signingKey() ([]byte, error) {
	text, coded := strings.CutPrefix(w.Secret, "whsec_")
	if !coded {
		return []byte(w.Secret), nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, errors.New("what follows whsec_ in the secret is not base64")
	}
	return key, nil
}

// Run posts until ctx ends, or the receiver is gone. Then the attempt under way
// gets the grace to finish; the events that still wait are dropped. The error is
// that of Check.
func (w *Webhook) Run(ctx context.Context) error {
	if err := w.Check(); err != nil {
		return err
	}
	w.key, _ = w.signingKey() // Check has seen it
	log := w.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w.Log = log.With("webhook", w.shownURL())
	w.Rand = cmp.Or[io.Reader](w.Rand, rand.Reader)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var posting sync.WaitGroup
	posting.Go(func() {
		defer cancel() // when the receiver is gone
		w.postAll(ctx)
	})
	w.follow(ctx)
	posting.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.waiting); n > 0 || w.untold > 0 {
		w.Log.Warn("webhook ends; events were dropped", "waiting", n, "before", w.untold)
	}
	w.status.Dropped += uint64(len(w.waiting))
	w.waiting, w.octets = nil, 0
	return nil
}

// follow puts events where they wait, until ctx or the bus ends.
func (w *Webhook) follow(ctx context.Context) {
	f := w.follower()
	for {
		e, err := f.sub.Next(ctx)
		switch {
		case errors.Is(err, event.ErrLagged):
			e = event.Event{Seq: f.sub.Cursor(), Change: mail.Change{Kind: lagged}}
		case err != nil:
			return
		}
		if !f.wants(&e.Change) {
			continue
		}
		body, err := f.object(ctx, &e)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.Log.Error("event not posted", "event", e.Seq, "err", err)
		case body != nil:
			w.put(post{e.Seq, body})
		}
	}
}

func (w *Webhook) follower() *follower {
	words := w.Events
	if len(words) == 0 {
		words = WebhookWords()
	}
	return &follower{
		h:      &handler{Server: &Server{Backend: w.Backend}, Backend: w.Backend, counts: &counts{}, cache: newCache(cacheSize)},
		sub:    w.Backend.Subscribe(w.After),
		filter: &filter{backend: w.Backend, words: words, asked: len(w.Events) > 0, query: w.Query},
	}
}

// object is an event as JSON; nil when the query does not find its message.
func (f *follower) object(ctx context.Context, e *event.Event) ([]byte, error) {
	if ok, err := f.finds(ctx, e); err != nil || !ok {
		return nil, err
	}
	v, err := f.view(ctx, *e, true)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// put lets an event wait; the oldest make room, but not the one under way.
func (w *Webhook) put(p post) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, p)
	w.octets += len(p.body)
	first := 0
	if w.busy {
		first = 1
	}
	for len(w.waiting) > first+1 && (len(w.waiting) > maxWaiting || w.octets > maxWaitOctets) {
		w.octets -= len(w.waiting[first].body)
		w.waiting = slices.Delete(w.waiting, first, first+1)
		w.lost++
		w.untold++
		w.status.Dropped++
	}
	if w.untold > 0 && time.Since(w.told) >= tellLost {
		w.Log.Warn("the receiver of a webhook is too slow; events were dropped", "events", w.untold)
		w.untold, w.told = 0, time.Now()
	}
	if w.wake != nil {
		close(w.wake)
		w.wake = nil
	}
}

// postAll posts what waits until ctx ends or the receiver is gone.
func (w *Webhook) postAll(ctx context.Context) {
	client := w.client()
	defer client.CloseIdleConnections()
	for {
		p, ok := w.next(ctx)
		if !ok {
			return
		}
		delivered, gone := w.deliver(ctx, client, p)
		if ctx.Err() != nil && !delivered {
			return
		}
		w.settle(delivered, gone)
		if gone {
			return
		}
	}
}

// next waits for an event. When some were dropped, one that says so comes first.
func (w *Webhook) next(ctx context.Context) (post, bool) {
	for ctx.Err() == nil {
		p, wait := w.poll()
		if wait == nil {
			return p, true
		}
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
	return post{}, false
}

// poll returns the event that is now under way, or a channel to wait on.
func (w *Webhook) poll() (post, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		if w.wake == nil {
			w.wake = make(chan struct{})
		}
		return post{}, w.wake
	}
	if w.lost > 0 {
		p := post{seq: w.waiting[0].seq - 1}
		p.body, _ = json.Marshal(api.Event{Seq: p.seq, Type: string(lagged), Count: &w.lost}) // cannot fail
		w.waiting, w.lost = slices.Insert(w.waiting, 0, p), 0
		w.octets += len(p.body)
	}
	w.busy = true
	return w.waiting[0], nil
}

// settle ends what is under way.
func (w *Webhook) settle(delivered, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.octets -= len(w.waiting[0].body)
	w.waiting, w.busy = slices.Delete(w.waiting, 0, 1), false
	w.status.Stopped = gone
	if delivered {
		w.status.Delivered++
	} else {
		w.status.Failed++
	}
}

// deliver tries until the receiver has the event, or does not want it, or ctx ends.
func (w *Webhook) deliver(ctx context.Context, client *http.Client, p post) (delivered, gone bool) {
	for try := 1; ; try++ {
		status, after, err := w.post(ctx, client, p)
		w.note(status, err)
		again := status == 0 || status == 408 || status == 425 || status == 429 || status/100 == 5
		switch {
		case err == nil:
			return true, false
		case ctx.Err() != nil:
			return false, false
		case status == http.StatusGone:
			w.Log.Error("the receiver of a webhook is gone; nothing more is posted", "event", p.seq, "status", status)
			return false, true
		case !again || try == maxTries:
			w.Log.Error("event given up by a webhook", "event", p.seq, "attempts", try, "err", err)
			return false, false
		}
		w.Log.Debug("webhook tries again", "event", p.seq, "attempt", try, "err", err)
		pause := time.NewTimer(max(w.pause(try), min(after, longestPause)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return false, false
		}
	}
}

// pause is how long to wait after so many attempts: up to half of it is chance, so
// that not all come back at once.
func (w *Webhook) pause(tries int) time.Duration {
	whole := min(firstPause<<(tries-1), longestPause)
	var b [8]byte
	if _, err := io.ReadFull(w.Rand, b[:]); err != nil {
		return whole
	}
	return whole/2 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(whole/2))
}

// note remembers how the latest attempt ended.
func (w *Webhook) note(status int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.LastAt, w.status.LastStatus, w.status.LastError = viewDate(time.Now().UTC()), status, ""
	if err != nil {
		w.status.LastError = err.Error()
	}
}

// client follows no redirections: what was meant for one receiver is not for others.
func (w *Webhook) client() *http.Client {
	c := &http.Client{
		Transport:     w.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1}
	}
	return c
}

// post makes one attempt. The status is 0 when no answer came; after is how long
// the receiver asks to wait. When ctx ends, it goes on for the grace.
func (w *Webhook) post(ctx context.Context, client *http.Client, p post) (status int, after time.Duration, err error) {
	trying, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		late := time.AfterFunc(cmp.Or(w.Grace, DefaultGrace), cancel)
		context.AfterFunc(trying, func() { late.Stop() })
	})()
	req, err := w.request(trying, p, time.Now())
	if err != nil {
		return 0, 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		var where *url.Error // its text has the URL, which may hold a token
		if errors.As(err, &where) {
			err = where.Err
		}
		return 0, 0, err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // what the status says holds anyway
	if resp.StatusCode/100 == 2 {
		return resp.StatusCode, 0, nil
	}
	return resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), time.Now()), fmt.Errorf("the receiver answers %s", resp.Status)
}

// request is the event, signed as Standard Webhooks has it.
func (w *Webhook) request(ctx context.Context, p post, now time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(p.body))
	if err != nil {
		return nil, err
	}
	id, at := "event-"+strconv.FormatUint(p.seq, 10), strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "postroom/"+w.Version)
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", at)
	if len(w.key) > 0 {
		mac := hmac.New(sha256.New, w.key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, p.body)
		req.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return req, nil
}

// retryAfter reads that header: seconds or a date (RFC 9110 §10.2.3); 0 for anything
// else.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// shownURL is the URL without its password, and without its query, which may have a token.
func (w *Webhook) shownURL() string {
	shown, _, has := strings.Cut(mail.WithoutPassword(w.URL), "?")
	if has {
		shown += "?***"
	}
	return shown
}

// Status says how it goes.
func (w *Webhook) Status() api.Webhook {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.status
	v.URL, v.Query, v.Events, v.Signed, v.Queued = w.shownURL(), w.Query, w.Events, w.Secret != "", len(w.waiting)
	if len(v.Events) == 0 {
		v.Events = WebhookWords()
	}
	return v
}
