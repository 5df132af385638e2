package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// newKeeper makes one whose clock a test can move.
func newKeeper(t testing.TB, opt Options) *Keeper {
	t.Helper()
	k, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// trusting is a client that trusts a keeper's authority, and asks for a name.
func trusting(t testing.TB, k *Keeper, name string) *tls.Config {
	t.Helper()
	ca, err := k.CA()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		t.Fatalf("no certificate in %s", ca)
	}
	return &tls.Config{RootCAs: pool, ServerName: name}
}

// knock begins TLS at a door, on a connection of the loopback, and says what the
// client saw, and what the server did.
func knock(t testing.TB, d *Door, facts *rule.Facts, client *tls.Config) (state tls.ConnectionState, seen, done error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		defer nc.Close()
		tc := d.Server(nc, facts, nil)
		if err = tc.HandshakeContext(t.Context()); err == nil {
			_, err = io.WriteString(tc, "hello")
		}
		served <- err
	}()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(time.Minute))
	tc := tls.Client(nc, client)
	if seen = tc.Handshake(); seen == nil {
		_, seen = io.ReadFull(tc, make([]byte, 5))
	}
	state = tc.ConnectionState()
	nc.Close()
	return state, seen, <-served
}

// flawed is a Judge that wants one flaw.
type flawed rule.Flaw

func (f flawed) Decide(*rule.Facts) rule.Decision {
	return rule.Decision{Rule: "r", Do: []rule.Action{{Kind: rule.TLS, Flaw: rule.Flaw(f)}}}
}

func TestWhoTrustsTheAuthorityTrustsEveryName(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{Names: []string{"mx.shop.test", "10.1.2.3", "not a name"}})
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "mx.shop.test", "10.1.2.3", "any.other.test", "UPPER.test", "a_b.test", strings.Repeat("x", 63) + ".test"} {
		state, err, done := knock(t, &Door{Keeper: k}, &rule.Facts{}, trusting(t, k, name))
		if err != nil || done != nil {
			t.Errorf("%s: %v, %v", name, err, done)
			continue
		}
		if state.Version != tls.VersionTLS13 || !strings.HasPrefix(Describe(&state), "TLS 1.3 TLS_") {
			t.Errorf("%s: %s", name, Describe(&state))
		}
	}
}

// A client that connects to an address of ours that we have not been told of, as
// within a network of containers, can verify it too.
func TestTheAddressThatWasConnectedTo(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{})
	cert, err := k.certificate("", "", &net.TCPAddr{IP: net.IPv4(172, 17, 0, 2), Port: 25})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil || parsed.VerifyHostname("172.17.0.2") != nil || parsed.VerifyHostname("localhost") != nil {
		t.Errorf("for %v, %v: %v", parsed.IPAddresses, parsed.DNSNames, err)
	}
}

// Each flaw is the only one: to whom trusts the authority nothing else is wrong.
func TestFlaws(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{})
	invalid := func(reason x509.InvalidReason) func(error) bool {
		return func(err error) bool {
			var e x509.CertificateInvalidError
			return errors.As(err, &e) && e.Reason == reason
		}
	}
	unknown := func(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }
	for flaw, sees := range map[rule.Flaw]func(error) bool{
		rule.Expired:     invalid(x509.Expired),
		rule.NotYetValid: invalid(x509.Expired),
		rule.WrongName:   func(err error) bool { return errors.As(err, new(x509.HostnameError)) },
		rule.SelfSigned:  unknown,
		rule.Untrusted:   unknown,
		rule.OldProtocol: func(err error) bool { return err != nil && strings.Contains(err.Error(), "protocol version") },
		rule.Broken:      func(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) },
	} {
		_, err, done := knock(t, &Door{Keeper: k, Rules: flawed(flaw)}, &rule.Facts{}, trusting(t, k, "mx.shop.test"))
		if !sees(err) {
			t.Errorf("%s: the client saw %v", flaw, err)
		}
		if done == nil || (flaw == rule.Broken) != errors.Is(done, ErrRule) {
			t.Errorf("%s: the server saw %v", flaw, done)
		}
	}
}

