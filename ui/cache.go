package ui

import (
	"sync"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

// cacheSize is how many summaries are kept, at about a kilobyte each.
const cacheSize = 4096

// A cache keeps what was read from messages lately. A message never changes, so
// nothing in it goes stale. It holds two generations: when the young one is
// full it becomes the old one, and what was not asked for since is forgotten.
type cache struct {
	half int

	mu         sync.Mutex // guards all below
	young, old map[mail.ID]mime.Summary
}

func newCache(size int) *cache {
	return &cache{half: max(size/2, 1), young: map[mail.ID]mime.Summary{}}
}

func (c *cache) get(id mail.ID) (mime.Summary, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.young[id]; ok {
		return s, true
	}
	s, ok := c.old[id]
	if ok {
		c.add(id, s)
	}
	return s, ok
}

func (c *cache) put(id mail.ID, s mime.Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(id, s)
}

// add is put for a caller who holds mu.
func (c *cache) add(id mail.ID, s mime.Summary) {
	if len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[mail.ID]mime.Summary, c.half)
	}
	c.young[id] = s
}
