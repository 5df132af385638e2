package dsn

import (
	"bytes"
	"encoding/base64"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	foldAt  = 76  // octets of a header line, where its words allow it: RFC 5322 §2.1.1
	maxLine = 998 // octets of any line without CRLF
)

// A field is one header field, or one of a status report. Its value is a single
// line; if it is not ASCII it is written in encoded words (RFC 2047), or, when raw,
// as it is (RFC 6532).
type field struct {
	name, value string
	raw         bool
}

// A part is a message, or a part of one.
type part struct {
	head []field
	body []byte // lines may end in LF or CRLF
}

// bytes writes the part out, with CRLF line ends and no line too long.
func (p part) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(fieldLines(p.head))
	b.WriteString("\r\n")
	b.Write(crlf(p.body))
	return b.Bytes()
}

// with puts fields before those of the part.
func (p part) with(head ...field) part {
	return part{append(head, p.head...), p.body}
}

// multipart joins parts. The boundary grows until no part holds it.
func multipart(contentType, boundary, preamble string, parts ...part) part {
	var content [][]byte
	for _, p := range parts {
		content = append(content, p.bytes())
	}
	for holds(content, "--"+boundary) {
		boundary += "0"
	}
	var b bytes.Buffer
	b.WriteString(preamble)
	for i, c := range content {
		if i > 0 || preamble != "" {
			b.WriteString("\r\n")
		}
		b.WriteString("--" + boundary + "\r\n")
		b.Write(c)
	}
	b.WriteString("\r\n--" + boundary + "--\r\n")
	head := []field{{name: "Content-Type", value: contentType + `; boundary="` + boundary + `"`}}
	return part{append(head, eightBit(b.Bytes())...), b.Bytes()}
}

func holds(content [][]byte, s string) bool {
	for _, c := range content {
		if bytes.Contains(c, []byte(s)) {
			return true
		}
	}
	return false
}

// textPart is a text of our own, in ASCII when it can be.
func textPart(subtype, s string) part {
	if isASCII(s) && !hasLong([]byte(s)) {
		return part{[]field{{name: "Content-Type", value: "text/" + subtype + "; charset=us-ascii"}}, []byte(s)}
	}
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(s)) // into memory: no error
	w.Close()
	return part{[]field{
		{name: "Content-Type", value: "text/" + subtype + "; charset=utf-8"},
		{name: "Content-Transfer-Encoding", value: "quoted-printable"},
	}, b.Bytes()}
}

// eightBit tells of a body that is not ASCII.
func eightBit(body []byte) []field {
	if isASCII(string(body)) {
		return nil
	}
	return []field{{name: "Content-Transfer-Encoding", value: "8bit"}}
}

// base64Lines is base64 in lines of 76 (RFC 2045 §6.8).
func base64Lines(b []byte) []byte {
	s := base64.StdEncoding.EncodeToString(b)
	var out []byte
	for len(s) > 76 {
		out, s = append(append(out, s[:76]...), '\n'), s[76:]
	}
	return append(append(out, s...), '\n')
}

// fieldLines writes fields, folded.
func fieldLines(fields []field) string {
	var b strings.Builder
	for _, f := range fields {
		value := f.value
		if !f.raw {
			value = encodeWords(value)
		}
		fold(&b, f.name+":", value)
	}
	return b.String()
}

// fold breaks lines before words, and within a word only where it must.
func fold(b *strings.Builder, line, value string) {
	value = strings.TrimSpace(value)
	for i, word := range strings.Split(value, " ") {
		if i > 0 && word != "" && len(line)+1+len(word) > foldAt && strings.TrimSpace(line) != "" {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
		for len(line) > maxLine {
			at := runeStart(line, maxLine-1)
			b.WriteString(line[:at] + "\r\n")
			line = " " + line[at:]
		}
	}
	b.WriteString(strings.TrimRight(line, " ") + "\r\n")
}

// runeStart is the last place at or before i where a character starts.
func runeStart(s string, i int) int {
	for at := i; at > i-utf8.UTFMax; at-- {
		if utf8.RuneStart(s[at]) {
			return at
		}
	}
	return i
}

// encodeWords puts words that are not ASCII into encoded words, with the spaces
// between them.
func encodeWords(s string) string {
	if isASCII(s) {
		return s
	}
	var out, run []string
	flush := func() {
		if len(run) > 0 {
			out = append(out, mime.BEncoding.Encode("utf-8", strings.Join(run, " ")))
			run = nil
		}
	}
	for word := range strings.SplitSeq(s, " ") {
		if isASCII(word) {
			flush()
			out = append(out, word)
		} else {
			run = append(run, word)
		}
	}
	flush()
	return strings.Join(out, " ")
}

// crlf gives lines that SMTP can carry: each ends in CRLF, is not too long, and
// has no NUL.
func crlf(body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/32)
	length := 0
	for i, c := range body {
		switch {
		case c == 0, c == '\n' && i > 0 && body[i-1] == '\r':
			continue
		case c == '\r', c == '\n':
			out, length = append(out, '\r', '\n'), 0
			continue
		case length == maxLine, length > maxLine-utf8.UTFMax && utf8.RuneStart(c) && c >= utf8.RuneSelf:
			out, length = append(out, '\r', '\n'), 0
		}
		out, length = append(out, c), length+1
	}
	if length > 0 {
		out = append(out, '\r', '\n')
	}
	return out
}

func hasLong(body []byte) bool {
	for line := range bytes.Lines(body) {
		if len(line) > maxLine {
			return true
		}
	}
	return false
}

// clean makes one line of s: controls become spaces, what is not UTF-8 U+FFFD.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", " ")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
