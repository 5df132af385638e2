package pop3

import (
	"context"
	"fmt"
	"strconv"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

const (
	snapshotPage = 2000 // messages asked for at once: no sender waits for long
	deletePage   = 1000 // deliveries deleted at once, for the same reason
)

// A maildrop is a mailbox as a session sees it: the messages that were there at
// login, with numbers that stay, and marks on those to be deleted.
type maildrop struct {
	box    string
	all    []item // message n is all[n-1]
	live   int    // those not marked as deleted
	octets int64  // their sizes
}

// An item is what is kept of one message: 100,000 of them have to be small.
type item struct {
	id      mail.ID
	size    int64 // octets that RETR sends, before stuffing and without the end
	n       int32 // the delivery's number in its message; in AllMail, the highest there is
	moved   bool  // the delivery is not where the envelope brought it: its UID needs n
	deleted bool
	gone    bool // RETR has found it deleted by somebody else
}

// openMaildrop takes the snapshot: all that is in the mailbox up to the message
// that is the newest now.
func openMaildrop(ctx context.Context, b Backend, box string) (*maildrop, error) {
	d := &maildrop{box: box}
	q := store.Query{Box: box, Limit: 1, Bare: true}
	if box == AllMail {
		q.Box = ""
	}
	page, err := b.List(ctx, q)
	if err != nil || len(page.Messages) == 0 {
		return d, err
	}
	newest := page.Messages[0].ID
	q.Oldest, q.Limit = true, snapshotPage
	for {
		if page, err = b.List(ctx, q); err != nil {
			return nil, err
		}
		for _, m := range page.Messages {
			if m.ID.Compare(newest) > 0 {
				return d, nil
			}
			d.add(m)
		}
		if !page.More || len(page.Messages) == 0 {
			return d, nil
		}
		q.After = page.Messages[len(page.Messages)-1].ID
	}
}

// add appends a message, once for each of its deliveries here.
func (d *maildrop) add(m mail.Message) {
	it := item{id: m.ID, size: m.Size}
	if m.Unterminated {
		it.size += 2
	}
	if d.box == AllMail {
		for _, delivery := range m.Deliveries {
			it.n = max(it.n, int32(delivery.ID.N))
		}
		d.append(it)
		return
	}
	home := false
	for _, delivery := range m.Deliveries {
		if delivery.Box != d.box {
			continue
		}
		it.n, it.moved = int32(delivery.ID.N), home || !delivery.AtHome()
		home = home || !it.moved
		d.append(it)
	}
}

func (d *maildrop) append(it item) {
	d.all = append(d.all, it)
	d.live++
	d.octets += it.size
}

// find returns message n of those not deleted, or why there is none.
func (d *maildrop) find(n int) (*item, error) {
	if n < 1 || n > len(d.all) {
		return nil, fmt.Errorf("no such message, only %d in the mailbox", len(d.all))
	}
	it := &d.all[n-1]
	if it.deleted {
		return nil, fmt.Errorf("message %d is deleted", n)
	}
	return it, nil
}

// delete marks a message that find returned.
func (d *maildrop) delete(it *item) {
	it.deleted = true
	d.live--
	d.octets -= it.size
}

// reset takes all marks back.
func (d *maildrop) reset() {
	for i := range d.all {
		if it := &d.all[i]; it.deleted {
			it.deleted = false
			d.live++
			d.octets += it.size
		}
	}
}

// update deletes what is marked and returns how many messages that were. What
// somebody else has deleted meanwhile counts as well.
func (d *maildrop) update(ctx context.Context, b Backend) (int, error) {
	done, pending := 0, 0
	var ids []mail.DeliveryID
	flush := func() error {
		if pending == 0 {
			return nil
		}
		if _, err := b.Delete(ctx, ids...); err != nil {
			return fmt.Errorf("delete from %s: %w", d.box, err)
		}
		done, pending, ids = done+pending, 0, ids[:0]
		return nil
	}
	for i := range d.all {
		if it := &d.all[i]; it.deleted {
			pending++
			if ids = d.deliveries(ids, it); len(ids) >= deletePage {
				if err := flush(); err != nil {
					return done, err
				}
			}
		}
	}
	return done, flush()
}

// deliveries appends those that make the message disappear from here. A delivery
// never gets a number above those it had when it came, so in AllMail the numbers
// up to the highest are all there can be.
func (d *maildrop) deliveries(ids []mail.DeliveryID, it *item) []mail.DeliveryID {
	if d.box != AllMail {
		return append(ids, mail.DeliveryID{Message: it.id, N: int(it.n)})
	}
	for n := range it.n + 1 {
		ids = append(ids, mail.DeliveryID{Message: it.id, N: int(n)})
	}
	return ids
}

// appendUID appends the unique-id listing of RFC 1939 §7: the message's ID, and the
// delivery's number for one that has been moved here, since its message may have
// another delivery in this mailbox. It depends on nothing that other deletions
// change, and an ID is never given twice.
func (it *item) appendUID(b []byte) []byte {
	b = append(b, it.id.String()...)
	if it.moved {
		b = append(b, '.')
		b = strconv.AppendInt(b, int64(it.n), 10)
	}
	return b
}
