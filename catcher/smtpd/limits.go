package smtpd

import (
	"cmp"
	"fmt"
	"net"
	"time"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// Limits are what clients may do at most. Zero is any number, but for the first four
// fields, where it is the default.
type Limits struct {
	MaxMessageSize int64         // octets; 0: DefaultMaxMessageSize
	MaxRecipients  int           // per message; 0: DefaultMaxRecipients
	IdleTimeout    time.Duration // for each read, and for a whole command; 0: DefaultIdleTimeout
	MessageTimeout time.Duration // for a whole message, or chunk of one; 0: DefaultMessageTimeout

	Connections          int   // at once
	ConnectionsPerClient int   // at once from one address
	Messages             int   // of one session
	Octets               int64 // that a session receives; a message that has begun may end
	Commands             int   // of one session before its first message, and from one to the next
	Errors               int   // of one session; those that rules or the other limits make are not counted
	Incoming             int64 // octets of messages that are on their way in all sessions together; the beginnings of messages are not counted
}

// beginning is how much of a message passes Limits.Incoming: whoever sends small
// mail shall not suffer from those who send large.
const beginning = 64 << 10

// complete puts in the defaults.
func (l Limits) complete() *Limits {
	l.MaxMessageSize = cmp.Or(max(l.MaxMessageSize, 0), DefaultMaxMessageSize)
	l.MaxRecipients = cmp.Or(max(l.MaxRecipients, 0), DefaultMaxRecipients)
	l.IdleTimeout = cmp.Or(max(l.IdleTimeout, 0), DefaultIdleTimeout)
	l.MessageTimeout = cmp.Or(max(l.MessageTimeout, 0), DefaultMessageTimeout)
	return &l
}

// SetLimits changes the limits: those of a session for sessions to come, the others
// at once, but nobody who is there is sent away.
func (s *Server) SetLimits(l Limits) {
	s.limits.Store(l.complete())
	s.guests.Limit(l.Connections, l.ConnectionsPerClient)
	s.incoming.Limit(l.Incoming)
}

// turnAway tells a client that there are too many. It must not hold up those behind
// it: what is said fits into the buffer of a new connection, and a client that
// would have to shake hands for it learns nothing.
func (s *Server) turnAway(nc net.Conn, v limit.Verdict, handshake bool) {
	if n := s.guests.Tell(time.Now()); n > 0 {
		s.Log.Warn("SMTP clients turned away", "limit", string(v), "client", limit.Client(nc.RemoteAddr()), "count", n)
	}
	if !handshake {
		text := "Too many connections, try again later"
		if v == limit.TooManyOfThis {
			text = "Too many connections from your address, try again later"
		}
		nc.SetWriteDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(nc, "421 4.7.0 %s\r\n", text)
	}
	nc.Close()
}

// A use is what a session has used up of its limits.
type use struct {
	messages int
	commands int // since the last message
	errors   int
	ruled    bool // the present command is answered as a rule or a limit wants it
}

// begin counts a command.
func (u *use) begin() { u.commands, u.ruled = u.commands+1, false }

// said counts a line of a reply when it is the last of an error.
func (u *use) said(line string) {
	if !u.ruled && len(line) > 3 && (line[0] == '4' || line[0] == '5') && line[3] != '-' {
		u.errors++
	}
}

// kept counts a message.
func (u *use) kept() { u.messages, u.commands = u.messages+1, 0 }

// overdrawn says which limit of the session does not allow another command; "" when
// none does not.
func (c *conn) overdrawn() string {
	l := c.limits
	switch {
	case l.Errors > 0 && c.use.errors >= l.Errors:
		return "errors"
	case l.Commands > 0 && c.use.commands > l.Commands:
		return "commands without a message"
	}
	return ""
}

// overdrawnBy says likewise about another message.
func (c *conn) overdrawnBy() string {
	l := c.limits
	switch {
	case l.Messages > 0 && c.use.messages >= l.Messages:
		return "messages"
	case l.Octets > 0 && c.octetsIn.Load()-int64(c.w-c.r+len(c.ahead)) >= l.Octets: // without those of commands to come
		return "octets"
	}
	return ""
}

// dismiss answers a command that was one too many, and ends the session.
func (c *conn) dismiss(of string) *mail.Reply {
	c.srv.Log.Info("SMTP session ended by a limit", "session", c.id, "limit", of)
	c.closing, c.use.ruled = true, true
	return &mail.Reply{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "Too many " + of + " in one session"}
}

// checkSession refuses a message that the session may not bring.
func (c *conn) checkSession() error {
	if of := c.overdrawnBy(); of != "" {
		return c.refused(rule.Mail, c.dismiss(of))
	}
	return nil
}

// tooMuch is the reply to a message for which there was no room while it came in:
// RFC 3463 §3.4.
func tooMuch() *mail.Reply {
	return &mail.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "Too much mail at once, try again later"}
}
