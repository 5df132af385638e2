package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// An inbox is an Acceptor that keeps what it gets.
type inbox struct {
	ids  *mail.IDs
	fail func(mail.Envelope) error // nil: accept all

	mu       sync.Mutex
	accepted []accepted
}

type accepted struct {
	env  mail.Envelope
	body string
}

func (in *inbox) Accept(_ context.Context, env mail.Envelope, r io.Reader) (mail.Receipt, error) {
	if in.fail != nil {
		if err := in.fail(env); err != nil {
			return mail.Receipt{}, err
		}
	}
	if _, ok := r.(*store.BodyReader); !ok {
		return mail.Receipt{}, fmt.Errorf("the body came as a %T", r)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return mail.Receipt{}, err
	}
	id, err := in.ids.Next(time.UnixMilli(0))
	if err != nil {
		return mail.Receipt{}, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.accepted = append(in.accepted, accepted{env, string(body)})
	return mail.Receipt{ID: id}, nil
}

func (in *inbox) all() []accepted {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]accepted(nil), in.accepted...)
}

// zeros is a source of randomness that makes IDs the same in every run.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func newServer() (*Server, *inbox) {
	in := &inbox{ids: mail.NewIDs(zeros{})}
	return &Server{Acceptor: in, IDs: mail.NewIDs(zeros{}), Domain: "mx.test"}, in
}

// serve runs the server on a free port until the test ends, or until stop is
// called, which waits for its end.
func serve(t testing.TB, s *Server) (addr string, stop func()) {
	t.Helper()
	return serveHow(t, s, false)
}

func serveOn(t testing.TB, s *Server, l net.Listener) (stop func()) { return serveBy(t, s.Serve, l) }

// serveHow is serve, for clients that begin with TLS perhaps.
func serveHow(t testing.TB, s *Server, implicit bool) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		return l.Addr().String(), serveBy(t, s.ServeTLS, l)
	}
	return l.Addr().String(), serveBy(t, s.Serve, l)
}

func serveBy(t testing.TB, serve func(context.Context, net.Listener) error, l net.Listener) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// A client talks by hand.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func connect(t *testing.T, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, nc, bufio.NewReader(nc)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatalf("send %.60q: %v", text, err)
	}
}

// expect reads a reply, of several lines perhaps, whose last line matches the pattern.
func (c *client) expect(pattern string) string {
	c.t.Helper()
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("want %q, got %q and %v", pattern, line, err)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		line = strings.TrimRight(line, "\r\n")
		if !match(pattern, line) {
			c.t.Fatalf("want %q, got %q", pattern, line)
		}
		return line
	}
}

func (c *client) ask(command, pattern string) string {
	c.t.Helper()
	c.send(command + "\r\n")
	return c.expect(pattern)
}

// match: a pattern is text in which * stands for anything.
func match(pattern, line string) bool {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("^" + quoted + "$").MatchString(line)
}

// TestDialogs plays testdata/*.dialog. In these
//
//	C: text     the client sends a line
//	C| text     it sends just these bytes, with Go escapes
//	S: pattern  the server's next line; * is anything
//	S.          the server closes the connection
//	C.          the client sends no more
//	M: from | to, to | body   the next accepted message, body with Go escapes
//	M.          no further message was accepted
//	C!          the client closes the connection
//	S| text     the server's next octets, with Go escapes; a byte of \xff stands for any that is no ASCII
//	S!          the connection is reset
//	A: attempt  the next attempt: stage, what happened, rule, reply | from | to | size, and the body that came
//	A.          no further attempt was made
//	W: 3s       so long we were to wait in all
//	T: text     the transcript of the session has this text
//	F: facts    the rules were asked with these facts; * is anything
//	Q.          the server ends, once it has heard nothing more from the client
//	H: name     the client begins TLS, trusting our authority, and asks for a name
//	H! name why it does so in vain, for that reason
//
// Before the first line of talk:
//
//	limit N     the message size limit
//	rule …      a rule; see table.add
//	patient     waits last until something ends them
//	accounts    only joe may log in, with pw; who fails waits a second
//	tls         there is TLS; required: it is required; at once: clients begin with it
func TestDialogs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.dialog")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogs: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".dialog"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			playDialog(t, file, string(script))
		})
	}
}

