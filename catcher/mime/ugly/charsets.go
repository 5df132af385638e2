package ugly

import (
	"encoding/base64"
	"fmt"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// The texts of the charset cases.
const (
	chinese  = "你好，世界。这是一封测试邮件"
	taiwan   = "你好，世界。這是一封測試郵件"
	japan    = "日本語のメール、こんにちは"
	korea    = "한국어 메일 안녕하세요"
	german   = "Grüße aus Zürich"
	russian  = "Привет из Москвы"
	greek    = "Καλημέρα κόσμε"
	arabic   = "مرحبا بالعالم"
	polish   = "Zażółć gęślą jaźń"
	euro     = "10 € – “quoted”"
	koreanNo = "한국어" // fits into ISO-2022-KR as coded below
)

func encode(enc encoding.Encoding, s string) string {
	out, err := enc.NewEncoder().String(s)
	if err != nil {
		panic(fmt.Sprintf("ugly: text does not fit its charset: %v", err)) // a slip in this file
	}
	return out
}

// charsets has each charset in an encoded word of the subject and in the body:
// raw 8-bit where SMTP can carry it, else base64.
func charsets() []Case {
	var list []Case
	for _, c := range [...]struct {
		label, text string
		enc         encoding.Encoding
	}{
		{"gb2312", chinese, simplifiedchinese.GBK},
		{"gbk", chinese + "镕", simplifiedchinese.GBK},
		{"gb18030", chinese + "㐀", simplifiedchinese.GB18030},
		{"hz-gb-2312", chinese, simplifiedchinese.HZGB2312},
		{"big5", taiwan, traditionalchinese.Big5},
		{"iso-2022-jp", japan, japanese.ISO2022JP},
		{"x-sjis", japan, japanese.ShiftJIS},
		{"cp932", japan, japanese.ShiftJIS},
		{"euc-jp", japan, japanese.EUCJP},
		{"euc-kr", korea, korean.EUCKR},
		{"ks_c_5601-1987", korea, korean.EUCKR},
		{"iso-8859-1", german, charmap.ISO8859_1},
		{"iso-8859-2", polish, charmap.ISO8859_2},
		{"iso-8859-15", "10 € Grüße", charmap.ISO8859_15},
		{"windows-1250", polish, charmap.Windows1250},
		{"windows-1251", russian, charmap.Windows1251},
		{"windows-1252", euro, charmap.Windows1252},
		{"cp1252", euro, charmap.Windows1252},
		{"windows-1253", greek, charmap.Windows1253},
		{"windows-1256", arabic, charmap.Windows1256},
		{"koi8-r", russian, charmap.KOI8R},
		{"cp850", german, charmap.CodePage850},
		{"utf-8", chinese + " 😀", encoding.Nop},
	} {
		text := encode(c.enc, c.text)
		list = append(list, mail("charset-"+c.label, head(word(c.label, text))+
			"Content-Type: text/plain; charset="+c.label+"\nContent-Transfer-Encoding: 8bit\n\n"+text+"\n"))
	}
	for _, c := range [...]struct{ label, text string }{
		{"utf-16", encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), chinese)},
		{"utf-16le", encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), chinese)},
		{"utf-32", encode(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), chinese)},
		{"utf-7", utf7(chinese) + " 1 +- 1"},
		{"unicode-1-1-utf-7", utf7(german)},
		{"iso-2022-kr", iso2022kr(koreanNo)},
	} {
		list = append(list, mail("charset-"+c.label, head(word(c.label, c.text))+
			"Content-Type: text/plain; charset=\""+c.label+"\"\nContent-Transfer-Encoding: base64\n\n"+b64(c.text)))
	}
	return append(list,
		mail("charset-unknown", head(word("x-martian", "tak me"))+"Content-Type: text/plain; charset=x-martian\n\nTake me to your leader.\n"),
		mail("charset-wrong-utf-8-is-latin-1", head("wrong charset")+"Content-Type: text/plain; charset=utf-8\n\n"+encode(charmap.ISO8859_1, german)+"\n"),
		mail("charset-wrong-ascii-is-utf-8", head("wrong charset")+"Content-Type: text/plain; charset=us-ascii\n\n"+chinese+"\n"),
		mail("charset-utf-8-cut-in-character", head("cut")+"Content-Type: text/plain; charset=utf-8\n\n"+chinese[:len(chinese)-1]+"\n"),
		mail("charset-none-gbk", head("no charset")+"\n"+encode(simplifiedchinese.GBK, chinese)+"\n"),
		mail("charset-none-latin-1", head("no charset")+"\n"+encode(charmap.ISO8859_1, german)+"\n"),
		mail("charset-html-meta", head("charset in the HTML")+"Content-Type: text/html\n\n<html><head><meta charset=\"gbk\"></head><body>"+encode(simplifiedchinese.GBK, chinese)+"</body></html>\n"),
		mail("charset-empty", head("empty charset")+"Content-Type: text/plain; charset=\n\n"+german+"\n"),
		mail("charset-quoted-twice", head("quoted charset")+"Content-Type: text/plain; charset=\"'utf-8'\"\n\n"+german+"\n"),
	)
}

// word makes an encoded word.
func word(charset, text string) string {
	return "=?" + charset + "?B?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?="
}

// b64 encodes in lines of 76.
func b64(text string) string {
	s := base64.StdEncoding.EncodeToString([]byte(text))
	out := make([]byte, 0, len(s)+len(s)/76+1)
	for len(s) > 76 {
		out = append(append(out, s[:76]...), '\n')
		s = s[76:]
	}
	return string(append(append(out, s...), '\n'))
}

// utf7 encodes all that is not ASCII, each run for itself.
func utf7(s string) string {
	var out string
	var run []rune
	flush := func() {
		if len(run) == 0 {
			return
		}
		var b []byte
		for _, u := range utf16.Encode(run) {
			b = append(b, byte(u>>8), byte(u))
		}
		out += "+" + base64.RawStdEncoding.EncodeToString(b) + "-"
		run = nil
	}
	for _, r := range s {
		if r >= 0x80 {
			run = append(run, r)
			continue
		}
		flush()
		out += string(r)
	}
	flush()
	return out
}

// iso2022kr encodes a text of Hangul only: EUC-KR without its high bits between
// SO and SI.
func iso2022kr(s string) string {
	b := []byte(encode(korean.EUCKR, s))
	for i := range b {
		b[i] &= 0x7f
	}
	return "\x1b$)C\x0e" + string(b) + "\x0f"
}
