package limit

import (
	"strconv"
	"testing"
	"time"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	var f Failures
	now := time.Now()
	for i, want := range []time.Duration{firstWait, 2 * firstWait, 4 * firstWait, 8 * firstWait, 16 * firstWait, maxWait, maxWait} {
		if got := f.Add("10.0.0.7", now); got != want {
			t.Errorf("failure %d: %v, want %v", i+1, got, want)
		}
	}
	if got := f.Add("10.0.0.8", now); got != firstWait {
		t.Errorf("another client: %v", got)
	}
	now = now.Add(forgiven)
	if got := f.Add("10.0.0.7", now); got != firstWait {
		t.Errorf("later: %v", got)
	}
	for i := range 2 * maxFailed {
		f.Add(strconv.Itoa(i), now)
	}
	if len(f.of) > maxFailed {
		t.Errorf("%d clients", len(f.of))
	}
}
