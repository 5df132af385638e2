// Package mail holds the nouns of Postroom: what a message, its envelope and
// its deliveries are. It does no I/O and knows no other package of the project.
package mail

import (
	"slices"
	"strings"
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
	Protocol  string    // RFC 3848 name of how the mail came: "SMTP", "ESMTP", "ESMTPS", "ESMTPA", "UTF8SMTP"…, "HTTP"
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
	Next  time.Time // when the queue acts next; zero when it does not
	Route string    // what it does then, as the action of a rule: "relay smtp://mail:2525"; outside the queue what it did, or would do if put back
	Trail []Step    // what happened, oldest first
}

// AtHome says whether the delivery lies where the envelope brought it. A message
// has at most one such delivery in a mailbox; others have been moved there.
func (d *Delivery) AtHome() bool {
	return d.Rcpt.Address == d.Box || Box(d.Rcpt.Address) == d.Box
}

// Same says whether nothing of what can change in a delivery differs.
func (d *Delivery) Same(o *Delivery) bool {
	return d.Box == o.Box && d.State == o.State && d.Seen == o.Seen && d.Next.Equal(o.Next) && d.Route == o.Route && slices.Equal(d.Trail, o.Trail)
}

// State says how far a delivery has come.
type State string

// The states of a delivery.
const (
	Delivered State = "delivered" // in its recipient's mailbox
	Queued    State = "queued"    // in the queue; Next says until when it waits there
	Held      State = "held"      // in the queue, until somebody lets it go
	Bouncing  State = "bouncing"  // in the queue, while a bounce is made of it
	Relayed   State = "relayed"   // taken by the next hop
	Bounced   State = "bounced"   // given up, and its sender was told
	Reported  State = "reported"  // what was to be sent about it was sent
	Lost      State = "lost"      // given up, and nobody was told: it is Badmail
)

// Mailboxes that are no recipient's. Like all others they exist as long as they
// hold deliveries.
const (
	QueueBox   = "@queue"   // what is on its way
	BadmailBox = "@badmail" // what could be neither delivered nor returned
	DoneBox    = "@done"    // what has left the queue for elsewhere
)

// A Step is one fact in the history of a delivery.
type Step struct {
	At    time.Time
	Did   string // what happened, in one word of the field: "delivered", "deferred"…
	Rule  string // the rule that decided it; "" when none did
	Host  string // the peer that was asked, as host:port; "" when none was
	Reply *Reply // what it said, or the reason that we give; nil for none
	Ref   ID     // a message that came of it, such as a bounce
}

// An Attempt is something that a client tried and that did not go as it should:
// it was refused, or broken off, or it went well and the client does not know.
type Attempt struct {
	ID      ID
	At      time.Time
	Stage   string   // of package rule: where it ended
	Did     string   // "refused", "dropped", "hung", "garbled" (nonsense, or TLS with a flaw); "discarded", when it was accepted and not kept
	Rule    string   // the rule that decided it; "" when a limit did
	Reply   *Reply   // what the client was told; nil for nothing
	Session *Session // nil when there was none
	From    string   // reverse-path, as far as it was known
	To      []string // the recipient in question, or all that were accepted
	Size    int64    // octets of the message that came
	Body    bool     // what came of the message was kept with the attempt
	Message ID       // that was stored nevertheless; zero for none
}

// A Transaction is an SMTP session in the middle of sending a message: from MAIL
// to the reply to its last octet. A session of which none has begun yet counts
// as one for a moment, as it is about to.
type Transaction struct {
	Session Session
	Number  uint64    // names the transaction within the process
	From    string    // reverse-path
	To      []string  // recipients accepted so far
	Data    bool      // no more can come
	Until   time.Time // of a session without one: it counts until then, by the system's clock; otherwise zero
}

// A Hop is where the queue brings mail, at one moment.
type Hop struct {
	Name        string    // what is common to the routes: the URL of a relay without its password, or the action's word
	Waiting     int       // deliveries that wait for it, those below included
	Due         int       // those whose time has come
	Held        int       // those that wait until somebody lets them go
	Active      int       // those under way
	Connections int       // that are open
	Frozen      bool      // nothing is sent there until somebody thaws it
	Next        time.Time // when the next delivery falls due; zero for never
	Last        *Reply    // that ended the latest attempt; nil for none
}

// WithoutPassword hides the passwords of URLs in a route or the name of a hop.
func WithoutPassword(route string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(route, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		end := strings.IndexAny(after+"/", "/? ")
		authority := after[:end]
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			if user, _, has := strings.Cut(authority[:at], ":"); has {
				authority = user + ":***" + authority[at:]
			}
		}
		b.WriteString(authority)
		route = after[end:]
	}
}

// A QueueAction is something that the user does to mail in the queue.
type QueueAction string

// The actions. All but RequeueMail can be done to a hop, that is, to all that waits
// for it; FreezeMail and ThawMail then also hold for what is yet to come.
const (
	RetryMail   QueueAction = "retry"   // try now what is not held
	FreezeMail  QueueAction = "freeze"  // hold it
	ThawMail    QueueAction = "thaw"    // let it go
	BounceMail  QueueAction = "bounce"  // give it up, and tell the sender
	DeleteMail  QueueAction = "delete"  // give it up, and tell nobody
	RerouteMail QueueAction = "reroute" // give it another route
	RequeueMail QueueAction = "requeue" // from Badmail, or what is done, back into the queue
)

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

	// No store tells these.
	Attempted  ChangeKind = "attempted" // something did not go well with a client
	RuleObeyed ChangeKind = "rule"      // a rule or a magic address was obeyed
	ClockMoved ChangeKind = "clock"     // the clock was moved, stopped, let go or hurried
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
	// is gone. On the event bus it has after Updated only the delivery in question,
	// after Removed only one of those that are left, and in both cases no
	// recipients in its envelope.
	Message *Message

	Deliveries []Delivery // Added: all of them. Updated: the new one. Removed: those that went.
	From       string     // Updated: the mailbox before, when the delivery has moved; else ""
	Was        State      // Updated: the state before
	Marked     bool       // Updated: whether Seen is another than before
	Steps      int        // Updated: how many of the last steps of the trail are new
	Why        Why        // Removed only

	Box   string // Cleared only: the mailbox, or "" for all of them
	Count int    // Cleared only: how many deliveries went

	Attempt *Attempt // Attempted only
	Rule    *Obeyed  // RuleObeyed only
	Clock   *Clock   // ClockMoved only
}

// Updating is the change of one delivery of a message, the one at i, which was old
// before.
func Updating(m *Message, i int, old *Delivery) Change {
	d := &m.Deliveries[i]
	c := Change{
		Kind: Updated, Message: m, Deliveries: m.Deliveries[i : i+1 : i+1],
		Was: old.State, Marked: d.Seen != old.Seen, Steps: max(len(d.Trail)-len(old.Trail), 0),
	}
	if d.Box != old.Box {
		c.From = old.Box
	}
	return c
}

// An Obeyed is that a rule applied to something, and what it said.
type Obeyed struct {
	Rule    string   // how it is called
	Stage   string   // of package rule
	Do      string   // its actions, without the passwords of URLs
	Session string   // ID; "" when there was none
	Client  string   // IP address, or "unix"
	From    string   // reverse-path, as far as it was known
	To      []string // the recipient in question, or all that were accepted
}

// A Clock is how the clock stands.
type Clock struct {
	Now    time.Time
	Ahead  time.Duration // of the system's clock
	Speed  float64       // seconds that pass in a second, when it is not frozen
	Frozen bool
}
