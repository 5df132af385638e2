package catcher

import (
	"context"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/store"
)

// checkEvery is how long the outcome of a check holds: those who ask often shall
// not keep the disk busy.
const checkEvery = time.Second

// A check is the latest try to write.
type check struct {
	mu   sync.Mutex // guards all below, and is held during the try
	when time.Time  // by the system's clock; zero: never
	err  error
}

// CheckStore says why the store could not keep a message now; nil when it could.
// It tries at most once a second.
func (c *Catcher) CheckStore(ctx context.Context) error {
	checker, ok := c.store.(store.Checker)
	if !ok {
		return nil
	}
	c.check.mu.Lock()
	defer c.check.mu.Unlock()
	if now := time.Now(); c.check.when.IsZero() || now.Sub(c.check.when) >= checkEvery {
		c.check.when, c.check.err = now, checker.Check(ctx)
	}
	return c.check.err
}
