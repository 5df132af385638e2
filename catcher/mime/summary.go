package mime

import (
	"io"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"
)

// Bounds on what Summarize reads.
const (
	summaryBytes = 4 << 20 // of the message
	snippetRunes = 200
)

// A Summary is what a list shows of a message.
type Summary struct {
	Subject     string
	MessageID   string // without angle brackets
	Snippet     string // the start of the text on one line, at most 200 characters
	From        []Address
	To          []Address
	Cc          []Address
	Date        time.Time // zero when there is none that can be read
	Attachments int
	HasHTML     bool
	Defects     int
	RawUTF8     int  // those of them that are RawUTF8Header, and none where SMTPUTF8 was given
	Partial     bool // the message is longer than was read: there may be more attachments and defects
}

// Summarize says what a list shows. It reads at most 4 MiB of the message and
// decodes only headers and the start of the bodies. Of a message that is not
// longer it says what Parse does.
func Summarize(r io.ReaderAt, size int64) Summary {
	p := newParser(r, min(size, summaryBytes))
	p.partial = size > summaryBytes
	m := p.parse()
	s := Summary{
		Subject:     m.Get("Subject"),
		MessageID:   strings.Trim(m.Get("Message-ID"), "<> \t"),
		From:        m.Addresses("From"),
		To:          m.Addresses("To"),
		Cc:          m.Addresses("Cc"),
		Attachments: len(m.Attachments()),
		Date:        p.date,
		HasHTML:     m.html != nil,
		Defects:     len(m.Defects),
		Partial:     p.partial,
	}
	for _, d := range m.Defects {
		if d.Kind == RawUTF8Header {
			s.RawUTF8++
		}
	}
	s.Snippet = p.snippet()
	return s
}

// snippet comes from the text, or from the HTML when the text says nothing.
func (p *parser) snippet() string {
	var b snippetBuilder
	b.add(p.text)
	if s := b.String(); s != "" {
		return s
	}
	text := p.html
	if cut := strings.LastIndexByte(text, '<'); len(text) > checkedText/2 && cut > strings.LastIndexByte(text, '>') {
		text = text[:cut] // the end of what was read may be the middle of a tag
	}
	return htmlSnippet(text)
}

// htmlSnippet takes the text of an HTML document that is shown.
func htmlSnippet(text string) string {
	var b snippetBuilder
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(checkedText)
	hidden := "" // the element whose content is not shown
	for !b.full() {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == "" {
				b.add(string(z.Text()))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			hidden = hide(hidden, string(name), kind)
			if !inlineTag(string(name)) {
				b.add(" ")
			}
		}
	}
	return b.String()
}

func hide(hidden, name string, kind html.TokenType) string {
	switch name {
	case "style", "script", "title", "template", "noscript":
		if hidden == "" && kind == html.StartTagToken {
			return name
		}
		if hidden == name && kind == html.EndTagToken {
			return ""
		}
	}
	return hidden
}

func inlineTag(name string) bool {
	switch name {
	case "a", "b", "i", "u", "em", "strong", "span", "font", "small", "big", "code", "sub", "sup", "mark", "s":
		return true
	}
	return false
}

// A snippetBuilder puts text on one line: blanks of all kinds become one, what
// cannot be seen goes.
type snippetBuilder struct {
	b     strings.Builder
	runes int
	blank bool
}

func (s *snippetBuilder) full() bool { return s.runes >= snippetRunes }

func (s *snippetBuilder) add(text string) {
	for _, r := range text {
		if s.full() {
			return
		}
		switch {
		case unicode.IsSpace(r):
			s.blank = s.runes > 0
		case !unicode.IsPrint(r) || r == '\u034f' || r == '\u00ad':
		default:
			if s.blank && s.runes == snippetRunes-1 {
				s.runes++
				return
			}
			if s.blank {
				s.b.WriteByte(' ')
				s.runes++
				s.blank = false
			}
			s.b.WriteRune(r)
			s.runes++
		}
	}
}

func (s *snippetBuilder) String() string { return s.b.String() }
