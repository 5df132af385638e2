package dsn_test

import (
	"bytes"
	"flag"
	"io"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/postroom/postroom/catcher/dsn"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

var update = flag.Bool("update", false, "write the golden files anew")

const original = "From: Shop <shop@shop.test>\r\nTo: ann@example.test\r\nSubject: Your order\r\nMessage-ID: <order-1@shop.test>\r\nDate: Fri, 2 Jan 2026 03:04:05 +0000\r\n\r\nThank you.\r\n"

func received() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// sample is a report about one recipient, whom the peer does not know.
func sample(body string) dsn.Report {
	return dsn.Report{
		Action: dsn.Failed,
		Host:   "mx.post-room.test",
		Now:    received().Add(48 * time.Hour),
		ID:     "4f0a91c27be3d5",
		Recipients: []dsn.Recipient{{
			Rcpt:    mail.Rcpt{Address: "ann@example.test"},
			Reply:   &mail.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "User unknown"},
			Remote:  "mail.example.test:25",
			LastTry: received().Add(47 * time.Hour),
		}},
		Original: dsn.Original{
			Envelope: mail.Envelope{From: "shop@shop.test", Session: &mail.Session{Helo: "app.shop.test", Remote: "192.0.2.7:4711"}},
			Received: received(),
			Body:     []byte(body),
			Size:     int64(len(body)),
		},
	}
}

// A sampleCase is one kind of report; every dialect writes it.
type sampleCase struct {
	name   string
	report dsn.Report
}

func cases() []sampleCase {
	list := []sampleCase{{"failed", sample(original)}}
	add := func(name, body string, change func(*dsn.Report)) {
		r := sample(body)
		change(&r)
		list = append(list, sampleCase{name, r})
	}
	add("delayed", original, func(r *dsn.Report) {
		r.Action, r.Now = dsn.Delayed, received().Add(12*time.Hour)
		r.Recipients[0].Reply = &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 2}, Text: "Not now"}
		r.Recipients[0].LastTry = r.Now
		r.Recipients[0].RetryTill = received().Add(48 * time.Hour)
	})
	for _, action := range []dsn.Action{dsn.Delivered, dsn.Relayed} {
		add(string(action), original, func(r *dsn.Report) {
			r.Action = action
			r.Recipients[0].Reply = &mail.Reply{Code: 250, Enhanced: [3]int{2, 0, 0}, Text: "Taken"}
		})
	}
	add("many", original, func(r *dsn.Report) {
		r.Original.Envelope.EnvID, r.Original.Envelope.Ret = "order+1", "HDRS"
		r.Recipients = append(r.Recipients,
			dsn.Recipient{Rcpt: mail.Rcpt{Address: "bob+shop@example.test"}, Reply: &mail.Reply{Code: 552, Enhanced: [3]int{5, 2, 2}, Text: "Mailbox full\nAsk Bob (by phone) to tidy up"}, Remote: "192.0.2.1:25"},
			dsn.Recipient{Rcpt: mail.Rcpt{Address: "eve@other.test", ORcpt: "rfc822;eve@other.test"}, Reply: &mail.Reply{Code: 550, Text: "Spam detected"}},
			dsn.Recipient{Rcpt: mail.Rcpt{Address: "dan@late.test"}, Status: [3]int{5, 4, 7}, Reply: &mail.Reply{Text: "Connection timed out"}, Remote: "mx.late.test:25"})
	})
	add("utf8", "From: 店 <店@例え.test>\r\nSubject: 注文\r\n\r\nありがとう\r\n", func(r *dsn.Report) {
		r.Original.Envelope.UTF8, r.Original.Envelope.From = true, "店@例え.test"
		r.Recipients[0].Rcpt = mail.Rcpt{Address: "用户@例子.test", ORcpt: "utf-8;用户@例子.test"}
		r.Recipients[0].Reply.Text = "没有这个用户"
	})
	add("diagnostics", original, func(r *dsn.Report) {
		r.Recipients[0].Reply.Text = "User unknown " + strings.Repeat("see the manual. ", 100) + strings.Repeat("x", 2500)
	})
	add("bare", "X-Nothing: here\r\n\r\n", func(r *dsn.Report) {})
	add("empty", "", func(r *dsn.Report) { r.Original.Envelope.Session = nil })
	add("huge", original+strings.Repeat("0123456789\r\n", 5000), func(*dsn.Report) {})
	add("forwarded", original, func(r *dsn.Report) {
		r.Recipients[0].Rcpt.ORcpt = "rfc822;ann@old.test"
	})
	add("8bit", "From: shop@shop.test\r\nSubject: Gr\xfc\xdfe\r\nMessage-ID: <8@shop.test>\r\n\r\nna\xefve\x00\rlone\n"+strings.Repeat("y", 3000), func(*dsn.Report) {})
	return list
}

