package disk

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// cachedNames is how many names of mailboxes readers keep in mind.
const cachedNames = 4096

// errMissing is met when a segment, or a mailbox, has gone since its row was
// read. The row is read again then.
var errMissing = errors.New("segment is missing")

// attempts is how often that is done. Each needs another deletion or compaction
// between two looks.
const attempts = 10

// reading is the readers' side: it never waits for the writer.
type reading struct {
	db   *sql.DB
	segs *segments
	log  *slog.Logger
	finder

	get, box, boxes, all, name *sql.Stmt
	countAll, countBox         *sql.Stmt
	lists, places              map[listing]*sql.Stmt

	prepared []*sql.Stmt

	mu    sync.RWMutex // guards names
	names map[int64]string
}

// listing tells the statements for lists apart.
type listing struct{ box, oldest bool }

func openReading(dir string, segs *segments, log *slog.Logger) (*reading, error) {
	r := &reading{db: openSQL(dir, "query_only(1)", "cache_size(-2000)"), segs: segs, log: log, lists: map[listing]*sql.Stmt{}, places: map[listing]*sql.Stmt{}, names: map[int64]string{}}
	r.db.SetMaxOpenConns(readers)
	r.db.SetMaxIdleConns(readers)
	var failed error
	prepare := func(text string) *sql.Stmt {
		stmt, err := r.db.Prepare(text)
		failed = errors.Join(failed, err)
		if err == nil {
			r.prepared = append(r.prepared, stmt)
		}
		return stmt
	}
	const (
		boxColumns = "b.name, b.messages, b.unseen, b.bytes, b.next, (SELECT max(id) FROM boxed WHERE box = b.no)"
		inAll      = "SELECT " + rowColumns + " FROM messages m WHERE m.id > ?1 AND m.id < ?2 ORDER BY m.id"
		inBox      = "SELECT " + rowColumns + " FROM boxed b CROSS JOIN messages m ON m.id = b.id" +
			" WHERE b.box = (SELECT no FROM boxes WHERE name = ?3) AND b.id > ?1 AND b.id < ?2 ORDER BY b.id"

		// The ID after ?4 others, and how many there are when that is none.
		placeInAll = "SELECT id FROM messages WHERE id > ?1 AND id < ?2 AND ?3 = '' ORDER BY id %s LIMIT 1 OFFSET ?4"
		placeInBox = "SELECT id FROM boxed WHERE box = (SELECT no FROM boxes WHERE name = ?3) AND id > ?1 AND id < ?2 GROUP BY id ORDER BY id %s LIMIT 1 OFFSET ?4"
		countInAll = "SELECT count(*) FROM messages WHERE id > ?1 AND id < ?2 AND ?3 = ''"
		countInBox = "SELECT count(DISTINCT id) FROM boxed WHERE box = (SELECT no FROM boxes WHERE name = ?3) AND id > ?1 AND id < ?2"
	)
	r.get = prepare("SELECT " + rowColumns + " FROM messages m WHERE m.id = ?")
	r.named, r.namedMany, r.numbered = prepare(boxQuery+"name = ?"), prepare(boxQuery+"name IN "+tuples(1, bulkRows)), prepare(boxQuery+"no = ?")
	r.name = prepare("SELECT name FROM boxes WHERE no = ?")
	r.boxes = prepare("SELECT " + boxColumns + " FROM boxes b ORDER BY b.name")
	r.box = prepare("SELECT " + boxColumns + " FROM boxes b WHERE b.name = ? UNION ALL SELECT ?1, 0, 0, 0, floor, NULL FROM state LIMIT 1")
	r.all = prepare("SELECT '', messages, unseen, bytes, 0, (SELECT max(id) FROM messages) FROM state")
	r.lists[listing{false, true}] = prepare(inAll)
	r.lists[listing{false, false}] = prepare(inAll + " DESC")
	r.lists[listing{true, true}] = prepare(inBox)
	r.lists[listing{true, false}] = prepare(inBox + " DESC")
	r.places[listing{false, true}], r.places[listing{false, false}] = prepare(fmt.Sprintf(placeInAll, "")), prepare(fmt.Sprintf(placeInAll, "DESC"))
	r.places[listing{true, true}], r.places[listing{true, false}] = prepare(fmt.Sprintf(placeInBox, "")), prepare(fmt.Sprintf(placeInBox, "DESC"))
	r.countAll, r.countBox = prepare(countInAll), prepare(countInBox)
	if failed != nil {
		return nil, errors.Join(failed, r.close())
	}
	return r, nil
}

