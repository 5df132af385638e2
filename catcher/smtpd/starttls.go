package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// TLS is spoken below the conn, which goes on reading lines and bodies as before. To
// go-smtp nothing changes: it would put TLS above, out of the conn's sight.

// wantsTLS says whether TLS has to come before a command: RFC 3207 §4. Those that
// belong to a transaction need none of their own, as it begins with MAIL.
func (c *conn) wantsTLS(verb string) bool {
	if !c.srv.RequireTLS || c.about().TLS != "" {
		return false
	}
	return verb == "MAIL" || verb == "AUTH" || verb == "VRFY"
}

func tlsFirst() error {
	return &mail.Reply{Code: 530, Enhanced: [3]int{5, 7, 0}, Text: "Must issue a STARTTLS command first"}
}

// frontStartTLS begins TLS: RFC 3207. A rule may offer it where there is none.
func (c *conn) frontStartTLS(arg string) error {
	switch {
	case c.about().TLS != "":
		return outOfOrder("TLS is active already")
	case strings.TrimSpace(arg) != "":
		return badParameter("STARTTLS has no parameters")
	}
	r, err := c.judge(rule.StartTLS)
	switch {
	case err != nil:
		return err
	case c.srv.TLS == nil && r.reply != nil:
		return r.reply
	case !c.offersTLS:
		return &mail.Reply{Code: 502, Enhanced: [3]int{5, 5, 1}, Text: "TLS not supported"}
	case c.srv.TLS == nil:
		return &mail.Reply{Code: 454, Enhanced: [3]int{4, 7, 0}, Text: "TLS not available due to temporary reason"} // RFC 3207 §4
	}
	c.discard()
	c.sayOr(r.reply, "220 2.0.0 Ready to start TLS\r\n")
	if c.closing || c.flush() != nil {
		return nil
	}
	c.rate = 0
	return c.handshake()
}

// discard forgets what came behind STARTTLS before we have answered: somebody on the
// way may have put it there, to have it taken for what the client says in TLS. RFC 3207
// §4.2 and §6.
func (c *conn) discard() {
	if n := c.w - c.r + len(c.ahead); n > 0 {
		c.script.add('#', fmt.Sprintf("%d octets behind STARTTLS discarded", n))
	}
	c.r, c.w, c.ahead = 0, 0, nil
}

// handshake begins TLS with a client that is about to. After an error, which is
// errSettled, the session is over.
func (c *conn) handshake() error {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	if !c.beginPause(cancel) {
		return c.unsafe(rule.Decision{}, net.ErrClosed)
	}
	c.wire.SetDeadline(time.Now().Add(c.limits.IdleTimeout))
	facts := &rule.Facts{}
	if c.facts != nil {
		facts = c.factsAt(rule.Handshake)
	}
	var decision rule.Decision
	door := certs.Door{Keeper: c.srv.TLS, Rules: c.srv.Rules, Clock: c.srv.Clock, Log: c.srv.Log, Wait: c.srv.wait}
	client := door.Server(&resumed{c.wire, c.ahead}, facts, func(d rule.Decision) {
		decision = d
		for i := range d.Do {
			c.script.add('#', fmt.Sprintf("rule %s: %s", d.Rule, d.Do[i]))
		}
	})
	c.ahead = nil
	err := client.HandshakeContext(ctx)
	c.mu.Lock()
	c.hurry = nil
	if c.draining && err != nil {
		err = net.ErrClosed
	}
	c.mu.Unlock()
	if err != nil {
		return c.unsafe(decision, err)
	}
	c.secure(client)
	return nil
}

// unsafe ends a session in which TLS has not come about.
func (c *conn) unsafe(d rule.Decision, err error) error {
	c.over = true
	c.mu.Lock()
	c.noTLS = err.Error()
	c.mu.Unlock()
	c.script.add('#', "no TLS: "+err.Error())
	c.srv.Log.Info("TLS handshake failed", "session", c.id, "remote", c.about().Remote, "err", err)
	if len(d.Do) == 0 || d.Do[len(d.Do)-1].Kind == rule.Pass {
		c.ends(leaving(err))
		return errSettled
	}
	c.ends("rule")
	a := mail.Attempt{Stage: string(rule.Handshake), Rule: d.Rule}
	switch last := d.Do[len(d.Do)-1]; {
	case last.Kind == rule.TLS && !errors.Is(err, certs.ErrRule):
		a.Did = "garbled"
	case last.Kind == rule.Hang, last.Kind == rule.Delay:
		a.Did = "hung"
	default:
		a.Did = "dropped"
	}
	c.attempted(a)
	return errSettled
}

// secure goes on in TLS. What the client has said before is forgotten: RFC 3207 §4.2.
func (c *conn) secure(client *tls.Conn) {
	state := client.ConnectionState()
	c.mu.Lock()
	c.Conn = client
	c.mu.Unlock()
	c.session.Reset()
	c.session.greeted, c.offersTLS, c.smtp.TLSConfig = false, false, nil
	c.learn(func(info *mail.Session) {
		info.TLS = certs.Describe(&state)
		info.Helo, info.Protocol, info.User, info.Mechanism = "", "", "", ""
	})
	note := certs.Describe(&state)
	if state.ServerName != "" {
		note += " for " + state.ServerName
	}
	c.script.add('#', note)
	c.moveDeadline()
}

// A resumed connection is one of which something has been read already.
type resumed struct {
	net.Conn
	ahead []byte
}

func (r *resumed) Read(p []byte) (int, error) {
	if len(r.ahead) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.ahead)
	r.ahead = r.ahead[n:]
	return n, nil
}

// SetLinger is for a rule that wants a RST.
func (r *resumed) SetLinger(seconds int) error {
	if tcp, ok := r.Conn.(interface{ SetLinger(int) error }); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}
