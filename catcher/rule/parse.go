package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxLine is how long a rule may be, in octets.
const maxLine = 8192

// An Error says what is wrong with the text of a rule, and where.
type Error struct {
	Offset, Length int // the octets of the text that it is about
	What           string

	column int
}

// Column is where it is, in characters from 1.
func (e *Error) Column() int { return e.column }

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.column, e.What) }

// A Rule is one line of the language.
type Rule struct {
	ID      string // given by a Set or by ParseFile; no part of the text
	Name    string
	Owner   string    // whom RemoveOwner removes it for
	Expires time.Time // from then on there is no such rule; zero: never

	At    Stage
	Match []Term // all must hold
	Times Times
	Do    []Action
}

// A Term is a condition.
type Term struct {
	Field string // from, to, client, helo, user, tls, size, query
	Not   bool   // none of Any, rather than one of them
	Any   []string
}

// Times says which of the things that match a rule applies to. What is zero does
// not count; all the rest must hold.
type Times struct {
	First uint64 // the first so many
	Nth   uint64 // the one with that number, from 1
	Every uint64 // each one whose number is a multiple

	Until time.Duration // before so long has passed since the first
	After time.Duration // once so long has passed since the first

	Rate     int64 // what comes when a bucket of so many, refilled evenly in RateTime, is empty
	RateTime time.Duration

	Chance float64 // percent
	Seed   uint64  // 1 to 1<<53; a Set gives one to a rule that needs one

	Per []string // what is counted apart: client, from, to, user, helo; or "all"; nil: what the stage suggests
}

// Parse reads a rule. The error is an *Error.
func Parse(line string) (Rule, error) {
	p, err := read(line)
	if err != nil {
		return Rule{}, err
	}
	if len(p.words) == 0 {
		return Rule{}, p.errorf(word{}, "no stage; the first word is one of %s", listOf(stages()))
	}
	r := Rule{At: Stage(p.words[0].text)}
	if !slices.Contains(stages(), r.At) {
		return Rule{}, p.errorf(p.words[0], "%.40q is no stage; the first word is one of %s", r.At, listOf(stages()))
	}
	p.words = p.words[1:]
	if err := p.conditions(&r); err != nil {
		return Rule{}, err
	}
	if len(p.words) == 0 {
		return Rule{}, p.errorf(word{start: len(line), end: len(line)}, "no action; at %s there are %s", r.At, listOf(kindsAt(r.At)))
	}
	for len(p.words) > 0 {
		first := p.words[0]
		a, err := p.action()
		if err != nil {
			return Rule{}, err
		}
		if what := fits(r, a); what != "" {
			return Rule{}, p.errorf(first, "%s", what)
		}
		r.Do = append(r.Do, a)
	}
	return r, nil
}

// fits says why an action cannot come next in a rule, or "".
func fits(r Rule, a Action) string {
	switch {
	case !slices.Contains(kindsAt(r.At), a.Kind):
		return fmt.Sprintf("no %s at %s; there are %s", a.Kind, r.At, listOf(kindsAt(r.At)))
	case len(r.Do) > 0 && r.Do[len(r.Do)-1].Kind.ends():
		return fmt.Sprintf("nothing can follow %s", r.Do[len(r.Do)-1].Kind)
	case slices.ContainsFunc(r.Do, func(b Action) bool { return b.Kind == a.Kind }):
		return fmt.Sprintf("%s twice", a.Kind)
	case a.Kind == Drop && a.Octets > 0 && r.At != Data && r.At != Retr:
		return "drop after=SIZE is for data and retr"
	case a.Stored && r.At != Dot:
		return "drop after-store is for dot"
	}
	return ""
}

// ParseFile reads a rule from each line; blank lines and comments are skipped. A
// rule's ID is "f" and the number of its line. The error tells of all bad lines,
// each as "line 3, column 12: …"; there are no rules then.
func ParseFile(text string) ([]Rule, error) {
	var rules []Rule
	var bad []error
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if p, err := read(line); err == nil && len(p.words) == 0 {
			continue
		}
		r, err := Parse(line)
		if err != nil {
			bad = append(bad, fmt.Errorf("line %d, %w", n, err))
			continue
		}
		r.ID = "f" + strconv.Itoa(n)
		rules = append(rules, r)
	}
	if bad != nil {
		return nil, errors.Join(bad...)
	}
	return rules, nil
}

