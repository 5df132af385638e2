package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// A charsetFault is what was wrong with how a text says its charset.
type charsetFault int

const (
	charsetGood     charsetFault = iota
	charsetUnknown               // nobody knows it
	charsetMismatch              // the text is not in it
)

// charsetName brings a charset's label to one form.
func charsetName(label string) string {
	label = strings.Trim(label, "\"' \t\r\n")
	if i := strings.IndexAny(label, " ;,"); i >= 0 {
		label = label[:i]
	}
	return clean(strings.ToLower(label))
}

// decodeText turns octets into UTF-8 without NUL. label is as charsetName
// gives it; with "" the charset is guessed.
func decodeText(b []byte, label string) (string, charsetFault) {
	var s string
	var fault charsetFault
	switch label {
	case "", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "unknown", "default", "binary", "8bit", "7bit":
		s = guessText(b)
		if label != "" && fault == charsetGood && !isASCII(b) && strings.HasSuffix(label, "ascii") {
			fault = charsetMismatch
		}
	case "utf-8", "utf8", "utf_8", "unicode-1-1-utf-8", "utf-8-sig", "utf8mb4", "cp65001":
		s, fault = decodeUTF8(b)
	case "utf-7", "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csunicode11utf7", "cp65000":
		s, fault = decodeUTF7(b)
	case "iso-2022-kr", "csiso2022kr":
		s, fault = decodeWith(korean.EUCKR, shiftedKorean(b))
	case "hz-gb-2312", "hz", "hz-gb2312":
		s, fault = decodeHZ(b)
	default:
		enc := lookup(label, b)
		if enc == nil {
			return clean(guessText(b)), charsetUnknown
		}
		s, fault = decodeWith(enc, b)
	}
	return clean(s), fault
}

// lookup finds the encoding of a label, also under the names that mail has
// for it and the web has not. b helps where the label leaves a question.
func lookup(label string, b []byte) encoding.Encoding {
	switch label {
	case "gb2312", "gb_2312-80", "gb_2312", "gbk", "gb18030", "gb-2312", "gb2312-80", "cp936", "ms936", "windows-936", "936",
		"x-gbk", "euc-cn", "euccn", "x-euc-cn", "chinese", "cn-gb", "gb", "iso-ir-58", "csgb2312", "csiso58gb231280", "gb-18030", "gb_18030":
		return simplifiedchinese.GB18030
	case "big5", "big-5", "big5-hkscs", "big5hkscs", "cn-big5", "csbig5", "x-x-big5", "cp950", "ms950", "windows-950", "950":
		return traditionalchinese.Big5
	case "shift_jis", "shift-jis", "shiftjis", "sjis", "x-sjis", "cp932", "ms932", "ms_kanji", "windows-31j", "windows-932", "csshiftjis", "x-ms-cp932", "932":
		return japanese.ShiftJIS
	case "iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "csiso2022jp", "cp50220", "cp50221", "cp50222", "jis", "iso2022-jp", "iso2022jp":
		return japanese.ISO2022JP
	case "euc-jp", "eucjp", "x-euc-jp", "x-euc", "cp51932", "cseucpkdfmtjapanese":
		return japanese.EUCJP
	case "euc-kr", "euckr", "ks_c_5601-1987", "ks_c_5601-1989", "ks_c_5601", "ks-c-5601", "ksc5601", "ksc_5601", "ks-c-5601-1987", "cp949", "ms949",
		"windows-949", "uhc", "x-windows-949", "korean", "cseuckr", "csksc56011987", "iso-ir-149", "949":
		return korean.EUCKR
	case "utf-16", "utf16", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode":
		return unicode.UTF16(utf16Order(b), unicode.UseBOM)
	case "utf-16le", "utf16le", "ucs-2le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be", "utf16be", "ucs-2be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-32", "utf32", "ucs-4", "iso-10646-ucs-4", "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case "cp437", "ibm437", "437", "cspc8codepage437":
		return charmap.CodePage437
	case "cp850", "ibm850", "850", "cspc850multilingual":
		return charmap.CodePage850
	case "cp852", "ibm852", "852":
		return charmap.CodePage852
	case "cp858", "ibm00858":
		return charmap.CodePage858
	case "cp866", "ibm866", "866":
		return charmap.CodePage866
	}
	return lookupWeb(label)
}

