package mime

import (
	"bytes"
	"strings"
)

// A field is a header field as it stands: octets in strings, not yet UTF-8.
type field struct {
	name, raw string
	off       int64
}

func (f *field) is(name string) bool { return strings.EqualFold(f.name, name) }

// find returns the raw text of the first field of that name.
func find(fields []field, name string) (*field, bool) {
	for i := range fields {
		if fields[i].is(name) {
			return &fields[i], true
		}
	}
	return nil, false
}

// A span is where a header block lies.
type span struct{ start, end, body int64 }

// header reads the header block at off into part and returns where the body
// starts.
func (p *parser) header(part *Part, off int64) int64 {
	part.headerStart = off
	s := p.headerSpan(part, off)
	kept := min(s.end-s.start, p.headerLeft)
	if kept < s.end-s.start {
		p.note(part, HeaderTooLarge, s.start+kept, "The header is too large: what is beyond %d octets is not read.", maxHeader)
	}
	p.headerLeft -= kept
	part.fields = p.fields(part, string(p.w.bytes(s.start, s.start+kept)), s.start)
	return s.body
}

// A survey is what headerSpan has seen so far.
type survey struct {
	fields    int   // lines that are fields
	known     bool  // one of them is a field that mail has
	junk      int64 // first line since the last field that belongs to none; -1
	badStart  bool  // the first line is no field
	semicolon bool  // the last line ended in one
}

// headerSpan finds where the header block ends: at a blank line, at a
// boundary, or where text begins without a blank line before it.
func (p *parser) headerSpan(part *Part, start int64) span {
	s := survey{junk: -1}
	off := start
	for off < p.w.size {
		l := p.w.line(off)
		if l.blank() {
			if s.fields == 0 && off > start || s.badStart && !s.known {
				break // text that has paragraphs
			}
			if off == start && part.whole {
				p.note(part, NoHeader, start, "The message starts with a blank line: it has no header.")
			}
			return span{start, off, l.next}
		}
		if _, ok := p.delimiter(&l); ok {
			break
		}
		s.see(&l, off == start && part.whole)
		off = l.next
	}
	return p.unendedSpan(part, &s, start, off)
}

func (s *survey) see(l *line, first bool) {
	head := bytes.TrimLeft(l.head, "\r") // after a line end LF CR
	c := l.head[0]
	n := nameLen(head)
	switch {
	case n > 0:
		s.fields, s.junk = s.fields+1, -1
		s.known = s.known || knownField(head[:n])
	case first:
		s.badStart = !isMboxLine(head)
	case c == ' ' || c == '\t' || s.semicolon:
	case s.junk < 0:
		s.junk = l.off
	}
	b, whole := l.whole()
	s.semicolon = whole && n > 0 && bytes.HasSuffix(bytes.TrimRight(b, " \t"), []byte(";"))
}

// unendedSpan is the span of a block that no blank line ended before off.
func (p *parser) unendedSpan(part *Part, s *survey, start, off int64) span {
	switch {
	case start >= p.w.size && part.whole:
		p.note(part, NoHeader, start, "The message is empty.")
	case s.fields == 0 && off == start: // a boundary at once, or nothing at all
	case s.fields == 0 || part.whole && !s.known:
		if part.whole {
			p.note(part, NoHeader, start, "The message has no header: all of it is shown as text.")
		} else {
			p.note(part, NoBlankLine, start, "The part starts with text: the blank line that ends its header is missing.")
		}
		return span{start, start, start}
	case s.junk >= 0:
		p.note(part, NoBlankLine, s.junk, "There is no blank line between header and body: the body is taken to start here.")
		return span{start, s.junk, s.junk}
	}
	return span{start, off, off}
}

// nameLen returns the length of the field name that a line starts with, or 0
// when the line is no field. Blanks before the colon are let through: RFC 5322
// §4.5 knows them.
func nameLen(b []byte) int {
	for i, c := range b {
		switch {
		case c == ':':
			return i
		case c == ' ' || c == '\t':
			rest := bytes.TrimLeft(b[i:], " \t")
			if len(rest) > 0 && rest[0] == ':' {
				return i
			}
			return 0
		case c < 33 || c > 126:
			return 0
		}
	}
	return 0
}