// What is wrong with a certificate is just that, also as times and names go.
func TestFlawedCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	k := newKeeper(t, Options{Now: func() time.Time { return now }})
	for _, tc := range []struct {
		flaw  rule.Flaw
		valid time.Time
		name  string
		by    func() *authority
	}{
		{rule.Expired, now.Add(-2 * day), "a.test", func() *authority { return k.authority }},
		{rule.NotYetValid, now.Add(31 * day), "a.test", func() *authority { return k.authority }},
		{rule.WrongName, now, "wrong-name.invalid", func() *authority { return k.authority }},
		{rule.Untrusted, now, "a.test", func() *authority { return k.stranger }},
		{"", now, "a.test", func() *authority { return k.authority }},
	} {
		made, err := k.certificate(tc.flaw, "a.test", nil)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(made.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AddCert(tc.by().cert)
		if now.Before(tc.valid) || tc.flaw == rule.Expired { // the authority is older, or newer, than that
			pool = x509.NewCertPool()
			pool.AddCert(cert)
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: tc.valid, DNSName: tc.name}); err != nil {
			t.Errorf("%q: %v", tc.flaw, err)
		}
		if cert.Subject.CommonName != tc.name {
			t.Errorf("%q: subject %s", tc.flaw, cert.Subject)
		}
	}
	self, err := k.certificate(rule.SelfSigned, "a.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if cert, _ := x509.ParseCertificate(self.Certificate[0]); cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) != nil || cert.Issuer.String() != cert.Subject.String() {
		t.Errorf("issuer %s, subject %s", cert.Issuer, cert.Subject)
	}
}

func TestOldProtocolServesOldClients(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{})
	client := trusting(t, k, "mx.test")
	client.MinVersion, client.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	state, err, _ := knock(t, &Door{Keeper: k, Rules: flawed(rule.OldProtocol)}, &rule.Facts{}, client)
	if err != nil || state.Version != tls.VersionTLS11 {
		t.Errorf("version %x, %v", state.Version, err)
	}
	if _, err, _ := knock(t, &Door{Keeper: k}, &rule.Facts{}, client); err == nil {
		t.Error("TLS 1.1 without a rule that wants it")
	}
}

func TestTheAuthorityIsKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	opt := Options{Dir: filepath.Join(t.TempDir(), "new"), Now: func() time.Time { return now }}
	caOf := func() string {
		t.Helper()
		ca, err := newKeeper(t, opt).CA()
		if err != nil {
			t.Fatal(err)
		}
		return string(ca)
	}
	first := caOf()
	path := filepath.Join(opt.Dir, authorityFile)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if names, _ := os.ReadDir(opt.Dir); len(names) != 1 {
		t.Errorf("files %v", names)
	}
	if caOf() != first {
		t.Error("it is another one after a restart")
	}
	now = now.Add(authorityLife - authorityRest)
	second := caOf()
	if second == first || caOf() != second {
		t.Error("it is not renewed before its end")
	}

	for text, want := range map[string]string{
		"":     "failed to find any PEM data",
		second: "found a certificate rather than a key",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(opt); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("a broken file: %v", err)
		}
		if left, _ := os.ReadFile(path); string(left) != text {
			t.Error("a broken file was touched")
		}
	}
}

