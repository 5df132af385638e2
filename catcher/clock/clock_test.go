package clock

import (
	"testing"
	"time"
)

func TestManualWakesInOrder(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := NewManual(start)
	late, soon, never := m.After(2*time.Hour), m.After(time.Hour), m.After(50*time.Hour)
	if now := <-m.After(0); !now.Equal(start) {
		t.Errorf("After(0) at %s", now)
	}
	m.Advance(3 * time.Hour)
	if at := <-soon; !at.Equal(start.Add(time.Hour)) {
		t.Errorf("soon at %s", at)
	}
	if at := <-late; !at.Equal(start.Add(2 * time.Hour)) {
		t.Errorf("late at %s", at)
	}
	select {
	case <-never:
		t.Error("woke too early")
	default:
	}
	if !m.Now().Equal(start.Add(3 * time.Hour)) {
		t.Errorf("stands at %s", m.Now())
	}
	m.Advance(-time.Hour)
	if !m.Now().Equal(start.Add(2 * time.Hour)) {
		t.Errorf("stands at %s", m.Now())
	}
}

func TestSystemMoves(t *testing.T) {
	t.Parallel()
	var c Clock = System{}
	before := c.Now()
	if at := <-c.After(time.Nanosecond); at.Before(before) {
		t.Errorf("%s is before %s", at, before)
	}
}
