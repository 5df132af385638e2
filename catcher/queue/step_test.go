package queue

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func temporary() Outcome {
	return Outcome{Host: "mx:25", Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "Greylisted"}}
}

func TestStepFollowsTheSchedule(t *testing.T) {
	t.Parallel()
	d, now, fate := mail.Delivery{State: mail.Queued}, start, Retry
	var gaps []time.Duration
	for fate == Retry {
		d, fate = Step(d, start, temporary(), now, Schedule{})
		if fate == Retry {
			gaps = append(gaps, d.Next.Sub(now))
			now = d.Next
		}
	}
	want := []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}
	for range 11 {
		want = append(want, 4*time.Hour)
	}
	want = append(want, 48*time.Hour-(105*time.Minute+44*time.Hour))
	if len(gaps) != len(want) {
		t.Fatalf("%d gaps %v, want %d", len(gaps), gaps, len(want))
	}
	for i := range want {
		if gaps[i] != want[i] {
			t.Errorf("gap %d is %v, want %v", i, gaps[i], want[i])
		}
	}
	last := d.Trail[len(d.Trail)-1]
	if fate != Lost || last.Did != "expired" || last.Reply.Error() != "550 5.4.7 Delivery time expired; last reply: 451 4.7.1 Greylisted" || now != start.Add(48*time.Hour) {
		t.Errorf("%s at %v: %+v %v", fate, now, last, last.Reply)
	}
}

// TestStepWhateverComes: any sequence of outcomes and delays ends, each attempt
// leaves a step, and Next is where the schedule puts it.
func TestStepWhateverComes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := Schedule{Retries: []time.Duration{time.Duration(1 + r.Int64N(1e13)), time.Duration(1 + r.Int64N(1e13))}, Expire: time.Duration(1 + r.Int64N(1e14))}
		d, now, fate, tries := mail.Delivery{State: mail.Queued}, start, Retry, 0
		for fate == Retry {
			code := []int{250, 450, 450, 450, 450, 450, 550}[r.IntN(7)]
			before := d
			d, fate = Step(d, start, Outcome{Reply: &mail.Reply{Code: code}}, now, s)
			tries++
			next := now.Add(s.Retries[min(tries-1, 1)])
			if expiry := start.Add(s.Expire); next.After(expiry) {
				next = expiry
			}
			switch {
			case len(before.Trail) != tries-1:
				t.Fatalf("seed %d: the argument was changed", seed)
			case code == 250 && (fate != Done || d.State != mail.Relayed), code == 550 && fate != Lost:
				t.Fatalf("seed %d: %d gives %s", seed, code, fate)
			case fate == Retry && !d.Next.Equal(next):
				t.Fatalf("seed %d: next %v, want %v", seed, d.Next, next)
			case fate != Retry && !d.Next.IsZero():
				t.Fatalf("seed %d: next after the end", seed)
			case code == 450 && (fate == Lost) != !now.Before(start.Add(s.Expire)):
				t.Fatalf("seed %d: %s at %v", seed, fate, now)
			}
			now = d.Next.Add(time.Duration(r.Int64N(1e9)))
		}
	}
}

func BenchmarkStep(b *testing.B) {
	d := mail.Delivery{State: mail.Queued, Trail: make([]mail.Step, 5)}
	for b.Loop() {
		Step(d, start, temporary(), start, Schedule{})
	}
}
