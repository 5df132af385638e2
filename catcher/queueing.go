package catcher

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/relay"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// Hops describes where the queue brings mail, by name.
func (c *Catcher) Hops() []mail.Hop {
	list := c.queue.Hops()
	for i := range list {
		list[i].Name = mail.WithoutPassword(list[i].Name)
	}
	return list
}

// NextDue says when the queue acts next; false when it has nothing to do.
func (c *Catcher) NextDue() (time.Time, bool) { return c.queue.NextDue() }

// Coming lists what falls due, soonest first, at most so many seconds at one hop.
func (c *Catcher) Coming(limit int) []mail.Coming {
	list := c.queue.Coming(limit)
	for i := range list {
		list[i].Hop = mail.WithoutPassword(list[i].Hop)
	}
	return list
}

// ActOnMail does something to deliveries in the queue (RequeueMail: outside it) and
// returns to how many. It ends at the first for which that is not possible: the
// error is store.ErrNotFound, queue.ErrNotQueued, or about the route.
func (c *Catcher) ActOnMail(ctx context.Context, do mail.QueueAction, route string, ids ...mail.DeliveryID) (int, error) {
	var err error
	switch do {
	case mail.RetryMail:
		err = c.queue.Retry(ctx, ids...)
	case mail.FreezeMail:
		err = c.queue.Freeze(ctx, ids...)
	case mail.ThawMail:
		err = c.queue.Thaw(ctx, ids...)
	case mail.BounceMail, mail.DeleteMail:
		err = c.queue.Drop(ctx, do == mail.BounceMail, ids...)
	case mail.RerouteMail:
		if err = c.checkRoute(route); err == nil {
			err = c.queue.Reroute(ctx, route, ids...)
		}
	case mail.RequeueMail:
		err = c.queue.Requeue(ctx, ids...)
	default:
		err = fmt.Errorf("no such action: %q", do)
	}
	if err != nil {
		return 0, err
	}
	return len(ids), nil
}

// checkRoute refuses what the queue could not do.
func (c *Catcher) checkRoute(route string) error {
	a, err := rule.ParseAction(route)
	if err != nil {
		return err
	}
	switch a.Kind {
	case rule.Relay:
		return c.checkHop(a.URL)
	case rule.Keep, rule.Bounce, rule.Defer:
		return nil
	}
	return fmt.Errorf("the queue cannot %s: want relay, keep, bounce or defer", a.Kind)
}

func (c *Catcher) checkHop(url string) error {
	hop, err := relay.ParseHop(url)
	if err == nil && hop.Direct && !c.cfg.Queue.Direct {
		err = fmt.Errorf("direct delivery is not allowed (--allow-direct)")
	}
	return err
}

// ActOnHop does something to all that waits for a next hop, and returns to how many
// deliveries. The error is store.ErrNotFound when nothing ever did, or about the route.
func (c *Catcher) ActOnHop(ctx context.Context, do mail.QueueAction, route, hop string) (int, error) {
	hops := c.queue.Hops()
	i := slices.IndexFunc(hops, func(h mail.Hop) bool { return h.Name == hop || mail.WithoutPassword(h.Name) == hop })
	if i < 0 {
		return 0, store.ErrNotFound
	}
	name := hops[i].Name
	switch do {
	case mail.RetryMail:
		return hops[i].Waiting, c.queue.RetryHop(ctx, name)
	case mail.FreezeMail:
		c.queue.FreezeHop(name)
		return hops[i].Waiting, nil
	case mail.ThawMail:
		c.queue.ThawHop(name)
		return hops[i].Waiting, nil
	case mail.BounceMail, mail.DeleteMail:
		return hops[i].Waiting, c.queue.DropHop(ctx, do == mail.BounceMail, name)
	case mail.RerouteMail:
		if err := c.checkRoute(route); err != nil {
			return 0, err
		}
		return hops[i].Waiting, c.queue.RerouteHop(ctx, route, name)
	}
	return 0, fmt.Errorf("that cannot be done to a hop: %q", do)
}
