package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
)

var born = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A backend is a catcher that has had sessions.
type backend struct {
	*catcher.Catcher
	transcripts map[string]string
	sessions    []mail.Talk // newest first
}

func (b *backend) Transcript(id string) (string, bool) {
	text, ok := b.transcripts[id]
	return text, ok
}

func (b *backend) Sessions(before string, limit int, which func(*mail.Talk) bool) []mail.Talk {
	var list []mail.Talk
	for _, t := range b.sessions {
		if len(list) < limit && (before == "" || t.ID < before) && which(&t) {
			list = append(list, t)
		}
	}
	return list
}

func (b *backend) Session(id string) (mail.Talk, []mail.Line, bool) {
	for _, t := range b.sessions {
		if t.ID == id {
			return t, []mail.Line{
				{At: time.Millisecond, From: "client", Text: "RCPT TO:<gone@x.test>"},
				{At: 1500 * time.Microsecond, From: "server", Text: "550 5.1.1 No such user"},
				{At: 2 * time.Second, From: "note", Text: "closed"},
			}, true
		}
	}
	return mail.Talk{}, nil, false
}

// A site is a server with its backend.
type site struct {
	t       *testing.T
	backend *backend
	server  *ui.Server
	url     string
}

func newCatcher(t *testing.T, cfg catcher.Config) *catcher.Catcher {
	t.Helper()
	if cfg.Clock == nil {
		cfg.Clock = clock.NewManual(born)
	}
	c, err := catcher.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// start serves a catcher on a free port until the test ends.
func start(t *testing.T, cfg catcher.Config, change ...func(*ui.Server)) *site {
	t.Helper()
	b := &backend{
		Catcher:     newCatcher(t, cfg),
		transcripts: map[string]string{"S1": "C: MAIL FROM:<a@x.test>\nS: 250 2.1.0 OK\n"},
		sessions: []mail.Talk{{
			Session: mail.Session{ID: "S1", Started: born, Protocol: "ESMTP", Remote: "127.0.0.1:2"}, State: "ended", Ended: born.Add(2 * time.Second), End: "quit",
			Command: "QUIT", Commands: 4, Refused: 1, Errors: 1, Error: &mail.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "No such user"},
			In: 80, Out: 120, First: time.Millisecond, Answer: -1,
		}},
	}
	s := &ui.Server{
		Backend: b, Clock: clock.NewManual(born), Version: "test", SMTP: "127.0.0.1:1025", POP3: "127.0.0.1:1110",
		HTTP: "127.0.0.1:8025", Limits: ui.Limits{MaxMessageSize: 1 << 20},
		Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the page") }),
	}
	for _, f := range change {
		f(s)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &site{t, b, s, srv.URL}
}

// accept puts a mail into the catcher and returns its ID.
func (s *site) accept(raw string, to ...string) string {
	s.t.Helper()
	id, err := accept(s.backend, raw, to...)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func accept(b ui.Backend, raw string, to ...string) (string, error) {
	env := mail.Envelope{From: "sender@x.test", Session: &mail.Session{
		ID: "S1", Started: born, Protocol: "ESMTP", Remote: "127.0.0.1:2", Local: "127.0.0.1:1025", Helo: "client"}}
	for _, a := range to {
		env.To = append(env.To, mail.Rcpt{Address: a})
	}
	r, err := b.Accept(context.Background(), env, strings.NewReader(raw))
	return r.ID.String(), err
}

// An answer is a response whose body was read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (s *site) do(method, path string, body string, header ...string) *answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &answer{s.t, resp.StatusCode, resp.Header, all}
}

func (s *site) get(path string, header ...string) *answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, "", header...)
}

// ok wants the status 200.
func (a *answer) ok() *answer {
	a.t.Helper()
	return a.is(http.StatusOK)
}

func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// problem wants a problem document with the status.
func (a *answer) problem(status int) *answer {
	a.t.Helper()
	a.is(status)
	var p struct {
		Status int
		Title  string
	}
	a.into(&p)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" || p.Status != status || p.Title == "" {
		a.t.Fatalf("%s %+v is not a problem with status %d", got, p, status)
	}
	return a
}

func (a *answer) into(v any) *answer {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
	return a
}

// has wants the texts in the body.
func (a *answer) has(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if !bytes.Contains(a.body, []byte(text)) {
			a.t.Errorf("no %q in %s", text, a.body)
		}
	}
	return a
}

const plainMail = "From: Ann <ann@x.test>\r\nTo: bob@x.test\r\nSubject: Hello\r\nMessage-ID: <m1@x.test>\r\n" +
	"Date: Sun, 01 Mar 2026 11:59:00 +0100\r\n\r\nThe text.\r\n"

const richMail = "From: Ann <ann@x.test>\r\nTo: Bob <bob@x.test>, carl@x.test\r\nCc: =?utf-8?q?D=C3=A4n?= <dan@x.test>\r\n" +
	"Subject: =?utf-8?q?R=C3=ADch?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=r\r\n\r\n" +
	"--r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<script>alert(1)</script><p>Hi <img src=\"cid:pic@x\"><img src=\"https://far.test/a.png\"><a href=\"https://b.test/\">go</a></p>\r\n" +
	"--r\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Disposition: inline; filename=\"p.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n" +
	"--r\r\nContent-Type: text/html; name=\"evil.html\"\r\nContent-Disposition: attachment; filename*=UTF-8''%C3%A4%22.html\r\n\r\n<script>alert(2)</script>\r\n" +
	"--r\r\nContent-Type: image/svg+xml; name=\"x.svg\"\r\nContent-Disposition: attachment\r\n\r\n<svg/>\r\n" +
	"--r--\r\n"
