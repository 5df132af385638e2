package disk

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A tx is a transaction that changes what is there. It begins when the database
// has everything, and is safe with its commit.
type tx struct {
	*writer
	before  state
	used    map[int64]int64 // what live has gained or lost, by segment
	changes []mail.Change
}

// change runs ops that are no additions. On a full disk it takes the reserve.
func (w *writer) change(group []*op) error {
	run := func(t *tx) error {
		for _, o := range group {
			if err := o.run(t); err != nil {
				return err
			}
		}
		return nil
	}
	err := w.transact(run)
	if isFull(err) && w.reserve.spend() {
		err = w.transact(run)
	}
	return err
}

// transact runs something in a transaction and then tells what it did. After an
// error nothing was done.
func (w *writer) transact(run func(*tx) error) error {
	if err := w.settle(); err != nil {
		return err
	}
	if err := w.db.begin(!w.opt.NoSync); err != nil {
		return err
	}
	beside := w.look
	w.look = w.db.finder
	t := &tx{writer: w, before: w.state, used: map[int64]int64{}}
	err := run(t)
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		t.undo()
	}
	w.look = beside
	for _, c := range t.changes {
		w.opt.Publish(c)
	}
	if w.commits++; err == nil && (w.commits >= checkpointEvery || len(w.dead) > 0) {
		w.checkpoint()
	}
	return err
}

// finish commits. A mailbox that is empty then is forgotten; the floor sees to it
// that none of its UIDs is given again.
func (t *tx) finish() error {
	for b := range t.dirty {
		if b.messages == 0 {
			t.state.floor = max(t.state.floor, b.next)
		}
	}
	if err := t.db.flush(t.batch()); err != nil {
		return err
	}
	if err := t.db.exec("COMMIT"); err != nil {
		return err
	}
	for b := range t.dirty {
		if b.messages == 0 {
			t.forget(b)
		}
	}
	clear(t.dirty)
	clear(t.fresh)
	t.forgetSome()
	for no := range t.used {
		if no != t.state.segment {
			t.bury(no)
		}
	}
	return nil
}

// undo takes back what was done, here and in the database. After some errors
// SQLite has done so by itself, and says so.
func (t *tx) undo() {
	t.state = t.before
	for no, octets := range t.used {
		t.live[no] -= octets
	}
	clear(t.dirty)
	clear(t.fresh)
	t.forgetBoxes()
	t.changes = nil
	t.db.exec("ROLLBACK")
}

// use is that of the writer, and can be undone.
func (t *tx) use(at spot, sign int64) {
	t.writer.use(at, sign)
	t.used[at.segment] += sign * at.length()
}

// load returns the message of a row as others see it.
func (t *tx) load(r *row) (*mail.Message, error) {
	seg := t.segs.use(r.segment)
	if seg == nil {
		return nil, errMissing
	}
	defer seg.release()
	rec, err := seg.read(r.spot, 0)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(r.places))
	for i := range r.places {
		b, err := t.boxNo(r.places[i].box)
		if err != nil {
			return nil, err
		}
		names[i] = b.name
	}
	m := r.whole(&rec.message, names)
	return &m, nil
}

// whole puts together what the segment and the database know of a message, and
// the names of its deliveries' mailboxes.
func (r *row) whole(m *mail.Message, names []string) mail.Message {
	came := m.Deliveries
	m.Deliveries = make([]mail.Delivery, len(r.places))
	for i := range r.places {
		m.Deliveries[i] = r.places[i].delivery(r.id, names[i])
		if n := r.places[i].n; n < len(came) {
			m.Deliveries[i].Rcpt = came[n].Rcpt
		}
	}
	return *m
}

// delivery is all but Rcpt.
func (p *place) delivery(id mail.ID, box string) mail.Delivery {
	return mail.Delivery{
		ID: mail.DeliveryID{Message: id, N: p.n}, Box: box, UID: p.uid, Seen: p.seen,
		State: p.progress.State, Next: p.progress.Next, Route: p.progress.Route, Trail: p.progress.Trail,
	}
}

