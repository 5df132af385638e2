package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"
)

const (
	// from begins the line before each message.
	from = "From "
	// marker stands before our facts at the end of such a line.
	marker = " postroom:"
	// maxSeparator is how much of one is looked at, in octets.
	maxSeparator = 4 << 20
)

// scan finds the messages in an mbox and calls found with what is known of each,
// or nil, and where its bytes are. It ends when found returns false.
func scan(in io.Reader, found func(facts *Facts, start, end int64) bool) error {
	s := scanner{in: bufio.NewReaderSize(in, 64<<10), empty: 1}
	var before string
	start := int64(-1)
	for {
		end := s.at - s.empty
		text, err := s.line()
		if (text != "" || err != nil) && start >= 0 {
			facts, unended := parseSeparator(before)
			if unended {
				end = max(end-1, start)
			}
			if !found(facts, start, end) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text != "" {
			before, start = text, s.at
		}
	}
}

// A scanner reads lines and knows where it is.
type scanner struct {
	in    *bufio.Reader
	at    int64
	empty int64 // length of the line before, if that was empty; at the start not 0
}

// line passes over a line and returns it if it begins a message, else "". The
// error is io.EOF after the last line.
func (s *scanner) line() (separator string, err error) {
	line, err := s.in.ReadSlice('\n')
	s.at += int64(len(line))
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if s.empty > 0 && bytes.HasPrefix(line, []byte(from)) {
		separator = string(line)
	}
	s.empty = 0
	if text := string(line); text == "\n" || text == "\r\n" {
		s.empty = int64(len(line))
	}
	for err == bufio.ErrBufferFull {
		line, err = s.in.ReadSlice('\n')
		s.at += int64(len(line))
		if separator != "" && len(separator) < maxSeparator {
			separator += string(line)
		}
		if err == io.EOF {
			return separator, nil
		}
	}
	return separator, err
}

// A separator is what our "From " lines say.
type separator struct {
	Facts
	Unended bool `json:"unended,omitempty"` // the LF at the end of the message is ours
}

// line is the line. Addresses and facts are percent-encoded, so that it has as
// many words as other programs expect, plus one.
func (s separator) line() (string, error) {
	facts, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	sender := cmp.Or(url.PathEscape(s.From), "MAILER-DAEMON")
	return from + sender + " " + s.Received.UTC().Format(time.ANSIC) + marker + url.PathEscape(string(facts)) + "\n", nil
}

// parseSeparator reads what line wrote, and returns nil for a line by others.
func parseSeparator(line string) (facts *Facts, unended bool) {
	i := strings.LastIndex(line, marker)
	if i < 0 {
		return nil, false
	}
	text, err := url.PathUnescape(strings.TrimRight(line[i+len(marker):], "\r\n"))
	if err != nil {
		return nil, false
	}
	var s separator
	if json.Unmarshal([]byte(text), &s) != nil {
		return nil, false
	}
	return &s.Facts, s.Unended
}

// A requoter passes a text on, with one ">" more or less before each "From " that
// has nothing but ">" before it on its line. It takes none where there is none.
type requoter struct {
	in     *bufio.Reader
	by     int // +1 or -1
	arrows int // ">" to be given before what in has next
	midway bool
}

func (q *requoter) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if !q.midway {
			q.midway = true
			if err = q.startLine(); err != nil {
				break
			}
		}
		for ; q.arrows > 0 && n < len(p); q.arrows-- {
			p[n] = '>'
			n++
		}
		if q.arrows > 0 || n > 0 && q.in.Buffered() == 0 {
			return n, nil
		}
		if _, err = q.in.Peek(1); err != nil {
			break
		}
		n += q.copyLine(p[n:])
	}
	return n, err
}

// startLine counts the ">" that the line is to begin with.
func (q *requoter) startLine() error {
	quoted := 0
	for {
		b, err := q.in.Peek(1)
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF || b[0] != '>' {
			break
		}
		q.in.Discard(1)
		quoted++
	}
	q.arrows = quoted
	if start, _ := q.in.Peek(len(from)); string(start) == from {
		q.arrows = max(quoted+q.by, 0)
	}
	return nil
}

// copyLine copies what is at hand of the line.
func (q *requoter) copyLine(p []byte) int {
	line, _ := q.in.Peek(min(len(p), q.in.Buffered()))
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
		q.midway = false
	}
	q.in.Discard(len(line))
	return copy(p, line)
}
