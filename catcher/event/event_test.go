package event

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

var born = time.UnixMicro(1_000_000)

func publish(b *Bus, n int) {
	for range n {
		b.Publish(born, mail.Change{Kind: mail.Cleared})
	}
}

// read takes all that is there.
func read(t *testing.T, s *Sub) (seqs []uint64, err error) {
	t.Helper()
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		e, err := s.Next(done)
		if errors.Is(err, context.Canceled) {
			return seqs, nil
		}
		if err != nil {
			return seqs, err
		}
		seqs = append(seqs, e.Seq)
	}
}

func wantRun(t *testing.T, got []uint64, from, to uint64) {
	t.Helper()
	if uint64(len(got)) != to-from+1 {
		t.Fatalf("got %v, want %d to %d", got, from, to)
	}
	for i, seq := range got {
		if seq != from+uint64(i) {
			t.Fatalf("got %v, want %d to %d", got, from, to)
		}
	}
}

func TestReadersHaveTheirOwnCursors(t *testing.T) {
	t.Parallel()
	b := NewBus(10, born)
	early := b.Subscribe(b.Last())
	publish(b, 3)
	middle := b.Subscribe(b.Last())
	publish(b, 2)
	all := b.Subscribe(0)
	for _, tc := range []struct {
		sub  *Sub
		from uint64
	}{{early, 1_000_000}, {middle, 1_000_003}, {all, 1_000_000}} {
		got, err := read(t, tc.sub)
		if err != nil {
			t.Fatal(err)
		}
		wantRun(t, got, tc.from, 1_000_004)
		if tc.sub.Cursor() != 1_000_004 {
			t.Errorf("cursor %d", tc.sub.Cursor())
		}
	}
}

func TestSlowReaderIsToldAndGoesOn(t *testing.T) {
	t.Parallel()
	b := NewBus(4, born)
	s := b.Subscribe(b.Last())
	publish(b, 5)
	if _, err := read(t, s); !errors.Is(err, ErrLagged) {
		t.Fatalf("got %v", err)
	}
	publish(b, 4)
	got, err := read(t, s)
	if err != nil {
		t.Fatal(err)
	}
	wantRun(t, got, 1_000_005, 1_000_008)
	if got, err = read(t, b.Subscribe(0)); err != nil {
		t.Fatal(err)
	}
	wantRun(t, got, 1_000_005, 1_000_008)
}

func TestCursorOfAnotherRunHasLagged(t *testing.T) {
	t.Parallel()
	b := NewBus(4, born)
	publish(b, 2)
	for _, after := range []uint64{1, 999_998, 1_000_002, 1 << 60} {
		if _, err := read(t, b.Subscribe(after)); !errors.Is(err, ErrLagged) {
			t.Errorf("after %d: %v", after, err)
		}
	}
}

func TestCloseLetsReadersFinish(t *testing.T) {
	t.Parallel()
	b := NewBus(4, born)
	s := b.Subscribe(b.Last())
	publish(b, 2)
	b.Close()
	if seq := b.Publish(born, mail.Change{}); seq != 0 {
		t.Errorf("published %d after Close", seq)
	}
	for range 2 {
		if _, err := s.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestNextWaits(t *testing.T) {
	t.Parallel()
	b := NewBus(0, time.Time{})
	const readers, events = 8, 1000
	var wg sync.WaitGroup
	for range readers {
		s := b.Subscribe(b.Last())
		wg.Go(func() {
			for i := range events {
				e, err := s.Next(context.Background())
				if err != nil || e.Seq != uint64(i)+1 {
					t.Errorf("event %d: %d, %v", i, e.Seq, err)
					return
				}
			}
		})
	}
	publish(b, events)
	wg.Wait()
}
