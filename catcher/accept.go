package catcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// Accept is the one door: it takes a mail for all recipients of the envelope,
// or for none. When it returns without an error the message can be found
// everywhere. A body that comes as a fresh *store.BodyReader is kept without a
// copy.
//
// An error that is a *mail.Reply is meant for the client. When the body cannot
// be read to its end, the error of the reader is returned and nothing is kept.
func (c *Catcher) Accept(ctx context.Context, env mail.Envelope, r io.Reader) (mail.Receipt, error) {
	return c.accept(ctx, env, r, "", mail.Step{})
}

// accept is Accept, but for mail that has its route already: all of that goes into
// the queue, with this first step.
func (c *Catcher) accept(ctx context.Context, env mail.Envelope, r io.Reader, route string, step mail.Step) (mail.Receipt, error) {
	if len(env.To) == 0 {
		return mail.Receipt{}, &mail.Reply{Code: 503, Enhanced: [3]int{5, 5, 1}, Text: "No recipients"}
	}
	body, err := store.Spool(r)
	if err != nil {
		return mail.Receipt{}, fmt.Errorf("read the body: %w", err)
	}
	to := routing{c: c, env: &env, body: body}
	to.begin()
	if route == "" {
		to.decide()
	} else {
		to.force(route, step)
	}
	if len(to.deliveries) == 0 {
		return c.discard(&to, body)
	}
	start := time.Now()
	m, err := c.store.Append(ctx, body, mail.Message{Received: to.facts.Now, Envelope: env, Deliveries: to.deliveries})
	c.appends.note(time.Since(start))
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return mail.Receipt{}, noRoom("Message is larger than the store (--max-bytes)")
	case errors.Is(err, store.ErrFull):
		c.cfg.Log.Error("message not accepted", "err", err)
		return mail.Receipt{}, noRoom("Insufficient system storage")
	case err != nil:
		return mail.Receipt{}, fmt.Errorf("keep the message: %w", err)
	}
	if len(to.discarded) > 0 {
		c.noteDiscarded(&to, m.ID, nil)
	}
	return mail.Receipt{ID: m.ID, Deliveries: len(m.Deliveries)}, nil
}

// discard is for mail of which rules keep nothing.
func (c *Catcher) discard(to *routing, body *store.Body) (mail.Receipt, error) {
	id, err := c.ids.Next(to.facts.Now)
	if err != nil {
		return mail.Receipt{}, err
	}
	c.noteDiscarded(to, id, body)
	return mail.Receipt{ID: id}, nil
}

// noteDiscarded tells what rules have had thrown away.
func (c *Catcher) noteDiscarded(to *routing, id mail.ID, body *store.Body) {
	a := mail.Attempt{
		At: to.facts.Now, Stage: string(rule.Route), Did: "discarded", Rule: to.rule,
		Session: to.env.Session, From: to.env.From, To: to.discarded, Size: to.facts.Size,
	}
	if body != nil {
		a.ID = id
	} else {
		a.Message = id
	}
	c.attempted(a, body)
}

// noRoom is the reply to a message for which there is none: RFC 5321 §4.2.2, RFC
// 3463 §3.4.
func noRoom(text string) *mail.Reply {
	return &mail.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: text}
}

func (c *Catcher) box(address string) string {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return mail.Box(address)
	}
	return a.Within(c.cfg.Domain).Box()
}
