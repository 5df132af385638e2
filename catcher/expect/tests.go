package expect

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// A field is what a Test looks at.
type field int

const (
	fieldSubject field = iota
	fieldFrom          // from here to fieldReplyTo: headers with addresses
	fieldTo
	fieldCc
	fieldBcc
	fieldReplyTo
	fieldEnvelopeFrom
	fieldEnvelopeTo
	fieldText
	fieldHTML
	fieldBody
	fieldLink
	fieldAttachment
	fieldAttachmentType
	fieldSize // from here to fieldAttachments: numbers
	fieldRecipients
	fieldAttachments
	fieldHeader // of any name
	fieldCount  = int(fieldHeader)
)

// fieldNames has the names up to fieldHeader, in order.
func fieldNames() [fieldCount]string {
	return [...]string{"subject", "from", "to", "cc", "bcc", "reply-to", "envelope.from", "envelope.to", "text", "html", "body", "link", "attachment", "attachment.type", "size", "recipients", "attachments"}
}

func (f field) String() string { return fieldNames()[f] }

func (f field) isAddress() bool { return f >= fieldFrom && f <= fieldEnvelopeTo }
func (f field) isNumber() bool  { return f >= fieldSize && f <= fieldAttachments }

// parseField reads the name of a field; header is the one meant, in lower case.
func parseField(name string) (f field, header string, ok bool) {
	name = strings.ToLower(name)
	if header, ok = strings.CutPrefix(name, "header."); ok {
		return fieldHeader, header, header != "" && !strings.ContainsAny(header, ": \t\r\n")
	}
	names := fieldNames()
	i := slices.Index(names[:], name)
	return field(i), "", i >= 0
}

// ParseTest reads the shorthand of a test: "~part" contains, "/re/" matches, "text"
// or "=text" equals, "!" and one of these not, "!" alone absent. The error is an
// *Error that names the field.
func ParseTest(name, text string) (Test, error) {
	t := Test{Field: name}
	if text == "!" {
		t.Absent = true
		return t, t.check(name)
	}
	text, t.Not = strings.CutPrefix(text, "!")
	if err := t.shorthand(text); err != nil {
		return Test{}, &Error{name, err.Error()}
	}
	return t, t.check(name)
}

// shorthand reads what is left of it after "!".
func (t *Test) shorthand(text string) error {
	switch {
	case text == "":
		return errors.New("empty: write = for an empty value, ! for none")
	case text[0] == '!':
		return errors.New("one ! is enough; write =! for text that begins with it")
	case text[0] == '~':
		t.Contains = text[1:]
		if t.Contains == "" {
			return errors.New("there is nothing after ~")
		}
	case text[0] == '/':
		if len(text) < 3 || text[len(text)-1] != '/' {
			return errors.New("a regular expression is written /…/; write =/ for text that begins with it")
		}
		t.Matches = text[1 : len(text)-1]
	default:
		equals := strings.TrimPrefix(text, "=")
		t.Equals = &equals
	}
	return nil
}

// check says whether the test makes sense; at is where it stands.
func (t *Test) check(at string) error {
	_, err := compileTest(t, func(string) string { return at })
	return err
}

// ParseCount reads the shorthand of a count: "1" is exactly, "2+" at least, "0" and
// "none" none. The error is an *Error.
func ParseCount(text string) (Count, error) {
	if text == "none" {
		return Count{None: true}, nil
	}
	digits, more := strings.CutSuffix(text, "+")
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil || more && n == 0:
		return Count{}, &Error{"count", fmt.Sprintf("%.40q is none: write 1 for exactly one, 2+ for two or more, none", text)}
	case more:
		return Count{AtLeast: int(n)}, nil
	case n == 0:
		return Count{None: true}, nil
	}
	return Count{Exactly: int(n)}, nil
}

// A plan is a Want made ready. It does not change.
type plan struct {
	want    Want
	mailbox string // as deliveries have it, "" for that of any recipient
	to      pattern
	query   *query.Query
	tests   []test
	takes   []taker

	narrowed *query.Query // see narrow
}

