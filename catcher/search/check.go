package search

import (
	"context"
	"errors"
	"slices"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// checkOne looks at one segment of which something is unsure, if there is one:
// whether it can be read, has all messages in its span, and is worth its place.
func (ix *Index) checkOne(ctx context.Context) (bool, error) {
	group := ix.takeUnsure()
	if len(group) == 0 {
		return false, nil
	}
	sp := group[len(group)-1]
	page, err := ix.store.List(ctx, store.Query{After: sp.after, Before: after(sp.last), Oldest: true, Limit: sp.head.count + 1, Bare: true})
	if err == nil {
		err = ix.examine(sp, page.Messages)
	}
	if err != nil {
		ix.doubt(sp)
		return true, ix.lose(err, sp)
	}
	there := make(map[mail.ID]bool, len(page.Messages))
	for _, m := range page.Messages {
		there[m.ID] = true
	}
	if !ix.checked(sp, len(there)) {
		return true, nil
	}
	if len(there)+group[0].head.count > ix.plan.most() {
		group = group[len(group)-1:]
	}
	return true, ix.join(group, func(id mail.ID) bool { return sp.after.Compare(id) < 0 && !there[id] })
}

// takeUnsure returns a span to be checked, after the one before it when they
// touch. What makes it unsure from now on, does so again.
func (ix *Index) takeUnsure() []span {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	i := slices.IndexFunc(ix.spans, func(sp span) bool { return sp.unsure })
	if i < 0 {
		return nil
	}
	ix.spans[i].unsure = false
	if i > 0 && ix.touch(i) {
		return slices.Clone(ix.spans[i-1 : i+1])
	}
	return slices.Clone(ix.spans[i : i+1])
}

// doubt makes a span unsure again.
func (ix *Index) doubt(sp span) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if now := ix.at(sp.last); now != nil {
		now.unsure = true
	}
}

// checked takes down how many messages of a span are still there, and says
// whether so few that its segment is to be made anew. Those that went meanwhile
// may count twice.
func (ix *Index) checked(sp span, there int) bool {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	now := ix.at(sp.last)
	if now == nil || now.segment != sp.segment {
		return false
	}
	now.gone += now.head.count - there - sp.gone
	return now.sparse()
}

// errForeign says that a segment is not of this store.
var errForeign = errors.New("index segment without a message of its span")

// examine reads all of a segment and looks for the messages in its span.
func (ix *Index) examine(sp span, list []mail.Message) error {
	v, err := sp.open(&ix.rooms)
	if err != nil {
		return err
	}
	defer v.close()
	known, err := v.ids()
	if err != nil {
		return err
	}
	for _, m := range list {
		if _, ok := known.place(m.ID); !ok {
			return errForeign
		}
	}
	for i := range sp.head.blocks {
		if _, err := v.block(i); err != nil {
			return err
		}
	}
	return nil
}
