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
	newest   mail.ID // of those in the tail
}

// box finds a mailbox by its name, or makes one that gets a row once there is
// something in it.
func (w *writer) box(name string) (*box, error) {
	if b := w.boxes[name]; b != nil {
		return b, nil
	}
	b, err := w.look.box(w.look.named, name)
	if errors.Is(err, sql.ErrNoRows) {
		w.state.boxes++
		b, err = &box{no: w.state.boxes, name: name, next: w.state.floor}, nil
	}
	return b, w.remember(b, err)
}

// boxNo finds the mailbox of a delivery.
func (w *writer) boxNo(no int64) (*box, error) {
	if b := w.numbers[no]; b != nil {
		return b, nil
	}
	b, err := w.look.box(w.look.numbered, no)
	return b, w.remember(b, err)
}

func (w *writer) remember(b *box, err error) error {
	if err == nil {
		w.boxes[b.name], w.numbers[b.no] = b, b
	}
	return err
}

func (w *writer) forget(b *box) {
	delete(w.boxes, b.name)
	delete(w.numbers, b.no)
}

// forgetBoxes forgets all but those of which the database lacks something. No
// batch may be on its way.
func (w *writer) forgetBoxes() {
	for _, b := range w.boxes {
		if !w.dirty[b] {
			w.forget(b)
		}
	}
}

// forgetSome does so when there are too many.
func (w *writer) forgetSome() {
	if len(w.boxes) > cachedBoxes {
		w.forgetBoxes()
	}
}

// count counts a delivery in its mailbox, or with -1 counts it out.
func (w *writer) count(b *box, sign, size int64, p *place) {
	b.messages += sign
	b.bytes += sign * size
	if !p.seen {
		b.unseen += sign
	}
	w.state.deliveries += sign
	w.dirty[b] = true
}

// A finder finds mailboxes in the database.
type finder struct{ named, numbered *sql.Stmt }

const boxQuery = "SELECT no, name, messages, unseen, bytes, next FROM boxes WHERE "

func (finder) box(stmt *sql.Stmt, key any) (*box, error) {
	b := &box{}
	return b, stmt.QueryRow(key).Scan(&b.no, &b.name, &b.messages, &b.unseen, &b.bytes, &b.next)
}
