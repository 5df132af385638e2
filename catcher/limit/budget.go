package limit

import (
	"math"
	"sync/atomic"
)

// A Budget is an amount that many share, such as octets of messages on their way.
// The zero value has no end. It is safe for concurrent use.
type Budget struct{ max, taken atomic.Int64 }

// Limit sets how much there is; 0 is any amount.
func (b *Budget) Limit(n int64) { b.max.Store(n) }

// Take takes a part, which has to be given back, or says that it is not there.
func (b *Budget) Take(n int64) bool {
	if max := b.max.Load(); b.taken.Add(n) > max && max > 0 {
		b.taken.Add(-n)
		return false
	}
	return true
}

// Give gives back what was taken.
func (b *Budget) Give(n int64) { b.taken.Add(-n) }

// Room is how much is there now; some of it may be gone a moment later.
func (b *Budget) Room() int64 {
	if max := b.max.Load(); max > 0 {
		return max - b.taken.Load()
	}
	return math.MaxInt64
}

// Taken is how much is taken now.
func (b *Budget) Taken() int64 { return b.taken.Load() }
