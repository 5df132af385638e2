package catcher

import (
	"context"
	"net"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/queue"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/search"
	"github.com/postroom/postroom/catcher/store"
)

// A routing finds out what becomes of the recipients of one message.
type routing struct {
	c          *Catcher
	env        *mail.Envelope
	body       *store.Body
	facts      rule.Facts
	deliveries []mail.Delivery
	seen       map[string]bool // mailboxes that were named before; nil for one recipient
	discarded  []string        // recipients
	rule       string          // that discarded the last of them
}

// begin notes what is known. Nothing is decided yet.
func (r *routing) begin() {
	r.deliveries = make([]mail.Delivery, 0, len(r.env.To))
	r.facts = rule.Facts{Stage: rule.Route, Now: r.c.cfg.Clock.Now(), From: r.env.From, Known: true, Size: r.body.Size()}
	if s := r.env.Session; s != nil {
		r.facts.Session = s.ID
		r.facts.Client, r.facts.Helo, r.facts.User, r.facts.TLS = clientOf(s), s.Helo, s.User, s.TLS
	}
	if r.c.rules.Asks(rule.Route) {
		r.facts.Message = document(r.facts.Now, r.env, r.body)
	}
}

// force has all of it go one way.
func (r *routing) force(route string, step mail.Step) {
	for _, rcpt := range r.env.To {
		r.queue(rcpt, route, r.facts.Now, []mail.Step{step})
	}
}

// decide gives each mailbox one delivery, however often it was named: there, in
// the queue, or wherever rules say. A name without a domain, such as postmaster,
// is one at our own.
func (r *routing) decide() {
	if len(r.env.To) > 1 {
		r.seen = make(map[string]bool, len(r.env.To))
	}
	for _, rcpt := range r.env.To {
		r.add(rcpt)
	}
}

// document is a message that has not been stored yet, for queries.
func document(received time.Time, env *mail.Envelope, body *store.Body) *query.Document {
	m := &mail.Message{Received: received, Envelope: *env, Size: body.Size(), Unterminated: body.Unterminated()}
	return &query.Document{Message: m, Load: func() (*query.Content, error) {
		return search.Content(mime.Skim(body.Reader(), body.Size())), nil
	}}
}

// atDot is document for those rules, if there are any.
func (c *Catcher) atDot(received time.Time, env *mail.Envelope, body *store.Body) *query.Document {
	if !c.rules.Asks(rule.Dot) {
		return nil
	}
	return document(received, env, body)
}

// AtRetr is a stored message for the rules of that stage; nil when there are none,
// or the message has gone.
func (c *Catcher) AtRetr(ctx context.Context, id mail.ID) *query.Document {
	if !c.rules.Asks(rule.Retr) {
		return nil
	}
	m, err := c.store.Get(ctx, id)
	if err != nil {
		return nil
	}
	return c.Document(&m, func() (store.Reader, error) { return c.store.Open(ctx, id) })
}

// Document is a message for queries. Open gives its bytes, when they are asked for.
func (c *Catcher) Document(m *mail.Message, open func() (store.Reader, error)) *query.Document {
	return &query.Document{Message: m, Load: func() (*query.Content, error) {
		body, err := open()
		if err != nil {
			return nil, err
		}
		defer body.Close()
		return search.Content(mime.Skim(body, m.Size)), nil
	}}
}

// clientOf is the client's address without its port.
func clientOf(s *mail.Session) string {
	host, _, err := net.SplitHostPort(s.Remote)
	if err != nil {
		return s.Remote
	}
	return host
}

func (r *routing) add(rcpt mail.Rcpt) {
	box := r.c.box(rcpt.Address)
	if r.seen[box] {
		return
	}
	if r.seen != nil {
		r.seen[box] = true
	}
	r.facts.To = append(r.facts.To[:0], rcpt.Address)
	if d := r.c.rules.Decide(&r.facts); len(d.Do) > 0 {
		r.obey(rcpt, box, d)
		return
	}
	r.keep(rcpt, box, nil)
}

// keep puts the mail into its mailbox. A sender who asked to be told is told.
func (r *routing) keep(rcpt mail.Rcpt, box string, trail []mail.Step) {
	r.deliveries = append(r.deliveries, mail.Delivery{Rcpt: rcpt, Box: box, State: mail.Delivered, Trail: trail})
	if rcpt.Notify&mail.NotifySuccess != 0 && r.env.From != "" {
		r.queue(rcpt, string(queue.Delivered), r.facts.Now, nil)
	}
}

// queue puts it into the queue, which does next what the route says.
func (r *routing) queue(rcpt mail.Rcpt, route string, next time.Time, trail []mail.Step) {
	r.deliveries = append(r.deliveries, mail.Delivery{
		Rcpt: rcpt, Box: mail.QueueBox, State: mail.Queued, Next: next, Route: route, Trail: trail,
	})
}

// obey does what a rule says.
func (r *routing) obey(rcpt mail.Rcpt, box string, d rule.Decision) {
	now := r.facts.Now
	trail := func(did string, reply *mail.Reply) []mail.Step {
		return []mail.Step{{At: now, Did: did, Rule: d.Rule, Reply: reply}}
	}
	for _, a := range d.Do {
		switch a.Kind {
		case rule.Keep:
			if a.After > 0 {
				r.queue(rcpt, string(rule.Keep), now.Add(a.After), trail("queued", nil))
			} else {
				r.keep(rcpt, box, trail("kept", nil))
			}
		case rule.Discard:
			r.discarded, r.rule = append(r.discarded, rcpt.Address), d.Rule
		case rule.Hold:
			r.queue(rcpt, string(rule.Keep), time.Time{}, trail("held", nil))
			r.deliveries[len(r.deliveries)-1].State = mail.Held
		case rule.Lose:
			r.deliveries = append(r.deliveries, mail.Delivery{Rcpt: rcpt, Box: mail.BadmailBox, State: mail.Lost, Route: string(rule.Keep), Trail: trail("lost", reason(a))})
		case rule.Warn, rule.AutoReply, rule.Complain:
			r.keep(rcpt, box, trail("kept", nil))
			r.queue(rcpt, a.String(), now.Add(a.After), trail("queued", nil))
		default: // Relay, Bounce, Defer
			r.queue(rcpt, a.String(), now.Add(a.After), trail("queued", nil))
		}
	}
}

// reason is the reply that an action gives, or nil for none.
func reason(a rule.Action) *mail.Reply {
	if a.Reply == (mail.Reply{}) {
		return nil
	}
	return &a.Reply
}
