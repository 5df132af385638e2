package ui

import (
	"strings"
	"sync"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

const (
	cacheSize = 4096    // summaries that are kept, at about half a kilobyte each
	heaviest  = 8 << 10 // octets; headers can be far longer, and such summaries are not kept
)

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
	if weight(s) > heaviest {
		return
	}
	s = detached(s)
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

// weight is about what a summary takes in memory.
func weight(s mime.Summary) int {
	n := len(s.Subject) + len(s.MessageID) + len(s.Snippet)
	for _, list := range [][]mime.Address{s.From, s.To, s.Cc} {
		for _, a := range list {
			n += 32 + len(a.Name) + len(a.Address)
		}
	}
	return n
}

// detached is the summary with strings of its own, lest they keep the whole
// header alive that they were cut from.
func detached(s mime.Summary) mime.Summary {
	s.Subject, s.MessageID, s.Snippet = strings.Clone(s.Subject), strings.Clone(s.MessageID), strings.Clone(s.Snippet)
	own := func(a mime.Address) mime.Address {
		return mime.Address{Name: strings.Clone(a.Name), Address: strings.Clone(a.Address)}
	}
	s.From, s.To, s.Cc = each(s.From, own), each(s.To, own), each(s.Cc, own)
	return s
}
