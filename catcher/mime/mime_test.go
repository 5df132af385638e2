package mime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/mail"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// parse reads a text in which lines end in LF: they get CRLF first.
func parse(text string) *Message {
	b := bytes.ReplaceAll([]byte(text), []byte("\n"), []byte("\r\n"))
	return Parse(bytes.NewReader(b), int64(len(b)))
}

const from = "From: a@sender.test\nSubject: s\n"

func TestDefects(t *testing.T) {
	t.Parallel()
	two := from + "Content-Type: multipart/mixed; boundary=b\n"
	for _, c := range []struct {
		kind DefectKind
		part string // that has it
		at   string // text at which it shows
		mail string
	}{
		{NoHeader, "1", "hello", "hello\n\nworld\n"},
		{NoBlankLine, "1", "text at once", from + "text at once\n"},
		{NoBlankLine, "2", "at once", two + "\n--b\n\none\n--b\nat once\n--b--\n"},
		{ByteOrderMark, "1", "\xef", "\xef\xbb\xbf" + from + "\nx\n"},
		{MboxFromLine, "1", "From a", "From a@b Thu Mar  5 10:20:30 2026\n" + from + "\nx\n"},
		{LeadingContinuation, "1", " lead", " lead\n" + from + "\nx\n"},
		{JunkHeaderLine, "1", "junk", from + "junk\nX: y\n\nx\n"},
		{SpaceBeforeColon, "1", " : y", from + "X : y\n\nx\n"},
		{UnindentedContinuation, "", "boundary", from + "Content-Type: multipart/mixed;\nboundary=b\n\n--b\n\none\n--b--\n"},
		{HeaderTooLarge, "1", "vvv", manyFields() + "\nx\n"},
		{DuplicateHeader, "1", "subject: two", from + "subject: two\n\nx\n"},
		{RawUTF8Header, "1", "X: ü", from + "X: ü\n\nx\n"},
		{Raw8BitHeader, "1", "X: \xfc", from + "X: \xfc\n\nx\n"},
		{BadEncodedWord, "1", "X: =?", from + "X: =?utf-8?B?!?=\n\nx\n"},
		{UnknownCharset, "1", "X: =?", from + "X: =?klingon?Q?a=FF?=\n\nx\n"},
		{CharsetMismatch, "1", "X: =?", from + "X: =?utf-8?Q?a=C3=A4=FF?=\n\nx\n"},
		{BadDate, "1", "Date:", from + "Date: whenever\n\nx\n"},
		{BadContentType, "1", "Content-Type", from + "Content-Type: words\n\nx\n"},
		{UnknownCharset, "1", "body", from + "Content-Type: text/plain; charset=klingon\n\nbody\n"},
		{CharsetMismatch, "1", "body", from + "Content-Type: text/plain; charset=utf-8\n\nbody ä \xff\n"},
		{UnknownTransferEncoding, "1", "Content-Transfer", from + "Content-Transfer-Encoding: 8-bit\n\nx\n"},
		{BadBase64, "1", "*", from + "Content-Transfer-Encoding: base64\n\naGVs*bG8=\n"},
		{TruncatedBase64, "1", "", from + "Content-Transfer-Encoding: base64\n\naGVsbG\n"},
		{BadQuotedPrintable, "1", "=X", from + "Content-Transfer-Encoding: quoted-printable\n\na=3Db=X\n"},
		{BadQuotedPrintable, "1", "ü", from + "Content-Transfer-Encoding: quoted-printable\n\naü\n"},
		{Undeclared8Bit, "1", "ü", from + "Content-Type: text/plain; charset=utf-8\n\naü\n"},
		{MissingBoundary, "", "From", from + "Content-Type: multipart/mixed\n\nx\n"},
		{BoundaryNotFound, "", "From", two + "\nx\n"},
		{MissingClose, "", "", two + "\n--b\n\none\n"},
		{MissingClose, "1", "\r\n--b--", two + "\n--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--b--\n"},
		{EncodedMultipart, "", "From", two + "Content-Transfer-Encoding: base64\n\n--b\n\none\n--b--\n"},
		{EncodedMessage, "1", "From", from + "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYQo=\n"},
		{TooDeep, strings.Repeat(".1", maxDepth+1)[1:], "", strings.Repeat("Content-Type: message/rfc822\n\n", maxDepth+1)},
		{TooManyParts, "", "", two + "\n" + strings.Repeat("--b\n\n", maxParts+10) + "--b--\n"},
		{NULOctet, "", "\x00", from + "\nx\x00\n"},
		{LongLine, "", "yyy", from + "\n" + strings.Repeat("y", 999) + "\n"},
		{BareCR, "", "\rx", from + "\na\rx\n"},
		{DoubledCR, "", "b\r", from + "\na\nb\r\n"},
	} {
		m := parse(c.mail)
		i := slices.IndexFunc(m.Defects, func(d Defect) bool { return d.Kind == c.kind && d.Part == c.part })
		if i < 0 {
			t.Errorf("%s of part %q is missing in %v", c.kind, c.part, m.Defects)
			continue
		}
		whole := strings.ReplaceAll(c.mail, "\n", "\r\n")
		if at := m.Defects[i].Offset; !strings.HasPrefix(whole[at:], c.at) {
			t.Errorf("%s shows at %d: %.20q, want %q", c.kind, at, whole[at:], c.at)
		}
	}
}

