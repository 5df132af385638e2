package queue

import (
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// A Fate is what an attempt makes of a delivery.
type Fate string

// The fates.
const (
	Done  Fate = "done"  // the next hop has it
	Retry Fate = "retry" // it is tried again at its Next
	Lost  Fate = "lost"  // it is given up
)

// A Schedule says when the queue tries again, warns and gives up. Zero fields
// stand for the defaults.
type Schedule struct {
	Retries []time.Duration // after the previous attempt; the last repeats; none: 15, 30, 60, 240 minutes
	Warn    time.Duration   // after receipt, the sender is told of the delay; 0: 12 hours; negative: never
	Expire  time.Duration   // after receipt, the queue gives up; 0: 48 hours
}

func (s Schedule) complete() Schedule {
	if len(s.Retries) == 0 {
		s.Retries = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour}
	}
	if s.Warn == 0 {
		s.Warn = 12 * time.Hour
	}
	if s.Expire == 0 {
		s.Expire = 48 * time.Hour
	}
	return s
}

// An Outcome is what came of one attempt for one delivery.
type Outcome struct {
	Reply *mail.Reply // the hop's, or one in place of it; nil is temporary
	Host  string      // that said it, as host:port; "" when nobody was asked
	DSN   bool        // the hop reports about the recipient from now on
}

// What the queue writes into trails.
const (
	didQueued   = "queued"   // it was put (back) into the queue: attempts count from here
	didDeferred = "deferred" // an attempt that failed for now
	didRelayed  = "relayed"
	didFailed   = "failed"  // an attempt that failed for good
	didExpired  = "expired" // given up: it took too long
	didBounced  = "bounced"
	didWarned   = "warned" // the sender was told of the delay
)

// Step says what an attempt makes of a delivery: it adds to the trail, and sets
// State and Next. It is pure; the trail of d is not written to. A delivery that
// would be tried next after it expires is tried when it expires, for the last time.
func Step(d mail.Delivery, received time.Time, r Outcome, now time.Time, s Schedule) (mail.Delivery, Fate) {
	s = s.complete()
	reply := r.Reply
	if reply == nil {
		reply = &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "Not possible now"}
	}
	step := mail.Step{At: now, Host: r.Host, Reply: reply}
	expiry := received.Add(s.Expire)
	switch {
	case reply.Code/100 == 2:
		step.Did = didRelayed
		d.State, d.Next = mail.Relayed, time.Time{}
		return tell(d, step), Done
	case reply.Code/100 == 5:
		step.Did = didFailed
		d.Next = time.Time{}
		return tell(d, step), Lost
	case !now.Before(expiry):
		step.Did = didDeferred
		d.Next = time.Time{}
		return tell(tell(d, step), mail.Step{At: now, Did: didExpired, Host: r.Host, Reply: expired(reply)}), Lost
	}
	step.Did = didDeferred
	d.State = mail.Queued
	d.Next = now.Add(s.Retries[min(attempts(d), len(s.Retries)-1)])
	if d.Next.After(expiry) {
		d.Next = expiry
	}
	return tell(d, step), Retry
}

// expired is the reason to give up on what was only ever put off: RFC 3463 §3.5.
func expired(last *mail.Reply) *mail.Reply {
	return &mail.Reply{Code: 550, Enhanced: [3]int{5, 4, 7}, Text: "Delivery time expired; last reply: " + last.Error()}
}

// attempts counts those that failed since the delivery was put into the queue.
func attempts(d mail.Delivery) int {
	n := 0
	for i := len(d.Trail) - 1; i >= 0 && d.Trail[i].Did != didQueued; i-- {
		if d.Trail[i].Did == didDeferred {
			n++
		}
	}
	return n
}

// since is when the time of the delivery in the queue began: with the receipt of
// the message, or when it was put back.
func since(d mail.Delivery, received time.Time) time.Time {
	for i := len(d.Trail) - 1; i >= 0; i-- {
		if d.Trail[i].Did == didQueued && d.Trail[i].At.After(received) {
			return d.Trail[i].At
		}
	}
	return received
}

// warned says whether the sender knows of the delay.
func warned(d mail.Delivery) bool {
	for i := len(d.Trail) - 1; i >= 0 && d.Trail[i].Did != didQueued; i-- {
		if d.Trail[i].Did == didWarned {
			return true
		}
	}
	return false
}

// tell adds a step to a copy of the trail.
func tell(d mail.Delivery, step mail.Step) mail.Delivery {
	d.Trail = append(d.Trail[:len(d.Trail):len(d.Trail)], step)
	return d
}
