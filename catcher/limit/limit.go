// Package limit says who is too many: it counts connections, in all and by client.
package limit

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Verdict is what becomes of a connection.
type Verdict string

// Whoever gets another verdict than Welcome has not been counted as open.
const (
	Welcome       Verdict = ""
	TooMany       Verdict = "all"    // as many as there may be are open
	TooManyOfThis Verdict = "client" // as many of this client
)

// Connections counts those of one protocol. The zero value has no limits. It is safe
// for concurrent use.
type Connections struct {
	mu        sync.Mutex // guards all below
	max, each int        // in all, and of one client; 0: any number
	open      int
	of        map[string]int // open, by client
	begun     uint64
	refused   map[Verdict]uint64
	untold    uint64 // refused since Tell said so
	told      time.Time
}

// A Count is how many connections there are and were.
type Count struct {
	Open    int
	Begun   uint64 // those that were welcome
	Refused map[Verdict]uint64
}

// Limit sets how many there may be, in all and of one client; 0 is any number. Those
// that are open stay.
func (c *Connections) Limit(all, client int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.max, c.each = all, client
}

// Enter counts a connection of a client, who has to Leave if welcome.
func (c *Connections) Enter(client string) Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.max > 0 && c.open >= c.max:
		return c.refuse(TooMany)
	case c.each > 0 && c.of[client] >= c.each:
		return c.refuse(TooManyOfThis)
	}
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[client]++
	c.open++
	c.begun++
	return Welcome
}

// refuse counts; c.mu is held.
func (c *Connections) refuse(v Verdict) Verdict {
	if c.refused == nil {
		c.refused = map[Verdict]uint64{}
	}
	c.refused[v]++
	c.untold++
	return v
}

// Leave ends what a welcome Enter began.
func (c *Connections) Leave(client string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.of[client]--; c.of[client] <= 0 {
		delete(c.of, client)
	}
}

// Count tells how many there are.
func (c *Connections) Count() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := Count{Open: c.open, Begun: c.begun, Refused: map[Verdict]uint64{TooMany: c.refused[TooMany], TooManyOfThis: c.refused[TooManyOfThis]}}
	return n
}

// tellEvery is how often refusals are worth a line in the log: whoever is refused
// may come back at once.
const tellEvery = 10 * time.Second

// Tell says how many were refused since it last said so; 0 when it is not yet time
// to say so again.
func (c *Connections) Tell(now time.Time) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.untold == 0 || now.Sub(c.told) < tellEvery {
		return 0
	}
	n := c.untold
	c.untold, c.told = 0, now
	return n
}

// Client is what the connections of one client have in common: the address without
// the port, or "unix".
func Client(a net.Addr) string {
	if a == nil {
		return "unix"
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "unix"
	}
	return ap.Addr().Unmap().WithZone("").String()
}
