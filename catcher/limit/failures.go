package limit

import (
	"sync"
	"time"
)

const (
	// What a client that has failed to log in waits before it is told so: twice as long
	// each time. After so long without a failure it begins anew.
	firstWait = 250 * time.Millisecond
	maxWait   = 4 * time.Second
	forgiven  = 10 * time.Minute

	// maxFailed is how many clients that have failed are remembered; then all are forgotten.
	maxFailed = 10_000
)

// Failures are the failed logins of clients. The zero value has none. They are safe for
// concurrent use.
type Failures struct {
	mu sync.Mutex // guards of
	of map[string]failure
}

type failure struct {
	times int
	last  time.Time
}

// Add counts a failure, and says how long the client is to wait before it is told.
func (f *Failures) Add(client string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.of[client]
	if now.Sub(before.last) >= forgiven {
		before = failure{}
	}
	if f.of == nil || len(f.of) >= maxFailed {
		f.of = map[string]failure{}
	}
	f.of[client] = failure{before.times + 1, now}
	return min(firstWait<<min(before.times, 10), maxWait)
}
