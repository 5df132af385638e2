package clock

import (
	"context"
	"sync"
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

func TestMovableIsTheSystems(t *testing.T) {
	t.Parallel()
	m := NewMovable()
	before := time.Now()
	if now := <-m.After(time.Millisecond); now.Before(before.Add(time.Millisecond)) {
		t.Errorf("%s is before %s", now, before)
	}
	if s := m.State(); s.Ahead != 0 || s.Speed != 1 || s.Frozen || s.Now.Before(before) {
		t.Errorf("%+v", s)
	}
}

func TestMovableRunsOnWhereItWasMoved(t *testing.T) {
	t.Parallel()
	m := NewMovable()
	far := m.After(time.Hour)
	before := time.Now()
	m.Advance(time.Hour - time.Millisecond)
	<-far // the last millisecond passes by itself
	if now := m.Now(); now.Before(before.Add(time.Hour)) || now.After(time.Now().Add(time.Hour)) {
		t.Errorf("%s", now)
	}
	if ahead := m.State().Ahead; ahead <= 59*time.Minute || ahead > time.Hour {
		t.Errorf("ahead by %s", ahead)
	}
}

func TestMovableSpeedAndFreeze(t *testing.T) {
	t.Parallel()
	m := NewMovable()
	m.SetSpeed(1e6)
	day := m.After(24 * time.Hour) // 86 ms
	<-day
	m.Freeze()
	stands := m.Now()
	later := m.After(time.Hour)
	if again := m.Now(); !again.Equal(stands) || !m.State().Frozen {
		t.Errorf("%s, then %s", stands, again)
	}
	select {
	case <-later:
		t.Error("woke while frozen")
	default:
	}
	m.Resume()
	<-later
	if now := m.Now(); now.Before(stands.Add(time.Hour)) {
		t.Errorf("%s, then %s", stands, now)
	}
}

func TestMovableWithManyWaiters(t *testing.T) {
	t.Parallel()
	m := NewManual(time.Unix(0, 0))
	var waiting sync.WaitGroup
	for i := range 50 {
		waiting.Go(func() { <-m.After(time.Duration(i) * time.Minute) })
		waiting.Go(func() { m.Advance(time.Minute) })
		waiting.Go(func() { m.Now(); m.State() })
	}
	done := make(chan struct{})
	go func() { waiting.Wait(); close(done) }()
	for {
		select {
		case <-done:
			return
		default:
			m.Advance(time.Minute)
		}
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	before := time.Now()
	Wait(t.Context(), time.Millisecond)
	if time.Since(before) < time.Millisecond {
		t.Error("too early")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	Wait(ended, time.Hour)
	Wait(ended, 0)
}

func TestListenersAreToldUntilTheyStop(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := NewManual(start)
	var told []State
	stop := m.Listen(func(s State) { told = append(told, s) })
	m.Advance(0)
	m.Advance(time.Hour)
	m.SetSpeed(60)
	m.Resume()
	m.Freeze()
	stop()
	m.Advance(time.Hour)
	if len(told) != 4 || !told[0].Now.Equal(start.Add(time.Hour)) || told[1].Speed != 60 || told[2].Frozen || !told[3].Frozen {
		t.Errorf("told %+v", told)
	}
}
