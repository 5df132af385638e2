// Package api holds the nouns of the HTTP interface as they stand in its JSON:
// names in lowerCamelCase, times as RFC 3339, IDs as strings. Lists are never
// null.
package api

import "time"

// A Mailbox is a mailbox at one moment.
type Mailbox struct {
	Address  string `json:"address" doc:"Name of the mailbox: the recipient's address in lower case."`
	Messages int    `json:"messages" doc:"Deliveries in it."`
	Unseen   int    `json:"unseen" doc:"Those not seen."`
	Bytes    int64  `json:"bytes" doc:"Sum of the messages' sizes."`
	Newest   string `json:"newest" doc:"ID of the newest message; empty when there is none."`
}

// Total describes the whole store; a message for several mailboxes counts once.
type Total struct {
	Messages int   `json:"messages"`
	Unseen   int   `json:"unseen"`
	Bytes    int64 `json:"bytes"`
}

// Mailboxes is the answer of GET /v1/mailboxes.
type Mailboxes struct {
	Mailboxes []Mailbox `json:"mailboxes" nullable:"false"`
	Total     Total     `json:"total"`
	Cursor    uint64    `json:"cursor" doc:"Event number for after= of /v1/events: what this answer may lack comes after it."`
	Until     uint64    `json:"until" doc:"Number of the latest event when the counts had been read: those after cursor and up to it may be in the counts already."`
}

// An Address is a mailbox with its display name, as a header names it.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// A Delivery is a message's place in one mailbox.
type Delivery struct {
	Mailbox string     `json:"mailbox"`
	Rcpt    string     `json:"rcpt" doc:"The envelope recipient that led here."`
	Number  int        `json:"number" doc:"The delivery's number within the message."`
	UID     uint32     `json:"uid" doc:"Rises within a mailbox and is never given twice."`
	State   string     `json:"state"`
	Seen    bool       `json:"seen"`
	Next    *time.Time `json:"next" doc:"When the queue acts next; null when it does not."`
	Route   string     `json:"route" doc:"What it does then, as a rule has it, without the password; empty outside the queue."`
	Trail   []Step     `json:"trail" nullable:"false" doc:"What happened, oldest first. Events leave it out: it is empty there."`
}

// About is what the short and the long form of a message have in common.
type About struct {
	ID              string     `json:"id" doc:"ULID: IDs sort in the order of receipt."`
	ReceivedAt      time.Time  `json:"receivedAt"`
	Size            int64      `json:"size" doc:"Octets as received."`
	Subject         string     `json:"subject"`
	From            []Address  `json:"from" nullable:"false"`
	To              []Address  `json:"to" nullable:"false"`
	Cc              []Address  `json:"cc" nullable:"false"`
	Date            *time.Time `json:"date" doc:"The Date header; null when there is none that can be read."`
	MessageID       string     `json:"messageId"`
	Snippet         string     `json:"snippet" doc:"How the text begins."`
	AttachmentCount int        `json:"attachmentCount"`
	HasHTML         bool       `json:"hasHtml"`
	DefectCount     int        `json:"defectCount" doc:"Faults found in the MIME structure."`
	Seen            bool       `json:"seen" doc:"Whether all deliveries in the scope of the request were seen."`
	Deliveries      []Delivery `json:"deliveries" nullable:"false"`
}

// A Summary is a message as lists and events show it.
type Summary struct {
	About
	Envelope ShortEnvelope `json:"envelope"`
}

// A ShortEnvelope has the bare addresses.
type ShortEnvelope struct {
	From string   `json:"from" doc:"Reverse-path; empty for the null sender."`
	To   []string `json:"to" nullable:"false"`
}

// Messages is the answer of GET /v1/messages.
type Messages struct {
	Messages []Summary `json:"messages" nullable:"false" doc:"Newest first."`
	Next     string    `json:"next" doc:"Value of before= for the next page; empty on the last."`
	Total    int       `json:"total" doc:"Messages in the scope."`
	Cursor   uint64    `json:"cursor" doc:"Event number for after= of /v1/events, taken before the list was read."`
}

