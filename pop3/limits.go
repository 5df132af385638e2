package pop3

import (
	"cmp"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/postroom/postroom/catcher/limit"
)

// Connections counts the sessions that there are and have been, and the clients that
// were turned away.
func (s *Server) Connections() limit.Count { return s.guests.Count() }

// Panics is how many sessions a panic has ended.
func (s *Server) Panics() uint64 { return s.panics.Load() }

// Limits are what clients may do at most. Zero values are good.
type Limits struct {
	Connections          int           // at once; 0: any number
	ConnectionsPerClient int           // at once from one address; 0: any number
	Errors               int           // bad commands of one session; 0: DefaultErrors
	IdleTimeout          time.Duration // for a command to come, and for the client to take a piece of a reply; 0: 10 minutes
}

// complete puts in the defaults.
func (l Limits) complete() *Limits {
	l.Errors = cmp.Or(max(l.Errors, 0), DefaultErrors)
	l.IdleTimeout = cmp.Or(max(l.IdleTimeout, 0), defaultIdle)
	return &l
}

// SetLimits changes the limits: those of a session for sessions to come, and nobody
// who is there is sent away.
func (s *Server) SetLimits(l Limits) {
	s.limits.Store(l.complete())
	s.guests.Limit(l.Connections, l.ConnectionsPerClient)
}

// present are the limits of a session that begins now.
func (s *Server) present() *Limits {
	if l := s.limits.Load(); l != nil {
		return l
	}
	return s.Limits.complete()
}

// turnAway tells a client that there are too many. It must not hold up those behind
// it: what is said fits into the buffer of a new connection, and a client that
// would have to shake hands for it learns nothing.
func (s *Server) turnAway(c net.Conn, v limit.Verdict, handshake bool) {
	if n := s.guests.Tell(time.Now()); n > 0 {
		s.log().Warn("POP3 clients turned away", "limit", string(v), "client", limit.Client(c.RemoteAddr()), "count", n)
	}
	if !handshake {
		text := "too many connections, try again later"
		if v == limit.TooManyOfThis {
			text = "too many connections from your address, try again later"
		}
		c.SetWriteDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(c, "-ERR [SYS/TEMP] %s\r\n", text)
	}
	c.Close()
}

// rescue ends a session that panics, without the others. RFC 1939 §6: nothing is
// deleted.
func (c *session) rescue() {
	r := recover()
	if r == nil {
		return
	}
	c.srv.panics.Add(1)
	c.log.Error("panic in a POP3 session", "panic", r, "stack", string(debug.Stack()))
	c.over = true
	c.out.fail("[SYS/TEMP] internal server error")
}
