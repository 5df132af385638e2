package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// wanting is a Judge that wants the same each time, and remembers what it was asked.
type wanting struct {
	do    []rule.Action
	asked rule.Facts
}

func (w *wanting) Decide(f *rule.Facts) rule.Decision {
	w.asked = *f
	return rule.Decision{Rule: "r", Do: w.do}
}

func TestRulesAtADoor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do     []rule.Action
		sees   error // what the client does; nil: nothing
		waited time.Duration
	}{
		"nothing":       {nil, nil, 0},
		"pass":          {[]rule.Action{{Kind: rule.Pass}}, nil, 0},
		"delay":         {[]rule.Action{{Kind: rule.Delay, For: time.Hour}}, nil, time.Hour},
		"delay, expire": {[]rule.Action{{Kind: rule.Delay, For: time.Hour}, {Kind: rule.TLS, Flaw: rule.Broken}}, io.EOF, time.Hour},
		"drop":          {[]rule.Action{{Kind: rule.Drop}}, io.EOF, 0},
		"reset":         {[]rule.Action{{Kind: rule.Drop, Reset: true}}, syscall.ECONNRESET, 0},
		"hang a while":  {[]rule.Action{{Kind: rule.Hang, For: time.Minute}}, io.EOF, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, rules := newKeeper(t, Options{}), &wanting{do: tc.do}
			var waited time.Duration
			d := &Door{Keeper: k, Rules: rules, Wait: func(_ context.Context, long time.Duration) { waited += long }}
			facts := &rule.Facts{Client: "10.0.0.7", Helo: "app"}
			_, err, done := knock(t, d, facts, trusting(t, k, "mx.test"))
			if !errors.Is(err, tc.sees) && !(tc.sees == io.EOF && errors.Is(err, io.ErrUnexpectedEOF)) || (tc.sees == nil) != (err == nil) {
				t.Errorf("the client saw %v", err)
			}
			if (done == nil) != (tc.sees == nil) || done != nil && !errors.Is(done, ErrRule) || waited != tc.waited {
				t.Errorf("the server saw %v, and waited %v", done, waited)
			}
			if a := rules.asked; a.Stage != rule.Handshake || a.SNI != "mx.test" || a.Client != "10.0.0.7" || a.Helo != "app" || a.Now.IsZero() {
				t.Errorf("asked %+v", a)
			}
		})
	}
}

// TestClientLeavesWhileWeWait: there is nobody left for whom to wait on.
func TestClientLeavesWhileWeWait(t *testing.T) {
	t.Parallel()
	for _, kind := range []rule.Kind{rule.Hang, rule.Delay} {
		client, server := net.Pipe()
		d := &Door{Keeper: newKeeper(t, Options{}), Rules: &wanting{do: []rule.Action{{Kind: kind, For: 0}}}, Wait: func(ctx context.Context, _ time.Duration) {
			client.Close()
			<-ctx.Done()
		}}
		go tls.Client(client, &tls.Config{InsecureSkipVerify: true}).Handshake()
		if err := d.Server(server, &rule.Facts{}, nil).Handshake(); err == nil {
			t.Errorf("%s: it went on", kind)
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k, rules := newKeeper(t, Options{}), &wanting{}
	tl := (&Door{Keeper: k, Rules: rules, Protocols: []string{"http/1.1"}}).Listen(l)
	defer tl.Close()
	go func() {
		if nc, err := tl.Accept(); err == nil {
			io.Copy(nc, nc)
			nc.Close()
		}
	}()
	cfg := trusting(t, k, "page.test")
	cfg.NextProtos = []string{"h2", "http/1.1"}
	c, err := tls.Dial("tcp", l.Addr().String(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "echo")
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Error(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if a := rules.asked; a.Client != "127.0.0.1" || a.Port != port || a.SNI != "page.test" || c.ConnectionState().NegotiatedProtocol != "http/1.1" {
		t.Errorf("asked %+v, speaks %q", a, c.ConnectionState().NegotiatedProtocol)
	}
}

// A deaf is a connection whose client has said all in advance.
type deaf struct {
	net.Conn
	said bytes.Reader
}

func (d *deaf) Read(p []byte) (int, error)       { return d.said.Read(p) }
func (d *deaf) Write(p []byte) (int, error)      { return len(p), nil }
func (d *deaf) Close() error                     { return nil }
func (d *deaf) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (d *deaf) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (d *deaf) SetDeadline(time.Time) error      { return nil }
func (d *deaf) SetReadDeadline(time.Time) error  { return nil }
func (d *deaf) SetWriteDeadline(time.Time) error { return nil }

// FuzzHandshake: a client that says anything gets no further than that.
func FuzzHandshake(f *testing.F) {
	k := newKeeper(f, Options{})
	client, server := net.Pipe()
	go tls.Client(client, &tls.Config{ServerName: "expired.tls.test"}).Handshake()
	hello := make([]byte, 4096)
	n, err := server.Read(hello)
	if err != nil {
		f.Fatal(err)
	}
	server.Close()
	f.Add(hello[:n], uint8(0))
	f.Add(hello[:n], uint8(7))
	f.Add([]byte("EHLO x\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, said []byte, choice uint8) {
		actions := []rule.Action{{Kind: rule.Pass}, {Kind: rule.Delay}, {Kind: rule.Hang}, {Kind: rule.Drop}, {Kind: rule.TLS, Flaw: rule.Expired}, {Kind: rule.TLS, Flaw: rule.Untrusted}, {Kind: rule.TLS, Flaw: rule.Broken}, {Kind: rule.TLS, Flaw: rule.OldProtocol}}
		d := &Door{Keeper: k, Rules: &wanting{do: actions[choice%8 : choice%8+1]}, Wait: func(context.Context, time.Duration) {}}
		c := &deaf{}
		c.said.Reset(said)
		if err := d.Server(c, &rule.Facts{}, nil).Handshake(); err == nil {
			t.Fatal("the client knows no key, and has shaken hands")
		}
	})
}
