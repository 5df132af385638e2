package expect

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// maxTaken is how much of a message or an attachment is read, in octets.
const maxTaken = 32 << 20

// A taker is an Extract made ready.
type taker struct {
	spec string
	kind string
	arg  string         // what follows the colon; of a regular expression what is between the slashes
	re   *regexp.Regexp // if it is one; of kind code it finds only all of a text
	file pattern        // of an attachment's name
}

// A missingError says that a message does not have what is to be extracted, and what
// it has instead.
type missingError struct{ what string }

func (e *missingError) Error() string { return e.what }

func missing(format string, args ...any) error { return &missingError{fmt.Sprintf(format, args...)} }

// A severalError says that a message has several such, and which.
type severalError struct{ what string }

func (e *severalError) Error() string { return e.what }

// ParseExtract reads "name=SPEC", the name being letters, digits, - and _, or a SPEC
// alone. The error is an *Error.
func ParseExtract(text string) (Extract, error) {
	e := Extract{Spec: text}
	if name, spec, ok := strings.Cut(text, "="); ok && isName(name) {
		e = Extract{name, spec}
	}
	if _, err := compileExtract(e.Spec); err != nil {
		return Extract{}, &Error{"extract", err.Error()}
	}
	return e, nil
}

// Take takes a value out of a message. The error says what there is instead, or is an
// *Error when the Extract makes no sense.
func Take(m *mail.Message, raw []byte, e Extract) (Value, error) {
	t, err := compileExtract(e.Spec)
	if err != nil {
		return Value{}, &Error{"extract", err.Error()}
	}
	v, err := t.take(newDoc(m, func() (store.Reader, error) { return inMemory{bytes.NewReader(raw)}, nil }, nil))
	v.Name = cmp.Or(e.Name, e.Spec)
	return v, err
}

// inMemory is a body that needs no closing.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

// An argument says what may follow the kind of an Extract.
type argument int

const (
	noArgument argument = 1 << iota
	textArgument
	regexpArgument
)

func (t *taker) arguments() argument {
	switch t.kind {
	case "code":
		return noArgument | regexpArgument
	case "link":
		return noArgument | textArgument | regexpArgument
	case "unsubscribe", "from", "to", "id":
		return noArgument
	case "header":
		return textArgument
	case "attachment", "json":
		return noArgument | textArgument
	case "subject", "text", "html":
		return noArgument | regexpArgument
	case "body", "raw":
		return regexpArgument
	}
	return 0
}

// compileExtract reads a Spec.
func compileExtract(spec string) (taker, error) {
	t := taker{spec: spec}
	kind, arg, given := strings.Cut(spec, ":")
	t.kind = kind
	allowed := t.arguments()
	isRegexp := allowed&regexpArgument != 0 && len(arg) > 2 && arg[0] == '/' && arg[len(arg)-1] == '/'
	switch {
	case allowed == 0:
		return t, fmt.Errorf("%.60q is nothing that can be extracted; there are code, link, unsubscribe, header, attachment, subject, from, to, text, html, id, body, raw, json", kind)
	case isRegexp:
		t.arg = arg[1 : len(arg)-1]
		return t, t.compileRegexp()
	case given && allowed&(textArgument|regexpArgument) == 0:
		return t, fmt.Errorf("nothing follows %s, not %.60q", kind, ":"+arg)
	case given && allowed&textArgument == 0, !given && allowed == regexpArgument:
		return t, fmt.Errorf("a regular expression is to follow %s, as in %[1]s:/order (\\d+)/", kind)
	case allowed&noArgument == 0 && arg == "" || given && arg == "" && kind != "json":
		return t, fmt.Errorf("what is to follow %s: is missing", kind)
	}
	t.arg = arg
	return t, t.checkArgument()
}

func (t *taker) compileRegexp() error {
	re, err := regexp.Compile(t.arg)
	if err != nil {
		return errors.New(badRegexp(err))
	}
	if t.kind == "code" {
		re, err = regexp.Compile(`\A(?:` + t.arg + `)\z`)
	}
	t.re = re
	return err
}

func (t *taker) checkArgument() error {
	switch {
	case t.kind == "json" && t.arg != "" && t.arg[0] != '/':
		return fmt.Errorf("a JSON pointer (RFC 6901) begins with /, unlike %.60q", t.arg)
	case t.kind == "link" && t.arg != "" && query.Fold(t.arg) == "":
		return errors.New("what is to follow link: is missing")
	case t.kind == "attachment" && t.arg != "":
		t.file = pattern{strings.Split(t.arg, "*")}
	}
	return nil
}

