package catcher

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/postroom/postroom/catcher/dsn"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/queue"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A report is mail that we send about mail: it comes in through Accept like any
// other, with the null sender.

// report sends what is due about deliveries of a message: see queue.Config.
func (c *Catcher) report(ctx context.Context, kind queue.Kind, m mail.Message, ds []mail.Delivery, a rule.Action) (mail.ID, error) {
	switch kind {
	case queue.AutoReply:
		return c.autoReply(ctx, &m, ds[0], a)
	case queue.Complaint:
		return c.complain(ctx, &m, ds[0], a)
	}
	if m.Envelope.From == "" { // RFC 3461 §6.1: nobody is to be told
		return mail.ID{}, nil
	}
	return c.notify(ctx, dsn.Action(kind), &m, ds, a.Dialect)
}

// notify sends a delivery status notification about deliveries of a message, for
// which it is due, and returns its ID.
func (c *Catcher) notify(ctx context.Context, kind dsn.Action, m *mail.Message, ds []mail.Delivery, dialect string) (mail.ID, error) {
	original, err := c.original(ctx, m)
	if err != nil {
		return mail.ID{}, err
	}
	now := c.cfg.Clock.Now()
	r := dsn.Report{
		Action: kind, Dialect: dsn.Dialect(dialect), Host: c.cfg.Domain, Now: now,
		ID: reportID(m, ds), Original: original,
	}
	for _, d := range ds {
		r.Recipients = append(r.Recipients, c.recipient(m, d))
	}
	to := []mail.Rcpt{{Address: m.Envelope.From}}
	if kind == dsn.Failed && c.cfg.Queue.CopyBounces != "" {
		to = append(to, mail.Rcpt{Address: c.cfg.Queue.CopyBounces})
	}
	return c.send(ctx, string(kind), m, ds, to, func(w io.Writer) error { return dsn.Write(w, &r) })
}

// recipient is what the delivery's trail says of its fate.
func (c *Catcher) recipient(m *mail.Message, d mail.Delivery) dsn.Recipient {
	r := dsn.Recipient{Rcpt: d.Rcpt, RetryTill: m.Received.Add(c.cfg.Queue.schedule().Expire)}
	for _, step := range slices.Backward(d.Trail) {
		if step.Reply != nil && r.Reply == nil {
			r.Reply, r.Remote = step.Reply, hostOf(step.Host)
		}
		if step.Host != "" && r.LastTry.IsZero() {
			r.LastTry = step.At
		}
	}
	return r
}

// How much of a message is read to report about it: most return as their header,
// and none comes back that is larger.
const (
	maxHeader   = 256 << 10
	maxReturned = 10 << 20
)

// original is what a report says of the message.
func (c *Catcher) original(ctx context.Context, m *mail.Message) (dsn.Original, error) {
	body, err := c.store.Open(ctx, m.ID)
	if err != nil {
		return dsn.Original{}, err
	}
	defer body.Close()
	limit := int64(maxHeader)
	if m.Envelope.Ret == "FULL" {
		limit = maxReturned
	}
	part, err := io.ReadAll(io.LimitReader(body, limit))
	return dsn.Original{Envelope: m.Envelope, Received: m.Received, Body: part, Size: m.Size}, err
}

// autoReply sends what somebody who is away sends, if that is fitting.
func (c *Catcher) autoReply(ctx context.Context, m *mail.Message, d mail.Delivery, a rule.Action) (mail.ID, error) {
	original, err := c.original(ctx, m)
	if err != nil {
		return mail.ID{}, err
	}
	if may, why := dsn.MayReply(&original); !may {
		c.cfg.Log.Debug("no automatic reply", "message", m.ID, "why", why)
		return mail.ID{}, nil
	}
	ds := []mail.Delivery{d}
	reply := dsn.Auto{
		Host: c.cfg.Domain, Now: c.cfg.Clock.Now(), ID: reportID(m, ds),
		From: d.Rcpt.Address, Text: a.Text, Original: original,
	}
	to := []mail.Rcpt{{Address: m.Envelope.From}}
	return c.send(ctx, "autoreply", m, ds, to, func(w io.Writer) error { return dsn.AutoReply(w, &reply) })
}

// complain sends an abuse complaint about the message.
func (c *Catcher) complain(ctx context.Context, m *mail.Message, d mail.Delivery, a rule.Action) (mail.ID, error) {
	original, err := c.original(ctx, m)
	if err != nil || m.Envelope.From == "" {
		return mail.ID{}, err
	}
	ds := []mail.Delivery{d}
	complaint := dsn.Complaining{
		Host: c.cfg.Domain, Dialect: dsn.Dialect(a.Dialect), Now: c.cfg.Clock.Now(), ID: reportID(m, ds),
		Recipient: d.Rcpt.Address, Original: original,
	}
	to := []mail.Rcpt{{Address: m.Envelope.From}}
	return c.send(ctx, "complaint", m, ds, to, func(w io.Writer) error { return dsn.Complaint(w, &complaint) })
}

// send has a report accepted.
func (c *Catcher) send(ctx context.Context, kind string, m *mail.Message, ds []mail.Delivery, to []mail.Rcpt, write func(io.Writer) error) (mail.ID, error) {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return mail.ID{}, fmt.Errorf("write the report: %w", err)
	}
	receipt, err := c.Accept(ctx, mail.Envelope{
		To: to, UTF8: m.Envelope.UTF8,
		Session: &mail.Session{ID: sessionOf(kind, m, ds), Started: c.cfg.Clock.Now(), Protocol: "REPORT", Local: c.cfg.Domain},
	}, &text)
	if err != nil {
		return mail.ID{}, fmt.Errorf("accept the report: %w", err)
	}
	return receipt.ID, nil
}

// sessionOf names what a report is about, so that it can be found again:
// "failed 01ARZ… 0.2".
func sessionOf(kind string, m *mail.Message, ds []mail.Delivery) string {
	return kind + " " + m.ID.String() + " " + numbers(ds)
}

func reportID(m *mail.Message, ds []mail.Delivery) string {
	return m.ID.String() + "x" + strings.ReplaceAll(numbers(ds), ".", "x")
}

func numbers(ds []mail.Delivery) string {
	list := make([]string, len(ds))
	for i, d := range ds {
		list[i] = strconv.Itoa(d.ID.N)
	}
	return strings.Join(list, ".")
}

// reported finds the report about a delivery, if it was sent: after a crash nobody
// else knows.
func (c *Catcher) reported(ctx context.Context, kind queue.Kind, m mail.Message, d mail.Delivery) (mail.ID, bool) {
	prefix, n := string(kind)+" "+m.ID.String()+" ", strconv.Itoa(d.ID.N)
	for after := m.ID; ; {
		page, err := c.store.List(ctx, store.Query{After: after, Oldest: true, Limit: 500})
		if err != nil {
			return mail.ID{}, false
		}
		for i := range page.Messages {
			r := &page.Messages[i]
			after = r.ID
			if s := r.Envelope.Session; s != nil {
				if list, ok := strings.CutPrefix(s.ID, prefix); ok && slices.Contains(strings.Split(list, "."), n) {
					return r.ID, true
				}
			}
		}
		if !page.More {
			return mail.ID{}, false
		}
	}
}
