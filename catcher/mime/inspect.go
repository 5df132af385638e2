package mime

import (
	"bytes"
	"strings"
)

const checkedText = 256 << 10 // octets of a body that are checked for their charset, and that a snippet is taken from

// finish fills in what needs the whole tree: the charset of the message, which
// raw 8-bit headers are in, and the bodies.
func (p *parser) finish() {
	for _, part := range p.all {
		if part.Charset != "" && strings.HasPrefix(part.ContentType, "text/") {
			p.m.charset = part.Charset
			break
		}
	}
	for _, part := range p.all {
		p.describe(part)
	}
	root := p.m.Root
	p.m.Headers = root.Headers
	p.duplicates(root)
	if f, ok := find(root.fields, "Date"); ok {
		if _, ok := p.m.Date(); !ok {
			p.note(root, BadDate, f.off, "The date %q cannot be read.", cut(p.m.Get("Date")))
		}
	}
	for _, part := range p.all {
		if part.inner != nil {
			part.Enclosed = part.inner.Headers
		}
		part.fields, part.inner = nil, nil
	}
	p.m.text, p.m.html = choose(root)
}

// describe decodes the header of a part.
func (p *parser) describe(part *Part) {
	if len(part.fields) > 0 {
		part.Headers = make([]Header, len(part.fields))
	}
	for i, f := range part.fields {
		raw, _ := decodeRaw(f.raw, p.m.charset)
		value, fault := decodeHeader(f.raw, p.m.charset)
		part.Headers[i] = Header{Name: f.name, Raw: clean(raw), Value: value}
		p.noteWords(part, &f, fault)
		switch {
		case part.ContentID == "" && f.is("Content-ID"):
			part.ContentID = strings.Trim(value, "<> \t")
		case part.Disposition == "" && f.is("Content-Disposition"):
			p.disposition(part, f.raw)
		}
	}
	for name, value := range part.Params {
		part.Params[name] = p.paramText(name, value)
	}
	if hasUnclean(part.Params) {
		part.Params = cleanKeys(part.Params)
	}
	if part.Filename == "" {
		part.Filename = part.Params["name"]
	}
	part.ContentType = clean(part.ContentType)
}

func hasUnclean(m map[string]string) bool {
	for k := range m {
		if clean(k) != k {
			return true
		}
	}
	return false
}

func cleanKeys(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[clean(k)] = v
	}
	return out
}

func (p *parser) disposition(part *Part, raw string) {
	value, params := parseParams(raw)
	if strings.Contains(value, "=") { // parameters of nothing
		value, params = parseParams("; " + raw)
	}
	part.Disposition = clean(strings.ToLower(value))
	part.Filename = p.paramText("filename", params["filename"])
}

// paramText decodes a parameter. Encoded words are not allowed there (RFC 2047
// §5) but are how many mailers write file names.
func (p *parser) paramText(name, value string) string {
	text, _ := decodeRaw(value, p.m.charset)
	if name == "name" || name == "filename" {
		text, _ = decodeWords(text)
	}
	return oneLine(clean(text))
}

func (p *parser) noteWords(part *Part, f *field, fault wordFault) {
	if fault == 0 {
		return
	}
	if fault&wordRaw8Bit != 0 {
		p.note(part, Raw8BitHeader, f.off, "The header %s has raw text that is neither ASCII nor UTF-8: its charset is guessed.", cut(f.name))
	}
	if fault&wordRawUTF8 != 0 {
		p.note(part, RawUTF8Header, f.off, "The header %s has raw UTF-8 text, which is only for mail sent with SMTPUTF8.", cut(f.name))
	}
	if fault&wordBad != 0 {
		p.note(part, BadEncodedWord, f.off, "The header %s has an encoded word that is malformed.", cut(f.name))
	}
	if fault&wordUnknownCharset != 0 {
		p.note(part, UnknownCharset, f.off, "The header %s has an encoded word in a charset that is not known.", cut(f.name))
	}
	if fault&wordMismatch != 0 {
		p.note(part, CharsetMismatch, f.off, "The header %s has an encoded word that is not in the charset it names.", cut(f.name))
	}
}

// duplicates notes fields that RFC 5322 §3.6 allows once. The first is shown.
func (p *parser) duplicates(root *Part) {
	once := [...]string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID",
		"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
	for _, name := range once {
		n, again := 0, int64(0)
		for i := range root.fields {
			if root.fields[i].is(name) {
				if n++; n == 2 {
					again = root.fields[i].off
				}
			}
		}
		if n > 1 {
			p.note(root, DuplicateHeader, again, "The header %s is there %d times, but may be only once.", name, n)
		}
	}
}

// inspect looks at the content of the leaves, without decoding more than the
// start of the bodies.
func (p *parser) inspect() {
	for _, part := range p.all {
		if len(part.Children) > 0 {
			continue
		}
		switch transferEncoding(part.Encoding) {
		case encBase64:
			p.inspectBase64(part)
		case encQuotedPrintable:
			p.inspectQuoted(part)
		}
	}
	p.text = p.inspectBody(p.m.text)
	p.html = p.inspectBody(p.m.html)
}

