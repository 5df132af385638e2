package search

import (
	"context"
	"errors"
	"slices"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

const (
	barePage = 1000 // messages listed at a time without their envelopes
	maxReads = 4    // searches that look into a segment at once: each needs room for one
)

// Search returns the messages that both queries choose, as store.Store.List
// does: in order, with More when Limit cut the answer. It sees all that was in
// the store when it was called. Where much is not indexed yet, it indexes that.
func (ix *Index) Search(ctx context.Context, where store.Query, q *query.Query) (store.Page, error) {
	if q.All() {
		return ix.store.List(ctx, where)
	}
	s := &search{ix: ix, where: where, query: q, need: q.Need(), bounds: q.Bounds(), box: where.Box}
	if s.box == "" {
		s.box = s.bounds.Box
	}
	if err := s.run(ctx); err != nil && err != errEnough {
		return store.Page{}, err
	}
	return s.page, ctx.Err()
}

// errEnough ends a search whose page is full.
var errEnough = errors.New("page is full")

// A search is one call of Search.
type search struct {
	ix     *Index
	where  store.Query
	query  *query.Query
	need   query.Need
	bounds query.Bounds
	box    string // in which all that is found must lie; "" when there is none
	page   store.Page
}

func (s *search) run(ctx context.Context) error {
	low, high := s.where.After, s.where.Before
	if id := s.bounds.ID; !id.IsZero() {
		if id.Compare(low) <= 0 || !high.IsZero() && id.Compare(high) >= 0 {
			return nil
		}
		return s.tryID(ctx, id)
	}
	if s.where.Oldest && high.IsZero() { // or mail that comes fast would keep the search from ending
		all, err := s.ix.store.Box(ctx, "")
		if err != nil {
			return err
		}
		high = after(all.Newest)
	}
	if small, err := s.small(ctx); err != nil {
		return err
	} else if small {
		return s.list(ctx, low, high)
	}
	return s.walk(ctx, low, high)
}

// blind says that the index knows nothing of what is looked for.
func (s *search) blind() bool { return s.need.Kind == query.NeedAny }

// small says whether it is better to go through a mailbox than through the index.
func (s *search) small(ctx context.Context) (bool, error) {
	if s.box == "" {
		return false, nil
	}
	here, err := s.ix.store.Box(ctx, s.box)
	if err != nil {
		return false, err
	}
	all, err := s.ix.store.Box(ctx, "")
	return here.Messages < all.Messages/8+s.ix.plan.direct, err
}

// list goes through all messages between two IDs, or those of the mailbox.
func (s *search) list(ctx context.Context, low, high mail.ID) error {
	for {
		page, err := s.ix.store.List(ctx, store.Query{Box: s.box, After: low, Before: high, Oldest: s.where.Oldest, Limit: barePage, Bare: true})
		if err != nil {
			return err
		}
		for rest := page.Messages; len(rest) > 0; {
			n, err := s.together(ctx, rest)
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
		if !page.More {
			return nil
		}
		if last := page.Messages[len(page.Messages)-1].ID; s.where.Oldest {
			low = last
		} else {
			high = last
		}
	}
}

// together tries the messages at the start of a bare list that lie in one
// segment, or the first alone, and returns how many it was done with.
func (s *search) together(ctx context.Context, list []mail.Message) (int, error) {
	sp := s.ix.covering(list[0].ID)
	if sp.segment == nil {
		return 1, s.tryBare(ctx, &list[0])
	}
	n := 1
	for n < len(list) && sp.after.Compare(list[n].ID) < 0 && list[n].ID.Compare(sp.last) <= 0 {
		n++
	}
	if sp.head.received.outside(s.bounds) {
		return n, nil
	}
	list = list[:n]
	if n > s.ix.plan.direct && !s.blind() {
		var err error
		if list, err = s.candidates(ctx, sp.segment, list); err != nil {
			return 0, s.ix.lose(err, sp)
		}
	}
	for i := range list {
		if err := s.tryBare(ctx, &list[i]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// look opens a segment, when few others are open.
func (s *search) look(ctx context.Context, segment *segment) (v *view, done func(), err error) {
	select {
	case s.ix.reads <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if v, err = segment.open(&s.ix.rooms); err != nil {
		<-s.ix.reads
		return nil, nil, err
	}
	return v, func() { v.close(); <-s.ix.reads }, nil
}

// candidates returns those of a list that may match, according to the segment
// that they lie in.
func (s *search) candidates(ctx context.Context, segment *segment, list []mail.Message) ([]mail.Message, error) {
	v, done, err := s.look(ctx, segment)
	if err != nil {
		return nil, err
	}
	defer done()
	known, err := v.ids()
	if err != nil {
		return nil, err
	}
	found, err := v.eval(&s.need)
	if err != nil {
		return nil, err
	}
	var out []mail.Message
	for _, m := range list {
		if o, ok := known.place(m.ID); ok && found.has(o) {
			out = append(out, m)
		}
	}
	return out, nil
}

// walk goes through the segments and what is between them.
func (s *search) walk(ctx context.Context, low, high mail.ID) error {
	for !none(low, high) {
		if err := ctx.Err(); err != nil {
			return err
		}
		st, newLow, newHigh := s.ix.next(low, high, s.where.Oldest)
		done, err := true, error(nil)
		switch {
		case none(st.low, st.high), st.segment != nil && st.segment.head.received.outside(s.bounds):
		case s.blind():
			err = s.list(ctx, st.low, st.high)
		case st.segment != nil:
			done, err = s.within(ctx, st)
		default:
			done, err = s.between(ctx, st)
		}
		if err != nil {
			return err
		}
		if done {
			low, high = newLow, newHigh
		}
	}
	return nil
}

// within tries what a segment offers. It is not done when the segment was damaged,
// and dropped for that.
func (s *search) within(ctx context.Context, st stretch) (bool, error) {
	list, err := s.offers(ctx, st)
	if err != nil {
		return false, s.ix.lose(err, span{segment: st.segment})
	}
	for _, id := range list {
		if err := s.tryID(ctx, id); err != nil {
			return false, err
		}
	}
	return true, nil
}

// offers returns the IDs in a stretch that may match, in the order of the search.
func (s *search) offers(ctx context.Context, st stretch) ([]mail.ID, error) {
	v, done, err := s.look(ctx, st.segment)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := v.eval(&s.need)
	if err != nil || found.empty() {
		return nil, err
	}
	known, err := v.ids()
	if err != nil {
		return nil, err
	}
	from, _ := known.place(after(st.low))
	to := v.head.count
	if !st.high.IsZero() {
		to, _ = known.place(st.high)
	}
	var list []mail.ID
	for o := from; o < to; o++ {
		if found.has(o) {
			list = append(list, known.at(o))
		}
	}
	if !s.where.Oldest {
		slices.Reverse(list)
	}
	return list, nil
}

// between goes through messages of no segment. If they are many, it makes a
// segment of some instead, and is not done.
func (s *search) between(ctx context.Context, st stretch) (bool, error) {
	page, err := s.ix.store.List(ctx, store.Query{After: st.low, Before: st.high, Oldest: s.where.Oldest, Limit: s.ix.plan.chunk})
	if err != nil {
		return false, err
	}
	if page.More {
		return false, s.help(ctx, st)
	}
	for i := range page.Messages {
		if err := s.try(ctx, &page.Messages[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// help indexes at the end of a stretch where the search goes on, unless somebody
// did while it waited for the right to.
func (s *search) help(ctx context.Context, st stretch) error {
	if err := s.ix.lock(ctx); err != nil {
		return err
	}
	defer s.ix.unlock()
	now, _, _ := s.ix.next(st.low, st.high, s.where.Oldest)
	if now.segment != nil || s.where.Oldest && now.low != st.low || !s.where.Oldest && now.high != st.high {
		return nil
	}
	_, err := s.ix.index(ctx, now, s.where.Oldest, false)
	return err
}

// tryBare tries a message that was listed without its envelope.
func (s *search) tryBare(ctx context.Context, m *mail.Message) error {
	if !s.query.Bare() {
		return s.tryID(ctx, m.ID)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ok, err := s.query.Match(&query.Document{Message: m, Box: s.where.Box})
	if err != nil || !ok {
		return err
	}
	if s.where.Bare {
		return s.take(m)
	}
	return s.tryID(ctx, m.ID)
}

// tryID tries a message that may have gone.
func (s *search) tryID(ctx context.Context, id mail.ID) error {
	m, err := s.ix.store.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return s.try(ctx, &m)
}

// try takes a message if it matches. One that goes meanwhile does not.
func (s *search) try(ctx context.Context, m *mail.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.where.Box != "" && !slices.ContainsFunc(m.Deliveries, func(d mail.Delivery) bool { return d.Box == s.where.Box }) {
		return nil
	}
	ok, err := s.query.Match(&query.Document{
		Message: m,
		Box:     s.where.Box,
		Load:    func() (*query.Content, error) { return s.ix.content(ctx, m) },
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ctx.Err()
	case err != nil || !ok:
		return err
	}
	return s.take(m)
}

func (s *search) take(m *mail.Message) error {
	if s.where.Limit > 0 && len(s.page.Messages) == s.where.Limit {
		s.page.More = true
		return errEnough
	}
	s.page.Messages = append(s.page.Messages, *m)
	return nil
}
