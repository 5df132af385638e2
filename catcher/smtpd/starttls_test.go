package smtpd

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// testKeeper is one for all tests: it does not change.
var testKeeper = sync.OnceValue(func() *certs.Keeper {
	k, err := certs.New(certs.Options{Names: []string{"mx.test"}})
	if err != nil {
		panic(err)
	}
	return k
})

// beginTLS does so, trusting the authority of all tests.
func (c *client) beginTLS(name string) error {
	ca, err := testKeeper().CA()
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	secure := tls.Client(c.Conn, &tls.Config{RootCAs: pool, ServerName: name})
	if err := secure.Handshake(); err != nil {
		return err
	}
	c.Conn, c.r = secure, bufio.NewReader(secure)
	return nil
}

// TestTLSIsRecorded: with the mail, with the session, and for rules.
func TestTLSIsRecorded(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	rules := &remembering{}
	s.TLS, s.Rules = testKeeper(), rules
	addr, stop := serve(t, s)
	c := hello(t, addr)
	c.ask("STARTTLS", "220 2.0.0 *")
	if err := c.beginTLS("shop.mx.test"); err != nil {
		t.Fatal(err)
	}
	c.ask("EHLO again.test", "250 *")
	c.ask("AUTH PLAIN AGpvZQBwdw==", "235 *")
	for _, utf8 := range []string{"", " SMTPUTF8"} {
		c.ask("MAIL FROM:<a@a.test>"+utf8, "250 *")
		c.ask("RCPT TO:<b@b.test>", "250 *")
		c.ask("DATA", "354 *")
		c.send(strings.Repeat(strings.Repeat("x", 998)+"\r\n", 300))
		c.ask(".", "250 *")
	}
	c.ask("QUIT", "221 *")
	if _, err := c.r.ReadByte(); err != io.EOF { // that is a close_notify
		t.Errorf("at the end: %v", err)
	}
	stop()

	const suite = "TLS 1.3 TLS_"
	all := in.all()
	for i, protocol := range []string{"ESMTPSA", "UTF8SMTPSA"} {
		session := all[i].env.Session
		if !strings.HasPrefix(session.TLS, suite) || session.Protocol != protocol || session.Helo != "again.test" || len(all[i].body) != 300_000 {
			t.Errorf("session %+v, %d octets", session, len(all[i].body))
		}
	}
	talk := s.Sessions("", 1, func(*mail.Talk) bool { return true })[0]
	if !strings.HasPrefix(talk.TLS, suite) || talk.Protocol != "ESMTPSA" || talk.End != "quit" || talk.In < 600_000 || talk.In > 610_000 {
		t.Errorf("talk %+v", talk)
	}
	if text, _ := s.Transcript(talk.ID); !strings.Contains(text, "#: "+all[0].env.Session.TLS+" for shop.mx.test") {
		t.Error(text)
	}
	for _, f := range rules.asked {
		secure := f.Stage != rule.Connect && f.Stage != rule.Banner && f.Stage != rule.StartTLS && f.Stage != rule.Handshake && f.Helo != "client.test"
		if (f.TLS != "") != secure || f.Port == "" || f.Stage == rule.Handshake && f.SNI != "shop.mx.test" {
			t.Errorf("asked %+v", f)
		}
	}
	if !slices.ContainsFunc(rules.asked, func(f rule.Facts) bool { return f.Stage == rule.Handshake && f.Helo == "client.test" }) {
		t.Error("not asked at the handshake")
	}
}

// A remembering Judge has no rules, and remembers what it was asked.
type remembering struct{ asked []rule.Facts }

func (r *remembering) Decide(f *rule.Facts) rule.Decision {
	r.asked = append(r.asked, *f)
	return rule.Decision{}
}

// TestPauseInTLS: what a client says while we wait is not lost, and its leaving is seen.
func TestPauseInTLS(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	st := &stage{table: &table{}, attempts: make(chan string, 10)}
	for _, text := range []string{"mail delay 5s", "data drip 100000", "quit delay 1s"} {
		if err := st.table.add(text); err != nil {
			t.Fatal(err)
		}
	}
	s.TLS, s.Rules, s.wait = testKeeper(), st.table, st.wait
	addr, stop := serveHow(t, s, true)
	c := connect(t, addr)
	if err := c.beginTLS("mx.test"); err != nil {
		t.Fatal(err)
	}
	c.expect("220 *")
	c.send("EHLO x\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n" + strings.Repeat("y", 100_000) + "\r\n.\r\nQUIT\r\n")
	for _, want := range []string{"250 *", "250 2.1.0 *", "250 2.1.5 *", "354 *", "250 2.0.0 *", "221 *"} {
		c.expect(want)
	}
	stop()
	if all := in.all(); len(all) != 1 || len(all[0].body) != 100_002 {
		t.Errorf("%d messages", len(all))
	}
}

// TestTLSThatFailsIsToldOf: who looks for what went wrong finds it.
func TestTLSThatFailsIsToldOf(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	s.TLS = testKeeper()
	addr, _ := serveHow(t, s, true)
	c := connect(t, addr)
	if err := tls.Client(c.Conn, &tls.Config{ServerName: "mx.test"}).Handshake(); err == nil { // which trusts nobody
		t.Fatal("it was trusted")
	}
	c.Close()
	if got := ended(t, s); !got.Wrong() || !strings.Contains(got.NoTLS, "bad certificate") || got.TLS != "" || got.End != "left" {
		t.Errorf("%+v", got)
	}
}

// TestShutdownInTLS: a client that is idle is told, one in mid-handshake is not waited for.
func TestShutdownInTLS(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	s.TLS = testKeeper()
	addr, stop := serve(t, s)
	idle, shaking := hello(t, addr), hello(t, addr)
	idle.ask("STARTTLS", "220 *")
	if err := idle.beginTLS("mx.test"); err != nil {
		t.Fatal(err)
	}
	idle.ask("NOOP", "250 *")
	shaking.ask("STARTTLS", "220 *")
	stop()
	idle.expect("421 4.3.2 *")
	if _, err := idle.r.ReadByte(); err != io.EOF {
		t.Errorf("idle: %v", err)
	}
	if _, err := shaking.r.ReadByte(); err == nil {
		t.Error("shaking hands: the connection is open")
	}
}

// TestManySecureClients use the server at once.
func TestManySecureClients(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	s.TLS = testKeeper()
	addr, stop := serve(t, s)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			io.WriteString(c, "EHLO x\r\nSTARTTLS\r\n")
			for lines := bufio.NewScanner(c); lines.Scan() && !strings.HasPrefix(lines.Text(), "220 2.0.0"); {
			}
			tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
			io.WriteString(tc, "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
			io.Copy(io.Discard, tc)
		})
	}
	all.Wait()
	stop()
	if n := len(in.all()); n != 10 {
		t.Errorf("%d messages", n)
	}
}