func TestAnAuthorityIsRenewedWhileWeRun(t *testing.T) {
	t.Parallel()
	now := time.Now()
	k := newKeeper(t, Options{Now: func() time.Time { return now }})
	first, err := k.certificate("", "a.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := k.certificate("", "A.test.", nil)
	now = now.Add(leafLife / 3)
	later, _ := k.certificate("", "a.test", nil)
	if first != again || first == later {
		t.Error("a certificate is made anew at the wrong time")
	}
	old, _ := k.CA()
	now = now.Add(authorityLife)
	fresh, err := k.CA()
	if string(old) == string(fresh) || err != nil {
		t.Errorf("the authority has outlived itself: %v", err)
	}
	last, err := k.certificate(rule.Untrusted, "a.test", nil)
	if cert, _ := x509.ParseCertificate(last.Certificate[0]); err != nil || now.After(cert.NotAfter) {
		t.Errorf("until %v: %v", cert.NotAfter, err)
	}
}

// pair writes a certificate of one's own, with its key, for a name.
func pair(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	k := newKeeper(t, Options{Dir: t.TempDir()})
	made, err := k.certificate(rule.SelfSigned, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(path string, block *pem.Block) {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(certFile, &pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]})
	write(keyFile, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
}

func TestOnesOwnCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opt := Options{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	if _, err := New(opt); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, path := range []string{opt.CertFile, opt.KeyFile} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := New(opt); err == nil || !strings.Contains(err.Error(), opt.CertFile) {
		t.Fatalf("empty files are no certificate: %v", err)
	}
	pair(t, opt.CertFile, opt.KeyFile, "own.test")
	k := newKeeper(t, opt)
	subject := func(flaw rule.Flaw) string {
		t.Helper()
		cert, err := k.certificate(flaw, "other.test", nil)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Subject.CommonName
	}
	if got := []string{subject(""), subject(rule.OldProtocol), subject(rule.Expired)}; !slices.Equal(got, []string{"own.test", "own.test", "other.test"}) {
		t.Errorf("got %v", got)
	}
	if changed, err := k.Reload(); changed || err != nil {
		t.Errorf("nothing has changed: %v, %v", changed, err)
	}
	pair(t, opt.CertFile, filepath.Join(dir, "elsewhere.pem"), "new.test")
	if changed, err := k.Reload(); changed || err == nil || !strings.Contains(err.Error(), opt.KeyFile) {
		t.Errorf("the key is of another certificate: %v, %v", changed, err)
	}
	if got := subject(""); got != "own.test" {
		t.Errorf("got %s", got)
	}
	os.Rename(filepath.Join(dir, "elsewhere.pem"), opt.KeyFile)
	if changed, err := k.Reload(); !changed || err != nil || subject("") != "new.test" {
		t.Errorf("%v, %v, %s", changed, err, subject(""))
	}
	os.Remove(opt.CertFile)
	if changed, err := k.Reload(); changed || !errors.Is(err, os.ErrNotExist) || subject("") != "new.test" {
		t.Errorf("%v, %v", changed, err)
	}
}

func TestWhoeverAsksForManyNamesFillsNoMemory(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{})
	for i := range maxLeaves + 10 {
		if _, err := k.certificate("", fmt.Sprintf("n%d.test", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.leaves) > maxLeaves {
		t.Errorf("%d are kept", len(k.leaves))
	}
}

func TestKeeperIsUsedConcurrently(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, Options{Dir: t.TempDir()})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				flaw := []rule.Flaw{"", rule.Expired, rule.Untrusted, rule.SelfSigned}[(i+j)%4]
				if _, err := k.certificate(flaw, fmt.Sprintf("n%d.test", j), nil); err != nil {
					t.Error(err)
				}
				if _, err := k.CA(); err != nil {
					t.Error(err)
				}
				if _, err := k.Reload(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// FuzzHostName: whatever is asked for, a certificate can be made that a client parses,
// and for the name when it is one.
func FuzzHostName(f *testing.F) {
	k := newKeeper(f, Options{})
	for _, name := range []string{"a.test", "", ".", "..", "A.B.", "-", "*.x", "ü.test", "127.0.0.1", "::1", "a..b", strings.Repeat("a.", 126) + "a", "\x00"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		made, err := k.certificate("", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(made.Certificate[0])
		if err != nil || cert.VerifyHostname("localhost") != nil {
			t.Fatalf("%v", err)
		}
		if clean := hostName(name); clean != "" && net.ParseIP(clean) == nil && !slices.Contains(cert.DNSNames, clean) {
			t.Fatalf("%q is not for %q", cert.DNSNames, clean)
		}
	})
}

// FuzzAuthority: a file may have anything in it.
func FuzzAuthority(f *testing.F) {
	dir := f.TempDir()
	newKeeper(f, Options{Dir: dir})
	text, err := os.ReadFile(filepath.Join(dir, authorityFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if a, err := parseAuthority(text); err == nil {
			if _, err := a.sign(a.key, &x509.Certificate{DNSNames: []string{"a.test"}}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
