package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// ErrNotQueued is returned, wrapped, for a delivery that is not in the queue, or,
// by Requeue, for one that is.
var ErrNotQueued = errors.New("not in the queue")

// Retry makes deliveries due now. Those that are held, or given up, stay as they are.
//
// Like all that follow it goes through the deliveries in order, and ends at the
// first that fails: store.ErrNotFound, ErrNotQueued, or what the store says.
func (q *Queue) Retry(ctx context.Context, ids ...mail.DeliveryID) error {
	return q.retry(ctx, strict, ids)
}

func (q *Queue) retry(ctx context.Context, how care, ids []mail.DeliveryID) error {
	_, err := q.each(ctx, how, ids, func(d *mail.Delivery, now time.Time) {
		if d.State == mail.Queued {
			d.Next = now
			*d = tell(*d, mail.Step{At: now, Did: "retried"})
		}
	})
	return err
}

// Freeze holds deliveries until Thaw. Twice is fine.
func (q *Queue) Freeze(ctx context.Context, ids ...mail.DeliveryID) error {
	_, err := q.each(ctx, strict, ids, func(d *mail.Delivery, now time.Time) {
		if d.State == mail.Queued {
			d.State = mail.Held
			*d = tell(*d, mail.Step{At: now, Did: "held"})
		}
	})
	return err
}

// Thaw lets held deliveries go on; they are tried when they would have been.
func (q *Queue) Thaw(ctx context.Context, ids ...mail.DeliveryID) error {
	_, err := q.each(ctx, strict, ids, func(d *mail.Delivery, now time.Time) {
		if d.State == mail.Held {
			d.State = mail.Queued
			*d = tell(*d, mail.Step{At: now, Did: "thawed"})
		}
	})
	return err
}

// Drop takes deliveries out of the queue: with bounce as failed, which the sender
// is told, and else without a trace.
func (q *Queue) Drop(ctx context.Context, bounce bool, ids ...mail.DeliveryID) error {
	return q.giveUp(ctx, strict, bounce, ids)
}

func (q *Queue) giveUp(ctx context.Context, how care, bounce bool, ids []mail.DeliveryID) error {
	there, err := q.each(ctx, how, ids, func(d *mail.Delivery, now time.Time) {
		if bounce && (d.State == mail.Queued || d.State == mail.Held) {
			d.State, d.Next = mail.Bouncing, now
			*d = tell(*d, mail.Step{At: now, Did: didFailed, Reply: &mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Taken out of the queue by its operator"}})
		}
	})
	if err != nil || bounce {
		return err
	}
	_, err = q.cfg.Store.Delete(ctx, there...)
	return err
}

// Reroute gives deliveries another route and makes them due now, unless held.
func (q *Queue) Reroute(ctx context.Context, route string, ids ...mail.DeliveryID) error {
	return q.reroute(ctx, strict, route, ids)
}

func (q *Queue) reroute(ctx context.Context, how care, route string, ids []mail.DeliveryID) error {
	if _, err := q.cfg.Parse(route); err != nil {
		return fmt.Errorf("route %q: %w", route, err)
	}
	_, err := q.each(ctx, how, ids, func(d *mail.Delivery, now time.Time) {
		if d.State == mail.Queued || d.State == mail.Held {
			d.Route, d.Next = route, now
			*d = tell(*d, mail.Step{At: now, Did: "rerouted"})
		}
	})
	return err
}

// Requeue puts deliveries that have left the queue for Badmail or elsewhere back
// into it, with the route that they had; all is counted anew.
func (q *Queue) Requeue(ctx context.Context, ids ...mail.DeliveryID) error {
	for _, id := range ids {
		_, err := q.cfg.Store.Update(ctx, id, func(d *mail.Delivery) error {
			if d.Box != mail.BadmailBox && d.Box != mail.DoneBox || d.Route == "" {
				return fmt.Errorf("delivery %v/%d in %s: %w", id.Message, id.N, d.Box, ErrNotQueued)
			}
			now := q.cfg.Clock.Now()
			d.Box, d.State, d.Next = mail.QueueBox, mail.Queued, now
			*d = tell(*d, mail.Step{At: now, Did: didQueued})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// care says what an action does about deliveries that are not in the queue.
type care bool

const (
	strict care = false // it ends there
	lax    care = true  // it leaves them out: they left while it was at work
)

// each changes deliveries, and returns those that were there.
func (q *Queue) each(ctx context.Context, how care, ids []mail.DeliveryID, change func(d *mail.Delivery, now time.Time)) ([]mail.DeliveryID, error) {
	q.act(1)
	defer q.act(-1)
	var there []mail.DeliveryID
	for _, id := range ids {
		_, err := q.cfg.Store.Update(ctx, id, func(d *mail.Delivery) error {
			if d.Box != mail.QueueBox {
				return fmt.Errorf("delivery %v/%d: %w", id.Message, id.N, ErrNotQueued)
			}
			change(d, q.cfg.Clock.Now())
			return nil
		})
		switch {
		case err == nil:
			there = append(there, id)
		case how == strict || !errors.Is(err, ErrNotQueued) && !errors.Is(err, store.ErrNotFound):
			return there, err
		}
	}
	return there, nil
}

// act keeps the loop from acting on one half of what belongs together.
func (q *Queue) act(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.acting += n
	q.finished()
}

// Hops lists the next hops by name.
func (q *Queue) Hops() []mail.Hop {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, list := q.cfg.Clock.Now(), []mail.Hop{}
	for name, h := range q.hops {
		s := mail.Hop{Name: name, Frozen: h.frozen, Waiting: h.count, Held: h.held, Active: h.busy, Last: h.last, Connections: h.working}
		for _, e := range h.waiting {
			if !e.at.After(now) {
				s.Due++
			}
		}
		s.Next, _ = h.next()
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b mail.Hop) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// FreezeHop lets nothing more go to a hop; it takes new mail all the same. The hop
// need not have any yet. A frozen hop thaws when the process ends.
func (q *Queue) FreezeHop(name string) { q.setFrozen(name, true) }

// ThawHop undoes FreezeHop.
func (q *Queue) ThawHop(name string) { q.setFrozen(name, false) }

func (q *Queue) setFrozen(name string, frozen bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.hops[name]
	if h == nil {
		h = &hop{name: name}
		q.hops[name] = h
	}
	h.frozen = frozen
	q.tidy(h)
	q.finished()
}

// RetryHop is Retry for all that waits for a hop. What leaves meanwhile is left out,
// here and by what follows.
func (q *Queue) RetryHop(ctx context.Context, name string) error {
	return q.retry(ctx, lax, q.of(name))
}

// DropHop is Drop for all that waits for a hop.
func (q *Queue) DropHop(ctx context.Context, bounce bool, name string) error {
	return q.giveUp(ctx, lax, bounce, q.of(name))
}

// RerouteHop is Reroute for all that waits for a hop.
func (q *Queue) RerouteHop(ctx context.Context, route, name string) error {
	return q.reroute(ctx, lax, route, q.of(name))
}

func (q *Queue) of(name string) []mail.DeliveryID {
	q.mu.Lock()
	defer q.mu.Unlock()
	var ids []mail.DeliveryID
	for id, e := range q.entries {
		if e.hop.name == name {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b mail.DeliveryID) int {
		if c := a.Message.Compare(b.Message); c != 0 {
			return c
		}
		return a.N - b.N
	})
	return ids
}
