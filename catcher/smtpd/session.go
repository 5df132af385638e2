package smtpd

import (
	"errors"
	"io"
	"log/slog"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A session is the other end of go-smtp: what it calls for each command that is
// in order. The front has parsed the command before, and left what it found in
// pending and rcpt.
type session struct {
	c       *conn
	greeted bool          // there was an EHLO or HELO
	shared  *mail.Session // what the latest message refers to

	pending mail.Envelope // of a MAIL command that go-smtp is about to confirm
	rcpt    mail.Rcpt     // of such a RCPT command
	size    int64         // SIZE of the MAIL command; 0: not given

	inMail   bool // between MAIL and the end of its transaction
	env      mail.Envelope
	chunks   *bodyWriter // what BDAT has brought; nil before the first chunk
	complete bool        // the last chunk is among them
}

// Mail begins a transaction. Its reply, like that of Rcpt, has the enhanced code
// of RFC 3463 §3.2, and room for any address since it has none.
func (s *session) Mail(string, *smtp.MailOptions) error {
	s.env, s.inMail = s.pending, true
	s.c.instead = "250 2.1.0 Sender OK\r\n"
	return nil
}

// Rcpt adds a recipient.
func (s *session) Rcpt(string, *smtp.RcptOptions) error {
	s.env.To = append(s.env.To, s.rcpt)
	s.c.instead = "250 2.1.5 Recipient OK\r\n"
	return nil
}

// Data takes the body from the connection itself: go-smtp's reader goes byte by
// byte. Afterwards go-smtp reads on to the final dot, so it gets one.
func (s *session) Data(io.Reader) error {
	c := s.c
	c.mute = ""
	err := s.accept()
	c.next = []byte(".\r\n")
	return err
}

// accept returns the reply to a message as a *smtp.SMTPError, 250 included.
func (s *session) accept() error {
	body, err := s.body()
	if err != nil {
		return s.refuse(err)
	}
	s.env.Session = s.describe()
	receipt, err := s.c.srv.Acceptor.Accept(s.c.ctx, s.env, body.Reader())
	if err != nil {
		return s.refuse(err)
	}
	if log := s.c.srv.Log; log.Enabled(s.c.ctx, slog.LevelDebug) {
		log.Debug("message accepted", "session", s.c.id, "id", receipt.ID, "from", s.env.From, "rcpts", len(s.env.To), "size", body.Size())
	}
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "OK: queued as " + receipt.ID.String()}
}

// body is what BDAT has brought, or what comes now.
func (s *session) body() (*store.Body, error) {
	if s.complete {
		return &s.chunks.body, nil
	}
	return s.c.readData()
}

// refuse shows the client a *mail.Reply as it is, and the operator all else.
func (s *session) refuse(err error) error {
	var r *mail.Reply
	if !errors.As(err, &r) {
		s.c.srv.Log.Error("message not accepted", "session", s.c.id, "err", err)
		r = &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "Local error, try again later"}
	}
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: r.Enhanced, Message: r.Text}
}

// describe returns the facts of the session for a message, the same ones as long
// as they have not changed.
func (s *session) describe() *mail.Session {
	now := s.c.about()
	now.Protocol = protocolName(now.Protocol, s.env.UTF8, now.Mechanism != "")
	if s.shared == nil || *s.shared != now {
		s.shared = &now
	}
	return s.shared
}

// protocolName is the "with" keyword of RFC 3848 and RFC 6531 §4.3.
func protocolName(base string, utf8, auth bool) string {
	if utf8 {
		base = "UTF8SMTP"
	}
	if auth && base != "SMTP" {
		base += "A"
	}
	return base
}

// Reset ends the transaction.
func (s *session) Reset() {
	s.inMail, s.env, s.size, s.chunks, s.complete = false, mail.Envelope{}, 0, nil, false
}

// Logout has nothing to do: Close of the connection ends all.
func (s *session) Logout() error { return nil }

// AuthMechanisms and Auth make the session a smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	return []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"}
}

// Auth begins an exchange that lets everyone in and records the user.
func (s *session) Auth(mech string) (sasl.Server, error) {
	login := func(user string) {
		s.c.learn(func(info *mail.Session) { info.User, info.Mechanism = user, mech })
	}
	switch mech {
	case "PLAIN":
		return &exchange{read: plain, login: login}, nil
	case "LOGIN":
		return &exchange{first: "Username:", read: loginUser, then: "Password:", login: login}, nil
	case "CRAM-MD5":
		return &exchange{first: s.challenge(), read: cramUser, always: true, login: login}, nil
	case "XOAUTH2":
		return &exchange{read: xoauth2, login: login}, nil
	}
	return nil, &smtp.SMTPError{Code: 504, EnhancedCode: smtp.EnhancedCode{5, 5, 4}, Message: "Unknown mechanism"}
}
