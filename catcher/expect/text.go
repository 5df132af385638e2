package expect

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
)

const columns = 100

// WriteText writes the report for people to read, in lines of at most 100
// characters where words permit. link says where a message is shown; it may be nil.
func (r *Report) WriteText(w io.Writer, link func(mail.ID) string) error {
	t := textWriter{link: link, now: r.Now}
	t.line("", r.Why)
	t.gap()
	t.line("", r.window())
	t.candidates(r)
	t.attempts(r.Attempts)
	t.waiting("In the queue:", r.Waiting, false)
	t.waiting("In Badmail:", r.Waiting, true)
	t.open(r.Open)
	_, err := io.WriteString(w, t.b.String())
	return err
}

// window says what was looked for, and when.
func (r *Report) window() string {
	p := plan{want: r.Want}
	if r.Want.Mailbox != "" {
		p.mailbox = mail.Box(r.Want.Mailbox)
	}
	var b strings.Builder
	b.WriteString("Wanted: " + r.Want.Count.String() + p.whither())
	if bound := p.bound(); !bound.IsZero() {
		b.WriteString(" after " + bound.UTC().Format("2006-01-02 15:04:05.000"))
		if !r.Want.After.IsZero() {
			b.WriteString(" (" + r.Want.After.String() + ")")
		}
	}
	if r.Waited > 0 {
		b.WriteString(". Waited " + span(r.Waited) + ", until ")
	} else {
		b.WriteString(". Looked at ")
	}
	b.WriteString(r.Now.UTC().Format("2006-01-02 15:04:05.000") + " UTC by the server's clock. ")
	there := " in that time"
	if p.whither() != "" {
		there = " there" + there
	}
	switch {
	case r.Messages == 0:
		b.WriteString("No mail at all came" + there + ".")
	case r.Found == 0:
		b.WriteString(mails(r.Messages) + " came" + there + ", none of which counts.")
	case r.Found == 1:
		b.WriteString(mails(r.Messages) + " came" + there + ", 1 of which counts.")
	default:
		fmt.Fprintf(&b, "%s came%s, %d of which count.", mails(r.Messages), there, r.Found)
	}
	return b.String()
}

// String says how many messages are wanted.
func (c Count) String() string {
	switch {
	case c.None:
		return "no mail"
	case c.Exactly > 0:
		return "exactly " + mails(c.Exactly)
	}
	return "at least " + mails(max(c.AtLeast, 1))
}

// A textWriter writes text for a terminal.
type textWriter struct {
	b    strings.Builder
	link func(mail.ID) string
	now  time.Time
}

func (t *textWriter) gap() { t.b.WriteByte('\n') }

// line writes a paragraph: the first line after lead, the others indented alike.
func (t *textWriter) line(lead, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	t.b.WriteString(lead)
	at := utf8.RuneCountInString(lead)
	for i, word := range strings.Split(printable(text), " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > columns:
			t.b.WriteString("\n" + indent)
			at = len(indent)
		default:
			t.b.WriteByte(' ')
			at++
		}
		t.b.WriteString(word)
		at += n
	}
	t.gap()
}

// printable shows what a terminal would obey or hide.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\u00a0' || r != ' ' && !unicode.IsGraphic(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// url writes where a message is shown.
func (t *textWriter) url(indent string, id mail.ID) {
	if t.link != nil {
		t.b.WriteString(indent + t.link(id) + "\n")
	}
}

func (t *textWriter) candidates(r *Report) {
	if len(r.Candidates) == 0 {
		return
	}
	t.gap()
	title := "What comes nearest:"
	if r.Candidates[0].Counts {
		title = "What counts:"
	}
	t.line("", title)
	for i := range r.Candidates {
		c := &r.Candidates[i]
		t.gap()
		head := fmt.Sprintf("%s from %s, %s, %s", quote(c.Subject), orNobody(c.From), clockTime(c.Message.Received), c.Message.ID)
		if c.Counts && title != "What counts:" {
			head += ": this one counts"
		}
		t.line(fmt.Sprintf("%d. ", i+1), head)
		for _, check := range c.Checks {
			t.check(&check)
		}
		t.url("   ", c.Message.ID)
	}
}

func orNobody(address string) string {
	if address == "" {
		return "nobody"
	}
	return address
}

func (t *textWriter) check(c *Check) {
	if c.Passed {
		t.line("   ✓ ", c.What+": "+c.Expected)
		return
	}
	t.line("   ✗ ", c.What+": "+c.Expected)
	switch {
	case c.Actual != "":
		t.line("     is ", quote(c.Actual))
	case c.Note == "" && c.What != "query":
		t.line("     is ", "not there")
	}
	if c.Note != "" {
		t.line("     ", c.Note)
	}
}

func (t *textWriter) attempts(list []mail.Attempt) {
	if len(list) == 0 {
		return
	}
	t.gap()
	t.line("", "What clients tried:")
	for i := range list {
		a := &list[i]
		what := clockTime(a.At) + " " + strings.TrimPrefix(outcome(a), "was ")
		if a.From != "" || len(a.To) > 0 {
			what += fmt.Sprintf(" (from <%s> to %s)", a.From, listed(a.To))
		}
		t.line("- ", what)
		if !a.Message.IsZero() {
			t.url("  ", a.Message)
		}
	}
}

func (t *textWriter) waiting(title string, list []Waiting, badmail bool) {
	for i := range list {
		w := &list[i]
		if (w.Delivery.Box == mail.BadmailBox) != badmail {
			continue
		}
		if title != "" {
			t.gap()
			t.line("", title)
			title = ""
		}
		t.line("- ", fmt.Sprintf("%s to %s, %s, %s", quote(w.Subject), w.Delivery.Rcpt.Address, clockTime(w.Message.Received), w.Message.ID))
		t.line("  ", t.fate(&w.Delivery))
		t.url("  ", w.Message.ID)
	}
}

// fate says what a delivery waits for, or what became of it.
func (t *textWriter) fate(d *mail.Delivery) string {
	said := lastReply(d)
	if d.Box == mail.BadmailBox {
		return "given up, and nobody was told" + said
	}
	what := "waits"
	if route := strings.TrimPrefix(mail.WithoutPassword(d.Route), "relay "); route != "" {
		what = "waits for " + route
	}
	switch left := d.Next.Sub(t.now); {
	case d.State == mail.Held:
		what += ", held until somebody lets it go"
	case d.Next.IsZero():
	case left > 0:
		what += ": next try in " + span(left)
	default:
		what += ": next try now"
	}
	return what + said
}

func lastReply(d *mail.Delivery) string {
	for i := len(d.Trail) - 1; i >= 0; i-- {
		if s := d.Trail[i]; s.Reply != nil {
			return "; last reply " + s.Reply.Error()
		}
	}
	return ""
}

func (t *textWriter) open(list []mail.Transaction) {
	if len(list) == 0 {
		return
	}
	t.gap()
	t.line("", "SMTP transactions that have not ended:")
	for i := range list {
		t.line("- ", transaction(&list[i]))
	}
}

func transaction(x *mail.Transaction) string {
	what := "from " + x.Session.Remote
	if x.Session.Helo != "" {
		what += " (" + x.Session.Helo + ")"
	}
	switch {
	case !x.Until.IsZero():
		return what + ": connected, and nothing sent yet"
	case len(x.To) == 0:
		return what + ": from <" + x.From + ">, no recipient yet"
	}
	what += ": from <" + x.From + "> to " + listed(x.To)
	if x.Data {
		return what + ", the message itself is under way"
	}
	return what
}
