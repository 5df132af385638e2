package query

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// operators are the names of all of them.
func operators() []string {
	return []string{"from", "to", "cc", "bcc", "rcpt", "subject", "body", "header", "attachment", "id", "mailbox",
		"larger", "smaller", "before", "after", "is", "has"}
}

func isOperator(name string) bool { return slices.Contains(operators(), name) }

// set makes the term search for a value. It returns what is wrong with it.
func (t *term) set(v value, now time.Time) string {
	t.text = v.text
	if t.text == "" {
		return "nothing to search for"
	}
	if v.regexp {
		return t.setRegexp()
	}
	switch t.op {
	case "larger", "smaller":
		return t.setSize()
	case "before", "after":
		return t.setTime(now)
	case "id":
		return t.setID()
	case "is", "has":
		return t.setFlag()
	}
	t.needle = Fold(t.text)
	if t.needle == "" {
		return "nothing to search for"
	}
	t.setFields()
	return ""
}

func (t *term) setRegexp() string {
	switch t.op {
	case "larger", "smaller", "before", "after", "id", "is", "has":
		return t.op + ": takes no regular expression"
	}
	re, size, err := compile(t.text)
	if err != nil {
		return err.Error()
	}
	t.re, t.size = re, size
	t.setFields()
	return ""
}

// setFields says where a term of text looks.
func (t *term) setFields() {
	switch t.op {
	case "subject":
		t.fields = InSubject
	case "body":
		t.fields = InBody
	case "attachment":
		t.fields = InAttachment
	case "header":
		t.fields, t.prefix = InHeader, Fold(t.name)+"="
	case "from":
		t.fields = InFrom | InSender
	case "to":
		t.fields = InTo
	case "cc":
		t.fields = InCc
	case "bcc":
		t.fields = InBcc
	case "rcpt":
		t.fields = InRcpt
	case "mailbox":
		t.setMailbox()
		return
	default:
		t.fields = inWords
		return
	}
	if t.fields&inAddresses != 0 {
		t.box = t.wholeAddress()
	}
}

// wholeAddress returns the mailbox of the address that the term looks for, or "".
func (t *term) wholeAddress() string {
	if a, err := mail.ParseAddress(t.text); t.re == nil && err == nil && a.Domain != "" {
		return a.Box()
	}
	return ""
}

func (t *term) setMailbox() {
	t.box = t.wholeAddress()
	t.bounds.Box = t.box
	t.fact = func(m *mail.Message, _ string) bool {
		return slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool {
			if t.box != "" {
				return d.Box == t.box
			}
			return t.finds(Fold(d.Box))
		})
	}
}

func (t *term) setID() string {
	id, err := mail.ParseID(t.text)
	if err != nil {
		return fmt.Sprintf("%.40q is no message id, which has 26 letters and digits", t.text)
	}
	t.text, t.bounds.ID = id.String(), id
	t.fact = func(m *mail.Message, _ string) bool { return m.ID == id }
	return ""
}

func (t *term) setFlag() string {
	flag := strings.ToLower(t.text)
	switch t.op + ":" + flag {
	case "is:unread", "is:unseen":
		t.text = "unread"
		t.fact = unread
	case "is:read", "is:seen":
		t.text = "read"
		t.fact = func(m *mail.Message, box string) bool { return !unread(m, box) }
	case "is:bounce":
		t.text = flag
		t.fields = InKind
	case "has:attachment", "has:attachments":
		t.text = "attachment"
		t.fields = InKind
	case "has:html":
		t.text = flag
		t.fields = InKind
	default:
		known := "unread, read and bounce"
		if t.op == "has" {
			known = "attachment and html"
		}
		return fmt.Sprintf("%s: knows %s, not %.40q", t.op, known, t.text)
	}
	t.needle = t.text
	return ""
}

// unread says whether a delivery in the mailbox, or anywhere for "", is unread.
func unread(m *mail.Message, box string) bool {
	return slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool { return !d.Seen && (box == "" || d.Box == box) })
}

