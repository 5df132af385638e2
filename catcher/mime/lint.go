package mime

import "bytes"

const maxLine = 998 // octets without CRLF: RFC 5322 §2.1.1

// A lineCount counts one kind of trouble with lines.
type lineCount struct {
	n     int
	first int64
}

func (c *lineCount) add(off int64) {
	if c.n == 0 {
		c.first = off
	}
	c.n++
}

// A lint counts what is wrong with lines.
type lint struct {
	lf, cr, doubled, long, nul lineCount

	// Of the line that is being read, when it is too long for the window:
	cut   bool // its start was seen
	hasCR bool // it counts in cr
}

// lint looks at line ends, NULs and the length of lines of the whole message.
func (p *parser) lint() {
	var l lint
	for off := int64(0); off < p.w.size; {
		b := p.w.at(off, p.w.width)
		if len(b) == 0 {
			break
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			l.nul.add(off + int64(i))
		}
		off += int64(l.window(b, off, off+int64(len(b)) >= p.w.size))
	}
	p.noteLines(&l)
}

// window looks at the lines in b and returns how far it got: a line that is cut
// at the end waits for the next window, unless it fills this one.
func (l *lint) window(b []byte, off int64, final bool) int {
	used := 0
	for used < len(b) {
		at := off + int64(used)
		i := bytes.IndexByte(b[used:], '\n')
		switch {
		case i >= 0:
			l.line(b[used:used+i], at)
			l.cut, l.hasCR = false, false
			used += i + 1
		case final:
			l.content(b[used:], at)
			return len(b)
		case used > 0:
			return used
		default:
			l.content(b[:len(b)-2], at)
			l.cut = true
			return len(b) - 2
		}
	}
	return used
}

// line looks at a line, which an LF follows.
func (l *lint) line(text []byte, at int64) {
	switch {
	case bytes.HasSuffix(text, []byte("\r\r")):
		l.doubled.add(at + int64(len(text)-2))
		text = text[:len(text)-2]
	case bytes.HasSuffix(text, []byte("\r")):
		text = text[:len(text)-1]
	default:
		l.lf.add(at + int64(len(text)))
	}
	l.content(text, at)
}

func (l *lint) content(text []byte, at int64) {
	if i := bytes.IndexByte(text, '\r'); i >= 0 && !l.hasCR {
		l.cr.add(at + int64(i))
		l.hasCR = true
	}
	if len(text) > maxLine && !l.cut {
		l.long.add(at)
	}
}

func (p *parser) noteLines(l *lint) {
	for _, c := range [...]struct {
		count     *lineCount
		kind      DefectKind
		one, many string
	}{
		{&l.lf, BareLF, "A line ends in LF without CR.", "%d lines end in LF without CR; this is the first."},
		{&l.cr, BareCR, "A line holds a CR that no LF follows.", "%d lines hold a CR that no LF follows; this is the first."},
		{&l.doubled, DoubledCR, "A line ends in CR CR LF.", "%d lines end in CR CR LF; this is the first."},
		{&l.long, LongLine, "A line is longer than the 998 octets that RFC 5322 allows.",
			"%d lines are longer than the 998 octets that RFC 5322 allows; this is the first."},
	} {
		switch {
		case c.count.n == 1:
			p.note(nil, c.kind, c.count.first, "%s", c.one)
		case c.count.n > 1:
			p.note(nil, c.kind, c.count.first, c.many, c.count.n)
		}
	}
	if l.nul.n > 0 {
		p.note(nil, NULOctet, l.nul.first, "The message holds NUL octets.")
	}
}
