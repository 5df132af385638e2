package api

import "time"

// Pipeline is the answer of GET /v1/pipeline: the way of the mail, and what is at
// each station of it now. Totals count since the process began, whatever is deleted.
type Pipeline struct {
	Cursor    uint64          `json:"cursor" doc:"Event number for after= of /v1/events, taken before the rest was read."`
	Now       time.Time       `json:"now" doc:"By the server's clock."`
	Since     time.Time       `json:"since" doc:"When the process began, for the totals."`
	Senders   PipelineSenders `json:"senders"`
	Pickup    PipelinePickup  `json:"pickup"`
	Rules     PipelineRules   `json:"rules"`
	Refused   PipelineRefused `json:"refused"`
	Queue     PipelineQueue   `json:"queue"`
	Mailboxes PipelineBoxes   `json:"mailboxes"`
	Drop      PipelineFolder  `json:"drop"`
	Relayed   PipelineRelayed `json:"relayed"`
	Badmail   PipelineBadmail `json:"badmail"`
	Coming    []Coming        `json:"coming" nullable:"false" doc:"What falls due in the queue, soonest first: at most 500 moments."`
}

// PipelineSenders are the clients.
type PipelineSenders struct {
	Open     int    `json:"open" doc:"SMTP sessions that are open."`
	Sessions uint64 `json:"sessions" doc:"In all."`
	Received uint64 `json:"received" doc:"Messages that came in from anywhere, reports of the server included."`
}

// PipelinePickup is the folder of files to be sent.
type PipelinePickup struct {
	Folder  string `json:"folder" doc:"Empty when it is off."`
	Waiting int64  `json:"waiting" doc:"Files in it."`
	Taken   int64  `json:"taken" doc:"Files that were sent."`
	Bad     int64  `json:"bad" doc:"Files that could not be, and were put aside."`
}

// PipelineRules are the rules.
type PipelineRules struct {
	Rules   int    `json:"rules"`
	Applied uint64 `json:"applied" doc:"By all of them, since they were added or their counters reset."`
}

// PipelineRefused is what did not get in.
type PipelineRefused struct {
	Attempts  int    `json:"attempts" doc:"Those that are kept now."`
	Refused   uint64 `json:"refused" doc:"Refused or broken off, in all."`
	Discarded uint64 `json:"discarded" doc:"Accepted and not kept, in all."`
}

// PipelineQueue is the queue.
type PipelineQueue struct {
	Deliveries int        `json:"deliveries"`
	Due        int        `json:"due" doc:"Those whose time has come."`
	Held       int        `json:"held" doc:"Those that wait until somebody lets them go."`
	Frozen     int        `json:"frozen" doc:"Hops that are."`
	Next       *time.Time `json:"next" doc:"When something falls due next; null for never."`
	Queued     uint64     `json:"queued" doc:"Deliveries that came here, in all."`
	Tried      uint64     `json:"tried" doc:"Deliveries that were offered to a next hop, in all."`
}

// PipelineBoxes are the mailboxes of recipients.
type PipelineBoxes struct {
	Mailboxes int    `json:"mailboxes"`
	Messages  int    `json:"messages" doc:"Deliveries in them."`
	Delivered uint64 `json:"delivered" doc:"In all."`
}

// PipelineFolder is a folder that mail is written into.
type PipelineFolder struct {
	Folder  string `json:"folder" doc:"Empty when it is off."`
	Written int64  `json:"written"`
}

// PipelineRelayed is what has left the queue for elsewhere.
type PipelineRelayed struct {
	Done    int    `json:"done" doc:"Deliveries in @done."`
	Relayed uint64 `json:"relayed" doc:"Deliveries that a next hop took, in all."`
	Bounced uint64 `json:"bounced" doc:"Deliveries that were given up and whose senders were told, in all."`
}

// PipelineBadmail is what could be neither delivered nor returned.
type PipelineBadmail struct {
	PipelineFolder
	Deliveries int    `json:"deliveries"`
	Lost       uint64 `json:"lost" doc:"Deliveries that came here, in all."`
}

// A Coming is what falls due within the same second at one hop.
type Coming struct {
	At     time.Time `json:"at"`
	Hop    string    `json:"hop" doc:"As the list of hops names it."`
	Count  int       `json:"count" doc:"Deliveries."`
	To     []string  `json:"to" nullable:"false" doc:"The recipients of the first of them."`
	ID     string    `json:"id" doc:"The first delivery: ID of its message, a slash, and its number."`
	Frozen bool      `json:"frozen" doc:"The hop is: nothing is done until somebody thaws it."`
}
