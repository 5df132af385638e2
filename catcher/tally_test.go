package catcher

import (
	"testing"

	"github.com/postroom/postroom/catcher/mail"
)

func TestTally(t *testing.T) {
	t.Parallel()
	in := func(box string, state mail.State, trail ...mail.Step) mail.Delivery {
		return mail.Delivery{Box: box, State: state, Trail: trail}
	}
	updated := func(from string, was mail.State, steps int, d mail.Delivery) mail.Change {
		return mail.Change{Kind: mail.Updated, From: from, Was: was, Steps: steps, Deliveries: []mail.Delivery{d}}
	}
	asked, ours := mail.Step{Did: "deferred", Host: "mail.test:25"}, mail.Step{Did: "expired"}
	for name, c := range map[string]struct {
		change mail.Change
		want   mail.Tally
	}{
		"a message for all places": {
			mail.Change{Kind: mail.Added, Message: &mail.Message{Size: 7}, Deliveries: []mail.Delivery{
				in("a@x.test", mail.Delivered), in("b@x.test", mail.Delivered), in(mail.QueueBox, mail.Queued), in(mail.QueueBox, mail.Held), in(mail.BadmailBox, mail.Lost),
			}},
			mail.Tally{Received: 1, Octets: 7, Delivered: 2, Queued: 2, Lost: 1},
		},
		"read":               {updated("", mail.Delivered, 0, in("a@x.test", mail.Delivered)), mail.Tally{}},
		"deferred":           {updated("", mail.Queued, 1, in(mail.QueueBox, mail.Queued, asked, asked)), mail.Tally{Tried: 1}},
		"relayed":            {updated(mail.QueueBox, mail.Queued, 1, in(mail.DoneBox, mail.Relayed, asked, asked)), mail.Tally{Tried: 1, Relayed: 1}},
		"relayed, to report": {updated("", mail.Queued, 1, in(mail.QueueBox, mail.Relayed, asked)), mail.Tally{Tried: 1, Relayed: 1}},
		"reported":           {updated(mail.QueueBox, mail.Relayed, 0, in(mail.DoneBox, mail.Relayed)), mail.Tally{}},
		"given up":           {updated(mail.QueueBox, mail.Bouncing, 1, in(mail.DoneBox, mail.Bounced, asked, ours)), mail.Tally{Bounced: 1}},
		"lost":               {updated(mail.QueueBox, mail.Bouncing, 0, in(mail.BadmailBox, mail.Lost)), mail.Tally{Lost: 1}},
		"kept":               {updated(mail.QueueBox, mail.Queued, 0, in("a@x.test", mail.Delivered)), mail.Tally{Delivered: 1}},
		"requeued":           {updated(mail.BadmailBox, mail.Lost, 0, in(mail.QueueBox, mail.Queued)), mail.Tally{Queued: 1}},
		"refused":            {mail.Change{Kind: mail.Attempted, Attempt: &mail.Attempt{Did: "refused"}}, mail.Tally{Refused: 1}},
		"discarded":          {mail.Change{Kind: mail.Attempted, Attempt: &mail.Attempt{Did: "discarded"}}, mail.Tally{Discarded: 1}},
		"deleted":            {mail.Change{Kind: mail.Removed, Deliveries: []mail.Delivery{in("a@x.test", mail.Delivered)}}, mail.Tally{}},
	} {
		var n tally
		n.note(&c.change)
		if n.n != c.want {
			t.Errorf("%s: %+v, want %+v", name, n.n, c.want)
		}
	}
}
