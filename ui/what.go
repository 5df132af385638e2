package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// Words are those that say what happened in an event, in their order: see
// api.Event.
func Words() []string {
	return []string{
		"received", "delivered", "queued", "held", "attempt", "relayed", "deferred", "delayed", "bounced", "reported", "badmail",
		"seen", "unseen", "moved", "refused", "dropped", "hung", "garbled", "discarded",
		"deleted", "expired", "evicted", "cleared", "rule", "clock",
	}
}

// what says what happened by a change.
func what(c *mail.Change) []string {
	said := []string{}
	switch c.Kind {
	case mail.Added:
		said = append(said, "received")
		for i := range c.Deliveries {
			said = append(said, ofState(c.Deliveries[i].State))
		}
	case mail.Updated:
		said = ofUpdate(c)
	case mail.Removed:
		said = append(said, string(c.Why))
	case mail.Attempted:
		said = append(said, c.Attempt.Did)
	default: // Cleared, RuleObeyed, ClockMoved
		said = append(said, string(c.Kind))
	}
	return slices.DeleteFunc(Words(), func(word string) bool { return !slices.Contains(said, word) })
}

// ofUpdate goes by what differs, and by the new steps.
func ofUpdate(c *mail.Change) []string {
	d := &c.Deliveries[0]
	var said []string
	for i := range newSteps(c) {
		said = append(said, ofStep(&newSteps(c)[i])...)
	}
	if d.State != c.Was {
		said = append(said, ofState(d.State))
	}
	if c.Marked && d.Seen {
		said = append(said, "seen")
	} else if c.Marked {
		said = append(said, "unseen")
	}
	if c.From != "" {
		said = append(said, "moved")
	}
	return said
}

// newSteps are those that an update has added.
func newSteps(c *mail.Change) []mail.Step {
	trail := c.Deliveries[0].Trail
	return trail[len(trail)-min(c.Steps, len(trail)):]
}

// ofState is the word for a state that a delivery has come to; "" for none.
func ofState(s mail.State) string {
	switch s {
	case mail.Lost:
		return "badmail"
	case mail.Bouncing:
		return ""
	}
	return string(s) // the others are called alike
}

// ofStep is what a step of a trail tells. What the queue calls expired is told by
// what follows from it.
func ofStep(s *mail.Step) []string {
	switch s.Did {
	case "deferred":
		return []string{"attempt", "deferred"}
	case "relayed":
		return []string{"attempt", "relayed"}
	case "failed":
		if s.Host != "" {
			return []string{"attempt"}
		}
		return nil
	case "warned":
		return []string{"delayed"}
	case "lost":
		return []string{"badmail"}
	case "retried", "thawed", "rerouted":
		return []string{"queued"}
	case "expired":
		return nil
	}
	return []string{s.Did} // what is no word counts for nothing
}

// A filter says which events somebody wants.
type filter struct {
	backend Backend
	box     string   // only events that concern it; "" for all
	words   []string // only those with one of them; none for all
	asked   bool     // the words were asked for, and are no default
	query   string   // only events of messages that it finds; "" for all
}

// newFilter checks words and query. The error says what is wrong with which.
func newFilter(b Backend, box string, words []string, queryText string) (*filter, error) {
	for _, word := range words {
		if !slices.Contains(Words(), word) {
			return nil, fmt.Errorf("%.40q is not what happens; there are %s", word, strings.Join(Words(), ", "))
		}
	}
	return &filter{backend: b, box: box, words: words, asked: len(words) > 0, query: queryText}, nil
}

// wants says whether an event passes all but the query.
func (f *filter) wants(c *mail.Change) bool {
	if c.Kind == lagged {
		return true
	}
	if !concerns(*c, f.box) || f.query != "" && c.Message == nil && !f.asked {
		return false
	}
	return len(f.words) == 0 || slices.ContainsFunc(what(c), func(word string) bool { return slices.Contains(f.words, word) })
}

// finds says whether the query finds the message of an event, as it is now; one
// that is gone it does not find. Events without a message pass.
func (f *filter) finds(ctx context.Context, e *event.Event) (bool, error) {
	if f.query == "" || e.Message == nil {
		return true, nil
	}
	q, err := query.Parse(ofMessage(f.query, e.Message.ID), f.backend.Clock().Now())
	if err != nil {
		return false, err
	}
	page, err := f.backend.Search(ctx, store.Query{Box: f.box, Limit: 1, Bare: true}, q)
	return len(page.Messages) > 0, err
}

// ofMessage is a query for one message only.
func ofMessage(text string, id mail.ID) string { return "id:" + id.String() + " (" + text + ")" }

// checkQuery refuses a query that could not be asked of each message.
func checkQuery(text string, now time.Time) error {
	if text == "" {
		return nil
	}
	if _, err := query.Parse(text, now); err != nil {
		return err
	}
	_, err := query.Parse(ofMessage(text, mail.ID{}), now)
	return err
}
