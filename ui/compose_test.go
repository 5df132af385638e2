package ui_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

func (s *site) compose(d api.Draft) *answer {
	s.t.Helper()
	body, err := json.Marshal(d)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do("POST", "/v1/messages/compose", string(body), "Content-Type", "application/json")
}

// composed sends a draft and gives what became of it.
func (s *site) composed(d api.Draft) (m api.Message, raw string) {
	s.t.Helper()
	var made api.Created
	s.compose(d).is(201).into(&made)
	s.get("/v1/messages/" + made.ID).ok().into(&m)
	return m, string(s.get("/v1/messages/" + made.ID + "/raw").ok().body)
}

func TestCompose(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	octets := make([]byte, 5000)
	for i := range octets {
		octets[i] = byte(i * 7)
	}
	picture, eml := "iVBORw0KGgo=", "Subject: within\r\n\r\nÄ text\r\n"
	m, raw := s.composed(api.Draft{
		From: "王小明 <ming@a.test>", To: []string{`"Müller, Ann" <ann@b.test>, bob@b.test`, "李四 <li@b.test>"}, Cc: []string{"BOB@b.test"},
		Bcc: []string{"hidden@b.test"}, ReplyTo: []string{"Desk <desk@a.test>"}, Subject: "订单确认：您的订单 4711 已经发货，预计三天内送达，感谢您的购买", Text: "Grüße\n.\nFrom here\n",
		HTML: `<p>Hi <img src="cid:pic@a"></p>`,
		Headers: []api.DraftHeader{
			{Name: "In-Reply-To", Value: "<1@b.test>"}, {Name: "References", Value: strings.Repeat("<0123456789@b.test> ", 8) + "<1@b.test>"},
			{Name: "Auto-Submitted", Value: "auto-replied"}, {Name: "X-Note", Value: "naïve"},
		},
		Attachments: []api.DraftAttachment{
			{Filename: "发票 (1).bin", Content: base64.StdEncoding.EncodeToString(octets)},
			{Filename: "pic.png", ContentType: "image/png", Content: picture, ContentID: "pic@a"},
			{Filename: "mail.eml", ContentType: "message/rfc822", Content: base64.StdEncoding.EncodeToString([]byte(eml))},
			{Filename: "bare.eml", ContentType: "message/rfc822", Content: base64.StdEncoding.EncodeToString([]byte("Subject: x\n\nbare\n"))},
		},
	})
	if len(m.Defects) != 0 {
		t.Errorf("defects: %+v", m.Defects)
	}
	var rcpts []string
	for _, rcpt := range m.Envelope.To {
		rcpts = append(rcpts, rcpt.Address)
	}
	if got := strings.Join(rcpts, " "); m.Envelope.From != "ming@a.test" || got != "ann@b.test bob@b.test li@b.test hidden@b.test" || m.Envelope.SMTPUTF8 {
		t.Errorf("envelope %q to %q", m.Envelope.From, got)
	}
	if m.From[0].Name != "王小明" || m.To[0].Name != "Müller, Ann" || m.To[2].Name != "李四" || !strings.HasPrefix(m.Subject, "订单确认") || *m.Text != "Grüße\r\n.\r\nFrom here\r\n" {
		t.Errorf("from %v to %v subject %q text %q", m.From, m.To, m.Subject, *m.Text)
	}
	if strings.Contains(raw, "hidden@b.test") || m.Session.Protocol != "HTTP" || m.Session.Remote == "" || m.Session.Local == "" {
		t.Errorf("Bcc is shown, or the session is not: %+v", m.Session)
	}
	for i, line := range strings.Split(raw, "\r\n") {
		if len(line) > 78 && !strings.HasPrefix(line, "Content-") || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d: %q", i+1, line)
		}
	}
	want := map[string]string{"发票 (1).bin": string(octets), "mail.eml": eml, "bare.eml": "Subject: x\n\nbare\n", "pic.png": "\x89PNG\r\n\x1a\n"}
	for _, a := range m.Attachments {
		got := s.get("/v1/messages/" + m.ID + "/parts/" + a.Part).ok().body
		if string(got) != want[a.Filename] {
			t.Errorf("%s: %d octets, not those that were attached", a.Filename, len(got))
		}
		delete(want, a.Filename)
	}
	if len(want) > 0 {
		t.Errorf("not attached: %v in %+v", want, m.Attachments)
	}

	theirs, err := mail.ReadMessage(strings.NewReader(raw)) // a reader that is not ours
	if err != nil {
		t.Fatal(err)
	}
	if list, err := theirs.Header.AddressList("To"); err != nil || len(list) != 3 || list[0].Name != "Müller, Ann" {
		t.Errorf("To: %v, %v", list, err)
	}
	if date, err := theirs.Header.Date(); err != nil || !date.Equal(born) || !strings.HasSuffix(theirs.Header.Get("Message-Id"), "@a.test>") {
		t.Errorf("Date %v, %v; Message-ID %q", date, err, theirs.Header.Get("Message-Id"))
	}
	if refs := theirs.Header.Get("References"); strings.Count(refs, "@b.test>") != 9 || theirs.Header.Get("X-Note") != "=?utf-8?b?bmHDr3Zl?=" {
		t.Errorf("References %q, X-Note %q", refs, theirs.Header.Get("X-Note"))
	}
}

