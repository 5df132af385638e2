package mime

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"
)

// A parser walks once through a message, then looks at the leaves.
type parser struct {
	w          window
	m          *Message
	open       []string // boundaries of the multiparts that are being read, outermost first
	all        []*Part  // in order, those within messages included
	full       bool     // maxParts is reached
	partial    bool     // the message goes on beyond what is read
	guesses    int      // boundaries guessed
	headerLeft int64    // octets of header that may still be read
	fieldsLeft int
	ledger     ledger

	text, html string    // the start of the bodies, as inspect saw them
	date       time.Time // zero when there is none that can be read
}

func newParser(r io.ReaderAt, size int64) *parser {
	size = max(size, 0)
	return &parser{
		w:          window{r: r, size: size, width: windowSize},
		m:          &Message{r: r},
		headerLeft: maxHeader,
		fieldsLeft: maxFields,
	}
}

func (p *parser) note(part *Part, kind DefectKind, off int64, format string, args ...any) {
	p.ledger.add(part, kind, off, format, args...)
}

func (p *parser) parse() *Message {
	p.skim()
	p.lint()
	p.inspect()
	p.m.Defects = p.ledger.defects(p.w.size)
	return p.m
}

func (p *parser) skim() *Message {
	root := &Part{whole: true}
	p.m.Root = root
	p.entity(root, p.begin(root), 0, false)
	p.finish()
	return p.m
}

// begin looks at how the message starts and returns where its header does.
func (p *parser) begin(root *Part) int64 {
	b := p.w.at(0, headSize)
	b = b[:min(len(b), headSize)]
	p.w.cr = endsInCR(b)
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		p.note(root, ByteOrderMark, 0, "The message starts with a byte order mark.")
		return 3
	}
	return 0
}

// endsInCR says whether lines end in CR alone, as they did on the Mac once: a
// lone CR in the first line is followed by a field or a blank line. Elsewhere a
// lone CR is just a strange octet of a line.
func endsInCR(b []byte) bool {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	first = bytes.TrimRight(first, "\r")
	_, rest, found := bytes.Cut(first, []byte("\r"))
	return found && (nameLen(rest) > 0 || len(rest) > 0 && rest[0] == '\r')
}

// A hit is a boundary line, or the end of the message (level -1).
type hit struct {
	level int   // index of the multipart it belongs to
	close bool  // it ends that multipart
	end   int64 // where the content before it ends
	next  int64 // where the line after it starts
}

// next finds the next boundary line of any open multipart from off on, where a
// line starts.
func (p *parser) next(off int64) hit {
	if len(p.open) == 0 {
		return p.eof()
	}
	floor, before := off, byte('\n')
	for off < p.w.size {
		b := p.w.at(off, headSize)
		if len(b) == 0 {
			break // the message is shorter than it was said to be
		}
		i := bytes.Index(b, []byte("--"))
		if i < 0 {
			n := len(b)
			if b[n-1] == '-' && off+int64(n) < p.w.size {
				n-- // perhaps the first of two
			}
			if n > 0 {
				before = b[n-1]
			}
			off += int64(n)
			continue
		}
		if i > 0 {
			before = b[i-1]
		}
		if before != '\n' && (before != '\r' || !p.w.cr) {
			off, before = off+int64(i+dashes(b[i:])), '-'
			continue
		}
		l := p.w.line(off + int64(i))
		if h, ok := p.delimiter(&l); ok {
			h.end, h.next = p.w.beforeBreak(l.off, floor, p.doubled(&l)), l.next
			return h
		}
		off, before = l.off+2, '-'
	}
	return p.eof()
}

func dashes(b []byte) int {
	for i, c := range b {
		if c != '-' {
			return i
		}
	}
	return len(b)
}

func (p *parser) doubled(l *line) bool { return l.next-l.end == 3 }

func (p *parser) eof() hit { return hit{level: -1, end: p.w.size, next: p.w.size} }

// delimiter says whether a line is the boundary of an open multipart, the
// innermost first. Blanks after a boundary do not count (RFC 2046 §5.1.1); all
// else does, as one boundary may be the start of another.
func (p *parser) delimiter(l *line) (hit, bool) {
	b, whole := l.whole()
	if len(p.open) == 0 || !whole || len(b) < 2 || b[0] != '-' || b[1] != '-' {
		return hit{}, false
	}
	b = bytes.TrimRight(b[2:], " \t\r")
	for level := len(p.open) - 1; level >= 0; level-- {
		rest, ok := bytes.CutPrefix(b, []byte(p.open[level]))
		if ok && (len(rest) == 0 || string(rest) == "--") {
			return hit{level: level, close: len(rest) > 0}, true
		}
	}
	return hit{}, false
}

// entity reads the part at off, up to the boundary that ends it, which it
// returns. digest says that it lies in a multipart/digest.
func (p *parser) entity(part *Part, off int64, depth int, digest bool) hit {
	p.all = append(p.all, part)
	part.Offset = p.header(part, off)
	p.interpret(part, digest)
	multi := strings.HasPrefix(part.ContentType, "multipart/")
	if part.whole && (!multi || part.ID == "" && depth >= maxDepth) {
		part.ID = childID(part, 1)
	}
	message := part.ContentType == "message/rfc822" || part.ContentType == "message/global"
	if multi || message {
		if depth < maxDepth {
			return p.composite(part, depth, multi)
		}
		p.note(part, TooDeep, off, "Parts are nested more than %d deep: what is inside this one is not read.", maxDepth)
	}
	h := p.next(part.Offset)
	part.Length = h.end - part.Offset
	return h
}