// take takes the value out of a message. The error is a *missingError, a
// *severalError, or that of reading the message.
func (t *taker) take(d *doc) (Value, error) {
	switch t.kind {
	case "code":
		return t.code(d)
	case "link", "unsubscribe":
		return t.link(d)
	case "attachment":
		return t.attachment(d)
	case "json":
		return t.json(d)
	case "id":
		return Value{Text: d.message.ID.String(), From: "id"}, nil
	}
	sources, err := t.sources(d)
	if err != nil {
		return Value{}, err
	}
	return t.text(d, sources)
}

// A source is text in which something is looked for.
type source struct{ text, from string }

// sources returns what the kind means, in order.
func (t *taker) sources(d *doc) ([]source, error) {
	if t.kind == "raw" {
		raw, err := d.raw(maxTaken)
		return []source{{string(raw), "raw"}}, err
	}
	l, err := d.load()
	if err != nil {
		return nil, err
	}
	var list []source
	switch t.kind {
	case "text", "body":
		list = sourcesOf(l.text, "text")
		if t.kind == "body" && l.html != nil {
			list = append(list, source{squeeze(l.shown), "html"})
		}
	case "html":
		list = sourcesOf(l.html, "html")
	default:
		name := t.headerName()
		if value, ok := l.get(name); ok {
			list = []source{{value, "header " + name}}
		}
	}
	return list, nil
}

func (t *taker) headerName() string {
	if t.kind == "header" {
		return t.arg
	}
	return strings.ToUpper(t.kind[:1]) + t.kind[1:]
}

func sourcesOf(texts []string, from string) []source {
	var list []source
	for _, s := range texts {
		list = append(list, source{s, from})
	}
	return list
}

// text returns the first source as it stands, or what the expression finds.
func (t *taker) text(d *doc, sources []source) (Value, error) {
	if len(sources) == 0 {
		return Value{}, missing("%s", t.without(d))
	}
	if t.re == nil {
		return Value{Text: sources[0].text, From: sources[0].from}, nil
	}
	for _, s := range sources {
		if found := t.re.FindStringSubmatch(strings.ReplaceAll(s.text, "\r\n", "\n")); found != nil {
			return valueOf(found, s.from), nil
		}
	}
	return Value{}, missing("/%s/ is not found in %s", t.arg, quoteShort(squeeze(sources[0].text)))
}