func playDialog(t *testing.T, file, script string) {
	s, in := newServer()
	s.MaxRecipients = 5
	st := &stage{table: &table{}, attempts: make(chan string, 100)}
	s.Attempted, s.wait = st.attempted, st.wait
	var c *client
	var stop func()
	seen, implicit := 0, false
	for i, line := range strings.Split(script, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if n, ok := strings.CutPrefix(line, "limit "); ok {
			s.MaxMessageSize, _ = strconv.ParseInt(n, 10, 64)
			continue
		}
		if text, ok := strings.CutPrefix(line, "rule "); ok {
			if err := st.table.add(text); err != nil {
				t.Fatal(err)
			}
			s.Rules = st.table
			continue
		}
		if line == "patient" {
			st.patient = true
			continue
		}
		if line == "accounts" {
			s.Accounts = oneAccount{}
			continue
		}
		if how, ok := strings.CutPrefix(line, "tls"); ok {
			s.TLS, s.RequireTLS, implicit = testKeeper(), how == " required", how == " at once"
			continue
		}
		if c == nil {
			var addr string
			addr, stop = serveHow(t, s, implicit)
			c = connect(t, addr)
		}
		at := fmt.Sprintf("%s:%d", file, i+1)
		op, arg := line[:2], strings.TrimPrefix(line[2:], " ")
		switch op {
		case "C:":
			c.send(arg + "\r\n")
		case "C|":
			c.send(unescape(t, at, arg))
		case "C.":
			c.Conn.(interface{ CloseWrite() error }).CloseWrite()
		case "H:":
			if err := c.beginTLS(arg); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
		case "H!":
			name, why, _ := strings.Cut(arg, " ")
			if err := c.beginTLS(name); err == nil || !match(why, err.Error()) {
				t.Fatalf("%s: got %v", at, err)
			}
		case "S:", "S.":
			got, err := c.r.ReadString('\n')
			if op == "S." {
				if err != io.EOF || got != "" {
					t.Fatalf("%s: want the end of the connection, got %q, %v", at, got, err)
				}
			} else if err != nil || !match(arg, strings.TrimSuffix(got, "\r\n")) {
				t.Fatalf("%s: want %q, got %q, %v", at, arg, got, err)
			}
		case "M:":
			all := in.all()
			if len(all) <= seen {
				t.Fatalf("%s: want %s, got no message", at, arg)
			}
			if got := describe(all[seen]); got != arg {
				t.Fatalf("%s:\nwant %s\ngot  %s", at, arg, got)
			}
			seen++
		case "M.":
			if all := in.all(); len(all) != seen {
				t.Fatalf("%s: unexpected message %s", at, describe(all[seen]))
			}
		default:
			playFault(t, at, op, arg, c, s, st, stop)
		}
	}
}

