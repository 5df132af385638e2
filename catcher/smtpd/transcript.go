package smtpd

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// What a transcript keeps at most, in octets: the beginning of a session, and
// its end.
const (
	scriptHead = 8 << 10
	scriptTail = 24 << 10
	scriptLine = 1000
)

// A transcript is what was said in a session. Bodies and secrets never get in:
// conn puts a remark in their place.
type transcript struct {
	title string
	start time.Time
	now   func() time.Time

	mu        sync.Mutex // guards all below
	head      []said
	headSize  int
	tail      []said
	tailSize  int
	forgotten int
}

// said is one line: who 'C' for the client, 'S' for us, '#' for a remark.
type said struct {
	at   time.Duration
	who  byte
	text string
}

// overhead is what a line costs beyond its text.
const overhead = 32

// add writes a line down, and returns when that was.
func (t *transcript) add(who byte, text string) time.Time {
	if len(text) > scriptLine {
		text = fmt.Sprintf("%s… (%d octets)", text[:scriptLine], len(text))
	}
	size := len(text) + overhead
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	line := said{now.Sub(t.start), who, text}
	if t.headSize+size <= scriptHead && len(t.tail) == 0 {
		t.head, t.headSize = append(t.head, line), t.headSize+size
		return now
	}
	t.tail, t.tailSize = append(t.tail, line), t.tailSize+size
	if t.tailSize > scriptTail {
		t.forget()
	}
	return now
}

// forget drops the older half of the tail, so that doing so stays cheap.
func (t *transcript) forget() {
	n := 0
	for t.tailSize > scriptTail/2 {
		t.tailSize -= len(t.tail[n].text) + overhead
		n++
	}
	t.forgotten += n
	t.tail = append(t.tail[:0:0], t.tail[n:]...)
}

// String writes the session as text, a line each: seconds since its start, who
// spoke, and what was said.
func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", t.title, t.start.Format(time.RFC3339Nano))
	for _, l := range t.head {
		l.write(&b)
	}
	if t.forgotten > 0 {
		fmt.Fprintf(&b, "          … %d lines left out …\n", t.forgotten)
	}
	for _, l := range t.tail {
		l.write(&b)
	}
	return b.String()
}

func (l said) write(b *strings.Builder) {
	fmt.Fprintf(b, "%9.3f %c: %s\n", l.at.Seconds(), l.who, strings.ToValidUTF8(printable(l.text), "\uFFFD"))
}

// printable keeps control characters from reaching a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
}
