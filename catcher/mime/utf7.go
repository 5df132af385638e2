package mime

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF7 decodes RFC 2152: UTF-16 in base64 between "+" and "-". Octets over
// 127, which it does not have, are decoded as if nothing was declared.
func decodeUTF7(b []byte) (string, charsetFault) {
	if !isASCII(b) {
		return guessText(b), charsetMismatch
	}
	s := string(b)
	var out strings.Builder
	out.Grow(len(s))
	fault := charsetGood
	for {
		i := strings.IndexByte(s, '+')
		if i < 0 {
			out.WriteString(s)
			return out.String(), fault
		}
		out.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, "-") {
			out.WriteByte('+')
			s = s[1:]
			continue
		}
		n := utf7Run(s)
		if n == 0 {
			out.WriteByte('+')
			fault = charsetMismatch
			continue
		}
		if !writeUTF16(&out, s[:n]) {
			fault = charsetMismatch
		}
		s = strings.TrimPrefix(s[n:], "-")
	}
}

func utf7Run(s string) int {
	for i := 0; i < len(s); i++ {
		if base64Class(s[i]) >= 64 {
			return i
		}
	}
	return len(s)
}

// writeUTF16 writes a run of base64 without padding. False when its bits make
// no whole UTF-16.
func writeUTF16(out *strings.Builder, run string) bool {
	var bits uint32
	var n int
	var high rune // first half of a pair, or 0
	good := true
	for i := 0; i < len(run); i++ {
		bits, n = bits<<6|uint32(base64Class(run[i])), n+6
		if n < 16 {
			continue
		}
		n -= 16
		unit := rune(bits >> n & 0xffff)
		if high != 0 {
			r := utf16.DecodeRune(high, unit)
			high = 0
			if r != utf8.RuneError {
				out.WriteRune(r)
				continue
			}
			out.WriteRune(utf8.RuneError)
			good = false
		}
		if 0xd800 <= unit && unit < 0xdc00 {
			high = unit
			continue
		}
		good = good && !utf16.IsSurrogate(unit)
		out.WriteRune(unit)
	}
	if high != 0 {
		out.WriteRune(utf8.RuneError)
	}
	return good && high == 0 && n < 6 && bits&(1<<n-1) == 0
}
