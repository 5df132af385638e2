package disk

import (
	"database/sql"
	"slices"

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
	if err := w.meet([]string{name}); err != nil {
		return nil, err
	}
	return w.boxes[name], nil
}

// meet does that for several mailboxes, which then are among w.boxes.
func (w *writer) meet(names []string) error {
	names = slices.DeleteFunc(names, func(name string) bool { return w.boxes[name] != nil })
	for part := range slices.Chunk(names, bulkRows) {
		if err := w.look.meet(part, w.remember); err != nil {
			return err
		}
	}
	for _, name := range names {
		if w.boxes[name] == nil {
			w.state.boxes++
			w.remember(&box{no: w.state.boxes, name: name, next: w.state.floor})
		}
	}
	return nil
}

// boxNo finds the mailbox of a delivery.
func (w *writer) boxNo(no int64) (*box, error) {
	if b := w.numbers[no]; b != nil {
		return b, nil
	}
	b := &box{}
	if err := b.scan(w.look.numbered.QueryRow(no)); err != nil {
		return nil, err
	}
	w.remember(b)
	return b, nil
}

func (w *writer) remember(b *box) { w.boxes[b.name], w.numbers[b.no] = b, b }

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
type finder struct{ named, namedMany, numbered *sql.Stmt }

const boxQuery = "SELECT no, name, messages, unseen, bytes, next FROM boxes WHERE "

// meet hands on the mailboxes that there are of at most bulkRows names.
func (f finder) meet(names []string, use func(*box)) error {
	stmt, args := f.named, make([]any, 1, bulkRows)
	if len(names) > 1 {
		stmt, args = f.namedMany, args[:bulkRows]
	}
	for i := range args {
		args[i] = names[min(i, len(names)-1)]
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		b := &box{}
		if err := b.scan(rows); err != nil {
			return err
		}
		use(b)
	}
	return rows.Err()
}

func (b *box) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&b.no, &b.name, &b.messages, &b.unseen, &b.bytes, &b.next)
}
