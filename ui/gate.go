package ui

import (
	"context"
	"sync"
)

// A gate counts who is inside, and can be closed for good.
type gate struct {
	going context.Context // ends with close: whoever is inside should leave
	end   context.CancelFunc
	empty chan struct{} // closed once the gate is closed and nobody is inside

	mu     sync.Mutex // guards all below
	inside int
	closed bool
}

func newGate() *gate {
	going, end := context.WithCancel(context.Background())
	return &gate{going: going, end: end, empty: make(chan struct{})}
}

// enter lets the caller in, who then must leave; or says that the gate is closed.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more. It is called once.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.end()
	if g.inside == 0 {
		close(g.empty)
	}
}