func TestComposeMakesNoMoreOfItThanIsThere(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for _, c := range []struct {
		name  string
		draft api.Draft
		has   []string
		lacks string
	}{
		{"text", api.Draft{Text: "hi"}, []string{"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nhi\r\n"}, "multipart"},
		{"nothing", api.Draft{}, []string{"Content-Type: text/plain", "To: b@b.test\r\n"}, "Subject"},
		{"html", api.Draft{HTML: "<p>hi"}, []string{"Content-Type: text/html"}, "multipart"},
		{"both", api.Draft{Text: "hi", HTML: "<p>hi"}, []string{"multipart/alternative"}, "multipart/mixed"},
		{"file", api.Draft{Attachments: []api.DraftAttachment{{Filename: "a\"b.txt", ContentType: "text/plain", Content: "aGk="}}},
			[]string{"multipart/mixed", `filename="a\"b.txt"`}, "multipart/related"},
		{"own date", api.Draft{Headers: []api.DraftHeader{{Name: "date", Value: "yesterday"}, {Name: "MESSAGE-ID", Value: "<mine>"}}},
			[]string{"date: yesterday\r\n", "MESSAGE-ID: <mine>\r\n"}, "Message-ID"},
		{"quoted local part", api.Draft{From: `Q <"a b"@a.test>`}, []string{`From: Q <"a b"@a.test>`}, "=?"},
	} {
		if c.draft.From == "" {
			c.draft.From = "a@a.test"
		}
		c.draft.To = []string{"b@b.test"}
		m, raw := s.composed(c.draft)
		for _, has := range c.has {
			if !strings.Contains(raw, has) {
				t.Errorf("%s: no %q in %s", c.name, has, raw)
			}
		}
		if strings.Contains(raw, c.lacks) || len(m.Envelope.To) != 1 {
			t.Errorf("%s: %q in %s", c.name, c.lacks, raw)
		}
	}
}

func TestComposeWithAnyEnvelope(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	null, other := "", "<Bounce@c.test>"
	for _, c := range []struct {
		envelope *api.DraftEnvelope
		from, to string
		utf8     bool
	}{
		{nil, "a@a.test", "b@b.test", false},
		{&api.DraftEnvelope{From: &null}, "", "b@b.test", false},
		{&api.DraftEnvelope{From: &other, To: []string{"x@x.test", "<x@x.test>"}}, "Bounce@c.test", "x@x.test x@x.test", false},
		{&api.DraftEnvelope{To: []string{"jörg@x.test"}}, "a@a.test", "jörg@x.test", true},
	} {
		m, _ := s.composed(api.Draft{From: "a@a.test", To: []string{"b@b.test"}, Envelope: c.envelope})
		var to []string
		for _, rcpt := range m.Envelope.To {
			to = append(to, rcpt.Address)
		}
		if m.Envelope.From != c.from || strings.Join(to, " ") != c.to || m.Envelope.SMTPUTF8 != c.utf8 {
			t.Errorf("%+v: %+v", c.envelope, m.Envelope)
		}
	}
}

func TestComposeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	good := func(change string) string {
		return `{"from":"a@a.test","to":["b@b.test"],` + change + `}`
	}
	for body, where := range map[string]string{
		`{"to":["b@b.test"]}`:                                                     "from",
		`{"from":"","to":["b@b.test"]}`:                                           "body.from",
		`{"from":"a@a.test, c@c.test","to":["b@b.test"]}`:                         "body.from",
		`{"from":"a@a.test"}`:                                                     "body.to",
		`{"from":"a@a.test","to":["b@@b.test"]}`:                                  "body.to",
		`{"from":"a@a.test","to":["<>"]}`:                                         "body.to",
		`{"from":"a@a.test\r\nBcc: x@x.test","to":["b@b.test"]}`:                  "body.from",
		`{"from":"a@a.test","to":["Bob\n <b@b.test>"]}`:                           "body.to",
		good(`"cc":["b@c@d"]`):                                                    "body.cc",
		good(`"bcc":["@"]`):                                                       "body.bcc",
		good(`"replyTo":["a@b@c"]`):                                               "body.replyTo",
		good(`"subject":"Hi\r\nX-Evil: 1"`):                                       "body.subject",
		good(`"headers":[{"name":"X-A","value":"1"},{"name":"X B","value":"1"}]`): "body.headers[1].name",
		good(`"headers":[{"name":"X:Y","value":"1"}]`):                            "body.headers[0].name",
		good(`"headers":[{"name":"Content-Type","value":"text/html"}]`):           "body.headers[0].name",
		good(`"headers":[{"name":"bcc","value":"x@x.test"}]`):                     "body.headers[0].name",
		good(`"headers":[{"name":"X-A","value":"1\nX-B: 2"}]`):                    "body.headers[0].value",
		good(`"attachments":[{"filename":"a","content":"?"}]`):                    "body.attachments[0].content",
		good(`"attachments":[{"filename":"a\r\nb","content":""}]`):                "body.attachments[0].filename",
		good(`"attachments":[{"filename":"a","contentType":"x","content":""}]`):   "body.attachments[0].contentType",
		good(`"attachments":[{"filename":"a","contentId":"a>b","content":""}]`):   "body.attachments[0].contentId",
		good(`"envelope":{"from":"a@b@c"}`):                                       "body.envelope.from",
		good(`"envelope":{"to":["a@b@c"]}`):                                       "body.envelope.to",
		good(`"hop":"ftp://x.test"`):                                              "body.hop",
		good(`"body":"hi"`):                                                       "body",
	} {
		a := s.do("POST", "/v1/messages/compose", body)
		if a.status != 422 {
			t.Errorf("%s: %d", body, a.status)
			continue
		}
		a.problem(422).has(where)
	}
	s.do("POST", "/v1/messages/compose", `{"from":"a@@a","to":["b@@b"],"subject":"\n"}`).problem(422).has("body.from", "body.to", "body.subject")
	s.get("/v1/mailboxes").ok().has(`"messages":0`)
}

func TestComposeTooLarge(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Limits.MaxMessageSize = 100_000 })
	for size, status := range map[int]int{60_000: 201, 80_000: 413, 2_000_000: 413} {
		content := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, size))
		s.compose(api.Draft{From: "a@a.test", To: []string{"b@b.test"}, Attachments: []api.DraftAttachment{{Filename: "a", Content: content}}}).is(status)
	}
	s.get("/v1/mailboxes").ok().has(`"messages":1`)
}

