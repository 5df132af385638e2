package main

// Foreign clients in TLS: with certificates that are good, and with those that are not.

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
	"github.com/postroom/postroom/ui/uitest"
)

// A secured process serves in TLS too.
type secured struct {
	*process
	ca string // file with the certificate of its authority
}

func startTLS(t *testing.T, flags ...string) secured {
	t.Helper()
	p := start(t, append([]string{"--tls", "auto", "--smtps", "127.0.0.1:0", "--pop3s", "127.0.0.1:0", "--https", "127.0.0.1:0"}, flags...)...)
	return secured{p, write(t, "ca.pem", string(p.get(t, "/ca.pem")))}
}

// trusting is a client of our own that trusts the authority.
func (p secured) trusting(t *testing.T, name string) *tls.Config {
	t.Helper()
	ca, err := os.ReadFile(p.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatalf("no certificate in %s", ca)
	}
	return &tls.Config{RootCAs: pool, ServerName: name}
}

const pythonSends = `
import smtplib, ssl, sys
how, host, port, ca = sys.argv[1:]
trust = ssl.create_default_context(cafile=ca)
if how == 'at once':
    c = smtplib.SMTP_SSL(host, int(port), context=trust)
else:
    c = smtplib.SMTP(host, int(port))
    c.starttls(context=trust)
c.login('alice', 'secret')
c.sendmail('a@a.test', 'b@b.test', 'Subject: x\r\n\r\nHello\r\n')
c.quit()
`

const nodeSends = `
const [how, host, port, ca] = process.argv.slice(1);
const options = { host, port, secure: how === 'at once', requireTLS: true, auth: { user: 'alice', pass: 'secret' } };
if (ca) options.tls = { ca: require('fs').readFileSync(ca) };
require('nodemailer').createTransport(options).sendMail({ from: 'a@a.test', to: 'b@b.test', text: 'Hello' })
  .catch((err) => { console.error(err.code, err.message); process.exit(1); });
`

// TestClientsSendInTLS: each verifies the certificate.
func TestClientsSendInTLS(t *testing.T) {
	const message = "Subject: x\n\nHello\n"
	for name, send := range map[string]func(t *testing.T, p secured, how, host, port string){
		"swaks": func(t *testing.T, p secured, how, host, port string) {
			flag := map[string]string{"STARTTLS": "--tls", "at once": "--tls-on-connect"}[how]
			must(t, "", catchertest.NeedProgram(t, "swaks"), "--server", host, "--port", port, flag, "--tls-verify", "--tls-ca-path", p.ca,
				"--from", "a@a.test", "--to", "b@b.test", "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "secret")
		},
		"curl": func(t *testing.T, p secured, how, host, port string) {
			scheme := map[string]string{"STARTTLS": "smtp", "at once": "smtps"}[how]
			must(t, message, catchertest.NeedProgram(t, "curl"), "--silent", "--show-error", "--ssl-reqd", "--cacert", p.ca, "--user", "alice:secret",
				"--login-options", "AUTH=PLAIN", scheme+"://"+net.JoinHostPort(host, port), "--mail-from", "a@a.test", "--mail-rcpt", "b@b.test", "--upload-file", "-")
		},
		"msmtp": func(t *testing.T, p secured, how, host, port string) {
			starttls := map[string]string{"STARTTLS": "on", "at once": "off"}[how]
			must(t, message, catchertest.NeedProgram(t, "msmtp"), "--host", host, "--port", port, "--tls", "--tls-starttls="+starttls, "--tls-trust-file", p.ca,
				"--auth=plain", "--user=alice", "--passwordeval=echo secret", "--from", "a@a.test", "b@b.test")
		},
		"Python": func(t *testing.T, p secured, how, host, port string) {
			must(t, "", needPython(t), "-c", pythonSends, how, host, port, p.ca)
		},
		"nodemailer": func(t *testing.T, p secured, how, host, port string) {
			modules, node := uitest.Modules(t, "nodemailer"), catchertest.NeedProgram(t, "node")
			if o := execute(t, "", []string{"NODE_PATH=" + modules}, node, "-e", nodeSends, how, host, port, p.ca); o.status != 0 {
				t.Fatal(o.stderr)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startTLS(t, "--require-tls")
			for n, how := range []string{"STARTTLS", "at once"} {
				host, port := hostPort(t, []string{p.smtp, p.smtps}[n])
				send(t, p, how, host, port)
				list := p.list(t, "b@b.test")
				if len(list) != n+1 {
					t.Fatalf("%s: %d messages", how, len(list))
				}
				if s := p.message(t, list[n].ID).Session; s.Protocol != "ESMTPSA" || !strings.HasPrefix(s.TLS, "TLS 1.3 ") || s.User != "alice" {
					t.Errorf("%s: session %+v", how, s)
				}
			}
		})
	}
}

// TestClientsThatDoNotTrust: nodemailer takes STARTTLS wherever it is offered, and does
// not go on without trust. That is why there is none unless --tls is given.
func TestClientsThatDoNotTrust(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "nodemailer"), catchertest.NeedProgram(t, "node")
	p := startTLS(t)
	host, port := hostPort(t, p.smtp)
	o := execute(t, "", []string{"NODE_PATH=" + modules}, node, "-e", nodeSends, "STARTTLS", host, port)
	if o.status == 0 || !strings.Contains(o.stderr, "ESOCKET") {
		t.Errorf("nodemailer ended with status %d\n%s", o.status, o.stderr)
	}
	await(t, "the log", func() bool { return strings.Contains(p.log(t), "no TLS: ") })
}