func (r *reading) close() (err error) {
	for _, stmt := range r.prepared {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, r.db.Close())
}

// Boxes implements store.Store.
func (s *Store) Boxes(ctx context.Context) ([]store.Box, error) {
	list := s.view.changed()
	known := make(map[string]bool, len(list))
	for _, b := range list {
		known[b.Name] = true
	}
	rows, err := s.read.boxes.QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		b, err := scanBox(rows)
		if err != nil {
			return nil, err
		}
		if !known[b.Name] {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b store.Box) int { return cmp.Compare(a.Name, b.Name) })
	return list, rows.Err()
}

// Box implements store.Store.
func (s *Store) Box(ctx context.Context, name string) (store.Box, error) {
	if err := ctx.Err(); err != nil {
		return store.Box{}, err
	}
	if b, ok := s.view.box(name); ok {
		return b, nil
	}
	if name == "" {
		return scanBox(s.read.all.QueryRow())
	}
	return scanBox(s.read.box.QueryRow(name))
}

func scanBox(row interface{ Scan(...any) error }) (b store.Box, err error) {
	var newest []byte
	err = row.Scan(&b.Name, &b.Messages, &b.Unseen, &b.Bytes, &b.NextUID, &newest)
	copy(b.Newest[:], newest)
	return b, err
}

// List implements store.Store. The tail is newer than all that the database is
// asked for.
func (s *Store) List(ctx context.Context, q store.Query) (page store.Page, err error) {
	page.Messages = []mail.Message{}
	tail := s.view.messages()
	older := q
	older.Skip = max(q.Skip, 0)
	if len(tail) > 0 && (q.Before.IsZero() || tail[0].row.id.Compare(q.Before) < 0) {
		older.Before = tail[0].row.id
	}
	if q.Limit <= 0 {
		q.Limit = math.MaxInt
	}
	if !q.Oldest {
		older.Skip -= listTail(&page, tail, q)
	}
	if older.Skip, err = s.read.skip(ctx, &older); err != nil {
		return page, err
	}
	if !page.More && older.Skip == 0 {
		err = s.read.list(ctx, &page, older, q.Limit-len(page.Messages))
	}
	if q.Oldest && !page.More && err == nil {
		q.Skip = older.Skip
		listTail(&page, tail, q)
	}
	return page, err
}

// listTail adds what the query wants of the tail, and returns how many it passed
// over.
func listTail(page *store.Page, tail []tailed, q store.Query) (passed int) {
	for i := range tail {
		t := tail[i]
		if !q.Oldest {
			t = tail[len(tail)-1-i]
		}
		if !t.in(q) {
			continue
		}
		if passed < q.Skip {
			passed++
			continue
		}
		if len(page.Messages) == q.Limit {
			page.More = true
			return passed
		}
		page.Messages = append(page.Messages, *t.message)
	}
	return passed
}

// in says whether the query wants it, as far as mailbox and bounds are concerned.
func (t tailed) in(q store.Query) bool {
	id := t.row.id
	if !q.Before.IsZero() && id.Compare(q.Before) >= 0 || id.Compare(q.After) <= 0 {
		return false
	}
	return q.Box == "" || slices.ContainsFunc(t.message.Deliveries, func(d mail.Delivery) bool { return d.Box == q.Box })
}

