package expect

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

const welcome = "From: Shop <shop@a.test>\nTo: alice@a.test\nSubject: Welcome to the shop\nMessage-ID: <1@a.test>\n\nHello Alice,\n\nyour code is 123456. Thank you for your order.\n"

// subject is the welcome with another one.
func subject(s string) string { return strings.Replace(welcome, "Welcome to the shop", s, 1) }

func queued(box string, state mail.State, next time.Duration, reply *mail.Reply) Waiting {
	m := message(1500, welcome, "alice@a.test")
	d := &m.Deliveries[0]
	d.Box, d.State, d.Route = box, state, "relay smtp://user:secret@mail.b.test:2525"
	if next > 0 {
		d.Next = noon().Add(10*time.Second + next)
	}
	d.Trail = []mail.Step{{At: m.Received, Did: "queued"}, {At: m.Received, Did: "deferred", Host: "mail.b.test:2525", Reply: reply}}
	return Waiting{*m, *d, "Welcome to the shop"}
}

func greylisted(to ...string) mail.Attempt {
	return mail.Attempt{
		ID: idAt(1100), At: noon().Add(1100 * time.Millisecond), Stage: "rcpt", Did: "refused", Rule: "greylist",
		Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "Greylisted"}, From: "shop@a.test", To: to,
	}
}