// playFault plays the lines that are about rules.
func playFault(t *testing.T, at, op, arg string, c *client, s *Server, st *stage, stop func()) {
	switch op {
	case "C!":
		c.Close()
	case "S|":
		want := unescape(t, at, arg)
		got := make([]byte, len(want))
		n, err := io.ReadFull(c.r, got)
		for i, b := range got {
			if b >= 0x80 {
				got[i] = 0xff
			}
		}
		if err != nil || string(got) != want {
			t.Fatalf("%s: got %q, %v", at, got[:n], err)
		}
	case "S!":
		if got, err := c.r.ReadByte(); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("%s: got %q, %v", at, got, err)
		}
	case "A:":
		select {
		case got := <-st.attempts:
			if !match(arg, got) {
				t.Fatalf("%s:\nwant %s\ngot  %s", at, arg, got)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: there is no attempt", at)
		}
	case "A.":
		if len(st.attempts) > 0 {
			t.Fatalf("%s: attempt %s", at, <-st.attempts)
		}
	case "W:":
		st.mu.Lock()
		defer st.mu.Unlock()
		if got := st.waited.String(); got != arg {
			t.Fatalf("%s: waited for %s", at, got)
		}
	case "T:":
		if text, _ := s.Transcript(lastSession(s)); !strings.Contains(text, arg) {
			t.Fatalf("%s: not in\n%s", at, text)
		}
	case "F:":
		st.table.mu.Lock()
		defer st.table.mu.Unlock()
		if !slices.ContainsFunc(st.table.asked, func(asked string) bool { return match(arg, asked) }) {
			t.Fatalf("%s: asked only\n%s", at, strings.Join(st.table.asked, "\n"))
		}
	case "Q.":
		stop()
	default:
		t.Fatalf("%s: cannot read %q", at, op)
	}
}

// lastSession is the session of a server that has had but one.
func lastSession(s *Server) string {
	return s.Sessions("", 1, all)[0].ID
}

func all(*mail.Talk) bool { return true }

func open(t *mail.Talk) bool { return t.Ended.IsZero() }

func unescape(t *testing.T, at, s string) string {
	t.Helper()
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	return text
}

// describe writes a message as M: lines do, with all that is not default.
func describe(a accepted) string {
	var to []string
	for _, r := range a.env.To {
		text := r.Address
		if names := r.Notify.Names(); names != nil {
			text += " NOTIFY=" + strings.Join(names, ",")
		}
		if r.ORcpt != "" {
			text += " ORCPT=" + r.ORcpt
		}
		to = append(to, text)
	}
	from := a.env.From
	for _, p := range []struct{ name, value string }{{"RET", a.env.Ret}, {"ENVID", a.env.EnvID}, {"BODY", a.env.Body}} {
		if p.value != "" {
			from += " " + p.name + "=" + p.value
		}
	}
	if a.env.UTF8 {
		from += " SMTPUTF8"
	}
	body := strings.ReplaceAll(strings.Trim(strconv.Quote(a.body), `"`), `\"`, `"`)
	return fmt.Sprintf("%s | %s | %s", from, strings.Join(to, ", "), body)
}

// hello connects, greets, and begins a transaction.
func hello(t *testing.T, addr string) *client {
	t.Helper()
	c := connect(t, addr)
	c.expect("220 mx.test ESMTP*")
	c.ask("EHLO client.test", "250 *")
	return c
}

func begin(t *testing.T, addr string) *client {
	t.Helper()
	c := hello(t, addr)
	c.ask("MAIL FROM:<a@a.test>", "250 *")
	c.ask("RCPT TO:<b@b.test>", "250 *")
	return c
}

// A writeCounter is a listener whose connections count their writes.
type writeCounter struct {
	net.Listener
	writes atomic.Int64
}

type countedConn struct {
	net.Conn
	writes *atomic.Int64
}

func (l *writeCounter) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &countedConn{c, &l.writes}, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func TestRepliesAreGatheredIntoOneWrite(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	counter := &writeCounter{Listener: l}
	s, _ := newServer()
	serveOn(t, s, counter)
	c := connect(t, l.Addr().String())
	step := func(name string, want int64, do func()) {
		t.Helper()
		before := counter.writes.Load()
		do()
		if got := counter.writes.Load() - before; got != want {
			t.Errorf("%s: %d writes, want %d", name, got, want)
		}
	}
	c.expect("220 *")
	if n := counter.writes.Load(); n != 1 {
		t.Errorf("greeting: %d writes", n)
	}
	step("EHLO", 1, func() { c.ask("EHLO x", "250 *") })
	step("pipelined group", 1, func() {
		c.send("MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nRCPT TO:<c@c>\r\nDATA\r\n")
		for _, want := range []string{"250 *", "250 *", "250 *", "354 *"} {
			c.expect(want)
		}
	})
	step("message and the next group", 1, func() {
		c.send("x\r\n.\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nNOOP\r\n")
		for range 4 {
			c.expect("250 *")
		}
	})
}