func TestComposeToAHop(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	s.do("POST", "/v1/rules", "route to=*@b.test discard").is(201)
	m, _ := s.composed(api.Draft{From: "a@a.test", To: []string{"b@b.test"}, Hop: secretHop})
	d := m.Deliveries[0]
	if d.Mailbox != "@queue" || d.State != "queued" || d.Route != "relay "+shownHop || d.Trail[0].Did != "queued" {
		t.Errorf("delivery %+v", d)
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	id := s.accept(plainMail, "a@x.test", "b@x.test")
	s.do("POST", "/v1/rules", "route to=b@x.test relay smtp://m.test:25").is(201)
	for _, c := range []struct{ body, from, to, boxes string }{
		{"", "sender@x.test", "a@x.test b@x.test", "a@x.test @queue"},
		{"{}", "sender@x.test", "a@x.test b@x.test", "a@x.test @queue"},
		{`{"to":["c@x.test"],"from":""}`, "", "c@x.test", "c@x.test"},
	} {
		var made api.Created
		var m api.Message
		s.do("POST", "/v1/messages/"+id+"/resend", c.body).is(201).into(&made)
		s.get("/v1/messages/" + made.ID).ok().into(&m)
		var to, boxes []string
		for _, rcpt := range m.Envelope.To {
			to = append(to, rcpt.Address)
		}
		for _, d := range m.Deliveries {
			boxes = append(boxes, d.Mailbox)
		}
		if made.ID == id || m.Envelope.From != c.from || strings.Join(to, " ") != c.to || strings.Join(boxes, " ") != c.boxes || m.Session.Protocol != "HTTP" {
			t.Errorf("%s: %+v in %v, session %+v", c.body, m.Envelope, boxes, m.Session)
		}
		if got := s.get("/v1/messages/" + made.ID + "/raw").ok().body; string(got) != plainMail {
			t.Errorf("%s: sent again as %q", c.body, got)
		}
	}
	s.do("POST", "/v1/messages/"+somebody+"/resend", "").problem(404)
	s.do("POST", "/v1/messages/"+id+"/resend", `{"to":["a@b@c"]}`).problem(422).has("body.to")
	s.do("POST", "/v1/messages/"+id+"/resend", `{"from":"a@b@c"}`).problem(422).has("body.from")
	s.do("POST", "/v1/messages/"+id+"/resend", `{"hop":"smtp://x.test"}`).problem(422).has("hop")
}

func TestReply(t *testing.T) {
	t.Parallel()
	const plain = "From: Shop <shop@b.test>\nTo: Ann <ann@a.test>, Bob <bob@a.test>\nCc: cc@c.test, SHOP@b.test\nMessage-ID: <2@b.test>\nSubject: Order\n"
	refs := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " <r%d@b.test>\n", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, head, sender, as string
		all                    bool
		from, to, cc           string
		inReplyTo, references  string
	}{
		{"plain", plain, "b@b.test", "ann@a.test", false, "Ann <ann@a.test>", "Shop <shop@b.test>", "", "<2@b.test>", "<2@b.test>"},
		{"all", plain, "b@b.test", "ANN@a.test", true, "Ann <ANN@a.test>", "Shop <shop@b.test>", "Bob <bob@a.test>|cc@c.test", "<2@b.test>", "<2@b.test>"},
		{"Reply-To is a list", "Reply-To: \"Desk, first\" <d1@b.test>, d2@b.test\n" + plain, "", "bcc@a.test", false, "bcc@a.test", `"Desk, first" <d1@b.test>|d2@b.test`, "", "<2@b.test>", "<2@b.test>"},
		{"an empty Reply-To", "Reply-To: \n" + plain, "", "ann@a.test", false, "Ann <ann@a.test>", "Shop <shop@b.test>", "", "<2@b.test>", "<2@b.test>"},
		{"no From", "Message-ID: <2@b.test>\n", "bounce@b.test", "ann@a.test", false, "ann@a.test", "bounce@b.test", "", "<2@b.test>", "<2@b.test>"},
		{"null sender and no From", "Subject: x\n", "", "ann@a.test", true, "ann@a.test", "", "", "", ""},
		{"no Message-ID", "From: a@b.test\nReferences: <1@b.test>\n", "", "", false, "", "a@b.test", "", "", ""},
		{"References", plain + "References: <0@b.test>\n <1@b.test>\nIn-Reply-To: <x@b.test>\n", "", "", false, "", "Shop <shop@b.test>", "", "<2@b.test>", "<0@b.test> <1@b.test> <2@b.test>"},
		{"In-Reply-To only", plain + "In-Reply-To: <1@b.test>\n", "", "", false, "", "Shop <shop@b.test>", "", "<2@b.test>", "<1@b.test> <2@b.test>"},
		{"In-Reply-To of several", plain + "In-Reply-To: <0@b.test> <1@b.test>\n", "", "", false, "", "Shop <shop@b.test>", "", "<2@b.test>", "<2@b.test>"},
		{"many References", plain + "References:" + refs(100), "", "", false, "", "Shop <shop@b.test>", "", "<2@b.test>",
			"<r0@b.test>" + strings.ReplaceAll(strings.TrimPrefix(refs(100), strings.TrimSuffix(refs(82), "\n")), "\n", "") + " <2@b.test>"},
		{"names in UTF-8", "From: =?utf-8?b?546L5bCP5piO?= <ming@b.test>\nTo: =?utf-8?q?J=C3=B6rg=2C_A?= <j@a.test>\n", "", "j@a.test", false, `"Jörg, A" <j@a.test>`, "王小明 <ming@b.test>", "", "", ""},
		{"a name that would inject", "From: =?utf-8?b?QQ0KQmNjOiB4QHgudGVzdA==?= <a@b.test>\n", "", "", false, "", `"A  Bcc: x@x.test" <a@b.test>`, "", "", ""},
	} {
		raw := strings.ReplaceAll(c.head+"\nHi\n", "\n", "\r\n")
		d := ui.Reply(mime.Parse(strings.NewReader(raw), int64(len(raw))), c.sender, c.as, c.all)
		headers := map[string]string{}
		for _, h := range d.Headers {
			headers[h.Name] = h.Value
		}
		if d.From != c.from || strings.Join(d.To, "|") != c.to || strings.Join(d.Cc, "|") != c.cc {
			t.Errorf("%s: from %q to %q cc %q", c.name, d.From, d.To, d.Cc)
		}
		if headers["In-Reply-To"] != c.inReplyTo || headers["References"] != c.references {
			t.Errorf("%s: In-Reply-To %q, References %q", c.name, headers["In-Reply-To"], headers["References"])
		}
	}
}

