package catcher

import (
	"sync"

	"github.com/postroom/postroom/catcher/mail"
)

// A tally counts what changes tell.
type tally struct {
	mu       sync.Mutex // guards all below
	n        mail.Tally
	refusals refusals
}

// Tally says how often things have happened since the catcher was made.
func (c *Catcher) Tally() mail.Tally {
	c.tally.mu.Lock()
	defer c.tally.mu.Unlock()
	n := c.tally.n
	n.Sessions = c.smtp.Guests().Begun
	return n
}

// note counts one change.
func (t *tally) note(c *mail.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch c.Kind {
	case mail.Added:
		t.n.Received++
		t.n.Octets += uint64(c.Message.Size)
		for i := range c.Deliveries {
			t.came(&c.Deliveries[i])
			t.became(c.Deliveries[i].State)
		}
	case mail.Updated:
		t.updated(c, &c.Deliveries[0])
	case mail.Attempted:
		t.refusals.note(c.Attempt)
		if c.Attempt.Did == "discarded" {
			t.n.Discarded++
		} else {
			t.n.Refused++
		}
	}
}

func (t *tally) updated(c *mail.Change, d *mail.Delivery) {
	if c.From != "" {
		t.came(d)
	}
	if c.Was != d.State {
		t.became(d.State)
	}
	for _, step := range d.Trail[len(d.Trail)-min(c.Steps, len(d.Trail)):] {
		if step.Host != "" {
			t.n.Tried++
		}
	}
}

// came counts that a delivery has come into its mailbox.
func (t *tally) came(d *mail.Delivery) {
	if d.Box == mail.QueueBox {
		t.n.Queued++
	}
}

// became counts that a delivery has come into a state.
func (t *tally) became(s mail.State) {
	switch s {
	case mail.Delivered:
		t.n.Delivered++
	case mail.Relayed:
		t.n.Relayed++
	case mail.Bounced:
		t.n.Bounced++
	case mail.Lost:
		t.n.Lost++
	}
}
