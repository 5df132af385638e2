package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]Limits{"all": {Connections: 2}, "client": {ConnectionsPerClient: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer()
			s.Limits = limits
			addr, _ := serve(t, s)
			first := hello(t, addr)
			hello(t, addr)
			for range 3 {
				c := connect(t, addr)
				c.expect("421 4.7.0 Too many connections*, try again later")
				if _, err := c.r.ReadByte(); err != io.EOF {
					t.Errorf("want the end, got %v", err)
				}
			}
			first.ask("QUIT", "221 *")
			hello(t, addr) // there is room as soon as the client knows that it has left
			if n := s.Guests(); n.Open != 2 || n.Begun != 3 || n.Refused[limit.TooMany]+n.Refused[limit.TooManyOfThis] != 3 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestSessionIsLimited: what is said at the end of a session that does too much.
func TestSessionIsLimited(t *testing.T) {
	t.Parallel()
	const mail = "MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nx\r\n.\r\n"
	for name, tc := range map[string]struct {
		limits Limits
		talk   string
		want   string // the last line of each reply, as far as its code goes
	}{
		"messages":                     {Limits{Messages: 2}, mail + mail + mail + "NOOP\r\n", "250 250 354 250 250 250 354 250 421 4.7.0 Too many messages in one session"},
		"octets":                       {Limits{Octets: 60}, mail + mail + "NOOP\r\n", "250 250 354 250 421 4.7.0 Too many octets in one session"},
		"errors":                       {Limits{Errors: 2}, "DATA\r\nRCPT TO:<a>\r\nNOOP\r\nNOOP\r\n", "503 503 421 4.7.0 Too many errors in one session"},
		"QUIT always works":            {Limits{Errors: 1}, "DATA\r\nQUIT\r\n", "503 221 2.0.0 Bye"},
		"unknown commands":             {Limits{}, "A\r\nB\r\nC\r\nD\r\nNOOP\r\n", "501 501 501 501 421 4.7.0 Too many errors in one session"},
		"commands":                     {Limits{Commands: 3}, "NOOP\r\nNOOP\r\nNOOP\r\n", "250 250 421 4.7.0 Too many commands without a message in one session"},
		"commands, a message between":  {Limits{Commands: 4}, mail + "NOOP\r\nNOOP\r\n" + "RSET\r\nQUIT\r\n", "250 250 354 250 250 250 250 221 2.0.0 Bye"},
		"recipients are no errors":     {Limits{MaxRecipients: 1, Errors: 1}, "MAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nRCPT TO:<c@b>\r\nRCPT TO:<d@b>\r\nQUIT\r\n", "250 250 452 452 221 2.0.0 Bye"},
		"what rules do are no errors":  {Limits{Errors: 1}, "MAIL FROM:<a@a>\r\nRCPT TO:<no@b>\r\nRCPT TO:<no@b>\r\nQUIT\r\n", "250 550 550 221 2.0.0 Bye"},
		"a message too large is none":  {Limits{MaxMessageSize: 2, Errors: 1}, mail + "QUIT\r\n", "250 250 354 552 221 2.0.0 Bye"},
		"a message of just the octets": {Limits{MaxMessageSize: 3, Messages: 1}, mail + "QUIT\r\n", "250 250 354 250 221 2.0.0 Bye"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer()
			s.Limits = tc.limits
			s.Rules = judgeFunc(func(f *rule.Facts) rule.Decision {
				if f.Stage == rule.Rcpt && f.To[0] == "no@b" {
					return rule.Decision{Rule: "no", Do: []rule.Action{{Kind: rule.Reply, Reply: noSuchUser()}}}
				}
				return rule.Decision{}
			})
			addr, _ := serve(t, s)
			c := hello(t, addr)
			c.send(tc.talk)
			rest, err := io.ReadAll(c.r)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(string(rest)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func noSuchUser() mail.Reply { return mail.Reply{Code: 550, Text: "No such user"} }

// codes are those of all replies, the last one with its text.
func codes(said string) string {
	lines := strings.Split(strings.TrimSuffix(said, "\r\n"), "\r\n")
	for i := range lines[:len(lines)-1] {
		lines[i] = lines[i][:3]
	}
	return strings.Join(lines, " ")
}

// TestLimitsChange: for sessions to come; those that are open keep theirs.
func TestLimitsChange(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	addr, _ := serve(t, s)
	before := hello(t, addr)
	s.SetLimits(Limits{MaxMessageSize: 10, Connections: 2})
	after := hello(t, addr)
	before.ask("MAIL FROM:<a@a> SIZE=11", "250 *")
	after.ask("MAIL FROM:<a@a> SIZE=11", "552 *")
	connect(t, addr).expect("421 4.7.0 *")
	s.SetLimits(Limits{})
	hello(t, addr).ask("MAIL FROM:<a@a> SIZE=11", "250 *")
}

// TestTooMuchMailAtOnce: large messages share what there is; small ones always pass,
// and what a message has taken is there again when it is through, or its client gone.
func TestTooMuchMailAtOnce(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	s.Incoming = 200 << 10
	addr, stop := serve(t, s)
	large := strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 150)
	slow, quick, small := begin(t, addr), begin(t, addr), begin(t, addr)
	slow.ask("DATA", "354 *")
	slow.send(large)
	for s.incoming.Taken() < 80<<10 { // until most of it has come
	}
	quick.ask("DATA", "354 *")
	quick.ask(large+".", "452 4.3.1 Too much mail at once*")
	small.ask("DATA", "354 *")
	small.ask(strings.Repeat("x", 60<<10)+"\r\n.", "250 *")
	chunks := begin(t, addr)
	chunks.send(fmt.Sprintf("BDAT %d\r\n%s", len(large), large))
	chunks.expect("452 4.3.1 *")
	chunks.ask("BDAT 0 LAST", "503 *")
	slow.ask(".", "250 *")
	quick.ask("MAIL FROM:<a@a.test>", "250 *")
	quick.ask("RCPT TO:<b@b.test>", "250 *")
	quick.ask("DATA", "354 *")
	quick.ask(large+".", "250 *")
	gone := begin(t, addr)
	gone.ask("DATA", "354 *")
	gone.send(large)
	gone.Close()
	stop()
	if n := s.incoming.Taken(); n != 0 {
		t.Errorf("%d octets stay taken", n)
	}
	if n := len(in.all()); n != 3 {
		t.Errorf("%d messages", n)
	}
}

// A memoryListener has connections within the process, whose time can be moved.
type memoryListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *memoryListener) dial() net.Conn {
	here, there := net.Pipe()
	l.conns <- there
	return here
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *memoryListener) Addr() net.Addr { return &net.UnixAddr{} }

// drip sends octets, one each time that so long has passed, until the server ends
// the session. It returns how long that took, and what the server has said.
func drip(c net.Conn, text string, every time.Duration) (took time.Duration, said string) {
	start := time.Now()
	all := make(chan string)
	go func() {
		text, _ := io.ReadAll(c)
		all <- string(text)
	}()
	for i := 0; ; i++ {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return time.Since(start), <-all
		}
		time.Sleep(every) // in a bubble, where this moves the clock
	}
}

// TestSlowClients: a command has to come within IdleTimeout, a message within
// MessageTimeout, however often an octet comes. Who is merely slow gets through.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, slowly string
		limits        Limits
		least, most   time.Duration
		want          string
	}{
		"command": {"EHLO x\r\n", "NOOP", Limits{IdleTimeout: 5 * time.Minute}, 5 * time.Minute, 5*time.Minute + 3*time.Second, "421 4.4.2 "},
		"command that has no end": {
			"EHLO x\r\n" + strings.Repeat("x", 2*maxLine), "x", Limits{IdleTimeout: 5 * time.Minute}, 5 * time.Minute, 5*time.Minute + 3*time.Second, "421 4.4.2 ",
		},
		"message":            {"EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n", "x\r\n", Limits{MessageTimeout: 20 * time.Minute}, 20 * time.Minute, 20*time.Minute + 3*time.Second, "421 4.4.2 Timeout"},
		"message, less time": {"EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n", "x\r\n", Limits{MessageTimeout: time.Minute}, time.Minute, time.Minute + 3*time.Second, "421 4.4.2 Timeout"},
		"chunk":              {"EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nBDAT 100000 LAST\r\n", "x", Limits{MessageTimeout: time.Minute}, time.Minute, time.Minute + 3*time.Second, "421 4.4.2 Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, in := newServer()
				s.Limits = tc.limits
				l := newMemoryListener()
				stop := serveOn(t, s, l)
				c := l.dial()
				greeting, err := bufio.NewReaderSize(c, 16).ReadString('\n')
				if err != nil {
					t.Fatal(greeting, err)
				}
				go io.WriteString(c, tc.first)
				synctest.Wait()
				took, said := drip(c, tc.slowly, 2*time.Second)
				if took < tc.least || took > tc.most+2*time.Second || !strings.Contains(said, "\r\n"+tc.want) || strings.Count(said, "\r\n421 ") != 1 {
					t.Errorf("it took %v, and was told %q", took, said)
				}
				stop()
				if len(in.all()) > 0 {
					t.Error("half a message was taken")
				}
			})
		})
	}
}

