package disk

import (
	"slices"
	"sync"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A view is what readers have to know besides the database: the tail, which are
// the messages that it does not have yet. Readers look here first and at the
// database afterwards; what leaves the tail is in the database before.
type view struct {
	mu    sync.RWMutex // guards all below
	tail  []tailed     // in the order of IDs
	byID  map[mail.ID]tailed
	boxes map[string]store.Box // those that the tail has changed, as they are with it
	all   store.Box            // the whole store; holds as long as there is a tail
}

// tailed is a message in the tail. It does not change there: whoever wants to
// change it has it brought to the database first.
type tailed struct {
	row     *row
	message *mail.Message
}

func newView() *view {
	return &view{byID: map[mail.ID]tailed{}, boxes: map[string]store.Box{}}
}

// add appends to the tail.
func (v *view) add(news []tailed, boxes map[string]*box, s state) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tail = append(v.tail, news...)
	for _, n := range news {
		v.byID[n.row.id] = n
		for i := range n.message.Deliveries {
			name := n.message.Deliveries[i].Box
			v.boxes[name] = boxes[name].describe()
		}
	}
	v.all = store.Box{Messages: int(s.messages), Unseen: int(s.unseen), Bytes: s.bytes, Newest: news[len(news)-1].row.id}
}

func (b *box) describe() store.Box {
	return store.Box{Name: b.name, Messages: int(b.messages), Unseen: int(b.unseen), Bytes: b.bytes, Newest: b.newest, NextUID: b.next}
}

// trim forgets the first n messages, which the database has now, and all
// mailboxes that it knows as they are. While a store is being opened there is no
// tail.
func (v *view) trim(n int, dirty map[*box]bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n = min(n, len(v.tail))
	for _, t := range v.tail[:n] {
		delete(v.byID, t.row.id)
	}
	v.tail = slices.Clone(v.tail[n:])
	left := make(map[string]store.Box, len(dirty))
	for b := range dirty {
		left[b.name] = v.boxes[b.name]
	}
	v.boxes = left
}

// get finds a message in the tail.
func (v *view) get(id mail.ID) (tailed, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	t, ok := v.byID[id]
	return t, ok
}

// messages returns the tail as it is now.
func (v *view) messages() []tailed {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.tail
}

// box describes a mailbox, or with "" the whole store, if the tail has changed it.
func (v *view) box(name string) (store.Box, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if name == "" {
		return v.all, len(v.tail) > 0
	}
	b, ok := v.boxes[name]
	return b, ok
}

// changed lists the mailboxes that the tail has changed.
func (v *view) changed() []store.Box {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := make([]store.Box, 0, len(v.boxes))
	for _, b := range v.boxes {
		list = append(list, b)
	}
	return list
}
