package query

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold brings text into the form in which it is compared.
//
//   - Letters are lower-case and without accents: É is e, and ß, æ, ø, ł, đ, ı are
//     ss, ae, o, l, d, i. Only the marks that make Japanese kana voiced stay; those
//     that are vowels and tones in Arabic, Hebrew, Thai or Hindi go like others.
//   - Compatibility forms (full-width, half-width, ligatures) are ordinary
//     characters; Hangul is whole syllables. Typographic quotes and dashes are ASCII.
//   - White space and control characters are one blank, however many there are. At
//     the ends, and between Han characters or kana, where lines are wrapped without
//     a blank, they are nothing.
//   - What has no width (soft hyphens, joiners, direction marks…) is dropped.
//   - Octets that are not UTF-8 are U+FFFD.
//
// Folding twice changes nothing more. ASCII text that is folded already is
// returned as it is.
func Fold(s string) string {
	if foldedPrefix(s) == len(s) {
		return s
	}
	f, table := folder{out: make([]byte, 0, len(s)+8)}, common()
	for i := 0; ; {
		if i += f.ascii(s[i:]); i == len(s) {
			return string(f.out)
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r >= commonRunes || table[r] == unknown:
			f.rune(r)
		case table[r] != gone:
			f.write(rune(table[r]))
		}
	}
}

// foldedPrefix is the length of the start of s that is ASCII and folded. It does
// not end in a blank.
func foldedPrefix(s string) int {
	for i := range len(s) {
		c := s[i]
		if c > ' ' && c < 0x7f && (c < 'A' || c > 'Z') {
			continue
		}
		after := i > 0 && s[i-1] == ' '
		if c == ' ' && i > 0 && i+1 < len(s) && !after {
			continue
		}
		if after {
			return i - 1
		}
		return i
	}
	return len(s)
}

// A folder writes folded text.
type folder struct {
	out   []byte
	blank bool // there was white space since
	cjk   bool // the last character was one that needs no blank behind it
}

// ascii folds text up to the first character that is not ASCII, and says how
// many octets that is.
func (f *folder) ascii(s string) int {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf {
		if n := foldedPrefix(s[i:]); n > 0 {
			f.gap()
			f.out = append(f.out, s[i:i+n]...)
			i += n
			continue
		}
		if c := s[i]; 'A' <= c && c <= 'Z' {
			f.gap()
			f.out = append(f.out, c|0x20)
		} else {
			f.blank = true
		}
		i++
	}
	return i
}

// gap writes the blank that is due before a character that is not CJK.
func (f *folder) gap() {
	if f.blank && len(f.out) > 0 {
		f.out = append(f.out, ' ')
	}
	f.blank, f.cjk = false, false
}

// rune folds one character. What it decomposes to is folded in turn.
func (f *folder) rune(r rune) {
	switch {
	case r < utf8.RuneSelf:
		f.ascii(string(r))
	case 0x4e00 <= r && r <= 0x9fff, 0x3001 <= r && r <= 0x3029, 0xac00 <= r && r <= 0xd7a3, 0x3041 <= r && r <= 0x3096, 0x30a1 <= r && r <= 0x30fe:
		f.write(r)
	case unicode.IsSpace(r), unicode.IsControl(r):
		f.blank = true
	case isWidePunctuation(r):
		f.blank = f.blank && !f.cjk
		f.replace(r)
		f.cjk = true
	case f.replace(r), dropped(r):
	case lower(r) != r:
		f.rune(lower(r))
	default:
		f.write(r)
	}
}

// What common says of a character that does not fold to a single one.
const (
	unknown = iota
	gone
)

const commonRunes = 0x2000 // most alphabets

// common holds what the first characters fold to.
var common = sync.OnceValue(func() *[commonRunes]uint16 {
	var table [commonRunes]uint16
	f := folder{out: make([]byte, 0, 64)}
	for r := rune(utf8.RuneSelf); r < commonRunes; r++ {
		f.out, f.blank = f.out[:0], false
		f.rune(r)
		folded, size := utf8.DecodeRune(f.out)
		switch {
		case f.blank || size < len(f.out):
		case size == 0:
			table[r] = gone
		default:
			table[r] = uint16(folded)
		}
	}
	return &table
})

// replace writes other characters for r, if there are any for it.
func (f *folder) replace(r rune) bool {
	var buf [utf8.UTFMax]byte
	other := norm.NFKD.Properties(utf8.AppendRune(buf[:0], r)).Decomposition()
	if other == nil {
		if twin := twin(r); twin != "" {
			other = []byte(twin)
		}
	}
	for i := 0; i < len(other); {
		part, size := utf8.DecodeRune(other[i:])
		f.rune(part)
		i += size
	}
	return other != nil
}

// write adds a character that is folded, joined with the one before it if they
// are the parts of a syllable.
func (f *folder) write(r rune) {
	cjk := isCJK(r)
	f.blank = f.blank && !(f.cjk && cjk)
	f.gap()
	f.cjk = cjk
	if r == dakuten || r == handakuten || isVowelOrFinal(r) {
		last, size := utf8.DecodeLastRune(f.out)
		whole := norm.NFC.String(string([]rune{last, r}))
		if size > 0 && utf8.RuneCountInString(whole) == 1 {
			f.out = append(f.out[:len(f.out)-size], whole...)
			return
		}
	}
	f.out = utf8.AppendRune(f.out, r)
}

const dakuten, handakuten = '\u3099', '\u309a'

// isVowelOrFinal says whether r is a letter of a Hangul syllable that is not its first.
func isVowelOrFinal(r rune) bool { return 0x1160 <= r && r <= 0x11ff }

// dropped says whether r is a mark on another character or has no width.
func dropped(r rune) bool {
	if r == dakuten || r == handakuten {
		return false
	}
	return unicode.In(r, unicode.Mn, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) || norm.NFKD.PropertiesString(string(r)).CCC() != 0
}

// lower goes by way of the upper case: ς and σ have one, and so do ı and i.
func lower(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// twin is how people write r who do not have it on their keyboard.
func twin(r rune) string {
	switch r {
	case 'ß', 'ẞ':
		return "ss"
	case 'æ', 'Æ':
		return "ae"
	case 'œ', 'Œ':
		return "oe"
	case 'ø', 'Ø':
		return "o"
	case 'ł', 'Ł':
		return "l"
	case 'đ', 'Đ', 'ð', 'Ð':
		return "d"
	case 'þ', 'Þ':
		return "th"
	case 'ħ', 'Ħ':
		return "h"
	case 'ŧ', 'Ŧ':
		return "t"
	case 'ȷ':
		return "j"
	case '‘', '’', '‚', '‛', 'ʼ':
		return "'"
	case '“', '”', '„', '‟':
		return `"`
	case '‐', '‒', '–', '—', '−':
		return "-"
	}
	return ""
}

// isCJK says whether r is of a script whose lines are wrapped without blanks: Han,
// kana and their punctuation.
func isCJK(r rune) bool {
	return r >= 0x2e80 && (r <= 0x30ff || 0x31f0 <= r && r <= 0x31ff || 0x3400 <= r && r <= 0x9fff ||
		0xf900 <= r && r <= 0xfaff || 0x1aff0 <= r && r <= 0x1b16f || 0x20000 <= r && r <= 0x3ffff)
}

// isWidePunctuation says whether r is the full-width form of ASCII punctuation.
func isWidePunctuation(r rune) bool {
	return 0xff01 <= r && r <= 0xff65 && !unicode.In(r, unicode.L, unicode.Nd)
}
