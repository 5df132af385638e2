package disk

import (
	"errors"
	"io/fs"
	"os"
)

const (
	compactOctets  = 1 << 20 // what is looked at in one step; others wait as long
	compactRecords = 500
)

// A compaction is on its way through a segment.
type compaction struct {
	segment int64 // 0 when there is none
	at      int64
}

// compactSome goes a step on with a segment most of which is dead: what is alive
// is copied to the present one. It says whether there was anything to do.
func (w *writer) compactSome() bool {
	if w.compact.segment == 0 && !w.findWaste() {
		return false
	}
	err := w.transact(func(t *tx) error { return t.copyLive(&w.compact) })
	if err != nil {
		w.opt.Log.Error("compact a file of mail", "segment", w.compact.segment, "err", err)
		w.compact = compaction{}
		return false
	}
	return true
}

// regain makes the reserve again, with the room that dead mail takes if need be.
func (w *writer) regain() error {
	err := w.reserve.make()
	if isFull(err) && w.reclaim() {
		err = w.reserve.make()
	}
	return err
}

// reclaim takes the room of all dead mail at once, and says whether there was any.
func (w *writer) reclaim() bool {
	w.out.tight = true
	defer func() { w.out.tight = false }()
	some := false
	for w.compactSome() {
		some = true
	}
	some = some || len(w.dead) > 0
	if some {
		w.checkpoint()
	}
	return some
}

// findWaste chooses a segment. The present one is given up for it when it is
// large enough to matter, as any is when room is tight.
func (w *writer) findWaste() bool {
	large := w.state.end > w.opt.SegmentSize/4 || w.out.tight
	if w.cur != nil && large && w.live[w.cur.no] < w.state.end/2 {
		if err := w.nextSegment(); err != nil {
			return false
		}
	}
	for no, size := range w.sizes {
		if w.live[no] < size/2 {
			w.compact = compaction{no, int64(len(segmentMagic))}
			return true
		}
	}
	return false
}

// copyLive copies records that messages refer to. At the end of the segment
// nothing refers to it any more.
func (t *tx) copyLive(c *compaction) error {
	if err := t.rotate(); err != nil {
		return err
	}
	seg := t.segs.set[c.segment]
	if seg == nil || t.live[c.segment] == 0 { // it has died meanwhile
		*c = compaction{}
		return nil
	}
	t.out.begin(t.cur, t.state.end)
	from, end := c.at, t.sizes[c.segment]
	for n := 0; n < compactRecords && c.at < min(from+compactOctets, end); n++ {
		r, err := seg.scan(c.at, end)
		if errors.Is(err, errDamaged) {
			r, err = seg.search(c.at+1, end)
		}
		if errors.Is(err, errDamaged) {
			c.at = end
			break
		}
		if err != nil {
			return err
		}
		c.at = r.offset + r.length()
		if err := t.copy(seg, &r); err != nil {
			return err
		}
	}
	if err := t.out.flush(); err != nil {
		return err
	}
	t.state.end = t.out.at
	if c.at >= end {
		*c = compaction{}
		delete(t.sizes, seg.no) // what is left has no whole record: there is no use in trying again
	}
	if t.opt.NoSync {
		return nil
	}
	t.state.synced = t.state.end
	return datasync(t.cur.f)
}

// copy copies a record if its message still refers to it.
func (t *tx) copy(seg *segment, r *record) error {
	old, err := t.db.get(r.message.ID)
	if err != nil || old == nil || old.spot != r.spot {
		return err
	}
	to, err := t.out.copy(seg, r)
	if err != nil {
		return err
	}
	return t.move(old, to)
}

// The reserve is a file that is given up when the disk is full, so that mail can
// still be deleted, and the store be opened again. While there is none no mail is
// taken: it could fill the disk for good.
type reserve struct {
	path string
	made bool
}

const (
	reserveName = "reserve"
	reserveSize = 4 << 20
)

func (r *reserve) make() error {
	info, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() != reserveSize {
		err = os.WriteFile(r.path, make([]byte, reserveSize), 0o600)
	}
	if err != nil {
		os.Remove(r.path)
		return err
	}
	r.made = true
	return nil
}

// spend gives the reserve up, and says whether there was one.
func (r *reserve) spend() bool {
	r.made = false
	return os.Remove(r.path) == nil
}