// TestReports shows what people get to read for typical mistakes.
func TestReports(t *testing.T) {
	t.Parallel()
	alice := Want{To: "alice@a.test"}
	with := func(w Want, field, text string) Want {
		w.Match = append(w.Match[:len(w.Match):len(w.Match)], mustTest(t, field, text))
		return w
	}
	extract := func(spec string) Want {
		w := alice
		w.Extract = []Extract{{Spec: spec}}
		return w
	}
	counting := func(c Count) Want {
		w := alice
		w.Count = c
		return w
	}
	after := with(alice, "subject", "~Welcome")
	after.After = idAt(5200)
	since := after
	since.After, since.Since = mail.ID{}, noon().Add(4200*time.Millisecond)
	queried := alice
	queried.Query = "invoice has:attachment"
	reply := &mail.Reply{Code: 450, Enhanced: [3]int{4, 2, 0}, Text: "Mailbox busy, try again later"}
	long := subject("Your order") + strings.Repeat("All of this is said in every mail that we send. ", 30) + "\nPlease pay 20.00 EUR until Friday.\n" + strings.Repeat("And more of it. ", 30)
	html := "From: shop@a.test\nSubject: Sign up\nContent-Type: text/html\n\n<p>Hello</p><a href=\"https://a.test/start?t=1\">Get started</a> <a href=\"https://a.test/help\">Help &amp; FAQ</a>\n"
	files := "From: shop@a.test\nSubject: Invoice\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the invoice.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"invoice-2026-01.pdf\"\n\n%PDF\n--b--\n"
	copied := func(ms int, to ...string) *doc { return letter(ms, welcome, to...) }
	for name, c := range map[string]struct {
		want Want
		in   reportInput
	}{
		"subject-word":    {with(alice, "subject", "Welcome to the store"), reportInput{Docs: []*doc{letter(3000, subject("Your invoice"), "alice@a.test"), copied(2000, "alice@a.test")}, Messages: 2}},
		"subject-case":    {with(alice, "subject", "~welcome"), reportInput{Docs: []*doc{copied(2000, "alice@a.test")}, Messages: 1}},
		"subject-regexp":  {with(alice, "subject", "/^welcome .* shop$/"), reportInput{Docs: []*doc{copied(2000, "alice@a.test")}, Messages: 1}},
		"other-recipient": {with(alice, "subject", "~Welcome"), reportInput{Docs: []*doc{letter(2000, strings.Replace(welcome, "To: alice@a.test", "To: bob@b.test", 1), "bob@b.test", "carol@c.test")}}},
		"address-typo":    {Want{To: "alicia@a.test"}, reportInput{Docs: []*doc{copied(2500, "bob@a.test"), copied(2000, "alice@a.test")}}},
		"address-domain":  {Want{Mailbox: "alice@example.test"}, reportInput{Docs: []*doc{copied(2000, "alice@a.test")}}},
		"tag-missing":     {with(Want{To: "alice+signup@a.test"}, "text", "~your code is"), reportInput{Docs: []*doc{copied(2000, "alice@a.test")}}},
		"header-only":     {with(Want{To: "alice@a.test"}, "subject", "~Welcome"), reportInput{Docs: []*doc{copied(2000, "list@a.test")}}},
		"before-cursor":   {after, reportInput{Docs: []*doc{letter(900, subject("Bye"), "alice@a.test"), copied(1000, "alice@a.test")}}},
		"before-time":     {since, reportInput{Docs: []*doc{copied(-61000, "alice@a.test")}}},
		"decomposed":      {with(alice, "subject", "~Café"), reportInput{Docs: []*doc{letter(2000, subject("Your Cafe\u0301 awaits"), "alice@a.test")}, Messages: 1}},
		"encoded-twice":   {with(alice, "subject", "Grüße"), reportInput{Docs: []*doc{letter(2000, subject("=?UTF-8?Q?=3D=3FUTF-8=3FQ=3FGr=3DC3=3DBC=3DC3=3D9Fe=3F=3D?="), "alice@a.test")}, Messages: 1}},
		"invisible":       {with(alice, "subject", "Welcome to the shop"), reportInput{Docs: []*doc{letter(2000, subject("Welcome to\u00a0the\u200b shop"), "alice@a.test")}, Messages: 1}},
		"entities":        {with(alice, "text", "~Terms & Conditions"), reportInput{Docs: []*doc{letter(2000, welcome+"Our Terms &amp; Conditions apply.\n", "alice@a.test")}, Messages: 1}},
		"refused":         {with(alice, "subject", "~Welcome"), reportInput{Attempts: []mail.Attempt{greylisted("alice@a.test"), greylisted("bob@b.test")}}},
		"relayed":         {with(alice, "subject", "~Welcome"), reportInput{Docs: []*doc{relayed()}}},
		"queued":          {with(alice, "subject", "~Welcome"), reportInput{Docs: []*doc{inQueue()}, Waiting: []Waiting{queued(mail.QueueBox, mail.Queued, 12*time.Minute, reply)}}},
		"badmail":         {alice, reportInput{Waiting: []Waiting{queued(mail.BadmailBox, mail.Lost, 0, reply)}}},
		"twice-same":      {counting(Count{Exactly: 1}), reportInput{Counting: []*doc{copied(2000, "alice@a.test"), copied(2300, "alice@a.test")}, Messages: 2}},
		"twice-alike":     {counting(Count{Exactly: 1}), reportInput{Counting: []*doc{copied(2000, "alice@a.test"), letter(2300, strings.Replace(welcome, "<1@", "<2@", 1), "alice@a.test")}, Messages: 2}},
		"twice-different": {counting(Count{Exactly: 1}), reportInput{Counting: []*doc{copied(2000, "alice@a.test"), letter(2300, strings.Replace(subject("Reminder"), "<1@", "<2@", 1), "alice@a.test")}, Messages: 2}},
		"one-of-two":      {with(counting(Count{AtLeast: 2}), "subject", "~Welcome"), reportInput{Docs: []*doc{letter(2500, subject("Welkome"), "alice@a.test"), copied(2000, "alice@a.test")}, Counting: []*doc{copied(2000, "alice@a.test")}, Messages: 2}},
		"unwanted":        {counting(Count{None: true}), reportInput{Counting: []*doc{copied(2000, "alice@a.test")}, Messages: 1}},
		"nothing":         {alice, reportInput{}},
		"nothing-at-all":  {with(Want{}, "subject", "!~Welcome"), reportInput{}},
		"open": {alice, reportInput{Open: []mail.Transaction{
			{Session: mail.Session{Remote: "127.0.0.1:51234", Helo: "app"}, From: "shop@a.test", To: []string{"alice@a.test"}, Data: true},
			{Session: mail.Session{Remote: "127.0.0.1:51235"}, Until: noon()},
		}}},
		"open-unwanted":  {counting(Count{None: true}), reportInput{Open: []mail.Transaction{{Session: mail.Session{Remote: "127.0.0.1:51234", Helo: "app"}, From: "shop@a.test"}}}},
		"code-ambiguous": {extract("code"), reportInput{Docs: []*doc{letter(2000, welcome+"Or use the code 654321.\n", "alice@a.test")}, Messages: 1}},
		"code-missing":   {extract("code"), reportInput{Docs: []*doc{letter(2000, html, "alice@a.test")}, Messages: 1}},
		"link-missing":   {extract("link:Confirm"), reportInput{Docs: []*doc{letter(2000, html, "alice@a.test")}, Messages: 1}},
		"attachment":     {with(alice, "attachment", "invoice-2026-02.pdf"), reportInput{Docs: []*doc{letter(2000, files, "alice@a.test")}, Messages: 1}},
		"body-differs":   {with(alice, "body", "~Please pay 19.00 EUR until Friday"), reportInput{Docs: []*doc{letter(2000, long, "alice@a.test")}, Messages: 1}},
		"forbidden-text": {with(alice, "text", "!~code is"), reportInput{Docs: []*doc{copied(2000, "alice@a.test")}, Messages: 1}},
		"numbers":        {with(with(alice, "size", ">10k"), "attachments", "2"), reportInput{Docs: []*doc{letter(2000, files, "alice@a.test")}, Messages: 1}},
		"query":          {queried, reportInput{Docs: []*doc{letter(2000, subject("Your invoice"), "alice@a.test")}, Messages: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in.Now, c.in.Waited = noon().Add(10*time.Second), 10*time.Second
			p := mustCompile(t, c.want)
			if len(c.in.Docs) > 0 {
				_, _, c.in.Ambiguous, _ = p.check(c.in.Docs[0])
			}
			var b strings.Builder
			if err := p.report(c.in).WriteText(&b, func(id mail.ID) string { return "http://localhost:8025/message/" + id.String() }); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "report", name+".txt"), b.String())
		})
	}
}

