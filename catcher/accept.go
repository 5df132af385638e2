package catcher

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/postroom/postroom/catcher/mail"
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
	if len(env.To) == 0 {
		return mail.Receipt{}, &mail.Reply{Code: 503, Enhanced: [3]int{5, 5, 1}, Text: "No recipients"}
	}
	body, err := store.Spool(r)
	if err != nil {
		return mail.Receipt{}, fmt.Errorf("read the body: %w", err)
	}
	m, err := c.store.Append(ctx, body, mail.Message{
		Received:   c.cfg.Clock.Now(),
		Envelope:   env,
		Deliveries: c.deliveries(env.To),
	})
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return mail.Receipt{}, noRoom("Message is larger than the store (--max-bytes)")
	case errors.Is(err, store.ErrFull):
		c.cfg.Log.Error("message not accepted", "err", err)
		return mail.Receipt{}, noRoom("Insufficient system storage")
	case err != nil:
		return mail.Receipt{}, fmt.Errorf("keep the message: %w", err)
	}
	return mail.Receipt{ID: m.ID, Deliveries: len(m.Deliveries)}, nil
}

// noRoom is the reply to a message for which there is none: RFC 5321 §4.2.2, RFC
// 3463 §3.4.
func noRoom(text string) *mail.Reply {
	return &mail.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}, Text: text}
}

// deliveries gives each mailbox one delivery, however often it was named. A name
// without a domain, such as postmaster, is one at our own.
func (c *Catcher) deliveries(to []mail.Rcpt) []mail.Delivery {
	list := make([]mail.Delivery, 0, len(to))
	var seen map[string]bool // not needed for one recipient, as most mail has
	if len(to) > 1 {
		seen = make(map[string]bool, len(to))
	}
	for _, rcpt := range to {
		box := c.box(rcpt.Address)
		if seen[box] {
			continue
		}
		if seen != nil {
			seen[box] = true
		}
		list = append(list, mail.Delivery{Rcpt: rcpt, Box: box, State: mail.Delivered})
	}
	return list
}

func (c *Catcher) box(address string) string {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return mail.Box(address)
	}
	return a.Within(c.cfg.Domain).Box()
}