// compile checks a Want and makes it ready; ages in its query count from now. The
// error is an *Error.
func compile(w *Want, now time.Time) (*plan, error) {
	p := &plan{want: *w}
	if w.Mailbox != "" {
		p.mailbox = mail.Box(w.Mailbox)
	}
	err := errors.Join(p.compileTo(), p.compileQuery(now), w.Count.check())
	for i := range w.Match {
		t, bad := compileTest(&w.Match[i], func(part string) string { return strings.TrimSuffix(fmt.Sprintf("match[%d].%s", i, part), ".") })
		p.tests, err = append(p.tests, t), errors.Join(err, bad)
	}
	for i, e := range w.Extract {
		t, bad := compileExtract(e.Spec)
		if bad != nil {
			err = errors.Join(err, &Error{fmt.Sprintf("extract[%d]", i), bad.Error()})
		}
		p.takes = append(p.takes, t)
	}
	if w.Count.None && len(w.Extract) > 0 {
		err = errors.Join(err, &Error{"extract", "there is nothing to extract when no mail is wanted"})
	}
	if first := (*Error)(nil); errors.As(err, &first) {
		return nil, first
	}
	p.narrowed = p.narrowing(now)
	return p, nil
}

func (p *plan) compileTo() error {
	to := p.want.To
	if to == "" {
		return nil
	}
	if strings.HasPrefix(to, "@") {
		return &Error{"to", fmt.Sprintf("%.80q is no recipient; for a mailbox use mailbox, for a domain *%[1]s", to)}
	}
	if _, err := mail.ParseAddress(strings.ReplaceAll(to, "*", "x")); err != nil {
		return &Error{"to", fmt.Sprintf("%.80q is neither an address nor a pattern of such: %v", to, err)}
	}
	p.to = parsePattern(to)
	return nil
}

func (p *plan) compileQuery(now time.Time) error {
	if strings.TrimSpace(p.want.Query) == "" {
		return nil
	}
	q, err := query.Parse(p.want.Query, now)
	if err != nil {
		return &Error{"query", err.Error()}
	}
	p.query = q
	return nil
}

func (c Count) check() error {
	given := 0
	for _, ok := range [...]bool{c.AtLeast != 0, c.Exactly != 0, c.None} {
		if ok {
			given++
		}
	}
	switch {
	case given > 1:
		return &Error{"count", "only one of atLeast, exactly and none can be given"}
	case c.AtLeast < 0 || c.Exactly < 0:
		return &Error{"count", "it cannot be negative"}
	}
	return nil
}

// A pattern is an address, or has * for any text in it. The zero pattern matches
// everything.
type pattern struct{ parts []string }

func parsePattern(s string) pattern {
	if !strings.Contains(s, "*") {
		return pattern{[]string{mail.Box(s)}}
	}
	return pattern{strings.Split(mail.Box(s), "*")}
}

// exact says whether the pattern is one address.
func (p pattern) exact() bool { return len(p.parts) == 1 }

func (p pattern) match(address string) bool {
	return p.parts == nil || p.matchBox(mail.Box(address))
}

// matchBox is match for what mail.Box has returned.
func (p pattern) matchBox(box string) bool {
	if len(p.parts) < 2 {
		return p.parts == nil || box == p.parts[0]
	}
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(box) < len(first)+len(last) || !strings.HasPrefix(box, first) || !strings.HasSuffix(box, last) {
		return false
	}
	box = box[len(first) : len(box)-len(last)]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		_, after, ok := strings.Cut(box, part)
		if !ok {
			return false
		}
		box = after
	}
	return true
}

// inBox says whether a delivery lies where the Want looks.
func (p *plan) inBox(d *mail.Delivery) bool {
	if p.mailbox == "" {
		return !strings.HasPrefix(d.Box, "@")
	}
	return d.Box == p.mailbox
}

// scope says whether the message has a delivery in the mailbox and to the recipient
// of the Want.
func (p *plan) scope(m *mail.Message) bool {
	for i := range m.Deliveries {
		if d := &m.Deliveries[i]; p.inBox(d) && p.to.match(d.Rcpt.Address) {
			return true
		}
	}
	return false
}

// key is the mailbox that all messages in the scope have a delivery in, or else the
// mailbox that the recipient of such a delivery has of its own; "" when there is
// none.
func (p *plan) key() string {
	switch {
	case p.mailbox != "":
		return p.mailbox
	case p.to.exact():
		return p.to.parts[0]
	}
	return ""
}

// early says whether a message or attempt came before the Want's bounds.
func (p *plan) early(id mail.ID, at time.Time) bool {
	return id.Compare(p.want.After) <= 0 && !p.want.After.IsZero() || at.Before(p.want.Since)
}

