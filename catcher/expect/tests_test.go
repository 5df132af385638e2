package expect

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime/ugly"
	"github.com/postroom/postroom/catcher/store"
)

func TestParseTest(t *testing.T) {
	t.Parallel()
	is := func(s string) *string { return &s }
	for text, want := range map[string]Test{
		"Welcome":   {Equals: is("Welcome")},
		"=Welcome":  {Equals: is("Welcome")},
		"==":        {Equals: is("=")},
		"=":         {Equals: is("")},
		"=!":        {Equals: is("!")},
		"=/":        {Equals: is("/")},
		"~Welcome":  {Contains: "Welcome"},
		"~~":        {Contains: "~"},
		"~/":        {Contains: "/"},
		"/^W.*e$/":  {Matches: "^W.*e$"},
		"/a/b/":     {Matches: "a/b"},
		"!":         {Absent: true},
		"!Welcome":  {Equals: is("Welcome"), Not: true},
		"!=Welcome": {Equals: is("Welcome"), Not: true},
		"!~Welcome": {Contains: "Welcome", Not: true},
		"!/W/":      {Matches: "W", Not: true},
		"!=":        {Equals: is(""), Not: true},
	} {
		want.Field = "subject"
		got, err := ParseTest("subject", text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseTestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"subject", "", "subject: empty: write = for an empty value, ! for none"},
		{"subject", "!!", "subject: one ! is enough; write =! for text that begins with it"},
		{"subject", "~", "subject: there is nothing after ~"},
		{"subject", "~ ", "subject: it is blank"},
		{"subject", "/", "subject: a regular expression is written /…/; write =/ for text that begins with it"},
		{"subject", "//", "subject: a regular expression is written /…/; write =/ for text that begins with it"},
		{"subject", "!/reset", "subject: a regular expression is written /…/; write =/ for text that begins with it"},
		{"header.X-Id", "/(/", "header.X-Id: bad regular expression: missing closing ): `(`"},
		{"header.", "x", `header.: there is no field "header."; there are subject, from, to, cc, bcc, reply-to, envelope.from, envelope.to, text, html, body, link, attachment, attachment.type, size, recipients, attachments, header.NAME`},
		{"size", "~1", `size: size is a number: use equals, such as "2" or ">10k"`},
		{"size", "!", `size: size is a number: use equals, such as "2" or ">10k"`},
		{"size", "many", `size: "many" is no number and no comparison such as >10k or <=3`},
		{"size", "><1", `size: "><1" is no number and no comparison such as >10k or <=3`},
	} {
		_, err := ParseTest(c[0], c[1])
		if bad := (*Error)(nil); !errors.As(err, &bad) || err.Error() != c[2] {
			t.Errorf("%q: %v", c[:2], err)
		}
	}
}

