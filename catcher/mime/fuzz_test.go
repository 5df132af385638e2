package mime

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mime/ugly"
)

// FuzzParse checks what holds for every message, however bad.
func FuzzParse(f *testing.F) {
	for _, c := range ugly.All() {
		if len(c.Body) < 20_000 {
			f.Add(c.Body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkMessage(t, body) })
}

// TestCorpusInvariants checks the same of the large mails too.
func TestCorpusInvariants(t *testing.T) {
	t.Parallel()
	for _, c := range ugly.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			checkMessage(t, c.Body)
		})
	}
}

func checkMessage(t *testing.T, body []byte) {
	r := bytes.NewReader(body)
	m := Parse(r, int64(len(body)))
	skimmed := Skim(r, int64(len(body)))
	skimmed.Defects = m.Defects
	if !reflect.DeepEqual(m, skimmed) {
		t.Errorf("Skim gives %+v, want %+v", skimmed, m)
	}
	checkParts(t, m, int64(len(body)))
	checkDefects(t, m, int64(len(body)))
	for i, h := range m.Headers {
		checkText(t, "header", h.Name, h.Raw, h.Value)
		if i > 50 {
			continue // Addresses looks at all headers
		}
		for _, a := range m.Addresses(h.Name) {
			checkText(t, "address", a.Name, a.Address)
			if a == (Address{}) {
				t.Errorf("an empty address in %q", h.Raw)
			}
		}
	}
	text, _ := m.Text()
	html, _ := m.HTML()
	checkText(t, "body", text, html)
	checkText(t, "texts", m.Texts()...)
	if date, ok := m.Date(); ok {
		if _, err := json.Marshal(date); err != nil {
			t.Errorf("a date that JSON cannot have: %v", err)
		}
	}
	checkSummary(t, m, Summarize(r, int64(len(body))))
	checkNarrow(t, m, body)
}

// checkNarrow compares with what is read through a window that is as small as
// may be: what is read at a time must not matter.
func checkNarrow(t *testing.T, m *Message, body []byte) {
	p := newParser(bytes.NewReader(body), int64(len(body)))
	p.w.width = headSize
	narrow := p.parse()
	if !slices.Equal(narrow.Defects, m.Defects) {
		t.Errorf("defects through a narrow window: %v\nelse: %v", narrow.Defects, m.Defects)
	}
	if !slices.Equal(narrow.Headers, m.Headers) {
		t.Errorf("headers through a narrow window: %q\nelse: %q", narrow.Headers, m.Headers)
	}
	next, stop := iter.Pull(narrow.Parts())
	defer stop()
	for p := range m.Parts() {
		q, ok := next()
		if !ok || q.ID != p.ID || q.Offset != p.Offset || q.Length != p.Length || q.ContentType != p.ContentType {
			t.Errorf("part through a narrow window: %+v\nelse: %+v", q, p)
		}
	}
	if q, ok := next(); ok {
		t.Errorf("one part more through a narrow window: %+v", q)
	}
}

func checkParts(t *testing.T, m *Message, size int64) {
	seen := map[string]bool{}
	for p := range m.Parts() {
		if seen[p.ID] {
			t.Errorf("two parts are %q", p.ID)
		}
		seen[p.ID] = true
		if len(seen) < 200 && m.Part(p.ID) != p {
			t.Errorf("Part(%q) is another part", p.ID)
		}
		if p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > size {
			t.Fatalf("part %q at %d+%d of %d", p.ID, p.Offset, p.Length, size)
		}
		checkText(t, "part", p.ID, p.ContentType, p.Charset, p.Encoding, p.Disposition, p.Filename, p.ContentID)
		for k, v := range p.Params {
			checkText(t, "parameter", k, v)
		}
		for _, h := range append(p.Headers, p.Enclosed...) {
			checkText(t, "part header", h.Name, h.Raw, h.Value)
		}
		if n, err := io.Copy(io.Discard, m.Open(p)); err != nil || n > p.Length {
			t.Errorf("part %q of %d octets: %d decoded, %v", p.ID, p.Length, n, err)
		}
		end := p.Offset
		for _, c := range p.Children {
			if c.Offset < end || c.Offset+c.Length > p.Offset+p.Length {
				t.Errorf("part %q at %d+%d does not lie in order in %q at %d+%d", c.ID, c.Offset, c.Length, p.ID, p.Offset, p.Length)
			}
			end = c.Offset + c.Length
		}
	}
	if len(seen) > maxParts+1 {
		t.Errorf("%d parts", len(seen))
	}
	for _, p := range m.Attachments() {
		if !seen[p.ID] || p == m.text || p == m.html {
			t.Errorf("attachment %q", p.ID)
		}
	}
}

func checkDefects(t *testing.T, m *Message, size int64) {
	if len(m.Defects) > maxDefects+1 {
		t.Errorf("%d defects", len(m.Defects))
	}
	for i, d := range m.Defects {
		checkText(t, "defect", d.Text, d.Part, string(d.Kind))
		if d.Offset < 0 || d.Offset > size || i > 0 && d.Offset < m.Defects[i-1].Offset {
			t.Errorf("defect %+v out of order or size", d)
		}
		if m.Part(d.Part) == nil && d.Part != "" {
			t.Errorf("defect of part %q, which is none", d.Part)
		}
		if !strings.HasSuffix(d.Text, ".") || len(d.Text) > 1000 {
			t.Errorf("defect text %q", d.Text)
		}
	}
}

