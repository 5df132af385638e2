package smtpd

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
)

// eachParameter calls use for the ESMTP parameters of MAIL or RCPT, keywords in
// upper case. RFC 5321 §4.1.2.
func eachParameter(s string, use func(key, value string) error) error {
	if strings.TrimLeft(s, " \t") == "" {
		return nil
	}
	seen := map[string]bool{}
	for _, word := range strings.Fields(s) {
		key, value, _ := strings.Cut(word, "=")
		key = strings.ToUpper(key)
		if seen[key] {
			return badParameter(key + " given twice")
		}
		seen[key] = true
		if err := use(key, value); err != nil {
			return err
		}
	}
	return nil
}

// unknownParameter: RFC 5321 §4.1.1.11.
func unknownParameter(command, key string) error {
	return &mail.Reply{Code: 555, Enhanced: [3]int{5, 5, 4}, Text: fmt.Sprintf("Unknown parameter of %s: %.40q", command, key)}
}

// mailParameters puts the parameters of MAIL into the envelope and returns the
// declared size, or 0.
func mailParameters(s string, env *mail.Envelope) (size int64, err error) {
	err = eachParameter(s, func(key, value string) (err error) {
		switch key {
		case "SIZE": // RFC 1870 §4; up to 20 digits
			size, err = declaredSize(value)
			return err
		case "BODY": // RFC 6152 §2, RFC 3030 §3
			env.Body = strings.ToUpper(value)
			return oneOf(key, env.Body, "7BIT", "8BITMIME", "BINARYMIME")
		case "SMTPUTF8": // RFC 6531 §3.4
			env.UTF8 = true
			return oneOf(key, value, "")
		case "RET": // RFC 3461 §4.3
			env.Ret = strings.ToUpper(value)
			return oneOf(key, env.Ret, "FULL", "HDRS")
		case "ENVID": // RFC 3461 §4.4
			env.EnvID, err = xtext(key, value)
			return err
		case "AUTH": // RFC 4954 §5: whom the client vouches for; we believe nobody
			_, err = xtext(key, value)
			return err
		}
		return unknownParameter("MAIL", key)
	})
	return size, err
}

func declaredSize(value string) (int64, error) {
	if value == "" || strings.Trim(value, "0123456789") != "" || len(value) > 20 {
		return 0, badParameter("Malformed SIZE")
	}
	size, err := strconv.ParseInt(value, 10, 64)
	if err != nil { // more than 63 bits: too large for anyone
		return 1<<63 - 1, nil
	}
	return size, nil
}

// rcptParameters puts the parameters of RCPT into rcpt.
func rcptParameters(s string, rcpt *mail.Rcpt) error {
	return eachParameter(s, func(key, value string) (err error) {
		switch key {
		case "NOTIFY": // RFC 3461 §4.1
			rcpt.Notify, err = notify(value)
			return err
		case "ORCPT": // RFC 3461 §4.2
			rcpt.ORcpt, err = originalRecipient(value)
			return err
		}
		return unknownParameter("RCPT", key)
	})
}

func notify(value string) (mail.Notify, error) {
	var set mail.Notify
	for name := range strings.SplitSeq(strings.ToUpper(value), ",") {
		switch name {
		case "NEVER":
			set |= mail.NotifyNever
		case "SUCCESS":
			set |= mail.NotifySuccess
		case "FAILURE":
			set |= mail.NotifyFailure
		case "DELAY":
			set |= mail.NotifyDelay
		default:
			return 0, badParameter("Malformed NOTIFY")
		}
	}
	if set&mail.NotifyNever != 0 && set != mail.NotifyNever {
		return 0, badParameter("NOTIFY=NEVER goes with nothing else")
	}
	return set, nil
}

// originalRecipient decodes "type;address". The type is any atom: only rfc822 and
// utf-8 (RFC 6533 §3) are common.
func originalRecipient(value string) (string, error) {
	kind, encoded, ok := strings.Cut(value, ";")
	if !ok || kind == "" || encoded == "" {
		return "", badParameter("Malformed ORCPT")
	}
	if strings.EqualFold(kind, "utf-8") {
		encoded = unicodeXtext(encoded)
	}
	address, err := xtext("ORCPT", encoded)
	if err != nil {
		return "", err
	}
	return kind + ";" + address, nil
}

// xtext decodes RFC 3461 §4. Characters that should have been encoded are taken
// as they are.
func xtext(key, value string) (string, error) {
	malformed := badParameter("Malformed " + key)
	if value == "" {
		return "", malformed
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '+' {
			b.WriteByte(value[i])
			continue
		}
		if i+3 > len(value) {
			return "", malformed
		}
		v, err := strconv.ParseUint(value[i+1:i+3], 16, 8)
		if err != nil {
			return "", malformed
		}
		b.WriteByte(byte(v))
		i += 2
	}
	text := b.String()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", malformed
	}
	return text, nil
}

// unicodeXtext decodes the \x{HEX} of RFC 6533 §3; what is not of that form stays.
func unicodeXtext(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\x{`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		hex, rest, closed := strings.Cut(after, "}")
		v, err := strconv.ParseUint(hex, 16, 21)
		if !closed || err != nil || !utf8.ValidRune(rune(v)) {
			b.WriteString(`\x{`)
			s = after
			continue
		}
		b.WriteRune(rune(v))
		s = rest
	}
}

func oneOf(key, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return badParameter("Malformed " + key)
}
