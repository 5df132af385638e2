package smtpd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/mail"
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
	tally
}

// A tally is what a transcript counts while it is written, all of it for the lines
// that are forgotten too.
type tally struct {
	command  string // the last line of the client that is one
	commands int
	first    time.Duration // when the first of them came
	accepted int           // messages
	refused  int           // replies to RCPT that are errors
	errors   int
	wrong    string        // the last error, its lines as they were said
	goesOn   bool          // and is not at its end
	came     time.Time     // when the message came that has no reply yet; zero: none
	messages int           // that have come to their end
	answer   time.Duration // the longest that one waited for its reply
}

// said is one line: who 'C' for the client, 'S' for us, '#' for a remark.
type said struct {
	at   time.Duration
	who  byte
	text string
}

// overhead is what a line costs beyond its text.
const overhead = 32

// hidden stands for the client's part of an authentication.
const hidden = "(response hidden)"

// add writes a line down, and returns when that was.
func (t *transcript) add(who byte, text string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.write(who, text)
}

func (t *transcript) write(who byte, text string) time.Time {
	if len(text) > scriptLine {
		text = fmt.Sprintf("%s… (%d octets)", text[:scriptLine], len(text))
	}
	size := len(text) + overhead
	now := t.now()
	line := said{now.Sub(t.start), who, text}
	switch who {
	case 'C':
		t.asked(line)
	case 'S':
		t.replied(text, now)
	}
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

// arrived writes down that a message or a chunk has come to its end.
func (t *transcript) arrived(what string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.came = t.write('#', what)
	t.messages++
	return t.came
}

// kept counts a message that was accepted.
func (t *transcript) kept() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accepted++
}

// asked counts a command.
func (t *tally) asked(line said) {
	if line.text == hidden {
		return
	}
	if t.commands == 0 {
		t.first = line.at
	}
	t.command = line.text
	t.commands++
}

// replied counts a line of a reply when it is the last of an error.
func (t *tally) replied(text string, now time.Time) {
	if !t.came.IsZero() {
		t.answer, t.came = max(t.answer, now.Sub(t.came)), time.Time{}
	}
	if text == "" || text[0] != '4' && text[0] != '5' {
		return
	}
	switch {
	case !t.goesOn:
		t.wrong = text
	case len(t.wrong) < scriptLine:
		t.wrong += "\n" + text
	}
	if t.goesOn = len(text) > 3 && text[3] == '-'; t.goesOn {
		return
	}
	t.errors++
	if _, rcpt := cutFold(t.command, "RCPT"); rcpt {
		t.refused++
	}
}

// tell fills in what was counted.
func (t *transcript) tell(about *mail.Talk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	about.Command, about.Commands = verbOf(t.command), t.commands
	about.Messages, about.Refused, about.Errors = t.accepted, t.refused, t.errors
	about.First, about.Answer = -1, -1
	if t.commands > 0 {
		about.First = t.first
	}
	if t.messages > 0 {
		about.Answer = t.answer
	}
	if t.errors > 0 {
		about.Error = readReply(t.wrong)
	}
}

// verbOf is the first word of a line that may be anything.
func verbOf(line string) string {
	verb, _, _ := strings.Cut(line, " ")
	if len(verb) > maxVerb {
		verb = verb[:maxVerb]
	}
	return clean(strings.ToUpper(verb))
}

const maxVerb = 16

// readReply reads a reply that we, or a rule, have said.
func readReply(lines string) *mail.Reply {
	var r mail.Reply
	var texts []string
	for line := range strings.SplitSeq(lines, "\n") {
		text := clean(line[min(len(line), 4):])
		r.Code, _ = strconv.Atoi(line[:min(len(line), 3)])
		if status := enhanced.FindStringSubmatch(text); status != nil {
			for i := range r.Enhanced {
				r.Enhanced[i], _ = strconv.Atoi(status[i+1])
			}
			text = text[len(status[0]):]
		}
		texts = append(texts, text)
	}
	r.Text = strings.Join(texts, "\n")
	return &r
}

var enhanced = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})(?: |$)`)

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
	fmt.Fprintf(b, "%9.3f %c: %s\n", l.at.Seconds(), l.who, clean(l.text))
}

// lines gives the session line by line.
func (t *transcript) lines() []mail.Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]mail.Line, 0, len(t.head)+len(t.tail)+1)
	for _, l := range t.head {
		list = append(list, l.line())
	}
	if t.forgotten > 0 {
		list = append(list, mail.Line{At: t.tail[0].at, From: "note", Text: fmt.Sprintf("… %d lines left out …", t.forgotten)})
	}
	for _, l := range t.tail {
		list = append(list, l.line())
	}
	return list
}

func (l said) line() mail.Line {
	out := mail.Line{At: l.at, From: "note", Text: clean(l.text)}
	switch l.who {
	case 'C':
		out.From = "client"
		return out
	case 'S':
		out.From = "server"
	}
	if i := strings.LastIndex(l.text, keptAs); i >= 0 {
		out.Message, _ = mail.ParseID(l.text[i+len(keptAs):])
	}
	return out
}

// keptAs stands before the ID of a message that was accepted.
const keptAs = " as "

// clean is text that may be shown anywhere.
func clean(s string) string { return strings.ToValidUTF8(printable(s), "\uFFFD") }

// printable keeps control characters from reaching a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, s)
}
