package catcher

import (
	"context"
	"io"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// Dispatch takes in a mail and sends it to its recipients by way of a next hop, whatever
// rules say. The error is about the hop, or as that of Accept.
func (c *Catcher) Dispatch(ctx context.Context, env mail.Envelope, r io.Reader, hop string) (mail.Receipt, error) {
	if err := c.checkHop(hop); err != nil {
		return mail.Receipt{}, err
	}
	route := rule.Action{Kind: rule.Relay, URL: hop}.String()
	return c.accept(ctx, env, r, route, mail.Step{At: c.cfg.Clock.Now(), Did: "queued"})
}

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