// update changes one delivery. The first error is that of change, or
// store.ErrNotFound; the second is one that undoes the transaction.
func (t *tx) update(id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error, error) {
	r, err := t.db.get(id.Message)
	if err != nil || r == nil {
		return mail.Delivery{}, store.ErrNotFound, err
	}
	at := slices.IndexFunc(r.places, func(p place) bool { return p.n == id.N })
	if at < 0 {
		return mail.Delivery{}, store.ErrNotFound, nil
	}
	m, err := t.load(r)
	if err != nil {
		return mail.Delivery{}, nil, err
	}
	old := m.Deliveries[at]
	d := old
	d.Trail = slices.Clone(old.Trail)
	if err := change(&d); err != nil {
		return mail.Delivery{}, err, nil
	}
	d.ID, d.Rcpt, d.UID = old.ID, old.Rcpt, old.UID
	if d.Same(&old) {
		return old, nil, nil
	}
	if err := t.put(r, at, &d, old.Box); err != nil {
		return mail.Delivery{}, nil, err
	}
	m.Deliveries[at] = d
	t.changes = append(t.changes, mail.Updating(m, at, &old))
	return d, nil, nil
}

// put writes a delivery in the place of what it was in the mailbox old. In another
// one it gets a new UID.
func (t *tx) put(r *row, at int, d *mail.Delivery, old string) error {
	t.state.unseen -= anyUnseen(r.places)
	p := &r.places[at]
	if err := t.leave(r, p); err != nil {
		return err
	}
	b, err := t.box(d.Box)
	if err != nil {
		return err
	}
	if d.Box != old {
		d.UID = b.next
		b.next++
	}
	*p = placeOf(d, b.no)
	t.count(b, 1, r.size, p)
	t.state.unseen += anyUnseen(r.places)
	if err := t.db.putBoxed(r.id, p); err != nil {
		return err
	}
	return t.db.writeInfo(r)
}

// leave takes a delivery out of its mailbox.
func (t *tx) leave(r *row, p *place) error {
	b, err := t.boxNo(p.box)
	if err != nil {
		return err
	}
	t.count(b, -1, r.size, p)
	return t.db.deleteBoxed(r.id, p)
}

// delete removes the wanted deliveries of some messages.
func (t *tx) delete(ids []mail.ID, wanted map[mail.ID][]int) ([]mail.Delivery, error) {
	var all []mail.Delivery
	for _, id := range ids {
		r, err := t.db.get(id)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		gone, err := t.remove(r, mail.Deleted, func(p *place) bool { return slices.Contains(wanted[id], p.n) })
		if err != nil {
			return nil, err
		}
		all = append(all, gone...)
	}
	return all, nil
}

func all(*place) bool { return true }

