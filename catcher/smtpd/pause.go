package smtpd

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// errCut ends the reading of a message of which a rule wants no more.
var errCut = errors.New("cut off by a rule")

// readAhead is how much is read while we wait.
const readAhead = 64 << 10

// dripsPerSecond says into how many pieces a second of dripping is cut.
const dripsPerSecond = 10

// pause sends what there is to say, and waits; with 0, until the client leaves.
// Draining ends it at once. No time-out does: it is we who are slow. An error
// means that the client has left.
//
// What the client says meanwhile is read, up to a limit, since there is no other
// way to see it leave.
func (c *conn) pause(d time.Duration) error {
	c.moveDeadline()
	if err := c.flush(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	if !c.beginPause(cancel) {
		return nil
	}
	left := make(chan error, 1)
	go func() {
		err := c.listen()
		if err != nil {
			cancel()
		}
		left <- err
	}()
	c.srv.wait(ctx, d)
	c.Conn.SetReadDeadline(time.Unix(1, 0))
	err := <-left
	c.mu.Lock()
	c.hurry = nil
	c.mu.Unlock()
	c.moveDeadline()
	return err
}

// beginPause says whether there is to be one; when there is, drain calls hurry.
func (c *conn) beginPause(hurry func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return false
	}
	c.waiting, c.hurry = false, hurry
	c.Conn.SetReadDeadline(time.Time{})
	return true
}

// moveDeadline gives the client its time anew.
func (c *conn) moveDeadline() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.armed = false, time.Time{}
	c.Conn.SetDeadline(time.Now().Add(c.limits.IdleTimeout))
}

// listen reads until the deadline, or as much as there is room for, or until the
// client leaves, which is an error.
func (c *conn) listen() error {
	for len(c.ahead) < readAhead {
		c.ahead = slices.Grow(c.ahead, commandBuffer)
		n, err := c.receive(c.ahead[len(c.ahead) : len(c.ahead)+commandBuffer])
		c.ahead = c.ahead[:len(c.ahead)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A brake is what a rule has to say about the reading of a message.
type brake struct {
	ruling
	left int64 // octets until the drop, if there is to be one
	err  error // why no more can be read
}

// brakeBy has the message read as a rule wants it. What was read already counts.
func (c *conn) brakeBy(r ruling) {
	if r.rate <= 0 && r.drop == nil {
		return
	}
	c.brake = &brake{ruling: r}
	if r.drop != nil {
		c.brake.left = r.drop.Octets - c.session.coming.size
	}
	c.ahead = slices.Concat(c.in[c.r:c.w], c.ahead)
	c.r = c.w
}

// read reads from the client: first what pauses have read, and no faster and no
// more than the brake allows.
func (c *conn) read(p []byte) (int, error) {
	if c.brake == nil && len(c.ahead) == 0 {
		return c.receive(p)
	}
	if b := c.brake; b != nil {
		return c.readBraked(b, p)
	}
	n := copy(p, c.ahead)
	if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
		c.ahead = nil
	}
	return n, nil
}

// receive reads from the connection.
func (c *conn) receive(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.octetsIn.Add(int64(n))
	return n, err
}

func (c *conn) readBraked(b *brake, p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.drop != nil {
		if b.left <= 0 {
			return 0, errCut
		}
		p = p[:min(int64(len(p)), b.left)]
	}
	if b.rate > 0 {
		p = p[:min(len(p), piece(b.rate))]
	}
	if len(c.ahead) == 0 {
		n, err = c.receive(p)
	} else {
		n = copy(p, c.ahead)
		c.ahead = c.ahead[n:]
	}
	b.left -= int64(n)
	if b.rate > 0 && err == nil {
		b.err = c.pause(timeOf(n, b.rate))
	}
	return n, err
}

// piece is how many octets pass at once at a rate.
func piece(rate int64) int { return int(max(1, min(rate/dripsPerSecond, maxReplies))) }

// timeOf is how long n octets take.
func timeOf(n int, rate int64) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(rate)
}

// brokenOff ends a session within a message: a rule has cut it off, or the client
// did not bear how slow we are.
func (c *conn) brokenOff(err error) error {
	b, a := c.brake, mail.Attempt{Stage: string(rule.Data), Did: "hung", Rule: c.brake.rule}
	if errors.Is(err, errCut) {
		a.Did = "dropped"
		c.drop(b.drop)
	}
	c.over = true
	c.attempted(a)
	return errSettled
}

// writeSlowly writes a reply at the rate of a rule.
func (c *conn) writeSlowly(out []byte) error {
	for len(out) > 0 {
		n := min(len(out), piece(c.rate))
		if _, err := c.Conn.Write(out[:n]); err != nil {
			return err
		}
		c.octetsOut.Add(int64(n))
		out = out[n:]
		if err := c.pause(timeOf(n, c.rate)); err != nil {
			return err
		}
	}
	return nil
}
