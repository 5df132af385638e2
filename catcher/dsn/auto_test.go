package dsn_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/dsn"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

func autoReply(t *testing.T, a dsn.Auto) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := dsn.AutoReply(&b, &a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func auto(from, body, text string) dsn.Auto {
	r := sample(body)
	r.Original.Envelope.From = from
	return dsn.Auto{Host: r.Host, Now: r.Now, ID: r.ID, From: "ann@example.test", Text: text, Original: r.Original}
}

func TestAutoReply(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]dsn.Auto{
		"auto":      auto("shop@shop.test", original, ""),
		"auto-text": auto("shop@shop.test", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n", "Ich bin im Büro nebenan.\r\n"),
		"auto-bare": auto("shop@shop.test", "", "Away"),
	} {
		got := autoReply(t, a)
		golden(t, name, got)
		checkReport(t, got)
		checkDefects(t, got, "")
	}
}

func TestMayReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, header, why string }{
		{"shop@shop.test", "", ""},
		{"shop@shop.test", "Auto-Submitted: no (really)", ""},
		{"shop@shop.test", "Precedence: first-class", ""},
		{"shop@shop.test", "X-Auto-Response-Suppress: DR, RN", ""},
		{"shop@shop.test", "Subject: x\r\n\r\nAuto-Submitted: auto-replied", ""},
		{"", "", "null sender"},
		{"Mailer-Daemon@shop.test", "", "sender is mailer-daemon"},
		{"owner-list@shop.test", "", "sender is owner-list"},
		{"list-request@shop.test", "", "sender is list-request"},
		{"shop@shop.test", "auto-submitted: auto-generated", "Auto-Submitted: auto-generated"},
		{"shop@shop.test", "Precedence: Bulk", "Precedence: Bulk"},
		{"shop@shop.test", "X-Auto-Response-Suppress: DR,\r\n OOF", "X-Auto-Response-Suppress: oof"},
		{"shop@shop.test", "List-Id: <x.shop.test>", "List-Id"},
		{"shop@shop.test", "LIST-UNSUBSCRIBE: <mailto:x@shop.test>", "List-Unsubscribe"},
	} {
		ok, why := dsn.MayReply(&dsn.Original{Envelope: mail.Envelope{From: c.from}, Body: []byte(c.header + "\r\n\r\n")})
		if ok != (c.why == "") || why != c.why {
			t.Errorf("<%s> %q: %v, %q, want %q", c.from, c.header, ok, why, c.why)
		}
	}
}

func FuzzAutoReply(f *testing.F) {
	f.Add("a\r\nBcc: x@y.test", "Subject: a\r\n\tb\r\nMessage-ID: <a\x00b>\r\n\r\n", "text\n.\r\n\x00ü", true)
	f.Fuzz(func(t *testing.T, from, body, text string, utf8 bool) {
		a := auto(from, body, text)
		a.From, a.Original.Envelope.UTF8 = from, utf8
		checkReport(t, autoReply(t, a))
		dsn.MayReply(&a.Original)
	})
}

func complaint(t *testing.T, c dsn.Complaining) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := dsn.Complaint(&b, &c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	for _, d := range []dsn.Dialect{dsn.Standard, dsn.Yahoo, dsn.SES} {
		r := sample(original)
		got := complaint(t, dsn.Complaining{Dialect: d, Host: r.Host, Now: r.Now, ID: r.ID, Recipient: "ann@example.test", Original: r.Original})
		golden(t, "complaint-"+string(d), got)
		checkReport(t, got)
		checkDefects(t, got, "")
	}
}

// TestComplaintIsNotMoreThanItSays puts fields into everything.
func TestComplaintIsNotMoreThanItSays(t *testing.T) {
	t.Parallel()
	const evil = "x@y.test\r\nIncidents: 7\r\n\r\n--feedback"
	r := sample("Subject: a\r\n b\r\n\r\n")
	r.Original.Envelope.From, r.Original.Envelope.Session.Remote = evil, evil+":25"
	got := complaint(t, dsn.Complaining{Host: evil, Now: r.Now, ID: evil, Type: evil, Recipient: evil, Original: r.Original})
	checkReport(t, got)
	m := mime.Parse(bytes.NewReader(got), int64(len(got)))
	if len(m.Root.Children) != 3 || strings.Contains(string(got), "\nIncidents") {
		t.Errorf("%d parts:\n%s", len(m.Root.Children), got)
	}
}
