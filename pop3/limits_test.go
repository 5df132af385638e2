package pop3

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/store"
)

// A logBook is a log that can be read while it is written.
type logBook struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestPanicEndsOneSession: its client is told, the mailbox is free again, and nobody
// else notices.
func TestPanicEndsOneSession(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	b.put(t, "a: b\r\n", alice)
	b.reader = func(store.Reader) store.Reader { panic("boom") }
	var book logBook
	s := &Server{Backend: b, Log: slog.New(slog.NewTextHandler(&book, nil))}
	addr := serve(t, s)
	other := dial(t, addr)
	other.line()
	c := login(t, addr, alice)
	c.ok("DELE 1")
	c.ok("RSET")
	c.send("RETR 1\r\n")
	c.expectExactly("RETR", "-ERR [SYS/TEMP] internal server error\r\n")
	c.expectClosed("after the panic")
	other.ok("USER " + alice)
	other.ok("PASS x")
	if s.Panics() != 1 || !strings.Contains(book.String(), `msg="panic in a POP3 session"`) || !strings.Contains(book.String(), "session=") {
		t.Errorf("%d panics, log %s", s.Panics(), book.String())
	}
}

// TestTooManyConnections: those beyond the limits are told and sent away, and when
// somebody leaves there is room again.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string][2]int{"all": {2, 0}, "client": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Server{Backend: newBackend(t), Limits: Limits{Connections: limits[0], ConnectionsPerClient: limits[1]}}
			addr := serve(t, s)
			first, second := dial(t, addr), dial(t, addr)
			first.line()
			second.line()
			for range 3 {
				c := dial(t, addr)
				if got := c.line(); !strings.HasPrefix(got, "-ERR [SYS/TEMP] too many connections") {
					t.Errorf("got %q", got)
				}
				c.expectClosed("too many")
			}
			first.ok("QUIT")
			first.expectClosed("QUIT")
			third := dial(t, addr)
			if got := third.line(); !strings.HasPrefix(got, "+OK") {
				t.Errorf("when there was room again: %q", got)
			}
			if n := s.Connections(); n.Open != 2 || n.Begun != 3 || n.Refused["all"]+n.Refused["client"] != 3 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestLimitsChange: for sessions to come; those that are open keep theirs.
func TestLimitsChange(t *testing.T) {
	t.Parallel()
	s := &Server{Backend: newBackend(t)}
	addr := serve(t, s)
	before := dial(t, addr)
	before.line()
	s.SetLimits(Limits{Errors: 2, Connections: 2})
	after := dial(t, addr)
	after.line()
	for _, c := range []*client{before, after} {
		c.send("NONSENSE\r\nNONSENSE\r\n")
		c.expectExactly("first", "-ERR unknown command\r\n")
	}
	if got := before.line(); got != "-ERR unknown command\r\n" {
		t.Errorf("a session from before: %q", got)
	}
	after.expectExactly("second", "-ERR too many bad commands, good-bye\r\n")
	after.expectClosed("too many errors")
}
