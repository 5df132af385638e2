package queue

import (
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// An entry is what the queue remembers of a delivery.
type entry struct {
	id        mail.DeliveryID
	to        string // recipient
	hop       *hop
	at        time.Time // when to act: an attempt, a notice, a report
	held      bool
	busy      bool // a worker has it
	recovered bool // it may have been reported before a crash
	index     int  // in hop.waiting; -1 when it is held or busy
	pending   *Outcome
	notBefore time.Time // a failure of ours has to pass first
}

// A hop is all that waits for one next hop, or for one kind of action of ours.
type hop struct {
	name    string
	waiting heapOf // neither held nor busy
	count   int    // entries in all
	held    int
	busy    int
	working int // workers
	frozen  bool
	last    *mail.Reply
}

// due says whether there is work now.
func (h *hop) due(now time.Time) bool {
	at, ok := h.next()
	return ok && !at.After(now)
}

func (h *hop) next() (time.Time, bool) {
	if h.frozen || len(h.waiting) == 0 {
		return time.Time{}, false
	}
	return h.waiting[0].at, true
}

// heapOf has the entry that is due first at its front; those of one message stay
// together. It satisfies heap.Interface.
type heapOf []*entry

func (h heapOf) Len() int { return len(h) }

func (h heapOf) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	if c := h[i].id.Message.Compare(h[j].id.Message); c != 0 {
		return c < 0
	}
	return h[i].id.N < h[j].id.N
}

func (h heapOf) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *heapOf) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *heapOf) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	return e
}

// Note takes a change of the store, in order. It is quick and does not call the
// store: it may be called from store.Options.Publish.
func (q *Queue) Note(c mail.Change) {
	waits := func(d mail.Delivery) bool { return d.Box == mail.QueueBox }
	if c.Kind == mail.Added && !slices.ContainsFunc(c.Deliveries, waits) {
		return // most mail
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch c.Kind {
	case mail.Added, mail.Updated:
		for _, d := range c.Deliveries {
			q.note(d.ID)
			if d.Box == mail.QueueBox {
				q.put(c.Message, d)
				q.nudge()
			} else if c.Kind == mail.Updated {
				q.drop(d.ID)
			}
		}
	case mail.Removed:
		for _, d := range c.Deliveries {
			q.note(d.ID)
			q.drop(d.ID)
		}
	case mail.Cleared:
		if c.Box != "" && c.Box != mail.QueueBox {
			return
		}
		for id := range q.entries {
			q.drop(id)
		}
	}
}

// note remembers that the store's list may be older than this.
func (q *Queue) note(id mail.DeliveryID) {
	if q.fresh != nil {
		q.fresh[id] = true
	}
}

// put enters a delivery, or what has become of it.
func (q *Queue) put(m *mail.Message, d mail.Delivery) *entry {
	e := q.entries[d.ID]
	if e == nil {
		e = &entry{id: d.ID, to: d.Rcpt.Address, index: -1}
		q.entries[d.ID] = e
	} else {
		q.unlink(e)
	}
	e.held = d.State == mail.Held
	e.at = q.actAt(m, d)
	if e.at.Before(e.notBefore) {
		e.at = e.notBefore
	}
	q.link(e, q.hopOf(d))
	return e
}

// actAt is when something has to be done about a delivery: at its Next, or when
// its sender is to be warned.
func (q *Queue) actAt(m *mail.Message, d mail.Delivery) time.Time {
	if warn, ok := q.warnAt(m, d); ok && warn.Before(d.Next) {
		return warn
	}
	return d.Next
}

// warnAt is when the sender is to be told of a delay; false when it is not. Only
// relay and defer can be late.
func (q *Queue) warnAt(m *mail.Message, d mail.Delivery) (time.Time, bool) {
	tellsDelay := d.Rcpt.Notify == 0 || d.Rcpt.Notify&mail.NotifyDelay != 0
	if q.cfg.Schedule.Warn < 0 || m.Envelope.From == "" || !tellsDelay || d.State != mail.Queued || attempts(d) == 0 || warned(d) {
		return time.Time{}, false
	}
	return since(d, m.Received).Add(q.cfg.Schedule.Warn), true
}

// hopOf names what a delivery waits for: the URL of its relay, with the domain
// when the recipient's own hosts are asked; or else the action.
func (q *Queue) hopOf(d mail.Delivery) string {
	if d.State == mail.Bouncing || d.State == mail.Relayed {
		return "report"
	}
	a, err := q.cfg.Parse(d.Route)
	if err != nil || a.Kind != rule.Relay {
		return string(a.Kind)
	}
	if isDirect(a.URL) {
		return a.URL + " @" + domainOf(d.Rcpt)
	}
	return a.URL
}

func isDirect(url string) bool {
	_, options, _ := strings.Cut(url, "?")
	return strings.HasPrefix(url, "mx:") || strings.Contains("&"+options+"&", "&direct=first&")
}

// domainOf is the domain of a recipient, spelled as its mailbox is.
func domainOf(rcpt mail.Rcpt) string {
	box := mail.Box(rcpt.Address)
	return box[strings.LastIndexByte(box, '@')+1:]
}

func (q *Queue) link(e *entry, name string) {
	h := q.hops[name]
	if h == nil {
		h = &hop{name: name}
		q.hops[name] = h
	}
	e.hop = h
	h.count++
	switch {
	case e.held:
		h.held++
	case !e.busy:
		heap.Push(&h.waiting, e)
	}
	if e.busy {
		h.busy++
	}
}

func (q *Queue) unlink(e *entry) {
	h := e.hop
	h.count--
	if e.held {
		h.held--
	}
	if e.busy {
		h.busy--
	}
	if e.index >= 0 {
		heap.Remove(&h.waiting, e.index)
	}
	q.tidy(h)
}

// tidy forgets a hop of which there is nothing to remember.
func (q *Queue) tidy(h *hop) {
	if h.count == 0 && h.working == 0 && !h.frozen && q.hops[h.name] == h {
		delete(q.hops, h.name)
	}
}

func (q *Queue) drop(id mail.DeliveryID) {
	if e := q.entries[id]; e != nil {
		q.unlink(e)
		delete(q.entries, id)
	}
}

// take gives what is due, of so many messages at most, to a worker.
func (q *Queue) take(h *hop, now time.Time, messages int) []*entry {
	var batch []*entry
	for h.due(now) {
		e := h.waiting[0]
		if len(batch) == 0 || batch[len(batch)-1].id.Message != e.id.Message {
			if messages--; messages < 0 {
				break
			}
		}
		heap.Pop(&h.waiting)
		e.busy = true
		h.busy++
		batch = append(batch, e)
	}
	return batch
}

// release takes entries back from a worker.
func (q *Queue) release(batch []*entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range batch {
		if q.entries[e.id] != e {
			e.busy = false
			continue
		}
		name := e.hop.name
		q.unlink(e)
		e.busy = false
		q.link(e, name)
	}
}