// check says whether the message passes the query and the tests and has what is to
// be extracted; neither the scope nor the bounds matter. It is ambiguous when only
// the choice of a value is open: then it does not count. err is that of reading it.
func (p *plan) check(d *doc) (counts bool, values []Value, ambiguous error, err error) {
	for i := range p.tests {
		if ok, err := p.tests[i].passes(d); !ok || err != nil {
			return false, nil, nil, err
		}
	}
	if ok, err := p.queried(d); !ok || err != nil {
		return false, nil, nil, err
	}
	for i := range p.takes {
		v, err := p.takes[i].take(d)
		if several := (*severalError)(nil); errors.As(err, &several) {
			ambiguous = errors.Join(ambiguous, fmt.Errorf("extract %s: %w", p.takes[i].spec, err))
			continue
		}
		if missing := (*missingError)(nil); errors.As(err, &missing) {
			return false, nil, nil, nil
		}
		if err != nil {
			return false, nil, nil, err
		}
		v.Name = p.want.Extract[i].Name
		if v.Name == "" {
			v.Name = p.want.Extract[i].Spec
		}
		values = append(values, v)
	}
	if ambiguous != nil {
		return false, nil, ambiguous, nil
	}
	return true, values, nil, nil
}

func (p *plan) queried(d *doc) (bool, error) {
	if p.query == nil {
		return true, nil
	}
	return p.query.Match(&query.Document{Message: d.message, Box: p.mailbox, Load: d.queried})
}

// A test is a Test made ready.
type test struct {
	Test
	field  field
	header string         // for fieldHeader
	want   string         // Equals or Contains, squeezed
	box    string         // the mailbox that an address to equal has, or ""
	re     *regexp.Regexp // Matches
	sign   string         // of a comparison
	number int64
}

// compileTest checks a test and makes it ready. at says where a part of it stands,
// "" being the whole.
func compileTest(t *Test, at func(part string) string) (test, error) {
	c := test{Test: *t}
	var ok bool
	if c.field, c.header, ok = parseField(t.Field); !ok {
		names := fieldNames()
		return c, &Error{at("field"), fmt.Sprintf("there is no field %.60q; there are %s, header.NAME", t.Field, strings.Join(names[:], ", "))}
	}
	given := 0
	for _, is := range [...]bool{t.Equals != nil, t.Contains != "", t.Matches != "", t.Absent} {
		if is {
			given++
		}
	}
	if given != 1 {
		return c, &Error{at(""), "one of equals, contains, matches and absent is to be given"}
	}
	if c.field.isNumber() {
		return c, c.compileNumber(at)
	}
	return c, c.compileText(at)
}

func (t *test) compileText(at func(string) string) error {
	switch {
	case t.Equals != nil:
		t.want = squeeze(*t.Equals)
		if a, err := mail.ParseAddress(t.want); err == nil && t.field.isAddress() {
			t.box = a.Box()
		}
	case t.Contains != "":
		if t.want = squeeze(t.Contains); t.want == "" {
			return &Error{at("contains"), "it is blank"}
		}
	case t.Matches != "":
		re, err := regexp.Compile(t.Matches)
		if err != nil {
			return &Error{at("matches"), badRegexp(err)}
		}
		t.re = re
	}
	return nil
}

func badRegexp(err error) string {
	return "bad regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

func (t *test) compileNumber(at func(string) string) error {
	if t.Equals == nil {
		return &Error{at(""), t.Field + " is a number: use equals, such as \"2\" or \">10k\""}
	}
	text := strings.TrimSpace(*t.Equals)
	digits := strings.TrimLeft(text, "<>=")
	t.sign = text[:len(text)-len(digits)]
	n, ok := query.ParseSize(strings.TrimSpace(digits))
	if !ok || !slices.Contains([]string{"", "=", "<", "<=", ">", ">="}, t.sign) {
		return &Error{at("equals"), fmt.Sprintf("%.40q is no number and no comparison such as >10k or <=3", text)}
	}
	t.number = n
	return nil
}

// passes says whether the message passes the test.
func (t *test) passes(d *doc) (bool, error) {
	if t.field.isNumber() {
		n, err := d.number(t.field)
		return t.compare(n) != t.Not, err
	}
	values, err := d.values(t.field, t.header)
	if err != nil {
		return false, err
	}
	return t.holds(values) != t.Not, nil
}

// holds says whether what the test says without Not is so.
func (t *test) holds(values []string) bool {
	if t.Absent {
		return len(values) == 0
	}
	for _, v := range values {
		if t.finds(v) {
			return true
		}
	}
	return false
}

// finds says whether one value is what is wanted.
func (t *test) finds(value string) bool {
	switch {
	case t.re != nil:
		return t.re.MatchString(value)
	case t.Equals != nil:
		return value == t.want || t.box != "" && value == t.box
	}
	return strings.Contains(value, t.want)
}

func (t *test) compare(n int64) bool {
	switch t.sign {
	case "<":
		return n < t.number
	case "<=":
		return n <= t.number
	case ">":
		return n > t.number
	case ">=":
		return n >= t.number
	}
	return n == t.number
}
