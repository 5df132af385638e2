package store

import (
	"cmp"
	"slices"

	"github.com/postroom/postroom/catcher/mail"
)

// A slot is a delivery's place in a line. A dead one still says where it was.
type slot struct {
	rec  *record
	n    int32
	dead bool
}

func (a slot) compare(b slot) int {
	if a.rec == b.rec {
		return cmp.Compare(a.n, b.n)
	}
	return a.rec.id.Compare(b.rec.id)
}

// A line is a list in the order of IDs. Removing leaves a dead slot behind; when
// half of them are dead, all of those go at once.
type line struct {
	slots []slot
	live  int32
	head  int32 // all before it are dead
}

// insert is an append for all but a delivery that moves between mailboxes.
func (l *line) insert(s slot) {
	l.live++
	if k := len(l.slots); k == 0 || l.slots[k-1].compare(s) < 0 {
		l.slots = append(l.slots, s)
		return
	}
	at, found := slices.BinarySearchFunc(l.slots, s, slot.compare)
	if found {
		l.slots[at] = s // its own dead slot: it was here before
	} else {
		l.slots = slices.Insert(l.slots, at, s)
	}
	l.head = min(l.head, int32(at))
}

// remove kills a slot, which must be alive.
func (l *line) remove(s slot) {
	at := int(l.head) // what goes is mostly the oldest
	if l.slots[at].compare(s) != 0 {
		at, _ = slices.BinarySearchFunc(l.slots, s, slot.compare)
	}
	l.slots[at].dead = true
	if l.live--; l.live == 0 {
		l.slots, l.head = nil, 0
		return
	}
	for l.slots[l.head].dead {
		l.head++
	}
	end := len(l.slots)
	for l.slots[end-1].dead {
		end--
	}
	clear(l.slots[end:])
	l.slots = l.slots[:end]
	if dead := end - int(l.live); dead > 32 && dead > int(l.live) {
		l.compact()
	}
}

func (l *line) compact() {
	kept := make([]slot, 0, l.live+l.live/4)
	for _, s := range l.slots[l.head:] {
		if !s.dead {
			kept = append(kept, s)
		}
	}
	l.slots, l.head = kept, 0
}

// first returns the oldest slot alive; there must be one.
func (l *line) first() slot { return l.slots[l.head] }

// last returns the newest slot alive; there must be one.
func (l *line) last() slot { return l.slots[len(l.slots)-1] }

// find returns the record with the given ID, or nil.
func (l *line) find(id mail.ID) *record {
	at, _ := slices.BinarySearchFunc(l.slots, id, func(s slot, id mail.ID) int { return s.rec.id.Compare(id) })
	if at == len(l.slots) || l.slots[at].dead || l.slots[at].rec.id != id {
		return nil
	}
	return l.slots[at].rec
}

// between returns the slots with after < id < before, zero bounds being open;
// some of them are dead.
func (l *line) between(after, before mail.ID) []slot {
	from, to := int(l.head), len(l.slots)
	if !after.IsZero() {
		from, _ = slices.BinarySearchFunc(l.slots, after, func(s slot, id mail.ID) int { return cmp.Or(s.rec.id.Compare(id), -1) })
	}
	if !before.IsZero() {
		to, _ = slices.BinarySearchFunc(l.slots, before, func(s slot, id mail.ID) int { return cmp.Or(s.rec.id.Compare(id), 1) })
	}
	return l.slots[from:max(from, to)]
}

// skip leaves out the first messages of slots, in the order of the query, and
// returns the last of them: its other deliveries may follow. live is how many slots
// of the whole line are alive. Where none is dead and none has a twin beside it,
// which is known of the line of all messages, it need not look at them.
func skip(slots []slot, q Query, live int) (left []slot, last *record) {
	left = slots
	if n := len(slots); q.Skip > 0 && q.Box == "" && n == live {
		n = max(n-q.Skip, 0)
		if q.Oldest {
			return slots[len(slots)-n:], nil
		}
		return slots[:n], nil
	}
	for passed := 0; passed < q.Skip && len(left) > 0; {
		place := &left[len(left)-1]
		if q.Oldest {
			place, left = &left[0], left[1:]
		} else {
			left = left[:len(left)-1]
		}
		if !place.dead && place.rec != last {
			last = place.rec
			passed++
		}
	}
	return left, last
}
