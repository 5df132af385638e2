package smtpd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// front looks at each line before go-smtp does and returns what go-smtp shall
// read in its place: the line itself, a plainer one, or nothing when the front
// has answered it. Transactions, from MAIL to the end of the message, are all
// its own, and so are AUTH and STARTTLS.
//
// That is so because go-smtp refuses addresses and parameters that are good,
// says 502 where RFC 5321 says 503, lets a second MAIL pass, takes a BDAT that
// broke off for a whole one, and reads a message byte by byte; and because what
// every mail needs has to be quick.
func (c *conn) front(line []byte) []byte {
	text := strings.TrimRight(string(line), "\r\n")
	verb, arg, _ := strings.Cut(text, " ")
	verb = strings.ToUpper(verb)
	c.heard = c.script.add('C', masked(text))
	c.use.begin()
	if of := c.overdrawn(); of != "" && verb != "QUIT" {
		return c.pass(nil, c.dismiss(of))
	}
	c.instead, c.edits, c.offer = nil, nil, nil // what go-smtp did not need for the command before
	if c.wantsTLS(verb) {
		return c.pass(nil, tlsFirst())
	}
	switch verb {
	case "EHLO", "HELO":
		return c.pass(line, c.frontHello(verb, arg))
	case "AUTH":
		return c.pass(nil, c.frontAuth(arg))
	case "MAIL":
		return c.pass(nil, c.frontMail(arg))
	case "RCPT":
		return c.pass(nil, c.frontRcpt(arg))
	case "DATA":
		return c.pass(nil, c.frontData(arg))
	case "BDAT":
		return c.pass(nil, c.frontBdat(arg))
	case "STARTTLS":
		return c.pass(nil, c.frontStartTLS(arg))
	case "RSET":
		return c.pass(trimmed(text), c.let(rule.Rset))
	case "QUIT":
		return c.frontQuit(text)
	case "NOOP", "VRFY":
		return trimmed(text)
	}
	return line
}

// frontQuit ends the session, unless a rule has done so.
func (c *conn) frontQuit(text string) []byte {
	err := c.let(rule.Quit)
	if err == nil {
		c.ends("quit")
	}
	return c.pass(trimmed(text), err)
}

// trimmed is the command without blanks at its end, which are common: go-smtp
// wants nothing or a space after the verb.
func trimmed(text string) []byte { return []byte(strings.TrimRight(text, " \t") + "\r\n") }

// masked is the command as it may be written down.
func masked(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 || !strings.EqualFold(words[0], "AUTH") {
		return text
	}
	words[0] = "AUTH"
	if len(words) > 2 {
		words = append(words[:2], hidden)
	}
	return strings.Join(words, " ")
}

// pass passes a line on, or says why not.
func (c *conn) pass(line []byte, err error) []byte {
	if err == nil {
		return line
	}
	if !errors.Is(err, errSettled) {
		c.sayReply(c.replyFor(err))
	}
	return nil
}

// replyFor shows the client a *mail.Reply as it is, and the operator all else.
func (c *conn) replyFor(err error) *mail.Reply {
	var r *mail.Reply
	if !errors.As(err, &r) {
		c.srv.Log.Error("message not accepted", "session", c.id, "err", err)
		r = &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "Local error, try again later"}
	}
	return r
}

// Replies to commands out of order: RFC 5321 §4.1.4.
func outOfOrder(text string) error {
	return &mail.Reply{Code: 503, Enhanced: [3]int{5, 5, 1}, Text: text}
}

func badSyntax(text string) error {
	return &mail.Reply{Code: 501, Enhanced: [3]int{5, 5, 2}, Text: text}
}

func badParameter(text string) error {
	return &mail.Reply{Code: 501, Enhanced: [3]int{5, 5, 4}, Text: text}
}

func badAddress(err error) error {
	text := err.Error()
	return &mail.Reply{Code: 501, Enhanced: [3]int{5, 1, 3}, Text: strings.ToUpper(text[:1]) + text[1:]}
}

// maxName is the longest name of a client: RFC 5321 §4.5.3.1.2.
const maxName = 255

// frontHello remembers what the client calls itself, which may be anything that
// fits into a reply. It may do so anew at any time.
func (c *conn) frontHello(verb, arg string) error {
	name, _, _ := strings.Cut(strings.TrimSpace(arg), " ")
	if len(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return badSyntax("Malformed name in " + verb)
	}
	c.learn(func(info *mail.Session) {
		info.Helo, info.Protocol = strings.ToValidUTF8(name, "\uFFFD"), "SMTP"
		if verb == "EHLO" {
			info.Protocol = "ESMTP"
		}
	})
	c.offersTLS = c.srv.TLS != nil && c.about().TLS == ""
	err := c.let(rule.Ehlo)
	c.session.greeted = c.session.greeted || err == nil && name != ""
	return err
}

// frontMail begins a transaction. Its reply, like that of RCPT, has the enhanced
// code of RFC 3463 §3.2, and room for any address since it has none.
func (c *conn) frontMail(arg string) error {
	s := &c.session
	switch {
	case !s.greeted:
		return outOfOrder("EHLO or HELO first")
	case s.inMail:
		return outOfOrder("There is a transaction already; RSET ends it")
	}
	if err := c.checkSession(); err != nil {
		return err
	}
	path, ok := cutFold(arg, "FROM:")
	if !ok {
		return badSyntax("Syntax: MAIL FROM:<address>")
	}
	from, rest, err := mail.CutPath(path)
	if err != nil {
		return badAddress(err)
	}
	env := mail.Envelope{From: from.Within(c.srv.Domain).String()}
	size, err := mailParameters(rest, &env)
	if err != nil {
		return err
	}
	s.env, s.inMail, s.size = env, true, size
	c.begun(env.From)
	r, err := c.judgeMail()
	if err != nil {
		s.Reset()
		return err
	}
	c.sayOr(r.reply, "250 2.1.0 Sender OK\r\n")
	return nil
}

