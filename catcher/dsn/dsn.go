// Package dsn writes what mail servers send about mail: delivery status
// notifications (RFC 3464) in many dialects, out-of-office replies (RFC 3834) and
// abuse complaints (RFC 5965).
package dsn

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// An Action is what has become of a recipient: RFC 3464 §2.3.3.
type Action string

// The actions.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Delivered Action = "delivered"
	Relayed   Action = "relayed"
)

// A Dialect is the way in which one server writes. "" is Standard.
type Dialect string

// The dialects.
const (
	Standard Dialect = "standard"
	Postfix  Dialect = "postfix"
	Exchange Dialect = "exchange" // Microsoft 365
	IIS      Dialect = "iis"      // SMTPSVC
	Gmail    Dialect = "gmail"
	Yahoo    Dialect = "yahoo"
	Exim     Dialect = "exim"
	Qmail    Dialect = "qmail"
	SES      Dialect = "ses"
	Net163   Dialect = "163"
)

// A Recipient is one of those that a report is about.
type Recipient struct {
	Rcpt      mail.Rcpt
	Status    [3]int      // zero: taken from Reply, or from what the action says
	Reply     *mail.Reply // what the peer, or we, said; nil for none
	Remote    string      // host that said it; "" when we did
	LastTry   time.Time   // zero: none
	RetryTill time.Time   // Delayed: when we give up
}

// MaxOriginal is how many octets a mail may have to be returned whole when its
// sender did not say what it wants back. Larger ones return as their header.
const MaxOriginal = 50_000

// Original is the mail that a report is about.
type Original struct {
	Envelope mail.Envelope
	Received time.Time
	Body     []byte // all, or at least the header; only a Body with all Size octets is returned whole
	Size     int64  // octets of all of it
}

// A Report is a delivery status notification to be written.
type Report struct {
	Action     Action // what is none of the four is Failed
	Dialect    Dialect
	Host       string    // our name: the Reporting-MTA
	Now        time.Time // Date
	ID         string    // unique, of letters and digits: for Message-ID and boundaries
	Recipients []Recipient
	Original   Original
}

// Dialects returns all dialects, Standard first.
func Dialects() []Dialect {
	return []Dialect{Standard, Postfix, Exchange, IIS, Gmail, Yahoo, Exim, Qmail, SES, Net163}
}

// ParseDialect returns the dialect with this name, which for "" is Standard.
func ParseDialect(s string) (Dialect, error) {
	if s == "" {
		return Standard, nil
	}
	if d := Dialect(s); slices.Contains(Dialects(), d) {
		return d, nil
	}
	return "", fmt.Errorf("no dialect %q: there are %v", s, Dialects())
}

// Write writes the report as a whole message with CRLF line ends and lines of at
// most 998 octets. Equal reports give equal octets. Nothing in a report can break
// out of its place: control characters become spaces. A dialect that has no form
// for an action writes that of Standard below its own header. The error is w's.
//
// The envelope is the caller's: from <>, to the original's reverse-path, with
// SMTPUTF8 when the original had it (RFC 6533 §3).
func Write(w io.Writer, r *Report) error {
	r = r.tidy()
	_, err := w.Write(r.message().bytes())
	return err
}

// message is the report in its dialect.
func (r *Report) message() part {
	switch r.Dialect {
	case Postfix:
		return r.postfix()
	case Exchange:
		return r.exchange()
	case IIS:
		return r.iis()
	case Gmail:
		return r.gmail()
	case Yahoo:
		return r.yahoo()
	case Exim:
		return r.exim()
	case Qmail:
		return r.qmail()
	case SES:
		return r.ses()
	case Net163:
		return r.net163()
	}
	return r.standard()
}
