package api

import "time"

// Expect says what mail is to arrive: the body of POST /v1/expect.
type Expect struct {
	_       struct{}          `additionalProperties:"false"`
	Mailbox string            `json:"mailbox,omitempty" doc:"Mailbox in which it lies; empty: that of any recipient. @queue, @badmail and @done can be named." example:"alice@a.test"`
	To      string            `json:"to,omitempty" doc:"Envelope recipient: an address, or a pattern with *; empty: any." example:"alice@a.test"`
	Query   string            `json:"query,omitempty" maxLength:"4096" doc:"A search; README has the language." example:"has:html"`
	Match   []ExpectTest      `json:"match,omitempty" maxItems:"100" doc:"All must pass."`
	Count   *ExpectCount      `json:"count,omitempty" doc:"How many messages; left out: at least one."`
	Within  string            `json:"within,omitempty" doc:"How long to wait, such as 500ms, 10s or 5m: an hour at most. One call waits 55 s at most; see resume. Left out: 10s, with none 1s. 0s: do not wait." example:"10s"`
	After   string            `json:"after,omitempty" doc:"Only newer mail counts: a cursor, the id of a message, or a time (RFC 3339). Left out: all there is." example:"2026-01-31T12:00:00Z"`
	Settle  string            `json:"settle,omitempty" doc:"How long no further such mail may come once there are as many as wanted (with none: from the beginning). SMTP transactions under way at its end are waited for too. 30s at most, but with none an hour. Left out: 200ms with exactly, all of within with none, otherwise 0s." example:"300ms"`
	Extract map[string]string `json:"extract,omitempty" doc:"What to take out of each message, by names of your choice. See README: code, link, link:TEXT, link:/REGEXP/, unsubscribe, header:NAME, attachment, attachment:NAME, text:/REGEXP/, json:POINTER…" example:"{\"link\":\"link:Confirm\",\"code\":\"code\"}"`
	Resume  string            `json:"resume,omitempty" doc:"Of an answer 202, to wait on; nothing else is needed then."`
}

// ExpectCount says how many messages: one of its fields is given.
type ExpectCount struct {
	_       struct{} `additionalProperties:"false"`
	AtLeast int      `json:"atLeast,omitempty" minimum:"1"`
	Exactly int      `json:"exactly,omitempty" minimum:"1"`
	None    bool     `json:"none,omitempty"`
}

// An ExpectTest is a condition on a field: with one of equals, contains, matches and
// absent.
type ExpectTest struct {
	_        struct{} `additionalProperties:"false"`
	Field    string   `json:"field" doc:"subject, from, to, cc, bcc, reply-to, envelope.from, envelope.to, header.NAME, text, html, body, link, attachment, attachment.type, size, recipients, attachments." example:"subject"`
	Equals   *string  `json:"equals,omitempty" doc:"The whole value; of a number also a comparison, such as >10k." `
	Contains string   `json:"contains,omitempty" example:"Welcome"`
	Matches  string   `json:"matches,omitempty" doc:"A regular expression (RE2)."`
	Absent   bool     `json:"absent,omitempty" doc:"There is no value."`
	Not      bool     `json:"not,omitempty" doc:"The test must fail."`
}

// Expected is the answer when what was expected has arrived.
type Expected struct {
	Messages  []ExpectedMessage    `json:"messages" nullable:"false" doc:"Those that count, oldest first; none with none."`
	Extracted map[string]Extracted `json:"extracted" nullable:"false" doc:"The values of the newest one."`
	Cursor    string               `json:"cursor" doc:"For after= of the next call: newer mail is not in this answer."`
	WaitedMS  int64                `json:"waitedMs"`
}

// An ExpectedMessage is one that counts.
type ExpectedMessage struct {
	Summary
	URL       string               `json:"url" doc:"Where the page shows it."`
	Extracted map[string]Extracted `json:"extracted" nullable:"false"`
}

// An Extracted is a value that was taken out of a message.
type Extracted struct {
	Value       string   `json:"value" doc:"Text; of an attachment its octets in base64."`
	From        string   `json:"from" doc:"Where it was found, such as html, text, header Subject or part 2."`
	Groups      []string `json:"groups,omitempty" doc:"What the groups of a regular expression found, from the first on."`
	ContentType string   `json:"contentType,omitempty" doc:"Of an attachment."`
	Filename    string   `json:"filename,omitempty" doc:"Of an attachment."`
}

// Pending is the answer when a call has waited for as long as one may.
type Pending struct {
	Resume string `json:"resume" doc:"Ask again with this, and nothing else."`
	Left   string `json:"left" doc:"How long there is still to wait."`
}

// NotMet is the problem document when what was expected has not arrived.
type NotMet struct {
	Type   string       `json:"type" example:"about:blank"`
	Title  string       `json:"title" example:"Not met"`
	Status int          `json:"status" example:"422"`
	Detail string       `json:"detail" doc:"Why, in one sentence."`
	Report ExpectReport `json:"report"`
	Text   string       `json:"text" doc:"The report for people to read."`
}