func TestParseCount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Count{
		"1": {Exactly: 1}, "12": {Exactly: 12}, "1+": {AtLeast: 1}, "2+": {AtLeast: 2}, "0": {None: true}, "none": {None: true},
	} {
		if got, err := ParseCount(text); got != want || err != nil {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "+", "0+", "-1", "+1", "1.5", "one", "99999999999", " 1", "1++"} {
		if got, err := ParseCount(text); err == nil || !strings.HasPrefix(err.Error(), "count: ") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	empty := ""
	for _, c := range []struct {
		want Want
		err  string
	}{
		{Want{To: "@a.test"}, `to: "@a.test" is no recipient; for a mailbox use mailbox, for a domain *@a.test`},
		{Want{To: "Alice <alice@a.test>"}, `to: "Alice <alice@a.test>" is neither an address nor a pattern of such: malformed local part`},
		{Want{To: "*@"}, `to: "*@" is neither an address nor a pattern of such: malformed domain`},
		{Want{Query: "form:bob"}, `query: `},
		{Want{Count: Count{Exactly: 1, None: true}}, "count: only one of atLeast, exactly and none can be given"},
		{Want{Count: Count{AtLeast: -1}}, "count: it cannot be negative"},
		{Want{Match: []Test{{Field: "subject", Absent: true}, {Field: "subjet", Absent: true}}}, "match[1].field: there is no field"},
		{Want{Match: []Test{{Field: "subject"}}}, "match[0]: one of equals, contains, matches and absent is to be given"},
		{Want{Match: []Test{{Field: "subject", Equals: &empty, Absent: true}}}, "match[0]: one of"},
		{Want{Match: []Test{{Field: "subject", Matches: "*"}}}, "match[0].matches: bad regular expression: missing argument to repetition operator: `*`"},
		{Want{Match: []Test{{Field: "subject", Contains: " "}}}, "match[0].contains: it is blank"},
		{Want{Match: []Test{{Field: "size", Contains: "1"}}}, "match[0]: size is a number"},
		{Want{Match: []Test{{Field: "size", Equals: &empty}}}, "match[0].equals: "},
		{Want{Extract: []Extract{{Spec: "code"}, {Spec: "kode"}}}, `extract[1]: "kode" is nothing that can be extracted`},
		{Want{Extract: []Extract{{Spec: "code"}}, Count: Count{None: true}}, "extract: there is nothing to extract when no mail is wanted"},
		{Want{To: "@", Query: "(", Match: []Test{{}}}, "to: "},
	} {
		_, err := compile(&c.want, noon())
		if bad := (*Error)(nil); !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%+v: %v", c.want, err)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	m := message(0, welcome, "Alice+x@A.test", "bob@b.test", "carol@c.test")
	m.Deliveries[1].Box = mail.QueueBox
	m.Deliveries[2].Box = "team@c.test"
	for _, c := range []struct {
		mailbox, to string
		in          bool
		key         string
	}{
		{"", "", true, ""},
		{"", "alice+x@a.test", true, "alice+x@a.test"},
		{"", "ALICE+x@a.TEST", true, "alice+x@a.test"},
		{"", "alice@a.test", false, "alice@a.test"},
		{"", "bob@b.test", false, "bob@b.test"},
		{"@queue", "bob@b.test", true, "@queue"},
		{"@queue", "", true, "@queue"},
		{"@queue", "alice+x@a.test", false, "@queue"},
		{"", "carol@c.test", true, "carol@c.test"},
		{"team@c.test", "", true, "team@c.test"},
		{"Team@c.test", "carol@*", true, "team@c.test"},
		{"carol@c.test", "", false, "carol@c.test"},
		{"", "*", true, ""},
		{"", "*@a.test", true, ""},
		{"", "*@b.test", false, ""},
		{"", "alice*@*.test", true, ""},
		{"", "a*i*e*", true, ""},
		{"", "a*ee*", false, ""},
		{"", "*+x@a.test*", true, ""},
		{"", "alice+x@a.test*t", false, ""},
	} {
		p := mustCompile(t, Want{Mailbox: c.mailbox, To: c.to})
		if p.scope(m) != c.in || p.key() != c.key {
			t.Errorf("mailbox %q, to %q: %v, key %q", c.mailbox, c.to, p.scope(m), p.key())
		}
	}
	m.Deliveries = m.Deliveries[1:2]
	if mustCompile(t, Want{}).scope(m) {
		t.Error("mail in the queue is nobody's")
	}
}

const full = "From: \"Shop, the\" <Shop@A.test>\nTo: Alice <alice@a.test>, bob@b.test\nReply-To: help@a.test\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\n  from  us\nX-Id: 7\nX-Id: 8\nX-Empty:\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nHello\n  Alice\n--a\nContent-Type: text/html\n\n<p>Hello<b> you</b></p><a href=\"https://a.test/x\">Go</a>\n--a--\n--m\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\n%PDF\n--m\nContent-Type: image/png\nContent-Disposition: attachment\n\nx\n--m--\n"

func TestFields(t *testing.T) {
	t.Parallel()
	d := letter(0, full, "alice@a.test", "Bob@b.test")
	for _, c := range []struct {
		field, test string
		passes      bool
	}{
		{"subject", "Grüße from us", true}, {"subject", " Grüße  from us ", true}, {"subject", "grüße from us", false}, {"Subject", "~from us", true}, {"subject", "/^Gr.{2}e from/", true}, {"subject", "!", false},
		{"from", "Shop@A.test", true}, {"from", "shop@a.test", true}, {"from", "SHOP@a.test", true}, {"from", "Shop, the <Shop@A.test>", true}, {"from", "~the", true}, {"from", "Shop, the", false},
		{"to", "alice@a.test", true}, {"to", "bob@b.test", true}, {"to", "~carol", false}, {"to", "!~carol", true}, {"to", "!~alice", false},
		{"cc", "!", true}, {"bcc", "!", true}, {"cc", "=", false}, {"reply-to", "help@a.test", true},
		{"envelope.from", "shop@a.test", true}, {"envelope.to", "bob@b.test", true}, {"envelope.to", "~Bob", true}, {"envelope.to", "carol@c.test", false},
		{"header.x-id", "7", true}, {"header.X-ID", "8", true}, {"header.X-Id", "9", false}, {"header.X-Id", "!8", false}, {"header.X-None", "!", true}, {"header.X-Empty", "=", true}, {"header.X-Empty", "!", false},
		{"text", "Hello Alice", true}, {"html", "~<b> you</b>", true}, {"body", "~Hello you", true}, {"body", "Hello Alice", true}, {"body", "~<b>", false},
		{"attachment", "a.pdf", true}, {"attachment", "/\\.pdf$/", true}, {"attachment.type", "image/png", true}, {"attachment.type", "text/plain", false},
		{"size", ">100", true}, {"size", ">=1k", false}, {"size", "<1M", true}, {"size", "<=100", false}, {"size", "!>100", false},
		{"recipients", "2", true}, {"recipients", "=2", true}, {"recipients", "!2", false}, {"attachments", "2", true}, {"attachments", "<2", false},
	} {
		p := mustCompile(t, Want{Match: []Test{mustTest(t, c.field, c.test)}})
		counts, _, ambiguous, err := p.check(d)
		if counts != c.passes || ambiguous != nil || err != nil {
			t.Errorf("%s %q: %v, %v, %v", c.field, c.test, counts, ambiguous, err)
		}
		agree(t, p, d)
	}
}

// agree fails when checks does not say what check and scope do.
func agree(t *testing.T, p *plan, d *doc) {
	t.Helper()
	counts, values, ambiguous, err := p.check(d)
	list, errChecks := p.checks(d)
	if err != nil || errChecks != nil {
		t.Fatal(err, errChecks)
	}
	scope, rest := true, true
	for _, f := range list {
		if f.near < 0 || f.near > 1 {
			t.Errorf("%+v", f)
		}
		isScope := f.What == "mailbox" || f.What == "to" && len(list) > 0 && !slices.ContainsFunc(p.tests, func(t test) bool { return t.Field == f.What && t.String() == f.Expected })
		scope = scope && (f.Passed || !isScope)
		rest = rest && (f.Passed || isScope)
	}
	if rest != counts || scope != p.scope(d.message) || counts && (ambiguous != nil || len(values) != len(p.takes)) {
		t.Errorf("%+v: counts %v, in the scope %v, but %+v", p.want, counts, p.scope(d.message), list)
	}
}

// TestGone tells an unreadable message from one that does not pass.
func TestGone(t *testing.T) {
	t.Parallel()
	opened := 0
	d := newDoc(message(0, welcome, "alice@a.test"), func() (store.Reader, error) { opened++; return nil, store.ErrNotFound }, nil)
	for _, w := range []Want{
		{Match: []Test{mustTest(t, "subject", "!")}}, {Match: []Test{mustTest(t, "attachments", "1")}}, {Match: []Test{mustTest(t, "link", "!")}},
		{Query: "hello"}, {Extract: []Extract{{Spec: "code"}}}, {Extract: []Extract{{Spec: "link"}}}, {Extract: []Extract{{Spec: "raw:/x/"}}}, {Extract: []Extract{{Spec: "json"}}}, {Extract: []Extract{{Spec: "attachment"}}}, {Extract: []Extract{{Spec: "subject"}}},
	} {
		p := mustCompile(t, w)
		if counts, _, _, err := p.check(d); counts || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%+v: %v, %v", w, counts, err)
		}
		if _, err := p.checks(d); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%+v: %v", w, err)
		}
	}
	if p := mustCompile(t, Want{Match: []Test{mustTest(t, "recipients", "1"), mustTest(t, "envelope.from", "~shop")}}); opened == 0 {
		t.Error("never opened")
	} else if counts, _, _, err := p.check(d); !counts || err != nil {
		t.Errorf("the envelope alone: %v, %v", counts, err)
	}
}

