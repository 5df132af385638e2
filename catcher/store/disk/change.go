package disk

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

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
		State: p.progress.State, Next: p.progress.Next, Trail: p.progress.Trail,
	}
}

// update changes one delivery. The first error is that of change, or
// store.ErrNotFound; the second is one that undoes the transaction.
func (t *tx) update(id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error, error) {
	r, err := t.stmts.get(id.Message)
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
	from, err := t.put(r, at, &d, old.Box)
	if err != nil {
		return mail.Delivery{}, nil, err
	}
	m.Deliveries[at] = d
	t.changes = append(t.changes, mail.Change{Kind: mail.Updated, Message: m, Deliveries: m.Deliveries[at : at+1 : at+1], From: from})
	return d, nil, nil
}

// put writes a delivery in the place of what it was in the mailbox old. It
// returns that name when it is another one, and then has set a new UID.
func (t *tx) put(r *row, at int, d *mail.Delivery, old string) (from string, err error) {
	t.next.unseen -= anyUnseen(r.places)
	p := &r.places[at]
	if err := t.leave(r, p); err != nil {
		return "", err
	}
	b, err := t.box(d.Box)
	if err != nil {
		return "", err
	}
	if d.Box != old {
		from, d.UID = old, b.next
		b.next++
	}
	*p = placeOf(d, b.no)
	if err := t.enter(b, r.id, r.size, p); err != nil {
		return "", err
	}
	t.next.unseen += anyUnseen(r.places)
	return from, t.writeInfo(r)
}

func (t *tx) writeInfo(r *row) error {
	_, err := t.stmts.updateInfo.Exec(r.id[:], r.info(nil))
	return err
}

// delete removes the wanted deliveries of some messages.
func (t *tx) delete(ids []mail.ID, wanted map[mail.ID][]int) ([]mail.Delivery, error) {
	var all []mail.Delivery
	for _, id := range ids {
		r, err := t.stmts.get(id)
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
	t.next.unseen -= anyUnseen(r.places)
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
	t.next.unseen += anyUnseen(left)
	if len(left) > 0 {
		return t.writeInfo(r)
	}
	t.next.messages--
	t.next.bytes -= r.size
	t.change[r.segment] -= r.length()
	_, err := t.stmts.deleteMessage.Exec(r.id[:])
	return err
}

// clearAll empties the store.
func (t *tx) clearAll() (int, error) {
	if err := t.flushBoxes(); err != nil {
		return 0, err
	}
	var next uint32
	if err := t.scan(&next, "SELECT ifnull(max(next), 0) FROM boxes"); err != nil {
		return 0, err
	}
	for _, table := range []string{"messages", "boxed", "boxes"} {
		if err := t.exec("DELETE FROM " + table); err != nil {
			return 0, err
		}
	}
	n := int(t.next.deliveries)
	t.next.floor = max(t.next.floor, next)
	t.next.messages, t.next.bytes, t.next.unseen, t.next.deliveries = 0, 0, 0, 0
	t.forgetBoxes()
	clear(t.dirty)
	for no, octets := range t.live {
		t.change[no] = -octets
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
	if b.messages == t.next.deliveries && before == 0 {
		n, err = t.clearAllAs(name)
		return n, true, err
	}
	had := b.messages
	rows, err := t.stmts.rows(t.stmts.oldestIn, b.no, step)
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
		rows, err := t.stmts.rows(t.stmts.oldest, 1)
		if err != nil || len(rows) == 0 || !rows[0].received.Before(before) {
			return n, err
		}
		if _, err := t.remove(rows[0], mail.Expired, all); err != nil {
			return n, err
		}
	}
	return limit, nil
}

// makeRoom enforces the caps after messages came in.
func (t *tx) makeRoom(group []*op) error {
	caps := t.opt.Caps
	if caps.Age > 0 {
		if _, err := t.expire(t.opt.Clock.Now().Add(-caps.Age), math.MaxInt); err != nil {
			return err
		}
	}
	if caps.Box > 0 {
		for _, o := range group {
			for i := range o.add.message.Deliveries {
				if err := t.trim(o.add.message.Deliveries[i].Box, int64(caps.Box)); err != nil {
					return err
				}
			}
		}
	}
	for caps.Messages > 0 && t.next.messages > int64(caps.Messages) || caps.Bytes > 0 && t.next.bytes > caps.Bytes {
		rows, err := t.stmts.rows(t.stmts.oldest, 1)
		if err != nil {
			return err
		}
		if _, err := t.remove(rows[0], mail.Evicted, all); err != nil {
			return err
		}
	}
	return nil
}

// trim removes the oldest deliveries of a mailbox that has too many.
func (t *tx) trim(name string, most int64) error {
	b, err := t.box(name)
	if err != nil {
		return err
	}
	for b.messages > most {
		rows, err := t.stmts.rows(t.stmts.oldestIn, b.no, 1)
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
