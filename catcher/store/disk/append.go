package disk

import (
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// An addition is a message on its way into the store.
type addition struct {
	body    *store.Body
	bodyCRC uint32
	given   mail.Message
	message mail.Message // given, with what the store sets
	spot    spot
}

// measure does what can be done before it is the writer's turn.
func (a *addition) measure() error {
	crc := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := a.body.Reader().WriteTo(crc); err != nil {
		return err
	}
	a.bodyCRC = crc.Sum32()
	a.given.Size, a.given.Unterminated = a.body.Size(), a.body.Unterminated()
	return nil
}

// append writes messages to the segment, and while that is being synced, their
// rows to the database.
func (t *tx) append(group []*op) error {
	for _, o := range group {
		if err := t.number(o.add); err != nil {
			return err
		}
	}
	if err := t.writeRecords(group); err != nil {
		return err
	}
	if !t.opt.NoSync {
		t.startSync()
	}
	for _, o := range group {
		m := &o.add.message
		if err := t.insert(m, o.add.spot); err != nil {
			return err
		}
		t.changes = append(t.changes, mail.Change{Kind: mail.Added, Message: m, Deliveries: m.Deliveries})
	}
	return t.makeRoom(group)
}

// number gives a message its ID, and its deliveries theirs and their UIDs.
func (t *tx) number(a *addition) error {
	now := t.opt.Clock.Now()
	id, err := t.opt.IDs.Next(now)
	if err != nil {
		return err
	}
	m := a.given
	m.ID, t.next.last = id, id
	m.Deliveries = slices.Clone(m.Deliveries)
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		b, err := t.box(d.Box)
		if err != nil {
			return err
		}
		d.ID, d.UID = mail.DeliveryID{Message: id, N: i}, b.next
		b.next++
	}
	a.message = m
	return nil
}

// startSync syncs the segment beside what follows; finish waits for it. There may
// have been one before in this transaction.
func (t *tx) startSync() {
	before, done, f := t.synced, make(chan error, 1), t.cur.f
	t.synced = done
	go func() {
		var err error
		if before != nil {
			err = <-before
		}
		done <- errors.Join(err, datasync(f))
	}()
}

// writeRecords appends the records of the messages to the segment.
func (t *tx) writeRecords(group []*op) error {
	out := &segmentWriter{f: t.cur.f, at: t.next.end, buf: t.buf[:0]}
	for _, o := range group {
		if err := out.record(o.add, t.cur.no); err != nil {
			return err
		}
	}
	err := out.flush()
	t.buf = out.buf[:0]
	t.change[t.cur.no] += out.at - t.next.end
	t.next.end = out.at
	return err
}

// A segmentWriter gathers what is small, and hands on what is large.
type segmentWriter struct {
	f    io.WriterAt
	at   int64 // where the next write goes
	buf  []byte
	meta []byte
}

func (w *segmentWriter) record(a *addition, segment int64) error {
	w.meta = appendMeta(w.meta[:0], &a.message)
	a.spot = spot{segment: segment, offset: w.at + int64(len(w.buf)), meta: int64(len(w.meta)), size: a.body.Size()}
	w.buf = appendHeader(w.buf, w.meta, a.body.Size(), a.bodyCRC, 0)
	_, err := a.body.Reader().WriteTo(w)
	return err
}

// Write takes a piece of a body.
func (w *segmentWriter) Write(p []byte) (int, error) {
	if len(p) < directWrite && len(w.buf)+len(p) <= writeBuffer {
		w.buf = append(w.buf, p...)
		return len(p), nil
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	n, err := w.f.WriteAt(p, w.at)
	w.at += int64(n)
	return n, err
}

func (w *segmentWriter) flush() error {
	n, err := w.f.WriteAt(w.buf, w.at)
	w.at += int64(n)
	w.buf = w.buf[:0]
	return err
}

// insert adds the rows of a message.
func (t *tx) insert(m *mail.Message, at spot) error {
	r := &row{id: m.ID, spot: at, received: m.Received, unterminated: m.Unterminated, places: make([]place, len(m.Deliveries))}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		b, err := t.box(d.Box)
		if err != nil {
			return err
		}
		r.places[i] = placeOf(d, b.no)
		if err := t.enter(b, m.ID, m.Size, &r.places[i]); err != nil {
			return err
		}
	}
	t.next.messages++
	t.next.bytes += m.Size
	t.next.unseen += anyUnseen(r.places)
	return t.stmts.insert(r)
}

func placeOf(d *mail.Delivery, box int64) place {
	return place{
		n: d.ID.N, box: box, uid: d.UID, seen: d.Seen, moved: !d.AtHome(),
		progress: mail.Delivery{State: d.State, Next: d.Next, Trail: d.Trail},
	}
}

func anyUnseen(places []place) int64 {
	if slices.ContainsFunc(places, func(p place) bool { return !p.seen }) {
		return 1
	}
	return 0
}
