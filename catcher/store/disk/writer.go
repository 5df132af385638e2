package disk

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

const (
	groupOps   = 512      // ops that are done together at most
	groupBytes = 16 << 20 // and octets of bodies in them

	batchRows = 1000 // messages that go into the database together, while mail comes in
	tailMost  = 8000 // messages that may wait for the database; more mail has to wait then

	syncsWaited = 3 // see gather

	checkpointEvery = 30 // batches and changes; the database's log is written back after so many
	houseEvery      = 200 * time.Millisecond
)

// An op is one thing for the writer to do: add a message, or change something.
type op struct {
	add  *addition
	run  func(*tx) error // its error undoes the whole transaction
	done chan error
}

func (o *op) isChange() bool { return o.add == nil }

// A writer is the one that changes a store. All its fields belong to its
// goroutine, but for db, which belongs to a batch while one is on its way.
type writer struct {
	opt  *Options
	segs *segments
	view *view
	db   *database
	look finder // beside db, except in a transaction

	state   state           // with all that was acknowledged
	live    map[int64]int64 // octets of records in each segment that messages refer to
	sizes   map[int64]int64 // octets of each segment but the present one
	cur     *segment        // that is appended to
	out     segmentWriter
	oldest  time.Time       // no message was received before; zero when that is not known
	boxes   map[string]*box // those used lately, by name, and all that are dirty
	numbers map[int64]*box  // the same by number

	// What the segments have and the database has not.
	rows  []*row
	dirty map[*box]bool
	fresh map[int64]bool // segments whose use has changed

	waiting func() int    // how many ops wait
	senders int           // how many were sending during the last sync
	pace    time.Duration // how long that took

	underway *batch       // on its way to the database
	arrived  <-chan error // gets what becomes of it
	commits  int          // transactions since the last checkpoint
	dead     []int64      // segments to be dropped once a checkpoint has made that safe
	compact  compaction
	reserve  reserve
}

// state is the row of the table of that name.
type state struct {
	segment, end int64   // up to here the segments are in use
	synced       int64   // up to here the present one was synced for certain
	last         mail.ID // the newest ever given
	messages     int64
	bytes        int64
	unseen       int64 // messages with a delivery not seen
	deliveries   int64
	floor        uint32 // no mailbox that has no row has ever given out this UID or a higher one
	boxes        int64  // number of the newest mailbox
}

// write is the writer's goroutine. It takes together what waits, so that one sync
// makes all of it safe.
func (s *Store) write() {
	w := s.w
	house := time.NewTimer(w.opt.house)
	defer house.Stop()
	busy := true // the timer runs
	for {
		select {
		case o, ok := <-s.ops:
			if !ok {
				return
			}
			w.do(s.gather(o))
			if len(w.rows) >= batchRows {
				w.send()
			}
			if !busy {
				house.Reset(w.opt.house)
				busy = true
			}
		case err := <-w.arrived:
			w.arrive(err)
		case <-house.C:
			if busy = w.keepHouse(); busy {
				house.Reset(w.opt.house)
			}
		}
	}
}

// keepHouse does some of what can be done a little later, and says whether
// anything is left.
func (w *writer) keepHouse() bool {
	switch {
	case w.underway != nil:
	case len(w.rows)+len(w.dirty)+len(w.fresh) > 0:
		w.send()
	case w.compactSome():
	case w.vacuumSome():
	case w.commits > 0 || len(w.dead) > 0:
		w.checkpoint()
	case !w.reserve.made:
		return w.reserve.make() == nil
	default:
		return false
	}
	return true
}

// gather takes along what waits behind an op. When others were sending a moment
// ago it waits for them, but no longer than some syncs take: one sync for all of
// them costs far less than two, and is done no later.
func (s *Store) gather(o *op) []*op {
	group, size := []*op{o}, o.size()
	patience := time.NewTimer(syncsWaited * s.w.pace)
	defer patience.Stop()
	for len(group) < groupOps && size < groupBytes {
		next := s.next(len(group) < s.w.senders, patience.C)
		if next == nil {
			break
		}
		group = append(group, next)
		size += next.size()
	}
	return group
}

// next returns another op, or nil.
func (s *Store) next(wait bool, late <-chan time.Time) *op {
	if wait {
		select {
		case o := <-s.ops:
			return o
		case <-late:
			return nil
		}
	}
	select {
	case o := <-s.ops:
		return o
	default:
		return nil
	}
}

func (o *op) size() int64 {
	if o.isChange() {
		return 0
	}
	return o.add.body.Size()
}

// do runs ops in order, additions that follow one another together, and so with
// changes. When some fail together, each gets a try of its own, so that only those
// fail that have to.
func (w *writer) do(group []*op) {
	for len(group) > 0 {
		change := group[0].isChange()
		n := slices.IndexFunc(group, func(o *op) bool { return o.isChange() != change })
		if n < 0 {
			n = len(group)
		}
		part, try := group[:n], w.add
		if change {
			try = w.change
		}
		group = group[n:]
		if err := try(part); err == nil || n == 1 {
			answer(part, err)
			continue
		}
		for i := range part {
			answer(part[i:i+1], try(part[i:i+1]))
		}
	}
}

