package main

// Foreign clients send; what arrived is asked for over HTTP.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/uitest"
)

// plainMail is a message with dots where SMTP doubles them.
const plainMail = "From: a@a.test\r\nTo: b@b.test\r\nSubject: Hello\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"

// unix gives a text the line ends that programs here read and write.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// A sending is one call of a client and what has to come of it.
type sending struct {
	name string
	args []string
	want []string // what said tells of the message for b@b.test
}

// TestSwaks: the body that swaks is given gets an empty line at its end, which is
// swaks's doing. Of options that are given twice swaks takes the last.
func TestSwaks(t *testing.T) {
	swaks := catchertest.NeedProgram(t, "swaks")
	login := func(mechanism string, more ...string) []string {
		return append([]string{"--auth", mechanism, "--auth-user", "alice", "--auth-password", "secret"}, more...)
	}
	for _, c := range []sending{
		{"plain", nil,
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>"}},
		{"HELO", []string{"--protocol", "SMTP"},
			[]string{"with SMTP", "from <a@a.test>", "to <b@b.test>"}},
		{"null sender", []string{"--from", "<>"},
			[]string{"with ESMTP", "from <>", "to <b@b.test>"}},
		{"many recipients", []string{"--to", "b@b.test,Bcc@b.test,c+tag@c.test"},
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>", "to <Bcc@b.test>", "to <c+tag@c.test>"}},
		{"AUTH PLAIN", login("PLAIN"),
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <b@b.test>"}},
		{"AUTH LOGIN", login("LOGIN"),
			[]string{"with ESMTPA LOGIN alice", "from <a@a.test>", "to <b@b.test>"}},
		{"AUTH CRAM-MD5", login("CRAM-MD5"),
			[]string{"with ESMTPA CRAM-MD5 alice", "from <a@a.test>", "to <b@b.test>"}},
		{"pipelining", login("PLAIN", "--pipeline", "--to", "b@b.test,c@b.test"),
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <b@b.test>", "to <c@b.test>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			host, port := hostPort(t, p.smtp)
			args := []string{"--server", host, "--port", port, "--helo", "client.test", "--from", "a@a.test", "--to", "b@b.test",
				"--data", "@" + write(t, "mail", unix(plainMail))}
			must(t, "", swaks, append(args, c.args...)...)

			m := p.only(t, "b@b.test")
			wantSaid(t, m, c.want...)
			wantBytes(t, "body", p.raw(t, m.ID), plainMail+"\r\n")
			if m.Session.Helo != "client.test" {
				t.Errorf("HELO %q, want client.test", m.Session.Helo)
			}
			for _, rcpt := range m.Envelope.To {
				if got := p.only(t, rcpt.Address); got.ID != m.ID {
					t.Errorf("another message in the mailbox of <%s>", rcpt.Address)
				}
			}
		})
	}
}

func TestSwaksAttachment(t *testing.T) {
	t.Parallel()
	swaks := catchertest.NeedProgram(t, "swaks")
	p := start(t)
	host, port := hostPort(t, p.smtp)
	data := strings.Repeat("\x00\xff\r\n.\n", 1000)
	must(t, "", swaks, "--server", host, "--port", port, "--from", "a@a.test", "--to", "b@b.test",
		"--body", "see below", "--attach-type", "application/x-test", "--attach-name", "data.bin", "--attach", "@"+write(t, "data.bin", data))

	m := p.only(t, "b@b.test")
	if len(m.Attachments) != 1 || m.Attachments[0].Filename != "data.bin" || m.Attachments[0].ContentType != "application/x-test" {
		t.Fatalf("attachments %+v", m.Attachments)
	}
	wantBytes(t, "attachment", p.part(t, m, m.Attachments[0].Part), data)
	if m.Text == nil || !strings.HasPrefix(*m.Text, "see below") {
		t.Errorf("text %v", m.Text)
	}
}

func TestCurlSends(t *testing.T) {
	curl := catchertest.NeedProgram(t, "curl")
	large := "From: a@a.test\r\nSubject: large\r\n\r\n" + strings.Repeat(strings.Repeat(".", 76)+"\r\n", 5<<20/78)
	for _, c := range []struct {
		sending
		mail string
	}{
		{sending{"plain", nil,
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"many recipients", []string{"--mail-rcpt", "Bcc@b.test", "--mail-rcpt", "<c@c.test>"},
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>", "to <Bcc@b.test>", "to <c@c.test>"}}, plainMail},
		{sending{"login", []string{"--user", "alice:secret"},
			[]string{"with ESMTPA CRAM-MD5 alice", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"AUTH PLAIN", []string{"--user", "alice:secret", "--login-options", "AUTH=PLAIN"},
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"AUTH PLAIN at once", []string{"--user", "alice:secret", "--login-options", "AUTH=PLAIN", "--sasl-ir"},
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"AUTH LOGIN", []string{"--user", "alice:secret", "--login-options", "AUTH=LOGIN"},
			[]string{"with ESMTPA LOGIN alice", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"AUTH XOAUTH2", []string{"--user", "alice", "--oauth2-bearer", "token", "--login-options", "AUTH=XOAUTH2"},
			[]string{"with ESMTPA XOAUTH2 alice", "from <a@a.test>", "to <b@b.test>"}}, plainMail},
		{sending{"five megabytes", nil,
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>"}}, large},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			args := []string{"--silent", "--show-error", "smtp://" + p.smtp + "/client.test", "--mail-from", "a@a.test", "--mail-rcpt", "b@b.test"}
			must(t, "", curl, append(append(args, c.args...), "--upload-file", write(t, "mail", c.mail))...)

			m := p.only(t, "b@b.test")
			wantSaid(t, m, c.want...)
			wantBytes(t, "body", p.raw(t, m.ID), c.mail)
		})
	}
}

// TestCurlInternational: curl writes the domain as DNS has it, and the mailbox is
// that of the domain as people write it.
func TestCurlInternational(t *testing.T) {
	t.Parallel()
	curl := catchertest.NeedProgram(t, "curl")
	if !strings.Contains(must(t, "", curl, "--version"), "IDN") {
		t.Skip("this curl knows no domains in Unicode")
	}
	p := start(t)
	must(t, "", curl, "--silent", "--show-error", "smtp://"+p.smtp+"/client.test", "--mail-from", "a@a.test",
		"--mail-rcpt", "用户@例子.test", "--upload-file", write(t, "mail", plainMail))
	m := p.only(t, "用户@例子.test")
	wantSaid(t, m, "with UTF8SMTP", "from <a@a.test> SMTPUTF8", "to <用户@xn--fsqu00a.test>")
	for _, user := range []string{"用户@例子.test", "用户@xn--fsqu00a.test", "@all"} {
		got := must(t, "", curl, "--silent", "--show-error", "--user", user+":x", "pop3://"+p.pop3+"/1")
		wantBytes(t, user, got, plainMail)
	}
}

func TestMsmtp(t *testing.T) {
	msmtp := catchertest.NeedProgram(t, "msmtp")
	const letter = "From: a@a.test\r\nTo: b@b.test\r\n%sDate: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@a.test>\r\nSubject: Hello\r\n\r\n.\r\n..\r\nend\r\n"
	for _, c := range []struct {
		name, config string
		want         []string
	}{
		{"auth off", "auth off",
			[]string{"with ESMTP", "from <a@a.test>", "to <b@b.test>", "to <hidden@b.test>"}},
		// Without TLS "auth on" takes none of what we offer: the mechanism has to be named.
		{"auth plain", "auth plain\nuser alice\npassword secret",
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <b@b.test>", "to <hidden@b.test>"}},
		{"auth login", "auth login\nuser alice\npassword secret",
			[]string{"with ESMTPA LOGIN alice", "from <a@a.test>", "to <b@b.test>", "to <hidden@b.test>"}},
		{"auth cram-md5", "auth cram-md5\nuser alice\npassword secret",
			[]string{"with ESMTPA CRAM-MD5 alice", "from <a@a.test>", "to <b@b.test>", "to <hidden@b.test>"}},
		{"DSN", "dsn_notify success,failure\ndsn_return headers",
			[]string{"with ESMTP", "from <a@a.test> RET=HDRS", "to <b@b.test> NOTIFY=SUCCESS,FAILURE", "to <hidden@b.test> NOTIFY=SUCCESS,FAILURE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			host, port := hostPort(t, p.smtp)
			config := fmt.Sprintf("account default\nhost %s\nport %s\ndomain client.test\ntls off\nfrom a@a.test\n%s\n", host, port, c.config)
			mail := unix(fmt.Sprintf(letter, "Bcc: hidden@b.test\r\n"))
			must(t, mail, msmtp, "-C", write(t, "msmtprc", config), "--read-recipients")

			m := p.only(t, "hidden@b.test")
			wantSaid(t, m, c.want...)
			wantBytes(t, "body", p.raw(t, m.ID), fmt.Sprintf(letter, ""))
		})
	}
}

// rawText is what most cases of testdata/smtplib_send.py send before their text.
const rawText = "From: a@a.test\r\nSubject: raw\r\n\r\n"

func TestSMTPLib(t *testing.T) {
	python := needPython(t)
	for _, c := range []struct {
		name, box string
		body      string // "": not looked at
		want      []string
	}{
		{"message", "bcc@b.test", "",
			[]string{"with ESMTP", "from <a@a.test>", "to <to@b.test>", "to <bcc@b.test>", "to <cc@b.test>"}},
		{"international", "用户@例子.test", "",
			[]string{"with UTF8SMTP", "from <a@a.test> BODY=8BITMIME SMTPUTF8", "to <用户@例子.test>", "to <bcc@b.test>", "to <cc@b.test>"}},
		{"login", "login@b.test", rawText + "after login\r\n",
			[]string{"with ESMTPA CRAM-MD5 alice", "from <a@a.test>", "to <login@b.test>"}},
		{"plain", "login@b.test", rawText + "after login\r\n",
			[]string{"with ESMTPA PLAIN alice@a.test", "from <a@a.test>", "to <login@b.test>"}},
		{"late_plain", "login@b.test", rawText + "after login\r\n",
			[]string{"with ESMTPA PLAIN alice@a.test", "from <a@a.test>", "to <login@b.test>"}},
		{"login_mechanism", "login@b.test", rawText + "after login\r\n",
			[]string{"with ESMTPA LOGIN alice@a.test", "from <a@a.test>", "to <login@b.test>"}},
		{"dsn", "dsn@b.test", rawText + "dsn\r\n",
			[]string{"with ESMTP", "from <a@a.test> RET=HDRS ENVID=QQ+314159", "to <dsn@b.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+tag@b.test"}},
		{"eight_bit", "bits@b.test", rawText + "caf\xe9 \x00 \xff\r\n",
			[]string{"with ESMTP", "from <a@a.test> BODY=8BITMIME", "to <bits@b.test>"}},
		{"dots", "dots@b.test", rawText + ".\r\n..\r\n.x\r\nend\r\n",
			[]string{"with ESMTP", "from <a@a.test>", "to <dots@b.test>"}},
		{"bare", "bare@b.test", rawText + "one\n.\ntwo\r.\rthree\n..\r\n.\r\n..x\r\n\n.\r\n\r\n",
			[]string{"with ESMTP", "from <a@a.test>", "to <bare@b.test>"}},
		{"refused", "good@b.test", rawText + "partly\r\n",
			[]string{"with ESMTP", "from <a@a.test>", "to <good@b.test>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			host, port := hostPort(t, p.smtp)
			must(t, "", python, "catcher/catchertest/testdata/smtplib_send.py", host, port, c.name)

			m := p.only(t, c.box)
			wantSaid(t, m, c.want...)
			if c.body != "" {
				wantBytes(t, "body", p.raw(t, m.ID), c.body)
			}
		})
	}
}

// TestSMTPLibMessage: what the policies of Python's email package write is read
// back, headers in raw UTF-8 included.
func TestSMTPLibMessage(t *testing.T) {
	python := needPython(t)
	for _, name := range []string{"message", "international"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			host, port := hostPort(t, p.smtp)
			must(t, "", python, "catcher/catchertest/testdata/smtplib_send.py", host, port, name)

			m := p.only(t, "bcc@b.test")
			if m.Subject != "Grüße" || len(m.From) != 1 || m.From[0].Name != "Ärger & Söhne" {
				t.Errorf("subject %q from %+v", m.Subject, m.From)
			}
			if m.Text == nil || unix(*m.Text) != "Guten Tag\n.\n..\n" {
				t.Errorf("text %v", m.Text)
			}
			if raw := p.raw(t, m.ID); strings.Contains(raw, "Bcc") {
				t.Errorf("Bcc in the message:\n%s", raw)
			}
		})
	}
}

// TestSMTPLibMany: one connection, many mails, RSET in between.
func TestSMTPLibMany(t *testing.T) {
	t.Parallel()
	python := needPython(t)
	p := start(t)
	host, port := hostPort(t, p.smtp)
	must(t, "", python, "catcher/catchertest/testdata/smtplib_send.py", host, port, "many")
	list := p.list(t, "many@b.test")
	if len(list) != 20 {
		t.Fatalf("%d messages, want 20", len(list))
	}
	for i, s := range list {
		wantBytes(t, "body", p.raw(t, s.ID), fmt.Sprintf("%snumber %d\r\n", rawText, i))
	}
}

// nodemailer runs a case of testdata/nodemailer_send.cjs.
func nodemailer(t *testing.T, p *process, name string) {
	t.Helper()
	modules, node := uitest.Modules(t, "nodemailer"), catchertest.NeedProgram(t, "node")
	host, port := hostPort(t, p.smtp)
	o := execute(t, "", []string{"NODE_PATH=" + modules}, node, "catcher/catchertest/testdata/nodemailer_send.cjs", host, port, name)
	if o.status != 0 {
		t.Fatalf("nodemailer ended with status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
}

func TestNodemailer(t *testing.T) {
	for _, c := range []struct {
		name, box string
		want      []string
	}{
		{"full", "bcc@b.test",
			[]string{"with ESMTP", "from <a@a.test>", "to <one@b.test>", "to <two@b.test>", "to <cc@b.test>", "to <bcc@b.test>"}},
		{"envelope", "bcc@b.test",
			[]string{"with ESMTP", "from <bounce@a.test>", "to <other@b.test>", "to <bcc@b.test>"}},
		{"dsn", "dsn@b.test",
			[]string{"with ESMTP", "from <a@a.test> RET=HDRS ENVID=env id", "to <dsn@b.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;orig@b.test"}},
		{"international", "用户@例子.test",
			[]string{"with UTF8SMTP", "from <a@a.test> SMTPUTF8", "to <用户@例子.test>"}},
		{"raw", "raw@b.test",
			[]string{"with ESMTP", "from <a@a.test>", "to <raw@b.test>"}},
		{"plain", "auth@b.test",
			[]string{"with ESMTPA PLAIN alice", "from <a@a.test>", "to <auth@b.test>"}},
		{"cram", "auth@b.test",
			[]string{"with ESMTPA CRAM-MD5 alice", "from <a@a.test>", "to <auth@b.test>"}},
		{"xoauth2", "auth@b.test",
			[]string{"with ESMTPA XOAUTH2 alice", "from <a@a.test>", "to <auth@b.test>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			nodemailer(t, p, c.name)
			m := p.only(t, c.box)
			wantSaid(t, m, c.want...)
			if c.name == "raw" {
				wantBytes(t, "body", p.raw(t, m.ID), "Subject: raw\r\n\r\n.\r\n..\r\nend\r\n")
			}
		})
	}
}

// TestNodemailerParts: text, HTML, an image inside it and an attachment.
func TestNodemailerParts(t *testing.T) {
	t.Parallel()
	p := start(t)
	nodemailer(t, p, "full")
	m := p.only(t, "bcc@b.test")
	if m.Subject != "Grüße aus Node" || m.Text == nil || unix(*m.Text) != "Hello\n.\n..dots\n" {
		t.Errorf("subject %q, text %v", m.Subject, m.Text)
	}
	if len(m.Attachments) != 2 || m.Attachments[0].ContentID != "dot@a.test" || m.Attachments[1].Filename != "Übersicht.bin" {
		t.Fatalf("attachments %+v", m.Attachments)
	}
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	wantBytes(t, "attachment", p.part(t, m, m.Attachments[1].Part), string(all))
	image := "/v1/messages/" + m.ID + "/parts/" + m.Attachments[0].Part
	if html := string(p.get(t, "/v1/messages/"+m.ID+"/html")); !strings.Contains(html, image) {
		t.Errorf("the HTML does not show %s:\n%s", image, html)
	}
	if gif := p.part(t, m, m.Attachments[0].Part); !strings.HasPrefix(gif, "GIF89a") {
		t.Errorf("image %q", gif)
	}
	if len(m.Defects) > 0 {
		t.Errorf("defects %+v", m.Defects)
	}
}

// TestNodemailerPool: 50 mails over few connections, each once.
func TestNodemailerPool(t *testing.T) {
	t.Parallel()
	p := start(t)
	nodemailer(t, p, "pool")
	seen, sessions := map[string]bool{}, map[string]bool{}
	for _, s := range p.list(t, "pool@b.test") {
		m := p.message(t, s.ID)
		seen[m.Subject], sessions[m.Session.ID] = true, true
	}
	if n := len(p.list(t, "pool@b.test")); n != 50 || len(seen) != 50 {
		t.Errorf("%d messages, %d subjects, want 50", n, len(seen))
	}
	if len(sessions) > 4 {
		t.Errorf("%d sessions, want 4 at most", len(sessions))
	}
}

// TestSMTPSource is a little load: lock-step sessions side by side.
func TestSMTPSource(t *testing.T) {
	t.Parallel()
	source := catchertest.NeedProgram(t, "smtp-source", "/usr/sbin/smtp-source")
	p := start(t)
	must(t, "", source, "-m", "200", "-s", "10", "-l", "5000", "-f", "a@a.test", "-t", "load@b.test", p.smtp)
	must(t, "", source, "-d", "-m", "200", "-s", "10", "-r", "5", "-f", "a@a.test", "-t", "rcpt@b.test", p.smtp)
	if n := len(p.list(t, "load@b.test")); n != 200 {
		t.Errorf("%d messages for one recipient, want 200", n)
	}
	for _, number := range []string{"", "2", "3", "4", "5"} { // what -r puts before the address
		box := number + "rcpt@b.test"
		if got := len(p.list(t, box)); got != 200 {
			t.Errorf("%d messages in %s, want 200", got, box)
		}
	}
	if n := len(p.list(t, "")); n != 400 {
		t.Errorf("%d messages in all, want 400", n)
	}
}
