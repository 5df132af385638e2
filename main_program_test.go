package main

// What the program does as a program: how it fails, how it ends, and its
// subcommands.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/api"
)

// wantOneLine checks what a program that failed has to say.
func wantOneLine(t *testing.T, o outcome, status int, prefix string, words ...string) {
	t.Helper()
	if o.status != status {
		t.Errorf("status %d, want %d", o.status, status)
	}
	if strings.Count(o.stderr, "\n") != 1 || !strings.HasSuffix(o.stderr, "\n") || !strings.HasPrefix(o.stderr, prefix) {
		t.Errorf("stderr %q, want one line that begins with %q", o.stderr, prefix)
	}
	for _, word := range words {
		if !strings.Contains(o.stderr, word) {
			t.Errorf("stderr %q, want %q in it", o.stderr, word)
		}
	}
	if o.stdout != "" {
		t.Errorf("stdout %q", o.stdout)
	}
}

// occupied is an address that is in use.
func occupied(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// deserted is an address at which nobody listens.
func deserted(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestServeRefuses(t *testing.T) {
	program := binary(t)
	taken := occupied(t, "tcp", "127.0.0.1:0")
	socket := occupied(t, "unix", filepath.Join(t.TempDir(), "s"))
	plain := write(t, "plain", "do not touch")
	inUse := t.TempDir()
	start(t, "--data", inUse)
	for _, c := range []struct {
		name  string
		env   string
		flags []string
		words []string // in the line on stderr
	}{
		{"SMTP port taken", "", []string{"--smtp", taken}, []string{"--smtp", taken, "in use"}},
		{"POP3 port taken", "", []string{"--pop3", taken}, []string{"--pop3", taken, "in use"}},
		{"HTTP port taken", "", []string{"--http", taken}, []string{"--http", taken, "in use"}},
		{"socket taken", "", []string{"--smtp", "unix:" + socket}, []string{"--smtp", socket, "in use"}},
		{"socket is a file", "", []string{"--smtp", "unix:" + plain}, []string{"--smtp", plain}},
		{"socket in no folder", "", []string{"--http", "unix:/no/such/folder/s"}, []string{"--http", "/no/such/folder/s"}},
		{"socket without a path", "", []string{"--pop3", "unix:"}, []string{"--pop3"}},
		{"no port", "", []string{"--smtp", "127.0.0.1"}, []string{"--smtp", "127.0.0.1"}},
		{"port too large", "", []string{"--smtp", "127.0.0.1:70000"}, []string{"--smtp", "70000"}},
		{"empty address", "", []string{"--smtp", ""}, []string{"--smtp"}},
		{"foreign address", "", []string{"--smtp", "192.0.2.1:0"}, []string{"--smtp", "192.0.2.1"}},
		{"all off", "", []string{"--smtp", "off", "--pop3", "off", "--http", "off"}, []string{"off"}},
		{"unknown flag", "", []string{"--frobnicate"}, []string{"--frobnicate"}},
		{"unknown short flag", "", []string{"-z"}, []string{"-z"}},
		{"flag without value", "", []string{"--max-bytes"}, []string{"--max-bytes"}},
		{"argument", "", []string{"mail"}, []string{"mail"}},
		{"bad size", "", []string{"--max-bytes", "many"}, []string{"--max-bytes", "many"}},
		{"negative size", "", []string{"--max-bytes=-1"}, []string{"--max-bytes"}},
		{"size beyond all", "", []string{"--max-bytes", "99999999999G"}, []string{"--max-bytes"}},
		{"bad count", "", []string{"--max-messages", "-5"}, []string{"--max-messages", "-5"}},
		{"bad duration", "", []string{"--max-age", "1 week"}, []string{"--max-age", "1 week"}},
		{"no limit where one must be", "", []string{"--idle-timeout", "0"}, []string{"--idle-timeout"}},
		{"bad domain", "", []string{"--domain", "a b"}, []string{"--domain", "a b"}},
		{"bad log level", "", []string{"--log-level", "loud"}, []string{"--log-level", "loud"}},
		{"data in a file", "", []string{"--data", plain}, []string{plain, "not a directory"}},
		{"folder in a file", "", []string{"--pickup", plain + "/x"}, []string{plain + "/x", "not a directory"}},
		{"folder that is a file", "", []string{"--badmail", plain}, []string{"--badmail " + plain, "not a directory"}},
		{"folder that cannot be written", "", []string{"--drop", "/proc"}, []string{"--drop /proc"}},
		{"data in use", "", []string{"--data", inUse}, []string{inUse, "in use by another Postroom"}},
		{"webhook without a host", "", []string{"--webhook", "file:///x"}, []string{"--webhook", "http"}},
		{"bad query of a webhook", "", []string{"--webhook", "http://a.test", "--webhook-query", "subject:"}, []string{"--webhook", "query"}},
		{"bad event of a webhook", "", []string{"--webhook", "http://a.test", "--webhook-events", "exploded"}, []string{"--webhook", "exploded", "received"}},
		{"webhook's query without one", "", []string{"--webhook-query", "x"}, []string{"--webhook"}},
		{"bad sync", "", []string{"--data", "x", "--sync", "often"}, []string{"--sync", "often"}},
		{"bad value in the environment", "POSTROOM_MAX_AGE=never", nil, []string{"POSTROOM_MAX_AGE", "duration"}},
		{"senseless value in the environment", "POSTROOM_DOMAIN=x y", nil, []string{"x y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, "", []string{c.env}, program, append(onFreePorts(), c.flags...)...)
			wantOneLine(t, o, exitUsage, "postroom: ", c.words...)
		})
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(plain); err != nil || string(text) != "do not touch" {
			t.Errorf("the file in the place of a socket: %q, %v", text, err)
		}
	})
}

// TestServeLeavesNoSocket: when one door cannot be opened, the others leave
// nothing behind.
func TestServeLeavesNoSocket(t *testing.T) {
	t.Parallel()
	taken, socket := occupied(t, "tcp", "127.0.0.1:0"), filepath.Join(t.TempDir(), "s")
	o := execute(t, "", nil, binary(t), "--smtp", "unix:"+socket, "--pop3", "127.0.0.1:0", "--http", taken)
	wantOneLine(t, o, exitUsage, "postroom: ", "--http", taken)
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket of SMTP is left: %v", err)
	}
}