// ParseAction reads a single action, as Action.String writes it. The error is an
// *Error.
func ParseAction(text string) (Action, error) {
	p, err := read(text)
	if err != nil {
		return Action{}, err
	}
	if len(p.words) == 0 {
		return Action{}, p.errorf(word{}, "no action")
	}
	a, err := p.action()
	if err == nil && len(p.words) > 0 {
		err = p.errorf(p.words[0], "one action only")
	}
	if err != nil {
		return Action{}, err
	}
	return a, nil
}

// A word is what stands between white space, its quotes taken off.
type word struct {
	start, end int // in the line
	text       string
	quoted     bool // its first character is
	equals     int  // where in text an unquoted "=" is, or -1
}

// option splits key=value and key!=value.
func (w word) option() (key, value string, ok bool) {
	if w.equals < 0 {
		return "", "", false
	}
	key = w.text[:w.equals]
	name := strings.TrimSuffix(key, "!")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
		return "", "", false
	}
	return key, w.text[w.equals+1:], true
}

func (w word) isAction() bool { return !w.quoted && slices.Contains(kinds(), Kind(w.text)) }

type parser struct {
	line  string
	words []word // that are still to be read
}

func (p *parser) errorf(w word, format string, args ...any) error {
	return &Error{
		Offset: w.start,
		Length: w.end - w.start,
		What:   fmt.Sprintf(format, args...),
		column: utf8.RuneCountInString(p.line[:w.start]) + 1,
	}
}

// read splits a line into words.
func read(line string) (*parser, error) {
	p := &parser{line: line}
	if len(line) > maxLine {
		return nil, p.errorf(word{start: maxLine, end: len(line)}, "longer than %d octets", maxLine)
	}
	for i, r := range line {
		if unicode.IsControl(r) && r != '\t' || r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd") {
			return nil, p.errorf(word{start: i, end: i + 1}, "control character, or not UTF-8")
		}
	}
	for at := 0; ; {
		at = len(line) - len(strings.TrimLeft(line[at:], " \t"))
		if at == len(line) || line[at] == '#' {
			return p, nil
		}
		w, ok := cutWord(line, at)
		if !ok {
			return nil, p.errorf(word{start: at, end: len(line)}, "unclosed quote")
		}
		p.words = append(p.words, w)
		at = w.end
	}
}

// cutWord reads the word that starts there. It is false for an unclosed quote.
func cutWord(line string, start int) (word, bool) {
	w := word{start: start, quoted: line[start] == '"', equals: -1}
	var b strings.Builder
	inside := false
	i := start
	for ; i < len(line); i++ {
		c := line[i]
		if !inside && (c == ' ' || c == '\t') {
			break
		}
		switch {
		case c == '"':
			inside = !inside
		case inside && c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\\'):
			i++
			b.WriteByte(line[i])
		default:
			if c == '=' && !inside && w.equals < 0 {
				w.equals = b.Len()
			}
			b.WriteByte(c)
		}
	}
	w.end, w.text = i, b.String()
	return w, !inside
}

// conditions reads what stands before the first action.
func (p *parser) conditions(r *Rule) error {
	seen := make(map[string]bool)
	for len(p.words) > 0 && !p.words[0].isAction() {
		w := p.words[0]
		p.words = p.words[1:]
		key, value, ok := w.option()
		if !ok {
			return p.errorf(w, "%.40q is neither a condition, such as to=*@a.test, nor an action", w.text)
		}
		what := ""
		if name := strings.TrimSuffix(key, "!"); slices.Contains(fields(), name) {
			what = r.addTerm(name, name != key, value)
		} else if seen[key] {
			what = key + "= twice"
		} else {
			seen[key] = true
			what = r.set(key, value)
		}
		if what != "" {
			return p.errorf(w, "%s", what)
		}
	}
	if r.Times.Seed != 0 && r.Times.Chance == 0 {
		return p.errorf(word{}, "seed= without chance=")
	}
	return nil
}

