package query

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Parse reads a query; a blank one matches everything. Ages count back from now.
// The error is an *Error.
func Parse(text string, now time.Time) (*Query, error) {
	p := parser{text: text, now: now}
	if len(text) > maxText {
		return nil, p.errorf(maxText, len(text), "longer than %d octets", maxText)
	}
	p.blanks()
	if p.done() {
		return &Query{}, nil
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.errorf(p.at, p.at+1, `")" without its "("`)
	}
	return &Query{root: root, nodes: root.count(0), bounds: root.bounds()}, nil
}

type parser struct {
	text  string
	at    int
	now   time.Time
	depth int // of parentheses
	size  int // of all regular expressions, in instructions

	left    string // what was read last of OR, AND and "("
	leftEnd int    // where it ends
}

func (p *parser) errorf(start, end int, format string, args ...any) error {
	return &Error{
		Offset: start,
		Length: end - start,
		What:   fmt.Sprintf(format, args...),
		column: utf8.RuneCountInString(p.text[:start]) + 1,
	}
}

func (p *parser) done() bool { return p.at == len(p.text) }

func (p *parser) blanks() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace))
}

// or reads what stands in parentheses, or all of the query.
func (p *parser) or() (*node, error) {
	var kids []*node
	for {
		kid, err := p.and()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		if !p.skip("OR") {
			return join(isOr, kids), nil
		}
	}
}

func (p *parser) and() (*node, error) {
	var kids []*node
	for {
		kid, err := p.not()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		p.blanks()
		if !p.skip("AND") && (p.done() || p.text[p.at] == ')' || p.sees("OR")) {
			return join(isAnd, kids), nil
		}
	}
}

// sees says whether that word is next.
func (p *parser) sees(word string) bool { return p.text[p.at:p.wordEnd()] == word }

// skip reads that word, if it is next.
func (p *parser) skip(word string) bool {
	if !p.sees(word) {
		return false
	}
	p.open(len(word))
	return true
}

// open reads something of n octets that needs a term after it.
func (p *parser) open(n int) {
	p.left = p.text[p.at : p.at+n]
	p.at += n
	p.leftEnd = p.at
	p.blanks()
}

// not reads a term or a group, negated or not.
func (p *parser) not() (*node, error) {
	start := p.at
	if !strings.HasPrefix(p.text[start:], "-") {
		return p.operand()
	}
	p.at++
	rest := p.text[p.at:]
	if r, _ := utf8.DecodeRuneInString(rest); rest == "" || strings.ContainsRune("-)", r) || unicode.IsSpace(r) || p.sees("OR") || p.sees("AND") {
		return nil, p.errorf(start, p.at, `no term after "-"; in quotes it is a word`)
	}
	n, err := p.operand()
	if err != nil {
		return nil, err
	}
	return negate(n), nil
}

func (p *parser) operand() (*node, error) {
	if err := p.missing(); err != nil {
		return nil, err
	}
	if strings.HasPrefix(p.text[p.at:], "(") {
		return p.group()
	}
	t, err := p.term()
	if err != nil {
		return nil, err
	}
	return &node{term: t}, nil
}

// missing is the error when no operand starts here.
func (p *parser) missing() error {
	for _, word := range [...]string{"OR", "AND"} {
		if p.sees(word) {
			return p.errorf(p.at, p.at+len(word), "no term before %s; in quotes it is a word", word)
		}
	}
	if !p.done() && p.text[p.at] != ')' {
		return nil
	}
	switch p.left {
	case "":
		return p.errorf(p.at, p.at+1, `")" without its "("`)
	case "(":
		return p.errorf(p.leftEnd-1, p.leftEnd, `no term after "("; in quotes it is a character like others`)
	}
	return p.errorf(p.leftEnd-len(p.left), p.leftEnd, "no term after %s; in quotes it is a word", p.left)
}

func (p *parser) group() (*node, error) {
	start := p.at
	if p.depth++; p.depth > maxNesting {
		return nil, p.errorf(start, start+1, "parentheses nested more than %d deep", maxNesting)
	}
	p.open(1)
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.done() {
		return nil, p.errorf(start, start+1, `unclosed "("`)
	}
	p.at++
	p.depth--
	return n, nil
}

// term reads a word, a quoted text or a regular expression, with its operator.
func (p *parser) term() (*term, error) {
	start := p.at
	op, err := p.operator()
	if err != nil {
		return nil, err
	}
	t := &term{op: op}
	if op == "header" {
		if more, err := p.headerName(t); err != nil || !more {
			t.setFields()
			return t, err
		}
	}
	from := p.at
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.at == from {
		return nil, p.errorf(start, from, "no value directly after %q", p.text[start:from])
	}
	if what := t.set(v, p.now); what != "" {
		return nil, p.errorf(from, p.at, "%s", what)
	}
	if p.size += t.size; p.size > maxSize {
		return nil, p.errorf(from, p.at, "regular expressions too large")
	}
	return t, nil
}