// A Message is one message with all that is known of it.
type Message struct {
	About
	Envelope      Envelope     `json:"envelope"`
	Session       *Session     `json:"session" doc:"The connection that brought it; null when nothing is known."`
	Headers       []Header     `json:"headers" nullable:"false" doc:"In the order of the message."`
	Text          *string      `json:"text" doc:"The text for reading; null when there is none."`
	HTML          *string      `json:"html" doc:"The HTML as sent; null when there is none."`
	Attachments   []Attachment `json:"attachments" nullable:"false"`
	Structure     Part         `json:"structure"`
	Defects       []Defect     `json:"defects" nullable:"false"`
	RemoteContent int          `json:"remoteContent" doc:"Number of distinct remote references in the HTML."`
}

// An Envelope is what the client said before the body.
type Envelope struct {
	From     string `json:"from" doc:"Reverse-path; empty for the null sender."`
	To       []Rcpt `json:"to" nullable:"false" doc:"In the order of RCPT, duplicates included."`
	Ret      string `json:"ret" doc:"RFC 3461 RET."`
	EnvID    string `json:"envid" doc:"RFC 3461 ENVID."`
	Body     string `json:"body" doc:"BODY parameter of MAIL."`
	SMTPUTF8 bool   `json:"smtputf8" doc:"RFC 6531 SMTPUTF8 was given."`
}

// A Rcpt is one accepted RCPT command.
type Rcpt struct {
	Address string   `json:"address"`
	Notify  []string `json:"notify" nullable:"false" doc:"RFC 3461 NOTIFY."`
	ORcpt   string   `json:"orcpt" doc:"RFC 3461 ORCPT."`
}

// A Session is the connection that brought a message.
type Session struct {
	ID        string    `json:"id"`
	StartedAt time.Time `json:"startedAt"`
	Protocol  string    `json:"protocol" doc:"RFC 3848 name, or HTTP."`
	Remote    string    `json:"remote"`
	Local     string    `json:"local"`
	Helo      string    `json:"helo"`
	User      string    `json:"user"`
	Mechanism string    `json:"mechanism"`
	TLS       string    `json:"tls" doc:"Version and cipher suite; empty for plain text."`
}

// A Header is one header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value" doc:"Unfolded and decoded."`
	Raw   string `json:"raw" doc:"As it stands in the message."`
}

// An Attachment is a part that is offered as a file.
type Attachment struct {
	Part        string `json:"part"`
	Filename    string `json:"filename"`
	ContentType string `json:"contentType"`
	ContentID   string `json:"contentId"`
	Disposition string `json:"disposition"`
	Size        int64  `json:"size" doc:"Octets in the message, that is, encoded."`
}

// A Part is a node of the MIME tree.
type Part struct {
	Part        string `json:"part"`
	ContentType string `json:"contentType"`
	Charset     string `json:"charset"`
	Encoding    string `json:"encoding"`
	Disposition string `json:"disposition"`
	Filename    string `json:"filename"`
	ContentID   string `json:"contentId"`
	Offset      int64  `json:"offset" doc:"Where the part's body begins in the message."`
	Length      int64  `json:"length"`
	Children    []Part `json:"children" nullable:"false"`

	Enclosed []Header `json:"enclosed" nullable:"false" doc:"Header of the message within a message/rfc822, whose parts are the children."`
}

// A Defect is a fault in the MIME structure.
type Defect struct {
	Part   string `json:"part"`
	Kind   string `json:"kind"`
	Offset int64  `json:"offset"`
	Text   string `json:"text"`
}

// Deleted tells how many deliveries went.
type Deleted struct {
	Deleted int `json:"deleted"`
}

// Marked tells how many deliveries were in the scope of a request to mark them.
type Marked struct {
	Marked int `json:"marked"`
}

