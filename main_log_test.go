package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// secretWords are that are given to the program in all the ways there are, none of
// which may come out in the log. They look like nothing else.
func secretWords() []string {
	return []string{"Pw0plain", "Pw1login", "Pw2xoauth", "Pw3pop", "Pw4apop", "Pw5hop", "Pw6hook", "Pw7sign", "Bd0smtp", "Bd1http", "Bd2sent", "Bd3bdat", "Bd4refused"}
}

// TestLogTellsNoSecrets: with everything logged, as JSON, each line is an object with
// the fields that all have, sessions and messages are named, and neither passwords nor
// what is in a mail are there.
func TestLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }))
	t.Cleanup(hook.Close)
	p := start(t, "--log-level", "debug", "--log-format", "json", "--pop3-password", "Pw4apop",
		"--webhook", strings.Replace(hook.URL, "http://", "http://user:Pw6hook@", 1), "--webhook-secret", "Pw7sign")
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

	p.postText(t, "/v1/rules", "text/plain", "route to=*@hop.test relay smtp://user:Pw5hop@"+deserted(t)+"\ndot to=no@b.test reply 554 5.7.1 \"No\"\n")
	c := dialSMTP(t, p.smtp)
	c.ask("235", "AUTH PLAIN "+b64("\x00user\x00Pw0plain"))
	session := c.send("a@a.test", "b@b.test", "Subject: Bd0smtp\r\n\r\nBd0smtp\r\n")
	c.ask("250", "MAIL FROM:<a@a.test>")
	c.ask("250", "RCPT TO:<no@b.test>")
	c.ask("354", "DATA")
	c.ask("554", "Bd4refused\r\n.")
	c.ask("250", "MAIL FROM:<a@a.test>")
	c.ask("250", "RCPT TO:<b@b.test>")
	c.ask("250", "BDAT 9 LAST\r\nBd3bdat") // with the CRLF of the line
	c.send("a@a.test", "b@hop.test", "Subject: x\r\n\r\nx\r\n")
	login := dialSMTP(t, p.smtp)
	login.ask("334", "AUTH LOGIN")
	login.ask("334", b64("user"))
	login.ask("235", b64("Pw1login"))
	other := dialSMTP(t, p.smtp)
	other.ask("235", "AUTH XOAUTH2 "+b64("user=u\x01auth=Bearer Pw2xoauth\x01\x01"))
	other.ask("221", "QUIT")
	pop := dialPOP3(t, p.pop3)
	pop.write("USER b@b.test\r\nPASS Pw3pop\r\nAUTH PLAIN " + b64("\x00b@b.test\x00Pw3pop") + "\r\nQUIT\r\n")
	p.postText(t, "/v1/messages?to=h@b.test&from=a@a.test", "message/rfc822", "Subject: Bd1http\r\n\r\nBd1http\r\n")
	must(t, "", binary(t), "send", "--server", p.smtp, "--to", "s@b.test", "--subject", "Bd2sent", "--text", "Bd2sent")
	await(t, "the refusals to be logged", func() bool {
		said := p.errors.String()
		return strings.Contains(said, "webhook tries again") && strings.Contains(said, "next hop not reached") && strings.Contains(said, "POP3 login refused")
	})
	p.stop(t)

	said := p.errors.String()
	for _, word := range secretWords() {
		for _, shape := range []string{word, b64(word), strings.TrimRight(b64("\x00user\x00"+word), "=")} {
			if strings.Contains(said, shape) {
				t.Errorf("%s is in the log", word)
			}
		}
	}
	events := map[string]int{}
	for line := range strings.Lines(said) {
		var fact map[string]any
		if err := json.Unmarshal([]byte(line), &fact); err != nil || fact["time"] == nil || fact["level"] == nil || fact["msg"] == nil {
			t.Fatalf("line %s: %v", line, err)
		}
		msg := fact["msg"].(string)
		events[msg]++
		if strings.HasPrefix(msg, "SMTP session") || msg == "message accepted" || msg == "client refused" {
			if fact["session"] == "" || fact["session"] == nil {
				t.Errorf("no session in %s", line)
			}
		}
		if id, ok := fact["message"].(string); ok && strings.Trim(id, "0") == "" {
			t.Errorf("a message that there is not in %s", line)
		}
		if msg == "message accepted" && fact["message"] == nil {
			t.Errorf("no message in %s", line)
		}
	}
	if !strings.Contains(said, session) {
		t.Errorf("message %s is not in the log", session)
	}
	for msg, least := range map[string]int{"SMTP session began": 4, "SMTP session ended": 4, "message accepted": 4, "client refused": 1, "mail accepted": 1, "rules read": 0, "stopped": 1} {
		if events[msg] < least {
			t.Errorf("%q %d times, want %d: %v", msg, events[msg], least, events)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

// TestLogIsText by default, and says nothing below its level.
func TestLogLevelsAndFormats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ level, format, want string }{
		{"info", "text", "level=INFO msg=hello"}, {"warn", "text", ""}, {"debug", "json", `"msg":"hello"`}, {"off", "json", ""},
	} {
		var out bytes.Buffer
		l := logging{level: logLevel(tc.level), format: tc.format}
		log, err := l.logger(&out)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello")
		if got := out.String(); !strings.Contains(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%+v: %q", tc, got)
		}
		l.level = "error" // as PATCH /v1/settings does
		l.apply()
		out.Reset()
		log.Info("hello")
		if out.Len() > 0 {
			t.Errorf("%+v: still says %q", tc, out.String())
		}
	}
	if _, err := (&logging{level: "info", format: "xml"}).logger(&bytes.Buffer{}); err == nil {
		t.Error("any format will do")
	}
}

// postText posts text of some type; the answer must have a status of success.
func (p *process) postText(t *testing.T, path, contentType, text string) {
	t.Helper()
	resp, err := p.client.Post("http://localhost"+path, contentType, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("POST %s: %s", path, resp.Status)
	}
}
