package rule

import (
	"container/list"
	"strings"
	"sync"
	"time"
)

// maxKeys is how many keys a rule counts; those longest unused are forgotten.
const maxKeys = 10_000

// A counter counts what matched a rule, for each key.
type counter struct {
	times Times
	per   []string

	mu   sync.Mutex // guards all below
	keys map[string]*list.Element
	used list.List // of *tally, latest first
}

// A tally is what a counter knows of one key.
type tally struct {
	key   string
	count uint64
	first time.Time
	full  time.Time // when the bucket of rate will be full again
}

func newCounter(at Stage, t Times) *counter {
	return &counter{times: t, per: per(at, t), keys: make(map[string]*list.Element)}
}

// counts says whether there is anything to count.
func (c *counter) counts() bool {
	t := c.times
	return t.First|t.Nth|t.Every != 0 || t.Until|t.After != 0 || t.Rate != 0 || t.Chance != 0
}

// apply counts what matched and says whether the rule applies to it.
func (c *counter) apply(f *Facts) bool {
	if !c.counts() {
		return true
	}
	key := c.key(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times.hold(c.tally(key, f.Now), f.Now)
}

// tally finds or makes the tally of a key. mu is held.
func (c *counter) tally(key string, now time.Time) *tally {
	if e, ok := c.keys[key]; ok {
		c.used.MoveToFront(e)
		return e.Value.(*tally)
	}
	if len(c.keys) >= maxKeys {
		oldest := c.used.Remove(c.used.Back()).(*tally)
		delete(c.keys, oldest.key)
	}
	t := &tally{key: key, first: now}
	c.keys[key] = c.used.PushFront(t)
	return t
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.keys)
	c.used.Init()
}

// key is what is counted apart.
func (c *counter) key(f *Facts) string {
	var b strings.Builder
	for _, name := range c.per {
		switch name {
		case "client":
			b.WriteString(f.Client)
		case "from":
			b.WriteString(fold(f.From))
		case "user":
			b.WriteString(f.User)
		case "helo":
			b.WriteString(fold(f.Helo))
		case "to":
			for _, to := range f.To {
				b.WriteString(fold(to) + "\x00")
			}
		}
		b.WriteByte(0)
	}
	return b.String()
}

// hold counts once more, and says whether all of what is asked for holds.
func (t Times) hold(y *tally, now time.Time) bool {
	y.count++
	since := now.Sub(y.first)
	empty := t.Rate != 0 && y.take(t, now)
	switch {
	case t.First != 0 && y.count > t.First,
		t.Nth != 0 && y.count != t.Nth,
		t.Every != 0 && y.count%t.Every != 0,
		t.Until != 0 && since >= t.Until,
		t.After != 0 && since < t.After,
		t.Rate != 0 && !empty,
		t.Chance != 0 && !chance(t.Seed, y.count, t.Chance):
		return false
	}
	return true
}

// take takes a token out of the bucket, or says that it is empty.
func (y *tally) take(t Times, now time.Time) (empty bool) {
	each := t.RateTime / time.Duration(t.Rate)
	full := y.full
	if full.Before(now) {
		full = now
	}
	if full.Add(each).Sub(now) > t.RateTime {
		return true
	}
	y.full = full.Add(each)
	return false
}

// chance says whether the one with that number is among so many percent. It
// depends on its arguments only: SplitMix64, started with the seed, gives its
// number n as the n-th result.
func chance(seed, n uint64, percent float64) bool {
	z := seed + n*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11)/(1<<53)*100 < percent
}