// Created names a new message.
type Created struct {
	ID string `json:"id"`
}

// Seen asks to mark a message.
type Seen struct {
	_       struct{} `additionalProperties:"false"`
	Seen    bool     `json:"seen"`
	Mailbox string   `json:"mailbox,omitempty" doc:"Only the delivery in this mailbox."`
}

// SeenMany asks to mark messages.
type SeenMany struct {
	_       struct{} `additionalProperties:"false"`
	Seen    bool     `json:"seen"`
	Mailbox *string  `json:"mailbox,omitempty" nullable:"true" doc:"Only deliveries in this mailbox; empty or null for all."`
	IDs     []string `json:"ids,omitempty" nullable:"true" maxItems:"10000" doc:"Only these messages; null for all. Those that are gone are passed over."`
}

// DeleteMany asks to delete messages.
type DeleteMany struct {
	_       struct{} `additionalProperties:"false"`
	Mailbox *string  `json:"mailbox,omitempty" nullable:"true" doc:"Only deliveries in this mailbox; empty or null for all."`
	IDs     []string `json:"ids" nullable:"false" maxItems:"10000" doc:"Those that are gone are passed over."`
}

// Info is what the page wants to know of the server.
type Info struct {
	Version        string    `json:"version"`
	SMTP           string    `json:"smtp" doc:"Address that takes mail; empty when off."`
	POP3           string    `json:"pop3" doc:"Address that serves mailboxes; empty when off."`
	HTTP           string    `json:"http"`
	TLS            bool      `json:"tls" doc:"STARTTLS and STLS are offered; /ca.pem has the authority."`
	SMTPS          string    `json:"smtps" doc:"Address that takes mail in TLS from the start; empty when off."`
	POP3S          string    `json:"pop3s" doc:"Address that serves mailboxes so; empty when off."`
	HTTPS          string    `json:"https" doc:"Address of this in TLS; empty when off."`
	StartedAt      time.Time `json:"startedAt"`
	MaxMessageSize int64     `json:"maxMessageSize" doc:"Octets; 0 for no limit."`
	Clock          Clock     `json:"clock"`
}

// Status is the answer of /healthz.
type Status struct {
	Status string `json:"status" example:"ok"`
}

// Ready is the answer of /readyz when all is well; else it is a problem that names
// what is not.
type Ready struct {
	Status string   `json:"status" example:"ok"`
	Checks []string `json:"checks" nullable:"false" doc:"What was found to be well."`
}