// answer tells the callers what became of their ops.
func answer(ops []*op, err error) {
	if isFull(err) {
		err = fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	for _, o := range ops {
		o.done <- err
	}
}

// rotate begins a new segment when the present one is full.
func (w *writer) rotate() error {
	if w.cur != nil && w.state.end < w.opt.SegmentSize {
		return nil
	}
	return w.nextSegment()
}

func (w *writer) nextSegment() error {
	if w.opt.NoSync && w.cur != nil { // or nobody would sync its end
		if err := datasync(w.cur.f); err != nil {
			return err
		}
	}
	no := w.state.segment + 1
	for w.segs.set[no] != nil {
		no++
	}
	if err := w.segs.create(no); err != nil {
		return err
	}
	if w.cur != nil {
		w.cur.f.Truncate(w.state.end) // to give room back; should it fail, that is no loss
		w.sizes[w.cur.no] = w.state.end
	}
	last := w.state.segment
	w.cur, w.state.segment = w.segs.set[no], no
	w.state.end, w.state.synced = int64(len(segmentMagic)), int64(len(segmentMagic))
	if w.segs.set[last] != nil {
		w.bury(last)
	}
	return nil
}

// bury gives a segment up when nothing refers to it.
func (w *writer) bury(no int64) {
	if w.live[no] == 0 {
		delete(w.live, no)
		delete(w.sizes, no)
		w.dead = append(w.dead, no)
	}
}

// A batch is what the database lacks, as it is at one moment.
type batch struct {
	rows  []*row
	boxes []box
	live  map[int64]int64
	state state

	back    bool     // write the database's log back afterwards
	sync    *os.File // sync this before, when nobody else does; or nil
	dead    []int64  // what can be dropped then
	backErr error    // why not
}

// batch makes one of all that waits.
func (w *writer) batch() *batch {
	b := &batch{rows: w.rows, live: make(map[int64]int64, len(w.fresh)), state: w.state}
	for box := range w.dirty {
		b.boxes = append(b.boxes, *box)
	}
	for no := range w.fresh {
		b.live[no] = w.live[no]
	}
	return b
}

// send has what waits written to the database. The writer goes on meanwhile.
func (w *writer) send() {
	if w.underway != nil {
		return
	}
	b := w.batch()
	if w.commits >= checkpointEvery {
		b.back, b.dead, w.commits = true, w.dead, 0
		if w.opt.NoSync {
			b.sync = w.cur.f
		}
	}
	clear(w.dirty)
	clear(w.fresh)
	arrived := make(chan error, 1)
	w.underway, w.arrived = b, arrived
	go func() { arrived <- w.db.write(b) }()
}

// arrive notes that the database has the batch, or that it could not be written
// and has to wait on.
func (w *writer) arrive(err error) {
	b := w.underway
	w.underway, w.arrived = nil, nil
	w.commits++
	if err != nil {
		w.opt.Log.Error("write to the mail database", "err", err)
		for i := range b.boxes {
			w.dirty[w.numbers[b.boxes[i].no]] = true
		}
		for no := range b.live {
			w.fresh[no] = true
		}
		return
	}
	w.rows = slices.Clone(w.rows[len(b.rows):])
	w.view.trim(len(b.rows), w.dirty)
	if b.back {
		w.writtenBack(b.dead, b.backErr)
	}
	w.forgetSome()
}

// settle returns once the database has everything, or will not take it.
func (w *writer) settle() error {
	if w.underway != nil {
		w.arrive(<-w.arrived)
	}
	if len(w.rows)+len(w.dirty)+len(w.fresh) == 0 {
		return nil
	}
	w.send()
	err := <-w.arrived
	w.arrive(err)
	return err
}

// vacuumSome makes the database smaller by a step if there is a point in it.
func (w *writer) vacuumSome() bool {
	some, err := w.db.vacuum()
	if err != nil {
		w.opt.Log.Error("make the mail database smaller", "err", err)
		return false
	}
	if some {
		w.commits++
	}
	return some
}

// checkpoint has the database's log written back, which bounds it, and lets go of
// dead segments.
func (w *writer) checkpoint() {
	w.commits = 0
	if w.opt.NoSync && w.cur != nil {
		if err := datasync(w.cur.f); err != nil {
			w.writtenBack(nil, err)
			return
		}
		w.state.synced = w.state.end
	}
	w.writtenBack(slices.Clone(w.dead), w.db.writeBack())
}

// writtenBack removes segments that nothing refers to, nor will after a power
// loss.
func (w *writer) writtenBack(dead []int64, err error) {
	if err != nil {
		w.opt.Log.Error("write back the log of the mail database", "err", err)
		return
	}
	w.dead = slices.DeleteFunc(w.dead, func(no int64) bool { return slices.Contains(dead, no) })
	for _, no := range dead {
		if err := w.segs.drop(no); err != nil {
			w.opt.Log.Error("remove a file of deleted mail", "segment", no, "err", err)
		}
	}
}