// without says that the message lacks a header or a body, and what it has.
func (t *taker) without(d *doc) string {
	l, err := d.load()
	if err != nil {
		return err.Error()
	}
	switch t.kind {
	case "text", "html", "body":
		other := "no other either"
		if l.text != nil {
			other = "only text"
		} else if l.html != nil {
			other = "only HTML"
		}
		return fmt.Sprintf("the message has no %s body, %s", t.kind, other)
	}
	var names []string
	for _, h := range l.headers {
		if !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	return fmt.Sprintf("no header %s; there are %s", t.headerName(), listed(names))
}

// valueOf makes a value of what a regular expression found.
func valueOf(found []string, from string) Value {
	v := Value{Text: found[0], From: from}
	if len(found) > 1 {
		v.Text, v.Groups = found[1], found[1:]
	}
	return v
}

func (t *taker) code(d *doc) (Value, error) {
	all, err := d.allCodes()
	if err != nil {
		return Value{}, err
	}
	var likely, fit []mime.Code
	for _, c := range distinct(all, func(c mime.Code) string { return c.Value }) {
		switch {
		case t.re != nil && !t.re.MatchString(c.Value):
		case c.Likely:
			likely = append(likely, c)
		default:
			fit = append(fit, c)
		}
	}
	if len(likely) == 0 && t.re != nil {
		likely = fit
	}
	switch len(likely) {
	case 1:
		return Value{Text: likely[0].Value, From: likely[0].From, Groups: t.groups(likely[0].Value)}, nil
	case 0:
		return Value{}, missing("%s", t.noCode(all))
	}
	return Value{}, &severalError{fmt.Sprintf("%d codes: %s", len(likely), listCodes(likely))}
}

// groups returns what the groups of the expression find; nil when there are none.
func (t *taker) groups(s string) []string {
	if t.re == nil || t.re.NumSubexp() == 0 {
		return nil
	}
	return t.re.FindStringSubmatch(s)[1:]
}

func (t *taker) noCode(all []mime.Code) string {
	switch {
	case len(all) == 0:
		return "no code"
	case t.re != nil:
		return fmt.Sprintf("no code that matches /%s/ as a whole; there are %s", t.arg, listCodes(all))
	}
	return "no code that the text announces; what looks like one: " + listCodes(all)
}

func listCodes(codes []mime.Code) string {
	var list []string
	for _, c := range codes {
		list = append(list, fmt.Sprintf("%s (%s: %s)", c.Value, c.From, quoteShort(squeeze(c.Near))))
	}
	return listed(list)
}

func (t *taker) link(d *doc) (Value, error) {
	all, err := d.allLinks()
	if err != nil {
		return Value{}, err
	}
	var fit []mime.Link
	for _, l := range all {
		if t.fits(&l) {
			fit = append(fit, l)
		}
	}
	if t.kind == "unsubscribe" {
		fit = preferHeader(fit)
	}
	fit = distinct(fit, func(l mime.Link) string { return l.URL })
	switch len(fit) {
	case 1:
		return Value{Text: fit[0].URL, From: fit[0].From, Groups: t.groups(fit[0].URL)}, nil
	case 0:
		return Value{}, missing("%s", t.noLink(all))
	}
	return Value{}, &severalError{fmt.Sprintf("%d links: %s", len(fit), listLinks(fit))}
}

func (t *taker) fits(l *mime.Link) bool {
	switch {
	case t.kind == "unsubscribe":
		return l.Unsubscribe
	case t.re != nil:
		return t.re.MatchString(l.URL)
	case t.arg != "":
		return strings.Contains(query.Fold(l.Text), query.Fold(t.arg))
	}
	return !l.Unsubscribe
}

// preferHeader leaves only the one that the List-Unsubscribe header prefers, its
// first (RFC 2369 §2), when there is one.
func preferHeader(links []mime.Link) []mime.Link {
	if i := slices.IndexFunc(links, func(l mime.Link) bool { return strings.HasPrefix(l.From, "header") }); i >= 0 {
		return links[i : i+1]
	}
	return links
}

func (t *taker) noLink(all []mime.Link) string {
	what := "no link"
	switch {
	case t.kind == "unsubscribe":
		what = "no link to unsubscribe"
	case t.re != nil:
		what = fmt.Sprintf("no link to what matches /%s/", t.arg)
	case t.arg != "":
		what = fmt.Sprintf("no link whose text contains %q", t.arg)
	}
	if len(all) == 0 {
		return what + ", nor any other"
	}
	return what + "; the links are " + listLinks(distinct(all, func(l mime.Link) string { return l.URL + "\n" + l.Text }))
}

func listLinks(links []mime.Link) string {
	var list []string
	for _, l := range links {
		text := cmp.Or(l.From, "text")
		if l.Text != "" {
			text = quoteShort(squeeze(l.Text))
		}
		list = append(list, fmt.Sprintf("%s (%s)", short(l.URL, 80), text))
	}
	return listed(list)
}

func (t *taker) attachment(d *doc) (Value, error) {
	l, err := d.load()
	if err != nil {
		return Value{}, err
	}
	var fit []*mime.Part
	for _, p := range l.attachments {
		if t.file.parts == nil || t.file.matchBox(p.Filename) || t.file.matchBox(path.Base(p.Filename)) {
			fit = append(fit, p)
		}
	}
	switch {
	case len(l.attachments) == 0:
		return Value{}, missing("no attachment")
	case len(fit) == 0:
		return Value{}, missing("no attachment %q; there are %s", t.arg, listParts(l.attachments))
	case len(fit) > 1:
		return Value{}, &severalError{fmt.Sprintf("%d attachments: %s", len(fit), listParts(fit))}
	}
	p := fit[0]
	octets, err := d.part(p)
	return Value{Text: octets, From: "part " + p.ID, ContentType: p.ContentType, Filename: p.Filename}, err
}

func listParts(parts []*mime.Part) string {
	var list []string
	for _, p := range parts {
		list = append(list, fmt.Sprintf("%q (%s)", p.Filename, p.ContentType))
	}
	return listed(list)
}

// part returns the content of a part.
func (d *doc) part(p *mime.Part) (string, error) {
	var failed error
	text, err := read(d, func(m *mime.Message) string {
		octets, err := io.ReadAll(io.LimitReader(m.Open(p), maxTaken+1))
		switch {
		case err != nil:
			failed = err
		case len(octets) > maxTaken:
			failed = missing("part %s is larger than 32 MiB", p.ID)
		}
		return string(octets)
	})
	return text, errors.Join(err, failed)
}

// distinct leaves the first of those that have the same key.
func distinct[T any](list []T, key func(T) string) []T {
	seen := map[string]bool{}
	var kept []T
	for _, v := range list {
		if k := key(v); !seen[k] {
			seen[k] = true
			kept = append(kept, v)
		}
	}
	return kept
}

// listed joins at most ten of a list.
func listed(list []string) string {
	const most = 10
	if len(list) == 0 {
		return "none"
	}
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

// quoteShort quotes the start of a text.
func quoteShort(s string) string { return fmt.Sprintf("%q", short(s, 60)) }

// short cuts a text after so many characters.
func short(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
