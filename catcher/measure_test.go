package catcher

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// TestRefusalsAreBounded: tests may add rules without end.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	var n refusals
	for i := range 3 * keptRefusals {
		n.note(&mail.Attempt{Rule: fmt.Sprint("r", i), Stage: "rcpt", Did: "refused"})
	}
	n.note(&mail.Attempt{Rule: "r0", Stage: "rcpt", Did: "refused"})
	other := mail.Refusal{Rule: otherRules, Stage: "rcpt", Did: "refused"}
	if len(n) != keptRefusals+1 || n[other] != 2*keptRefusals || n[mail.Refusal{Rule: "r0", Stage: "rcpt", Did: "refused"}] != 2 {
		t.Errorf("%d kinds, %d others", len(n), n[other])
	}
}

func TestTimesAreCountedByClass(t *testing.T) {
	t.Parallel()
	var c Catcher
	var all sync.WaitGroup
	for _, d := range []time.Duration{0, appendBounds[0], appendBounds[0] + 1, time.Second, time.Hour} {
		all.Go(func() { c.appends.note(d) })
	}
	all.Wait()
	n := c.AppendTimes()
	last := len(n.Bounds)
	if len(n.Counts) != last+1 || n.Counts[0] != 2 || n.Counts[1] != 1 || n.Counts[last-2] != 1 || n.Counts[last] != 1 ||
		n.Sum != 2*appendBounds[0]+1+time.Second+time.Hour {
		t.Errorf("%+v", n)
	}
}

// TestAgeChanges: mail that is too old by a new limit goes at once, and what becomes so
// goes by the clock.
func TestAgeChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Clock: clock.NewMovable()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- c.Run(ctx) }()
		put := func() {
			if _, err := c.Accept(ctx, mail.Envelope{To: []mail.Rcpt{{Address: "a@a.test"}}}, strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
		}
		want := func(n int) {
			t.Helper()
			synctest.Wait()
			if box, err := c.Box(ctx, ""); err != nil || box.Messages != n {
				t.Errorf("%d messages, %v, want %d", box.Messages, err, n)
			}
		}
		put()
		time.Sleep(time.Hour)
		want(1)
		if err := c.SetCaps(ctx, store.Caps{Age: time.Minute}); err != nil {
			t.Fatal(err)
		}
		want(0)
		put()
		time.Sleep(2 * time.Minute)
		want(0)
		if err := c.SetCaps(ctx, store.Caps{}); err != nil {
			t.Fatal(err)
		}
		put()
		time.Sleep(time.Hour)
		want(1)
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		c.Close()
	})
}
