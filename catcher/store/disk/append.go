package disk

import (
	"hash/crc32"
	"io"
	"slices"
	"time"

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

// add takes messages into the segment and makes them safe there. The database
// learns of them later.
func (w *writer) add(group []*op) error {
	if len(w.rows) >= tailMost {
		if err := w.settle(); err != nil {
			return err
		}
	}
	if !w.reserve.made {
		if err := w.regain(); err != nil {
			return err
		}
	}
	if err := w.rotate(); err != nil {
		return err
	}
	end, err := w.keep(group)
	if isFull(err) && w.reclaim() { // which may forget mailboxes, and what they have given out
		end, err = w.keep(group)
	}
	if err != nil {
		return err
	}
	w.state.end = end
	if !w.opt.NoSync {
		w.state.synced = end
	}
	news := make([]tailed, len(group))
	for i, o := range group {
		news[i] = tailed{w.enter(&o.add.message, o.add.spot), &o.add.message}
	}
	w.view.add(news, w.boxes, w.state)
	for _, n := range news {
		w.opt.Publish(mail.Change{Kind: mail.Added, Message: n.message, Deliveries: n.message.Deliveries})
	}
	w.makeRoom(news)
	return nil
}

// keep numbers messages and writes their records; it returns where those end.
func (w *writer) keep(group []*op) (int64, error) {
	if err := w.meet(boxesOf(group)); err != nil {
		return 0, err
	}
	for _, o := range group {
		if err := w.number(o.add); err != nil {
			return 0, err
		}
	}
	return w.writeRecords(group)
}

// boxesOf lists the mailboxes of messages.
func boxesOf(group []*op) []string {
	var names []string
	for _, o := range group {
		for i := range o.add.given.Deliveries {
			names = append(names, o.add.given.Deliveries[i].Box)
		}
	}
	return names
}

// number gives a message its ID, and its deliveries theirs and their UIDs. Those
// are not used again when the message fails.
func (w *writer) number(a *addition) error {
	id, err := w.opt.IDs.Next(w.opt.Clock.Now())
	if err != nil {
		return err
	}
	m := a.given
	m.ID, w.state.last = id, id
	m.Deliveries = slices.Clone(m.Deliveries)
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		b := w.boxes[d.Box]
		d.ID, d.UID = mail.DeliveryID{Message: id, N: i}, b.next
		b.next++
	}
	a.message = m
	return nil
}

// writeRecords appends the records of the messages to the segment, and returns
// where they end. After an error the segment is as it was.
func (w *writer) writeRecords(group []*op) (end int64, err error) {
	defer func() {
		if err != nil {
			w.cur.f.Truncate(w.state.end) // to give room back; should it fail, that is no loss
		}
	}()
	w.out.begin(w.cur, w.state.end)
	for _, o := range group {
		if err := w.out.record(o.add); err != nil {
			return 0, err
		}
	}
	if err := w.out.flush(); err != nil {
		return 0, err
	}
	if w.opt.NoSync {
		return w.out.at, nil
	}
	start := time.Now()
	err = datasync(w.cur.f)
	w.pace, w.senders = time.Since(start), len(group)+w.waiting()
	return w.out.at, err
}

// A segmentWriter gathers what is small, and hands on what is large.
type segmentWriter struct {
	*segment
	at     int64 // where the next write goes
	zeroed int64 // up to here the file was written before
	buf    []byte
	meta   []byte
	zeros  []byte
	tight  bool // do without zeros rather than fail
}

func (w *segmentWriter) begin(s *segment, at int64) {
	if s != w.segment {
		w.segment, w.zeroed = s, at
	}
	w.at, w.buf = at, w.buf[:0]
}

func (w *segmentWriter) record(a *addition) error {
	w.meta = appendMeta(w.meta[:0], &a.message)
	a.spot = spot{segment: w.no, offset: w.at + int64(len(w.buf)), meta: int64(len(w.meta)), size: a.body.Size()}
	w.buf = appendHeader(w.buf, w.meta, a.body.Size(), a.bodyCRC, 0)
	_, err := a.body.Reader().WriteTo(w)
	return err
}

// copy writes a record of another segment again.
func (w *segmentWriter) copy(from *segment, r *record) (spot, error) {
	w.meta = append(w.meta[:0], make([]byte, r.meta)...)
	if _, err := from.f.ReadAt(w.meta, r.offset+headerSize); err != nil {
		return spot{}, err
	}
	to := spot{segment: w.no, offset: w.at + int64(len(w.buf)), meta: r.meta, size: r.size}
	w.buf = appendHeader(w.buf, w.meta, r.size, r.bodyCRC, flagCopied)
	_, err := io.Copy(w, io.NewSectionReader(from.f, r.offset+headerSize+r.meta, r.size))
	return to, err
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

// zeroStep is how far ahead a file is written with zeros. A sync that changes
// neither the file's size nor where its blocks are costs about half.
const zeroStep = 1 << 20

func (w *segmentWriter) flush() error {
	end := w.at + int64(len(w.buf))
	if small := len(w.buf) < directWrite; small && end > w.zeroed {
		if w.zeros == nil {
			w.zeros = make([]byte, zeroStep)
		}
		_, err := w.f.WriteAt(w.zeros, end)
		switch {
		case err == nil:
			w.zeroed = end + zeroStep
		case w.tight:
			err = w.f.Truncate(w.at) // let the records have the room
		}
		if err != nil {
			return err
		}
	}
	n, err := w.f.WriteAt(w.buf, w.at)
	w.at += int64(n)
	w.buf = w.buf[:0]
	return err
}

// enter counts a message that is in a segment, and makes the row that the
// database is to get.
func (w *writer) enter(m *mail.Message, at spot) *row {
	r := &row{id: m.ID, spot: at, received: m.Received, unterminated: m.Unterminated, places: make([]place, len(m.Deliveries))}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		b := w.boxes[d.Box]
		r.places[i] = placeOf(d, b.no)
		w.count(b, 1, m.Size, &r.places[i])
		b.newest = m.ID
	}
	w.state.messages++
	w.state.bytes += m.Size
	w.state.unseen += anyUnseen(r.places)
	w.use(at, 1)
	if w.state.messages == 1 {
		w.oldest = m.Received
	}
	w.rows = append(w.rows, r)
	return r
}

func placeOf(d *mail.Delivery, box int64) place {
	return place{
		n: d.ID.N, box: box, uid: d.UID, seen: d.Seen, moved: !d.AtHome(),
		progress: mail.Delivery{State: d.State, Next: d.Next, Route: d.Route, Trail: d.Trail},
	}
}

func anyUnseen(places []place) int64 {
	if slices.ContainsFunc(places, func(p place) bool { return !p.seen }) {
		return 1
	}
	return 0
}

// use counts the octets of a record in its segment, or with -1 counts them out.
func (w *writer) use(at spot, sign int64) {
	w.live[at.segment] += sign * at.length()
	w.fresh[at.segment] = true
}
