package smtpd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

const (
	// commandBuffer is the size of the read buffer between bodies.
	commandBuffer = 4 << 10
	// maxLine is the longest command line that is taken: RFC 4954 §4 asks for
	// 12,288 octets in AUTH.
	maxLine = 16 << 10
	// maxReplies is how much is gathered before it is written in any case.
	maxReplies = 32 << 10
	// lastWords is how long the last reply may take to be written.
	lastWords = 5 * time.Second
)

// A conn is what go-smtp takes for the client's connection. To Read it gives
// one command line at a time, after the front has seen it; what go-smtp Writes
// is gathered until there is nothing left to read.
//
// All but drain and kill is called by go-smtp's one goroutine for the session.
type conn struct {
	net.Conn          // the wire, or TLS on it; mu guards the change, which is the session's own
	wire     net.Conn // the same always
	implicit bool     // TLS begins at once
	srv      *Server
	id       string // of the session
	script   *transcript
	session  session
	limits   *Limits
	use      use
	smtp     *smtp.Server    // that has this connection and no other
	ctx      context.Context // of Accept; ends with the connection
	cancel   context.CancelFunc

	in    []byte // in[r:w] was read and not yet used
	r, w  int
	small []byte // what in was before it was borrowed for a body; else nil
	rerr  error  // of the first read that failed; every later one fails likewise
	next  []byte // what go-smtp reads next
	out   []byte // replies to be written
	werr  error  // of the first write that failed
	part  bool   // of a command has come; the deadline stays as it is

	within  time.Duration // the present message has to come so soon; 0: there is none
	until   time.Time     // when that is, once the message was waited for
	clipped bool          // the deadline would have been later
	heard   time.Time     // when the client spoke last; zero: it has not

	facts     *rule.Facts   // for rules; nil when there are none
	welcomed  bool          // the rules were asked about the greeting, and TLS has begun if it is to at once
	instead   *mail.Reply   // to be said when go-smtp says one of the same class; nil: what it says
	edits     []rule.Action // of the reply to EHLO
	offer     []string      // what has come of that reply, when there are edits
	offersTLS bool          // STARTTLS is offered
	skip      bool          // go-smtp's next reply is not said
	rate      int64         // octets a second at which the present reply is written; 0: any
	brake     *brake        // on the message that is being read; nil: none
	ahead     []byte        // what pauses have read: it follows in
	closing   bool          // the session ends with the present reply
	over      bool          // it has ended, and nothing more is said
	reset     bool          // it ends with a RST
	ending    string        // how it ends, as in mail.Talk; "" as long as that is open

	failed int // logins

	began time.Time // by the system's clock

	octetsIn, octetsOut atomic.Int64

	mu       sync.Mutex // guards below
	info     mail.Session
	open     openTransaction
	noTLS    string    // why TLS did not come about; "" for nothing
	sent     bool      // there was a transaction
	armed    time.Time // when the deadline was set
	waiting  bool      // in a read that drain may end
	draining bool
	expelled bool   // the grace is over
	hurry    func() // ends a pause; nil when there is none
	closed   bool
}

func newConn(s *Server, nc net.Conn, implicit bool) (*conn, error) {
	now := s.Clock.Now()
	id, err := s.IDs.Next(now)
	if err != nil {
		return nil, fmt.Errorf("name the session: %w", err)
	}
	c := &conn{
		Conn: nc, wire: nc, implicit: implicit, srv: s, limits: s.limits.Load(), id: id.String(),
		in: make([]byte, commandBuffer), began: time.Now(),
	}
	c.info = mail.Session{
		ID:      c.id,
		Started: now,
		Remote:  addrText(nc.RemoteAddr()),
		Local:   addrText(nc.LocalAddr()),
	}
	c.script = &transcript{
		title: fmt.Sprintf("Session %s from %s to %s", c.id, c.info.Remote, c.info.Local),
		start: now,
		now:   s.Clock.Now,
	}
	if s.Rules != nil {
		c.facts = rule.FactsBetween(nc.RemoteAddr(), nc.LocalAddr())
		c.facts.Session = c.id
	}
	c.offersTLS = s.TLS != nil && !implicit
	c.session.c = c
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// about is what is known of the session now.
func (c *conn) about() mail.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// talk is what is known of the session and what has come of it.
func (c *conn) talk() mail.Talk {
	c.mu.Lock()
	t := mail.Talk{Session: c.info, State: c.state(), NoTLS: c.noTLS}
	c.mu.Unlock()
	t.Protocol = protocolName(&t.Session, false)
	t.In, t.Out = c.octetsIn.Load(), c.octetsOut.Load()
	c.script.tell(&t)
	return t
}

// state is that of mail.Talk while the session is open; c.mu is held.
func (c *conn) state() string {
	switch {
	case c.open.data:
		return "message"
	case c.open.number != 0:
		return "transaction"
	case c.info.Protocol != "":
		return "ready"
	}
	return "connected"
}

// ends notes how the session ends; what was noted first is the reason.
func (c *conn) ends(how string) {
	if c.ending == "" {
		c.ending = how
	}
}

// leaving is how a session ends whose connection fails.
func leaving(err error) string {
	switch {
	case errors.Is(err, errCut):
		return "rule"
	case errors.Is(err, net.ErrClosed):
		return "shutdown"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	}
	return "left"
}

// learn adds to what is known of it.
func (c *conn) learn(add func(*mail.Session)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.info)
	if c.facts != nil {
		c.facts.Helo, c.facts.User, c.facts.TLS = c.info.Helo, c.info.User, c.info.TLS
	}
}