func TestUnknownSubcommand(t *testing.T) {
	t.Parallel()
	wantOneLine(t, execute(t, "", nil, binary(t), "deliver"), exitUsage, "postroom: ", "deliver")
}

func TestHelp(t *testing.T) {
	program := binary(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}, {"serve", "--help"}, {"send", "--help"}, {"sendmail", "--help"}, {"import", "--help"}, {"export", "--help"}, {"health", "--help"}, {"version", "--help"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			if out := must(t, "", program, args...); !strings.Contains(out, "Usage:") {
				t.Errorf("help %q", out)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if out := must(t, "", binary(t), "version"); !strings.HasPrefix(out, "postroom "+version) || strings.Count(out, "\n") != 1 {
		t.Errorf("version says %q", out)
	}
}

// TestEnvironment: a flag's twin counts, and the flag is stronger.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	program := binary(t)
	env := []string{"POSTROOM_HTTP=off", "POSTROOM_SMTP=off"}
	wantOneLine(t, execute(t, "", env, program, "health"), exitUsage, "postroom: ", "nobody to ask")
	wantOneLine(t, execute(t, "", env, program, "health", "--http", deserted(t)), exitFailed, "postroom: ", "not reachable")
}

// TestPage: the page is in the program.
func TestPage(t *testing.T) {
	t.Parallel()
	p := start(t)
	page := string(p.get(t, "/"))
	if !strings.HasPrefix(strings.ToLower(page), "<!doctype html>") || !strings.Contains(page, "<script") {
		t.Errorf("the page is %.300q", page)
	}
	p.get(t, "/healthz")
	p.get(t, "/readyz")
	p.get(t, "/v1/openapi.json")
}

// TestSMTPOff: what is off is not announced.
func TestSMTPOff(t *testing.T) {
	t.Parallel()
	p := start(t, "--smtp", "off")
	if p.smtp != "" || p.pop3 == "" || p.page == "" {
		t.Errorf("announced SMTP %q, POP3 %q, page %q", p.smtp, p.pop3, p.page)
	}
	if info := decode[api.Info](t, p.get(t, "/v1/info")); info.SMTP != "" || info.POP3 != p.pop3 || p.page != "http://"+info.HTTP+"/" {
		t.Errorf("info %+v", info)
	}
	c := dialPOP3(t, p.pop3)
	c.login("a@a.test")
	c.ask("QUIT")
}

// TestPageOff: mail goes in and out without the page.
func TestPageOff(t *testing.T) {
	t.Parallel()
	p := start(t, "--http", "off")
	dialSMTP(t, p.smtp).send("a@a.test", "b@b.test", plainMail)
	c := dialPOP3(t, p.pop3)
	c.login("b@b.test")
	c.write("RETR 1\r\n")
	wantBytes(t, "RETR", c.multi(), plainMail)
}

// TestSocketFiles: all three doors on socket files, for foreign clients too. The
// files are gone afterwards; one that a dead process left is replaced.
func TestSocketFiles(t *testing.T) {
	t.Parallel()
	curl, swaks := catchertest.NeedProgram(t, "curl"), catchertest.NeedProgram(t, "swaks")
	dir, err := os.MkdirTemp("", "postroom-") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := func(name string) string { return filepath.Join(dir, name) }
	stale, err := net.Listen("unix", path("smtp"))
	if err != nil {
		t.Fatal(err)
	}
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()

	p := start(t, "--smtp", "unix:"+path("smtp"), "--pop3", "unix:"+path("pop3"), "--http", "unix:"+path("http"))
	if p.smtp != "unix:"+path("smtp") || p.pop3 != "unix:"+path("pop3") || p.page != "unix:"+path("http") {
		t.Errorf("announced SMTP %q, POP3 %q, page %q", p.smtp, p.pop3, p.page)
	}
	must(t, "", swaks, "--socket", path("smtp"), "--helo", "client.test", "--from", "a@a.test", "--to", "b@b.test", "--data", "@"+write(t, "mail", unix(plainMail)))
	m := p.only(t, "b@b.test")
	if m.Session.Remote != "unix" {
		t.Errorf("the client is called %q, want unix", m.Session.Remote)
	}
	raw := must(t, "", curl, "--silent", "--unix-socket", path("http"), "http://localhost/v1/messages/"+m.ID+"/raw")
	wantBytes(t, "raw", raw, plainMail+"\r\n")
	c := dialPOP3(t, p.pop3)
	c.login("b@b.test")
	c.write("RETR 1\r\n")
	wantBytes(t, "RETR", c.multi(), plainMail+"\r\n")
	must(t, "", binary(t), "send", "--server", p.smtp, "--to", "c@b.test", "--text", "by socket")
	p.only(t, "c@b.test")
	must(t, "", binary(t), "health", "--http", p.page)
	must(t, "", binary(t), "health", "--http", "off", "--smtp", p.smtp)

	p.stop(t)
	for _, name := range []string{"smtp", "pop3", "http"} {
		if _, err := os.Lstat(path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

// TestTerminateWithinDATA: a mail that is being sent when the program is told to
// end is taken, told to those who follow the events, and the program ends well.
func TestTerminateWithinDATA(t *testing.T) {
	t.Parallel()
	p := start(t, "--grace", "1m")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	events := p.events(ctx, t)
	idle, busy, reader := dialSMTP(t, p.smtp), dialSMTP(t, p.smtp), dialPOP3(t, p.pop3)
	busy.ask("250", "MAIL FROM:<a@a.test>")
	busy.ask("250", "RCPT TO:<b@b.test>")
	busy.ask("354", "DATA")
	busy.write("Subject: half\r\n\r\nfirst half\r\n")

	p.terminate(t)
	idle.reply("421") // so it has noticed
	idle.end()
	if line := reader.raw(); !strings.HasPrefix(line, "-ERR [SYS/TEMP]") {
		t.Errorf("the POP3 session hears %q", line)
	}
	if conn, err := net.Dial("tcp", p.smtp); err == nil {
		conn.Close()
		t.Error("the SMTP port still takes connections")
	}
	busy.write("second half\r\n.\r\n")
	id := queuedAs(busy.reply("250 2.0.0 OK: queued as "))
	busy.reply("421")
	busy.end()
	p.wait(t)

	var told []string
	for e := range events {
		if e.Type == "added" {
			told = append(told, e.ID)
		}
	}
	if len(told) != 1 || told[0] != id {
		t.Errorf("told of %v, want %s", told, id)
	}
}

// TestTerminateAfterGrace: who does not finish in time is cut off, and the
// program still ends well.
func TestTerminateAfterGrace(t *testing.T) {
	t.Parallel()
	p := start(t, "--grace", "100ms")
	c := dialSMTP(t, p.smtp)
	c.ask("250", "MAIL FROM:<a@a.test>")
	c.ask("250", "RCPT TO:<b@b.test>")
	c.ask("354", "DATA")
	c.write("Subject: never ends\r\n")
	began := time.Now()
	p.stop(t)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("ended after %v, without the grace", took)
	}
}

// TestInterrupt: what Ctrl-C sends ends the program as well.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	p := start(t)
	idle := dialSMTP(t, p.smtp)
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	idle.reply("421")
	p.wait(t)
}

// TestTerminateTwice: a second signal ends the program at once. One that follows
// on the heels of the first may be taken for the same; so there are more.
func TestTerminateTwice(t *testing.T) {
	t.Parallel()
	p := start(t, "--grace", "1h")
	idle, busy := dialSMTP(t, p.smtp), dialSMTP(t, p.smtp)
	busy.ask("250", "MAIL FROM:<a@a.test>")
	p.terminate(t)
	idle.reply("421")
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(patience); ; {
		select {
		case err := <-p.ended:
			p.ended <- nil
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("ended with %v, want by the signal", err)
			}
			return
		case <-again.C:
			p.terminate(t)
		case <-deadline:
			t.Fatal("the program goes on")
		}
	}
}

// TestSend makes mails from flags.
func TestSend(t *testing.T) {
	t.Parallel()
	p := start(t)
	data := strings.Repeat("\x00\r\n.\xff", 1000)
	out := must(t, "", binary(t), "send", "--server", p.smtp, "--from", "Söhne <a@a.test>", "--to", "Bob <b@b.test>", "--to", "c@b.test",
		"--cc", "d@b.test", "--bcc", "e@b.test", "--subject", "Grüße", "--text", "Hallo\n.\n", "--html", "<p>Hallo", "--header", "X-Job: 7",
		"--attach", write(t, "Übersicht.bin", data))

	m := p.only(t, "e@b.test")
	if !strings.Contains(out, m.ID) || strings.Count(out, "\n") != 1 {
		t.Errorf("send says %q", out)
	}
	wantSaid(t, m, "with ESMTP", "from <a@a.test>", "to <b@b.test>", "to <c@b.test>", "to <d@b.test>", "to <e@b.test>")
	if m.Subject != "Grüße" || m.Text == nil || unix(*m.Text) != "Hallo\n.\n" || m.HTML == nil || !strings.HasPrefix(*m.HTML, "<p>Hallo") {
		t.Errorf("subject %q, text %v, HTML %v", m.Subject, m.Text, m.HTML)
	}
	if len(m.From) != 1 || m.From[0].Name != "Söhne" || len(m.To) != 2 || m.To[0].Name != "Bob" || len(m.Cc) != 1 {
		t.Errorf("from %v to %v cc %v", m.From, m.To, m.Cc)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Filename != "Übersicht.bin" {
		t.Fatalf("attachments %+v", m.Attachments)
	}
	wantBytes(t, "attachment", p.part(t, m, m.Attachments[0].Part), data)
	if raw := p.raw(t, m.ID); strings.Contains(raw, "e@b.test") || !strings.Contains(raw, "\r\nX-Job: 7\r\n") {
		t.Errorf("message:\n%s", raw)
	}
	if len(m.Defects) > 0 {
		t.Errorf("defects %+v", m.Defects)
	}
}

// TestSendRaw: a message on stdin goes out as it is, with CRLF ends.
func TestSendRaw(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct {
		box, stdin, want string
		args             []string
	}{
		{"lf@b.test", unix(plainMail), plainMail, []string{"--to", "lf@b.test"}},
		{"crlf@b.test", plainMail, plainMail, []string{"--to", "crlf@b.test"}},
		{"b@b.test", plainMail, plainMail, nil},
		{"null@b.test", plainMail, plainMail, []string{"--to", "null@b.test", "--from", "<>"}},
		{"用户@例子.test", plainMail, plainMail, []string{"--to", "用户@例子.test"}},
		{"open@b.test", "Subject: no end\n\nno end", "Subject: no end\r\n\r\nno end\r\n", []string{"--to", "open@b.test"}},
	} {
		must(t, c.stdin, binary(t), append([]string{"send", "--server", p.smtp}, c.args...)...)
		m := p.only(t, c.box)
		wantBytes(t, c.box, p.raw(t, m.ID), c.want)
		if null := c.box == "null@b.test"; (m.Envelope.From == "") != null {
			t.Errorf("%s: sender <%s>", c.box, m.Envelope.From)
		}
	}
}

// TestSendBareLF: the dot of a line that a bare LF begins is no dot to double:
// the server would not take it off again.
func TestSendBareLF(t *testing.T) {
	t.Parallel()
	p := start(t)
	const mail = "Subject: x\r\n\r\none\n.two\n.\r\n.three\r\nend\n"
	must(t, mail, binary(t), "send", "--server", p.smtp, "--to", "b@b.test")
	wantBytes(t, "body", p.raw(t, p.only(t, "b@b.test").ID), mail+"\r\n")
}

// TestSendMixedLineEnds: a line that has its CR already gets no second one.
func TestSendMixedLineEnds(t *testing.T) {
	t.Parallel()
	p := start(t)
	must(t, "Subject: x\nX-Mailer: y\r\n\none\r\ntwo\n", binary(t), "send", "--server", p.smtp, "--to", "b@b.test")
	wantBytes(t, "body", p.raw(t, p.only(t, "b@b.test").ID), "Subject: x\r\nX-Mailer: y\r\n\r\none\r\ntwo\r\n")
}

// TestSendLongHeader: no line over the 998 octets of RFC 5322 §2.1.1.
func TestSendLongHeader(t *testing.T) {
	t.Parallel()
	p := start(t)
	subject := strings.TrimSpace(strings.Repeat("Grüße ", 200))
	must(t, "", binary(t), "send", "--server", p.smtp, "--to", "b@b.test", "--subject", subject, "--text", "x")
	m := p.only(t, "b@b.test")
	if m.Subject != subject {
		t.Errorf("subject %q", m.Subject)
	}
	for line := range strings.Lines(p.raw(t, m.ID)) {
		if len(line) > 998+len("\r\n") {
			t.Errorf("a line of %d octets: %.80q", len(line), line)
		}
	}
}

// TestSendEmptySubject: a flag that is given counts, whatever its value.
func TestSendEmptySubject(t *testing.T) {
	t.Parallel()
	p := start(t)
	must(t, "", binary(t), "send", "--server", p.smtp, "--to", "b@b.test", "--subject", "", "--text", "")
	p.only(t, "b@b.test")
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-message-size", "1000")
	nobody := deserted(t)
	for _, c := range []struct {
		name, stdin string
		args        []string
		status      int
		words       []string
	}{
		{"no recipient", "", []string{"--text", "x"}, exitUsage, []string{"--to"}},
		{"no address", "", []string{"--to", "a b", "--text", "x"}, exitUsage, []string{"a b"}},
		{"no message", "", []string{"--to", "b@b.test"}, exitUsage, []string{"empty"}},
		{"no such file", "", []string{"--to", "b@b.test", "--attach", "/no/such/file"}, exitUsage, []string{"/no/such/file"}},
		{"bad header", "", []string{"--to", "b@b.test", "--header", "nonsense"}, exitUsage, []string{"nonsense"}},
		{"unknown flag", "", []string{"--too", "b@b.test"}, exitUsage, []string{"--too"}},
		{"argument", "", []string{"b@b.test"}, exitUsage, []string{"b@b.test"}},
		{"refused", "", []string{"--to", "b@b.test", "--text", strings.Repeat("x", 2000)}, exitFailed, []string{"552"}},
		{"nobody there", "", []string{"--server", nobody, "--to", "b@b.test", "--text", "x"}, exitFailed, []string{nobody, "refused"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, c.stdin, []string{"POSTROOM_SERVER=" + p.smtp}, binary(t), append([]string{"send"}, c.args...)...)
			wantOneLine(t, o, c.status, "postroom: ", c.words...)
		})
	}
}

// sendmailLink is the program by the name sendmail.
func sendmailLink(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no symbolic links for everyone")
	}
	path := filepath.Join(t.TempDir(), "sendmail")
	if err := os.Symlink(binary(t), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSendmail(t *testing.T) {
	sendmail := sendmailLink(t)
	const head = "From: a@a.test\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nMessage-ID: <1@a.test>\n"
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        []string
		body        string
	}{
		{"recipients", head + "\nHello\n", []string{"-f", "x@a.test", "b@b.test", "c@b.test"},
			[]string{"with ESMTP", "from <x@a.test>", "to <b@b.test>", "to <c@b.test>"}, head + "\nHello\n"},
		{"as PHP calls it", head + "To: b@b.test\nBcc: hidden@b.test,\n other@b.test\nSubject: x\n\n.\n..\nHello\n", []string{"-t", "-i", "-fx@a.test"},
			[]string{"with ESMTP", "from <x@a.test>", "to <b@b.test>", "to <hidden@b.test>", "to <other@b.test>"}, head + "To: b@b.test\nSubject: x\n\n.\n..\nHello\n"},
		{"together", head + "Cc: b@b.test\n\n.\n", []string{"-ti", "-r", "x@a.test"},
			[]string{"with ESMTP", "from <x@a.test>", "to <b@b.test>"}, head + "Cc: b@b.test\n\n.\n"},
		{"-oi and more", head + "\n.\n", []string{"-oi", "-oem", "-bm", "-N", "never", "-B8BITMIME", "-f", "<>", "--", "b@b.test"},
			[]string{"with ESMTP", "from <>", "to <b@b.test>"}, head + "\n.\n"},
		{"a dot ends it", head + "\nHello\n.\nnot this\n", []string{"-f", "x@a.test", "b@b.test"},
			[]string{"with ESMTP", "from <x@a.test>", "to <b@b.test>"}, head + "\nHello\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			o := execute(t, c.stdin, []string{"POSTROOM_SERVER=" + p.smtp}, sendmail, c.args...)
			if o.status != 0 || o.stdout+o.stderr != "" {
				t.Fatalf("status %d, says %s%s", o.status, o.stdout, o.stderr)
			}
			m := p.only(t, "b@b.test")
			wantSaid(t, m, c.want...)
			wantBytes(t, "body", p.raw(t, m.ID), strings.ReplaceAll(c.body, "\n", "\r\n"))
		})
	}
}