// addTerm adds a value to the condition of that name. It says what is wrong, or "".
func (r *Rule) addTerm(field string, not bool, value string) string {
	if !slices.Contains(known(r.At), field) {
		return fmt.Sprintf("%s= is not known at %s; there are %s", field, r.At, listOf(known(r.At)))
	}
	if _, err := compileTest(field, value); err != nil {
		return err.Error()
	}
	for i, t := range r.Match {
		if t.Field == field && t.Not == not {
			r.Match[i].Any = append(t.Any, value)
			return ""
		}
	}
	r.Match = append(r.Match, Term{Field: field, Not: not, Any: []string{value}})
	return ""
}

// set sets what is no condition. It says what is wrong, or "".
func (r *Rule) set(key, value string) (what string) {
	ok := value != ""
	t := &r.Times
	switch key {
	case "name":
		r.Name = value
	case "owner":
		r.Owner = value
	case "expires":
		var err error
		r.Expires, err = time.Parse(time.RFC3339, value)
		r.Expires = r.Expires.UTC()
		ok = err == nil && r.Expires.Year() >= 1 && r.Expires.Year() <= 9999
	case "first":
		t.First, ok = parseCount(value)
	case "nth":
		t.Nth, ok = parseCount(value)
	case "every":
		t.Every, ok = parseCount(value)
	case "until":
		t.Until, ok = ParseDuration(value)
	case "after":
		t.After, ok = ParseDuration(value)
	case "rate":
		t.Rate, t.RateTime, ok = parseRate(value)
	case "chance":
		var err error
		number, percent := strings.CutSuffix(value, "%")
		t.Chance, err = strconv.ParseFloat(number, 64)
		ok = err == nil && percent && t.Chance > 0 && t.Chance <= 100
	case "seed":
		t.Seed, ok = parseCount(value)
	case "per":
		t.Per = strings.Split(value, ",")
		return checkPer(r.At, t.Per)
	default:
		return fmt.Sprintf("no condition is called %.40q; there are %s and %s", key, listOf(known(r.At)), listOf(settings()))
	}
	if !ok {
		return fmt.Sprintf("%s=%.40s: it should be like %s", key, value, likeness(key))
	}
	return ""
}

// likeness is what a value may look like.
func likeness(key string) string {
	switch key {
	case "name", "owner":
		return key + "=greylist"
	case "expires":
		return "expires=2026-01-02T15:04:05Z"
	case "until", "after":
		return key + "=5m, 90s, 4h or 2d"
	case "rate":
		return "rate=20/min (s, min, h, d)"
	case "chance":
		return "chance=5% (more than 0, not more than 100)"
	}
	return key + "=2 (1 or more)"
}

func checkPer(at Stage, per []string) string {
	for i, name := range per {
		switch {
		case name == "all" && len(per) > 1 || slices.Contains(per[:i], name):
			return "per=: " + name + " with others, or twice"
		case name != "all" && (name == "port" || name == "sni" || name == "tls" || name == "size" || name == "query" || !slices.Contains(known(at), name)):
			return fmt.Sprintf("per=: cannot count by %.40q at %s; there are client, from, to, user, helo, as far as they are known, and all", name, at)
		}
	}
	return ""
}

// parseCount reads a number of 1 or more that JSON does not round.
func parseCount(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 53)
	return n, err == nil && n > 0
}

// parseRate reads "20/min".
func parseRate(s string) (n int64, per time.Duration, ok bool) {
	number, unit, _ := strings.Cut(s, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	for _, u := range rateUnits() {
		if u.name == unit {
			return n, u.time, err == nil && n > 0 && n <= 1e6
		}
	}
	return 0, 0, false
}

type rateUnit struct {
	name string
	time time.Duration
}

func rateUnits() []rateUnit {
	return []rateUnit{{"s", time.Second}, {"min", time.Minute}, {"h", time.Hour}, {"d", day}}
}

const day = 24 * time.Hour

// ParseDuration reads "2d", "1d12h", and what Go writes; it is more than 0.
func ParseDuration(s string) (time.Duration, bool) {
	var days uint64
	if before, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, false
		}
		days, s = n, after
	}
	var rest time.Duration
	if s != "" || days == 0 {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > 1e5*time.Hour || strings.ContainsAny(s, "+-") {
			return 0, false
		}
		rest = d
	}
	d := time.Duration(days)*day + rest
	return d, d > 0
}

// listOf joins names for people.
func listOf[T ~string](names []T) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}
