package pop3

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"strconv"
	"time"
)

// outBuffer is how much of the replies is collected before it is sent.
const outBuffer = 64 << 10

// A writer collects replies and sends them in few large pieces. An error of the
// connection sticks: all that is written afterwards goes nowhere, and err tells.
type writer struct {
	*bufio.Writer
}

func newWriter(c net.Conn, patience time.Duration) writer {
	return writer{bufio.NewWriterSize(patientConn{c, patience}, outBuffer)}
}

// err returns the error that stuck, if any.
func (w writer) err() error {
	_, err := w.Write(nil)
	return err
}

// ok writes a positive first line. RFC 1939 §3.
func (w writer) ok(text string) { w.line("+OK ", text) }

// fail writes a negative first line. Text starts with a response code in brackets
// when there is one to give: RFC 2449 §8, RFC 3206.
func (w writer) fail(text string) { w.line("-ERR ", text) }

// line writes one line made of the parts.
func (w writer) line(parts ...string) {
	for _, part := range parts {
		w.WriteString(part)
	}
	w.WriteString("\r\n")
}

// pair writes a line of a listing: the message's number and what is said of it.
func (w writer) pair(n int, about []byte) {
	b := strconv.AppendInt(w.AvailableBuffer(), int64(n), 10)
	b = append(b, ' ')
	b = append(b, about...)
	w.Write(append(b, "\r\n"...))
}

// end closes a multi-line reply.
func (w writer) end() { w.WriteString(".\r\n") }

// A patientConn gives each write the same time: a client that takes nothing for so
// long is gone.
type patientConn struct {
	net.Conn
	patience time.Duration
}

func (c patientConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// A stuffer writes a message as the body of a multi-line reply: RFC 1939 §3. It
// puts a dot before each line that starts with one, and counts as a line what
// follows any LF, alone or after CR: a client that takes a bare LF for the end
// of a line must not see the end of the message where there is none.
type stuffer struct {
	w    io.Writer
	tail [2]byte // the last two octets, without stuffing; "\r\n" when there are none
}

func newStuffer(w io.Writer) *stuffer { return &stuffer{w: w, tail: [2]byte{'\r', '\n'}} }

// Write writes the next piece, which may be cut from the message anywhere.
func (s *stuffer) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if p[0] == '.' && s.tail[1] == '\n' {
		if _, err := io.WriteString(s.w, "."); err != nil {
			return 0, err
		}
	}
	written := 0
	for {
		rest := p[written:]
		i := bytes.Index(rest, []byte("\n."))
		if i < 0 {
			n, err := s.w.Write(rest)
			s.see(p)
			return written + n, err
		}
		if n, err := s.w.Write(rest[:i+2]); err != nil {
			return written + n, err
		}
		if _, err := io.WriteString(s.w, "."); err != nil {
			return written + i + 2, err
		}
		written += i + 2
	}
}

// see remembers the end of p, which is not empty.
func (s *stuffer) see(p []byte) {
	if len(p) == 1 {
		s.tail = [2]byte{s.tail[1], p[0]}
		return
	}
	s.tail = [2]byte(p[len(p)-2:])
}

// end completes the last line, if it has to be, and closes the reply.
func (s *stuffer) end() error {
	last := ".\r\n"
	if s.tail != [2]byte{'\r', '\n'} {
		last = "\r\n.\r\n"
	}
	_, err := io.WriteString(s.w, last)
	return err
}

// errEnough ends the reading of a message of which no more is wanted.
var errEnough = errors.New("enough of the message")

// A topper passes on the header of a message, the blank line after it, and a
// number of lines of what follows; then it returns errEnough. Lines end with LF.
// A message without a blank line is all header.
//
// When the last line that is wanted ends with a bare LF, it gets the CR that it
// lacks: the end of the reply has to follow a CRLF, and another line would be one
// too many.
type topper struct {
	to   *stuffer
	left int  // lines of the body still wanted
	body bool // the blank line is behind us
	line int  // octets of the present line so far
}

// Write takes the next piece of the message.
func (t *topper) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		rest := p[done:]
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			n, err := t.to.Write(rest)
			t.line += n
			return done + n, err
		}
		if n, err := t.to.Write(rest[:i]); err != nil {
			return done + n, err
		}
		t.line += i
		if err := t.endLine(); err != nil {
			return done + i, err
		}
		done += i + 1
	}
	return done, nil
}

// endLine passes on the LF of the present line, and says when it was the last.
func (t *topper) endLine() error {
	cr := t.line > 0 && t.to.tail[1] == '\r'
	switch {
	case t.body:
		t.left--
	case t.line == 0 || t.line == 1 && cr:
		t.body = true
	}
	t.line = 0
	end, enough := []byte("\n"), t.body && t.left == 0
	if enough && !cr {
		end = []byte("\r\n")
	}
	if _, err := t.to.Write(end); err != nil {
		return err
	}
	if enough {
		return errEnough
	}
	return nil
}

// number reads a decimal number without sign; one that is too large is the
// largest there is.
func number(text string) (int, bool) {
	if text == "" {
		return 0, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = math.MaxInt
	}
	return n, true
}
