package rule

import (
	"net"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// A Stage is a moment at which rules are asked.
type Stage string

// The stages. Connect comes before anything is said; Dot when a message is whole
// (the final dot, or BDAT LAST) and nothing is stored yet; Handshake when a client begins
// TLS in any protocol, HTTPS included: after STARTTLS or STLS, or at once; Route for each
// recipient of each message that is accepted, whichever way it came. Login and
// Retr are those of POP3.
const (
	Connect   Stage = "connect"
	Banner    Stage = "banner"
	Ehlo      Stage = "ehlo" // HELO too
	StartTLS  Stage = "starttls"
	Handshake Stage = "handshake"
	Auth      Stage = "auth"
	Mail      Stage = "mail"
	Rcpt      Stage = "rcpt"
	Data      Stage = "data" // DATA, and each BDAT
	Dot       Stage = "dot"
	Rset      Stage = "rset"
	Quit      Stage = "quit"
	Route     Stage = "route"
	Login     Stage = "login"
	Retr      Stage = "retr"
)

// Facts are what is known when rules are asked. What is not known yet, or does not
// exist, is zero; a rule that asks for it does not match then.
type Facts struct {
	Stage   Stage
	Now     time.Time
	Session string   // ID of the session, for the record; "" when it is not known
	Client  string   // IP address of the client, without port; or "unix"
	Port    string   // ours that it connected to; "" for a socket without
	Helo    string   // its name for itself
	SNI     string   // Handshake: the name of the server that the client asks for
	User    string   // that logged in, or (Auth, Login) is about to
	TLS     string   // version and cipher suite; "" for plain text
	From    string   // reverse-path
	Known   bool     // From is known: "" is the null sender
	To      []string // Rcpt and Route: the one recipient; Data and Dot: all
	Size    int64    // octets: declared by MAIL, or (Dot, Route, Retr) real; 0: not known

	// Message is the mail itself, for query=; nil before Dot.
	Message *query.Document
}

// A Kind names an action; it is the word for it in a rule.
type Kind string

// Actions for all stages but Route.
const (
	Reply   Kind = "reply"   // say this in place of what would be said
	Delay   Kind = "delay"   // wait, then go on with the next action, or as usual
	Drip    Kind = "drip"    // Data: read the message, elsewhere: write the reply, no faster than this
	Hang    Kind = "hang"    // say nothing more, and close after For, or when the client leaves
	Drop    Kind = "drop"    // close the connection
	Hide    Kind = "hide"    // Ehlo: leave keywords out
	Offer   Kind = "offer"   // Ehlo: offer these lines, each in place of the one with the same keyword
	TLS     Kind = "tls"     // Handshake: the TLS that there is has a Flaw
	Garbage Kind = "garbage" // send so many octets of nonsense in place of the reply
	Pass    Kind = "pass"    // go on as usual: an exception to rules that follow
)

// A Flaw is what is wrong with TLS.
type Flaw string

// The flaws. But for the one that it is named for, a certificate is good: it is for the
// name that was asked for, and signed by our own authority.
const (
	Expired     Flaw = "expired"
	NotYetValid Flaw = "not-yet-valid"
	WrongName   Flaw = "wrong-name"
	SelfSigned  Flaw = "self-signed"
	Untrusted   Flaw = "untrusted"    // signed by an authority that nobody knows
	OldProtocol Flaw = "old-protocol" // TLS 1.0 and 1.1, and no later
	Broken      Flaw = "broken"       // the connection breaks in mid-handshake
)

// Actions for Route.
const (
	Keep      Kind = "keep"      // put it into the mailbox; with After, that much later
	Discard   Kind = "discard"   // accept it and keep nothing
	Relay     Kind = "relay"     // hand it on to URL
	Hold      Kind = "hold"      // let it wait in the queue until somebody lets it go
	Bounce    Kind = "bounce"    // give up, for the reason in Reply
	Defer     Kind = "defer"     // try as scheduled, and fail each time with Reply
	Lose      Kind = "lose"      // put it into Badmail: nobody is told
	Warn      Kind = "warn"      // keep it, and report it as delayed for the reason in Reply
	AutoReply Kind = "autoreply" // keep it, and send an out-of-office reply: RFC 3834
	Complain  Kind = "complain"  // keep it, and send an abuse complaint: RFC 5965
)

// An Action is one thing that a rule does. Which fields count depends on Kind.
type Action struct {
	Kind Kind

	// Reply of Reply, Bounce, Defer, Warn, Lose. Text has a line for each line of
	// the reply, with "\n" between them. Preset is the name that stands for it.
	Reply  mail.Reply
	Preset string
	Close  bool // Reply: close the connection afterwards, as 421 does anyway

	For      time.Duration // Delay, Hang (0: until the client leaves)
	Rate     int64         // Drip: octets a second
	Octets   int64         // Garbage: how many; Drop: after so many octets of the message, 0: at once
	Reset    bool          // Drop: with RST rather than FIN
	Stored   bool          // Drop at Dot: the mail is accepted before
	Keywords []string      // Hide: keywords; Offer: lines such as "SIZE 1000"
	Flaw     Flaw          // TLS
	Text     string        // AutoReply: what it says; "" for a standard text

	URL     string        // Relay
	Dialect string        // Bounce, Defer, Warn, AutoReply, Complain: how the report is written; "" is the standard's
	After   time.Duration // Keep, Bounce, Warn, AutoReply, Complain: so much later
}

// A Decision is what rules say about Facts.
type Decision struct {
	Rule string   // how the rule is called: its name, or else its ID; "" when none applies
	Do   []Action // in order, not to be changed; none: go on as usual
}

// A Judge decides; a *Set is one. Decide counts: it is to be asked once for each
// thing that happens. It is safe for concurrent use, and cheap when there are no
// rules for the stage.
type Judge interface {
	Decide(f *Facts) Decision
}

// FactsBetween are what is known of a client that has just connected.
func FactsBetween(client, here net.Addr) *Facts {
	f := &Facts{Client: "unix"}
	if host, _, err := net.SplitHostPort(addrText(client)); err == nil {
		f.Client = host
	}
	if _, port, err := net.SplitHostPort(addrText(here)); err == nil {
		f.Port = port
	}
	return f
}

func addrText(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}