// An ExpectReport tells what was missing.
type ExpectReport struct {
	Found        int                 `json:"found" doc:"How many messages counted."`
	Now          time.Time           `json:"now"`
	After        string              `json:"after" doc:"The bound as it was given; empty for none."`
	WaitedMS     int64               `json:"waitedMs"`
	Candidates   []ExpectCandidate   `json:"candidates" nullable:"false" doc:"The messages that come nearest, the nearest first; with too many, those that count."`
	Messages     int                 `json:"messages" doc:"How many there are in the scope, candidates or not."`
	Attempts     []Attempt           `json:"attempts" nullable:"false" doc:"What clients tried and did not go well, and may have been it."`
	Waiting      []ExpectWaiting     `json:"waiting" nullable:"false" doc:"Deliveries in the queue and in Badmail that may have been it."`
	Transactions []ExpectTransaction `json:"transactions" nullable:"false" doc:"SMTP transactions that have not ended."`
	Cursor       string              `json:"cursor"`
	URL          string              `json:"url" doc:"Where the page shows the scope."`
}

// An ExpectCandidate is a message that was looked at.
type ExpectCandidate struct {
	Message Summary       `json:"message"`
	URL     string        `json:"url"`
	Counts  bool          `json:"counts"`
	Early   bool          `json:"early" doc:"It came before the bound."`
	Checks  []ExpectCheck `json:"checks" nullable:"false"`
}

// An ExpectCheck is one condition and what it found.
type ExpectCheck struct {
	What     string `json:"what"`
	Passed   bool   `json:"passed"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	Note     string `json:"note" doc:"What may help, or empty."`
}

// An ExpectWaiting is a delivery that is not in its mailbox.
type ExpectWaiting struct {
	Message  QueuedMessage `json:"message"`
	Delivery Delivery      `json:"delivery"`
	URL      string        `json:"url"`
}

// An ExpectTransaction is an SMTP session in the middle of sending a message.
type ExpectTransaction struct {
	Session Session  `json:"session"`
	From    string   `json:"from"`
	To      []string `json:"to" nullable:"false"`
}

// Cursor is the present moment, for after= of later calls.
type Cursor struct {
	Cursor string    `json:"cursor" doc:"For after= of /v1/expect and /v1/messages: all mail there is now is older."`
	Event  uint64    `json:"event" doc:"For after= of /v1/events."`
	Now    time.Time `json:"now"`
}

// NewAddress asks for an address that nobody else has.
type NewAddress struct {
	_      struct{} `additionalProperties:"false"`
	Prefix string   `json:"prefix,omitempty" maxLength:"40" doc:"How it begins; left out: test." example:"signup"`
	Domain string   `json:"domain,omitempty" maxLength:"255" doc:"Left out: test.local." example:"a.test"`
	Rules  []string `json:"rules,omitempty" maxItems:"100" doc:"Rules for mail to this address only: as lines, without to=." example:"[\"rcpt first=1 reply 451\"]"`
	For    string   `json:"for,omitempty" doc:"How long the rules last by the server's clock, such as 10m; left out: 1h." example:"10m"`
}

// AnAddress is a fresh one.
type AnAddress struct {
	Address string    `json:"address" example:"signup-7f3k2m9q@a.test"`
	Cursor  string    `json:"cursor" doc:"For after=."`
	Rules   []Rule    `json:"rules" nullable:"false"`
	Expires time.Time `json:"expires" doc:"When its rules end."`
}

// DeletedAddress tells what went with an address.
type DeletedAddress struct {
	Rules    int `json:"rules" doc:"How many rules went."`
	Messages int `json:"messages" doc:"How many deliveries in its mailbox went."`
}

// Links is the answer of GET /v1/messages/{id}/links.
type Links struct {
	Links []Link `json:"links" nullable:"false" doc:"In the order of the message, each once."`
}

// A Link is somewhere that a message points to.
type Link struct {
	URL         string `json:"url"`
	Text        string `json:"text" doc:"What is shown for it; empty in plain text."`
	From        string `json:"from" doc:"html, text, or header List-Unsubscribe."`
	Unsubscribe bool   `json:"unsubscribe"`
}

// Codes is the answer of GET /v1/messages/{id}/codes.
type Codes struct {
	Codes []Code `json:"codes" nullable:"false" doc:"The most likely first."`
}

// A Code is a one-time code, or looks like one.
type Code struct {
	Value  string `json:"value"`
	From   string `json:"from" doc:"subject, text or html."`
	Near   string `json:"near" doc:"The text around it."`
	Likely bool   `json:"likely" doc:"The text announces it as such. When several are, which one is meant is open."`
}

// Related is the answer of GET /v1/messages/{id}/related.
type Related struct {
	Originals []Summary `json:"originals" nullable:"false" doc:"What the message reports on: messages here with the Message-ID, or else the ENVID, that it names."`
	Reports   []Summary `json:"reports" nullable:"false" doc:"Reports here that name the Message-ID, or else the ENVID, of the message, newest first."`
}