func write(t *testing.T, r dsn.Report, d dsn.Dialect) []byte {
	t.Helper()
	r.Dialect = d
	var b bytes.Buffer
	if err := dsn.Write(&b, &r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".eml")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: wrote\n%s\nwant\n%s", path, got, want)
	}
}

// TestGolden also checks what holds for every report.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, d := range dsn.Dialects() {
		for _, c := range cases() {
			t.Run(string(d)+"-"+c.name, func(t *testing.T) {
				t.Parallel()
				got := write(t, c.report, d)
				golden(t, string(d)+"-"+c.name, got)
				checkReport(t, got)
				// Originals bring their own along, and SMTPUTF8 allows raw UTF-8.
				checkDefects(t, got, map[string]mime.DefectKind{"8bit": mime.Raw8BitHeader, "utf8": mime.RawUTF8Header, "empty": mime.NoHeader}[c.name])
			})
		}
	}
}

// checkReport checks the lines of a message, and that its header has no field
// that no dialect writes, nor one twice.
func checkReport(t *testing.T, b []byte) {
	t.Helper()
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		t.Errorf("does not end in CRLF: %q", b[max(0, len(b)-50):])
	}
	for line := range bytes.Lines(b) {
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Errorf("a line of %d octets, or without CRLF, or with NUL: %.200q", len(line), line)
		}
	}
	m := mime.Parse(bytes.NewReader(b), int64(len(b)))
	var seen []string
	for _, h := range m.Headers {
		name := strings.ToLower(h.Name)
		if !slices.Contains(fieldsOfReports(), name) || slices.Contains(seen, name) {
			t.Errorf("field %q, which should not be there: %q", h.Name, h.Raw)
		}
		seen = append(seen, name)
	}
	for _, name := range []string{"from", "to", "subject", "date"} {
		if !slices.Contains(seen, name) {
			t.Errorf("no %s", name)
		}
	}
	if _, err := netmail.ReadMessage(bytes.NewReader(b)); err != nil {
		t.Errorf("net/mail: %v", err)
	}
}

func checkDefects(t *testing.T, b []byte, allowed mime.DefectKind) {
	t.Helper()
	for _, d := range mime.Parse(bytes.NewReader(b), int64(len(b))).Defects {
		if d.Kind != allowed {
			t.Errorf("%s at %d: %s", d.Kind, d.Offset, d.Text)
		}
	}
}

func fieldsOfReports() []string {
	return []string{"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "mime-version", "content-type",
		"content-transfer-encoding", "content-language", "x-ms-exchange-message-is-ndr", "x-dsncontext", "x-failed-recipients", "x-ses-outgoing", "received"}
}

