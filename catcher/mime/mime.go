// Package mime tells what a message says: its headers, its tree of parts, its
// text, and what is wrong with it.
//
// Reading mail never fails here. What is broken is read as mail programs would
// read it, as far as that can be guessed, and each guess leaves a Defect. A
// message is never taken into memory as a whole: a part is an offset and a
// length, and its content is read when it is asked for.
package mime

import (
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// Bounds on what one message can cost. Each that is hit leaves a Defect.
const (
	maxDepth   = 100      // multiparts and messages inside one another
	maxParts   = 10_000   // parts of one message
	maxHeader  = 16 << 20 // octets of all header blocks together
	maxFields  = 100_000  // fields of all header blocks together
	maxText    = 8 << 20  // octets of a body that Text and HTML return, before charset decoding
	maxGuesses = 4        // boundaries that were guessed
	guessed    = 64 << 10 // octets of a multipart in which a boundary is guessed
)

// A Message is what Parse read. Its methods read the message again where they
// need content; they may be used by several goroutines at once as long as its
// io.ReaderAt may.
type Message struct {
	Headers []Header // of the message, all, in order
	Root    *Part    // never nil
	Defects []Defect // of the whole message, in order of offset, bounded in number

	r          io.ReaderAt
	text, html *Part  // the chosen bodies; nil when there is none
	charset    string // what undeclared 8-bit text is taken for; "" when nothing says
}

// A Header is one field of a header block. Both strings are valid UTF-8 and
// free of NUL.
type Header struct {
	Name  string
	Raw   string // as it stands after the colon, folds kept
	Value string // unfolded, encoded words (RFC 2047) and raw 8-bit text decoded
}

// A Part is a node of the tree: a multipart, a message within the message, or
// a leaf.
type Part struct {
	// ID numbers parts as IMAP does: "1", "1.2". The root is "1", or "" when it is
	// a multipart. The parts of an attached message are numbered under it.
	ID string

	Headers     []Header
	ContentType string            // in lower case, "text/html"; "text/plain" when the part does not say
	Params      map[string]string // of Content-Type; names in lower case
	Charset     string            // as declared, in lower case; "" when it is not
	Encoding    string            // Content-Transfer-Encoding as declared, in lower case; "" when it is not
	Disposition string            // in lower case, "attachment"; "" when it is not declared
	Filename    string            // as written: it may hold a path
	ContentID   string            // without angle brackets

	Offset, Length int64 // of the encoded body in the message

	Children []*Part

	// Enclosed is the header of the message within a message/rfc822 part, whose
	// parts are then Children.
	Enclosed []Header

	whole       bool    // the root of a message, which numbers itself only when it is no multipart
	fields      []field // until the charset of the message is known
	inner       *Part   // root of the message within
	headerStart int64
}

// Parse reads the structure of a message of size octets. It never fails: what
// is wrong becomes a Defect. When r has less than size octets, or fails, the
// message is taken to end there.
func Parse(r io.ReaderAt, size int64) *Message {
	p := newParser(r, size)
	return p.parse()
}

// Skim is Parse for those who do not ask what is wrong: it leaves out Defects,
// and takes less time.
func Skim(r io.ReaderAt, size int64) *Message {
	p := newParser(r, size)
	return p.skim()
}

// Part returns the part with this ID, or nil when there is none.
func (m *Message) Part(id string) *Part {
	for p := range m.Parts() {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Parts gives all parts, the root first, each before its children.
func (m *Message) Parts() iter.Seq[*Part] {
	return func(yield func(*Part) bool) { walk(m.Root, yield) }
}

func walk(p *Part, yield func(*Part) bool) bool {
	if !yield(p) {
		return false
	}
	for _, c := range p.Children {
		if !walk(c, yield) {
			return false
		}
	}
	return true
}

// Open returns the content of a part with its transfer encoding undone. It
// never fails: at worst the content ends early. What a multipart or a message
// holds comes as it stands.
func (m *Message) Open(p *Part) io.Reader {
	body := io.NewSectionReader(m.r, p.Offset, p.Length)
	if len(p.Children) > 0 || strings.HasPrefix(p.ContentType, "multipart/") {
		return quiet{body}
	}
	return newDecoder(quiet{body}, transferEncoding(p.Encoding), p.Length)
}

// quiet ends the content where reading it fails.
type quiet struct{ r io.Reader }

func (q quiet) Read(b []byte) (int, error) {
	n, err := q.r.Read(b)
	if err != nil || n == 0 {
		err = io.EOF
	}
	return n, err
}

// Text returns the body in plain text, decoded, up to 8 MiB of it; false when
// there is none. Line ends are as the mail has them.
func (m *Message) Text() (string, bool) { return m.body(m.text, maxText) }

// HTML returns the body in HTML, as Text does.
func (m *Message) HTML() (string, bool) { return m.body(m.html, maxText) }

func (m *Message) body(p *Part, limit int64) (string, bool) {
	if p == nil {
		return "", false
	}
	s, _ := m.content(p, limit)
	return s, true
}

// content reads and decodes a text part, up to limit octets of it.
func (m *Message) content(p *Part, limit int64) (string, charsetFault) {
	b := make([]byte, min(limit, p.Length))
	n, _ := io.ReadFull(m.Open(p), b) // decoding never makes more of it
	b = b[:n]
	cut := int64(n) == limit
	if cut {
		b = wholeLines(b)
	}
	s, fault := m.decode(p, b)
	if cut && fault == charsetMismatch {
		s = strings.TrimRight(s, "\ufffd") // a character in two
		if !strings.Contains(s, "\ufffd") {
			fault = charsetGood
		}
	}
	return strings.TrimPrefix(s, "\ufeff"), fault
}

// decode takes a text without a charset for what the HTML itself names, or for
// what the rest of the message is in.
func (m *Message) decode(p *Part, b []byte) (string, charsetFault) {
	if p.Charset != "" {
		return decodeText(b, p.Charset)
	}
	label := ""
	if p.ContentType == "text/html" {
		label = metaCharset(b)
	}
	if label == "" && !utf8.Valid(b) {
		label = m.charset
	}
	if s, fault := decodeText(b, label); fault == charsetGood {
		return s, fault
	}
	return decodeText(b, "")
}

// Attachments returns the leaves that are not the bodies Text and HTML return,
// those shown inline included: Disposition tells. An attached message counts as
// one, whatever it holds.
func (m *Message) Attachments() []*Part {
	var list []*Part
	var add func(p *Part)
	add = func(p *Part) {
		if strings.HasPrefix(p.ContentType, "multipart/") && len(p.Children) > 0 {
			for _, c := range p.Children {
				add(c)
			}
		} else if p != m.text && p != m.html {
			list = append(list, p)
		}
	}
	add(m.Root)
	return list
}

// Get returns the decoded value of the first header of that name, in any case
// of letters; "" when there is none.
func (m *Message) Get(name string) string {
	for i := range m.Headers {
		if strings.EqualFold(m.Headers[i].Name, name) {
			return m.Headers[i].Value
		}
	}
	return ""
}

// choose finds the bodies in a part: of alternatives the last that can be
// shown (RFC 2046 §5.1.4), of related parts the first (RFC 2387), else the
// first of each kind.
func choose(p *Part) (text, html *Part) {
	if !strings.HasPrefix(p.ContentType, "multipart/") || len(p.Children) == 0 {
		return chooseLeaf(p)
	}
	last := p.ContentType == "multipart/alternative"
	for i, c := range p.Children {
		if i > 0 && c.Filename != "" && p.ContentType == "multipart/mixed" {
			continue // a file, though nothing says attachment
		}
		t, h := choose(c)
		if t != nil && (last || text == nil) {
			text = t
		}
		if h != nil && (last || html == nil) {
			html = h
		}
		if p.ContentType == "multipart/related" && (text != nil || html != nil) {
			break
		}
	}
	return text, html
}

func chooseLeaf(p *Part) (text, html *Part) {
	switch {
	case p.Disposition == "attachment":
		return nil, nil
	case p.ContentType == "text/html":
		return nil, p
	case p.ContentType == "text/plain", p.ID == "1" && p.whole && strings.HasPrefix(p.ContentType, "text/"):
		return p, nil
	}
	return nil, nil
}