// inspectBody returns the start of a body, decoded.
func (p *parser) inspectBody(part *Part) string {
	if part == nil {
		return ""
	}
	p.inspect8Bit(part)
	text, fault := p.m.content(part, checkedText)
	switch {
	case fault == charsetUnknown:
		p.note(part, UnknownCharset, part.Offset, "The charset %q is not known: it is shown as a guess.", cut(part.Charset))
	case fault == charsetMismatch && !p.cutOff(part):
		p.note(part, CharsetMismatch, part.Offset, "The text is not in the charset %q that is declared.", cut(part.Charset))
	}
	return text
}

// cutOff says whether a part goes on beyond what is read of the message.
func (p *parser) cutOff(part *Part) bool {
	return p.partial && part.Offset+part.Length >= p.w.size
}

// inspect8Bit looks for octets over 127 where none were announced.
func (p *parser) inspect8Bit(part *Part) {
	kind, text := Undeclared8Bit, "The text has octets over 127 but does not declare the transfer encoding 8bit."
	switch part.Encoding {
	case "", "7bit":
	case "quoted-printable":
		kind, text = BadQuotedPrintable, "The quoted-printable text has octets over 127 that are not encoded."
	default:
		return
	}
	end := min(part.Offset+part.Length, part.Offset+checkedText)
	for off := part.Offset; off < end; {
		b := p.w.at(off, 1)
		b = b[:min(int64(len(b)), end-off)]
		if len(b) == 0 {
			return
		}
		for i, c := range b {
			if c >= 0x80 {
				p.note(part, kind, off+int64(i), "%s", text)
				return
			}
		}
		off += int64(len(b))
	}
}

// base64Check looks at base64 without decoding it.
type base64Check struct {
	started bool
	junk    int64 // offset of the first octet of no use; -1
	n       int   // characters since the last whole group, padding included
	padded  bool
}

func (c *base64Check) see(b []byte, off int64) {
	if !c.started {
		c.started, c.junk = true, -1
	}
	for i, o := range b {
		switch v := base64Class(o); {
		case v < 64:
			if c.padded && c.n&3 == 0 {
				c.padded = false
			}
			c.n++
		case v == b64Pad:
			c.n++
			c.padded = true
		case v == b64Junk && c.junk < 0:
			c.junk = off + int64(i)
		}
	}
}

func (c *base64Check) truncated() bool { return c.n&3 != 0 }

func (p *parser) inspectBase64(part *Part) {
	var c base64Check
	c.junk = -1
	p.pieces(part, func(b []byte, off int64) { c.see(b, off) })
	if c.junk >= 0 {
		p.note(part, BadBase64, c.junk, "The base64 holds characters that are not of its alphabet: they are skipped.")
	}
	if c.truncated() && !p.cutOff(part) {
		p.note(part, TruncatedBase64, part.Offset+part.Length, "The base64 ends in the middle of a group: octets may be missing.")
	}
}

// inspectQuoted notes the first escape that encodes nothing, and a soft line
// break at the end.
func (p *parser) inspectQuoted(part *Part) {
	end := part.Offset + part.Length
	for off := part.Offset; off < end; {
		b := p.w.at(off, headSize)
		b = b[:min(int64(len(b)), end-off)]
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			off += int64(max(len(b), 1))
			continue
		}
		off += int64(i)
		b = p.w.at(off, headSize)
		b = b[:min(int64(len(b)), end-off)]
		if len(b) == 0 {
			return
		}
		n, _, kind := qpEscape(b, true)
		if kind == qpBad || kind == qpSoft && off+int64(n) == end {
			p.note(part, BadQuotedPrintable, off, "The quoted-printable text has an equals sign that encodes nothing.")
			return
		}
		off += int64(max(n, 1))
	}
}

// pieces shows the encoded content of a part a piece at a time.
func (p *parser) pieces(part *Part, see func(b []byte, off int64)) {
	end := part.Offset + part.Length
	for off := part.Offset; off < end; {
		b := p.w.at(off, 1)
		b = b[:min(int64(len(b)), end-off)]
		if len(b) == 0 {
			return
		}
		see(b, off)
		off += int64(len(b))
	}
}

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
	cut                        bool // what comes next goes on a line that was too long for the window
}

// lint looks at line ends, NULs and the length of lines of the whole message.
func (p *parser) lint() {
	var l lint
	for off := int64(0); off < p.w.size; {
		b := p.w.at(off, windowSize)
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
			l.cut = false
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
		l.doubled.add(at)
		text = text[:len(text)-2]
	case bytes.HasSuffix(text, []byte("\r")):
		text = text[:len(text)-1]
	default:
		l.lf.add(at + int64(len(text)))
	}
	l.content(text, at)
}

func (l *lint) content(text []byte, at int64) {
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		l.cr.add(at + int64(i))
	}
	if len(text) > maxLine && !l.cut {
		l.long.add(at)
	}
}

const maxLine = 998 // octets without CRLF: RFC 5322 §2.1.1

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
