package mime

import (
	"strings"
	"unicode/utf8"
)

// A wordFault is a set of what was wrong with the text of a header.
type wordFault int

const (
	wordRaw8Bit wordFault = 1 << iota
	wordRawUTF8
	wordBad
	wordUnknownCharset
	wordMismatch
)

// decodeHeader unfolds and decodes the raw text of a field. charset is what raw
// 8-bit text that is no UTF-8 is taken for, "" to guess.
func decodeHeader(raw, charset string) (string, wordFault) {
	text, fault := decodeRaw(raw, charset)
	text, bad := decodeWords(unfold(text))
	return oneLine(clean(text)), fault | bad
}

// decodeRaw makes valid UTF-8 of raw text.
func decodeRaw(raw, charset string) (string, wordFault) {
	if isASCII(raw) {
		if strings.Contains(raw, "\x1b$") {
			return guessText([]byte(raw)), wordRaw8Bit
		}
		return raw, 0
	}
	b := []byte(raw)
	if utf8.Valid(b) {
		return raw, wordRawUTF8
	}
	s, fault := decodeText(b, charset)
	if fault != charsetGood || strings.HasPrefix(charset, "utf-") {
		s = guessText(b)
	}
	return s, wordRaw8Bit
}

// oneLine replaces line ends, which encoded words can bring in.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, s)
}

// An encodedWord is one "=?charset?encoding?text?=" of RFC 2047.
type encodedWord struct {
	charset string
	data    []byte
	broken  bool // an encoding that is none
}

// decodeWords decodes the encoded words in a text, wherever they stand: many a
// mailer puts them inside quotes or other words. The octets of neighbours with
// one charset are joined first, as a character may have been split.
func decodeWords(s string) (string, wordFault) {
	if !strings.Contains(s, "=?") {
		return s, 0
	}
	d := wordDecoder{}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		word, n, ok := readWord(s[i:], &d)
		if !ok {
			d.text(s[:i+2])
			s = s[i+2:]
			continue
		}
		if gap := s[:i]; d.open == nil || strings.Trim(gap, " \t") != "" {
			d.text(gap)
		}
		d.word(word)
		s = s[i+n:]
	}
	d.text(s)
	return d.out.String(), d.fault
}

type wordDecoder struct {
	out   strings.Builder
	open  *encodedWord // may be continued by the next
	noEnd bool         // there is no "?=" any more
	fault wordFault
}

func (d *wordDecoder) text(s string) {
	d.flush()
	d.out.WriteString(s)
}

func (d *wordDecoder) word(w encodedWord) {
	if w.broken {
		d.fault |= wordBad
	}
	if d.open != nil && d.open.charset == w.charset && !strings.Contains(w.charset, "utf-7") {
		d.open.data = append(d.open.data, w.data...)
		return
	}
	d.flush()
	d.open = &w
}

func (d *wordDecoder) flush() {
	if d.open == nil {
		return
	}
	s, fault := decodeText(d.open.data, d.open.charset)
	switch fault {
	case charsetUnknown:
		d.fault |= wordUnknownCharset
	case charsetMismatch:
		d.fault |= wordMismatch
	}
	d.out.WriteString(s)
	d.open = nil
}

const maxCharsetName = 64

// readWord reads the encoded word that s starts with, and its length.
func readWord(s string, d *wordDecoder) (w encodedWord, n int, ok bool) {
	if d.noEnd {
		return w, 0, false
	}
	q := strings.IndexByte(s[2:min(len(s), 2+maxCharsetName)], '?') + 2
	if q < 2 || q+2 >= len(s) || s[q+2] != '?' || strings.ContainsAny(s[2:q], " \t=") {
		return w, 0, false // something else, as a boundary that holds "=?"
	}
	coding := s[q+1] | 0x20 // in lower case
	end := -1
	if coding == 'b' || coding == 'q' {
		end = strings.Index(s[q+3:], "?=")
		d.noEnd = end < 0
	}
	if end < 0 {
		d.fault |= wordBad
		return w, 0, false
	}
	label, _, _ := strings.Cut(s[2:q], "*") // RFC 2231 §5: a language may follow
	w.charset = charsetName(label)
	text := s[q+3 : q+3+end]
	if coding == 'b' {
		var state base64State
		w.data, _ = state.step(nil, []byte(text), true)
		w.broken = checkBase64Text(text)
	} else {
		w.data, w.broken = decodeQ(text)
	}
	w.broken = w.broken || w.charset == ""
	return w, q + 3 + end + 2, true
}

func checkBase64Text(s string) bool {
	var c base64Check
	c.see([]byte(s), 0)
	return c.junk >= 0 || c.truncated()
}

// decodeQ decodes the Q encoding of RFC 2047 §4.2.
func decodeQ(s string) (b []byte, broken bool) {
	b = make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			b = append(b, ' ')
		case c == '=' && i+2 < len(s):
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
			fallthrough
		default:
			broken = broken || c == '='
			b = append(b, c)
		}
	}
	return b, broken
}