func TestTruncatedMessageIsNotAccepted(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{
		"DATA":               "DATA\r\nSubject: x\r\n\r\nhalf",
		"DATA before CRLF":   "DATA\r\nwhole\r\n.",
		"DATA before LF":     "DATA\r\nwhole\r\n.\r",
		"DATA without dot":   "DATA\r\nwhole\r\n",
		"BDAT":               "BDAT 100 LAST\r\nten octets",
		"BDAT, second chunk": "BDAT 3\r\nabcBDAT 9 LAST\r\nabc",
		"BDAT without LAST":  "BDAT 3\r\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, in := newServer()
			addr, stop := serve(t, s)
			c := begin(t, addr)
			c.send(tail)
			c.Close()
			stop()
			if all := in.all(); len(all) != 0 {
				t.Fatalf("accepted %s", describe(all[0]))
			}
		})
	}
}

func TestIdleClientGets421(t *testing.T) {
	t.Parallel()
	for name, talk := range map[string]string{
		"before EHLO":          "",
		"within a transaction": "EHLO x\r\nMAIL FROM:<a@a>\r\n",
		"within a line":        "NOO",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer()
			s.IdleTimeout = 30 * time.Millisecond
			addr, _ := serve(t, s)
			c := connect(t, addr)
			c.send(talk)
			rest, err := io.ReadAll(c.r)
			if err != nil || !strings.Contains(string(rest), "\r\n421 4.4.2 ") {
				t.Fatalf("got %q, %v", rest, err)
			}
		})
	}
}

func TestTimeoutWithinBodyEndsTheSessionWithOneReply(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	s.IdleTimeout = 50 * time.Millisecond
	addr, _ := serve(t, s)
	c := connect(t, addr)
	c.send("EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nhalf a message\r\n")
	rest, err := io.ReadAll(c.r)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(rest), "\r\n421 "); n != 1 || len(in.all()) != 0 {
		t.Fatalf("%d replies 421, %d messages in %q", n, len(in.all()), rest)
	}
}

func TestServeEnds(t *testing.T) {
	t.Parallel()
	t.Run("idle clients are told", func(t *testing.T) {
		t.Parallel()
		s, _ := newServer()
		addr, stop := serve(t, s)
		c := hello(t, addr)
		stop()
		c.expect("421 4.3.2 mx.test *")
		if _, err := c.r.ReadByte(); err != io.EOF {
			t.Fatalf("want the end, got %v", err)
		}
	})
	t.Run("an open transaction may finish", func(t *testing.T) {
		t.Parallel()
		s, in := newServer()
		s.Grace = time.Minute
		addr, stop := serve(t, s)
		c := begin(t, addr)
		c.ask("DATA", "354 *")
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		for { // the listener is closed once draining has begun
			probe, err := net.Dial("tcp", addr)
			if err != nil {
				break
			}
			probe.Close()
		}
		c.ask("late\r\n.", "250 2.0.0 OK: queued as *")
		c.expect("421 4.3.2 *")
		<-stopped
		if len(in.all()) != 1 {
			t.Fatal("the message is lost")
		}
	})
	t.Run("the grace ends", func(t *testing.T) {
		t.Parallel()
		s, in := newServer()
		s.Grace = 30 * time.Millisecond
		addr, stop := serve(t, s)
		c, waits := begin(t, addr), begin(t, addr)
		c.ask("DATA", "354 *")
		c.send("half a")
		stop()
		for _, c := range []*client{c, waits} {
			c.expect("421 4.3.2 mx.test *")
			if rest, err := io.ReadAll(c.r); len(rest) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatalf("want a closed connection, got %q, %v", rest, err)
			}
		}
		if len(in.all()) != 0 {
			t.Fatal("half a message was accepted")
		}
	})
}

