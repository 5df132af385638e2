package disk

import (
	"database/sql"
	"errors"

	"github.com/postroom/postroom/catcher/mail"
)

// cachedBoxes is how many mailboxes the writer keeps in mind.
const cachedBoxes = 4096

// A box is a row of the table boxes as the writer works on it.
type box struct {
	no       int64
	name     string
	messages int64
	unseen   int64
	bytes    int64
	next     uint32
	stored   bool // it has a row
}

// box finds a mailbox by its name, or makes one that gets a row once there is
// something in it.
func (t *tx) box(name string) (*box, error) {
	if b := t.boxes[name]; b != nil {
		return b, nil
	}
	b, err := t.loadBox(t.stmts.getBox, name)
	if errors.Is(err, sql.ErrNoRows) {
		t.next.boxes++
		b, err = &box{no: t.next.boxes, name: name, next: t.next.floor}, nil
		t.remember(b)
	}
	return b, err
}

// boxNo finds the mailbox of a delivery.
func (t *tx) boxNo(no int64) (*box, error) {
	if b := t.numbers[no]; b != nil {
		return b, nil
	}
	return t.loadBox(t.stmts.getBoxNo, no)
}

func (t *tx) loadBox(stmt *sql.Stmt, key any) (*box, error) {
	b := &box{stored: true}
	if err := stmt.QueryRow(key).Scan(&b.no, &b.name, &b.messages, &b.unseen, &b.bytes, &b.next); err != nil {
		return nil, err
	}
	t.remember(b)
	return b, nil
}

func (w *writer) remember(b *box) { w.boxes[b.name], w.numbers[b.no] = b, b }

func (w *writer) forgetBoxes() {
	clear(w.boxes)
	clear(w.numbers)
}

// enter puts a delivery into a mailbox.
func (t *tx) enter(b *box, id mail.ID, size int64, p *place) error {
	b.messages++
	b.bytes += size
	b.unseen += unseen(p)
	t.next.deliveries++
	t.dirty[b] = true
	_, err := t.stmts.insertBoxed.Exec(b.no, id[:], p.n)
	return err
}

// leave takes one out.
func (t *tx) leave(r *row, p *place) error {
	b, err := t.boxNo(p.box)
	if err != nil {
		return err
	}
	b.messages--
	b.bytes -= r.size
	b.unseen -= unseen(p)
	t.next.deliveries--
	t.dirty[b] = true
	_, err = t.stmts.deleteBoxed.Exec(b.no, r.id[:], p.n)
	return err
}

func unseen(p *place) int64 {
	if p.seen {
		return 0
	}
	return 1
}

// flushBoxes writes the mailboxes that have changed. One that is empty is
// forgotten; the floor sees to it that none of its UIDs is given again.
func (t *tx) flushBoxes() error {
	for b := range t.dirty {
		var err error
		switch {
		case b.messages == 0:
			t.next.floor = max(t.next.floor, b.next)
			if b.stored {
				_, err = t.stmts.deleteBox.Exec(b.no)
			}
			delete(t.boxes, b.name)
			delete(t.numbers, b.no)
		case b.stored:
			_, err = t.stmts.updateBox.Exec(b.no, b.messages, b.unseen, b.bytes, b.next)
		default:
			_, err = t.stmts.insertBox.Exec(b.no, b.name, b.messages, b.unseen, b.bytes, b.next)
			b.stored = true
		}
		if err != nil {
			return err
		}
	}
	return nil
}