// log is what was said in the latest session.
func (p secured) log(t *testing.T) string {
	t.Helper()
	sessions := decode[api.Sessions](t, p.get(t, "/v1/sessions")).Sessions
	if len(sessions) == 0 {
		return ""
	}
	return string(p.get(t, "/v1/sessions/"+sessions[0].ID))
}

func TestTLSIsRequired(t *testing.T) {
	t.Parallel()
	swaks, curl := catchertest.NeedProgram(t, "swaks"), catchertest.NeedProgram(t, "curl")
	p := startTLS(t, "--require-tls")
	host, port := hostPort(t, p.smtp)
	if o := execute(t, "", nil, swaks, "--server", host, "--port", port, "--from", "a@a.test", "--to", "b@b.test"); o.status == 0 || !strings.Contains(o.stdout, "<** 530 5.7.0 Must issue a STARTTLS command first") {
		t.Errorf("swaks ended with status %d\n%s", o.status, o.stdout)
	}
	if o := execute(t, "", nil, curl, "--silent", "--verbose", "--user", "b@b.test:x", "pop3://"+p.pop3); o.status == 0 {
		t.Errorf("curl ended with status %d\n%s", o.status, o.stderr)
	}
	c := dialPOP3(t, p.pop3)
	c.write("USER b@b.test\r\n")
	if line := c.raw(); line != "-ERR no password before TLS, use STLS first\r\n" {
		t.Errorf("POP3 says %q", line)
	}
}

const pythonFetches = `
import poplib, ssl, sys
how, host, port, ca, user = sys.argv[1:]
trust = ssl.create_default_context(cafile=ca)
if how == 'at once':
    c = poplib.POP3_SSL(host, int(port), context=trust)
else:
    c = poplib.POP3(host, int(port))
    assert 'STLS' in c.capa()
    c.stls(context=trust)
    assert 'STLS' not in c.capa()
c.user(user)
c.pass_('x')
for n in range(1, len(c.list()[1]) + 1):
    sys.stdout.buffer.write(b'\r\n'.join(c.retr(n)[1]) + b'\r\n\0')
c.quit()
`

