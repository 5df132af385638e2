package catcher

import (
	"context"
	"sync"
	"time"
)

// Run does what is done beside, until ctx ends: it indexes mail for the search, and
// removes messages that have passed Caps.Age. (Append does so too; Run is for when
// no mail comes.)
func (c *Catcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var indexing sync.WaitGroup
	defer indexing.Wait()
	defer cancel()
	indexing.Go(func() { c.index.Run(ctx) })
	return c.expire(ctx)
}

func (c *Catcher) expire(ctx context.Context) error {
	age := c.cfg.Caps.Age
	if age <= 0 {
		<-ctx.Done()
		return nil
	}
	every := min(max(age/20, time.Second), time.Minute)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.cfg.Clock.After(every):
		}
		n, err := c.store.Expire(ctx, c.cfg.Clock.Now().Add(-age))
		if err != nil && ctx.Err() == nil {
			return err
		}
		if n > 0 {
			c.cfg.Log.Info("old messages removed", "count", n, "age", age)
		}
	}
}
