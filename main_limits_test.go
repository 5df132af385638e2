package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
)

// pythonLimits meets each limit with the clients of Python's library, and prints what
// they make of it.
const pythonLimits = `
import smtplib, poplib, socket, sys, urllib.request, urllib.error
smtp, pop, http = sys.argv[1:4]
host, port = smtp.rsplit(':', 1)

def client(source='127.0.0.1'):
    return smtplib.SMTP(host, int(port), local_hostname='client.test', source_address=(source, 0))

def said(what, run):
    try:
        print(what, '|', run())
    except smtplib.SMTPRecipientsRefused as e:
        print(what, '|', *[(code, text.decode()) for code, text in e.recipients.values()])
    except smtplib.SMTPResponseException as e:
        print(what, '|', (e.smtp_code, e.smtp_error.decode()))
    except poplib.error_proto as e:
        print(what, '|', e)
    except urllib.error.HTTPError as e:
        print(what, '|', e.code, e.headers['Retry-After'])

mail = b'Subject: x\r\n\r\nx\r\n'
c = client()
for i in range(2):
    c.sendmail('a@a.test', ['b@b.test'], mail)
said('messages', lambda: c.sendmail('a@a.test', ['b@b.test'], mail))
c = client()
c.sendmail('a@a.test', ['b@b.test'], b'x' * 3000)
said('bytes', lambda: c.sendmail('a@a.test', ['b@b.test'], mail))
c = client()
c.ehlo()
c.rcpt('b@b.test'); c.rcpt('b@b.test'); c.rcpt('b@b.test')
said('errors', lambda: c.docmd('NOOP'))
c = client()
for i in range(8): c.noop()
said('commands', lambda: c.docmd('NOOP'))
c = client()
c.ehlo(); c.mail('a@a.test'); c.rcpt('b@b.test')
said('recipients', lambda: c.rcpt('c@b.test'))
c.close()
c = client()
said('size', lambda: c.sendmail('a@a.test', ['b@b.test'], b'x' * 5000))
c.close()
keep = [client('127.0.0.2') for i in range(3)]
said('per client', lambda: client('127.0.0.2'))
keep += [client('127.0.0.3') for i in range(3)]
said('in all', lambda: client('127.0.0.4'))
for c in keep: c.quit()
host, port = pop.rsplit(':', 1)
pops = [poplib.POP3(host, int(port)) for i in range(3)]
said('pop3 per client', lambda: poplib.POP3(host, int(port)))
said('pop3 errors', lambda: [pops[0]._shortcmd('BAD') for i in range(2)])
try: pops[0]._shortcmd('BAD')
except poplib.error_proto as e: print('pop3 errors, second |', e)
socks = []
host, port = http.rsplit(':', 1)
for i in range(3):
    s = socket.create_connection((host, int(port)))
    s.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'); s.recv(4096)
    socks.append(s)
said('http per client', lambda: urllib.request.urlopen('http://' + http + '/healthz').status)
`

// TestLimitsWithRealClients: what Python's clients, curl and swaks are told at each
// limit.
func TestLimitsWithRealClients(t *testing.T) {
	t.Parallel()
	python, swaks, curl := catchertest.NeedProgram(t, "python3"), catchertest.NeedProgram(t, "swaks"), catchertest.NeedProgram(t, "curl")
	p := start(t, "--max-connections", "6", "--max-connections-per-client", "3", "--session-messages", "2", "--session-bytes", "2KiB", "--session-errors", "3",
		"--session-commands", "8", "--max-recipients", "1", "--max-message-size", "4KiB", "--pop3-session-errors", "2", "--log-level", "error")
	page := strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/")
	p.client.CloseIdleConnections()
	got := must(t, "", python, "-c", pythonLimits, p.smtp, p.pop3, page)
	for _, want := range []string{
		"messages | (421, '4.7.0 Too many messages in one session')",
		"bytes | (421, '4.7.0 Too many octets in one session')",
		"errors | (421, b'4.7.0 Too many errors in one session')",
		"commands | (421, b'4.7.0 Too many commands without a message in one session')",
		"recipients | (452, b'4.5.3 Maximum limit of 1 recipients reached')",
		"size | (552, '5.3.4 Message is larger than 4096 octets')",
		"per client | (421, '4.7.0 Too many connections from your address, try again later')",
		"in all | (421, '4.7.0 Too many connections, try again later')",
		"pop3 per client | b'-ERR [SYS/TEMP] too many connections from your address, try again later'",
		"pop3 errors | b'-ERR unknown command'",
		"pop3 errors, second | b'-ERR too many bad commands, good-bye'",
		"http per client | 503 5",
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}

	host, port, _ := strings.Cut(p.smtp, ":")
	var held []smtpWire
	for range 3 {
		held = append(held, dialSMTP(t, p.smtp))
	}
	o := execute(t, "", nil, swaks, "--server", host, "--port", port, "--from", "a@a.test", "--to", "b@b.test", "--suppress-data")
	if o.status == 0 || !strings.Contains(o.stdout+o.stderr, "421 4.7.0 Too many connections from your address") {
		t.Errorf("swaks: %+v", o)
	}
	o = execute(t, "Subject: x\r\n\r\nx\r\n", nil, curl, "--silent", "--show-error", "smtp://"+p.smtp, "--mail-from", "a@a.test", "--mail-rcpt", "b@b.test", "--upload-file", "-")
	if o.status == 0 {
		t.Errorf("curl: %+v", o)
	}
	for _, c := range held {
		c.ask("221", "QUIT")
	}
	must(t, "", swaks, "--server", host, "--port", port, "--from", "a@a.test", "--to", "b@b.test", "--suppress-data")
}

// TestGracefulStopSays421: an idle client is told, one within a message may end it.
func TestGracefulStopSays421(t *testing.T) {
	t.Parallel()
	p := start(t)
	idle, busy := dialSMTP(t, p.smtp), dialSMTP(t, p.smtp)
	pop := dialPOP3(t, p.pop3)
	busy.ask("250", "MAIL FROM:<a@a.test>")
	busy.ask("250", "RCPT TO:<b@b.test>")
	busy.ask("354", "DATA")
	p.terminate(t)
	idle.reply("421 4.3.2 ")
	idle.end()
	if line := pop.raw(); !strings.HasPrefix(line, "-ERR [SYS/TEMP] server is shutting down") {
		t.Errorf("POP3 says %q", line)
	}
	busy.write("x\r\n.\r\n")
	busy.reply("250 2.0.0 OK: queued as ")
	busy.reply("421 4.3.2 ")
	busy.end()
	p.wait(t)
}

// TestFewerConnectionsThanAskedFor: as many as files may be open are too many, which
// is told to whoever asked for them.
func TestFewerConnectionsThanAskedFor(t *testing.T) {
	t.Parallel()
	files := openFiles()
	if files == 0 {
		t.Skip("any number of files may be open here")
	}
	for asked, want := range map[int]int{1: 1, files: files / 3 * 2, 0: files / 3 * 2} {
		var s settings
		var said strings.Builder
		p := program{env: func(string) string { return "" }}
		flags := p.newFlags("serve", "")
		s.flags(flags)
		if err := p.parseFlags(flags, []string{fmt.Sprintf("--max-connections=%d", asked)}); err != nil {
			t.Fatal(err)
		}
		s.limits.tell(flags, slog.New(slog.NewTextHandler(&said, nil)))
		if got := s.limits.atOnce(); got != want || (said.Len() > 0) != (asked != want) {
			t.Errorf("%d: %d, want %d; said %q", asked, got, want, said.String())
		}
	}
}