// TestLimitsAtOnce: limits are counted well when many come and go.
func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	s.Connections, s.Incoming = 5, 1<<20
	addr, stop := serve(t, s)
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			if line, err := r.ReadString('\n'); err != nil || strings.HasPrefix(line, "421 4.7.0 ") {
				return
			}
			fmt.Fprintf(c, "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n%s\r\n.\r\nQUIT\r\n", strings.Repeat("x", 70<<10))
			io.Copy(io.Discard, r)
		})
	}
	all.Wait()
	stop()
	n := s.Guests()
	if n.Open != 0 || n.Begun+n.Refused[limit.TooMany] != 40 || uint64(len(in.all())) != n.Begun || s.incoming.Taken() != 0 {
		t.Errorf("%+v, %d messages, %d octets taken", n, len(in.all()), s.incoming.Taken())
	}
}

// FuzzLimits is FuzzSession with limits of the fuzzer's: no more messages come in than
// may, and nothing is said after the reply that ends the session.
func FuzzLimits(f *testing.F) {
	for i, said := range clientsOfDialogs(f) {
		f.Add(said, 1000, uint8(i%4), uint8(i%7), uint8(i%5), uint8(i))
		f.Add(said, 3, uint8(1), uint8(0), uint8(0), uint8(i))
	}
	f.Fuzz(func(t *testing.T, said []byte, piece int, messages, commands, errors, octets uint8) {
		s, in := newServer()
		s.Limits = Limits{MaxMessageSize: 200, Messages: int(messages), Commands: int(commands), Errors: int(errors), Octets: int64(octets)}
		heard := talk(s, bytes.Clone(said), piece%5000)
		checkReplies(t, heard)
		accepted := len(in.all())
		if n := strings.Count(heard, "OK: queued as "); n != accepted || messages > 0 && n > int(messages) {
			t.Fatalf("%d messages acknowledged, %d accepted, at most %d", n, accepted, messages)
		}
		if _, after, ended := strings.Cut(heard, "\r\n421 4.7.0 "); ended && strings.Count(after, "\r\n") != 1 {
			t.Fatalf("after the end: %q", after)
		}
		if n := s.Guests(); n.Open != 0 || s.Panics() != 0 {
			t.Fatalf("%+v, %d panics", n, s.Panics())
		}
	})
}