func TestReplyToVeryMany(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	var to strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&to, ",\r\n u%d@b.test", i)
	}
	id := s.accept("From: a@b.test\r\nTo: first@b.test"+to.String()+"\r\n\r\nHi\r\n", "me@x.test")
	var d api.Draft
	s.get("/v1/messages/" + id + "/reply?all=true").ok().into(&d)
	if m, _ := s.composed(d); len(m.Envelope.To) != 1001 {
		t.Errorf("%d recipients", len(m.Envelope.To))
	}
}

func TestReplySubjects(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"Order": "Re: Order", "Re: Order": "Re: Order", "RE: re: Order": "Re: Order", "AW: Re: Order": "Re: Order", "SV: Order": "Re: Order", "Antw: Order": "Re: Order",
		"Re[2]: Order": "Re: Order", "Re^3: Order": "Re: Order", "Re (4): Order": "Re: Order",
		"回复：订单": "Re: 订单", "回覆: 订单": "Re: 订单", "答复：Re: 订单": "Re: 订单", "VÁ: x": "Re: x", "": "Re:", "Re:": "Re:",
		"Reminder: pay": "Re: Reminder: pay", "Fwd: Re: x": "Re: Fwd: Re: x", "Ready: set": "Re: Ready: set",
	} {
		raw := "Subject: " + subject + "\r\n\r\n"
		if got := ui.Reply(mime.Parse(strings.NewReader(raw), int64(len(raw))), "", "", false).Subject; got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

func TestReplyQuotes(t *testing.T) {
	t.Parallel()
	const head = "From: Ann <ann@b.test>\r\nDate: Sun, 01 Mar 2026 12:00:00 +0100\r\n"
	const said = "\n\nOn Sun, 1 Mar 2026 12:00:00 +0100, Ann <ann@b.test> wrote:\n"
	for _, c := range []struct{ name, raw, want string }{
		{"lines", head + "\r\nHi,\r\n\r\n> you said\r\n>> and I  \r\nBye\r\n\r\n", said + "> Hi,\n>\n>> you said\n>>> and I\n> Bye\n"},
		{"html only", head + "Content-Type: text/html; charset=utf-8\r\n\r\n<h1>Grüße</h1><style>p{}</style><p>" + strings.Repeat("word ", 20) + "</p>",
			said + "> Grüße " + strings.TrimSpace(strings.Repeat("word ", 13)) + "\n> word word word word word word word\n"},
		{"nothing", head + "\r\n", said + ">\n"},
		{"nobody", "Subject: x\r\n\r\nHi\r\n", "\n\n<> wrote:\n> Hi\n"},
		{"long", head + "\r\n" + strings.Repeat("é", 60_000), said + "> " + strings.Repeat("é", 50_000) + "\n> […]\n"},
	} {
		if got := ui.Reply(mime.Parse(strings.NewReader(c.raw), int64(len(c.raw))), "", "", false).Text; got != c.want {
			t.Errorf("%s: %.300q\nwant %.300q", c.name, got, c.want)
		}
	}
}

// A reply is drafted, changed and sent as it stands, as a script would.
func TestReplyIsADraft(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(plainMail, "bob@x.test", "carl@x.test")
	var d api.Draft
	s.get("/v1/messages/" + id + "/reply?as=carl@x.test").ok().has(`"from":"carl@x.test"`)
	s.get("/v1/messages/latest/reply?mailbox=bob@x.test&all=true").ok().into(&d)
	m, _ := s.composed(d)
	if m.Envelope.From != "bob@x.test" || m.Envelope.To[0].Address != "ann@x.test" || m.Subject != "Re: Hello" || !strings.Contains(*m.Text, "> The text.") {
		t.Errorf("reply %+v, text %q", m.Envelope, *m.Text)
	}
	s.get("/v1/messages/" + id + "/reply?as=a@b@c").problem(400).has("query.as")
	s.get("/v1/messages/" + somebody + "/reply").problem(404)
}
