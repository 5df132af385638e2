package mail

import "time"

// A Tally is how often things have happened since the process began. Clearing and
// deleting take nothing away from it.
type Tally struct {
	Sessions  uint64 // SMTP sessions that were begun
	Received  uint64 // messages that came in, our own reports included
	Octets    uint64 // of those messages
	Delivered uint64 // deliveries that came into their recipients' mailboxes
	Queued    uint64 // deliveries that came into the queue
	Tried     uint64 // deliveries that were offered to a next hop
	Relayed   uint64 // deliveries that a next hop took
	Bounced   uint64 // deliveries that were given up, and their senders told
	Lost      uint64 // deliveries that became Badmail
	Refused   uint64 // attempts of clients that were refused or broken off
	Discarded uint64 // messages that were accepted, and not kept for all recipients
}

// A Refusal is a kind of what goes wrong with clients: see Attempt.
type Refusal struct{ Rule, Stage, Did string }

// Times says how often something took how long.
type Times struct {
	Bounds []time.Duration // upper ones of the classes, ascending
	Counts []uint64        // in each class; the last one is of those that took longer than all bounds
	Sum    time.Duration
}

// A FolderTally is what a folder beside the catcher has done since the process
// began.
type FolderTally struct {
	Dir     string
	Waiting int64 // files in it that are yet to be taken
	Done    int64 // files that were taken out of it, or written into it
	Bad     int64 // files that could not be sent, and were put aside
}

// A Coming is what falls due in the queue within the same second, at one hop.
type Coming struct {
	Hop    string // as Hop.Name
	At     time.Time
	Count  int      // of deliveries
	To     []string // the first of their recipients
	ID     DeliveryID
	Frozen bool // the hop is: nothing will be done until somebody thaws it
}