// addrText is the address, or "unix" for a client that has none.
func addrText(a net.Addr) string {
	if a == nil || a.String() == "" || a.String() == "@" {
		return "unix"
	}
	return a.String()
}

// Read gives go-smtp what the front made of the next command.
func (c *conn) Read(p []byte) (int, error) {
	for len(c.next) == 0 {
		if c.closing || c.over {
			return 0, io.EOF
		}
		if c.rate > 0 { // the reply is complete, and those to come are not slow
			c.flush()
			c.rate = 0
		}
		line, err := c.readLine()
		if err != nil {
			return 0, err
		}
		c.next = c.guarded(line)
	}
	n := copy(p, c.next)
	c.next = c.next[n:]
	return n, nil
}

// guarded is front for a session that shall not take the others along when it
// panics.
func (c *conn) guarded(line []byte) []byte {
	defer c.rescue()
	return c.front(line)
}

// rescue ends a session that panics.
func (c *conn) rescue() {
	if r := recover(); r != nil {
		c.srv.panics.Add(1)
		c.srv.Log.Error("panic in an SMTP session", "session", c.id, "panic", r, "stack", string(debug.Stack()))
		c.reply(421, "4.3.0", "Internal server error")
		c.closing = true
	}
}

// readLine returns the next line with its end. One that is too long is answered
// and passed over.
func (c *conn) readLine() ([]byte, error) {
	c.part = false
	for seen := 0; ; {
		end := bytes.IndexByte(c.in[c.r+seen:c.w], '\n') + 1
		seen += end
		switch {
		case end == 0 && c.w-c.r <= maxLine:
			seen = c.w - c.r
			if err := c.fill(true); err != nil {
				return nil, err
			}
			c.part = true // a client that takes its time for each octet has no more than others for all
		case end > 0 && seen <= maxLine:
			line := c.in[c.r : c.r+seen]
			c.r += seen
			c.part = false
			return line, nil
		default:
			if err := c.skipLine(); err != nil {
				return nil, err
			}
			c.script.add('C', fmt.Sprintf("(a line of over %d octets)", maxLine))
			c.reply(500, "5.5.2", "Line too long")
			seen = 0
		}
	}
}

// skipLine reads up to the end of the line and forgets it.
func (c *conn) skipLine() error {
	for {
		if i := bytes.IndexByte(c.in[c.r:c.w], '\n'); i >= 0 {
			c.r += i + 1
			return nil
		}
		c.r = c.w
		if err := c.fill(false); err != nil {
			return err
		}
	}
}

// fill reads more from the client, after what we have to say was written. With
// command it is a wait for a command, which drain ends when no transaction is
// open.
func (c *conn) fill(command bool) error {
	if c.rerr != nil {
		return c.rerr
	}
	spoke := len(c.out) > 0
	err := c.arm(command && !c.session.inMail)
	if err == nil {
		err = c.flush()
	}
	if err != nil {
		c.ends(leaving(err))
		c.rerr = err
		return err
	}
	if spoke {
		// The client needs some microseconds to answer. Letting other sessions run
		// first saves a read that finds nothing, and a trip through the poller: at
		// 10 sessions in lock-step, a third of the CPU time.
		runtime.Gosched()
	}
	c.makeRoom()
	n, err := c.read(c.in[c.w:])
	c.w += n
	if n == 0 && err != nil {
		c.rerr = c.readFailed(err)
		c.ends(leaving(err))
	}
	if n == 0 {
		return c.rerr
	}
	return nil
}

// makeRoom sees to it that there is room in the buffer to read into.
func (c *conn) makeRoom() {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w < len(c.in) {
		return
	}
	if c.r > 0 {
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
		return
	}
	c.in = append(c.in, make([]byte, len(c.in))...)
}