func manyFields() string {
	var b strings.Builder
	b.WriteString(from)
	for i := range 80_000 {
		fmt.Fprintf(&b, "F%d:%s\n", i, strings.Repeat("v", 230)) // more than maxHeader octets
	}
	return b.String()
}

func TestBareLFIsADefect(t *testing.T) {
	t.Parallel()
	body := "From: a@b.test\r\n\r\none\ntwo\n"
	m := Parse(strings.NewReader(body), int64(len(body)))
	want := []Defect{{Kind: BareLF, Offset: 21, Text: "2 lines end in LF without CR; this is the first."}}
	if !slices.Equal(m.Defects, want) {
		t.Errorf("got %v, want %v", m.Defects, want)
	}
}

func TestGoodMailHasNoDefects(t *testing.T) {
	t.Parallel()
	body := ordinary()
	m := Parse(bytes.NewReader(body), int64(len(body)))
	if len(m.Defects) > 0 {
		t.Errorf("got %v", m.Defects)
	}
}

func TestDefectsAreBounded(t *testing.T) {
	t.Parallel()
	m := parse(from + strings.Repeat("junk\n", 1000) + "X: y\n\nx\n")
	if n := len(m.Defects); n != maxSameDefects+1 {
		t.Fatalf("%d defects, want %d", n, maxSameDefects+1)
	}
	last := m.Defects[maxSameDefects]
	if last.Kind != MoreDefects || last.Text != "There are 990 more defects of the kinds above." {
		t.Errorf("last is %+v", last)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const zh, tw, ja, ko, de = "你好，世界", "你好，世界", "日本語", "한국어", "Zürich"
	for _, c := range []struct {
		labels string
		text   string
		enc    encoding.Encoding
	}{
		{"gbk gb2312 gb18030 GB_2312-80 cp936 x-gbk", zh, simplifiedchinese.GBK},
		{"big5 big5-hkscs cp950 cn-big5", tw, traditionalchinese.Big5},
		{"hz-gb-2312 HZ", zh + "\r\n" + zh, simplifiedchinese.HZGB2312},
		{"iso-2022-jp csISO2022JP cp50221", ja, japanese.ISO2022JP},
		{"shift_jis x-sjis cp932 windows-31j ms_kanji", ja, japanese.ShiftJIS},
		{"euc-jp", ja, japanese.EUCJP},
		{"euc-kr ks_c_5601-1987 cp949 uhc", ko, korean.EUCKR},
		{"iso-8859-1 latin1 iso8859-1 ISO_8859-1 latin-1 iso-8859-1:1987", de, charmap.ISO8859_1},
		{"windows-1252 cp1252 win-1252 cp-1252", de + " €", charmap.Windows1252},
		{"windows-1250 cp1250", "Łódź", charmap.Windows1250},
		{"windows-1251 cp1251", "Москва", charmap.Windows1251},
		{"windows-1253", "Αθήνα", charmap.Windows1253},
		{"windows-1254 cp1254", "İstanbul", charmap.Windows1254},
		{"windows-1255", "שלום", charmap.Windows1255},
		{"windows-1256", "مرحبا", charmap.Windows1256},
		{"windows-1257", "Rīga", charmap.Windows1257},
		{"windows-1258", "đ", charmap.Windows1258},
		{"iso-8859-15", "€", charmap.ISO8859_15},
		{"koi8-r", "Москва", charmap.KOI8R},
		{"cp850 ibm850", de, charmap.CodePage850},
		{"cp437", de, charmap.CodePage437},
		{"utf-8 utf8 UTF-8 \"utf-8\"", zh + de, encoding.Nop},
		{"utf-16", de + "\n", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{"utf-16 utf-16be", de + "\n", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"utf-16 utf-16le", de + "\n", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"utf-32", zh, utf32.UTF32(utf32.BigEndian, utf32.UseBOM)},
		{"utf-32le", zh, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	} {
		raw, err := c.enc.NewEncoder().String(c.text)
		if err != nil {
			t.Fatal(err)
		}
		for label := range strings.FieldsSeq(c.labels) {
			if got, fault := decodeText([]byte(raw), charsetName(label)); got != c.text || fault != charsetGood {
				t.Errorf("%s: %q, fault %d, want %q", label, got, fault, c.text)
			}
		}
	}
}

func TestCharsetsOfOurOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		label, raw, want string
		fault            charsetFault
	}{
		{"utf-7", "+T2BZfQ-, 1 +- 1", "你好, 1 + 1", charsetGood},
		{"unicode-1-1-utf-7", "Z+APw-rich", "Zürich", charsetGood},
		{"utf-7", "+ZeVnLIqe", "日本語", charsetGood},
		{"utf-7", "+1VytbcW0 x", "한국어 x", charsetGood},
		{"utf-7", "+2D3eAA-", "😀", charsetGood},
		{"utf-7", "+2D0-x", "\ufffdx", charsetMismatch},
		{"utf-7", "a+", "a+", charsetMismatch},
		{"utf-7", "+A-", "", charsetMismatch},
		{"utf-7", "Zürich", "Zürich", charsetMismatch},
		{"iso-2022-kr", "\x1b$)C\r\n\x0eGQ19>n\x0f abc\r\n", "\r\n한국어 abc\r\n", charsetGood},
		{"hz-gb-2312", "~{Dc:C~} a~~b", "你好 a~b", charsetGood},
		{"hz-gb-2312", "~{Dc:C\r\nab", "你好\r\nab", charsetGood},
		{"", "\xc4\xe3\xba\xc3", "你好", charsetGood},
		{"", "Z\xfcrich", "Zürich", charsetGood},
		{"", "\x1b$BF|K\\8l\x1b(B", "日本語", charsetGood},
		{"us-ascii", "日本語", "日本語", charsetMismatch},
		{"utf-8", "Z\xfcrich", "Zürich", charsetMismatch},
		{"utf-8", "日本\xe8", "日本\ufffd", charsetMismatch},
		{"utf-8", "a\x00b", "a\ufffdb", charsetGood},
		{"klingon", "Z\xfcrich", "Zürich", charsetUnknown},
	} {
		if got, fault := decodeText([]byte(c.raw), c.label); got != c.want || fault != c.fault {
			t.Errorf("%s %q: %q, fault %d, want %q, %d", c.label, c.raw, got, fault, c.want, c.fault)
		}
	}
}

func TestRawHeaderIsInTheCharsetOfTheMessage(t *testing.T) {
	t.Parallel()
	subject, _ := charmap.Windows1251.NewEncoder().String("Москва")
	m := parse("Subject: " + subject + "\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=windows-1251\n\nx\n--b--\n")
	if got := m.Get("SUBJECT"); got != "Москва" {
		t.Errorf("got %q", got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"Thu, 05 Mar 2026 10:20:30 +0100":         "2026-03-05T10:20:30+01:00",
		"5 Mar 26 10:20 EST":                      "2026-03-05T10:20:00-05:00",
		"Thu,  5 Mar 2026 10:20:30 -0700 (PDT)":   "2026-03-05T10:20:30-07:00",
		"Thursday, 05-Mar-26 10:20:30 GMT":        "2026-03-05T10:20:30Z",
		"Thu Mar  5 10:20:30 2026":                "2026-03-05T10:20:30Z",
		"Thu Mar 05 10:20:30 UTC 2026":            "2026-03-05T10:20:30Z",
		"2026-03-05T10:20:30+02:00":               "2026-03-05T10:20:30+02:00",
		"Thu, 5 Mar 2026 10:20:30 GMT+0200":       "",
		"Thu, 5 Mar 2026 10:20:30 GMT +0200":      "2026-03-05T10:20:30+02:00",
		"Thu, 5 March 2026 10:20:30 +0100":        "2026-03-05T10:20:30+01:00",
		"Thu, 99 Mar 2026 10:20:30 +0100":         "",
		"":                                        "",
		"Thu, 05 Mar 2026 10:20:30 +0100 (a (b))": "2026-03-05T10:20:30+01:00",
	} {
		date, ok := parse("Date: " + raw + "\n\n").Date()
		got := ""
		if ok {
			got = date.Format("2006-01-02T15:04:05Z07:00")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestOpenReadsAnyPart(t *testing.T) {
	t.Parallel()
	m := parse(from + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: BASE64\n\naGVs\nbG8\n--b\nContent-Transfer-Encoding: quoted-printable\n\na=3Db =\nc  \nd\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\nx\n--b--\n")
	for id, want := range map[string]string{"1": "hello", "2": "a=b c\r\nd", "3": "Subject: in\r\n\r\nx", "3.1": "x"} {
		p := m.Part(id)
		if p == nil {
			t.Fatalf("no part %s", id)
		}
		if got, err := io.ReadAll(m.Open(p)); string(got) != want || err != nil {
			t.Errorf("part %s: %q, %v, want %q", id, got, err, want)
		}
	}
	if got := m.Part("3").Enclosed; len(got) != 1 || got[0].Value != "in" {
		t.Errorf("enclosed header is %v", got)
	}
	if m.Part("4") != nil {
		t.Error("there is a part 4")
	}
}

func TestBodiesAreChosen(t *testing.T) {
	t.Parallel()
	const plain, html = "Content-Type: text/plain", "Content-Type: text/html"
	for _, c := range []struct {
		name, kind string
		parts      []string // headers; the content of each is its number
		text, html string
		attached   int
	}{
		{"alternative", "alternative", []string{plain, html}, "1", "2", 0},
		{"last alternative wins", "alternative", []string{plain, plain, html, html}, "2", "4", 2},
		{"calendar is no body", "alternative", []string{plain, "Content-Type: text/calendar"}, "1", "", 1},
		{"first of mixed", "mixed", []string{plain, plain}, "1", "", 1},
		{"no type is plain", "mixed", []string{"X: y", html}, "1", "2", 0},
		{"attached text is no body", "mixed", []string{plain + "\nContent-Disposition: attachment", plain}, "2", "", 1},
		{"a later file is no body", "mixed", []string{plain, html + "; name=report.html"}, "1", "", 1},
		{"a first file may be one", "mixed", []string{html + "; name=mail.html"}, "", "1", 0},
		{"first of related", "related", []string{html, plain, "Content-Type: image/png"}, "", "1", 2},
		{"nothing", "mixed", []string{"Content-Type: image/png"}, "", "", 1},
	} {
		mail := from + "Content-Type: multipart/" + c.kind + "; boundary=b\n\n"
		for i, head := range c.parts {
			mail += fmt.Sprintf("--b\n%s\n\n%d\n", head, i+1)
		}
		m := parse(mail + "--b--\n")
		text, hasText := m.Text()
		html, hasHTML := m.HTML()
		if text != c.text || html != c.html || hasText != (c.text != "") || hasHTML != (c.html != "") || len(m.Attachments()) != c.attached {
			t.Errorf("%s: text %q, html %q, %d attachments", c.name, text, html, len(m.Attachments()))
		}
	}
}

// TestWordsWithoutEndCostLittle has what made each opener search all that
// follows.
func TestWordsWithoutEndCostLittle(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"=?a?X?", "=?a?Q?", "=?", "=?a", "=?a?", "=?a?Q?=?", "?="} {
		long := strings.Repeat(s, 1<<20/len(s))
		for _, end := range []string{"", "?="} {
			start := time.Now()
			decodeHeader(long+end, "")
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("%q: %v", s+end, d)
			}
		}
	}
}

func TestPartsStopsWhenAsked(t *testing.T) {
	t.Parallel()
	m := parse(from + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n")
	n := 0
	for range m.Parts() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d parts", n)
	}
}

// TestWellFormedMailReadsAsTheLibraryDoes compares with net/mail and
// mime/multipart, which are right where mail is.
func TestWellFormedMailReadsAsTheLibraryDoes(t *testing.T) {
	t.Parallel()
	body := ordinary()
	m := Parse(bytes.NewReader(body), int64(len(body)))
	std, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range std.Header {
		if got := m.headerRaw(name); strings.Join(strings.Fields(got), " ") != values[0] {
			t.Errorf("%s: %q, want %q", name, got, values[0])
		}
	}
	want, _ := std.Header.AddressList("From")
	if got := m.Addresses("From"); len(got) != 1 || got[0] != (Address{want[0].Name, want[0].Address}) {
		t.Errorf("From is %v, want %v", got, want)
	}
	parts := multipart.NewReader(std.Body, m.Root.Params["boundary"])
	for _, p := range m.Root.Children {
		stdPart, err := parts.NextPart() // which undoes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		want, _ := io.ReadAll(stdPart)
		if got, _ := io.ReadAll(m.Open(p)); !bytes.Equal(got, want) {
			t.Errorf("part %s: %q, want %q", p.ID, got, want)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("the library has more parts: %v", err)
	}
}

func (m *Message) headerRaw(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Raw
		}
	}
	return ""
}

// A meter counts what is read of a message.
type meter struct {
	io.ReaderAt
	octets int64
}

func (m *meter) ReadAt(b []byte, off int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(b, off)
	m.octets += int64(n)
	return n, err
}

func TestSummarizeReadsOnlyTheStartOfALargeMail(t *testing.T) {
	t.Parallel()
	body := large(12 << 20)
	r := &meter{ReaderAt: bytes.NewReader(body)}
	s := Summarize(r, int64(len(body)))
	if r.octets > 4*summaryBytes {
		t.Errorf("%d octets read", r.octets)
	}
	if !s.Partial || s.Subject != "large" || s.Snippet != "text" || s.Attachments != 1 || s.Defects != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestParseTakesLittleMemoryForALargeMail(t *testing.T) {
	body := large(20 << 20)
	r := bytes.NewReader(body)
	var before, after runtime.MemStats // no other test runs beside one that is not parallel
	runtime.ReadMemStats(&before)
	Parse(r, int64(len(body)))
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d octets allocated", n)
	}
}

// broken fails beyond its first octets.
type broken struct{ text string }

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(b.text)) {
		return 0, errors.New("broken")
	}
	return copy(p, b.text[off:]), errors.New("broken")
}

func TestAReaderThatFailsEndsTheMessage(t *testing.T) {
	t.Parallel()
	text := "Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext"
	for size := range len(text) {
		m := Parse(broken{text[:size]}, 1<<40)
		for p := range m.Parts() {
			if p.Offset+p.Length > int64(size) {
				t.Errorf("part %q at %d+%d of %d", p.ID, p.Offset, p.Length, size)
			}
		}
		_, _ = m.Text()
	}
	if got, _ := Parse(broken{text}, 1<<40).Text(); got != "text" {
		t.Errorf("text %q", got)
	}
	if m := Parse(broken{""}, -1); m.Root == nil || len(m.Defects) != 1 {
		t.Errorf("of nothing: %+v", m)
	}
}

// TestBoundariesAcrossWindows moves boundaries and line ends over the edge of
// what is read at a time.
func TestBoundariesAcrossWindows(t *testing.T) {
	t.Parallel()
	head := "Content-Type: multipart/mixed; boundary=bound\r\n\r\n--bound\r\n\r\n"
	for _, end := range []string{"\r\n", "\n", "\r\r\n"} {
		for pad := windowSize - len(head) - 12; pad < windowSize-len(head)+12; pad++ {
			body := head + strings.Repeat("x", pad) + end + "--bound" + end + end + "second" + end + "--bound--" + end
			m := Parse(strings.NewReader(body), int64(len(body)))
			if n := len(m.Root.Children); n != 2 {
				t.Fatalf("%d parts with %d octets before %q", n, pad, end)
			}
			first, second := m.Part("1"), m.Part("2")
			if first.Length != int64(pad) || second.Length != 6 {
				t.Errorf("parts of %d and %d octets with %d before %q", first.Length, second.Length, pad, end)
			}
		}
	}
}

func TestLongFieldsAcrossWindows(t *testing.T) {
	t.Parallel()
	for pad := windowSize - 20; pad < windowSize+20; pad++ {
		body := "X: " + strings.Repeat("x", pad) + "\r\nSubject: s\r\n\r\ntext"
		m := Parse(strings.NewReader(body), int64(len(body)))
		text, _ := m.Text()
		if m.Get("Subject") != "s" || text != "text" || len(m.Get("X")) != pad {
			t.Fatalf("pad %d: subject %q, text %q", pad, m.Get("Subject"), text)
		}
	}
}