// TestClientsFetchInTLS: each verifies the certificate, and gets what was sent.
func TestClientsFetchInTLS(t *testing.T) {
	for name, fetch := range map[string]func(t *testing.T, p secured, how, host, port string) []string{
		"curl": func(t *testing.T, p secured, how, host, port string) (got []string) {
			scheme := map[string]string{"STLS": "pop3", "at once": "pop3s"}[how]
			for n := range fetched {
				got = append(got, must(t, "", catchertest.NeedProgram(t, "curl"), "--silent", "--show-error", "--ssl-reqd", "--cacert", p.ca,
					"--user", fetchBox+":x", fmt.Sprintf("%s://%s/%d", scheme, net.JoinHostPort(host, port), n+1)))
			}
			return got
		},
		"Python": func(t *testing.T, p secured, how, host, port string) []string {
			return strings.Split(strings.TrimSuffix(must(t, "", needPython(t), "-c", pythonFetches, how, host, port, p.ca, fetchBox), "\x00"), "\x00")
		},
		"mpop": func(t *testing.T, p secured, how, host, port string) []string {
			dir := t.TempDir()
			for _, name := range []string{"cur", "new", "tmp"} {
				if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			starttls := map[string]string{"STLS": "on", "at once": "off"}[how]
			config := fmt.Sprintf("account default\nhost %s\nport %s\nuser %s\npassword x\nauth plain\ntls on\ntls_starttls %s\ntls_trust_file %s\nkeep on\nreceived_header off\nuidls_file %s\ndelivery maildir %s\n",
				host, port, fetchBox, starttls, p.ca, filepath.Join(t.TempDir(), "uidls"), dir)
			must(t, "", catchertest.NeedProgram(t, "mpop"), "-C", write(t, "mpoprc", config), "--quiet")
			return files(t, filepath.Join(dir, "new"))
		},
		"fetchmail": func(t *testing.T, p secured, how, host, port string) []string {
			dir, home := t.TempDir(), t.TempDir()
			ssl := map[string]string{"STLS": "sslproto tls1.2+", "at once": "ssl"}[how]
			config := fmt.Sprintf("poll localhost service %s protocol pop3 username %q password x options keep fetchall no rewrite %s sslcertck sslcertfile %q mda \"cat > $(mktemp -p %s)\"\n",
				port, fetchBox, ssl, p.ca, dir) // which wants a name, not an address
			o := execute(t, "", []string{"FETCHMAILHOME=" + home}, catchertest.NeedProgram(t, "fetchmail"),
				"--silent", "--nodetach", "--invisible", "--pidfile", filepath.Join(home, "pid"), "-f", write(t, "fetchmailrc", config))
			if o.status != 0 {
				t.Fatalf("fetchmail ended with status %d\n%s%s", o.status, o.stdout, o.stderr)
			}
			return files(t, dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startTLS(t)
			c := dialSMTP(t, p.smtp)
			for _, mail := range fetched {
				c.send("a@a.test", fetchBox, mail)
			}
			for n, how := range []string{"STLS", "at once"} {
				host, port := hostPort(t, []string{p.pop3, p.pop3s}[n])
				edit := asSent
				if name == "mpop" || name == "fetchmail" {
					edit = unix
				}
				wantFetched(t, fetch(t, p, how, host, port), edit)
			}
		})
	}
}

// TestHTTPS: page, API and websocket; curl and Python verify the certificate.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	p := startTLS(t, "--http-host", "mail.shop.test")
	curl, python := catchertest.NeedProgram(t, "curl"), needPython(t)
	if page := must(t, "", curl, "--silent", "--show-error", "--cacert", p.ca, p.https); !strings.Contains(page, "<html") {
		t.Errorf("the page is %.200q", page)
	}
	if v := decode[api.Info](t, []byte(must(t, "", python, "-c", `
import ssl, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2])).read().decode())
`, p.https+"v1/info", p.ca))); !v.TLS || v.SMTPS != p.smtps || v.POP3S != p.pop3s || "https://"+v.HTTPS+"/" != p.https {
		t.Errorf("info %+v", v)
	}
	_, port := hostPort(t, strings.TrimSuffix(strings.TrimPrefix(p.https, "https://"), "/"))
	must(t, "", curl, "--silent", "--show-error", "--fail", "--cacert", p.ca, "--resolve", "mail.shop.test:"+port+":127.0.0.1", "--user-agent", "Mozilla/5.0", "https://mail.shop.test:"+port+"/v1/info")

	d := websocket.Dialer{TLSClientConfig: p.trusting(t, "localhost")}
	ws, _, err := d.DialContext(t.Context(), strings.Replace(p.https, "https:", "wss:", 1)+"v1/events?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	req := must(t, "Subject: x\r\n\r\nHello\r\n", curl, "--silent", "--show-error", "--cacert", p.ca, "--data-binary", "@-",
		"--header", "Content-Type: message/rfc822", p.https+"v1/messages?to=b@b.test&from=a@a.test")
	var created api.Created
	if err := json.Unmarshal([]byte(req), &created); err != nil {
		t.Fatalf("%v in %s", err, req)
	}
	for seen := false; !seen; {
		_, text, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		seen = strings.Contains(string(text), created.ID)
	}
	if s := p.message(t, created.ID).Session; !strings.HasPrefix(s.TLS, "TLS 1.3 ") {
		t.Errorf("session %+v", s)
	}
}