func checkSummary(t *testing.T, m *Message, s Summary) {
	checkText(t, "summary", s.Subject, s.Snippet, s.MessageID)
	if utf8.RuneCountInString(s.Snippet) > snippetRunes || strings.ContainsAny(s.Snippet, "\r\n") {
		t.Errorf("snippet %q", s.Snippet)
	}
	if s.Partial {
		return
	}
	if s.Subject != m.Get("Subject") {
		t.Errorf("subject %q of the summary is %q in the message", s.Subject, m.Get("Subject"))
	}
	if s.Defects != len(m.Defects) || s.Attachments != len(m.Attachments()) {
		t.Errorf("summary %+v, but %d defects and %d attachments", s, len(m.Defects), len(m.Attachments()))
	}
}

func checkText(t *testing.T, what string, list ...string) {
	for _, s := range list {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%s %q is not UTF-8 without NUL", what, s)
		}
	}
}

func FuzzDecodeHeader(f *testing.F) {
	for _, s := range []string{
		"=?utf-8?B?5L2g?= =?utf-8?B?5aW9?=", "=?gbk?Q?=C4=E3?=", "a\r\n b", "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=",
		"=?utf-7?Q?+T2BZfQ-?=", "=?utf-8?Q?a b?= =?x?X?y?=", "\xc4\xe3", "=?utf-8*de?q?=?=", "=?hz?Q?~{Dc?=",
	} {
		f.Add(s, "gbk")
	}
	f.Fuzz(func(t *testing.T, raw, charset string) {
		value, _ := decodeHeader(raw, charsetName(charset))
		checkText(t, "header", value)
		if strings.ContainsAny(value, "\r\n") {
			t.Errorf("%q holds a line end", value)
		}
		// An octet can become three when raw text is decoded, each of those three
		// more when they stand in an encoded word of another charset.
		if len(value) > 9*len(raw)+9 {
			t.Errorf("%d octets of %d", len(value), len(raw))
		}
		plain := isASCII(raw) && !strings.Contains(raw, "=?") && !strings.ContainsAny(raw, "\r\n\x00\x1b")
		if plain && value != strings.Trim(raw, " \t") {
			t.Errorf("%q became %q", raw, value)
		}
		value, params := parseParams(raw)
		if len(params) > maxParams {
			t.Errorf("%d parameters", len(params))
		}
		_ = value
	})
}

// FuzzAddresses compares with net/mail wherever that reads the list.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{
		"a@b.test", "Jane <j@b.test>, \"X, Y\" <x@b.test>", "g: a@b.test, c@d.test;", "=?utf-8?Q?J=C3=BC?= <a@b.test>",
		"a@b.test (Jane)", "(((", "<<a>>", "\"a b\"@c.test", "\"unclosed", "a@[IPv6:::1]", "\"a\\\"b\" <c@d.test>", "a: ;", "a (b (c) d) <e@f.test>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := parseAddresses(nil, s)
		for _, a := range list {
			checkText(t, "address", a.Name, a.Address)
		}
		if len(list) > strings.Count(s, ",")+strings.Count(s, ";")+1 {
			t.Errorf("%d addresses in %q", len(list), s)
		}
		if !isASCII(s) || strings.ContainsAny(s, "()\\=?") {
			return // comments and escapes have more than one good reading
		}
		want, err := mail.ParseAddressList(s)
		if err != nil {
			return
		}
		if len(want) != len(list) {
			t.Fatalf("%q: %v, net/mail has %v", s, list, want)
		}
		for i, a := range list {
			got := strings.NewReplacer(" ", "", "\t", "").Replace(a.Address) // net/mail drops blanks around the @
			if !strings.ContainsAny(s, "\"") && got != want[i].Address {
				t.Errorf("%q: address %q, net/mail has %q", s, a.Address, want[i].Address)
			}
		}
	})
}

func FuzzCharset(f *testing.F) {
	for _, label := range []string{"utf-7", "iso-2022-kr", "hz-gb-2312", "utf-16", "utf-32", "gbk", "iso-2022-jp", "", "us-ascii", "utf-8", "windows-1252", "nobody"} {
		f.Add(label, []byte("+T2BZfQ- a~{Dc~}\x1b$)C\x0e!\x0f\xc4\xe3"))
	}
	f.Fuzz(func(t *testing.T, label string, b []byte) {
		s, _ := decodeText(b, charsetName(label))
		checkText(t, "text", s)
		if len(s) > 8*len(b)+8 {
			t.Errorf("%d octets of %d", len(s), len(b))
		}
	})
}

// FuzzTransfer checks that content is the same however it is read, and does not
// grow.
func FuzzTransfer(f *testing.F) {
	for _, s := range []string{"aGVsbG8=", "aGVs*bG8", "a=3Db= \r\n c=\r\r\n  \t", "====", "a=\n=", "=3", "a    \r\nb"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, enc := range []coding{encBase64, encQuotedPrintable} {
			whole, err := io.ReadAll(newDecoder(bytes.NewReader(b), enc, int64(len(b))))
			if err != nil || len(whole) > len(b) {
				t.Fatalf("%d octets of %d, %v", len(whole), len(b), err)
			}
			slow, _ := io.ReadAll(newDecoder(oneByOne{bytes.NewReader(b)}, enc, int64(len(b))))
			if !bytes.Equal(whole, slow) {
				t.Fatalf("%q became %q, octet by octet %q", b, whole, slow)
			}
		}
	})
}

type oneByOne struct{ r io.Reader }

func (o oneByOne) Read(b []byte) (int, error) { return o.r.Read(b[:min(len(b), 1)]) }
