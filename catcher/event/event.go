// Package event tells readers what happened, in order: a ring of events in
// which each reader has a cursor of its own.
package event

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// An Event is a change with its number.
type Event struct {
	Seq uint64 // rises by one from event to event
	At  time.Time
	mail.Change
}

// ErrLagged is returned to a reader whose next event is no longer, or was never,
// in the ring: it has to look at the store again.
var ErrLagged = errors.New("events were missed: list again")

// ErrClosed is returned to readers once the bus is closed and they have read
// everything.
var ErrClosed = errors.New("event bus closed")

// DefaultSize is the number of events that a Bus keeps when it is not told.
const DefaultSize = 1 << 14

// A Bus keeps the latest events. Publishing never waits for a reader.
type Bus struct {
	size int

	mu     sync.Mutex // guards all below
	ring   []Event    // grows up to size, then wraps: Seq is at index (Seq-first) % size
	first  uint64     // Seq of the first event ever published here
	next   uint64     // Seq of the event to come
	wake   chan struct{}
	closed bool
}

// NewBus makes a bus that keeps the latest size events (DefaultSize when size is
// not positive). Its numbers start with the time of birth in microseconds, so
// that a cursor of an earlier run is recognised as lagged, and they stay exact
// in a JavaScript number.
func NewBus(size int, born time.Time) *Bus {
	if size <= 0 {
		size = DefaultSize
	}
	first := uint64(max(born.UnixMicro(), 1))
	return &Bus{size: size, first: first, next: first, wake: make(chan struct{})}
}

// Publish appends one event and returns its number. After Close it does nothing.
func (b *Bus) Publish(at time.Time, change mail.Change) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0
	}
	e := Event{Seq: b.next, At: at, Change: change}
	if len(b.ring) < b.size {
		b.ring = append(b.ring, e)
	} else {
		b.ring[(e.Seq-b.first)%uint64(b.size)] = e
	}
	b.next++
	b.wakeAll()
	return e.Seq
}

// wakeAll ends the wait of all readers; the caller holds mu.
func (b *Bus) wakeAll() {
	if b.wake != nil {
		close(b.wake)
		b.wake = nil
	}
}

// Last returns the number of the latest event: a cursor for "from now on". It is
// never 0.
func (b *Bus) Last() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next - 1
}

// Close ends all readers once they have read what there is.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.wakeAll()
}

// Subscribe makes a reader of the events after the given number: Last() for what
// comes from now on, 0 for all that is still there. A reader needs no closing.
func (b *Bus) Subscribe(after uint64) *Sub {
	b.mu.Lock()
	defer b.mu.Unlock()
	if after == 0 {
		after = b.oldest() - 1
	}
	return &Sub{bus: b, next: after + 1}
}

// oldest is the number of the oldest event in the ring, or next when there is
// none; the caller holds mu.
func (b *Bus) oldest() uint64 { return b.next - uint64(len(b.ring)) }

// A Sub reads a bus from its cursor on. It is for one goroutine.
type Sub struct {
	bus  *Bus
	next uint64
}

// Next waits for the next event. When it was missed the error is ErrLagged, and
// the reader goes on with what is published from then on. Other errors are
// ErrClosed and that of the context.
func (s *Sub) Next(ctx context.Context) (Event, error) {
	for {
		e, wait, err := s.poll()
		if wait == nil {
			return e, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

// Cursor is the number of the last event that Next returned, or the number to
// go on from after ErrLagged.
func (s *Sub) Cursor() uint64 { return s.next - 1 }

// poll returns the next event, an error, or a channel to wait on.
func (s *Sub) poll() (Event, <-chan struct{}, error) {
	b := s.bus
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.next < b.oldest() || s.next > b.next {
		s.next = b.next
		return Event{}, nil, ErrLagged
	}
	if s.next < b.next {
		e := b.ring[(s.next-b.first)%uint64(b.size)]
		s.next++
		return e, nil, nil
	}
	if b.closed {
		return Event{}, nil, ErrClosed
	}
	if b.wake == nil {
		b.wake = make(chan struct{})
	}
	return Event{}, b.wake, nil
}