// skip sets a bound of the query behind the messages that it passes over, and
// returns how many are left to pass over when the database has not so many. Only
// the index is read.
func (r *reading) skip(ctx context.Context, q *store.Query) (left int, err error) {
	if q.Skip <= 0 {
		return 0, nil
	}
	after, before := bounds(q)
	var id []byte
	err = r.places[listing{q.Box != "", q.Oldest}].QueryRowContext(ctx, after[:], before[:], q.Box, q.Skip-1).Scan(&id)
	if err == nil && q.Oldest {
		copy(q.After[:], id)
	} else if err == nil {
		copy(q.Before[:], id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	count, n := r.countAll, 0
	if q.Box != "" {
		count = r.countBox
	}
	err = count.QueryRowContext(ctx, after[:], before[:], q.Box).Scan(&n)
	return max(q.Skip-n, 0), err
}

// bounds are those of a query, with the highest ID for no bound.
func bounds(q *store.Query) (after, before mail.ID) {
	if q.Before.IsZero() {
		return q.After, mail.ID(bytes.Repeat([]byte{0xff}, len(before)))
	}
	return q.After, q.Before
}

// list adds at most so many messages from the database.
func (r *reading) list(ctx context.Context, page *store.Page, q store.Query, most int) error {
	rows, more, err := r.rows(ctx, q, most)
	if err != nil {
		return err
	}
	page.More = more
	for _, row := range rows {
		m, err := r.message(row, q.Bare)
		if errors.Is(err, store.ErrNotFound) {
			continue // it went meanwhile
		}
		if err != nil {
			return err
		}
		page.Messages = append(page.Messages, m)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// rows finds at most so many rows, and says whether there are more.
func (r *reading) rows(ctx context.Context, q store.Query, most int) (list []*row, more bool, err error) {
	after, before := bounds(&q)
	args := []any{after[:], before[:]}
	if q.Box != "" {
		args = append(args, q.Box)
	}
	found, err := r.lists[listing{q.Box != "", q.Oldest}].QueryContext(ctx, args...)
	if err != nil {
		return nil, false, err
	}
	defer found.Close()
	for found.Next() {
		next := &row{}
		if err := next.scan(found); err != nil {
			return nil, false, err
		}
		if k := len(list); k > 0 && list[k-1].id == next.id {
			continue // two deliveries of one message in one mailbox
		}
		if len(list) == most {
			return list, true, nil
		}
		list = append(list, next)
	}
	return list, false, found.Err()
}

// row returns the row of a message, or store.ErrNotFound.
func (r *reading) row(id mail.ID) (*row, error) {
	found := &row{}
	rows, err := r.get.Query(id[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), store.ErrNotFound)
	}
	return found, found.scan(rows)
}

// again calls use with a row, and when what it refers to has gone meanwhile, with
// the row as it is by then.
func (r *reading) again(found *row, use func(*row) error) error {
	err := use(found)
	for n := 1; errors.Is(err, errMissing) && n < attempts; n++ {
		if found, err = r.row(found.id); err == nil {
			err = use(found)
		}
	}
	return err
}

// message returns the message of a row.
func (r *reading) message(found *row, bare bool) (m mail.Message, err error) {
	err = r.again(found, func(row *row) error {
		names := make([]string, len(row.places))
		for i := range row.places {
			if names[i], err = r.nameOf(row.places[i].box); err != nil {
				return err
			}
		}
		if bare {
			m = row.bare(names)
			return nil
		}
		seg := r.segs.use(row.segment)
		if seg == nil {
			return errMissing
		}
		rec, err := seg.read(row.spot, 0)
		if err := errors.Join(err, seg.release()); errors.Is(err, errDamaged) {
			r.log.Error("a message on disk is damaged", "message", row.id, "err", err)
			m = row.bare(names) // so that it does not spoil a whole list
			return nil
		} else if err != nil {
			return err
		}
		m = row.whole(&rec.message, names)
		return nil
	})
	return m, err
}

// bare is what the database knows of a message.
func (r *row) bare(names []string) mail.Message {
	m := mail.Message{ID: r.id, Received: r.received, Size: r.size, Unterminated: r.unterminated, Deliveries: make([]mail.Delivery, len(r.places))}
	for i := range r.places {
		m.Deliveries[i] = r.places[i].delivery(r.id, names[i])
		if !r.places[i].moved {
			m.Deliveries[i].Rcpt.Address = names[i]
		}
	}
	return m
}

// nameOf returns the name of a mailbox; numbers are never used again.
func (r *reading) nameOf(no int64) (string, error) {
	r.mu.RLock()
	name, ok := r.names[no]
	r.mu.RUnlock()
	if ok {
		return name, nil
	}
	err := r.name.QueryRow(no).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errMissing
	}
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.names) >= cachedNames {
		clear(r.names)
	}
	r.names[no] = name
	return name, nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	if err := ctx.Err(); err != nil {
		return mail.Message{}, err
	}
	if t, ok := s.view.get(id); ok {
		return *t.message, nil
	}
	found, err := s.read.row(id)
	if err != nil {
		return mail.Message{}, err
	}
	return s.read.message(found, false)
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context, id mail.ID) (body store.Reader, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, ok := s.view.get(id)
	found := t.row
	if !ok {
		if found, err = s.read.row(id); err != nil {
			return nil, err
		}
	}
	err = s.read.again(found, func(r *row) (err error) {
		seg := s.segs.use(r.segment)
		if seg == nil {
			return errMissing
		}
		body, err = seg.body(r.spot)
		return err
	})
	if errors.Is(err, errDamaged) {
		s.opt.Log.Error("a message on disk is damaged", "message", id, "err", err)
		err = fmt.Errorf("%w: %w", store.ErrNotFound, err)
	}
	return body, err
}

// A bytesReader reads a body that is in memory.
type bytesReader struct{ *bytes.Reader }

// Close does nothing.
func (bytesReader) Close() error { return nil }
