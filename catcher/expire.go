package catcher

import (
	"context"
	"sync"
	"time"
)

// Run does what is done beside, until ctx ends: it indexes mail for the search,
// works through the queue, and removes messages that have passed Caps.Age. (Append
// does so too; Run is for when no mail comes.)
func (c *Catcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { c.index.Run(ctx) })
	failed := make(chan error, 2)
	beside.Go(func() { failed <- c.queue.Run(ctx) })
	beside.Go(func() { failed <- c.expire(ctx) })
	for range 2 {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}

func (c *Catcher) expire(ctx context.Context) error {
	for {
		var due <-chan time.Time // never, without a limit
		if age := time.Duration(c.maxAge.Load()); age > 0 {
			due = c.cfg.Clock.After(min(max(age/20, time.Second), time.Minute))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.aged:
			continue
		case <-due:
		}
		if err := c.expireNow(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// expireNow removes what has passed Caps.Age.
func (c *Catcher) expireNow(ctx context.Context) error {
	age := time.Duration(c.maxAge.Load())
	if age <= 0 {
		return nil
	}
	n, err := c.store.Expire(ctx, c.cfg.Clock.Now().Add(-age))
	if n > 0 {
		c.cfg.Log.Info("old messages removed", "count", n, "age", age)
	}
	return err
}
