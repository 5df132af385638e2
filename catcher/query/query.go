// Package query is the language in which mail is searched: it parses a query,
// says whether a message matches, and what an index has to find for it.
//
// # The language
//
//	invoice "your order"       words and phrases: in the subject, names, addresses, envelope,
//	                           text and names of attachments
//	from: to: cc: bcc: rcpt:   addresses. from: looks at the From header and the envelope's
//	                           reverse-path, rcpt: at the envelope's recipients, bcc: at the Bcc
//	                           header and at those recipients that neither To nor Cc names
//	subject: body:             parts of what the message says
//	attachment:                the file name or the content type of an attachment
//	header:Name  header:Name=value
//	id: mailbox:               the message with that id; those with a delivery in that mailbox
//	larger:10k smaller:1.5MiB  octets; k, M and G are powers of 1000, Ki, Mi and Gi of 1024, a B may follow
//	after:2026-01-02 before:2026-01-02T15:04:05Z after:2h
//	                           received then or later, or before then. A date is the start of that
//	                           day in UTC; an age (s, m for minutes, h, d, w) is that long ago
//	is:unread is:read is:bounce has:attachment has:html
//
// A word or phrase matches wherever it is part of the text, in the middle of
// another word too. Case, accents and such do not count: see Fold. No character
// is a wildcard. Where an address is looked for, a whole one (local@domain)
// matches no other address, however either is spelled.
//
// Terms that follow each other must all match; AND may stand between them. OR
// binds less: a b OR c is (a b) OR c. A "-" before a term or parentheses negates.
// In quotes, \" and \\ stand for a quote and a backslash. Typographic quotes, the
// full-width colon and the ideographic space do what their ASCII twins do.
//
// A term or a value of the form /…/ is a regular expression (package regexp)
// over the folded text; it is folded too, so that case does not count there
// either. White space in text is a blank, so that ^ and $ are the ends of all of it.
//
// What only looks like an operator, as "Re:", "12:30" or "http://a.test", is a
// word, unless its letters are those of an operator with a slip of the fingers.
package query

import (
	"fmt"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// Bounds of what Parse takes.
const (
	maxText    = 4096 // octets
	maxNesting = 50
	maxSize    = 5000 // instructions of all regular expressions: x{1000} has that many
)

// A Query is a parsed query. It does not change: any number of goroutines may
// use it.
type Query struct {
	root   *node // nil matches everything
	nodes  int   // how many there are
	bounds Bounds
}

// An Error says what is wrong with the text of a query, and where.
type Error struct {
	Offset, Length int // the octets of the text that it is about
	What           string

	column int
}

// Error counts columns in characters, from 1.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.column, e.What) }

// All says whether the query matches everything.
func (q *Query) All() bool { return q.root == nil }

// String is the query in its canonical form, which parses to the same query (if it
// did not get too long for that): times and sizes are absolute there.
func (q *Query) String() string {
	if q.root == nil {
		return ""
	}
	return q.root.String()
}

// Bare says that Match looks at no more of a message than its ID, Received, Size
// and Deliveries.
func (q *Query) Bare() bool { return q.root == nil || q.root.bare() }

// Bounds are limits that every match keeps; zero values are none.
type Bounds struct {
	After  time.Time // Received is not before it
	Before time.Time // Received is before it
	Box    string    // a mailbox in which there is a delivery
	ID     mail.ID   // of the only message that can match
}

// Bounds returns the limits that the terms at the top of the query set.
func (q *Query) Bounds() Bounds { return q.bounds }

// within is the tighter of both in each respect.
func (b Bounds) within(other Bounds) Bounds {
	if b.After.Before(other.After) {
		b.After = other.After
	}
	if b.Before.IsZero() || !other.Before.IsZero() && other.Before.Before(b.Before) {
		b.Before = other.Before
	}
	if b.Box == "" {
		b.Box = other.Box
	}
	if b.ID.IsZero() {
		b.ID = other.ID
	}
	return b
}

// A Document is one message to be matched.
type Document struct {
	Message *mail.Message

	// Box is the mailbox whose deliveries count for is:read and is:unread. When it
	// is "", that is the mailbox of Bounds, or else all of them.
	Box string

	// Load says what the message says. It is called at most once by a Match, and
	// only when that matters. Match returns its error.
	Load func() (*Content, error)
}

// Content is what a message says, decoded.
type Content struct {
	Subject     string
	From        []Address
	To          []Address
	Cc          []Address
	Bcc         []Address
	Headers     []Header
	Text        []string // of the text, of the HTML, of attached messages…
	Attachments []Attachment
	HTML        bool // there is an HTML part
	Bounce      bool // it is a delivery status notification
}

// An Address is one of a list in a header; Name may be "".
type Address struct{ Name, Address string }

// A Header is a header field.
type Header struct{ Name, Value string }

// An Attachment is described by its file name and its content type.
type Attachment struct{ Name, Type string }
