// Package expect says whether the mail that a test wants has arrived, and when it
// has not, what came instead.
//
// A Want is what is wanted: a scope, tests that a message must pass, and how many
// such messages there must be. A Room answers it: it looks at what is there and
// then follows events. A Report tells what was missing.
package expect

import (
	"math"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// The settings that a zero Want uses.
const (
	DefaultWithin = 10 * time.Second
	DefaultSettle = 200 * time.Millisecond // when Count has Exactly; with AtLeast nothing has to settle
	DefaultQuiet  = time.Second            // the same when Count has None and Within is not given
)

// A Want says what mail is wanted. The zero value is any mail at all, at least one.
type Want struct {
	// The scope: messages with a delivery that lies in Mailbox, or with "" in the
	// mailbox of any recipient (which @queue, @badmail and @done are not), and whose
	// envelope recipient is To: an address, or with * in it a pattern of such, or ""
	// for all. Query is in the language of package query.
	Mailbox string
	To      string
	Query   string

	Match []Test // all must pass
	Count Count

	// Within is how long to wait, in real time, whatever the catcher's clock does.
	// 0: DefaultWithin; less: not at all. Begun is when the waiting began, for one
	// that goes on after an interruption; zero: now.
	Within time.Duration
	Begun  time.Time

	// Only mail newer than the message, attempt or cursor After counts, and only
	// mail received at Since (by the catcher's clock) or later. Zero values are no
	// bounds.
	After mail.ID
	Since time.Time

	// Settle is how long no further such mail may come, once there are as many as
	// Count says: with None from the beginning. SMTP transactions that are under way
	// at the end of it, and could bring such mail, are waited for too: as long as
	// Within says, and two seconds at least. 0: DefaultSettle or, with None, Within or else DefaultQuiet; less:
	// nothing has to settle.
	Settle time.Duration

	// Extract is what is taken out of each message. A message without it does not
	// count; one with several candidates ends the wait: see Extract.
	Extract []Extract
}

// A Count says how many messages are wanted. The zero value is at least one.
type Count struct {
	AtLeast int  // or more
	Exactly int  // no more and no less; not 0, which None says
	None    bool // no message at all
}

// most is how many messages may be found.
func (c Count) most() int {
	switch {
	case c.None:
		return 0
	case c.Exactly > 0:
		return c.Exactly
	}
	return math.MaxInt
}

// least is how many have to be.
func (c Count) least() int {
	if c.None {
		return 0
	}
	return max(c.AtLeast, c.Exactly, 1)
}

// A Test is a condition on one field of a message. Exactly one of Equals, Contains,
// Matches and Absent is given. Where a field has several values it is enough that
// one of them passes. White space in text counts as one blank, and not at all at
// its ends; case counts.
//
// The fields: subject, from, to, cc, bcc, reply-to (each address, and "Name
// <address>"), envelope.from, envelope.to, header.NAME, text, html, body (text or
// what HTML shows), link (targets), attachment (file names), attachment.type, size
// (octets), recipients (of the envelope: their number), attachments (their number).
// Of numbers Equals can also be a comparison: ">10k", "<=3".
type Test struct {
	Field    string
	Equals   *string // the whole of a value
	Contains string  // a part of one
	Matches  string  // a regular expression (package regexp) finds something in one
	Absent   bool    // there is no value
	Not      bool    // the test must fail
}

// An Extract is a value to be taken out of a message, as KIND or KIND:ARGUMENT.
//
//	code             the one-time code that the text announces; several: an error
//	code:/REGEXP/    the codes that match as a whole
//	link             the only link that is not about the subscription; several: an error
//	link:TEXT        the link whose text contains it, whatever its case
//	link:/REGEXP/    the link whose target the expression finds something in
//	unsubscribe      where the mail says to unsubscribe: RFC 2369, or by its text
//	header:NAME      the decoded value of a header
//	attachment       the only attachment; attachment:NAME with that file name, * allowed
//	FIELD            subject, from, to, text, html, id: as they stand
//	FIELD:/REGEXP/   of subject, text, html, body, raw: the first group, or what is found as a whole
//	json:POINTER     of the first JSON part, JSON-LD in HTML, or text that is JSON: RFC 6901
type Extract struct {
	Name string // of the value; "" is Spec
	Spec string
}

// A Result is the answer to a Want.
type Result struct {
	Met    bool
	Mails  []Mail  // those that count, oldest first
	Report *Report // nil when met

	// Cursor is for the After of a next Want: the latest of Mails, or when there is
	// none the moment at which the waiting began.
	Cursor mail.ID
	Waited time.Duration
}

// A Mail is a message that counts.
type Mail struct {
	Message mail.Message
	Values  []Value // in the order of Want.Extract
}

// A Value is what was taken out of a message.
type Value struct {
	Name string
	Text string // of an attachment: its octets
	From string // where it was found: "text", "html", "header Subject", "part 2"…

	Groups      []string // of a regular expression, from the first on; else nil
	ContentType string   // of an attachment
	Filename    string   // of an attachment
}

// An Error says which part of a Want makes no sense.
type Error struct {
	Field string // as in JSON: "to", "query", "match[1].matches", "extract[0]"
	What  string
}

func (e *Error) Error() string { return e.Field + ": " + e.What }

// A Report tells why a Want was not met.
type Report struct {
	Want   Want
	Why    string // one sentence
	Found  int    // how many messages counted
	Now    time.Time
	Waited time.Duration

	// Candidates are the messages that come nearest, the nearest first: with too
	// many messages, those that count.
	Candidates []Candidate
	Messages   int // in the scope's mailboxes and after the bounds, candidates or not
	Attempts   []mail.Attempt
	Waiting    []Waiting          // deliveries in the queue and in Badmail that may be meant
	Open       []mail.Transaction // SMTP transactions that have not ended
}

// A Candidate is a message that was looked at.
type Candidate struct {
	Message mail.Message
	Subject string
	From    string // the From header
	Counts  bool
	Early   bool // it came before Want.After or Since
	Checks  []Check
}

// A Check is one condition and what it found.
type Check struct {
	What     string // "to", "mailbox", "subject", "query: invoice", "extract code"
	Passed   bool
	Expected string // "contains \"welcome\""
	Actual   string // the value that comes nearest; "" for none
	Note     string // what may help: "differs only in case", "first difference at character 12"; or ""
}

// Waiting is a delivery that is not in its mailbox.
type Waiting struct {
	Message  mail.Message
	Delivery mail.Delivery
	Subject  string
}