// TestNothingBreaksOut puts line breaks, fields and boundaries wherever a peer or a
// client can put something.
func TestNothingBreaksOut(t *testing.T) {
	t.Parallel()
	const evil = "x@y.test\r\nX-Evil: 1\r\n\r\nX-Evil: 2\nX-Evil: 5\r\u2028\x00"
	boundary := regexp.MustCompile(`boundary="(.*?)"`)
	for _, d := range dsn.Dialects() {
		for _, utf8 := range []bool{false, true} {
			r := sample("Subject: a\rX-Evil: 3\r\nMessage-ID: <a\tb>\r\n\r\n")
			r.Host = evil
			r.Recipients[0] = dsn.Recipient{Rcpt: mail.Rcpt{Address: evil, ORcpt: "rfc822;" + evil}, Remote: evil, Reply: &mail.Reply{Code: 550, Text: evil}}
			r.Original.Envelope = mail.Envelope{From: evil, EnvID: evil, UTF8: utf8, Session: &mail.Session{Helo: evil}}
			got := write(t, r, d)
			for _, found := range boundary.FindAllStringSubmatch(string(got), -1) {
				r.Original.Body = append(r.Original.Body, "\r\n--"+found[1]+"\r\n\r\nX-Evil: 4\r\n"...)
			}
			r.Original.Size = int64(len(r.Original.Body))
			got = write(t, r, d)
			checkReport(t, got)
			checkStructure(t, got)
			copied := bytes.Index(got, []byte("Subject: a\r\nX-Evil: 3"))
			if i := bytes.Index(got, []byte("\nX-Evil")); i >= 0 && (copied < 0 || i < copied) {
				t.Errorf("%s: %q", d, got[max(0, i-100):])
			}
		}
	}
}

func TestParseDialect(t *testing.T) {
	t.Parallel()
	for _, d := range dsn.Dialects() {
		if got, err := dsn.ParseDialect(string(d)); got != d || err != nil {
			t.Errorf("%q: %q, %v", d, got, err)
		}
	}
	if got, err := dsn.ParseDialect(""); got != dsn.Standard || err != nil {
		t.Errorf("empty: %q, %v", got, err)
	}
	if got, err := dsn.ParseDialect("groupwise"); err == nil {
		t.Errorf("groupwise is %q", got)
	}
}

// TestReturned looks at how much of the original comes back: RFC 3461 §4.3.
func TestReturned(t *testing.T) {
	t.Parallel()
	big := original + strings.Repeat("0123456789\r\n", 5000)
	for _, c := range []struct {
		name, body, ret string
		action          dsn.Action
		missing         int64
		want            string
	}{
		{"small", original, "", dsn.Failed, 0, "message/rfc822"},
		{"small, headers wanted", original, "HDRS", dsn.Failed, 0, "text/rfc822-headers"},
		{"small, delayed", original, "FULL", dsn.Delayed, 0, "text/rfc822-headers"},
		{"small, delivered", original, "FULL", dsn.Delivered, 0, "text/rfc822-headers"},
		{"big", big, "", dsn.Failed, 0, "text/rfc822-headers"},
		{"big, all wanted", big, "FULL", dsn.Failed, 0, "message/rfc822"},
		{"cut off, all wanted", original, "FULL", dsn.Failed, 1, "text/rfc822-headers"},
	} {
		r := sample(c.body)
		r.Action, r.Original.Envelope.Ret = c.action, c.ret
		r.Original.Size += c.missing
		b := write(t, r, dsn.Standard)
		root := mime.Parse(bytes.NewReader(b), int64(len(b))).Root
		if got := root.Children[2].ContentType; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := bytes.Contains(b, []byte("Thank you.")); got != (c.want == "message/rfc822") {
			t.Errorf("%s: with the body: %v", c.name, got)
		}
	}
}

// TestStatus looks at where the status comes from.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		rc     dsn.Recipient
		action dsn.Action
		want   string
	}{
		{"given", dsn.Recipient{Status: [3]int{5, 4, 7}, Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 2}}}, dsn.Failed, "5.4.7"},
		{"of the reply", dsn.Recipient{Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 2}}}, dsn.Delayed, "4.3.2"},
		{"of its class", dsn.Recipient{Reply: &mail.Reply{Code: 554}}, dsn.Failed, "5.0.0"},
		{"nonsense", dsn.Recipient{Status: [3]int{9, 1, 1}, Reply: &mail.Reply{Code: -7, Enhanced: [3]int{5, -1, 4}}}, dsn.Failed, "5.0.0"},
		{"failed", dsn.Recipient{}, dsn.Failed, "5.0.0"},
		{"delayed", dsn.Recipient{}, dsn.Delayed, "4.4.7"},
		{"delivered", dsn.Recipient{}, dsn.Delivered, "2.0.0"},
		{"relayed", dsn.Recipient{}, dsn.Relayed, "2.0.0"},
	} {
		r := sample(original)
		r.Action, r.Recipients = c.action, []dsn.Recipient{c.rc}
		if b := write(t, r, dsn.Standard); !bytes.Contains(b, []byte("\r\nStatus: "+c.want+"\r\n")) {
			t.Errorf("%s: no %s in\n%s", c.name, c.want, b)
		}
	}
}

