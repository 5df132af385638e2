package catcher

import (
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// keptRefusals is how many kinds of refusals are told apart: rules that tests add
// have ever new names.
const keptRefusals = 200

// otherRules stands for the rules beyond that.
const otherRules = "(others)"

// A refusals counts what went wrong with clients.
type refusals map[mail.Refusal]uint64

// note counts an attempt; of the kinds, no more than there is room for.
func (n *refusals) note(a *mail.Attempt) {
	if *n == nil {
		*n = refusals{}
	}
	kind := mail.Refusal{Rule: a.Rule, Stage: a.Stage, Did: a.Did}
	if _, known := (*n)[kind]; !known && len(*n) >= keptRefusals {
		kind.Rule = otherRules
	}
	(*n)[kind]++
}

// Refusals says how often what has gone wrong with clients since the catcher was
// made.
func (c *Catcher) Refusals() map[mail.Refusal]uint64 {
	c.tally.mu.Lock()
	defer c.tally.mu.Unlock()
	list := make(map[mail.Refusal]uint64, len(c.tally.refusals))
	for kind, n := range c.tally.refusals {
		list[kind] = n
	}
	return list
}

// appendBounds are the upper bounds of the classes of AppendTimes.
var appendBounds = [...]time.Duration{
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second,
}

// A times counts how long something took, by classes. Whoever is counted waits for
// nobody.
type times struct {
	classes [len(appendBounds) + 1]atomic.Uint64 // the last is for what took longer
	sum     atomic.Int64                         // nanoseconds
}

func (t *times) note(d time.Duration) {
	class := 0
	for class < len(appendBounds) && d > appendBounds[class] {
		class++
	}
	t.classes[class].Add(1)
	t.sum.Add(int64(d))
}

// AppendTimes says how long the store took to keep messages, those included that
// it did not keep in the end.
func (c *Catcher) AppendTimes() mail.Times {
	t := &c.appends
	n := mail.Times{Bounds: appendBounds[:], Sum: time.Duration(t.sum.Load())}
	for i := range t.classes {
		n.Counts = append(n.Counts, t.classes[i].Load())
	}
	return n
}