// operator reads an operator and its colon, if there is one.
func (p *parser) operator() (string, error) {
	word := p.text[p.at:p.wordEnd()]
	at := strings.IndexFunc(word, isColon)
	if at <= 0 || strings.IndexFunc(word[:at], isNoLetter) >= 0 {
		return "", nil
	}
	_, size := utf8.DecodeRuneInString(word[at:])
	name, rest := strings.ToLower(word[:at]), word[at+size:]
	if isOperator(name) {
		p.at += at + size
		return name, nil
	}
	if rest == "" && !p.quotedAt(p.at+len(word)) || strings.HasPrefix(rest, "//") {
		return "", nil
	}
	if near := nearOperator(name, rest, p.now); near != "" {
		return "", p.errorf(p.at, p.at+at+size, `unknown operator "%s:"; did you mean "%s:"? In quotes it is text`, word[:at], near)
	}
	return "", nil
}

func isColon(r rune) bool    { return r == ':' || r == '：' }
func isNoLetter(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

// headerName reads the name of a header field. It says whether a value follows.
func (p *parser) headerName(t *term) (bool, error) {
	word := p.text[p.at:p.wordEnd()]
	name, _, more := strings.Cut(word, "=")
	start := p.at
	p.at += len(name)
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return false, p.errorf(start, p.at, "%.40q is no name of a header field; write header:Name=value", name)
	}
	if name == "" {
		return false, p.errorf(start, p.at, `no name of a header field after "header:"`)
	}
	t.name = name
	if more {
		p.at++
	}
	return more, nil
}

// A value is what a term searches for.
type value struct {
	text   string
	regexp bool
}

func (p *parser) value() (value, error) {
	switch {
	case p.quotedAt(p.at):
		return p.quoted()
	case strings.HasPrefix(p.text[p.at:], "/"):
		return p.regexp()
	}
	start := p.at
	p.at = p.wordEnd()
	return value{text: valid(p.text[start:p.at])}, nil
}

// quoted reads to the closing quote. Typographic quotes come in many pairs, and
// one ends what any other began.
func (p *parser) quoted() (value, error) {
	start := p.at
	plain := p.text[start] == '"'
	var b strings.Builder
	escaped := false
	for i, r := range p.text[start:] {
		switch {
		case i == 0:
		case escaped && r != '"' && r != '\\':
			b.WriteByte('\\')
			fallthrough
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"' || !plain && isQuote(r):
			p.at = start + i + utf8.RuneLen(r)
			return value{text: b.String()}, nil
		default:
			b.WriteRune(r)
		}
	}
	return value{}, p.errorf(start, len(p.text), "unclosed quote")
}

// regexp reads to the closing slash, after which the term must end.
func (p *parser) regexp() (value, error) {
	start := p.at
	escaped := false
	for i := start + 1; i < len(p.text); i++ {
		switch {
		case escaped:
			escaped = false
		case p.text[i] == '\\':
			escaped = true
		case p.text[i] == '/':
			source := p.text[start+1 : i]
			p.at = i + 1
			if p.wordEnd() > p.at {
				return value{}, p.errorf(start, p.wordEnd(), "text directly after a regular expression; a word that begins with a slash needs quotes")
			}
			return value{text: source, regexp: true}, nil
		}
	}
	return value{}, p.errorf(start, len(p.text), "unclosed regular expression; a word that begins with a slash needs quotes")
}

// valid makes each octet that is not UTF-8 a U+FFFD, as Fold does.
func valid(s string) string { return string([]rune(s)) }

// wordEnd is where a word that starts here ends.
func (p *parser) wordEnd() int {
	for i, r := range p.text[p.at:] {
		if r == '(' || r == ')' || isQuote(r) || unicode.IsSpace(r) {
			return p.at + i
		}
	}
	return len(p.text)
}

func (p *parser) quotedAt(at int) bool {
	r, _ := utf8.DecodeRuneInString(p.text[at:])
	return isQuote(r)
}

func isQuote(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '‟', '＂':
		return true
	}
	return false
}

// mustQuote says whether text needs quotes to be a value, or a word of its own.
func mustQuote(text string, word bool) bool {
	p := parser{text: text}
	if p.wordEnd() < len(text) || strings.HasPrefix(text, "/") {
		return true
	}
	if !word {
		return false
	}
	op, err := p.operator()
	return op != "" || err != nil || strings.HasPrefix(text, "-") || p.sees("OR") || p.sees("AND")
}
