package catcher

import (
	"context"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// Release sends a message that was caught on to other recipients, by way of a next
// hop ("smtp://mail:2525"): a copy with the given envelope goes into the queue,
// whatever rules say. The original stays as it is. The error is store.ErrNotFound, or
// about the hop.
func (c *Catcher) Release(ctx context.Context, id mail.ID, from string, to []mail.Rcpt, hop string) (mail.Receipt, error) {
	if err := c.checkHop(hop); err != nil {
		return mail.Receipt{}, err
	}
	m, err := c.store.Get(ctx, id)
	if err != nil {
		return mail.Receipt{}, err
	}
	r, err := c.store.Open(ctx, id)
	if err != nil {
		return mail.Receipt{}, err
	}
	defer r.Close()
	now := c.cfg.Clock.Now()
	env := mail.Envelope{
		From: from, To: to, Body: m.Envelope.Body, UTF8: m.Envelope.UTF8,
		Session: &mail.Session{ID: "release " + id.String(), Started: now, Protocol: "RELEASE", Local: c.cfg.Domain},
	}
	route := rule.Action{Kind: rule.Relay, URL: hop}.String()
	return c.accept(ctx, env, r, route, mail.Step{At: now, Did: "released", Ref: id})
}