func (c *conn) judgeMail() (ruling, error) {
	if c.session.size > c.limits.MaxMessageSize {
		return ruling{}, c.refused(rule.Mail, c.tooLarge())
	}
	return c.judge(rule.Mail)
}

// frontRcpt adds a recipient.
func (c *conn) frontRcpt(arg string) error {
	s := &c.session
	switch {
	case !s.inMail:
		return outOfOrder("MAIL first")
	case s.coming != nil:
		return outOfOrder("RCPT within a message")
	}
	s.tried = true
	path, ok := cutFold(arg, "TO:")
	if !ok {
		return badSyntax("Syntax: RCPT TO:<address>")
	}
	to, rest, err := mail.CutPath(path)
	if err != nil {
		return badAddress(err)
	}
	if to == (mail.Address{}) {
		return badAddress(mail.ErrNoLocalPart)
	}
	rcpt := mail.Rcpt{Address: to.Within(c.srv.Domain).String()}
	if err := rcptParameters(rest, &rcpt); err != nil {
		return err
	}
	s.rcpt = rcpt.Address
	r, err := c.judgeRcpt()
	if err != nil {
		return err
	}
	s.env.To = append(s.env.To, rcpt)
	c.addressed(rcpt.Address)
	c.sayOr(r.reply, "250 2.1.5 Recipient OK\r\n")
	return nil
}

func (c *conn) judgeRcpt() (ruling, error) {
	if len(c.session.env.To) >= c.limits.MaxRecipients { // RFC 5321 §4.5.3.1.10
		return ruling{}, c.refused(rule.Rcpt, &mail.Reply{Code: 452, Enhanced: [3]int{4, 5, 3}, Text: fmt.Sprintf("Maximum limit of %d recipients reached", c.limits.MaxRecipients)})
	}
	return c.judge(rule.Rcpt)
}

// frontData reads the message.
func (c *conn) frontData(arg string) error {
	if err := c.checkData(arg); err != nil {
		return err
	}
	r, err := c.judge(rule.Data)
	if err != nil {
		return err
	}
	c.messaging()
	c.sayOr(r.reply, "354 Go ahead. End your data with <CR><LF>.<CR><LF>\r\n")
	s := &c.session
	defer s.Reset()
	s.coming = c.newBody()
	c.brakeBy(r)
	c.beginMessage()
	err = c.readData()
	c.endMessage()
	if err != nil {
		return err
	}
	return s.accept()
}

func (c *conn) checkData(arg string) error {
	s := &c.session
	switch {
	case strings.TrimSpace(arg) != "":
		return badParameter("DATA has no parameters")
	case len(s.env.To) == 0:
		return s.noRecipients()
	case s.coming != nil:
		return outOfOrder("DATA within a message that came by BDAT")
	case s.env.Body == "BINARYMIME": // RFC 3030 §3
		return outOfOrder("A BINARYMIME message comes by BDAT")
	}
	return nil
}

// noRecipients: RFC 5321 §3.3.
func (s *session) noRecipients() error {
	if s.tried {
		return &mail.Reply{Code: 554, Enhanced: [3]int{5, 5, 1}, Text: "No valid recipients"}
	}
	return outOfOrder("RCPT first")
}

// frontBdat reads the chunk. Its octets follow whatever we think of the command,
// so they are read first.
func (c *conn) frontBdat(arg string) error {
	n, last, err := bdatParameters(arg)
	if err != nil {
		return err
	}
	s := &c.session
	if len(s.env.To) == 0 {
		return c.refuseChunk(n, s.noRecipients())
	}
	r, err := c.judge(rule.Data)
	if c.over {
		return err
	}
	if err != nil {
		defer s.Reset()
		return c.refuseChunk(n, err)
	}
	if s.coming == nil {
		c.messaging()
		s.coming = c.newBody()
	}
	if s.coming.size+n > c.limits.MaxMessageSize || s.coming.size+n < 0 {
		defer s.Reset()
		return c.refuseChunk(n, c.refused(rule.Dot, c.tooLarge()))
	}
	c.brakeBy(r)
	c.beginMessage()
	err = c.readChunk(n, s.coming)
	c.endMessage()
	if err != nil {
		return err
	}
	c.heard = c.script.arrived(fmt.Sprintf("chunk of %d octets", n))
	if s.coming.full {
		defer s.Reset()
		return c.refused(rule.Dot, tooMuch())
	}
	if !last {
		c.sayOr(r.reply, fmt.Sprintf("250 2.0.0 %d octets received\r\n", n))
		return nil
	}
	defer s.Reset()
	return s.accept()
}

// refuseChunk passes a chunk over and returns the refusal, or why it could not.
func (c *conn) refuseChunk(n int64, refusal error) error {
	if err := c.readChunk(n, &bodyWriter{limit: -1}); err != nil {
		return err
	}
	return refusal
}

func bdatParameters(arg string) (n int64, last bool, err error) {
	words := strings.Fields(arg)
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && !strings.EqualFold(words[1], "LAST") {
		return 0, false, badParameter("Syntax: BDAT size [LAST]")
	}
	n, err = strconv.ParseInt(words[0], 10, 64)
	if err != nil || n < 0 || words[0][0] == '+' {
		return 0, false, badParameter("Malformed chunk size")
	}
	return n, len(words) == 2, nil
}

func cutFold(s, prefix string) (string, bool) {
	s = strings.TrimLeft(s, " ")
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