// TestSendmailCompletes: a message without header gets what it needs.
func TestSendmailCompletes(t *testing.T) {
	t.Parallel()
	p := start(t)
	o := execute(t, "just text\n", nil, binary(t), "sendmail", "-v", "-S", p.smtp, "-F", "Jörg", "-f", "j@a.test", "b@b.test")
	m := p.only(t, "b@b.test")
	if o.status != 0 || !strings.Contains(o.stderr, m.ID) {
		t.Errorf("status %d, says %q", o.status, o.stderr)
	}
	if m.Date == nil || m.MessageID == "" || len(m.From) != 1 || m.From[0].Name != "Jörg" || m.From[0].Address != "j@a.test" {
		t.Errorf("date %v, message id %q, from %+v", m.Date, m.MessageID, m.From)
	}
	if m.Text == nil || unix(*m.Text) != "just text\n" {
		t.Errorf("text %v", m.Text)
	}
}

// TestSendmailHeaderRecipients: what applications write into To, Cc and Bcc is
// more than RFC 5322 allows, and none of it may keep a mail from going out.
func TestSendmailHeaderRecipients(t *testing.T) {
	sendmail := sendmailLink(t)
	p := start(t)
	for _, c := range []struct{ name, header, box string }{
		{"group without members", "To: undisclosed-recipients:;\nBcc: group@b.test\n", "group@b.test"},
		{"charset of Japan", "To: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <japan@b.test>\n", "japan@b.test"},
		{"charset of Windows", "To: =?windows-1252?Q?J=F6rg?= <windows@b.test>\n", "windows@b.test"},
		{"raw Latin-1", "To: J\xf6rg <latin@b.test>\n", "latin@b.test"},
		{"raw UTF-8", "To: Jörg <utf8@b.test>\n", "utf8@b.test"},
		{"empty fields", "To: empty@b.test\nCc: \nBcc:\n", "empty@b.test"},
		{"comma at the end", "To: comma@b.test,\n", "comma@b.test"},
		{"two dots", "To: two..dots@b.test\n", "two..dots@b.test"},
		{"comment", "To: comment@b.test (a comment)\n", "comment@b.test"},
		{"name with a dot", "To: John Q. Public <dot@b.test>\n", "dot@b.test"},
		{"name is an address", "To: name@b.test <name@b.test>\n", "name@b.test"},
		{"no domain", "To: root\n", "root@localhost"},
		{"folded", "To: one@b.test,\n\tFolded <folded@b.test>\n", "folded@b.test"},
		{"From line of a mailbox file", "From a@a.test Mon Mar  2 10:00:00 2026\nTo: mbox@b.test\n", "mbox@b.test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, c.header+"Subject: x\n\nHello\n", []string{"POSTROOM_SERVER=" + p.smtp}, sendmail, "-t", "-i", "-f", "a@a.test")
			if o.status != 0 {
				t.Fatalf("status %d: %s", o.status, o.stderr)
			}
			p.only(t, c.box)
		})
	}
}

