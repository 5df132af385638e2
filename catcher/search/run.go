package search

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

const (
	busy  = 300                   // messages a second from which on Run holds back
	share = 15                    // it then rests so many times as long as it worked
	nap   = 50 * time.Millisecond // after which it looks again how busy it is
	naps  = 20                    // that it takes before it begins, at most, until a burst is over
)

// Run indexes what comes in, until ctx ends. While much does, it works a small
// part of the time, so as not to hold up those who bring it. Where the store
// fails, it logs that and tries again when more mail has come.
func (ix *Index) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ix.wake:
		}
		(&pace{ix: ix}).calm(ctx)
		if err := ix.catchUp(ctx); err != nil && ctx.Err() == nil {
			ix.opt.Log.Error("mail is not indexed", "err", err)
		}
	}
}

// catchUp works until there is nothing left to do.
func (ix *Index) catchUp(ctx context.Context) error {
	p := pace{ix: ix}
	for {
		p.start()
		if more, err := ix.step(ctx); !more || err != nil {
			return err
		}
		p.rest(ctx)
	}
}

// A pace makes Run rest while mail comes fast.
type pace struct {
	ix      *Index
	at      time.Time
	arrived int
}

func (p *pace) start() { p.at, p.arrived = p.ix.opt.Clock.Now(), p.ix.counted(&p.ix.arrived) }

// calm waits for the end of a burst.
func (p *pace) calm(ctx context.Context) {
	for range naps {
		p.start()
		select {
		case <-ctx.Done():
			return
		case <-p.ix.opt.Clock.After(nap):
		}
		if !p.busy() {
			return
		}
	}
}

// rest waits in proportion to the time since start, as long as mail comes fast.
func (p *pace) rest(ctx context.Context) {
	worked := p.ix.opt.Clock.Now().Sub(p.at)
	for left := share * worked; left > 0 && p.busy(); left -= nap {
		p.start()
		select {
		case <-ctx.Done():
			return
		case <-p.ix.opt.Clock.After(min(left, nap)):
		}
	}
}

// busy says whether mail has come fast since start.
func (p *pace) busy() bool {
	passed := p.ix.opt.Clock.Now().Sub(p.at)
	return float64(p.ix.counted(&p.ix.arrived)-p.arrived) > busy*passed.Seconds()
}

// counted reads a number that mu guards.
func (ix *Index) counted(n *int) int {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return *n
}

// step indexes some and checks one segment, and says whether there was anything
// to do. It does both in turn: while a full store takes mail, old mail goes as fast.
func (ix *Index) step(ctx context.Context) (bool, error) {
	if err := ix.lock(ctx); err != nil {
		return false, err
	}
	defer ix.unlock()
	filled, err := ix.fill(ctx)
	if err != nil {
		return false, err
	}
	checked, err := ix.checkOne(ctx)
	return filled || checked, err
}

// lock gets the right to make and replace segments, unless ctx ends.
func (ix *Index) lock(ctx context.Context) error {
	select {
	case ix.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (ix *Index) unlock() { <-ix.work }

// fill indexes messages that are in no span, the oldest first. It leaves a few at
// the end.
func (ix *Index) fill(ctx context.Context) (bool, error) {
	if err := ix.emptyTrash(); err != nil {
		ix.opt.Log.Warn("index files stay", "err", err)
	}
	var low, high mail.ID
	for {
		s, newLow, newHigh := ix.next(low, high, true)
		if s.segment == nil {
			tail := s.high.IsZero()
			seen := ix.seen()
			n, err := ix.index(ctx, s, true, tail)
			if tail {
				ix.forget(seen)
			}
			if n > 0 || err != nil {
				return n > 0, err
			}
		}
		if low, high = newLow, newHigh; none(low, high) {
			return false, nil
		}
	}
}

func (ix *Index) seen() waiting {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.waiting
}

// forget takes away what waited when the end of the store was last looked at.
func (ix *Index) forget(w waiting) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.waiting.messages = max(ix.waiting.messages-w.messages, 0)
	ix.waiting.bytes = max(ix.waiting.bytes-w.bytes, 0)
}

// index makes a segment of the messages at one end of a stretch that has none
// yet, and returns how many they are. If it is asked to be lazy, it may leave a
// few. The caller has the right to work.
func (ix *Index) index(ctx context.Context, s stretch, oldest, lazy bool) (int, error) {
	strays := ix.counted(&ix.strays)
	page, err := ix.store.List(ctx, store.Query{After: s.low, Before: s.high, Oldest: oldest, Limit: ix.plan.chunk})
	if err != nil {
		return 0, err
	}
	list, all := ix.plan.cut(page)
	var w waiting
	for _, m := range list {
		w.messages, w.bytes = w.messages+1, w.bytes+m.Size
	}
	if lazy && all && !ix.plan.enough(w) {
		return 0, nil
	}
	if len(list) == 0 {
		ix.bridge(s)
		return 0, nil
	}
	if !oldest {
		slices.Reverse(list)
	}
	sp := span{after: s.low, last: list[len(list)-1].ID}
	if !oldest && !all {
		sp.after = before(list[0].ID)
	}
	if (all || !oldest) && ix.bounded(s.high) {
		sp.last = before(s.high)
	}
	if err := ix.build(ctx, sp, list, strays); err != nil {
		return 0, err
	}
	return len(list), ix.merge()
}

// cut drops what would be too much for a segment, and says whether that, and the
// page's limit, dropped nothing.
func (p *plan) cut(page store.Page) ([]mail.Message, bool) {
	size := int64(0)
	for i, m := range page.Messages {
		if size += m.Size; size > p.bytes && i > 0 {
			return page.Messages[:i], false
		}
	}
	return page.Messages, !page.More
}

// bounded says whether a span begins at an ID: then no message will ever come
// between it and one before.
func (ix *Index) bounded(high mail.ID) bool {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return slices.ContainsFunc(ix.spans, func(sp span) bool { return after(sp.after) == high })
}

// bridge closes a stretch without messages, if it is all that is between two
// spans, or before the first.
func (ix *Index) bridge(s stretch) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for i := range ix.spans {
		if sp := &ix.spans[i]; after(sp.after) == s.high && (i == 0 && s.low.IsZero() || i > 0 && ix.spans[i-1].last == s.low) {
			sp.after = s.low
		}
	}
}

