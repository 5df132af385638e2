package search

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"sync"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Options are what an index is made with. The zero value keeps it in memory.
type Options struct {
	Dir   string       // for its files, which it has to itself; "": in memory
	Clock clock.Clock  // by which Run rests; nil: the system's
	Log   *slog.Logger // nil: nowhere
}

// An Index answers queries over a store. Its methods are safe for concurrent use.
type Index struct {
	store store.Store
	opt   Options
	plan  plan
	rooms sync.Pool     // of *[]byte, for what is read from files
	work  chan struct{} // holds an element while somebody makes, merges or checks segments
	wake  chan struct{} // Run may have something to do
	reads chan struct{} // holds an element for each search that looks into a segment

	mu      sync.Mutex // guards all below; the store is not called while it is held
	spans   []span     // in order, none overlaps another
	waiting waiting
	arrived int      // messages since the index was made
	strays  int      // changes that may have taken messages of no span since then
	trash   []string // files to be removed
}

// A span is a range of IDs for which there is a segment: those above after, up
// to last. It may be wider than the segment says when nothing lies between.
type span struct {
	after, last mail.ID
	*segment
	gone   int  // messages of the segment known to have left the store
	unsure bool // there may be more of them; or the file may be damaged
}

// waiting is what came in and was not yet seen by Run.
type waiting struct {
	messages int
	bytes    int64
}

// A plan says how large segments are.
type plan struct {
	chunk  int   // messages that become a segment at once, if they are small
	bytes  int64 // octets of messages that do
	few    int   // messages that are not worth a segment yet, each of 2 KiB: a search reads them
	tiers  []int // segments of fewer messages are merged when together they have so many
	full   int64 // octets of a segment that is merged no more
	inFile int   // messages of a segment, or 512 octets of it for each, from which on it goes into a file
	direct int   // so few messages of a mailbox in a segment are read without asking it
}

func defaultPlan() plan {
	return plan{
		chunk:  256,
		bytes:  4 << 20,
		few:    128,
		tiers:  []int{16, 128, 1024, maxCount},
		full:   2 << 20,
		inFile: maxCount / 2,
		direct: 16,
	}
}

// enough says whether so much is worth a segment.
func (p *plan) enough(w waiting) bool {
	return w.messages >= p.few || w.bytes >= int64(p.few)<<11
}

// large says whether a segment is not merged with others any more.
func (p *plan) large(s *segment) bool {
	return s.head.count >= p.most()*3/4 || s.head.size() >= p.full
}

// most is the number of messages that a merge makes at most.
func (p *plan) most() int { return p.tiers[len(p.tiers)-1] }

// New makes an index over s. With a directory it takes over the segments that
// are there and fit the store. It reads the store but never changes it, and does
// not close it.
func New(s store.Store, opt Options) (*Index, error) {
	if opt.Clock == nil {
		opt.Clock = clock.System{}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	ix := &Index{
		store: s,
		opt:   opt,
		plan:  defaultPlan(),
		work:  make(chan struct{}, 1),
		wake:  make(chan struct{}, 1),
		reads: make(chan struct{}, maxReads),
	}
	ix.wake <- struct{}{}
	if opt.Dir != "" {
		if err := ix.load(context.Background()); err != nil {
			return nil, fmt.Errorf("open the index: %w", err)
		}
	}
	return ix, nil
}

// Close lets go of everything; Run and all searches must have ended. Full
// segments stay in the directory. Twice is fine.
func (ix *Index) Close() error {
	ix.work <- struct{}{}
	defer ix.unlock()
	return ix.emptyTrash()
}

// Note takes a change of the store, in order. It is quick and does not call the
// store: it may be called from store.Options.Publish.
func (ix *Index) Note(c mail.Change) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	switch {
	case c.Kind == mail.Added:
		ix.arrived++
		ix.waiting.messages++
		ix.waiting.bytes += c.Message.Size
		if ix.plan.enough(ix.waiting) {
			ix.nudge()
		}
	case c.Kind == mail.Removed && len(c.Message.Deliveries) == 0:
		if sp := ix.at(c.Message.ID); sp != nil {
			if sp.gone++; sp.sparse() {
				sp.unsure = true
				ix.nudge()
			}
		} else {
			ix.strays++
		}
	case c.Kind == mail.Cleared && c.Box == "":
		for _, sp := range ix.spans {
			ix.discard(sp.segment)
		}
		ix.spans, ix.waiting = nil, waiting{}
		ix.strays++
		ix.nudge()
	case c.Kind == mail.Cleared:
		for i := range ix.spans {
			ix.spans[i].unsure = true
		}
		ix.strays++
		ix.nudge()
	}
}