// A bad day of TLS, and what clients see of it that trust the authority.
type badTLS struct {
	openssl string // is among what it shows
	curl    int    // status with which it ends
	python  string // is in the exception
}

func badDays() map[rule.Flaw]badTLS {
	return map[rule.Flaw]badTLS{
		rule.Expired:     {"verify error:num=10:certificate has expired", 60, "certificate has expired"},
		rule.NotYetValid: {"verify error:num=9:certificate is not yet valid", 60, "certificate is not yet valid"},
		rule.WrongName:   {"verify error:num=62:hostname mismatch", 60, "Hostname mismatch"},
		rule.SelfSigned:  {"verify error:num=18:self-signed certificate", 60, "self-signed certificate"},
		rule.Untrusted:   {"verify error:num=20:unable to get local issuer certificate", 60, "unable to get local issuer certificate"},
		rule.OldProtocol: {"SSL routines:", 35, "SSL"},
		rule.Broken:      {"unexpected eof", 35, "EOF"},
	}
}

// seen says what openssl shows of TLS at an address.
func (p secured) seen(t *testing.T, address, name string, more ...string) string {
	t.Helper()
	args := append([]string{"s_client", "-connect", address, "-servername", name, "-verify_hostname", name, "-CAfile", p.ca, "-brief"}, more...)
	o := execute(t, "QUIT\n", nil, catchertest.NeedProgram(t, "openssl"), args...)
	return o.stdout + o.stderr
}

// TestMagicNames: whoever asks for expired.tls.test gets just that, through each door.
func TestMagicNames(t *testing.T) {
	t.Parallel()
	curl, swaks, python := catchertest.NeedProgram(t, "curl"), catchertest.NeedProgram(t, "swaks"), needPython(t)
	p := startTLS(t)
	https := strings.TrimSuffix(strings.TrimPrefix(p.https, "https://"), "/")
	for _, m := range rule.MagicNames() {
		want := badDays()[m.Flaw]
		for door, args := range map[string][]string{
			p.smtp: {"-starttls", "smtp"}, p.pop3: {"-starttls", "pop3"}, p.smtps: nil, p.pop3s: nil, https: nil,
		} {
			if got := p.seen(t, door, m.Name, args...); !strings.Contains(got, want.openssl) {
				t.Errorf("%s %v: openssl shows\n%s", m.Name, args, got)
			}
		}
		_, port := hostPort(t, https)
		url := "https://" + m.Name + ":" + port
		if o := execute(t, "", nil, curl, "--silent", "--show-error", "--cacert", p.ca, "--resolve", m.Name+":"+port+":127.0.0.1", url); o.status != want.curl {
			t.Errorf("%s: curl ended with status %d\n%s", m.Name, o.status, o.stderr)
		}
		host, port := hostPort(t, p.smtp)
		o := execute(t, "", nil, swaks, "--server", host, "--port", port, "--tls", "--tls-verify", "--tls-ca-path", p.ca, "--tls-sni", m.Name, "--quit-after", "TLS")
		if fails := m.Flaw != rule.WrongName; fails != (o.status == 29) || fails != strings.Contains(o.stdout+o.stderr, "TLS startup failed") { // it does not look at the name
			t.Errorf("%s: swaks ended with status %d\n%s%s", m.Name, o.status, o.stdout, o.stderr)
		}
		o = execute(t, "", nil, python, "-c", `
import smtplib, ssl, sys
c = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
c._host = sys.argv[3]
c.starttls(context=ssl.create_default_context(cafile=sys.argv[4]))
`, host, port, m.Name, p.ca)
		if o.status == 0 || !strings.Contains(o.stderr, want.python) {
			t.Errorf("%s: Python ended with status %d\n%s", m.Name, o.status, o.stderr)
		}
	}
	if got := p.seen(t, p.smtp, "good.tls.test", "-starttls", "smtp", "-verify_return_error"); !strings.Contains(got, "Verification: OK") {
		t.Errorf("openssl shows\n%s", got)
	}
	if got := p.seen(t, p.pop3s, "old-protocol.tls.test", "-cipher", "DEFAULT@SECLEVEL=0"); !strings.Contains(got, "Protocol version: TLSv1.1") {
		t.Errorf("an old client sees\n%s", got)
	}
	attempts := p.attempts(t, "")
	if len(attempts) == 0 || attempts[0].Stage != "handshake" || !strings.HasPrefix(attempts[0].Rule, "magic:") {
		t.Errorf("attempts %+v", attempts)
	}
}

