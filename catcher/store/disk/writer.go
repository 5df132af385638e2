package disk

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Bounds of one transaction.
const (
	groupOps   = 512
	groupBytes = 16 << 20
)

const (
	checkpointEvery = 500 // transactions
	idleAfter       = time.Second
)

// An op is one thing for the writer to do: add a message, or run something.
type op struct {
	add  *addition
	run  func(*tx) error // its error undoes the whole transaction
	done chan error
}

// A writer is the one that changes a store. All its fields belong to its
// goroutine.
type writer struct {
	opt     *Options
	segs    *segments
	db      *sql.DB
	conn    *sql.Conn
	stmts   *statements
	full    bool // the connection syncs the database's log with each commit
	state   state
	boxes   map[string]*box // those used lately, by name
	numbers map[int64]*box  // the same by number
	live    map[int64]int64 // octets of records in each segment that messages refer to
	cur     *segment        // that is appended to
	commits int             // transactions since the last checkpoint
	dead    []int64         // segments to be dropped once a checkpoint has made that safe
	buf     []byte
}

// state is the row of the table of that name.
type state struct {
	segment, end int64   // up to here the database knows the segments
	synced       int64   // up to here the segment was synced for certain
	last         mail.ID // the newest ever given
	messages     int64
	bytes        int64
	unseen       int64 // messages with a delivery not seen
	deliveries   int64
	floor        uint32 // no mailbox that has no row has ever given out this UID or a higher one
	boxes        int64  // number of the newest mailbox
}

// write is the writer's goroutine: it takes together what waits, and does it in
// one transaction that one sync makes safe. When nothing waits it keeps house.
func (s *Store) write() {
	idle := time.NewTimer(idleAfter)
	defer idle.Stop()
	for {
		select {
		case o, ok := <-s.ops:
			if !ok {
				return
			}
			s.w.do(s.gather(o))
			if s.w.commits >= checkpointEvery || len(s.w.dead) > 0 {
				s.w.checkpoint()
			}
			idle.Reset(idleAfter)
		case <-idle.C:
			if s.w.commits > 0 {
				s.w.checkpoint()
			}
		}
	}
}

// gather takes along what waits behind an op.
func (s *Store) gather(o *op) []*op {
	group, size := []*op{o}, o.size()
	for len(group) < groupOps && size < groupBytes {
		select {
		case next, ok := <-s.ops:
			if !ok {
				return group
			}
			group = append(group, next)
			size += next.size()
		default:
			return group
		}
	}
	return group
}

func (o *op) size() int64 {
	if o.add == nil {
		return 0
	}
	return o.add.body.Size()
}

// do runs a group. When it fails as a whole, each op gets a try of its own, so
// that only those fail that have to.
func (w *writer) do(group []*op) {
	err := w.try(group)
	if err == nil || len(group) == 1 {
		for _, o := range group {
			o.done <- err
		}
		return
	}
	for _, o := range group {
		o.done <- w.try([]*op{o})
	}
}

// try runs a group in a transaction and tells what was done. After an error
// nothing was done.
func (w *writer) try(group []*op) error {
	if err := w.rotate(); err != nil {
		return explain(err)
	}
	t, err := w.begin(slices.ContainsFunc(group, func(o *op) bool { return o.add == nil }))
	if err != nil {
		return explain(err)
	}
	if err = t.run(group); err == nil {
		err = t.finish()
	}
	if err != nil {
		t.undo()
		return explain(err)
	}
	for _, c := range t.changes {
		w.opt.Publish(c)
	}
	w.commits++
	return nil
}

// explain makes store.ErrFull of what a full disk says.
func explain(err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// A tx is a transaction.
type tx struct {
	*writer
	next    state           // of the writer, when this is done
	dirty   map[*box]bool   // mailboxes that have changed
	change  map[int64]int64 // of live, by segment
	synced  chan error      // nil, or gets the result of syncing the segment
	changes []mail.Change
}

// begin starts a transaction. Additions are safe in their segment before the
// commit, so that the database may sync later; whatever else is done is safe with
// the commit, which more asks for.
func (w *writer) begin(more bool) (*tx, error) {
	if full := more && !w.opt.NoSync; full != w.full {
		if err := w.exec(map[bool]string{false: "PRAGMA synchronous = NORMAL", true: "PRAGMA synchronous = FULL"}[full]); err != nil {
			return nil, err
		}
		w.full = full
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return &tx{writer: w, next: w.state, dirty: map[*box]bool{}, change: map[int64]int64{}}, nil
}

func (w *writer) exec(text string) error {
	_, err := w.conn.ExecContext(context.Background(), text)
	return err
}

// rotate begins a new segment when the present one is full.
func (w *writer) rotate() error {
	if w.cur != nil && w.state.end < w.opt.SegmentSize {
		return nil
	}
	if w.cur != nil {
		if err := w.cur.f.Truncate(w.state.end); err != nil {
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
	w.cur, w.state.segment = w.segs.set[no], no
	w.state.end, w.state.synced = int64(len(segmentMagic)), int64(len(segmentMagic))
	return nil
}

// run does what the ops want, in order; additions that follow one another go
// together.
func (t *tx) run(group []*op) error {
	for len(group) > 0 {
		n := 0
		for n < len(group) && group[n].add != nil {
			n++
		}
		var err error
		if n > 0 {
			err = t.append(group[:n])
		} else {
			n, err = 1, group[0].run(t)
		}
		if err != nil {
			return err
		}
		group = group[n:]
	}
	return nil
}

// finish makes the transaction last.
func (t *tx) finish() error {
	if err := t.flush(); err != nil {
		return err
	}
	if t.synced != nil {
		err := <-t.synced
		t.synced = nil
		if err != nil {
			return err
		}
	}
	if err := t.exec("COMMIT"); err != nil {
		return err
	}
	t.state = t.next
	for no, n := range t.change {
		t.live[no] += n
		if t.live[no] == 0 && no != t.state.segment {
			delete(t.live, no)
			t.dead = append(t.dead, no)
		}
	}
	if len(t.boxes) > cachedBoxes {
		t.forgetBoxes()
	}
	return nil
}

// flush writes what was gathered to the database.
func (t *tx) flush() error {
	if err := t.flushBoxes(); err != nil {
		return err
	}
	for no, n := range t.change {
		if err := t.writeLive(no, t.live[no]+n); err != nil {
			return err
		}
	}
	if !t.opt.NoSync {
		t.next.synced = t.next.end
	}
	return t.stmts.writeState(&t.next)
}

// writeLive notes how much of a segment is in use.
func (t *tx) writeLive(no, octets int64) (err error) {
	size := int64(0)
	if no == t.next.segment {
		size = t.next.end
	}
	if octets == 0 && no != t.next.segment {
		_, err = t.stmts.deleteSegment.Exec(no)
	} else {
		_, err = t.stmts.setLive.Exec(no, octets, size)
	}
	return err
}

// undo takes back what the transaction did, in the segment, in the database and
// in memory. Should the segment keep it, it will be overwritten. After some errors
// SQLite has rolled back by itself, and says so here.
func (t *tx) undo() {
	if t.synced != nil {
		<-t.synced
	}
	if t.cur != nil {
		t.cur.f.Truncate(t.state.end)
	}
	t.forgetBoxes()
	t.conn.ExecContext(context.Background(), "ROLLBACK")
}
