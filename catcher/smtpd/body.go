package smtpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// tooLarge is the reply to a message over the limit. RFC 1870 §6.3.
func (c *conn) tooLarge() *mail.Reply {
	return &mail.Reply{
		Code:     552,
		Enhanced: [3]int{5, 3, 4},
		Text:     fmt.Sprintf("Message is larger than %d octets", c.limits.MaxMessageSize),
	}
}

// truncated is what a body becomes that the client did not send to its end: an
// error, whatever the cause, after which nothing more is read from it.
func (c *conn) truncated(err error) error {
	c.rerr = io.EOF
	if c.ending == "shutdown" { // the client has been told
		return errSettled
	}
	if b := c.brake; errors.Is(err, errCut) || b != nil && b.rate > 0 && !errors.Is(err, os.ErrDeadlineExceeded) {
		return c.brokenOff(err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &mail.Reply{Code: 421, Enhanced: [3]int{4, 4, 2}, Text: "Timeout while waiting for the rest of the message"}
	}
	return &mail.Reply{Code: 421, Enhanced: [3]int{4, 4, 2}, Text: "Connection lost within the message"}
}

// readData reads what follows DATA up to its end, which is CRLF "." CRLF and
// nothing else (RFC 5321 §4.1.1.4), and undoes the dot-stuffing (§4.5.2): only
// a dot after CRLF counts. All other bytes stay as they are. A message over the
// limit is read to its end all the same, since what follows would be taken for
// commands.
func (c *conn) readData() error {
	w := c.session.coming
	lineStart := true
	for end := false; ; {
		if lineStart, end = c.takeData(w, lineStart); end {
			break
		}
		if c.w == len(c.in) { // the last read would have brought more
			c.growForBody()
		}
		if err := c.fill(false); err != nil {
			return c.truncated(err)
		}
	}
	c.shrinkAfterBody()
	c.heard = c.script.arrived("message of " + strconv.FormatInt(w.size, 10) + " octets")
	if w.size > w.limit {
		return c.refused(rule.Dot, c.tooLarge())
	}
	if w.full {
		return c.refused(rule.Dot, tooMuch())
	}
	return nil
}

// takeData moves what has been read into the body, as far as it can tell what
// it is: a few octets may have to wait for those that follow.
func (c *conn) takeData(w *bodyWriter, lineStart bool) (stillLineStart, end bool) {
	for {
		b := c.in[c.r:c.w]
		if lineStart {
			if bytes.HasPrefix(b, []byte(".\r\n")) {
				c.r += 3
				return false, true
			}
			if len(b) == 0 || len(b) < 3 && bytes.HasPrefix([]byte(".\r\n"), b) {
				return true, false
			}
			if b[0] == '.' {
				c.r++
				b = b[1:]
			}
			lineStart = false
		}
		i := bytes.Index(b, []byte("\r\n."))
		if i < 0 {
			keep := w.writeAllBut(b)
			c.r += len(b) - keep
			return keep == 0 && bytes.HasSuffix(b, []byte("\r\n")), false
		}
		// The last piece gets just the memory that it needs.
		hint := len(b)
		if bytes.HasPrefix(b[i+2:], []byte(".\r\n")) {
			hint = i + 2
		}
		w.write(b[:i+2], hint)
		c.r += i + 2
		lineStart = true
	}
}

// readChunk reads the n octets that follow a BDAT command. RFC 3030 §2.
func (c *conn) readChunk(n int64, w *bodyWriter) error {
	if n > int64(c.w-c.r) {
		c.growForBody()
	}
	for n > 0 {
		if c.r == c.w {
			if err := c.fill(false); err != nil {
				return c.truncated(err)
			}
		}
		b := c.in[c.r:c.w]
		b = b[:min(int64(len(b)), n)]
		w.write(b, int(min(n, bodyBuffer)))
		c.r += len(b)
		n -= int64(len(b))
	}
	c.shrinkAfterBody()
	return nil
}

// growForBody borrows a large read buffer.
func (c *conn) growForBody() {
	if c.small != nil {
		return
	}
	large := *c.srv.pool.Get().(*[]byte)
	c.w = copy(large, c.in[c.r:c.w])
	c.r, c.in, c.small = 0, large, c.in
}

// shrinkAfterBody gives it back, unless more waits in it than fits elsewhere.
func (c *conn) shrinkAfterBody() {
	if c.small == nil || c.w-c.r > len(c.small) {
		return
	}
	large := c.in
	c.w = copy(c.small, large[c.r:c.w])
	c.r, c.in, c.small = 0, c.small, nil
	c.srv.pool.Put(&large)
}

// A bodyWriter collects a body as long as it is within the limit, and there is room
// for it, and counts on beyond that.
type bodyWriter struct {
	body   store.Body
	size   int64
	limit  int64
	expect int64         // octets that the client announced with SIZE; 0: none
	room   *limit.Budget // nil: any
	held   int64         // taken from room
	full   bool          // there was none
}

func (c *conn) newBody() *bodyWriter {
	return &bodyWriter{limit: c.limits.MaxMessageSize, expect: c.session.size, room: &c.srv.incoming}
}

// beginMessage limits the time until endMessage, unless a rule takes some of it.
func (c *conn) beginMessage() {
	if c.brake != nil {
		return
	}
	c.within = c.limits.MessageTimeout
	if c.within <= c.limits.IdleTimeout { // the present deadline may be later
		c.disarm()
	}
}

// endMessage lets deadlines be as late as ever.
func (c *conn) endMessage() {
	c.brake, c.within, c.until = nil, 0, time.Time{}
	if c.clipped {
		c.clipped = false
		c.disarm()
	}
}

// disarm has the next read set its deadline in any case.
func (c *conn) disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = time.Time{}
}

func (w *bodyWriter) write(p []byte, hint int) {
	w.size += int64(len(p))
	if w.size > w.limit || !w.take(int64(len(p))) {
		w.body = store.Body{}
		w.release()
		return
	}
	if left := w.expect - w.body.Size(); left > int64(hint) {
		hint = int(min(left, bodyBuffer))
	}
	w.body.WriteHint(p, hint)
}

// take asks for room for n more octets.
func (w *bodyWriter) take(n int64) bool {
	if w.full || w.room == nil || w.size <= beginning {
		return !w.full
	}
	if w.full = !w.room.Take(n); !w.full {
		w.held += n
	}
	return !w.full
}

// release gives the room back. Twice is fine, and so is nil.
func (w *bodyWriter) release() {
	if w != nil && w.held > 0 {
		w.room.Give(w.held)
		w.held = 0
	}
}

// writeAllBut writes b without a CR at its end, which may begin the end of the
// message, and returns how many octets it left.
func (w *bodyWriter) writeAllBut(b []byte) (left int) {
	if bytes.HasSuffix(b, []byte("\r")) {
		left = 1
	}
	if len(b) > left {
		w.write(b[:len(b)-left], len(b))
	}
	return left
}