func TestTranscriptHidesSecretsAndBodies(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	addr, _ := serve(t, s)
	c := hello(t, addr)
	c.ask("AUTH PLAIN AGpvZQBzZWNyZXQ=", "235 *")
	c.ask("MAIL FROM:<a@a>", "250 *")
	c.ask("RCPT TO:<b@b>", "250 *")
	c.ask("DATA", "354 *")
	c.ask("the body\r\n.", "250 *")
	c.ask("QUIT", "221 *")
	sid := in.all()[0].env.Session.ID
	text, ok := s.Transcript(sid)
	if !ok {
		t.Fatal("no transcript")
	}
	for _, want := range []string{"C: EHLO client.test", "S: 250-PIPELINING", "C: AUTH PLAIN (response hidden)", "#: message of 10 octets"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, secret := range []string{"AGpvZQ", "the body"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in\n%s", secret, text)
		}
	}

	c = hello(t, addr)
	c.ask("AUTH LOGIN", "334 VXNlcm5hbWU6")
	c.ask("am9l", "334 UGFzc3dvcmQ6")
	c.ask("c2VjcmV0", "235 *")
	c.ask("MAIL FROM:<a@a>", "250 *")
	c.ask("RCPT TO:<b@b>", "250 *")
	c.ask("DATA", "354 *")
	c.ask(".", "250 *")
	text, _ = s.Transcript(in.all()[1].env.Session.ID)
	if strings.Contains(text, "c2VjcmV0") || strings.Contains(text, "am9l") {
		t.Errorf("the password is in\n%s", text)
	}
}

func TestTranscriptIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tr := &transcript{title: "t", start: now, now: func() time.Time { return now }}
	for i := range 100_000 {
		tr.add('C', fmt.Sprintf("command %d", i))
	}
	text := tr.String()
	if len(text) > 2*(scriptHead+scriptTail) {
		t.Errorf("%d octets", len(text))
	}
	for _, want := range []string{"C: command 0\n", "lines left out", "C: command 99999\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	tr.add('C', strings.Repeat("x", 1<<20))
	if line := tr.tail[len(tr.tail)-1].text; len(line) > scriptLine+100 {
		t.Errorf("a line of %d octets", len(line))
	}
}

