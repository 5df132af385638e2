package smtpd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/postroom/postroom/catcher/mail"
)

// front looks at each line before go-smtp does and returns what go-smtp shall
// read in its place: the line itself, a plainer one, or nothing when the front
// has answered it.
//
// It is here because go-smtp refuses addresses and parameters that are good,
// says 502 where RFC 5321 says 503, lets a second MAIL pass, and takes a BDAT
// that broke off for a whole one.
func (c *conn) front(line []byte) []byte {
	if c.sasl {
		c.sasl = false
		c.script.add('C', "(response hidden)")
		return line
	}
	text := strings.TrimRight(string(line), "\r\n")
	verb, arg, _ := strings.Cut(text, " ")
	verb = strings.ToUpper(verb)
	c.script.add('C', masked(verb, arg, text))
	switch verb {
	case "EHLO", "HELO":
		return c.answer(line, c.frontHello(verb, arg))
	case "MAIL":
		return c.answer(c.frontMail(arg))
	case "RCPT":
		return c.answer(c.frontRcpt(arg))
	case "DATA":
		return c.answer(line, c.checkData(arg))
	case "BDAT":
		return c.answer(c.frontBdat(arg))
	case "AUTH":
		return c.answer(line, c.checkAuth())
	case "RSET", "NOOP", "QUIT", "VRFY":
		// go-smtp wants nothing or a space after the verb; blanks at the end are common.
		return []byte(strings.TrimRight(text, " \t") + "\r\n")
	}
	return line
}

// masked is the command as it may be written down.
func masked(verb, arg, text string) string {
	if verb != "AUTH" {
		return text
	}
	mechanism, initial, _ := strings.Cut(strings.TrimLeft(arg, " "), " ")
	if initial == "" {
		return "AUTH " + mechanism
	}
	return "AUTH " + mechanism + " (response hidden)"
}

// answer passes a line on, or says why not.
func (c *conn) answer(line []byte, err error) []byte {
	if err == nil {
		return line
	}
	var r *mail.Reply
	if errors.As(err, &r) {
		c.reply(r.Code, enhanced(r), r.Text)
	}
	return nil
}

func enhanced(r *mail.Reply) string {
	return fmt.Sprintf("%d.%d.%d", r.Enhanced[0], r.Enhanced[1], r.Enhanced[2])
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
	return nil
}

// frontMail reads a MAIL command whole, and leaves go-smtp one without
// parameters.
func (c *conn) frontMail(arg string) ([]byte, error) {
	s := &c.session
	switch {
	case !s.greeted:
		return nil, outOfOrder("EHLO or HELO first")
	case s.inMail:
		return nil, outOfOrder("There is a transaction already; RSET ends it")
	}
	path, ok := cutFold(arg, "FROM:")
	if !ok {
		return nil, badSyntax("Syntax: MAIL FROM:<address>")
	}
	from, rest, err := mail.CutPath(path)
	if err != nil {
		return nil, badAddress(err)
	}
	env := mail.Envelope{From: from.Within(c.srv.Domain).String()}
	size, err := mailParameters(rest, &env)
	if err != nil {
		return nil, err
	}
	if size > c.srv.MaxMessageSize {
		return nil, c.tooLarge()
	}
	s.pending, s.size = env, size
	return []byte("MAIL FROM:<" + env.From + ">\r\n"), nil
}

// frontRcpt does the same for RCPT.
func (c *conn) frontRcpt(arg string) ([]byte, error) {
	s := &c.session
	switch {
	case !s.inMail:
		return nil, outOfOrder("MAIL first")
	case s.chunks != nil:
		return nil, outOfOrder("RCPT within a message")
	}
	path, ok := cutFold(arg, "TO:")
	if !ok {
		return nil, badSyntax("Syntax: RCPT TO:<address>")
	}
	to, rest, err := mail.CutPath(path)
	if err != nil {
		return nil, badAddress(err)
	}
	if to == (mail.Address{}) {
		return nil, badAddress(mail.ErrNoLocalPart)
	}
	rcpt := mail.Rcpt{Address: to.Within(c.srv.Domain).String()}
	if err := rcptParameters(rest, &rcpt); err != nil {
		return nil, err
	}
	s.rcpt = rcpt
	return []byte("RCPT TO:<" + rcpt.Address + ">\r\n"), nil
}

func (c *conn) checkData(arg string) error {
	s := &c.session
	switch {
	case strings.TrimSpace(arg) != "":
		return badParameter("DATA has no parameters")
	case len(s.env.To) == 0:
		return outOfOrder("RCPT first")
	case s.chunks != nil:
		return outOfOrder("DATA within a message that came by BDAT")
	case s.env.Body == "BINARYMIME": // RFC 3030 §3
		return outOfOrder("A BINARYMIME message comes by BDAT")
	}
	return nil
}

// checkAuth: RFC 4954 §4 forbids AUTH within a transaction.
func (c *conn) checkAuth() error {
	if c.session.inMail {
		return outOfOrder("AUTH within a transaction")
	}
	return nil
}

// frontBdat reads the chunk. Its octets follow whatever we think of the command,
// so they are read first. With the last chunk go-smtp is told that there was a
// DATA, whose 354 nobody hears; session.Data then finds the body complete.
func (c *conn) frontBdat(arg string) ([]byte, error) {
	n, last, err := bdatParameters(arg)
	if err != nil {
		return nil, err
	}
	s := &c.session
	if len(s.env.To) == 0 {
		return nil, c.refuseChunk(n, outOfOrder("RCPT first"))
	}
	if s.chunks == nil {
		s.chunks = &bodyWriter{limit: c.srv.MaxMessageSize, expect: s.size}
	}
	if s.chunks.size+n > c.srv.MaxMessageSize || s.chunks.size+n < 0 {
		err := c.refuseChunk(n, c.tooLarge())
		c.mute = "250"
		return append(c.answer(nil, err), "RSET\r\n"...), nil
	}
	if err := c.readChunk(n, s.chunks); err != nil {
		return nil, err
	}
	c.script.add('#', fmt.Sprintf("chunk of %d octets", n))
	if !last {
		return nil, &mail.Reply{Code: 250, Enhanced: [3]int{2, 0, 0}, Text: fmt.Sprintf("%d octets received", n)}
	}
	s.complete = true
	c.mute = "354"
	return []byte("DATA\r\n"), nil
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