func TestDocIsReadOnce(t *testing.T) {
	t.Parallel()
	d := letter(0, full, "alice@a.test")
	open, opened := d.open, make(chan bool, 100)
	d.open = func() (store.Reader, error) { opened <- true; return open() }
	p := mustCompile(t, Want{Query: "hello", Match: []Test{mustTest(t, "subject", "~us"), mustTest(t, "body", "~you"), mustTest(t, "link", "~a.test"), mustTest(t, "header.X-Id", "7")}})
	done := make(chan bool)
	for range 8 {
		go func() {
			counts, _, _, err := p.check(d)
			done <- counts && err == nil
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("does not count")
		}
	}
	if len(opened) != 3 { // the message, its links, its content for queries
		t.Errorf("opened %d times", len(opened))
	}
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", " ": "", "a": "a", " a\r\n\tb ": "a b", "a b": "a b", "a  b": "a b", "a\u00a0b": "a b", "ä": "ä", " ä": "ä", "a\xffb": "a\ufffdb", "a\x00b": "a\x00b"} {
		if got := squeeze(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzParseTest(f *testing.F) {
	for _, s := range []string{"a", "=a", "~a", "/a/", "!", "!a", "!~a", "!/a/", ">1k"} {
		f.Add("subject", s)
		f.Add("size", s)
	}
	f.Fuzz(func(t *testing.T, field, text string) {
		made, err := ParseTest(field, text)
		if err != nil {
			if bad := (*Error)(nil); !errors.As(err, &bad) || bad.Field != field {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, err := compile(&Want{Match: []Test{made}}, noon()); err != nil {
			t.Fatalf("%+v was taken, but %v", made, err)
		}
	})
}

// FuzzChecks holds check against checks, and makes a report, of any mail.
func FuzzChecks(f *testing.F) {
	f.Add(full, "subject", "~us", "alice@a.test", "hello", "text:/A(.)/")
	f.Add(welcome, "body", "/[0-9]{6}/", "a*@*", "code", "code")
	f.Add("Subject: =?UTF-8?Q?=3D=3FUTF-8?=\n\n{\"a\":[1]}", "subject", "Grüße", "@", "-x", "json:/a/0")
	f.Add("\x00\xff", "header.X", "!x", "bob@b.test", "", "attachment:*.pdf")
	f.Fuzz(func(t *testing.T, raw, field, text, to, query, spec string) {
		w := Want{To: to, Query: query, Extract: []Extract{{Spec: spec}}}
		made, err := ParseTest(field, text)
		if err != nil {
			return
		}
		w.Match = []Test{made}
		p, err := compile(&w, noon())
		if err != nil {
			return
		}
		d := letter(0, raw, "alice@a.test", "bob@b.test")
		agree(t, p, d)
		_, _, ambiguous, _ := p.check(d)
		report := p.report(reportInput{Docs: []*doc{d}, Now: noon(), Waited: time.Second, Ambiguous: ambiguous})
		var b strings.Builder
		if err := report.WriteText(&b, nil); err != nil || report.Why == "" || hasControls.MatchString(b.String()) {
			t.Fatalf("%v\n%q", err, b.String())
		}
	})
}

var hasControls = regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f]`)

func BenchmarkCheck(b *testing.B) {
	d := letter(0, welcome+strings.Repeat("All of this is said in every mail that we send.\n", 40)+"The end\n", "alice@a.test")
	for _, c := range [][2]string{{"subject", "~the shop"}, {"subject", "/^Welcome/"}, {"from", "shop@a.test"}, {"header.message-id", "<1@a.test>"}, {"body", "~The end"}, {"body", "~no such text"}} {
		b.Run(c[0]+c[1], func(b *testing.B) {
			p := mustCompile(b, Want{Match: []Test{mustTest(b, c[0], c[1])}})
			b.ReportAllocs()
			for b.Loop() {
				if _, _, _, err := p.check(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScope(b *testing.B) {
	m := message(0, welcome, "bob@b.test")
	p := mustCompile(b, Want{To: "alice@a.test"})
	for b.Loop() {
		p.scope(m)
	}
}

// TestUglyMail holds check against checks for the corpus of bad mail.
func TestUglyMail(t *testing.T) {
	t.Parallel()
	var plans []*plan
	for _, w := range []Want{
		{Match: []Test{mustTest(t, "subject", "~e"), mustTest(t, "body", "/[a-z]{3}/")}},
		{To: "bob@a.test", Match: []Test{mustTest(t, "attachment", "!"), mustTest(t, "from", "!~x")}},
		{Query: "has:attachment", Extract: []Extract{{Spec: "attachment"}}},
		{Extract: []Extract{{Spec: "text"}, {Spec: "link"}}},
	} {
		plans = append(plans, mustCompile(t, w))
	}
	for _, c := range ugly.All() {
		d := letterOf(message(0, "", "bob@a.test"), "")
		d.message.Size = int64(len(c.Body))
		d.open = func() (store.Reader, error) { return bodyOf(c.Body) }
		for _, p := range plans {
			agree(t, p, d)
		}
	}
}