// knownField says whether a name is one that only mail has: with none of them
// a block that starts badly is text.
func knownField(name []byte) bool {
	switch n := strings.ToLower(string(name)); n {
	case "from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "received",
		"return-path", "reply-to", "sender", "delivered-to", "dkim-signature", "references", "in-reply-to":
		return true
	default:
		return strings.HasPrefix(n, "content-") || strings.HasPrefix(n, "x-") || strings.HasPrefix(n, "list-")
	}
}

func isMboxLine(b []byte) bool {
	return bytes.HasPrefix(b, []byte("From ")) || bytes.HasPrefix(b, []byte(">From "))
}

// fields splits a header block. Lines that belong to no field are noted and
// left out.
func (p *parser) fields(part *Part, block string, base int64) []field {
	var list []field
	open := false // the last field may go on
	for at := 0; at < len(block); {
		rest := block[at:]
		end, n := lineEndString(rest, p.w.cr)
		text, off := rest[:end], base+int64(at)
		at += end + max(n, 1)
		if crs := len(text) - len(strings.TrimLeft(text, "\r")); crs > 0 { // after a line end LF CR
			text, off = text[crs:], off+int64(crs)
		}
		if text == "" {
			continue
		}
		if open && (text[0] == ' ' || text[0] == '\t') {
			extend(&list[len(list)-1], block, base, text, off)
			continue
		}
		name := nameLen([]byte(text[:min(len(text), headSize)]))
		if name == 0 && open && strings.HasSuffix(strings.TrimRight(list[len(list)-1].raw, " \t"), ";") {
			p.note(part, UnindentedContinuation, off, "The header line %q goes on the one before but is not indented.", cut(text))
			extend(&list[len(list)-1], block, base, text, off)
			continue
		}
		if open = name > 0; !open {
			p.junkLine(part, text, off)
			continue
		}
		if p.fieldsLeft--; p.fieldsLeft < 0 {
			p.note(part, HeaderTooLarge, off, "The header has more than %d fields: the rest is not read.", maxFields)
			break
		}
		list = append(list, p.field(part, text, name, off))
	}
	return list
}

// extend lets a field reach to the end of a line that goes on with it.
func extend(f *field, block string, base int64, text string, off int64) {
	start := len(f.name) + int(f.off-base)
	start += strings.IndexByte(block[start:], ':') + 1
	f.raw = block[start : int(off-base)+len(text)]
}

func (p *parser) field(part *Part, text string, name int, off int64) field {
	colon := strings.IndexByte(text, ':')
	if colon > name {
		p.note(part, SpaceBeforeColon, off+int64(name), "There is a blank between the header name %q and its colon.", cut(text[:name]))
	}
	return field{name: text[:name], raw: text[colon+1:], off: off}
}

func (p *parser) junkLine(part *Part, text string, off int64) {
	first := part.whole && off == part.headerStart
	switch {
	case first && isMboxLine([]byte(text)):
		p.note(part, MboxFromLine, off, "The message starts with the \"From \" line of an mbox file.")
	case text[0] == ' ' || text[0] == '\t':
		p.note(part, LeadingContinuation, off, "The header line %q is indented but there is no field that it goes on.", cut(text))
	default:
		p.note(part, JunkHeaderLine, off, "The header line %q is no field: it has no colon after a name.", cut(text))
	}
}

func lineEndString(s string, cr bool) (i, n int) {
	if cr {
		if i = strings.IndexAny(s, "\r\n"); i < 0 {
			return len(s), 0
		}
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			return i, 2
		}
		return i, 1
	}
	if i = strings.IndexByte(s, '\n'); i < 0 {
		return len(strings.TrimRight(s, "\r")), len(s)
	}
	for n = 1; n < 3 && i > 0 && s[i-1] == '\r'; n++ {
		i--
	}
	return i, n
}

// cut shortens a text for a defect.
func cut(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// unfold undoes the folding of a field (RFC 5322 §2.2.3) and trims it. Line
// ends that fold nothing become blanks.
func unfold(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return strings.Trim(s, " \t")
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\r' && s[i] != '\n' {
			b = append(b, s[i])
			continue
		}
		for i+1 < len(s) && (s[i+1] == '\r' || s[i+1] == '\n') {
			i++
		}
		if i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\t' {
			b = append(b, ' ')
		}
	}
	return strings.Trim(string(b), " \t")
}