// sparse says whether most of a segment's messages are gone.
func (sp *span) sparse() bool { return 2*sp.gone > sp.head.count }

func (ix *Index) nudge() {
	select {
	case ix.wake <- struct{}{}:
	default:
	}
}

// at returns the span that covers an ID, or nil.
func (ix *Index) at(id mail.ID) *span {
	i, _ := slices.BinarySearchFunc(ix.spans, id, func(sp span, id mail.ID) int { return sp.last.Compare(id) })
	if i < len(ix.spans) && ix.spans[i].after.Compare(id) < 0 {
		return &ix.spans[i]
	}
	return nil
}

// covering returns a copy of the span that covers an ID, or one without a
// segment.
func (ix *Index) covering(id mail.ID) span {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if sp := ix.at(id); sp != nil {
		return *sp
	}
	return span{}
}

// A stretch is the part of all IDs above low and below high, which is unbounded
// when it is zero. It lies within one span, or between two.
type stretch struct {
	low, high mail.ID
	segment   *segment // nil between spans
}

// next returns the stretch at the end of the IDs above low and below high from
// which a search sets out, and where it goes on: at the new low or high.
func (ix *Index) next(low, high mail.ID, oldest bool) (s stretch, newLow, newHigh mail.ID) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if oldest {
		return ix.nextUp(low, high)
	}
	return ix.nextDown(low, high)
}

func (ix *Index) nextUp(low, high mail.ID) (stretch, mail.ID, mail.ID) {
	i := sort.Search(len(ix.spans), func(i int) bool { return ix.spans[i].last.Compare(low) > 0 })
	if i == len(ix.spans) {
		return stretch{low: low, high: high}, low, after(low)
	}
	sp := &ix.spans[i]
	if sp.after.Compare(low) > 0 {
		return stretch{low: low, high: lower(high, after(sp.after))}, sp.after, high
	}
	return stretch{low, lower(high, after(sp.last)), sp.segment}, sp.last, high
}

func (ix *Index) nextDown(low, high mail.ID) (stretch, mail.ID, mail.ID) {
	i := sort.Search(len(ix.spans), func(i int) bool { return none(ix.spans[i].after, high) })
	if i == 0 {
		return stretch{low: low, high: high}, low, after(low)
	}
	sp := &ix.spans[i-1]
	if end := after(sp.last); high.IsZero() || end.Compare(high) < 0 {
		return stretch{low: higher(low, sp.last), high: high}, low, end
	}
	return stretch{higher(low, sp.after), high, sp.segment}, low, after(sp.after)
}

// none says that no ID lies above low and below high.
func none(low, high mail.ID) bool {
	return !high.IsZero() && after(low).Compare(high) >= 0
}

// after is the next ID; the highest has none but itself.
func after(id mail.ID) mail.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			return id
		}
	}
	return before(id)
}

// before is the ID before; before zero comes the highest.
func before(id mail.ID) mail.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]--; id[i] != 0xff {
			break
		}
	}
	return id
}

// lower returns the lower of two upper bounds, of which zero is none.
func lower(a, b mail.ID) mail.ID {
	if a.IsZero() || !b.IsZero() && b.Compare(a) < 0 {
		return b
	}
	return a
}

func higher(a, b mail.ID) mail.ID {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}

// insert adds the span of a new segment, between others. Some of its messages may
// have gone if there are more strays now.
func (ix *Index) insert(sp span, strays int) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	sp.unsure = ix.strays != strays
	i, _ := slices.BinarySearchFunc(ix.spans, sp.last, func(s span, id mail.ID) int { return s.last.Compare(id) })
	ix.spans = slices.Insert(ix.spans, i, sp)
}

// replace puts one span, or none when it has no segment, in the place of
// neighbours. It does nothing when one of them has gone meanwhile.
func (ix *Index) replace(old []span, sp span) bool {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	i := slices.IndexFunc(ix.spans, func(s span) bool { return s.segment == old[0].segment })
	if i < 0 || i+len(old) > len(ix.spans) {
		return false
	}
	for k := range old {
		if ix.spans[i+k].segment != old[k].segment {
			return false
		}
	}
	for _, s := range ix.spans[i : i+len(old)] {
		sp.unsure = sp.unsure || s.unsure
		sp.gone += s.gone - s.head.count
		ix.discard(s.segment)
	}
	ix.spans = slices.Delete(ix.spans, i, i+len(old))
	if sp.segment != nil {
		sp.gone += sp.head.count // those that went since it was made
		ix.spans = slices.Insert(ix.spans, i, sp)
	}
	return true
}

// discard lets the file of a segment be removed.
func (ix *Index) discard(s *segment) {
	if s.path != "" {
		ix.trash = append(ix.trash, s.path)
	}
}