// remove takes deliveries, and with the last one the message, out of the store,
// and says so.
func (t *tx) remove(r *row, why mail.Why, which func(*place) bool) ([]mail.Delivery, error) {
	m, err := t.load(r)
	if errors.Is(err, errDamaged) || errors.Is(err, errMissing) {
		m, err = &mail.Message{ID: r.id, Received: r.received, Size: r.size, Deliveries: make([]mail.Delivery, len(r.places))}, nil
	}
	if err != nil {
		return nil, err
	}
	var gone, left []mail.Delivery
	for i := range r.places {
		if which(&r.places[i]) {
			gone = append(gone, m.Deliveries[i])
		} else {
			left = append(left, m.Deliveries[i])
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	if err := t.drop(r, which); err != nil {
		return nil, err
	}
	m.Deliveries = left
	t.changes = append(t.changes, mail.Change{Kind: mail.Removed, Message: m, Deliveries: gone, Why: why})
	return gone, nil
}

// drop is remove without a word.
func (t *tx) drop(r *row, which func(*place) bool) error {
	t.state.unseen -= anyUnseen(r.places)
	var left []place
	for i := range r.places {
		p := &r.places[i]
		if !which(p) {
			left = append(left, *p)
			continue
		}
		if err := t.leave(r, p); err != nil {
			return err
		}
	}
	r.places = left
	t.state.unseen += anyUnseen(left)
	if len(left) > 0 {
		return t.db.writeInfo(r)
	}
	t.state.messages--
	t.state.bytes -= r.size
	t.use(r.spot, -1)
	return t.db.deleteMessage(r.id)
}

// clearAll empties the store.
func (t *tx) clearAll() (int, error) {
	next, err := t.db.empty()
	if err != nil {
		return 0, err
	}
	for _, b := range t.boxes {
		next = max(next, b.next)
	}
	n := int(t.state.deliveries)
	t.state.floor = max(t.state.floor, next)
	t.state.messages, t.state.bytes, t.state.unseen, t.state.deliveries = 0, 0, 0, 0
	clear(t.dirty)
	t.forgetBoxes()
	for no, octets := range t.live {
		t.live[no], t.fresh[no] = 0, true
		t.used[no] -= octets
	}
	t.cleared("", n)
	return n, nil
}

func (t *tx) cleared(box string, n int) {
	if n > 0 {
		t.changes = append(t.changes, mail.Change{Kind: mail.Cleared, Box: box, Count: n})
	}
}

// clearBox removes a part of a mailbox, the oldest first, and says so once the
// mailbox is empty, counting those that went before.
func (t *tx) clearBox(name string, before int) (n int, empty bool, err error) {
	b, err := t.box(name)
	if err != nil {
		return 0, false, err
	}
	if b.messages == t.state.deliveries && before == 0 {
		n, err = t.clearAllAs(name)
		return n, true, err
	}
	had := b.messages
	rows, err := t.db.oldestIn(b.no, step)
	if err != nil {
		return 0, false, err
	}
	var last mail.ID
	for _, r := range rows {
		if r.id == last {
			continue // two deliveries of one message in this mailbox
		}
		last = r.id
		if err := t.drop(r, func(p *place) bool { return p.box == b.no }); err != nil {
			return 0, false, err
		}
	}
	n = int(had - b.messages)
	if empty = b.messages == 0; empty {
		t.cleared(name, before+n)
	}
	return n, empty, nil
}

// clearAllAs is clearAll for a mailbox in which everything is.
func (t *tx) clearAllAs(name string) (int, error) {
	n, err := t.clearAll()
	if n > 0 {
		t.changes[len(t.changes)-1].Box = name
	}
	return n, err
}

// expire removes at most limit messages; IDs rise with the time of receipt, so it
// can stop at the first that is young enough.
func (t *tx) expire(before time.Time, limit int) (int, error) {
	for n := 0; n < limit; n++ {
		rows, err := t.db.oldest(1)
		if err != nil || len(rows) == 0 {
			return n, err
		}
		if t.oldest = rows[0].received; !t.oldest.Before(before) {
			return n, nil
		}
		if _, err := t.remove(rows[0], mail.Expired, all); err != nil {
			return n, err
		}
	}
	return limit, nil
}

// makeRoom enforces the caps after messages came in. They are safe by now: when
// there is no making room, there will be with the next one.
func (w *writer) makeRoom(news []tailed) {
	if !w.crowded(news) {
		return
	}
	err := w.transact(func(t *tx) error {
		if age := t.opt.caps.Load().Age; age > 0 {
			if _, err := t.expire(t.opt.Clock.Now().Add(-age), math.MaxInt); err != nil {
				return err
			}
		}
		if err := t.trimBoxes(news); err != nil {
			return err
		}
		_, err := t.trim(math.MaxInt)
		return err
	})
	if err != nil {
		w.opt.Log.Error("make room under the limits", "err", err)
	}
}

// crowded says whether one of the caps does not hold.
func (w *writer) crowded(news []tailed) bool {
	caps := w.opt.caps.Load()
	if w.state.over(*caps) || caps.Age > 0 && w.oldest.Before(w.opt.Clock.Now().Add(-caps.Age)) {
		return true
	}
	return caps.Box > 0 && slices.ContainsFunc(news, func(n tailed) bool {
		return slices.ContainsFunc(n.message.Deliveries, func(d mail.Delivery) bool {
			return w.boxes[d.Box].messages > int64(caps.Box)
		})
	})
}

// over says whether there is too much in all.
func (s *state) over(caps store.Caps) bool {
	return caps.Messages > 0 && s.messages > int64(caps.Messages) || caps.Bytes > 0 && s.bytes > caps.Bytes
}

// trim removes the oldest messages while there is too much in all, at most so many,
// and says whether that was enough.
func (t *tx) trim(most int) (enough bool, err error) {
	for n := 0; t.state.over(*t.opt.caps.Load()); n++ {
		if n == most {
			return false, nil
		}
		rows, err := t.db.oldest(1)
		if err != nil {
			return false, err
		}
		if _, err := t.remove(rows[0], mail.Evicted, all); err != nil {
			return false, err
		}
	}
	return true, nil
}

// trimBoxes does so in the mailboxes that got something.
func (t *tx) trimBoxes(news []tailed) error {
	if t.opt.caps.Load().Box == 0 {
		return nil
	}
	for _, n := range news {
		for i := range n.message.Deliveries {
			if err := t.trimBox(n.message.Deliveries[i].Box); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) trimBox(name string) error {
	b, err := t.box(name)
	if err != nil {
		return err
	}
	for b.messages > int64(t.opt.caps.Load().Box) {
		rows, err := t.db.oldestIn(b.no, 1)
		if err != nil {
			return err
		}
		oldest := slices.IndexFunc(rows[0].places, func(p place) bool { return p.box == b.no })
		n := rows[0].places[oldest].n
		if _, err := t.remove(rows[0], mail.Evicted, func(p *place) bool { return p.n == n }); err != nil {
			return err
		}
	}
	return nil
}