// build indexes messages that are all there is in a span.
func (ix *Index) build(ctx context.Context, sp span, list []mail.Message, strays int) error {
	b := newBuilder()
	for i := range list {
		c, err := ix.content(ctx, &list[i])
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b.add(&list[i], c)
	}
	if len(b.ids) == 0 {
		return nil
	}
	s, err := ix.keep(b.seal(sp.after, sp.last))
	if err != nil {
		return err
	}
	sp.segment = s
	ix.insert(sp, strays)
	return nil
}

// merge merges the newest segments as long as enough of them are small.
func (ix *Index) merge() error {
	for {
		group := ix.ripe()
		if len(group) == 0 {
			return nil
		}
		if err := ix.join(group, func(mail.ID) bool { return false }); err != nil {
			return err
		}
	}
}

// ripe chooses neighbours to be merged, the newest first.
func (ix *Index) ripe() []span {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, tier := range ix.plan.tiers {
		for end := len(ix.spans); end > 0; {
			start, sum := end, 0
			for start > 0 && ix.small(start-1, tier) && (start == end || ix.touch(start)) {
				start--
				sum += ix.spans[start].head.count
			}
			for i := start; i < end && sum >= tier; i++ {
				if n := ix.plan.fitting(ix.spans[i:end]); n > 1 {
					return slices.Clone(ix.spans[i : i+n])
				}
			}
			end = min(start, end-1)
		}
	}
	return nil
}

// small says that a segment takes part in the merges of a tier.
func (ix *Index) small(i, tier int) bool {
	return ix.spans[i].head.count < tier && !ix.plan.large(ix.spans[i].segment)
}

// touch says that nothing lies between a span and the one before it.
func (ix *Index) touch(i int) bool { return ix.spans[i-1].last == ix.spans[i].after }

// fitting counts the spans at the start of a list that fit into one segment.
func (p *plan) fitting(list []span) int {
	count, size := 0, int64(0)
	for i := range list {
		count, size = count+list[i].head.count, size+list[i].head.size()
		if count > p.most() || size > 2*p.full {
			return i
		}
	}
	return len(list)
}

// join puts one segment in the place of neighbours, without the messages that
// are gone. Damage makes it drop the segments; their messages are indexed again.
func (ix *Index) join(group []span, gone func(mail.ID) bool) error {
	whole := span{after: group[0].after, last: group[len(group)-1].last}
	data, err := ix.mergeSpans(group, whole, gone)
	if err != nil {
		return ix.lose(err, group...)
	}
	if data != nil {
		if whole.segment, err = ix.keep(data); err != nil {
			return err
		}
	}
	if !ix.replace(group, whole) && whole.segment != nil {
		ix.mu.Lock()
		ix.discard(whole.segment)
		ix.mu.Unlock()
	}
	return nil
}

func (ix *Index) mergeSpans(group []span, whole span, gone func(mail.ID) bool) ([]byte, error) {
	views := make([]*view, len(group))
	for i, sp := range group {
		v, err := sp.open(&ix.rooms)
		if err != nil {
			return nil, err
		}
		defer v.close()
		views[i] = v
	}
	return merge(views, whole.after, whole.last, gone)
}

// lose drops segments after an error that says that they are damaged or gone: what
// they cover is to be indexed again. It returns other errors.
func (ix *Index) lose(err error, group ...span) error {
	if !errors.Is(err, errDamaged) && !errors.Is(err, errForeign) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, sp := range group {
		if ix.replace([]span{sp}, span{}) {
			ix.opt.Log.Warn("index segment dropped", "path", sp.path, "messages", sp.head.count, "err", err)
		}
	}
	ix.nudge()
	return nil
}
