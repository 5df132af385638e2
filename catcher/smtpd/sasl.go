package smtpd

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// maxFailed is how often a session may fail to log in.
const maxFailed = 5

// mechanisms are those that are offered. Those in which no password comes cannot be
// checked against a hash.
func (s *Server) mechanisms() []string {
	if s.Accounts != nil {
		return []string{"PLAIN", "LOGIN"}
	}
	return []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"}
}

// frontAuth is AUTH of RFC 4954, with its whole exchange. The rules are asked once the
// name is known.
func (c *conn) frontAuth(arg string) error {
	words := strings.Fields(arg)
	switch {
	case !c.session.greeted:
		return outOfOrder("EHLO or HELO first")
	case c.session.inMail: // RFC 4954 §4
		return outOfOrder("AUTH within a transaction")
	case c.about().Mechanism != "":
		return outOfOrder("Already authenticated")
	case len(words) == 0 || len(words) > 2:
		return badParameter("Syntax: AUTH mechanism [initial response]")
	}
	mechanism := strings.ToUpper(words[0])
	if !slices.Contains(c.srv.mechanisms(), mechanism) {
		return &mail.Reply{Code: 504, Enhanced: [3]int{5, 5, 4}, Text: "Unknown mechanism"}
	}
	who, err := c.exchange(c.session.exchange(mechanism), words[1:])
	if err != nil {
		return err
	}
	return c.login(who, mechanism)
}

// exchange asks until the user is known.
func (c *conn) exchange(e *exchange, initial []string) (who credentials, err error) {
	var response []byte
	if len(initial) > 0 {
		if response, err = decodeResponse(initial[0]); err != nil {
			return who, err
		}
	}
	for {
		challenge, done, err := e.next(response)
		if done || err != nil {
			return e.who, err
		}
		c.say("334 " + base64.StdEncoding.EncodeToString([]byte(challenge)) + "\r\n")
		line, err := c.readLine()
		if err != nil {
			return who, errSettled // that of the connection is met again
		}
		c.heard = c.script.add('C', hidden)
		text := strings.TrimRight(string(line), "\r\n")
		if text == "*" {
			return who, &mail.Reply{Code: 501, Enhanced: [3]int{5, 7, 0}, Text: "Authentication cancelled"}
		}
		if response, err = decodeResponse(text); err != nil {
			return who, err
		}
	}
}

// decodeResponse: "=" is a response that is there and empty. RFC 4954 §4.
func decodeResponse(text string) ([]byte, error) {
	if text == "=" {
		return []byte{}, nil
	}
	response, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, malformedResponse()
	}
	return response, nil
}

// login lets a user in, unless a rule or the accounts will not.
func (c *conn) login(who credentials, mechanism string) error {
	r, err := c.judgeLogin(who.user)
	if err == nil {
		err = c.check(who)
	}
	if err != nil {
		return err
	}
	c.learn(func(info *mail.Session) { info.User, info.Mechanism = who.user, mechanism })
	c.sayOr(r.reply, "235 2.7.0 Authentication succeeded\r\n")
	return nil
}

// judgeLogin asks the rules about a user who is not logged in yet.
func (c *conn) judgeLogin(user string) (ruling, error) {
	if c.facts == nil {
		return ruling{}, nil
	}
	defer func(before string) { c.facts.User = before }(c.facts.User)
	c.facts.User = user
	return c.judge(rule.Auth)
}

// check asks the accounts. Who fails has to wait, longer each time.
func (c *conn) check(who credentials) error {
	if c.srv.Accounts == nil {
		return nil
	}
	client := rule.FactsBetween(c.wire.RemoteAddr(), nil).Client
	ok, wait := c.srv.Accounts.Check(who.user, who.password, client)
	if ok {
		return nil
	}
	c.failed++
	c.srv.Log.Info("SMTP login refused", "session", c.id, "client", client, "user", who.user)
	if wait > 0 && c.pause(wait) != nil {
		c.over = true
		c.ends("left")
		return errSettled
	}
	if c.failed >= maxFailed {
		c.closing = true
		return c.refused(rule.Auth, &mail.Reply{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "Too many failed logins"})
	}
	return c.refused(rule.Auth, &mail.Reply{Code: 535, Enhanced: [3]int{5, 7, 8}, Text: "Authentication credentials invalid"}) // RFC 4954 §6
}

// credentials are what a client says of itself. A mechanism in which no password comes
// leaves it empty.
type credentials struct{ user, password string }

// An exchange is the server's side of a SASL mechanism. It believes the client: it only
// wants to know who that is.
type exchange struct {
	first  string                                    // challenge when there is no initial response
	always bool                                      // the client has to wait for the challenge
	read   func(response []byte) (credentials, bool) // finds who it is
	then   string                                    // a second challenge, for the password

	asked bool
	who   credentials
	known bool
}

// exchange begins one, of a mechanism that there is.
func (s *session) exchange(mechanism string) *exchange {
	switch mechanism {
	case "LOGIN":
		return &exchange{first: "Username:", read: loginUser, then: "Password:"}
	case "CRAM-MD5":
		return &exchange{first: s.challenge(), read: cramUser, always: true}
	case "XOAUTH2":
		return &exchange{read: xoauth2}
	}
	return &exchange{read: plain}
}

// next takes a response, of which nil is the absence of an initial one.
func (e *exchange) next(response []byte) (challenge string, done bool, err error) {
	if e.known {
		e.who.password = string(response)
		return "", true, nil
	}
	if !e.asked && response == nil {
		e.asked = true
		return e.first, false, nil
	}
	who, ok := e.read(response)
	if !ok || !utf8.ValidString(who.user) || e.always && !e.asked {
		return "", false, malformedResponse()
	}
	e.who, e.known = who, true
	return e.then, e.then == "", nil
}

// malformedResponse: RFC 4954 §4.
func malformedResponse() error {
	return &mail.Reply{Code: 501, Enhanced: [3]int{5, 5, 2}, Text: "Malformed authentication response"}
}

// plain reads authzid NUL authcid NUL password: RFC 4616 §2.
func plain(response []byte) (credentials, bool) {
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 {
		return credentials{}, false
	}
	return credentials{string(parts[1]), string(parts[2])}, true
}

func loginUser(response []byte) (credentials, bool) { return credentials{user: string(response)}, true }

// cramUser reads user SP digest: RFC 2195 §2. The user name may have blanks.
func cramUser(response []byte) (credentials, bool) {
	i := bytes.LastIndexByte(response, ' ')
	if i < 0 || len(response)-i-1 != 32 || len(bytes.Trim(response[i+1:], "0123456789abcdefABCDEF")) > 0 {
		return credentials{}, false
	}
	return credentials{user: string(response[:i])}, true
}

// challenge is unique, as RFC 2195 §2 asks: a message id.
func (s *session) challenge() string {
	return fmt.Sprintf("<%s.%d@%s>", s.c.id, s.c.srv.Clock.Now().UnixNano(), s.c.srv.Domain)
}

// xoauth2 reads "user=" name ^A "auth=Bearer " token ^A ^A.
func xoauth2(response []byte) (credentials, bool) {
	for field := range strings.SplitSeq(string(response), "\x01") {
		if user, ok := strings.CutPrefix(field, "user="); ok {
			return credentials{user: user}, true
		}
	}
	return credentials{}, false
}
