package smtpd

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A scriptConn is a connection whose client has said all in advance, in pieces.
type scriptConn struct {
	said   []byte
	again  []byte // what it says then, so many times
	times  int
	piece  int // octets that one Read gives
	heard  bytes.Buffer
	closed chan struct{}

	// When the deadline is taken away, the client waits for us to go on rather than
	// leave: its end is told once the deadline is back.
	waits bool
	ended chan struct{}
}

func (c *scriptConn) Read(p []byte) (int, error) {
	if len(c.said) == 0 && c.times > 0 {
		c.times--
		c.said = c.again
		c.heard.Reset()
	}
	if len(c.said) == 0 && c.waits {
		<-c.ended
		return 0, os.ErrDeadlineExceeded
	}
	if len(c.said) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.piece)], c.said)
	c.said = c.said[n:]
	return n, nil
}

func (c *scriptConn) Write(p []byte) (int, error) { return c.heard.Write(p) }
func (c *scriptConn) Close() error                { close(c.closed); return nil }
func (c *scriptConn) LocalAddr() net.Addr         { return &net.TCPAddr{} }
func (c *scriptConn) RemoteAddr() net.Addr        { return &net.TCPAddr{} }

func (c *scriptConn) SetDeadline(time.Time) error {
	c.waits = false
	return nil
}

func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

func (c *scriptConn) SetReadDeadline(t time.Time) error {
	switch {
	case t.IsZero():
		c.waits, c.ended = true, make(chan struct{})
	case c.waits:
		close(c.ended)
	}
	return nil
}

// talk plays a whole session and returns what the client heard.
func talk(s *Server, said []byte, piece int) string {
	return talkTo(s, &scriptConn{said: said, piece: max(piece, 1)})
}

func talkTo(s *Server, c *scriptConn) string {
	s.setDefaults()
	c.closed = make(chan struct{})
	stop := make(chan struct{})
	var reaping sync.WaitGroup
	reaping.Go(func() { s.reap(stop) })
	s.start(c, false)
	<-c.closed
	s.wg.Wait()
	close(stop)
	reaping.Wait()
	return c.heard.String()
}

// replies are lines of at most 512 octets (RFC 5321 §4.5.3.1.5) with a code; the
// 354 and 334 that a client may hear in mid-session look the same.
var replyLine = regexp.MustCompile(`^[2-5][0-9][0-9][ -].{0,506}$`)

// FuzzSession lets a client say anything at all. The session must end, reply in
// lines, and accept only what has recipients and was complete; nothing may
// panic.
func FuzzSession(f *testing.F) {
	for _, said := range clientsOfDialogs(f) {
		f.Add(said, 1000)
		f.Add(said, 1)
	}
	f.Fuzz(func(t *testing.T, said []byte, piece int) {
		heard, accepted := playFuzz(t, said, piece, nil)
		checkReplies(t, heard)
		if n := strings.Count(heard, "OK: queued as "); n != len(accepted) {
			t.Fatalf("%d messages acknowledged, %d accepted", n, len(accepted))
		}
	})
}

// FuzzRules is FuzzSession while rules do what the fuzzer wants: whatever that is,
// no more is acknowledged than was accepted, and attempts are whole.
func FuzzRules(f *testing.F) {
	for i, said := range clientsOfDialogs(f) {
		f.Add(said, 1000, []byte{byte(i), 0, 0, byte(3 * i), 0, byte(5 * i), byte(7 * i)})
		f.Add(said, 10, bytes.Repeat([]byte{byte(i), 0}, 20))
	}
	f.Fuzz(func(t *testing.T, said []byte, piece int, faults []byte) {
		rules := &randomRules{choices: faults}
		heard, accepted := playFuzz(t, said, piece, rules)
		if !rules.garbage {
			checkReplies(t, heard)
		}
		if n := strings.Count(heard, "OK: queued as "); n > len(accepted) {
			t.Fatalf("%d messages acknowledged, %d accepted", n, len(accepted))
		}
	})
}

// randomRules take what is to be done from the fuzzer's input, an octet for each
// decision, as long as there is any.
type randomRules struct {
	choices []byte
	garbage bool
}

