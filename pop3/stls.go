package pop3

import (
	"bufio"
	"time"

	"github.com/postroom/postroom/catcher/certs"
)

// mayTLS says whether STLS is possible now: RFC 2595 §4.
func (c *session) mayTLS() bool { return c.srv.TLS != nil && c.tls == "" && c.drop == nil }

// wantsTLS says whether TLS has to come before a password.
func (c *session) wantsTLS() bool { return c.srv.RequireTLS && c.tls == "" }

// stls begins TLS. What came behind the command is forgotten: somebody on the way may
// have put it there, to have it taken for what the client says in TLS.
func (c *session) stls() {
	switch {
	case c.tls != "":
		c.reject("TLS is active already")
		return
	case c.drop != nil:
		c.reject("STLS comes before the login")
		return
	case c.srv.TLS == nil:
		c.reject("there is no TLS here")
		return
	}
	c.in.Discard(c.in.Buffered()) // which cannot fail
	c.out.ok("begin TLS")
	if c.out.Flush() != nil {
		c.over = true
		return
	}
	c.handshake()
}

// handshake begins TLS with a client that is about to; when it fails, the session is
// over. The server's end ends it.
func (c *session) handshake() {
	c.wire.SetDeadline(time.Now().Add(c.limits.IdleTimeout))
	door := certs.Door{Keeper: c.srv.TLS, Rules: c.srv.Rules, Clock: c.srv.Clock, Log: c.log, Wait: c.srv.wait}
	secure := door.Server(c.wire, c.facts(), nil)
	if err := secure.HandshakeContext(c.stop); err != nil {
		c.log.Info("TLS handshake failed", "err", err)
		c.over, c.torn = true, true
		return
	}
	state := secure.ConnectionState()
	c.conn, c.tls = secure, certs.Describe(&state)
	c.log.Debug("POP3 in TLS", "tls", c.tls, "name", state.ServerName)
	c.in, c.out = bufio.NewReader(secure), newWriter(secure, c.limits.IdleTimeout)
}