// TestNoSMTPUTF8 reports in ASCII what a peer without SMTPUTF8 could not take.
func TestNoSMTPUTF8(t *testing.T) {
	t.Parallel()
	r := sample(original)
	r.Original.Envelope.From = "böse@shop.test"
	r.Recipients[0].Rcpt = mail.Rcpt{Address: "用户@x.test", ORcpt: "rfc822;ü@x.test"}
	r.Recipients[0].Reply.Text = "böse"
	b := write(t, r, dsn.Standard)
	status, _, _ := strings.Cut(string(b[bytes.Index(b, []byte("message/delivery-status")):]), "--report")
	for _, want := range []string{`Final-Recipient: utf-8; \x{7528}\x{6237}@x.test`, `Original-Recipient: utf-8; \x{FC}@x.test`, "Diagnostic-Code: smtp; 550 5.1.1 =?utf-8?b?YsO2c2U=?="} {
		if !strings.Contains(status, want) {
			t.Errorf("no %q in\n%s", want, status)
		}
	}
	if i := bytes.IndexFunc(b, func(c rune) bool { return c > unicode.MaxASCII }); i >= 0 {
		t.Errorf("not ASCII: %q", b[i:])
	}
}

func TestWriteError(t *testing.T) {
	t.Parallel()
	r := sample(original)
	_, w := io.Pipe()
	w.CloseWithError(io.ErrUnexpectedEOF)
	if err := dsn.Write(w, &r); err == nil {
		t.Error("no error")
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("a@b.test", "rfc822;a@b.test", "id", "line\r\n.\r\nBcc: x", "host:25", "from@c.test", original, "failed", 0, 550, 5, true, "FULL")
	f.Add("ü\r\nX: y@b.test", ";", "\r\n\r\n--report", strings.Repeat("x", 3000), "[::1]:25", "\"a\nb\"@c", "Subject: =?utf-8?q?=0d=0aBcc:_x?=\r\n\tb\r\n\r\n", "delayed", 4, 0, 9, false, "")
	f.Fuzz(func(t *testing.T, rcpt, orcpt, id, text, host, from, body, action string, dialect, code, class int, utf8 bool, ret string) {
		r := sample(body)
		r.Host, r.ID, r.Action = host, id, dsn.Action(action)
		r.Recipients = append(r.Recipients, dsn.Recipient{Rcpt: mail.Rcpt{Address: rcpt, ORcpt: orcpt}, Remote: host, Reply: &mail.Reply{Code: code, Enhanced: [3]int{class, code, class}, Text: text}})
		r.Original.Envelope.From, r.Original.Envelope.EnvID = from, id
		r.Original.Envelope.UTF8, r.Original.Envelope.Ret = utf8, ret
		r.Original.Envelope.Session.Helo = text
		all := dsn.Dialects()
		d := all[uint(dialect)%uint(len(all))]
		got := write(t, r, d)
		checkReport(t, got)
		checkStructure(t, got)
		if !bytes.Equal(got, write(t, r, d)) {
			t.Error("not the same again")
		}
	})
}

// checkStructure checks that the parts of a multipart report are those that were
// written, whatever is in them.
func checkStructure(t *testing.T, b []byte) {
	t.Helper()
	root := mime.Parse(bytes.NewReader(b), int64(len(b))).Root
	if root.ContentType == "multipart/report" && len(root.Children) != 3 {
		t.Errorf("%d parts in\n%s", len(root.Children), b)
	}
}
