package mime

import (
	"io"
	"strings"
)

// A coding is a Content-Transfer-Encoding that can be undone.
type coding int

const (
	encIdentity coding = iota
	encBase64
	encQuotedPrintable
	encUnknown
)

// transferEncoding reads the name of an encoding as encodingName gives it.
func transferEncoding(name string) coding {
	switch name {
	case "", "7bit", "8bit", "binary":
		return encIdentity
	case "base64":
		return encBase64
	case "quoted-printable":
		return encQuotedPrintable
	}
	return encUnknown
}

// encodingName reads a Content-Transfer-Encoding field, without what does not
// belong there: comments, quotes, parameters.
func encodingName(raw string) string {
	value, _, _ := strings.Cut(stripComments(unfold(raw)), ";")
	return clean(strings.ToLower(strings.Trim(value, "\"' \t")))
}

// newDecoder undoes the transfer encoding of about size octets.
func newDecoder(r io.Reader, enc coding, size int64) io.Reader {
	chunk := int(min(decodeChunk, size+1)) // one more: the end is then seen at once
	switch enc {
	case encBase64:
		return &decoder{r: r, chunk: chunk, step: new(base64State).step}
	case encQuotedPrintable:
		return &decoder{r: r, chunk: chunk, step: quotedPrintable}
	}
	return r
}

// A decoder hands the octets of r through step.
type decoder struct {
	r     io.Reader
	chunk int // octets to read at a time
	step  stepFunc
	in    []byte // read, not yet decoded
	out   []byte // decoded, not yet handed out
	keep  []byte // room for out
	eof   bool
}

// A stepFunc appends to dst what src decodes to and says how much of src it
// used up. It may leave a rest for the next time unless final. src is all there
// is when final.
type stepFunc func(dst, src []byte, final bool) ([]byte, int)

const decodeChunk = 8 << 10

func (d *decoder) Read(b []byte) (int, error) {
	for len(d.out) == 0 {
		if d.eof && len(d.in) == 0 {
			return 0, io.EOF
		}
		d.more()
	}
	n := copy(b, d.out)
	d.out = d.out[n:]
	return n, nil
}

// more reads and decodes one chunk.
func (d *decoder) more() {
	if !d.eof {
		if d.in == nil {
			d.in = make([]byte, 0, max(d.chunk, 512))
			d.keep = make([]byte, 0, cap(d.in))
		}
		n, err := d.r.Read(d.in[len(d.in):cap(d.in)])
		d.in, d.eof = d.in[:len(d.in)+n], err != nil
	}
	var used int
	d.out, used = d.step(d.keep[:0], d.in, d.eof)
	if used == 0 && len(d.in) == cap(d.in) { // only blanks: they will not end in time
		d.out, used = append(d.keep[:0], d.in...), len(d.in)
	}
	d.in = d.in[:copy(d.in, d.in[used:])]
}

// base64State undoes base64 (RFC 2045 §6.8): what is not of its alphabet is
// skipped, padding ends a group and may be missing, and another group may follow.
type base64State struct {
	bits uint32
	n    int // sextets in bits
}

// What base64Class says of characters that are no digits.
const (
	b64Blank = 0x40
	b64Pad   = 0x41
	b64Junk  = 0x80
)

// base64Class gives the value of a digit, or one of the above.
func base64Class(c byte) byte { return base64Table[c] }

// base64Table is never changed.
var base64Table = func() (t [256]byte) {
	for c := range t {
		t[c] = classifyBase64(byte(c))
	}
	return t
}()

func classifyBase64(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A'
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26
	case '0' <= c && c <= '9':
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	case c == '=':
		return b64Pad
	case c == ' ', c == '\t', c == '\r', c == '\n':
		return b64Blank
	}
	return b64Junk
}

func (s *base64State) step(dst, src []byte, final bool) ([]byte, int) {
	for _, c := range src {
		v := base64Class(c)
		if v < 64 {
			s.bits, s.n = s.bits<<6|uint32(v), s.n+1
			if s.n == 4 {
				dst = append(dst, byte(s.bits>>16), byte(s.bits>>8), byte(s.bits))
				s.bits, s.n = 0, 0
			}
		} else if v == b64Pad {
			dst = s.flush(dst)
		}
	}
	if final {
		dst = s.flush(dst)
	}
	return dst, len(src)
}

// flush ends a group that is not full.
func (s *base64State) flush(dst []byte) []byte {
	switch s.n {
	case 2:
		dst = append(dst, byte(s.bits>>4))
	case 3:
		dst = append(dst, byte(s.bits>>10), byte(s.bits>>2))
	}
	s.bits, s.n = 0, 0
	return dst
}

// quotedPrintable undoes quoted-printable (RFC 2045 §6.7): blanks at the end of
// a line go, an equals sign that encodes nothing stays.
func quotedPrintable(dst, src []byte, final bool) ([]byte, int) {
	i := 0
	for i < len(src) {
		c := src[i]
		switch {
		case c == '=':
			n, octet, kind := qpEscape(src[i:], final)
			switch kind {
			case qpMore:
				return dst, i
			case qpOctet:
				dst = append(dst, octet)
			case qpBad:
				dst = append(dst, '=')
			}
			i += n
		case c == ' ' || c == '\t':
			n := blanks(src[i:])
			if i+n == len(src) && !final {
				return dst, i
			}
			if i+n < len(src) && !endsLine(src[i+n:]) {
				dst = append(dst, src[i:i+n]...)
			}
			i += n
		default:
			n := literals(src[i:])
			dst = append(dst, src[i:i+n]...)
			i += n
		}
	}
	return dst, i
}

// literals counts the octets at the start of b that stand for themselves.
func literals(b []byte) int {
	for i, c := range b {
		if c == '=' || c == ' ' || c == '\t' {
			return i
		}
	}
	return len(b)
}

func blanks(b []byte) int {
	for i, c := range b {
		if c != ' ' && c != '\t' {
			return i
		}
	}
	return len(b)
}

func endsLine(b []byte) bool { return b[0] == '\n' || b[0] == '\r' }

// What an equals sign may stand for.
type qpKind int

const (
	qpOctet qpKind = iota // an octet
	qpSoft                // a line break that is none
	qpBad                 // itself
	qpMore                // not to be said without more octets
)

// qpEscape reads the escape that b starts with and returns its length.
func qpEscape(b []byte, final bool) (n int, octet byte, kind qpKind) {
	n = 1 + blanks(b[1:])
	if n == len(b) {
		if final {
			return n, 0, qpSoft
		}
		return 0, 0, qpMore
	}
	switch {
	case b[n] == '\n':
		return n + 1, 0, qpSoft
	case b[n] == '\r':
		for n < len(b) && b[n] == '\r' {
			n++
		}
		if n == len(b) && !final {
			return 0, 0, qpMore
		}
		if n < len(b) && b[n] == '\n' {
			n++
		}
		return n, 0, qpSoft
	case n > 1:
		return 1, 0, qpBad
	case len(b) < 3:
		if final {
			return 1, 0, qpBad
		}
		return 0, 0, qpMore
	}
	hi, ok1 := unhex(b[1])
	lo, ok2 := unhex(b[2])
	if !ok1 || !ok2 {
		return 1, 0, qpBad
	}
	return 3, hi<<4 | lo, qpOctet
}