func (p *parser) composite(part *Part, depth int, multi bool) hit {
	enc := transferEncoding(part.Encoding)
	coded := enc == encBase64 || enc == encQuotedPrintable
	switch {
	case multi && coded:
		p.note(part, EncodedMultipart, part.headerStart, "The transfer encoding of a multipart can only be 7bit, 8bit or binary, not %q: it is ignored.", cut(part.Encoding))
		return p.multipart(part, depth)
	case multi:
		return p.multipart(part, depth)
	case coded:
		p.note(part, EncodedMessage, part.headerStart, "An attached message with transfer encoding %q is not looked into.", cut(part.Encoding))
		h := p.next(part.Offset)
		part.Length = h.end - part.Offset
		return h
	}
	return p.enclosed(part, depth)
}

// enclosed reads the message within a part.
func (p *parser) enclosed(part *Part, depth int) hit {
	inner := &Part{ID: part.ID, whole: true}
	part.inner = inner
	h := p.entity(inner, part.Offset, depth+1, false)
	part.Length = h.end - part.Offset
	if inner.ID == part.ID {
		part.Children = inner.Children
	} else {
		part.Children = []*Part{inner}
	}
	return h
}

func (p *parser) multipart(part *Part, depth int) hit {
	level := len(p.open)
	boundary := strings.TrimRight(part.Params["boundary"], " \t")
	h := hit{level: -1}
	if boundary != "" {
		p.open = append(p.open, boundary)
		if h = p.next(part.Offset); h.level == level {
			return p.children(part, h, depth)
		}
		p.open = p.open[:level]
	}
	end := p.next(part.Offset) // as if this were no multipart
	guess := p.guess(part.Offset, end.end)
	p.noteBoundary(part, boundary, guess)
	if guess == "" {
		p.pretend(part, end.end)
		part.Length = end.end - part.Offset
		return end
	}
	p.open = append(p.open, guess)
	return p.children(part, p.next(part.Offset), depth)
}

func (p *parser) noteBoundary(part *Part, boundary, guess string) {
	kind, text := MissingBoundary, "The multipart names no boundary"
	if boundary != "" {
		kind, text = BoundaryNotFound, "The boundary "+strconv.Quote(cut(boundary))+" of the multipart does not occur"
	}
	if guess != "" {
		p.note(part, kind, part.headerStart, "%s: %q looks like it and is taken.", text, cut(guess))
	} else {
		p.note(part, kind, part.headerStart, "%s: its content is shown as text.", text)
	}
}

// children reads the parts of the innermost open multipart, of which h is the
// first boundary.
func (p *parser) children(part *Part, h hit, depth int) hit {
	level := len(p.open) - 1
	for h.level == level && !h.close {
		if len(p.all) >= maxParts {
			p.note(part, TooManyParts, h.end, "The message has more than %d parts: the rest is not read.", maxParts)
			p.full = true
			h = p.eof()
			break
		}
		child := &Part{ID: childID(part, len(part.Children)+1)}
		part.Children = append(part.Children, child)
		h = p.entity(child, h.next, depth+1, part.ContentType == "multipart/digest")
	}
	p.open = p.open[:level]
	if h.level == level {
		h = p.next(h.next)
	} else if !p.full && !p.partial {
		p.note(part, MissingClose, h.end, "The multipart is cut off: the boundary that closes it is missing.")
	}
	if len(part.Children) == 0 {
		p.pretend(part, h.end)
	}
	part.Length = h.end - part.Offset
	return h
}

func childID(p *Part, n int) string {
	if p.ID == "" {
		return strconv.Itoa(n)
	}
	return p.ID + "." + strconv.Itoa(n)
}

// pretend gives a multipart in which no part was found one that is its content
// as text.
func (p *parser) pretend(part *Part, end int64) {
	child := &Part{ID: childID(part, 1), ContentType: "text/plain", headerStart: part.Offset}
	child.Offset, child.Length = part.Offset, end-part.Offset
	part.Children = []*Part{child}
	p.all = append(p.all, child)
}

// guess looks for a boundary at the start of a multipart: a line "--x" after
// which a Content- field comes.
func (p *parser) guess(off, end int64) string {
	if p.guesses >= maxGuesses {
		return ""
	}
	limit := min(end, off+guessed)
	for off < limit {
		l := p.w.line(off)
		b, whole := l.whole()
		off = l.next
		if !whole || len(b) < 3 || len(b) > 200 || !bytes.HasPrefix(b, []byte("--")) {
			continue
		}
		boundary := string(bytes.TrimRight(b[2:], " \t"))
		f := p.w.line(l.next)
		if n := nameLen(f.head); n > 8 && strings.EqualFold(string(f.head[:8]), "content-") && l.next < end {
			p.guesses++
			return boundary
		}
	}
	return ""
}

// interpret reads what the fields of a part say about its content.
func (p *parser) interpret(part *Part, digest bool) {
	part.ContentType = "text/plain"
	if digest { // RFC 2046 §5.1.5
		part.ContentType = "message/rfc822"
	}
	if f, ok := find(part.fields, "Content-Type"); ok {
		t, params, good := parseType(f.raw)
		part.Params = params
		if good {
			part.ContentType = t
		} else {
			p.note(part, BadContentType, f.off, "The content type %q is none: the part is taken for plain text.", cut(unfold(f.raw)))
		}
	}
	part.Charset = charsetName(part.Params["charset"])
	if f, ok := find(part.fields, "Content-Transfer-Encoding"); ok {
		part.Encoding = encodingName(f.raw)
		if transferEncoding(part.Encoding) == encUnknown {
			p.note(part, UnknownTransferEncoding, f.off, "The transfer encoding %q is not known: the content is shown as it stands.", cut(part.Encoding))
		}
	}
}
