package relay

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"errors"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
)

// authenticate logs in, by the mechanism that shows least of the password. What
// goes wrong is temporary: it is our setting that is wrong, not the mail.
func authenticate(client *smtp.Client, hop Hop) error {
	var mechanism sasl.Client
	switch {
	case client.SupportsAuth("CRAM-MD5"):
		mechanism = &cramMD5{hop.User, hop.Password}
	case client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", hop.User, hop.Password)
	case client.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(hop.User, hop.Password)
	default:
		return &mail.Reply{Code: 454, Enhanced: [3]int{4, 7, 0}, Text: "The next hop offers no way to log in that we know"}
	}
	err := client.Auth(mechanism)
	var refused *smtp.SMTPError
	if errors.As(err, &refused) && refused.Code/100 == 5 {
		return &mail.Reply{Code: 454, Enhanced: [3]int{4, 7, 0}, Text: "The next hop refuses our login: " + hopReply(refused).Error()}
	}
	return err
}

// cramMD5 is the client of RFC 2195.
type cramMD5 struct{ user, password string }

// Start implements sasl.Client.
func (*cramMD5) Start() (mechanism string, response []byte, err error) { return "CRAM-MD5", nil, nil }

// Next implements sasl.Client.
func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	sum := hmac.New(md5.New, []byte(c.password))
	sum.Write(challenge)
	return []byte(c.user + " " + hex.EncodeToString(sum.Sum(nil))), nil
}
