package api

import "time"

// A Reply is an SMTP reply.
type Reply struct {
	Code     int    `json:"code"`
	Enhanced string `json:"enhanced" doc:"Enhanced status code, such as 4.7.1; empty when there is none."`
	Text     string `json:"text" doc:"Lines are separated by a line feed."`
}

// A Step is one fact in the history of a delivery.
type Step struct {
	At    time.Time `json:"at"`
	Did   string    `json:"did" doc:"What happened, in one word: queued, deferred, relayed, bounced…"`
	Rule  string    `json:"rule" doc:"The rule that decided it; empty when none did."`
	Host  string    `json:"host" doc:"The peer that was asked; empty when none was."`
	Reply *Reply    `json:"reply" doc:"What it said, or the reason given; null for none."`
	Ref   string    `json:"ref" doc:"ID of a message that came of it, such as a bounce, or that it came from; empty for none."`
}

// Queue is the answer of GET /v1/queue.
type Queue struct {
	Now        time.Time        `json:"now" doc:"By the server's clock, which next and the rest are to be compared with."`
	Next       *time.Time       `json:"next" doc:"When something falls due next; null for never."`
	Hops       []Hop            `json:"hops" nullable:"false" doc:"All that mail waits for, whatever the request asks for."`
	Deliveries []QueuedDelivery `json:"deliveries" nullable:"false" doc:"Newest message first."`
	NextPage   string           `json:"nextPage" doc:"Value of before= for the next page; empty on the last."`
	Cursor     uint64           `json:"cursor" doc:"Event number for after= of /v1/events, taken before the queue was read."`
}

// A Hop is where the queue brings mail, at one moment.
type Hop struct {
	Name        string     `json:"name" doc:"URL of the next hop without its password, or the word of another action, such as defer."`
	Waiting     int        `json:"waiting" doc:"Deliveries that wait for it, those below included."`
	Due         int        `json:"due"`
	Held        int        `json:"held"`
	Active      int        `json:"active" doc:"Deliveries under way."`
	Connections int        `json:"connections" doc:"Those that are open."`
	Frozen      bool       `json:"frozen"`
	Next        *time.Time `json:"next" doc:"When its next delivery falls due; null for never."`
	Last        *Reply     `json:"last" doc:"The reply that ended the latest attempt; null for none."`
}

// A QueuedDelivery is one delivery in the queue.
type QueuedDelivery struct {
	ID       string        `json:"id" doc:"ID of the message, a slash, and the delivery's number."`
	Message  QueuedMessage `json:"message"`
	Delivery Delivery      `json:"delivery"`
}

// A QueuedMessage is the little of a message that a list of the queue shows.
type QueuedMessage struct {
	ID         string        `json:"id"`
	ReceivedAt time.Time     `json:"receivedAt"`
	Size       int64         `json:"size"`
	Subject    string        `json:"subject"`
	From       []Address     `json:"from" nullable:"false"`
	To         []Address     `json:"to" nullable:"false"`
	Envelope   ShortEnvelope `json:"envelope"`
}

// Act asks to do something to mail in the queue.
type Act struct {
	_     struct{} `additionalProperties:"false"`
	Do    string   `json:"do" enum:"retry,freeze,thaw,bounce,delete,reroute,requeue" doc:"bounce and delete give the mail up, with and without telling the sender; requeue brings mail back from @badmail and @done."`
	IDs   []string `json:"ids,omitempty" nullable:"true" maxItems:"10000" doc:"Deliveries, as MESSAGE/NUMBER, or MESSAGE for all that can be meant of it."`
	Hop   string   `json:"hop,omitempty" doc:"In place of ids: all that waits for this hop, named as the list names it. Freezing one also holds what is yet to come. Not for requeue."`
	Route string   `json:"route,omitempty" doc:"reroute: the new route as a rule has it, such as relay smtp://mail.test:25."`
}

// Done tells how many deliveries something was done to.
type Done struct {
	Done int `json:"done"`
}

// Release asks to send a message on.
type Release struct {
	_    struct{} `additionalProperties:"false"`
	To   []string `json:"to" minItems:"1" maxItems:"1000" nullable:"false" doc:"Recipients."`
	From *string  `json:"from,omitempty" nullable:"true" doc:"Reverse-path; empty for the null sender. Left out: that of the message."`
	Hop  string   `json:"hop" minLength:"1" doc:"Next hop, such as smtp://mail.test:25."`
}

// A Clock says how the server's clock stands.
type Clock struct {
	ClockNow
	NextDue *time.Time `json:"nextDue" doc:"When something in the queue falls due next; null for never."`
}

// A ClockNow is how the clock stands.
type ClockNow struct {
	Now          time.Time `json:"now"`
	Ahead        string    `json:"ahead" doc:"Of the system's clock, such as 48h0m0s."`
	AheadSeconds float64   `json:"aheadSeconds"`
	Speed        float64   `json:"speed" doc:"Seconds that pass in a second, when it is not frozen."`
	Frozen       bool      `json:"frozen"`
}

// SetClock asks to change the clock, in the order of the fields.
type SetClock struct {
	_       struct{} `additionalProperties:"false"`
	Freeze  bool     `json:"freeze,omitempty" doc:"Let it stand still."`
	Resume  bool     `json:"resume,omitempty" doc:"Let it run again."`
	Speed   *float64 `json:"speed,omitempty" minimum:"0.001" maximum:"1000000" doc:"Seconds that pass in a second."`
	Advance string   `json:"advance,omitempty" maxLength:"64" doc:"Move it ahead, by 15m, 4h, 2d, 1h30m…: at most ten years. What falls due on the way is done, in order, before the answer comes."`
}