// lookupWeb asks the table of the web, in the spellings that mail has for its
// labels: "cp1252", "win-1252", "iso_8859_1", "latin-1".
func lookupWeb(label string) encoding.Encoding {
	for _, prefix := range [...]string{"windows", "win", "ms", "cp-", "cp_"} {
		if rest, ok := strings.CutPrefix(label, prefix); ok {
			label = "cp" + strings.TrimLeft(rest, "-_")
		}
	}
	for _, prefix := range [...]string{"iso-8859", "iso_8859", "iso8859", "8859"} {
		if rest, ok := strings.CutPrefix(label, prefix); ok {
			number, _, _ := strings.Cut(strings.TrimLeft(rest, "-_"), ":")
			label = "iso-8859-" + strings.TrimPrefix(number, "0")
		}
	}
	if rest, ok := strings.CutPrefix(label, "latin-"); ok {
		label = "latin" + rest
	}
	if enc, name := charset.Lookup(label); name != "replacement" {
		return enc
	}
	return nil
}

// utf16Order guesses the order of octets: blanks and line ends have their zero
// first or last. Without any it is the order of those who forget the mark.
func utf16Order(b []byte) unicode.Endianness {
	var zeros [2]int
	for i, c := range b[:min(len(b), 4096)] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	if zeros[0] > zeros[1] {
		return unicode.BigEndian
	}
	return unicode.LittleEndian
}

// decodeWith decodes b. Octets that are not in the encoding become U+FFFD and
// are a mismatch.
func decodeWith(enc encoding.Encoding, b []byte) (string, charsetFault) {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil || bytes.Contains(out, []byte("\ufffd")) {
		return string(out), charsetMismatch
	}
	return string(out), charsetGood
}

// decodeUTF8 takes what is no UTF-8 at all for something else.
func decodeUTF8(b []byte) (string, charsetFault) {
	if utf8.Valid(b) {
		return string(b), charsetGood
	}
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r != utf8.RuneError && n > 1 {
			return strings.ToValidUTF8(string(b), "\ufffd"), charsetMismatch
		}
		rest = rest[n:]
	}
	return guessText(b), charsetMismatch
}

// guessText decodes what does not say its charset: UTF-8, else ISO-2022-JP when
// its escapes are there, else GBK when all octets over 127 pair up to common
// Chinese, else windows-1252.
func guessText(b []byte) string {
	var enc encoding.Encoding
	switch {
	case bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")):
		enc = japanese.ISO2022JP
	case utf8.Valid(b):
		return string(b)
	case likeGBK(b):
		enc = simplifiedchinese.GB18030
	default:
		enc = charmap.Windows1252
	}
	s, _ := decodeWith(enc, b)
	return s
}

// likeGBK says whether octets over 127 come in pairs of the rows of GB 2312
// that hold punctuation and the common characters. Letters with accents seldom
// stand in pairs.
func likeGBK(b []byte) bool {
	pairs := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < 0x80 {
			continue
		}
		hanzi := 0xb0 <= c && c <= 0xf7 || 0xa1 <= c && c <= 0xa3
		if !hanzi || i+1 == len(b) || b[i+1] < 0xa1 || b[i+1] == 0xff {
			return false
		}
		pairs++
		i++
	}
	return pairs > 0
}

// metaCharset returns the charset that an HTML text names itself, or "".
func metaCharset(b []byte) string {
	if utf8.Valid(b) {
		return ""
	}
	_, name, certain := charset.DetermineEncoding(b[:min(len(b), 1024)], "text/html")
	if !certain {
		return ""
	}
	return name
}

// decodeHZ decodes HZ (RFC 1843), in which a line end ends the Chinese of a
// line, whether it says so or not.
func decodeHZ(b []byte) (string, charsetFault) {
	s, fault := decodeWith(simplifiedchinese.HZGB2312, b)
	if fault == charsetGood {
		return s, fault
	}
	var out strings.Builder
	fault = charsetGood
	for line := range bytes.Lines(b) {
		text := bytes.TrimRight(line, "\r\n")
		s, f := decodeWith(simplifiedchinese.HZGB2312, text)
		out.WriteString(s)
		out.Write(line[len(text):])
		fault = max(fault, f)
	}
	return out.String(), fault
}

// shiftedKorean turns ISO-2022-KR (RFC 1557) into EUC-KR: the same rows with
// the high bit set, between SO and SI, after a header ESC $ ) C.
func shiftedKorean(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	var high byte
	for _, c := range b {
		switch {
		case c == 0x0e:
			high = 0x80
		case c == 0x0f:
			high = 0
		case c == '\n' || c == '\r':
			high = 0
			out = append(out, c)
		case c > ' ' && c < 0x7f:
			out = append(out, c|high)
		default:
			out = append(out, c)
		}
	}
	return out
}

func isASCII[T []byte | string](b T) bool {
	for i := 0; i < len(b); i++ {
		if b[i] >= 0x80 {
			return false
		}
	}
	return true
}

// clean makes a string fit to be shown and put into JSON or a database.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\ufffd")
	}
	return s
}

// wholeLines drops the line that was cut at the end of b, so that no character
// is cut. A text of one line stays.
func wholeLines(b []byte) []byte {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return b[:i+1]
	}
	return b
}
