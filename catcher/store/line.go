package store

import (
	"cmp"
	"iter"
	"slices"

	"github.com/postroom/postroom/catcher/mail"
)

// A slot is a delivery's place in a line; dead once rec is nil.
type slot struct {
	id  mail.ID
	n   int
	rec *record
}

func (a slot) compare(b slot) int {
	if c := a.id.Compare(b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.n, b.n)
}

// A line is a list in the order of IDs. Removing leaves a dead slot behind; when
// half of them are dead, all of those go at once.
type line struct {
	slots []slot
	live  int
	head  int // all before it are dead
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
	l.head = min(l.head, at)
}

// remove kills the slot with the given id and n, which must be alive.
func (l *line) remove(s slot) {
	at, _ := slices.BinarySearchFunc(l.slots, s, slot.compare)
	l.slots[at].rec = nil
	if l.live--; l.live == 0 {
		l.slots, l.head = nil, 0
		return
	}
	for l.slots[l.head].rec == nil {
		l.head++
	}
	end := len(l.slots)
	for l.slots[end-1].rec == nil {
		end--
	}
	l.slots = l.slots[:end]
	if dead := end - l.live; dead > 32 && dead > l.live {
		l.compact()
	}
}

func (l *line) compact() {
	kept := make([]slot, 0, l.live+l.live/4)
	for _, s := range l.slots[l.head:] {
		if s.rec != nil {
			kept = append(kept, s)
		}
	}
	l.slots, l.head = kept, 0
}

// first returns the oldest slot alive; there must be one.
func (l *line) first() slot { return l.slots[l.head] }

// last returns the newest slot alive; there must be one.
func (l *line) last() slot { return l.slots[len(l.slots)-1] }

// between walks the live slots with after < id < before, zero bounds being open.
func (l *line) between(after, before mail.ID, oldest bool) iter.Seq[slot] {
	from, to := l.head, len(l.slots)
	if !after.IsZero() {
		from, _ = slices.BinarySearchFunc(l.slots, after, func(s slot, id mail.ID) int {
			if s.id.Compare(id) <= 0 {
				return -1
			}
			return 1
		})
	}
	if !before.IsZero() {
		to, _ = slices.BinarySearchFunc(l.slots, before, func(s slot, id mail.ID) int { return cmp.Or(s.id.Compare(id), 1) })
	}
	return func(yield func(slot) bool) {
		for k := range max(to-from, 0) {
			s := l.slots[from+k]
			if !oldest {
				s = l.slots[to-1-k]
			}
			if s.rec != nil && !yield(s) {
				return
			}
		}
	}
}