// arm sets the deadline for one write and read. It fails when the server is
// draining and the read would be for a new transaction.
//
// Moving a deadline is not free, so it is moved in steps: a read has IdleTimeout
// at least, and an eighth or a second more at most. It is not moved within a command,
// and within a message not beyond MessageTimeout.
func (c *conn) arm(drainable bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if drainable && c.draining || c.expelled {
		return c.bye()
	}
	c.waiting = drainable
	if c.part {
		return nil
	}
	now, step := time.Now(), min(c.limits.IdleTimeout/8, time.Second)
	if now.Sub(c.armed) < step {
		return nil
	}
	c.armed = now
	deadline := now.Add(c.limits.IdleTimeout + step)
	if c.within > 0 && c.until.IsZero() {
		c.until = now.Add(c.within)
	}
	if c.clipped = c.within > 0 && c.until.Before(deadline); c.clipped {
		deadline = c.until
	}
	return c.Conn.SetDeadline(deadline)
}

// readFailed makes the error that go-smtp sees of the one that the read had.
func (c *conn) readFailed(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if (c.draining && c.waiting || c.expelled) && errors.Is(err, os.ErrDeadlineExceeded) {
		return c.bye()
	}
	return err
}

// bye says that the server is going, and gives go-smtp a reason to close.
func (c *conn) bye() error {
	c.ends("shutdown")
	c.reply(421, "4.3.2", c.srv.Domain+" is shutting down")
	return io.EOF
}

// Write takes a reply of go-smtp: one line a call, since textproto flushes after
// each. Nothing is written before the next read, so that one write carries the
// replies to a whole group of commands (RFC 2920 §3.2).
func (c *conn) Write(p []byte) (int, error) {
	if c.werr != nil {
		return 0, c.werr
	}
	if bytes.HasPrefix(p, []byte("500 5.5.1 Too many errors")) { // go-smtp bears three commands that it does not know
		c.sayReply(c.dismiss("errors"))
		return len(p), nil
	}
	switch {
	case c.over || !c.welcomed && !c.welcome():
	case c.instead != nil || c.edits != nil || c.skip:
		c.rewrite(p)
	default:
		c.say(string(p))
	}
	return len(p), nil
}

// reply is a reply of our own.
func (c *conn) reply(code int, enhanced, text string) {
	c.say(fmt.Sprintf("%d %s %s\r\n", code, enhanced, text))
}

func (c *conn) say(line string) {
	c.use.said(line)
	c.script.add('S', strings.TrimRight(line, "\r\n"))
	c.out = append(c.out, line...)
	if len(c.out) > maxReplies {
		c.flush()
	}
}

// flush writes the replies that were gathered.
func (c *conn) flush() error {
	if c.werr != nil || len(c.out) == 0 {
		return c.werr
	}
	if c.rate > 0 {
		out := c.out
		c.out = nil
		c.werr = c.writeSlowly(out)
		return c.werr
	}
	var n int
	n, c.werr = c.Conn.Write(c.out)
	c.octetsOut.Add(int64(n))
	if c.out = c.out[:0]; cap(c.out) > commandBuffer {
		c.out = nil
	}
	return c.werr
}

// SetReadDeadline is called by go-smtp before each command. The deadline is ours
// to set; what go-smtp learns here is whether the connection is still open, so
// that it runs no commands that came after QUIT.
func (c *conn) SetReadDeadline(time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return nil
}

// Close writes what is left to say and ends the session. Twice is fine.
func (c *conn) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.mu.Unlock()
	if again {
		return nil
	}
	c.srv.guests.Leave(limit.Client(c.wire.RemoteAddr())) // before the client learns, who may come back at once
	c.Conn.SetWriteDeadline(time.Now().Add(lastWords))
	c.flush()
	if tcp, ok := c.wire.(interface{ SetLinger(int) error }); ok && c.reset {
		tcp.SetLinger(0)
	}
	end := c.Conn
	if c.over { // without a good-bye of TLS either
		end = c.wire
	}
	err := end.Close()
	c.cancel()
	t := c.talk()
	t.State, t.Ended, t.End = "ended", c.script.add('#', "closed"), cmp.Or(c.ending, "closed")
	c.in, c.small, c.out, c.next, c.ahead = nil, nil, nil, nil, nil
	c.session.coming.release()
	c.srv.ended(c, t)
	c.done()
	return err
}

// drain asks the session to end as soon as no transaction is open.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if c.waiting {
		c.armed = time.Time{}
		c.Conn.SetReadDeadline(time.Unix(1, 0))
	}
	if c.hurry != nil {
		c.hurry()
	}
}

// expel ends the session in the midst of a transaction. The client is told.
func (c *conn) expel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expelled = true
	c.Conn.SetReadDeadline(time.Unix(1, 0))
}

// kill ends the connection now; go-smtp then notices and closes the session.
func (c *conn) kill() {
	c.cancel()
	c.wire.Close()
}