func TestSessionIsRecorded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, talk, protocol, user, mech string }{
		{"HELO", "HELO me.test\r\n", "SMTP", "", ""},
		{"EHLO", "EHLO me.test\r\n", "ESMTP", "", ""},
		{"AUTH", "EHLO me.test\r\nAUTH PLAIN AGpvZQBwIHc=\r\n", "ESMTPA", "joe", "PLAIN"},
		{"CRAM", "EHLO me.test\r\nAUTH CRAM-MD5\r\nam9lIGIgMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\r\n", "ESMTPA", "joe b", "CRAM-MD5"},
		{"XOAUTH2", "EHLO me.test\r\nAUTH XOAUTH2 dXNlcj1qb2VAYS50ZXN0AWF1dGg9QmVhcmVyIHQBAQ==\r\n", "ESMTPA", "joe@a.test", "XOAUTH2"},
		{"UTF8", "EHLO me.test\r\n", "UTF8SMTP", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, in := newServer()
			addr, _ := serve(t, s)
			c := connect(t, addr)
			param := ""
			if tc.name == "UTF8" {
				param = " SMTPUTF8"
			}
			c.send(tc.talk + "MAIL FROM:<a@a>" + param + "\r\nRCPT TO:<b@b>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
			out, err := io.ReadAll(c.r)
			if err != nil || len(in.all()) != 1 {
				t.Fatalf("%d messages, %v\n%s", len(in.all()), err, out)
			}
			got := in.all()[0].env.Session
			if got.Protocol != tc.protocol || got.User != tc.user || got.Mechanism != tc.mech || got.Helo != "me.test" {
				t.Errorf("got %+v", got)
			}
			if got.Remote != c.LocalAddr().String() || got.Local != addr || got.Started.IsZero() {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestOpenSessionsAreListed(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	addr, stop := serve(t, s)
	first := hello(t, addr)
	first.ask("AUTH PLAIN AGpvZQBwdw==", "235 *")
	second := connect(t, addr)
	second.expect("220 *")
	list := s.Sessions("", 9, open)
	if len(list) != 2 || list[1].User != "joe" || list[1].Helo != "client.test" || list[0].Remote != second.LocalAddr().String() {
		t.Errorf("%+v", list)
	}
	if list[0].State != "connected" || list[1].State != "ready" || list[1].Protocol != "ESMTPA" || list[0].End != "" {
		t.Errorf("%+v", list)
	}
	if text, ok := s.Transcript(list[0].ID); !ok || !strings.Contains(text, "S: 220 mx.test") {
		t.Errorf("transcript %q", text)
	}
	stop()
	if list := s.Sessions("", 9, open); len(list) != 0 {
		t.Errorf("after the end: %+v", list)
	}
}

func TestOnlyRepliesReachTheClient(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	failure := error(&mail.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "No room"})
	in.fail = func(mail.Envelope) error { return failure }
	st := &stage{attempts: make(chan string, 2)}
	s.Attempted = st.attempted
	addr, _ := serve(t, s)
	c := begin(t, addr)
	c.ask("DATA", "354 *")
	c.ask("x\r\n.", "452 4.3.1 No room")
	if got := <-st.attempts; got != `dot refused - 452 4.3.1 No room | a@a.test | b@b.test | 3 "x\r\n"` {
		t.Errorf("attempt %s", got)
	}

	failure = errors.New("open /secret/path: i/o error")
	c.ask("MAIL FROM:<a@a.test>", "250 *")
	c.ask("RCPT TO:<b@b.test>", "250 *")
	c.ask("DATA", "354 *")
	c.ask("x\r\n.", "451 4.3.0 Local error, try again later")
	if got := <-st.attempts; strings.Contains(got, "secret") || !strings.HasPrefix(got, "dot refused - 451 4.3.0 ") {
		t.Errorf("attempt %s", got)
	}
}

func TestPanicEndsOneSession(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	in.fail = func(env mail.Envelope) error {
		if env.From == "panic@a.test" {
			panic("boom")
		}
		return nil
	}
	addr, stop := serve(t, s)
	c := hello(t, addr)
	c.send("MAIL FROM:<panic@a.test>\r\nRCPT TO:<b@b>\r\nDATA\r\nx\r\n.\r\n")
	c.expect("250 *")
	c.expect("250 *")
	c.expect("354 *")
	c.expect("421 *")
	c = begin(t, addr)
	c.ask("DATA", "354 *")
	c.ask("x\r\n.", "250 *")
	c.ask("QUIT", "221 *")
	stop()
	if !strings.Contains(log.String(), "boom") {
		t.Errorf("the log does not tell: %s", log.String())
	}
}

// TestBodyArrivesAsSent sends random bodies, in pieces of random sizes.
func TestBodyArrivesAsSent(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	addr, _ := serve(t, s)
	c := hello(t, addr)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		body := randomBody(rng)
		wire := "MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n" + stuff(body) + ".\r\n"
		for len(wire) > 0 {
			n := min(len(wire), 1+rng.IntN(1<<rng.IntN(14)))
			c.send(wire[:n])
			wire = wire[n:]
		}
		for _, want := range []string{"250 *", "250 *", "354 *", "250 2.0.0 OK: queued as *"} {
			c.expect(want)
		}
		if got := in.all()[i].body; got != body {
			t.Fatalf("message %d:\nsent %q\ngot  %q", i, body, got)
		}
	}
}

// randomBody is made of the pieces that matter, and ends in CRLF.
func randomBody(rng *rand.Rand) string {
	pieces := []string{".", "\r\n", "\r", "\n", "\r\n.", "\n.", "\r.", "..", "text", "\x00", "é", strings.Repeat("x", 5000), "\r\r\n", ".\r", ".\n"}
	var b strings.Builder
	for range rng.IntN(60) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + "\r\n"
}

// stuff doubles the dots after each CRLF, by the letter of RFC 5321 §4.5.2.
func stuff(body string) string {
	if strings.HasPrefix(body, ".") {
		body = "." + body
	}
	return strings.ReplaceAll(body, "\r\n.", "\r\n..")
}

// TestBodyIsHeldOnce is not parallel: it counts what the process allocates.
func TestBodyIsHeldOnce(t *testing.T) {
	const size = 32 << 20
	for _, by := range []string{"DATA", "BDAT"} {
		t.Run(by, func(t *testing.T) {
			s, _ := newServer()
			sizes := make(chan int64, 1)
			s.Acceptor = acceptFunc(func(r io.Reader) { n, _ := r.(io.Seeker).Seek(0, io.SeekEnd); sizes <- n })
			addr, _ := serve(t, s)
			c := begin(t, addr)
			line := strings.Repeat("x", 70) + "\r\n"
			block := bytes.Repeat([]byte(line), 1<<13)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n := int64(0)
			if by == "DATA" {
				c.ask("DATA", "354 *")
			} else {
				c.send(fmt.Sprintf("BDAT %d LAST\r\n", size/len(block)*len(block)))
			}
			for range size / len(block) {
				if _, err := c.Write(block); err != nil {
					t.Fatal(err)
				}
				n += int64(len(block))
			}
			if by == "DATA" {
				c.send(".\r\n")
			}
			c.expect("250 *")
			runtime.ReadMemStats(&after)
			if got := <-sizes; got != n {
				t.Fatalf("%d octets arrived of %d", got, n)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > size*11/10 {
				t.Errorf("%d octets allocated for a message of %d", used, n)
			}
		})
	}
}

type acceptFunc func(io.Reader)

func (f acceptFunc) Accept(_ context.Context, _ mail.Envelope, r io.Reader) (mail.Receipt, error) {
	f(r)
	return mail.Receipt{}, nil
}

func TestManySessionsAtOnce(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	addr, _ := serve(t, s)
	var wg sync.WaitGroup
	const sessions, each = 20, 25
	for k := range sessions {
		wg.Go(func() {
			c := hello(t, addr)
			for i := range each {
				c.send(fmt.Sprintf("MAIL FROM:<a@a>\r\nRCPT TO:<s%d@b>\r\nDATA\r\n%d\r\n.\r\n", k, i))
				for range 4 {
					c.expect("*")
				}
			}
		})
	}
	wg.Wait()
	if n := len(in.all()); n != sessions*each {
		t.Errorf("%d messages, want %d", n, sessions*each)
	}
}

// Fault: accept, then RST. The client may hear of it before it knows that it is connected.
func TestResetAtConnect(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	s.Rules = &table{rules: []tableRule{{name: "r", stage: rule.Connect, do: []rule.Action{{Kind: rule.Drop, Reset: true}}}}}
	addr, _ := serve(t, s)
	c, err := net.Dial("tcp", addr)
	if err == nil {
		defer c.Close()
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("got %v", err)
	}
}

// The query of a rule sees the message, with nothing that is known only later.
func TestRulesSeeTheMessage(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	q, err := query.Parse("larger:2 rcpt:b@b.test body:secret", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s.Document = func(received time.Time, env *mail.Envelope, b *store.Body) *query.Document {
		m := &mail.Message{Received: received, Envelope: *env, Size: b.Size()}
		return &query.Document{Message: m, Load: func() (*query.Content, error) {
			text, err := io.ReadAll(b.Reader())
			return &query.Content{Text: []string{string(text)}}, err
		}}
	}
	s.Rules = judgeFunc(func(f *rule.Facts) rule.Decision {
		if f.Message == nil {
			return rule.Decision{}
		}
		if found, err := q.Match(f.Message); !found || err != nil {
			return rule.Decision{}
		}
		return rule.Decision{Rule: "r", Do: []rule.Action{{Kind: rule.Reply, Reply: mail.Reply{Code: 554, Text: "Hush"}}}}
	})
	addr, _ := serve(t, s)
	c := begin(t, addr)
	c.ask("DATA", "354 *")
	c.ask("a secret\r\n.", "554 Hush")
	c.send("MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n")
	c.expect("250 *")
	c.expect("250 *")
	c.expect("354 *")
	c.ask("nothing\r\n.", "250 *")
	if len(in.all()) != 1 {
		t.Errorf("%d messages", len(in.all()))
	}
}

type judgeFunc func(*rule.Facts) rule.Decision

func (f judgeFunc) Decide(facts *rule.Facts) rule.Decision { return f(facts) }

// A delay holds up nobody else, and draining ends it: the mail is not lost.
func TestDrainEndsDelays(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	s.Grace = time.Minute
	waiting := make(chan time.Duration, 1)
	s.wait = func(ctx context.Context, d time.Duration) {
		waiting <- d
		<-ctx.Done()
	}
	s.Rules = &table{rules: []tableRule{{name: "r", stage: rule.Dot, to: "b@b.test", do: []rule.Action{{Kind: rule.Delay, For: time.Hour}}}}}
	addr, stop := serve(t, s)
	slow := begin(t, addr)
	slow.ask("DATA", "354 *")
	slow.send("late\r\n.\r\n")
	if d := <-waiting; d != time.Hour {
		t.Errorf("waits for %v", d)
	}
	quick := hello(t, addr)
	quick.send("MAIL FROM:<a@a>\r\nRCPT TO:<c@c>\r\nDATA\r\nx\r\n.\r\n")
	for _, want := range []string{"250 *", "250 *", "354 *", "250 *"} {
		quick.expect(want)
	}
	stop()
	slow.expect("250 2.0.0 OK: queued as *")
	slow.expect("421 4.3.2 *")
	if n := len(in.all()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// A deadlineConn knows its deadline for reading.
type deadlineConn struct {
	net.Conn
	mu       sync.Mutex
	deadline time.Time
}

func (c *deadlineConn) SetDeadline(t time.Time) error {
	c.note(t)
	return c.Conn.SetDeadline(t)
}

func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	c.note(t)
	return c.Conn.SetReadDeadline(t)
}

func (c *deadlineConn) note(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
}

func (c *deadlineConn) get() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deadline
}

// There is no idle client while it is we who are slow; afterwards there may be.
func TestTimeoutsDoNotCutDelays(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	conn := &deadlineConn{Conn: there}
	s, _ := newServer()
	s.Rules = &table{rules: []tableRule{{name: "r", stage: rule.Quit, do: []rule.Action{{Kind: rule.Delay, For: time.Hour}, {Kind: rule.Reply, Reply: mail.Reply{Code: 450}}}}}}
	during := make(chan time.Time, 1)
	s.wait = func(context.Context, time.Duration) { during <- conn.get() }
	stop := serveOn(t, s, &pipeListener{conns: []net.Conn{conn}, done: make(chan struct{})})
	c := &client{t, here, bufio.NewReader(here)}
	c.expect("220 *")
	c.ask("QUIT", "450")
	if at := <-during; !at.IsZero() {
		t.Errorf("the deadline is %v", at)
	}
	c.ask("NOOP", "250 *")
	if at := conn.get(); at.Before(time.Now()) {
		t.Errorf("the deadline is %v afterwards", at)
	}
	here.Close()
	stop()
}

// A pipeListener has connections that are there already.
type pipeListener struct {
	conns []net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	if len(l.conns) == 0 {
		<-l.done
		return nil, net.ErrClosed
	}
	c := l.conns[0]
	l.conns = l.conns[1:]
	return c, nil
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }
