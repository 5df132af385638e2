package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/rule"
)

// ErrRule is why a handshake fails that a rule has ended.
var ErrRule = errors.New("ended by a rule")

const (
	// brokenAfter is where a Broken handshake breaks: in the midst of our first message.
	brokenAfter = 60
	// patience is how long a client may take to go on after a pause of ours.
	patience = 30 * time.Second
	// readAhead is how much is read in a pause.
	readAhead = 64 << 10
)

// A Door is where clients begin TLS, as rules want it. Its fields are settings; all
// but Keeper may be left zero.
type Door struct {
	Keeper    *Keeper
	Rules     rule.Judge   // nil: nothing goes wrong
	Clock     clock.Clock  // for the rules; nil: the system's
	Log       *slog.Logger // nil: nowhere
	Protocols []string     // ALPN, for clients that ask; nil: whatever they ask is passed over

	Wait func(context.Context, time.Duration) // how to wait; nil: clock.Wait
}

// Server is TLS for a client, which begins with its Handshake. What is known of the
// client is in facts, which are filled in; told, unless nil, hears what a rule says.
// A connection that a rule has ended is closed.
func (d *Door) Server(nc net.Conn, facts *rule.Facts, told func(rule.Decision)) *tls.Conn {
	w := &wire{Conn: nc}
	return tls.Server(w, &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			flaw, err := d.judge(hello, w, facts, told)
			if err != nil {
				return nil, err
			}
			return d.config(hello, w, flaw)
		},
	})
}

// config is for one client. Nothing is resumed later: each handshake is a whole one, so
// that rules and verification count each time.
func (d *Door) config(hello *tls.ClientHelloInfo, w *wire, flaw rule.Flaw) (*tls.Config, error) {
	cert, err := d.Keeper.certificate(flaw, hello.ServerName, w.LocalAddr())
	if err != nil {
		d.log().Error("no certificate", "name", hello.ServerName, "err", err)
		return nil, err
	}
	cfg := &tls.Config{
		Certificates: []tls.Certificate{*cert}, NextProtos: d.Protocols,
		MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true,
	}
	switch flaw {
	case rule.OldProtocol:
		cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case rule.Broken:
		w.broken, w.left = true, brokenAfter
	}
	return cfg, nil
}

// judge asks the rules, and does what they want but for the flaw, which it returns.
func (d *Door) judge(hello *tls.ClientHelloInfo, w *wire, facts *rule.Facts, told func(rule.Decision)) (flaw rule.Flaw, err error) {
	if d.Rules == nil {
		return "", nil
	}
	facts.Stage, facts.SNI = rule.Handshake, hello.ServerName
	if d.Clock != nil {
		facts.Now = d.Clock.Now()
	} else {
		facts.Now = clock.System{}.Now()
	}
	decision := d.Rules.Decide(facts)
	if told != nil && decision.Rule != "" {
		told(decision)
	}
	for i := range decision.Do {
		a := &decision.Do[i]
		d.log().Debug("rule applies", "rule", decision.Rule, "stage", rule.Handshake, "action", a.Kind, "client", facts.Client, "name", facts.SNI)
		switch a.Kind {
		case rule.TLS:
			flaw = a.Flaw
		case rule.Delay:
			err = d.pause(hello.Context(), w, max(a.For, 1))
		case rule.Hang:
			d.pause(hello.Context(), w, a.For)
			err = w.end(false)
		case rule.Drop:
			err = w.end(a.Reset)
		}
		if err != nil {
			return "", err
		}
	}
	return flaw, nil
}

// pause waits; with 0, until the client leaves, which is an error. The end of the
// context ends it.
func (d *Door) pause(ctx context.Context, w *wire, long time.Duration) error {
	w.SetDeadline(time.Time{}) // it is we who are slow
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := make(chan error, 1)
	go func() {
		err := w.listen()
		if err != nil {
			cancel()
		}
		left <- err
	}()
	if d.Wait != nil {
		d.Wait(ctx, long)
	} else {
		clock.Wait(ctx, long)
	}
	w.SetReadDeadline(time.Unix(1, 0))
	err := <-left
	w.SetDeadline(time.Now().Add(patience))
	return err
}

func (d *Door) log() *slog.Logger {
	if d.Log != nil {
		return d.Log
	}
	return slog.New(slog.DiscardHandler)
}

// Listen makes TLS of what comes to a listener: its connections are *tls.Conn, whose
// handshake is yet to come.
func (d *Door) Listen(l net.Listener) net.Listener { return listener{l, d} }

type listener struct {
	net.Listener
	door *Door
}

func (l listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.door.Server(nc, rule.FactsBetween(nc.RemoteAddr(), nc.LocalAddr()), nil), nil
}

// Describe is the version and the cipher suite.
func Describe(state *tls.ConnectionState) string {
	return tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
}

// A wire is the connection below TLS.
type wire struct {
	net.Conn
	ahead  []byte // what a pause has read
	broken bool   // it breaks
	left   int    // after so many octets
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.ahead) == 0 {
		return w.Conn.Read(p)
	}
	n := copy(p, w.ahead)
	w.ahead = w.ahead[n:]
	return n, nil
}

func (w *wire) Write(p []byte) (int, error) {
	if !w.broken || len(p) <= w.left {
		w.left -= len(p)
		return w.Conn.Write(p)
	}
	n, err := w.Conn.Write(p[:max(w.left, 0)])
	w.left = 0
	return n, errors.Join(err, w.end(false))
}

// listen reads until the deadline, or as much as there is room for, or until the
// client leaves, which is an error.
func (w *wire) listen() error {
	for len(w.ahead) < readAhead {
		w.ahead = slices.Grow(w.ahead, 1024)
		n, err := w.Conn.Read(w.ahead[len(w.ahead):cap(w.ahead)])
		w.ahead = w.ahead[:len(w.ahead)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// end closes the connection, so that TLS cannot say why.
func (w *wire) end(reset bool) error {
	if tcp, ok := w.Conn.(interface{ SetLinger(int) error }); ok && reset {
		tcp.SetLinger(0)
	}
	w.Conn.Close()
	return ErrRule
}
