package expect

import (
	"errors"
	"fmt"
	"html"
	stdmime "mime"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
)

// A finding is a Check and how near a failed one came: from 0 to 1.
type finding struct {
	Check
	near float64
}

// checks looks at all conditions, the scope among them: it holds when the checks
// "mailbox" and "to" pass, and the rest is as check says.
func (p *plan) checks(d *doc) ([]finding, error) {
	list := p.checkScope(d)
	for i := range p.tests {
		c, err := p.tests[i].look(d)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if p.query != nil {
		ok, err := p.queried(d)
		if err != nil {
			return nil, err
		}
		f := finding{Check: Check{What: "query", Passed: ok, Expected: p.want.Query}}
		if !ok {
			f.Note = p.queryNote(d)
		}
		list = append(list, f)
	}
	for i := range p.takes {
		c, err := p.takes[i].look(d)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// queryNote says which terms of the query fail, when they only follow each other.
func (p *plan) queryNote(d *doc) string {
	canonical := p.query.String()
	if strings.ContainsAny(canonical, `"()/`) || strings.Contains(canonical, " OR ") {
		return ""
	}
	var failed []string
	for _, word := range strings.Fields(canonical) {
		q, err := query.Parse(word, time.Time{})
		if err != nil {
			return ""
		}
		if ok, err := q.Match(&query.Document{Message: d.message, Box: p.mailbox, Load: d.queried}); !ok && err == nil {
			failed = append(failed, word)
		}
	}
	return "without " + listed(failed) + " it would match"
}

// look takes the value and says what came of it.
func (t *taker) look(d *doc) (finding, error) {
	f := finding{Check: Check{What: "extract", Expected: t.spec}}
	v, err := t.take(d)
	several, missing := (*severalError)(nil), (*missingError)(nil)
	switch {
	case err == nil:
		f.Passed, f.Actual = true, v.Text
		if t.kind == "attachment" {
			f.Actual = v.Filename
		}
		f.Actual = cut(squeeze(f.Actual), 0)
	case errors.As(err, &several):
		f.Note, f.near = several.what, 0.9
	case errors.As(err, &missing):
		f.Note = missing.what
	default:
		return f, err
	}
	return f, nil
}

// checkScope looks at the deliveries: at those in the mailbox, if there are any.
func (p *plan) checkScope(d *doc) []finding {
	var list []finding
	all := d.message.Deliveries
	var in []mail.Delivery
	for i := range all {
		if p.inBox(&all[i]) {
			in = append(in, all[i])
		}
	}
	if p.mailbox != "" || in == nil {
		list = append(list, p.checkMailbox(all, in != nil))
	}
	if in != nil {
		all = in
	}
	if p.want.To != "" {
		list = append(list, p.checkTo(d, all))
	}
	return list
}

func (p *plan) checkMailbox(all []mail.Delivery, passed bool) finding {
	f := finding{Check: Check{What: "mailbox", Passed: passed, Expected: p.mailbox, Actual: p.mailbox}}
	if p.mailbox == "" {
		f.Expected = "that of a recipient"
	}
	if passed {
		return f
	}
	boxes := make([]string, len(all))
	for i := range all {
		boxes[i] = all[i].Box
	}
	f.Actual, f.near = nearest(p.mailbox, boxes)
	if f.Note = addressNote(p.mailbox, f.Actual); f.Actual == mail.DoneBox {
		f.Note = "it has left the queue for elsewhere"
	}
	return f
}

func (p *plan) checkTo(d *doc, deliveries []mail.Delivery) finding {
	f := finding{Check: Check{What: "to", Expected: p.want.To}}
	addresses := make([]string, len(deliveries))
	for i := range deliveries {
		addresses[i] = deliveries[i].Rcpt.Address
		if p.to.match(addresses[i]) {
			f.Passed, f.Actual = true, addresses[i]
			return f
		}
	}
	f.Actual, f.near = nearest(p.want.To, addresses)
	f.Note = addressNote(p.want.To, f.Actual)
	l, err := d.load()
	if err == nil && slices.ContainsFunc(append(l.addresses[fieldTo], l.addresses[fieldCc]...), func(a mime.Address) bool { return p.to.match(a.Address) }) {
		f.Note = "the header names it, the envelope does not"
	}
	return f
}

// look makes the test and says what came of it.
func (t *test) look(d *doc) (finding, error) {
	f := finding{Check: Check{What: t.Field, Expected: t.String()}}
	if t.field.isNumber() {
		n, err := d.number(t.field)
		f.Passed, f.Actual = t.compare(n) != t.Not, fmt.Sprint(n)
		return f, err
	}
	values, err := d.values(t.field, t.header)
	if err != nil {
		return f, err
	}
	found := t.holds(values)
	f.Passed = found != t.Not
	if i := slices.IndexFunc(values, t.finds); !t.Absent && i >= 0 {
		f.Actual = cut(values[i], t.place(values[i]))
		return f, nil
	}
	var best string
	f.near = -1
	for _, v := range values {
		if near := t.near(v); near > f.near {
			best, f.near = v, near
		}
	}
	f.near = max(f.near, 0)
	f.Actual = cut(best, t.place(best))
	if !f.Passed && !t.Not && !t.Absent {
		f.Note = t.note(best, len(values))
	}
	return f, nil
}

// String says what is wanted: contains "welcome".
func (t *test) String() string {
	verb := func(yes, no string) string {
		if t.Not {
			return no
		}
		return yes
	}
	switch {
	case t.field.isNumber():
		return verb("", "not ") + strings.TrimSpace(*t.Equals)
	case t.Absent:
		return verb("absent", "present")
	case t.re != nil:
		return verb("matches", "does not match") + " /" + t.Matches + "/"
	case t.Equals != nil:
		return verb("equals", "does not equal") + " " + quote(t.want)
	}
	return verb("contains", "does not contain") + " " + quote(t.want)
}

// quote puts quotes around a text and leaves it as it reads.
func quote(s string) string { return `"` + s + `"` }

// maxCompared is how much of a value is compared beyond the plain test, in octets.
const maxCompared = 64 << 10

func head(s string) string { return s[:min(len(s), maxCompared)] }

// near says how much of what is wanted is in a value.
func (t *test) near(value string) float64 {
	if t.re != nil {
		if t.loose().MatchString(value) {
			return 0.9
		}
		return 0
	}
	want, value := query.Fold(t.want), query.Fold(head(value))
	words := strings.Fields(want)
	if len(words) == 0 || value == "" {
		return 0
	}
	common := 0
	for _, w := range words {
		if strings.Contains(value, w) {
			common++
		}
	}
	share := float64(common) / float64(len(words))
	if t.Equals != nil {
		share *= float64(min(len(want), len(value))) / float64(max(len(want), len(value)))
		share = max(share, likeness(want, value))
	}
	return max(share, float64(len(startIn(want, value)))/float64(len(want))) * 0.99
}

// loose is the expression with no regard to case.
func (t *test) loose() *regexp.Regexp {
	re, err := regexp.Compile("(?i:" + t.Matches + ")")
	if err != nil {
		return t.re
	}
	return re
}

// place is the character of the value where it matters for the test: where it is
// found or where it ceases to be what is wanted.
func (t *test) place(value string) int {
	at := -1
	switch {
	case t.Absent:
		return 0
	case t.re != nil:
		if found := t.re.FindStringIndex(value); found != nil {
			at = found[0]
		}
	case t.Equals != nil:
		return common(t.want, value)
	default:
		if at = strings.Index(value, t.want); at < 0 {
			if start := t.start(value); start != "" {
				at = strings.Index(value, start) + len(start)
			}
		}
	}
	return utf8.RuneCountInString(value[:max(at, 0)])
}

// start is the start of what is to be contained that is in the value, if it says
// something.
func (t *test) start(value string) string {
	start := startIn(t.want, value)
	if utf8.RuneCountInString(start) < max(4, utf8.RuneCountInString(t.want)/3) {
		return ""
	}
	return start
}

// startIn returns the longest start of part that is in s.
func startIn(part, s string) string {
	low, high := 0, len(part)
	for low < high {
		middle := (low + high + 1) / 2
		if strings.Contains(s, part[:middle]) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	for low > 0 && low < len(part) && !utf8.RuneStart(part[low]) {
		low--
	}
	return part[:low]
}

// common is the number of characters at the start of both.
func common(a, b string) int {
	n := 0
	for a != "" && b != "" {
		ra, size := utf8.DecodeRuneInString(a)
		rb, sizeB := utf8.DecodeRuneInString(b)
		if ra != rb {
			break
		}
		a, b, n = a[size:], b[sizeB:], n+1
	}
	return n
}

// A form is a way in which two texts can be the same all the same.
type form struct {
	note string
	make func(string) string
}

func forms() []form {
	return []form{
		{"differs only in case", strings.ToLower},
		{"differs only in white space", withoutSpace},
		{"differs only in the Unicode form: composed (NFC) or decomposed (NFD)", norm.NFC.String},
		{"differs only in width or compatibility forms (NFKC)", norm.NFKC.String},
		{"differs only in invisible characters, such as U+200B or U+00AD", withoutInvisible},
		{"there are HTML entities in it", html.UnescapeString},
		{"there is an encoded word (RFC 2047) in it: it was not decoded, or encoded twice", decodeWords},
		{"differs only in case, accents, white space or such", query.Fold},
	}
}

func withoutSpace(s string) string { return strings.ReplaceAll(s, " ", "") }

func withoutInvisible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

func decodeWords(s string) string {
	decoded, err := new(stdmime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return squeeze(decoded)
}

// note says what may help, of the value that comes nearest.
func (t *test) note(value string, values int) string {
	if values == 0 {
		return "there is none"
	}
	if t.re != nil && t.loose().MatchString(value) {
		return "matches with (?i)"
	}
	for _, f := range forms() {
		if t.findsAs(value, f.make) {
			return f.note
		}
	}
	switch {
	case t.re != nil:
		return ""
	case t.box != "":
		if note := addressNote(t.want, value); note != "" {
			return note
		}
	case t.Equals == nil:
		return t.partNote(value)
	}
	return differenceNote(t.want, value)
}

// findsAs says whether the value is what is wanted when both are brought into a
// form.
func (t *test) findsAs(value string, form func(string) string) bool {
	switch {
	case t.re != nil:
		made := form(head(value))
		return made != head(value) && t.re.MatchString(made)
	case t.Equals != nil:
		return form(value) == form(t.want)
	}
	want := form(t.want)
	return want != "" && strings.Contains(form(value), want)
}

// partNote says how far what is to be contained is there.
func (t *test) partNote(value string) string {
	start := t.start(value)
	if start == "" {
		return ""
	}
	after := value[strings.Index(value, start)+len(start):]
	if after == "" {
		return fmt.Sprintf("it ends with %s; %s is missing", quote(tail(start, 30)), quote(short(t.want[len(start):], 30)))
	}
	return fmt.Sprintf("after %s comes %s instead of %s", quote(tail(start, 30)), quote(short(after, 20)), quote(short(t.want[len(start):], 20)))
}

// differenceNote says where two texts part.
func differenceNote(want, value string) string {
	n := common(want, value)
	restWant, rest := skip(want, n), skip(value, n)
	switch {
	case n == 0:
		return ""
	case restWant == "":
		return fmt.Sprintf("goes on after character %d: %s", n, quote(short(rest, 20)))
	case rest == "":
		return fmt.Sprintf("ends after character %d: %s is missing", n, quote(short(restWant, 20)))
	}
	word := lastWord(want[:len(want)-len(restWant)])
	return fmt.Sprintf("first difference at character %d: %s instead of %s", n+1, quote(short(word+rest, 20)), quote(short(word+restWant, 20)))
}

// lastWord is what follows the last blank, unless that is much.
func lastWord(s string) string {
	const most = 12 // octets
	if word := s[strings.LastIndexByte(s, ' ')+1:]; len(word) <= most {
		return word
	}
	return ""
}

// skip cuts off so many characters.
func skip(s string, n int) string {
	for ; n > 0; n-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

// tail is the end of a text, so many characters of it.
func tail(s string, most int) string {
	if n := utf8.RuneCountInString(s); n > most {
		return "…" + skip(s, n-most)
	}
	return s
}

// cut leaves of a long value what is around a character.
func cut(value string, at int) string {
	const before, most = 40, 120
	if utf8.RuneCountInString(value) <= most {
		return value
	}
	if at <= most-before {
		return short(value, most)
	}
	return "…" + short(skip(value, at-before), most)
}

// nearest returns the one of the addresses that is most like the wanted one.
func nearest(want string, addresses []string) (best string, near float64) {
	want, near = mail.Box(want), -1
	for _, a := range addresses {
		if like := likeness(want, mail.Box(a)); like > near {
			best, near = a, like
		}
	}
	return best, max(near, 0)
}

// likeness is 1 for equal texts, and 0 for those that have no more in common than
// any two.
func likeness(a, b string) float64 {
	const most = 200 // characters
	ra, rb := []rune(a), []rune(b)
	ra, rb = ra[:min(len(ra), most)], rb[:min(len(rb), most)]
	longest := max(len(ra), len(rb))
	if longest == 0 {
		return 1
	}
	like := 1 - float64(distance(ra, rb))/float64(longest)
	if like < 0.4 {
		return 0
	}
	return like
}

// distance counts the letters to insert, delete, replace or swap with the next.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range a {
		before, last, row := rows[i%3], rows[(i+1)%3], rows[(i+2)%3]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return rows[(len(a)+1)%3][len(b)]
}

// addressNote says how an address differs from the wanted one, if it is a little.
func addressNote(want, got string) string {
	w, errW := mail.ParseAddress(mail.Box(want))
	g, errG := mail.ParseAddress(mail.Box(got))
	if errW != nil || errG != nil || w == g {
		return ""
	}
	if strings.Contains(want, "*") {
		if w.Domain != g.Domain && !strings.Contains(w.Domain, "*") {
			return "other domain"
		}
		return ""
	}
	wantBase, wantTag, _ := strings.Cut(w.Local, "+")
	gotBase, gotTag, _ := strings.Cut(g.Local, "+")
	letters := distance([]rune(w.String()), []rune(g.String()))
	switch {
	case w.Domain == g.Domain && wantBase == gotBase && gotTag == "":
		return fmt.Sprintf("the tag +%s is missing", wantTag)
	case w.Domain == g.Domain && wantBase == gotBase && wantTag == "":
		return fmt.Sprintf("it has the tag +%s", gotTag)
	case w.Domain == g.Domain && wantBase == gotBase:
		return fmt.Sprintf("the tag is +%s, not +%s", gotTag, wantTag)
	case letters == 1:
		return "one letter differs"
	case letters == 2:
		return "two letters differ"
	case w.Local == g.Local:
		return "other domain"
	case w.Domain == g.Domain:
		return "other recipient of the same domain"
	}
	return ""
}
