package expect

import (
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// A doc is one message that any number of waiters look at. What they ask about its
// body is read when first asked for, and once. It is safe for concurrent use.
type doc struct {
	message *mail.Message
	open    func() (store.Reader, error)
	parse   func(*mime.Message) *query.Content

	body    lazy[*loaded]
	links   lazy[[]mime.Link]
	codes   lazy[[]mime.Code]
	content lazy[*query.Content]
	fields  [fieldCount]lazy[[]string]
}

// newDoc makes a doc of a message. open opens its body, parse says what queries
// see of it; both are called by whoever asks first.
func newDoc(m *mail.Message, open func() (store.Reader, error), parse func(*mime.Message) *query.Content) *doc {
	return &doc{message: m, open: open, parse: parse}
}

// loaded is what tests of text need of a body.
type loaded struct {
	headers     []mime.Header
	values      map[string][]string // of headers by their names in lower case, squeezed
	addresses   map[field][]mime.Address
	attachments []*mime.Part
	text, html  []string // none or one
	shown       string   // what the HTML shows
}

// A lazy is a value that is made when it is first asked for. An error stays.
type lazy[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (l *lazy[T]) get(make func() (T, error)) (T, error) {
	l.once.Do(func() { l.value, l.err = make() })
	return l.value, l.err
}

// read opens the message for as long as use takes.
func read[T any](d *doc, use func(*mime.Message) T) (T, error) {
	r, err := d.open()
	if err != nil {
		var none T
		return none, err
	}
	defer r.Close()
	return use(mime.Skim(r, d.message.Size)), nil
}

func (d *doc) load() (*loaded, error) {
	return d.body.get(func() (*loaded, error) { return read(d, load) })
}

func load(m *mime.Message) *loaded {
	l := &loaded{headers: m.Headers, values: map[string][]string{}, addresses: map[field][]mime.Address{}, attachments: m.Attachments()}
	for _, h := range m.Headers {
		name := strings.ToLower(h.Name)
		l.values[name] = append(l.values[name], squeeze(h.Value))
	}
	for f := fieldFrom; f <= fieldReplyTo; f++ {
		l.addresses[f] = m.Addresses(f.String())
	}
	if text, ok := m.Text(); ok {
		l.text = []string{text}
	}
	if html, ok := m.HTML(); ok {
		l.html, l.shown = []string{html}, mime.Shown(html)
	}
	return l
}

// get returns the first value of a header as it stands.
func (l *loaded) get(name string) (string, bool) {
	for _, h := range l.headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

func (d *doc) allLinks() ([]mime.Link, error) {
	return d.links.get(func() ([]mime.Link, error) { return read(d, (*mime.Message).Links) })
}

func (d *doc) allCodes() ([]mime.Code, error) {
	return d.codes.get(func() ([]mime.Code, error) { return read(d, (*mime.Message).Codes) })
}

func (d *doc) queried() (*query.Content, error) {
	return d.content.get(func() (*query.Content, error) { return read(d, d.parse) })
}

// header is the first value of a header on one line, "" when it cannot be read.
func (d *doc) header(name string) string {
	l, err := d.load()
	if err != nil {
		return ""
	}
	value, _ := l.get(name)
	return squeeze(value)
}

// raw returns up to limit octets of the message as received.
func (d *doc) raw(limit int64) ([]byte, error) {
	r, err := d.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, limit))
}

// values returns what a test of text compares, squeezed.
func (d *doc) values(f field, header string) ([]string, error) {
	if f == fieldHeader {
		l, err := d.load()
		if err != nil {
			return nil, err
		}
		return l.values[header], nil
	}
	return d.fields[f].get(func() ([]string, error) { return d.find(f) })
}

// find makes the values of a field.
func (d *doc) find(f field) ([]string, error) {
	switch f {
	case fieldEnvelopeFrom:
		return appendAddress(nil, "", d.message.Envelope.From), nil
	case fieldEnvelopeTo:
		var list []string
		for _, r := range d.message.Envelope.To {
			list = appendAddress(list, "", r.Address)
		}
		return list, nil
	case fieldLink:
		links, err := d.allLinks()
		var list []string
		for _, l := range links {
			list = append(list, squeeze(l.URL))
		}
		return list, err
	}
	l, err := d.load()
	if err != nil {
		return nil, err
	}
	return l.find(f), nil
}

func (l *loaded) find(f field) []string {
	switch f {
	case fieldSubject:
		return l.values["subject"]
	case fieldText:
		return squeezeEach(l.text...)
	case fieldHTML:
		return squeezeEach(l.html...)
	case fieldBody:
		if l.html == nil {
			return squeezeEach(l.text...)
		}
		return squeezeEach(append(slices.Clone(l.text), l.shown)...)
	case fieldAttachment, fieldAttachmentType:
		var list []string
		for _, p := range l.attachments {
			switch {
			case f == fieldAttachmentType:
				list = append(list, p.ContentType)
			case p.Filename != "":
				list = append(list, squeeze(p.Filename))
			}
		}
		return list
	}
	var list []string
	for _, a := range l.addresses[f] {
		list = appendAddress(list, a.Name, a.Address)
	}
	return list
}

// number is the value of a field that is one.
func (d *doc) number(f field) (int64, error) {
	switch f {
	case fieldSize:
		return d.message.Size, nil
	case fieldRecipients:
		return int64(len(d.message.Envelope.To)), nil
	}
	l, err := d.load()
	if err != nil {
		return 0, err
	}
	return int64(len(l.attachments)), nil
}

// appendAddress appends an address, the spelling that mailboxes have, where that
// differs, and "Name <address>", where there is a name.
func appendAddress(list []string, name, address string) []string {
	address = squeeze(address)
	list = append(list, address)
	if box := mail.Box(address); box != address {
		list = append(list, box)
	}
	if name = squeeze(name); name != "" {
		list = append(list, name+" <"+address+">")
	}
	return list
}

func squeezeEach(list ...string) []string {
	var squeezed []string
	for _, s := range list {
		squeezed = append(squeezed, squeeze(s))
	}
	return squeezed
}

// squeeze makes one blank of white space, and nothing of it at the ends.
func squeeze(s string) string {
	if isSqueezed(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// isSqueezed says that squeezing would change nothing, if that is soon seen.
func isSqueezed(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c > ' ' && c < utf8.RuneSelf:
		case c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ':
			return false
		}
	}
	return true
}