func (t *term) setSize() string {
	n, ok := ParseSize(t.text)
	if !ok {
		return fmt.Sprintf("%.40q is no size; write 1024, 10k, 5MB or 1.5MiB", t.text)
	}
	t.text = strconv.FormatInt(n, 10)
	t.fact = func(m *mail.Message, _ string) bool { return m.Size > n }
	if t.op == "smaller" {
		t.fact = func(m *mail.Message, _ string) bool { return m.Size < n }
	}
	return ""
}

// ParseSize reads a size in octets as the language writes it, or says that it is none.
func ParseSize(s string) (int64, bool) {
	number := strings.TrimRight(s, "kKmMgGiIbB")
	unit, binary := strings.CutSuffix(strings.TrimSuffix(strings.ToLower(s[len(number):]), "b"), "i")
	power := slices.Index([]string{"", "k", "m", "g"}, unit)
	if power < 0 || binary && unit == "" || strings.Trim(number, "0123456789.") != "" {
		return 0, false
	}
	thousand := 1000.0
	if binary {
		thousand = 1024
	}
	n, err := strconv.ParseFloat(number, 64)
	n *= math.Pow(thousand, float64(power))
	if err != nil || n >= 1<<62 || unit == "" && n != math.Trunc(n) {
		return 0, false
	}
	return int64(n), true
}

func (t *term) setTime(now time.Time) string {
	at, ok := parseTime(t.text, now)
	if !ok {
		return fmt.Sprintf("%.40q is no time; write 2026-01-02, 2026-01-02T15:04:05Z, or an age as 30m, 2h or 7d", t.text)
	}
	t.text = at.Format(time.RFC3339Nano)
	if t.op == "before" {
		t.bounds.Before = at
		t.fact = func(m *mail.Message, _ string) bool { return m.Received.Before(at) }
		return ""
	}
	t.bounds.After = at
	t.fact = func(m *mail.Message, _ string) bool { return !m.Received.Before(at) }
	return ""
}

func parseTime(s string, now time.Time) (time.Time, bool) {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		at, err = time.Parse(time.RFC3339, strings.ToUpper(s))
	}
	if err != nil {
		age, ok := parseAge(s)
		if !ok {
			return time.Time{}, false
		}
		at = now.Add(-age)
	}
	at = at.UTC().Round(0)
	return at, at.Year() >= 1 && at.Year() <= 9999
}

func parseAge(s string) (time.Duration, bool) {
	var unit time.Duration
	switch s[len(s)-1] | 0x20 {
	case 's':
		unit = time.Second
	case 'm':
		unit = time.Minute
	case 'h':
		unit = time.Hour
	case 'd':
		unit = 24 * time.Hour
	case 'w':
		unit = 7 * 24 * time.Hour
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 63)
	if err != nil || unit == 0 || n > uint64(math.MaxInt64/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// nearOperator returns the operator that was meant by one that there is not, or
// "" when it may well be text. A short one is only meant if the value fits.
func nearOperator(name, rest string, now time.Time) string {
	switch name {
	case "sender":
		return "from"
	case "recipient":
		return "rcpt"
	case "text":
		return "body"
	case "filename":
		return "attachment"
	case "in":
		return "mailbox"
	case "newer", "since":
		return "after"
	case "older", "until":
		return "before"
	case "size":
		return "larger"
	}
	for _, op := range operators() {
		if len(name) == 1 || distance(name, op) > 1 || len(name) == 2 && len(op) == 2 && name[0] != op[1] {
			continue // neither is "c:" a slip for "cc:" nor "go:" for "to:"
		}
		if t := (&term{op: op}); len(op) > 3 || t.set(value{text: rest}, now) == "" {
			return op
		}
	}
	return ""
}

// distance counts the letters to insert, delete, replace or swap with the next
// that make one word of another.
func distance(a, b string) int {
	var before, last, row []int
	for i := range len(a) + 1 {
		row = make([]int, len(b)+1)
		for j := range row {
			switch {
			case i == 0 || j == 0:
				row[j] = i + j
				continue
			case a[i-1] == b[j-1]:
				row[j] = last[j-1]
			default:
				row[j] = 1 + min(last[j-1], last[j], row[j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return row[len(b)]
}
