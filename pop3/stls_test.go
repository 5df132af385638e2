package pop3

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/rule"
)

// testKeeper is one for all tests: it does not change.
var testKeeper = sync.OnceValue(func() *certs.Keeper {
	k, err := certs.New(certs.Options{Names: []string{"post.test"}})
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
	secure := tls.Client(c.conn, &tls.Config{RootCAs: pool, ServerName: name})
	if err := secure.Handshake(); err != nil {
		return err
	}
	c.conn, c.in = secure, bufio.NewReaderSize(secure, 64<<10)
	return nil
}

// TestRulesKnowTLS: at login and after.
func TestRulesKnowTLS(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	body := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("y", 98)+"\r\n", 2000)
	b.put(t, body, alice)
	rules := &remembering{}
	c := dial(t, serve(t, &Server{Backend: b, TLS: testKeeper(), Rules: rules}))
	c.line()
	c.ok("STLS")
	if err := c.beginTLS("shop.post.test"); err != nil {
		t.Fatal(err)
	}
	c.ok("USER " + alice)
	c.ok("PASS x")
	c.ok("RETR 1")
	if got := c.body(); got != body {
		t.Errorf("got %d octets", len(got))
	}
	c.ok("QUIT")
	c.expectClosed("at the end") // by a close_notify: anything else is an error
	for _, f := range rules.asked {
		if f.Stage == rule.Handshake && (f.SNI != "shop.post.test" || f.TLS != "") || f.Stage != rule.Handshake && !strings.HasPrefix(f.TLS, "TLS 1.3 ") || f.Port == "" || f.Client != "127.0.0.1" {
			t.Errorf("asked %+v", f)
		}
	}
	if len(rules.asked) != 3 {
		t.Errorf("asked %d times", len(rules.asked))
	}
}

// A remembering Judge has no rules, and remembers what it was asked.
type remembering struct{ asked []rule.Facts }

func (r *remembering) Decide(f *rule.Facts) rule.Decision {
	r.asked = append(r.asked, *f)
	return rule.Decision{}
}

// TestEndOfServerEndsHandshakes: nobody waits for a client that does not go on.
func TestEndOfServerEndsHandshakes(t *testing.T) {
	t.Parallel()
	s := &Server{Backend: newBackend(t), TLS: testKeeper()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	shaking, idle := dial(t, l.Addr().String()), dial(t, l.Addr().String())
	for _, c := range []*client{shaking, idle} {
		c.line()
		c.ok("STLS")
	}
	if err := idle.beginTLS("post.test"); err != nil {
		t.Fatal(err)
	}
	idle.ok("UTF8")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(idle.in); err != nil || string(rest) != "-ERR [SYS/TEMP] server is shutting down\r\n" {
		t.Errorf("idle: %q, %v", rest, err)
	}
	if _, err := shaking.in.ReadByte(); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shaking hands: %v", err)
	}
}