// TestTLSByRule: by port, by name, so many times.
func TestTLSByRule(t *testing.T) {
	t.Parallel()
	catchertest.NeedProgram(t, "openssl")
	p := startTLS(t, "--magic", "off")
	_, port := hostPort(t, p.pop3s)
	p.addRules(t, "handshake port="+port+" first=1 tls expired", "handshake sni=*.shop.test tls wrong-name", "ehlo client=127.0.0.1 helo=none.test hide STARTTLS")
	good, starttls := "Verification: OK", []string{"-starttls", "smtp"}
	for i, step := range []struct {
		address, name, want string
		more                []string
	}{
		{p.pop3s, "localhost", "certificate has expired", nil},
		{p.pop3s, "localhost", good, nil},
		{p.smtps, "mx.shop.test", "hostname mismatch", nil},
		{p.smtp, "MX.shop.test", "hostname mismatch", starttls},
		{p.smtp, "expired.tls.test", good, starttls},
		{p.smtp, "localhost", "STARTTLS", append(starttls, "-name", "none.test")},
	} {
		if got := p.seen(t, step.address, step.name, step.more...); !strings.Contains(got, step.want) {
			t.Errorf("step %d: openssl shows\n%s", i+1, got)
		}
	}
}

// TestEndWhileHandshakesHang: a rule that lets clients hang does not keep the program.
func TestEndWhileHandshakesHang(t *testing.T) {
	t.Parallel()
	p := startTLS(t, "--grace", "1s")
	p.addRules(t, "handshake hang")
	for _, address := range []string{p.smtps, p.pop3s, strings.TrimSuffix(strings.TrimPrefix(p.https, "https://"), "/")} {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		go tls.Client(nc, p.trusting(t, "localhost")).Handshake() // ends with the connection
	}
	await(t, "the rule", func() bool { return strings.Contains(string(p.get(t, "/v1/rules")), `"applied":3`) })
	begun := time.Now()
	p.stop(t)
	if took := time.Since(begun); took > patience/4 {
		t.Errorf("it took %v", took)
	}
}

// TestTheAuthorityOutlivesTheProcess: whoever trusts it need not do so anew.
func TestTheAuthorityOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := startTLS(t, "--data", data)
	ca := first.get(t, "/ca.pem")
	first.stop(t)
	second := startTLS(t, "--data", data)
	if string(second.get(t, "/ca.pem")) != string(ca) {
		t.Error("there is another authority")
	}
	status, body := start(t).ask(t, "/ca.pem")
	if status != 404 || !strings.Contains(string(body), "--tls") {
		t.Errorf("without TLS: status %d, %s", status, body)
	}
}

// TestOnesOwnCertificate: it is read again when it changes; with a mistake in it the old
// one stays, and the log says so.
func TestOnesOwnCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	change := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	put := func(lasts time.Duration) *x509.Certificate {
		t.Helper()
		text := selfSigned(t, lasts) // the key, and then the certificate
		_, rest := pem.Decode(text)
		block, _ := pem.Decode(rest)
		made, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		change(key, text)
		change(cert, text)
		return made
	}
	first := put(time.Hour)
	p := start(t, "--tls-cert", cert, "--tls-key", key)
	serves := func() *x509.Certificate {
		t.Helper()
		c, err := smtp.Dial(p.smtp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			t.Fatal(err)
		}
		state, _ := c.TLSConnectionState()
		return state.PeerCertificates[0]
	}
	if !serves().Equal(first) {
		t.Error("it is not used")
	}
	change(cert, []byte("nonsense"))
	await(t, "the complaint", func() bool { return strings.Contains(p.errors.String(), "the certificate stays as it was") })
	if !serves().Equal(first) {
		t.Error("a bad one is used")
	}
	second := put(time.Hour)
	await(t, "the new one", func() bool { return serves().Equal(second) })
	const expired = "the certificate has expired"
	if strings.Contains(p.errors.String(), expired) {
		t.Error("a good one is said to have expired")
	}
	third := put(-time.Hour)
	await(t, "the old one", func() bool { return serves().Equal(third) })
	await(t, "a warning", func() bool { return strings.Contains(p.errors.String(), expired) })
	p.stop(t)
	late := start(t, "--tls-cert", cert, "--tls-key", key)
	await(t, "a warning at the start", func() bool { return strings.Contains(late.errors.String(), expired) })
}