// TestSendmailMixedLineEnds: PHP before version 8 wrote To and Subject with LF,
// and passed on what the script gave it with CRLF.
func TestSendmailMixedLineEnds(t *testing.T) {
	t.Parallel()
	p := start(t)
	mail := "To: b@b.test\nSubject: x\nFrom: a@a.test\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@a.test>\r\n\nHello\nthere\r\n"
	must(t, mail, binary(t), "sendmail", "-S", p.smtp, "-t", "-i", "-f", "a@a.test")
	want := strings.ReplaceAll(unix(mail), "\n", "\r\n")
	wantBytes(t, "body", p.raw(t, p.only(t, "b@b.test").ID), want)
}

// TestSendmailNoHeader: a message that begins with its blank line.
func TestSendmailNoHeader(t *testing.T) {
	t.Parallel()
	p := start(t)
	must(t, "\nHello\n", binary(t), "sendmail", "-S", p.smtp, "-i", "-f", "a@a.test", "b@b.test")
	if raw := p.raw(t, p.only(t, "b@b.test").ID); !strings.HasSuffix(raw, ">\r\nFrom: a@a.test\r\n\r\nHello\r\n") {
		t.Errorf("message:\n%q", raw)
	}
}

func TestSendmailFails(t *testing.T) {
	sendmail := sendmailLink(t)
	small, narrow := start(t, "--max-message-size", "100"), start(t, "--max-recipients", "1")
	large := "Subject: x\n\n" + strings.Repeat("x", 200) + "\n"
	for _, c := range []struct {
		name, server, stdin string
		args                []string
		status              int
	}{
		{"no recipients", small.smtp, "x\n", nil, sysUsage},
		{"no recipients in the header", small.smtp, "Subject: x\n\nx\n", []string{"-t"}, sysUsage},
		{"unknown option", small.smtp, "x\n", []string{"-Z", "b@b.test"}, sysUsage},
		{"option without value", small.smtp, "x\n", []string{"b@b.test", "-f"}, sysUsage},
		{"other mode", small.smtp, "x\n", []string{"-bd"}, sysUsage},
		{"no address", small.smtp, "x\n", []string{"a b"}, sysUsage},
		{"bad header", small.smtp, "To: <<<\n\nx\n", []string{"-t"}, sysDataErr},
		{"refused for good", small.smtp, large, []string{"b@b.test"}, sysUnavailable},
		{"refused for now", narrow.smtp, "x\n", []string{"b@b.test", "c@b.test"}, sysTempFail},
		{"nobody there", deserted(t), "x\n", []string{"b@b.test"}, sysTempFail},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, c.stdin, []string{"POSTROOM_SERVER=" + c.server}, sendmail, c.args...)
			wantOneLine(t, o, c.status, "sendmail: ")
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := start(t)
	page := strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/")
	nobody := deserted(t)
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{"--http", page}, exitOK},
		{[]string{"--http", "off", "--smtp", p.smtp}, exitOK},
		{[]string{"--http", nobody}, exitFailed},
		{[]string{"--http", "off", "--smtp", nobody}, exitFailed},
		{[]string{"--http", p.smtp}, exitFailed},                  // not HTTP
		{[]string{"--http", "off", "--smtp", p.pop3}, exitFailed}, // not SMTP
		{[]string{"--http", "off", "--smtp", "off"}, exitUsage},
		{[]string{"--nonsense"}, exitUsage},
	} {
		o := execute(t, "", nil, binary(t), append([]string{"health"}, c.args...)...)
		if c.status != exitOK {
			wantOneLine(t, o, c.status, "postroom: ")
		} else if want := (outcome{exitOK, "ok\n", ""}); o != want {
			t.Errorf("health %v: %+v", c.args, o)
		}
	}
}

// TestLimits: the caps that flags set hold.
func TestLimits(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-messages", "3", "--max-recipients", "2", "--max-message-size", "2KiB")
	c := dialSMTP(t, p.smtp)
	var ids []string
	for range 5 {
		ids = append(ids, c.send("a@a.test", "b@b.test", plainMail))
	}
	var got []string
	for _, s := range p.list(t, "b@b.test") {
		got = append(got, s.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids[2:]) {
		t.Errorf("kept %v, want %v", got, ids[2:])
	}
	c.ask("250", "MAIL FROM:<a@a.test>")
	c.ask("250", "RCPT TO:<b@b.test>")
	c.ask("250", "RCPT TO:<c@b.test>")
	c.ask("452", "RCPT TO:<d@b.test>")
	c.ask("250", "RSET")
	c.ask("552", "MAIL FROM:<a@a.test> SIZE=2049")
	c.ask("250", "MAIL FROM:<a@a.test> SIZE=2048")
}
