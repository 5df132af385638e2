// Package clock is where the catcher gets the time from: the system's, or one
// that a test moves.
package clock

import (
	"slices"
	"sync"
	"time"
)

// A Clock tells the time and wakes whoever waits for it. It is safe for
// concurrent use.
type Clock interface {
	Now() time.Time
	// After sends the time once d has passed. A wait that nobody listens to any
	// more costs only its memory.
	After(d time.Duration) <-chan time.Time
}

// System is the clock of the machine.
type System struct{}

// Now is time.Now.
func (System) Now() time.Time { return time.Now() }

// After is time.After.
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Manual stands still until it is advanced.
type Manual struct {
	mu      sync.Mutex // guards now and waiters
	now     time.Time
	waiters []waiter
}

type waiter struct {
	at time.Time
	ch chan time.Time
}

// NewManual starts a clock that stands at now.
func NewManual(now time.Time) *Manual { return &Manual{now: now} }

// Now returns where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// After is done at once when d is not positive.
func (m *Manual) After(d time.Duration) <-chan time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- m.now
		return ch
	}
	m.waiters = append(m.waiters, waiter{m.now.Add(d), ch})
	return ch
}

// Advance moves the clock by d and wakes, in order, all whose time has come. A
// negative d moves it back and wakes nobody.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	slices.SortStableFunc(m.waiters, func(a, b waiter) int { return a.at.Compare(b.at) })
	due := 0
	for due < len(m.waiters) && !m.waiters[due].at.After(m.now) {
		m.waiters[due].ch <- m.waiters[due].at
		due++
	}
	m.waiters = slices.Delete(m.waiters, 0, due)
}
