package smtpd

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-smtp"
)

// An exchange is the server's side of a SASL mechanism that believes the
// client: it only wants to know the user name. It satisfies sasl.Server.
type exchange struct {
	first  string                               // challenge when there is no initial response
	always bool                                 // the client has to wait for the challenge
	read   func(response []byte) (string, bool) // finds the user name
	then   string                               // a second challenge, whose response does not matter
	login  func(user string) error

	asked bool
	user  string
	known bool
}

// Next implements sasl.Server. A nil response is the absence of an initial one.
func (e *exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	if e.known {
		return e.enter(e.user)
	}
	if !e.asked && response == nil {
		e.asked = true
		return []byte(e.first), false, nil
	}
	user, ok := e.read(response)
	if !ok || !utf8.ValidString(user) || e.always && !e.asked {
		return nil, false, malformedResponse()
	}
	if e.then != "" {
		e.user, e.known = user, true
		return []byte(e.then), false, nil
	}
	return e.enter(user)
}

func (e *exchange) enter(user string) (challenge []byte, done bool, err error) {
	err = e.login(user)
	return nil, err == nil, err
}

// malformedResponse: RFC 4954 §4.
func malformedResponse() error {
	return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "Malformed authentication response"}
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
