package smtpd

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

func mechanisms() []string { return []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"} }

// frontAuth is AUTH of RFC 4954, with its whole exchange. Everyone is let in whom no
// rule refuses: the rules are asked once the name is known.
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
	e := c.session.exchange(mechanism)
	if e == nil {
		return &mail.Reply{Code: 504, Enhanced: [3]int{5, 5, 4}, Text: "Unknown mechanism"}
	}
	user, err := c.exchange(e, words[1:])
	if err != nil {
		return err
	}
	return c.login(user, mechanism)
}

// exchange asks until the user is known.
func (c *conn) exchange(e *exchange, initial []string) (user string, err error) {
	var response []byte
	if len(initial) > 0 {
		if response, err = decodeResponse(initial[0]); err != nil {
			return "", err
		}
	}
	for {
		challenge, done, err := e.next(response)
		if done || err != nil {
			return e.user, err
		}
		c.say("334 " + base64.StdEncoding.EncodeToString([]byte(challenge)) + "\r\n")
		line, err := c.readLine()
		if err != nil {
			return "", errSettled // that of the connection is met again
		}
		c.heard = c.script.add('C', hidden)
		text := strings.TrimRight(string(line), "\r\n")
		if text == "*" {
			return "", &mail.Reply{Code: 501, Enhanced: [3]int{5, 7, 0}, Text: "Authentication cancelled"}
		}
		if response, err = decodeResponse(text); err != nil {
			return "", err
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

// login lets a user in, unless a rule will not.
func (c *conn) login(user, mechanism string) error {
	if c.facts != nil {
		c.facts.User = user
	}
	r, err := c.judge(rule.Auth)
	if err != nil {
		c.facts.User = c.about().User
		return err
	}
	c.learn(func(info *mail.Session) { info.User, info.Mechanism = user, mechanism })
	c.sayOr(r.reply, "235 2.7.0 Authentication succeeded\r\n")
	return nil
}

// An exchange is the server's side of a SASL mechanism that believes the client: it
// only wants to know the user name.
type exchange struct {
	first  string                               // challenge when there is no initial response
	always bool                                 // the client has to wait for the challenge
	read   func(response []byte) (string, bool) // finds the user name
	then   string                               // a second challenge, whose response does not matter

	asked bool
	user  string
	known bool
}

// exchange begins one; nil for a mechanism that is not known.
func (s *session) exchange(mechanism string) *exchange {
	switch mechanism {
	case "PLAIN":
		return &exchange{read: plain}
	case "LOGIN":
		return &exchange{first: "Username:", read: loginUser, then: "Password:"}
	case "CRAM-MD5":
		return &exchange{first: s.challenge(), read: cramUser, always: true}
	case "XOAUTH2":
		return &exchange{read: xoauth2}
	}
	return nil
}

// next takes a response, of which nil is the absence of an initial one.
func (e *exchange) next(response []byte) (challenge string, done bool, err error) {
	if e.known {
		return "", true, nil
	}
	if !e.asked && response == nil {
		e.asked = true
		return e.first, false, nil
	}
	user, ok := e.read(response)
	if !ok || !utf8.ValidString(user) || e.always && !e.asked {
		return "", false, malformedResponse()
	}
	e.user, e.known = user, true
	return e.then, e.then == "", nil
}

// malformedResponse: RFC 4954 §4.
func malformedResponse() error {
	return &mail.Reply{Code: 501, Enhanced: [3]int{5, 5, 2}, Text: "Malformed authentication response"}
}

// plain reads authzid NUL authcid NUL password: RFC 4616 §2.
func plain(response []byte) (string, bool) {
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 {
		return "", false
	}
	return string(parts[1]), true
}

func loginUser(response []byte) (string, bool) { return string(response), true }

// cramUser reads user SP digest: RFC 2195 §2. The user name may have blanks.
func cramUser(response []byte) (string, bool) {
	i := bytes.LastIndexByte(response, ' ')
	if i < 0 || len(response)-i-1 != 32 || len(bytes.Trim(response[i+1:], "0123456789abcdefABCDEF")) > 0 {
		return "", false
	}
	return string(response[:i]), true
}

// challenge is unique, as RFC 2195 §2 asks: a message id.
func (s *session) challenge() string {
	return fmt.Sprintf("<%s.%d@%s>", s.c.id, s.c.srv.Clock.Now().UnixNano(), s.c.srv.Domain)
}

// xoauth2 reads "user=" name ^A "auth=Bearer " token ^A ^A.
func xoauth2(response []byte) (string, bool) {
	for field := range strings.SplitSeq(string(response), "\x01") {
		if user, ok := strings.CutPrefix(field, "user="); ok {
			return user, true
		}
	}
	return "", false
}
