package smtpd

import (
	"log/slog"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// A session is what go-smtp calls for commands outside transactions. Within them
// the front has no need of go-smtp, which so never asks for the methods that
// belong there: they are those of a Session that is nil.
type session struct {
	smtp.Session
	c       *conn
	greeted bool          // there was an EHLO or HELO, since TLS began if it has
	shared  *mail.Session // what the latest message refers to

	inMail bool // between MAIL and the end of its transaction
	env    mail.Envelope
	size   int64       // SIZE of the MAIL command; 0: not given
	rcpt   string      // address of the latest RCPT
	tried  bool        // there was a RCPT
	coming *bodyWriter // what has come of the message; nil before DATA or the first BDAT
}

// accept hands the message on, and says so when it was taken.
func (s *session) accept() error {
	c, body := s.c, &s.coming.body
	r, err := c.judge(rule.Dot)
	if err != nil {
		return err
	}
	s.env.Session = s.describe()
	receipt, err := c.srv.Acceptor.Accept(c.ctx, s.env, body.Reader())
	if err != nil {
		return c.refused(rule.Dot, c.replyFor(err))
	}
	c.script.kept()
	c.use.kept()
	if log := c.srv.Log; log.Enabled(c.ctx, slog.LevelDebug) {
		log.Debug("message accepted", "session", c.id, "message", receipt.ID, "from", s.env.From, "rcpts", len(s.env.To), "size", body.Size())
	}
	if r.drop != nil || r.reply != nil { // our reply, which would name it, is not said
		c.script.add('#', "message kept"+keptAs+receipt.ID.String())
	}
	if r.drop != nil {
		c.attempted(mail.Attempt{Stage: string(rule.Dot), Did: "dropped", Rule: r.rule, Message: receipt.ID})
		c.drop(r.drop)
		return nil
	}
	if r.reply != nil {
		c.sayReply(r.reply)
		return nil
	}
	c.say("250 2.0.0 OK: queued" + keptAs + receipt.ID.String() + "\r\n")
	return nil
}

// describe returns the facts of the session for a message, the same ones as long
// as they have not changed.
func (s *session) describe() *mail.Session {
	now := s.c.about()
	now.Protocol = protocolName(&now, s.env.UTF8)
	if s.shared == nil || *s.shared != now {
		changed := now // not now itself, which so stays off the heap
		s.shared = &changed
	}
	return s.shared
}

// protocolName is the "with" keyword of RFC 3848 and RFC 6531 §4.3.
func protocolName(of *mail.Session, utf8 bool) string {
	name := of.Protocol
	if utf8 {
		name = "UTF8SMTP"
	}
	if name == "SMTP" {
		return name
	}
	if of.TLS != "" {
		name += "S"
	}
	if of.Mechanism != "" {
		name += "A"
	}
	return name
}

// Reset ends the transaction.
func (s *session) Reset() {
	s.c.done()
	s.coming.release()
	s.inMail, s.env, s.size, s.rcpt, s.tried, s.coming = false, mail.Envelope{}, 0, "", false, nil
}

// Logout has nothing to do: Close of the connection ends all.
func (s *session) Logout() error { return nil }

// AuthMechanisms and Auth make the session a smtp.AuthSession, so that EHLO offers
// AUTH.
func (s *session) AuthMechanisms() []string {
	if s.c.wantsTLS("AUTH") {
		return nil
	}
	return s.c.srv.mechanisms()
}

// Auth is not called: the front does AUTH.
func (s *session) Auth(string) (sasl.Server, error) { return nil, smtp.ErrAuthUnsupported }
