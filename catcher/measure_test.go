package catcher

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
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