func (r *randomRules) Decide(*rule.Facts) rule.Decision {
	if len(r.choices) == 0 {
		return rule.Decision{}
	}
	choice := r.choices[0]
	r.choices = r.choices[1:]
	kinds := []rule.Kind{rule.Pass, rule.Reply, rule.Delay, rule.Drip, rule.Hang, rule.Drop, rule.Garbage, rule.Offer}
	codes := []int{250, 354, 421, 450, 500, 502, 535, 552}
	n := int64(choice >> 3)
	a := rule.Action{Kind: kinds[choice&7], For: time.Duration(n), Rate: n, Octets: n, Reset: n&1 > 0, Stored: n&2 > 0, Close: n&16 > 0, Keywords: []string{"SIZE 5", "STARTTLS"}}
	a.Reply = mail.Reply{Code: codes[n&7], Text: "one\ntwo"}
	if n&8 > 0 {
		a.Reply.Enhanced = [3]int{4, 2, 1}
	}
	r.garbage = r.garbage || a.Kind == rule.Garbage
	return rule.Decision{Rule: "r", Do: []rule.Action{{Kind: rule.Hide, Keywords: []string{"DSN"}}, a}}
}

// clientsOfDialogs are what the clients of all dialogs say.
func clientsOfDialogs(f *testing.F) (all [][]byte) {
	dialogs, err := filepath.Glob("testdata/*.dialog")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range dialogs {
		script, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var said strings.Builder
		for line := range strings.Lines(string(script)) {
			if text, ok := strings.CutPrefix(line, "C: "); ok {
				said.WriteString(strings.TrimSuffix(text, "\n") + "\r\n")
			}
			if text, ok := strings.CutPrefix(line, "C| "); ok {
				said.WriteString(strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\x00`, "\x00").Replace(strings.TrimSuffix(text, "\n")))
			}
		}
		all = append(all, []byte(said.String()))
	}
	return all
}

// playFuzz plays a session in which nothing may panic and all that is accepted is
// whole, and returns what the client heard and what was accepted.
func playFuzz(t *testing.T, said []byte, piece int, rules rule.Judge) (heard string, accepted []accepted) {
	s, in := newServer()
	s.MaxMessageSize, s.TLS = 200, testKeeper()
	if len(said)%4 == 0 {
		s.Accounts = oneAccount{}
	}
	s.Rules, s.wait = rules, func(context.Context, time.Duration) {}
	s.Attempted = func(a mail.Attempt, b *store.Body) {
		if a.ID.IsZero() || a.Session == nil || b != nil && b.Size() > a.Size {
			t.Errorf("attempt %+v", a)
		}
	}
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	heard = talk(s, bytes.Clone(said), piece%5000)
	if strings.Contains(log.String(), "panic") {
		t.Fatal(log.String())
	}
	accepted = in.all()
	for _, m := range accepted {
		if len(m.env.To) == 0 || len(m.body) > 200 || m.env.Session == nil {
			t.Fatalf("accepted %s", describe(m))
		}
	}
	return heard, accepted
}

func checkReplies(t *testing.T, heard string) {
	if before, _, ok := strings.Cut(heard, "220 2.0.0 Ready to start TLS\r\n"); ok {
		heard = before // what follows is an alert of TLS
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(heard, "\r\n"), "\r\n") {
		if heard != "" && !replyLine.MatchString(line) {
			t.Fatalf("reply %q", line)
		}
	}
}

// FuzzData compares the body that arrives with what the letter of RFC 5321 makes
// of the stream, whatever the pieces in which it comes.
func FuzzData(f *testing.F) {
	for _, stream := range []string{"x\r\n.\r\n", ".\r\n", "..\r\n.\r\n", "\n.\r\n\r\n.\r\n", "\r\r\n.\r\n", "a\r\n.\rb\r\n.\r\n", "no end", "\r\n.\r", "\r\n.."} {
		f.Add([]byte(stream), 3)
		f.Add([]byte(stream), 10_000)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		s, in := newServer()
		said := "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n" + string(stream)
		talk(s, []byte(said), piece%100_000)
		want, complete := unstuff(string(stream))
		got := in.all()
		if !complete {
			if len(got) != 0 {
				t.Fatalf("accepted %q of %q", got[0].body, stream)
			}
			return
		}
		if len(got) == 0 || got[0].body != want {
			t.Fatalf("%q became %v, want %q", stream, got, want)
		}
	})
}

// unstuff is the slow and obvious way: line by line, lines ending in CRLF.
func unstuff(stream string) (body string, complete bool) {
	var b strings.Builder
	for {
		line, rest, ok := strings.Cut(stream, "\r\n")
		if !ok {
			return "", false
		}
		if line == "." {
			return b.String(), true
		}
		b.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
		stream = rest
	}
}