// An Event is one thing that happened. Which fields are there depends on the
// type: hello and lagged have none but seq (hello the version and the last, lagged at a webhook
// the count), attempted has the attempt, rule the rule, clock the clock; the others
// have both lists. All but hello and lagged have what.
type Event struct {
	Seq        uint64     `json:"seq" doc:"Number of the event; for hello and lagged the number to go on from."`
	Type       string     `json:"type" enum:"hello,added,updated,removed,cleared,attempted,rule,clock,lagged" doc:"More types may come: pass over those that are not known."`
	What       []string   `json:"what,omitzero" nullable:"false" doc:"What happened, in plain words, in this order: received (a message came in), delivered (it lies in its recipient's mailbox), queued (the queue has it, or was told to do something else with it), held (in the queue, until it is let go), attempt (a next hop was tried), relayed (it took the mail), deferred (the attempt failed for now), delayed (the sender was told that it takes long), bounced (given up, and the sender was told), reported (what was to be sent about it was sent), badmail (given up, and nobody was told), seen, unseen, moved (to another mailbox), refused, dropped, hung, garbled (what a client tried), discarded (accepted and not kept), deleted (somebody removed it), expired (too old), evicted (the oldest made room), cleared (all mail of a mailbox), rule (one was obeyed), clock (it was moved, stopped or hurried). Empty when none of them fits."`
	At         *time.Time `json:"at,omitempty"`
	Version    string     `json:"version,omitempty" doc:"hello: version of the server."`
	Last       uint64     `json:"last,omitempty" doc:"hello: number of the latest event; those up to it follow, and then what happens."`
	ID         string     `json:"id,omitempty" doc:"added, updated, removed: the message."`
	Via        string     `json:"via,omitempty" doc:"added: how it came: the protocol, such as ESMTP or HTTP, or PICKUP, REPORT (the server wrote it) or RELEASE; left out when that is not known."`
	Message    *Summary   `json:"message,omitempty" doc:"added, updated: the message after it. Left out for all but the newest 200 added ones of a frame."`
	Mailboxes  []string   `json:"mailboxes,omitzero" nullable:"false" doc:"Mailboxes concerned; none when all mail was cleared."`
	Deliveries []Delivery `json:"deliveries,omitzero" nullable:"false" doc:"added: all; updated: the new one; removed: those that went."`
	From       string     `json:"from,omitempty" doc:"updated: the mailbox before, when the delivery has moved."`
	Why        string     `json:"why,omitempty" doc:"removed: deleted, expired or evicted."`
	Gone       *bool      `json:"gone,omitempty" doc:"removed: whether no delivery is left."`
	Mailbox    *string    `json:"mailbox,omitempty" doc:"cleared: the mailbox; empty for all."`
	Count      *int       `json:"count,omitempty" doc:"cleared: how many deliveries went; lagged, to a webhook: how many events were lost, if that is known."`
	Steps      []Step     `json:"steps,omitzero" nullable:"false" doc:"updated: what the trail of the delivery got with this change, oldest first: the next hop that was tried, and what it said."`
	Attempt    *Attempt   `json:"attempt,omitempty" doc:"attempted: what did not go as it should."`
	Rule       *Obeyed    `json:"rule,omitempty" doc:"rule: which one was obeyed, and for what."`
	Clock      *ClockNow  `json:"clock,omitempty" doc:"clock: how it stands since."`
}

// An Obeyed tells that a rule or magic address applied.
type Obeyed struct {
	Rule    string   `json:"rule" doc:"Its name, or else its ID; for a magic address the address."`
	Stage   string   `json:"stage" doc:"As in rules."`
	Do      string   `json:"do" doc:"What it had done, as in rules, without passwords."`
	Session string   `json:"session" doc:"ID of the session; empty when there was none."`
	Client  string   `json:"client" doc:"IP address of the client, or unix; empty when there was none."`
	From    string   `json:"from" doc:"Reverse-path, as far as it was known."`
	To      []string `json:"to" nullable:"false" doc:"The recipient in question, or all that were accepted."`
}

// Webhooks is the answer of GET /v1/webhooks.
type Webhooks struct {
	Webhooks []Webhook `json:"webhooks" nullable:"false"`
}

// A Webhook is where events are posted to.
type Webhook struct {
	URL        string     `json:"url" doc:"Without its password."`
	Query      string     `json:"query" doc:"Only events of messages that it finds are posted; empty: of all."`
	Events     []string   `json:"events" nullable:"false" doc:"Words of which an event must have one in what."`
	Signed     bool       `json:"signed" doc:"Whether there is a secret."`
	Delivered  uint64     `json:"delivered" doc:"Events that the receiver took."`
	Failed     uint64     `json:"failed" doc:"Events given up: refused by the receiver, or tried too often."`
	Dropped    uint64     `json:"dropped" doc:"Events that had to make room while the receiver was slow."`
	Queued     int        `json:"queued" doc:"Events that wait, that under way included."`
	Stopped    bool       `json:"stopped" doc:"The receiver said 410 Gone: nothing is posted until the server starts again."`
	LastAt     *time.Time `json:"lastAt" doc:"When the latest attempt ended, by the system's clock; null: there was none."`
	LastStatus int        `json:"lastStatus" doc:"HTTP status of the latest attempt; 0: there was no answer."`
	LastError  string     `json:"lastError" doc:"What was wrong with it; empty when nothing was."`
}
