// Package clock is where the catcher gets the time from: the system's, or one
// that a test moves.
package clock

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
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

// Wait returns after d by the machine's clock, or when ctx ends; with 0 only then.
func Wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		<-ctx.Done()
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// A Movable clock runs with the system's until it is told otherwise: it can stand
// still, run faster or slower, and be moved.
type Movable struct {
	moved atomic.Bool // it is no longer just the system's

	mu      sync.Mutex // guards all below
	at      time.Time  // what it showed at since
	since   time.Time  // by the system's clock; zero as long as it has not moved
	speed   float64
	frozen  bool
	waiters []waiter // by time
	timer   *time.Timer
	told    []*func(State)
}

type waiter struct {
	at time.Time
	ch chan time.Time
}

// A State says what a Movable clock does.
type State struct {
	Now    time.Time
	Ahead  time.Duration // of the system's clock
	Speed  float64       // seconds that pass in a second, when it is not frozen
	Frozen bool
}

// NewMovable makes a clock that runs with the system's.
func NewMovable() *Movable { return &Movable{speed: 1} }

// NewManual makes a clock that stands still at now.
func NewManual(now time.Time) *Movable {
	m := &Movable{at: now, since: time.Now(), speed: 1, frozen: true}
	m.moved.Store(true)
	return m
}

// Now returns what the clock shows.
func (m *Movable) Now() time.Time {
	if !m.moved.Load() {
		return time.Now()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

// now is Now for who holds mu.
func (m *Movable) now() time.Time {
	switch {
	case m.since.IsZero():
		return time.Now()
	case m.frozen:
		return m.at
	}
	return m.at.Add(time.Duration(float64(time.Since(m.since)) * m.speed))
}

// After is done at once when d is not positive.
func (m *Movable) After(d time.Duration) <-chan time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	ch, now := make(chan time.Time, 1), m.now()
	if d <= 0 {
		ch <- now
		return ch
	}
	w := waiter{now.Add(d), ch}
	i, _ := slices.BinarySearchFunc(m.waiters, w, func(a, b waiter) int { return cmp.Or(a.at.Compare(b.at), -1) })
	m.waiters = slices.Insert(m.waiters, i, w)
	m.wake()
	return ch
}

// Advance moves the clock by d and wakes, in order, all whose time has come. A
// negative d moves it back and wakes nobody.
func (m *Movable) Advance(d time.Duration) {
	if d == 0 {
		return
	}
	m.change(func() { m.at = m.at.Add(d) })
}

// Freeze stops the clock.
func (m *Movable) Freeze() { m.change(func() { m.frozen = true }) }

// Resume lets it run again, as fast as it did.
func (m *Movable) Resume() { m.change(func() { m.frozen = false }) }

// SetSpeed has it run so many times as fast as the system's; speed is positive.
func (m *Movable) SetSpeed(speed float64) { m.change(func() { m.speed = speed }) }

// State says how the clock stands.
func (m *Movable) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state()
}

// Listen has f told how the clock stands whenever somebody has moved, stopped or
// hurried it, in order, until stop is called. f must be quick, and must not use the
// clock.
func (m *Movable) Listen(f func(State)) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, &f)
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told = slices.DeleteFunc(m.told, func(other *func(State)) bool { return other == &f })
	}
}

// state is State for who holds mu.
func (m *Movable) state() State {
	now := m.now()
	s := State{Now: now, Speed: m.speed, Frozen: m.frozen}
	if !m.since.IsZero() {
		s.Ahead = time.Until(now)
	}
	return s
}

func (m *Movable) change(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.since = m.now(), time.Now()
	m.moved.Store(true)
	do()
	m.wake()
	for _, f := range m.told {
		(*f)(m.state())
	}
}

// wake wakes those whose time has come, and sees to it that the next one will be.
// The caller holds mu.
func (m *Movable) wake() {
	now, due := m.now(), 0
	for due < len(m.waiters) && !m.waiters[due].at.After(now) {
		m.waiters[due].ch <- m.waiters[due].at
		due++
	}
	m.waiters = slices.Delete(m.waiters, 0, due)
	if m.timer != nil {
		m.timer.Stop()
	}
	if m.frozen || len(m.waiters) == 0 {
		return
	}
	wait := time.Duration(min(float64(m.waiters[0].at.Sub(now))/m.speed+1, float64(longest)))
	m.timer = time.AfterFunc(wait, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.wake()
	})
}

// longest is how long a timer runs at most.
const longest = 24 * time.Hour
