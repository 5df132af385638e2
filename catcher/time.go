package catcher

import (
	"context"
	"errors"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// ErrFixedClock is returned by Advance when Config.Clock is no *clock.Movable.
var ErrFixedClock = errors.New("the clock cannot be moved")

// Clock returns the clock of everything but the connections' own time-outs.
func (c *Catcher) Clock() clock.Clock { return c.cfg.Clock }

// Advance moves the clock ahead, from one moment at which something falls due to
// the next, and returns when all of it has run. Run must be running. When ctx ends
// before, the clock stays where it has come to.
func (c *Catcher) Advance(ctx context.Context, d time.Duration) error {
	m, ok := c.cfg.Clock.(*clock.Movable)
	if !ok {
		return ErrFixedClock
	}
	c.advancing.Lock()
	defer c.advancing.Unlock()
	for target := m.Now().Add(d); ; {
		if err := c.queue.Settled(ctx); err != nil {
			return err
		}
		next, some := c.queue.NextDue()
		if !some || next.After(target) {
			m.Advance(max(target.Sub(m.Now()), 0))
			return c.expireNow(ctx)
		}
		m.Advance(max(next.Sub(m.Now()), 0))
	}
}

// clockMoved tells that somebody did something to the clock.
func (c *Catcher) clockMoved(s clock.State) {
	now := mail.Clock(s)
	c.bus.Publish(s.Now, mail.Change{Kind: mail.ClockMoved, Clock: &now})
}
