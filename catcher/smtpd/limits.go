package smtpd

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/postroom/postroom/catcher/limit"
)

// turnAway tells a client that there are too many. It must not hold up those behind
// it: what is said fits into the buffer of a new connection, and a client that
// would have to shake hands for it learns nothing.
func (s *Server) turnAway(nc net.Conn, v limit.Verdict) {
	if n := s.guests.Tell(time.Now()); n > 0 {
		s.Log.Warn("SMTP clients turned away", "limit", string(v), "client", limit.Client(nc.RemoteAddr()), "count", n)
	}
	if _, handshake := nc.(*tls.Conn); !handshake {
		text := "Too many connections, try again later"
		if v == limit.TooManyOfThis {
			text = "Too many connections from your address, try again later"
		}
		nc.SetWriteDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(nc, "421 4.7.0 %s\r\n", text)
	}
	nc.Close()
}
