package mime

import (
	"slices"
	"strconv"
	"strings"
)

const maxParams = 200 // of one field, segments (RFC 2231 §3) counted each

// parseType reads a Content-Type field. Parameters are returned also when the
// type is no good.
func parseType(raw string) (string, map[string]string, bool) {
	value, params := parseParams(raw)
	t := strings.ToLower(value)
	major, minor, ok := strings.Cut(t, "/")
	return t, params, ok && isToken(major) && isToken(minor)
}

// parseParams reads a field that is a value and parameters: those are octets
// as they stand, RFC 2231 undone. Missing semicolons, quotes and blanks in the
// wrong place are let through.
func parseParams(raw string) (string, map[string]string) {
	s := stripComments(unfold(raw))
	end := strings.IndexAny(s, "; \t")
	if end < 0 {
		return s, nil
	}
	value, s := s[:end], s[end:]
	var list []segment
	for len(list) < maxParams {
		s = strings.TrimLeft(s, "; \t")
		eq := strings.IndexAny(s, "=;")
		if eq < 0 {
			break
		}
		if s[eq] == ';' {
			s = s[eq:]
			continue
		}
		name := strings.ToLower(strings.TrimSpace(s[:eq]))
		var text string
		text, s = paramValue(strings.TrimLeft(s[eq+1:], " \t"))
		list = append(list, newSegment(name, text))
	}
	return value, join(list)
}

// paramValue reads a value and returns the rest. An unquoted one ends at the
// semicolon: file names with blanks in them are often not quoted.
func paramValue(s string) (value, rest string) {
	if s == "" || s[0] != '"' {
		value, rest, _ = strings.Cut(s, ";")
		return strings.TrimRight(value, " \t"), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// stripComments removes comments (RFC 5322 §3.2.2) outside quotes. One that
// does not end is no comment.
func stripComments(s string) string {
	if !strings.Contains(s, "(") || !strings.Contains(s, ")") {
		return s
	}
	last := strings.LastIndexByte(s, ')')
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (quoted || depth > 0):
			if depth == 0 {
				b.WriteString(s[i : i+2])
			}
			i++
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted && (depth > 0 || i < last):
			depth++
			continue
		case c == ')' && depth > 0:
			depth--
			continue
		}
		if depth == 0 {
			b.WriteByte(c)
		}
	}
	return strings.TrimSpace(b.String())
}

// A segment is a parameter or, by RFC 2231 §3, a piece of one.
type segment struct {
	name     string
	index    int  // -1: not a piece
	extended bool // percent-encoded, perhaps with a charset
	text     string
}

func newSegment(name, text string) segment {
	s := segment{name: name, index: -1, text: text}
	if base, ok := strings.CutSuffix(name, "*"); ok {
		s.name, s.extended = base, true
	}
	if base, number, ok := strings.Cut(s.name, "*"); ok {
		if n, err := strconv.Atoi(number); err == nil && n >= 0 {
			s.name, s.index = base, n
		}
	}
	return s
}

// join makes parameters of segments. Of two with one name the first wins, but
// the extended form beats the plain one, which is there for old readers
// (RFC 6266 §4.3 says so for HTTP, and mailers do it).
func join(list []segment) map[string]string {
	params := map[string]string{}
	var pieces []segment
	strong := map[string]bool{}
	for _, s := range list {
		if s.index >= 0 {
			pieces = append(pieces, s)
			continue
		}
		if _, known := params[s.name]; s.name == "" || known && (!s.extended || strong[s.name]) {
			continue
		}
		params[s.name], strong[s.name] = s.decode(), s.extended
	}
	slices.SortStableFunc(pieces, func(a, b segment) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return a.index - b.index
	})
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n].name == pieces[0].name {
			n++
		}
		if name := pieces[0].name; name != "" && !strong[name] {
			params[name] = joinPieces(pieces[:n])
		}
		pieces = pieces[n:]
	}
	return params
}

func (s segment) decode() string {
	if !s.extended {
		return s.text
	}
	return joinPieces([]segment{s})
}

// joinPieces decodes the pieces of one parameter. The charset stands in the
// first and a character may go from one piece to the next, so octets are joined
// before they are decoded.
func joinPieces(pieces []segment) string {
	var charset string
	var b []byte
	for i, s := range pieces {
		text := s.text
		if i == 0 && s.extended {
			if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
				charset, text = parts[0], parts[2]
			}
		}
		if i > 0 && s.index == pieces[i-1].index {
			continue
		}
		if s.extended {
			b = unpercent(b, text)
		} else {
			b = append(b, text...)
		}
	}
	if charset == "" {
		return string(b)
	}
	s, _ := decodeText(b, charsetName(charset))
	return s
}

func unpercent(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// isToken says whether s is a token of RFC 2045 §5.1.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 127 || strings.IndexByte(`()<>@,;:\"/[]?=`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}