// inQueue is the message that queued puts into the queue.
func inQueue() *doc {
	w := queued(mail.QueueBox, mail.Queued, time.Minute, nil)
	return letterOf(&w.Message, welcome)
}

// relayed is a message that was brought to a next hop.
func relayed() *doc {
	m := message(2000, welcome, "alice@a.test")
	m.Deliveries[0].Box, m.Deliveries[0].State = mail.DoneBox, mail.Relayed
	return letterOf(m, welcome)
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	for line := range strings.Lines(got) {
		if utf8.RuneCountInString(line) > columns+1 {
			t.Errorf("%s: line too long: %s", file, line)
		}
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v: the report reads now\n%s", file, err, got)
	}
}

// TestCandidates are at most five, the nearest first, and have to do with it.
func TestCandidates(t *testing.T) {
	t.Parallel()
	other := strings.Replace(welcome, "To: alice@a.test\n", "", 1)
	docs := []*doc{
		letter(9000, subject("Invoice"), "alice@a.test"),
		letter(8000, other, "zoe@z.test"),
		letter(7000, subject("Unlike"), "zoe@z.test"),
		letter(6000, welcome, "alice@a.test"),
		letter(5000, subject("Welcome home"), "alice@a.test"),
		letter(4000, subject("Bye"), "alice@a.test"),
		letter(3000, subject("See you"), "alice@a.test"),
		letter(900, welcome, "alice@a.test"),
		letter(800, subject("Bye"), "alice@a.test"),
		letter(700, welcome, "zoe@z.test"),
	}
	w := Want{To: "alice@a.test", Match: []Test{mustTest(t, "subject", "Welcome to the shop")}, Count: Count{AtLeast: 2}, After: idAt(1000)}
	got := mustCompile(t, w).report(reportInput{Docs: docs, Counting: docs[3:4]})
	var list []int64
	for _, c := range got.Candidates {
		list = append(list, c.Message.Received.Sub(noon()).Milliseconds())
	}
	if want := []int64{900, 5000, 8000, 9000, 4000}; !slices.Equal(list, want) {
		t.Errorf("%d, not %d", list, want)
	}
	if c := got.Candidates[0]; !c.Early || c.Counts {
		t.Errorf("%+v", c)
	}
	got = mustCompile(t, Want{To: "carol@c.test"}).report(reportInput{Docs: docs})
	if len(got.Candidates) != 5 || got.Candidates[0].Message.ID != docs[0].message.ID {
		t.Errorf("to other recipients: %+v", got.Candidates)
	}
	if got := mustCompile(t, Want{Match: w.Match}).report(reportInput{Docs: []*doc{inQueue()}}); len(got.Candidates) != 0 {
		t.Errorf("in the queue only: %+v", got.Candidates)
	}
	if got := mustCompile(t, Want{Count: Count{Exactly: 1}}).report(reportInput{Docs: docs, Counting: docs[2:]}); len(got.Candidates) != 5 || !got.Candidates[0].Counts || got.Found != 8 {
		t.Errorf("too many: %+v", got.Candidates)
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	early, unknown, dropped := greylisted("alice@a.test"), greylisted(), greylisted("bob@b.test", "Alice@a.test")
	early.ID, early.At = idAt(900), noon().Add(900*time.Millisecond)
	unknown.From = ""
	foreign := greylisted("alice@a.test")
	foreign.From = "other@a.test"
	from := mustTest(t, "envelope.from", "shop@a.test")
	for _, c := range []struct {
		want Want
		all  []mail.Attempt
		kept int
	}{
		{Want{}, []mail.Attempt{early, unknown, dropped, foreign}, 4},
		{Want{To: "alice@a.test"}, []mail.Attempt{early, unknown, dropped, foreign}, 4},
		{Want{To: "bob@b.test"}, []mail.Attempt{early, unknown, dropped, foreign}, 2},
		{Want{To: "*@c.test"}, []mail.Attempt{early, dropped, foreign}, 0},
		{Want{Mailbox: "bob@b.test"}, []mail.Attempt{early, unknown, dropped, foreign}, 2},
		{Want{After: idAt(1000)}, []mail.Attempt{early, unknown, dropped, foreign}, 3},
		{Want{Since: noon().Add(time.Second)}, []mail.Attempt{early, dropped}, 1},
		{Want{Match: []Test{from}}, []mail.Attempt{early, unknown, dropped, foreign}, 3},
		{Want{}, []mail.Attempt{early, early, early, early, early, early}, 5},
	} {
		if r := mustCompile(t, c.want).report(reportInput{Attempts: c.all}); len(r.Attempts) != c.kept {
			t.Errorf("%+v: %+v", c.want, r.Attempts)
		}
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	all := []Waiting{queued(mail.QueueBox, mail.Queued, time.Minute, nil), queued(mail.BadmailBox, mail.Lost, 0, nil)}
	all[0].Subject = ""
	pass, fail := mustTest(t, "subject", "~Welcome"), mustTest(t, "subject", "~Bye")
	for _, c := range []struct {
		want Want
		docs []*doc
		kept int
	}{
		{Want{}, nil, 2},
		{Want{To: "alice@a.test"}, nil, 2},
		{Want{To: "bob@b.test"}, nil, 0},
		{Want{To: "bob@b.test", Match: []Test{pass}}, []*doc{inQueue()}, 2},
		{Want{To: "bob@b.test", Match: []Test{fail}}, []*doc{inQueue()}, 0},
		{Want{To: "alice@a.test", Match: []Test{fail}}, []*doc{inQueue()}, 2},
		{Want{Match: []Test{pass}}, []*doc{inQueue()}, 2},
		{Want{Match: []Test{pass}}, nil, 0},
		{Want{To: "alice@a.test", After: idAt(2000)}, nil, 0},
		{Want{To: "alice@a.test", Mailbox: "@queue"}, nil, 1},
		{Want{Mailbox: "alice@a.test"}, nil, 2},
	} {
		r := mustCompile(t, c.want).report(reportInput{Waiting: all, Docs: c.docs})
		if len(r.Waiting) != c.kept || c.docs != nil && c.kept > 0 && r.Waiting[0].Subject != "Welcome to the shop" {
			t.Errorf("%+v: %+v", c.want, r.Waiting)
		}
	}
}

func TestAddressNote(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"bob@a.test", "bob@a.test", ""}, {"Bob@a.test", "bob@A.test", ""}, {"bob@a.test", "", ""}, {"", "bob@a.test", ""},
		{"bob@a.test", "rob@a.test", "one letter differs"}, {"bob@a.test", "bbo@a.test", "one letter differs"}, {"bob@a.test", "bobby@a.test", "two letters differ"}, {"bob@a.test", "bob@b.test", "one letter differs"},
		{"bob@a.test", "bob@example.org", "other domain"}, {"bob@a.test", "carol@a.test", "other recipient of the same domain"}, {"bob@a.test", "carol@example.org", ""},
		{"bob+x@a.test", "bob@a.test", "the tag +x is missing"}, {"bob@a.test", "bob+x@a.test", "it has the tag +x"}, {"bob+x@a.test", "bob+y@a.test", "the tag is +y, not +x"},
		{"*@a.test", "bob@b.test", "other domain"}, {"x*@a.test", "bob@a.test", ""}, {"x*@*", "bob@a.test", ""},
	} {
		if got := addressNote(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: %q", c[0], c[1], got)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"Welcome", "welcome", "differs only in case"}, {"~Hello all", "HELLO ALL!", "differs only in case"}, {"ab", "a b", "differs only in white space"}, {"Café", "Cafe\u0301", "differs only in the Unicode form: composed (NFC) or decomposed (NFD)"},
		{"No 1", "No \uff11", "differs only in width or compatibility forms (NFKC)"}, {"ab", "a\u200bb", "differs only in invisible characters, such as U+200B or U+00AD"}, {"a & b", "a &amp; b", "there are HTML entities in it"},
		{"~ä", "=?UTF-8?Q?=C3=A4?= x", "there is an encoded word (RFC 2047) in it: it was not decoded, or encoded twice"}, {"Café AB", "cafe ab", "differs only in case, accents, white space or such"},
		{"/^W/", "welcome", "matches with (?i)"}, {"/Caf\u00e9/", "Cafe\u0301", "differs only in the Unicode form: composed (NFC) or decomposed (NFD)"}, {"/x/", "y", ""},
		{"abc def", "abc deg", `first difference at character 7: "deg" instead of "def"`}, {"abcd", "abc", `ends after character 3: "d" is missing`}, {"abc", "abcd", `goes on after character 3: "d"`}, {"abc", "xyz", ""}, {"äöü", "äöx", `first difference at character 3: "äöx" instead of "äöü"`},
		{"~order 77 is", "Your order 78 is", `after "order 7" comes "8 is" instead of "7 is"`}, {"~order 77", "Your order", `it ends with "order"; " 77" is missing`}, {"~order", "bill", ""},
	} {
		made := mustTest(t, "text", c[0])
		test, err := compileTest(&made, func(string) string { return "" })
		if got := test.note(c[1], 1); got != c[2] || err != nil {
			t.Errorf("%q, %q: %q, %v", c[0], c[1], got, err)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100) + "X" + strings.Repeat("ö", 100)
	for at, want := range map[int]string{
		0:   strings.Repeat("ä", 100) + "X" + strings.Repeat("ö", 19) + "…",
		80:  strings.Repeat("ä", 100) + "X" + strings.Repeat("ö", 19) + "…",
		100: "…" + strings.Repeat("ä", 40) + "X" + strings.Repeat("ö", 79) + "…",
		200: "…" + strings.Repeat("ö", 41),
	} {
		if got := cut(long, at); got != want {
			t.Errorf("at %d: %q", at, got)
		}
	}
	if got := cut("short", 3); got != "short" {
		t.Error(got)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 ms", 4 * time.Millisecond: "4 ms", time.Second: "1 s", 4200 * time.Millisecond: "4.2 s", 10 * time.Second: "10 s", 12 * time.Minute: "12m", 90 * time.Second: "1m30s", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m", time.Hour + 5*time.Second: "1h0m5s",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

// TestLinkIsOptional, as on the command line without a page.
func TestLinkIsOptional(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	r := mustCompile(t, Want{}).report(reportInput{Counting: []*doc{letter(0, welcome, "alice@a.test")}, Now: noon()})
	if err := r.WriteText(&b, nil); err != nil || strings.Contains(b.String(), "http") || !strings.Contains(b.String(), "Looked at 2026-01-02 12:00:00.000 UTC") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
