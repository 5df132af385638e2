package pop3

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/rule"
)

// dripsPerSecond says into how many pieces a second of dripping is cut.
const dripsPerSecond = 10

// errCut ends the sending of a message of which a rule wants no more sent.
var errCut = errors.New("cut off by a rule")

// judge asks the rules, and does what they want. It says whether the command may go
// on; when not, it has been answered. The item is nil at login. A brake is on the message that follows, nil
// for none.
func (c *session) judge(ctx context.Context, stage rule.Stage, user string, it *item) (*brake, bool) {
	if c.srv.Rules == nil {
		return nil, true
	}
	facts := c.facts()
	facts.Stage, facts.Now, facts.User, facts.TLS = stage, c.srv.now(), user, c.tls
	if it != nil {
		facts.Size = it.size
		if c.srv.Document != nil {
			facts.Message = c.srv.Document(ctx, it.id)
		}
	}
	d := c.srv.Rules.Decide(facts)
	l := &brake{session: c}
	for i := range d.Do {
		c.log.Debug("rule applies", "rule", d.Rule, "stage", stage, "action", d.Do[i].Kind)
		if !c.act(stage, &d.Do[i], l) {
			return nil, false
		}
	}
	if l.rate <= 0 && l.drop == nil {
		return nil, true
	}
	return l, true
}

// facts are those that stay.
func (c *session) facts() *rule.Facts {
	f := rule.FactsBetween(c.wire.RemoteAddr(), c.wire.LocalAddr())
	f.Session = c.name
	return f
}

// act does one action, and says whether to go on.
func (c *session) act(stage rule.Stage, a *rule.Action, l *brake) bool {
	switch a.Kind {
	case rule.Reply:
		c.out.fail(strings.ReplaceAll(a.Reply.Text, "\n", " "))
		c.over = c.over || a.Close || a.Reply.Code == 421
		return false
	case rule.Delay:
		c.over = a.For > 0 && c.pause(a.For) != nil
		return !c.over
	case rule.Drip:
		l.rate = a.Rate
	case rule.Hang:
		c.pause(a.For)
		c.over, c.torn = true, true
		return false
	case rule.Drop:
		if stage == rule.Retr && a.Octets > 0 {
			l.drop, l.left = a, a.Octets
			return true
		}
		c.cut(a)
		return false
	case rule.Garbage:
		c.garbage(a.Octets)
		return false
	}
	return true
}

// cut ends the session without a word; what was said before is still sent.
func (c *session) cut(a *rule.Action) {
	c.over, c.torn = true, true
	c.out.Flush() // the error could only be that the client is gone
	if tcp, ok := c.wire.(interface{ SetLinger(int) error }); ok && a.Reset {
		tcp.SetLinger(0)
	}
}

// garbage sends octets that are no reply: none of them is ASCII.
func (c *session) garbage(octets int64) {
	source := rand.NewPCG(1, 2)
	for ; octets > 0 && c.out.err() == nil; octets-- {
		c.out.WriteByte(byte(source.Uint64()) | 0x80)
	}
}

// pause sends what there is to say, and waits; with 0, until the client leaves. The
// server's end ends it at once. An error means that the client has left.
func (c *session) pause(d time.Duration) error {
	if err := c.out.Flush(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.stop)
	defer cancel()
	c.conn.SetReadDeadline(time.Time{}) // it is we who are slow
	left := make(chan error, 1)
	go func() {
		err := c.listen()
		if err != nil {
			cancel()
		}
		left <- err
	}()
	c.srv.waitFor(ctx, d)
	c.conn.SetReadDeadline(time.Unix(1, 0)) // readLine moves it on
	return <-left
}

// listen looks at what the client sends, until the deadline, or as much as there is
// room for, or until the client leaves, which is an error.
func (c *session) listen() error {
	for {
		_, err := c.in.Peek(c.in.Buffered() + 1)
		switch {
		case err == nil:
		case c.in.Buffered() == c.in.Size(), errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		default:
			return err
		}
	}
}

// A brake is what a rule has to say about the sending of a message.
type brake struct {
	session *session
	rate    int64        // octets a second; 0: any
	drop    *rule.Action // after left octets of the message; nil: none
	left    int64
	to      io.Writer
	gone    bool // the client has left
}

// before puts the brake before what takes the message.
func (l *brake) before(w io.Writer) io.Writer {
	if l == nil {
		return w
	}
	l.to = w
	return l
}

// Write passes on what the rule lets through, in its time.
func (l *brake) Write(p []byte) (int, error) {
	written := 0
	for len(p) > written {
		n := len(p) - written
		if l.rate > 0 {
			n = min(n, int(max(1, min(l.rate/dripsPerSecond, outBuffer))))
		}
		if l.drop != nil {
			n = int(min(int64(n), l.left))
		}
		k, err := l.to.Write(p[written : written+n])
		written += k
		l.left -= int64(k)
		if err != nil {
			return written, err
		}
		if l.drop != nil && l.left == 0 {
			return written, errCut
		}
		if l.rate > 0 {
			if err := l.session.pause(time.Duration(n) * time.Second / time.Duration(l.rate)); err != nil {
				l.gone = true
				return written, err
			}
		}
	}
	return written, nil
}

func (s *Server) now() time.Time {
	if s.Clock == nil {
		return clock.System{}.Now()
	}
	return s.Clock.Now()
}

// waitFor returns after d, or when ctx ends; with 0 only then.
func (s *Server) waitFor(ctx context.Context, d time.Duration) {
	if s.wait != nil {
		s.wait(ctx, d)
		return
	}
	clock.Wait(ctx, d)
}
