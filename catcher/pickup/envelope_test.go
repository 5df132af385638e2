package pickup

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
)

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

func to(addresses ...string) []mail.Rcpt {
	var list []mail.Rcpt
	for _, a := range addresses {
		list = append(list, mail.Rcpt{Address: a})
	}
	return list
}

func TestParse(t *testing.T) {
	t.Parallel()
	plain := crlf("From: Ann <ann@a.test>", "To: bob@b.test", "", ".dot", "text")
	for name, tc := range map[string]struct {
		file    string
		unstuff bool
		env     mail.Envelope
		body    string // "": the file
	}{
		"System.Net.Mail": {
			file: crlf("X-Sender: \"Ann\" <ann@a.test>", "X-Receiver: =?utf-8?B?QsO2Yg==?= <bob@b.test>", "X-Receiver: \"A, <very> long name\"", " <cy@c.test>", "X-Receiver: dan@d.test", "MIME-Version: 1.0", "From: ann@a.test", "To: bob@b.test", "", "..x"),
			env:  mail.Envelope{From: "ann@a.test", To: to("bob@b.test", "cy@c.test", "dan@d.test")},
			body: crlf("MIME-Version: 1.0", "From: ann@a.test", "To: bob@b.test", "", "..x"),
		},
		"CDO": {
			file: crlf("x-sender: ann@a.test", "x-receiver: bob@b.test", "thread-index: Ac==", "From: <ann@a.test>", "Bcc: seen@b.test", "", "x"),
			env:  mail.Envelope{From: "ann@a.test", To: to("bob@b.test")},
			body: crlf("thread-index: Ac==", "From: <ann@a.test>", "Bcc: seen@b.test", "", "x"),
		},
		"Exchange": {
			file: crlf("X-Receiver: <bob@b.test> NOTIFY=success,DELAY ORcpt=b+2Bc@b.test", "X-Sender: <ann@a.test> BODY=8bitmime RET=hdrs ENVID=q+2Br AUTH=<>", "X-HeloDomain: host", "X-EndOfInjectedXHeaders: 321", "X-Mailer: y", "", "x"),
			env: mail.Envelope{From: "ann@a.test", Ret: "HDRS", EnvID: "q+r", Body: "8BITMIME", To: []mail.Rcpt{
				{Address: "bob@b.test", Notify: mail.NotifySuccess | mail.NotifyDelay, ORcpt: "rfc822;b+c@b.test"},
			}},
			body: crlf("X-Mailer: y", "", "x"),
		},
		"byte order mark":    {file: "\ufeff" + crlf("x-sender: a@a", "x-receiver: b@b", "", "x"), env: mail.Envelope{From: "a@a", To: to("b@b")}, body: crlf("", "x")},
		"null sender":        {file: crlf("x-sender: <>", "x-receiver: b@b", "", "x"), env: mail.Envelope{To: to("b@b")}, body: crlf("", "x")},
		"empty sender":       {file: crlf("x-sender:", "x-receiver: b@b", "", "x"), env: mail.Envelope{To: to("b@b")}, body: crlf("", "x")},
		"sender from header": {file: crlf("x-receiver: b@b", "From: a@a", "", "x"), env: mail.Envelope{From: "a@a", To: to("b@b")}, body: crlf("From: a@a", "", "x")},
		"receivers from header": {
			file: crlf("x-sender: e@e", "From: a@a", "To: b@b", "Bcc: c@c", "", "x"),
			env:  mail.Envelope{From: "e@e", To: to("b@b", "c@c")},
			body: crlf("From: a@a", "To: b@b", "", "x"),
		},
		"twice":        {file: crlf("x-sender: a@a", "x-receiver: b@b", "x-receiver: B@b"), env: mail.Envelope{From: "a@a", To: to("b@b", "B@b")}, body: "\x00"},
		"no domain":    {file: crlf("x-sender: <a>", "x-receiver: b", "", "x"), env: mail.Envelope{From: "a@local.test", To: to("b@local.test")}, body: crlf("", "x")},
		"unicode":      {file: crlf("x-sender: ü@a", "x-receiver: b@b", "", "x"), env: mail.Envelope{From: "ü@a", UTF8: true, To: to("b@b")}, body: crlf("", "x")},
		"plain":        {file: plain, env: mail.Envelope{From: "ann@a.test", To: to("bob@b.test")}},
		"LF":           {file: "x-sender: a@a\nx-receiver: b@b\nSubject: y\n\nx\n", env: mail.Envelope{From: "a@a", To: to("b@b")}, body: "Subject: y\n\nx\n"},
		"Sender":       {file: crlf("From: a@a, c@c", "Sender: s@s", "To: b@b", "", "x"), env: mail.Envelope{From: "s@s", To: to("b@b")}},
		"first author": {file: crlf("From: a@a, c@c", "To: b@b", "", "x"), env: mail.Envelope{From: "a@a", To: to("b@b")}},
		"no author":    {file: crlf("To: b@b", "", "x"), env: mail.Envelope{To: to("b@b")}},
		"lists": {
			file: crlf("From: a@a", "To: Team: b@b, (friend) \"C, D\" <c@c>;, =?utf-8?Q?=C3=A4?= <e@e>", "Cc: undisclosed-recipients:;", "Cc: B@B, f@f", "BCC : g@g,", " h@h", "Subject: x", "", "Bcc: text"),
			env:  mail.Envelope{From: "a@a", To: to("b@b", "c@c", "e@e", "f@f", "g@g", "h@h")},
			body: crlf("From: a@a", "To: Team: b@b, (friend) \"C, D\" <c@c>;, =?utf-8?Q?=C3=A4?= <e@e>", "Cc: undisclosed-recipients:;", "Cc: B@B, f@f", "Subject: x", "", "Bcc: text"),
		},
		"resent": {
			file: crlf("Resent-From: r@r", "Resent-To: s@s", "Resent-Bcc: t@t", "Resent-From: old@o", "Resent-Cc: old@o", "From: a@a", "To: b@b", "", "x"),
			env:  mail.Envelope{From: "r@r", To: to("s@s", "t@t")},
			body: crlf("Resent-From: r@r", "Resent-To: s@s", "Resent-From: old@o", "Resent-Cc: old@o", "From: a@a", "To: b@b", "", "x"),
		},
		"unstuffed":    {file: plain + "..x\r\n.\r\n", unstuff: true, env: mail.Envelope{From: "ann@a.test", To: to("bob@b.test")}, body: crlf("From: Ann <ann@a.test>", "To: bob@b.test", "", "dot", "text", ".x")},
		"lone dot":     {file: plain + ".\r\n", env: mail.Envelope{From: "ann@a.test", To: to("bob@b.test")}},
		"no last line": {file: "To: b@b\r\n\r\nx", env: mail.Envelope{To: to("b@b")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.Trim(tc.body, "\x00")
			if tc.body == "" {
				want = tc.file
			}
			env, body, err := parse(tc.file, "local.test", tc.unstuff)
			if err != nil || !reflect.DeepEqual(env, tc.env) || body != want {
				t.Errorf("got %+v\n%q, %v\nwant %+v\n%q", env, body, err, tc.env, want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                                       "no recipients",
		"just text":                              "no recipients",
		"From: a@a\r\n\r\nTo: b@b":               "no recipients",
		"x-sender: a@a\r\n\r\nx":                 "no recipients",
		"x-receiver: <>\n\nx":                    "x-receiver without address",
		"x-receiver:\n\nx":                       "x-receiver",
		"x-receiver: Bob <b@\n\nx":               "x-receiver",
		"x-receiver: b@b@b\n\nx":                 "malformed domain",
		"x-sender: a@a\nx-sender: b@b\n":         "more than one x-sender",
		"x-sender: <a@a> BODY=9BIT\nTo: b@b":     "malformed BODY",
		"x-sender: <a@a> RET=ALL\nTo: b@b":       "malformed RET",
		"x-sender: <a@a> ENVID=\nTo: b@b":        "malformed ENVID",
		"x-receiver: <a@a> NOTIFY=NOW\n":         "malformed NOTIFY",
		"x-receiver: <a@a> NOTIFY=NEVER,DELAY\n": "malformed NOTIFY",
		"x-receiver: <a@a> ORCPT=x;+00\n":        "malformed ORCPT",
		"To: b@@b\n\nx":                          "not an address",
		"From: a@\nTo: b@b\n\nx":                 "not an address",
		"x-receiver: \xff@b\n":                   "not valid UTF-8",
	} {
		_, _, err := parse(file, "local.test", false)
		if !errors.Is(err, errMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
	}
}

// FuzzEnvelope: what is taken has recipients that can be written into SMTP, and a
// message that is the end of the file unless something had to come out of it.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		"X-Sender: \"A\" <a@a>\r\nX-Receiver: =?utf-8?B?QQ==?=\r\n <b@b> NOTIFY=NEVER ORCPT=rfc822;x+2B\r\nFrom: a@a\r\n\r\n..x\r\n.\r\n",
		"x-sender: <> RET=FULL ENVID=+41\nX-Y: z\nX-EndOfInjectedXHeaders: 1\nTo: b@b\n\nx",
		"From: a@a\r\nTo: g: b@b;, c@c\r\nBcc: d@d,\r\n e@e\r\n\r\nx",
		"Resent-From: a@a\nResent-To: b@b\nResent-From: c@c\n\nx", "\ufeffx-receiver: b\n", "Bcc: a@a\n\r\n",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, file string, unstuff bool) {
		env, body, err := parse(file, "local.test", unstuff)
		if err != nil {
			if !errors.Is(err, errMalformed) {
				t.Errorf("%v", err)
			}
			return
		}
		if len(env.To) == 0 {
			t.Errorf("%q: no recipients", file)
		}
		for _, rcpt := range append(to(env.From), env.To...) {
			a, err := mail.ParseAddress(rcpt.Address)
			if rcpt.Address != env.From && err != nil || err == nil && a.Domain == "" {
				t.Errorf("%q: address %q: %v", file, rcpt.Address, err)
			}
			if strings.ContainsAny(rcpt.Address+rcpt.ORcpt, "\r\n\x00") {
				t.Errorf("%q: %+v", file, rcpt)
			}
		}
		if len(body) > len(file) || !unstuff && !strings.HasSuffix(file, body) && !strings.Contains(strings.ToLower(file), "bcc") {
			t.Errorf("%q: message %q", file, body)
		}
	})
}
