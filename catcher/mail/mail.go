// Package mail holds the nouns of Postroom: what a message, its envelope and
// its deliveries are. It does no I/O and knows no other package of the project.
package mail

import (
	"slices"
	"time"
)

// A Message is one accepted mail, as the store keeps it. The body is apart
// (store.Store.Open); what is here is what SMTP knew of it.
//
// Messages handed out by a store are snapshots: the caller may read them for
// as long as it likes and must not change what their slices and pointers
// refer to.
type Message struct {
	ID       ID
	Received time.Time // when Accept was called, by the catcher's clock
	Envelope Envelope
	Size     int64 // octets of the body as received

	// Unterminated says that a non-empty body does not end in CRLF, as only BDAT
	// and the HTTP API can bring it. POP3 then has to add one.
	Unterminated bool

	Deliveries []Delivery // in the order of Envelope.To; those deleted are missing
}

// Delivery returns the delivery with number n, or false when it is gone.
func (m *Message) Delivery(n int) (Delivery, bool) {
	for _, d := range m.Deliveries {
		if d.ID.N == n {
			return d, true
		}
	}
	return Delivery{}, false
}

// An Envelope is what the client said before the body: RFC 5321 §2.3.1.
type Envelope struct {
	From    string // reverse-path without brackets; "" is the null sender <>
	To      []Rcpt // forward-paths in the order of RCPT, duplicates included
	Ret     string // RFC 3461 RET: "FULL", "HDRS" or ""
	EnvID   string // RFC 3461 ENVID, decoded from xtext; or ""
	Body    string // BODY parameter: "7BIT", "8BITMIME", "BINARYMIME" or ""
	UTF8    bool   // RFC 6531 SMTPUTF8 was given
	Session *Session
}

// A Rcpt is one accepted RCPT command.
type Rcpt struct {
	Address string // forward-path without brackets and source route
	Notify  Notify // RFC 3461 NOTIFY
	ORcpt   string // RFC 3461 ORCPT as "type;address", address decoded; or ""
}

// Notify is the set of RFC 3461 NOTIFY conditions; 0 when none was given.
type Notify uint8

// The conditions of RFC 3461 §4.1. Never excludes the others.
const (
	NotifyNever Notify = 1 << iota
	NotifySuccess
	NotifyFailure
	NotifyDelay
)

// Names returns the conditions as the client wrote them, in the order of the RFC.
func (n Notify) Names() []string {
	var names []string
	for i, name := range [...]string{"NEVER", "SUCCESS", "FAILURE", "DELAY"} {
		if n&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// A Session is what is known of the connection that brought a message. It does
// not change once a message refers to it.
type Session struct {
	ID        string    // names the session in logs, transcripts and the API
	Started   time.Time // when the connection was accepted
	Protocol  string    // RFC 3848 name of how the mail came: "SMTP", "ESMTP", "ESMTPA", "UTF8SMTP"…, "HTTP"
	Remote    string    // client address, "127.0.0.1:51234", or "unix"
	Local     string    // address that the client connected to
	Helo      string    // argument of the last HELO or EHLO
	User      string    // user name given to AUTH; "" when there was none
	Mechanism string    // SASL mechanism of that AUTH
	TLS       string    // TLS version and cipher suite; "" for plain text
}

// A DeliveryID names one delivery for ever: the message and the delivery's
// number in it, counted from 0 in the order of the envelope's recipients.
type DeliveryID struct {
	Message ID
	N       int
}

// A Delivery is a message's place in one mailbox.
type Delivery struct {
	ID    DeliveryID
	Rcpt  Rcpt   // the first recipient of the envelope that led to Box
	Box   string // name of the mailbox; see Box
	UID   uint32 // rises within a mailbox and is never given twice
	State State
	Seen  bool
	Next  time.Time // when the queue acts next; zero outside the queue
	Trail []Step    // what happened, oldest first
}

// AtHome says whether the delivery lies where the envelope brought it. A message
// has at most one such delivery in a mailbox; others have been moved there.
func (d *Delivery) AtHome() bool {
	return d.Rcpt.Address == d.Box || Box(d.Rcpt.Address) == d.Box
}

// Same says whether nothing of what can change in a delivery differs.
func (d *Delivery) Same(o *Delivery) bool {
	return d.Box == o.Box && d.State == o.State && d.Seen == o.Seen && d.Next.Equal(o.Next) && slices.Equal(d.Trail, o.Trail)
}

// State says how far a delivery has come.
type State string

// Delivered is mail that lies in its recipient's mailbox.
const Delivered State = "delivered"

// A Step is one fact in the history of a delivery.
type Step struct {
	At    time.Time
	Did   string // what happened, in one word of the field: "delivered", "deferred"…
	Rule  string // the rule that decided it; "" when none did
	Reply *Reply // what the peer said; nil when no peer was asked
	Ref   ID     // a message that came of it, such as a bounce
}

// A Receipt is what Accept gives for a message that it took.
type Receipt struct {
	ID         ID
	Deliveries int
}

// ChangeKind tells the kinds of Change apart.
type ChangeKind string

// The kinds of Change.
const (
	Added   ChangeKind = "added"   // a message came in, with all its deliveries
	Updated ChangeKind = "updated" // one delivery has changed: seen, state, mailbox
	Removed ChangeKind = "removed" // deliveries of one message left their mailboxes
	Cleared ChangeKind = "cleared" // all mail of a mailbox left at once
)

// Why says for which reason deliveries were removed.
type Why string

// The reasons for Removed.
const (
	Deleted Why = "deleted" // somebody asked for it
	Expired Why = "expired" // older than the age limit
	Evicted Why = "evicted" // the oldest had to make room under a limit
)

// A Change is one thing that a store did, told after it was done.
type Change struct {
	Kind ChangeKind

	// Message is the message after the change; nil when Kind is Cleared. After
	// Removed it holds the deliveries that are left: with none left, the message
	// is gone.
	Message *Message

	Deliveries []Delivery // Added: all of them. Updated: the new one. Removed: those that went.
	From       string     // Updated: the mailbox before, when the delivery has moved; else ""
	Why        Why        // Removed only

	Box   string // Cleared only: the mailbox, or "" for all of them
	Count int    // Cleared only: how many deliveries went
}
