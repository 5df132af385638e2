package disk

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/postroom/postroom/catcher/mail"
)

// version is that of the schema, and of the segments.
const version = 1

// migrations lead from each version of the schema to the next one: the first
// makes an empty database.
//
// A message is a row of messages, found by its ID, which tells its spot in the
// segments; info is what can change, and what a bare list needs. boxed finds the
// messages of a mailbox.
func migrations() []string {
	return []string{`
CREATE TABLE messages (
	id      BLOB PRIMARY KEY,
	segment INTEGER NOT NULL,
	offset  INTEGER NOT NULL,
	meta    INTEGER NOT NULL,
	size    INTEGER NOT NULL,
	info    BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE boxed (
	box INTEGER NOT NULL,
	id  BLOB NOT NULL,
	n   INTEGER NOT NULL,
	PRIMARY KEY (box, id, n)
) WITHOUT ROWID;
CREATE TABLE boxes (
	no       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,
	messages INTEGER NOT NULL,
	unseen   INTEGER NOT NULL,
	bytes    INTEGER NOT NULL,
	next     INTEGER NOT NULL
);
CREATE TABLE segments (
	no   INTEGER PRIMARY KEY,
	live INTEGER NOT NULL,
	size INTEGER NOT NULL
);
CREATE TABLE state (
	segment    INTEGER NOT NULL,
	end        INTEGER NOT NULL,
	synced     INTEGER NOT NULL,
	last       BLOB NOT NULL,
	messages   INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	unseen     INTEGER NOT NULL,
	deliveries INTEGER NOT NULL,
	floor      INTEGER NOT NULL,
	boxes      INTEGER NOT NULL
);
INSERT INTO state VALUES (0, 0, 0, zeroblob(16), 0, 0, 0, 0, 1, 0);
`}
}

// databaseName is the file in the data folder; SQLite puts two more beside it.
const databaseName = "postroom.db"

// openSQL opens the database in a data folder, without the registry of package
// sql.
func openSQL(dir string, pragmas ...string) *sql.DB {
	q := url.Values{"_pragma": append(pragmas, "busy_timeout(10000)", "temp_store(memory)")}
	path := filepath.ToSlash(filepath.Join(dir, databaseName))
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return sql.OpenDB(connector{name.String()})
}

type connector struct{ name string }

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.name) }
func (c connector) Driver() driver.Driver                        { return &sqlite.Driver{} }

// migrate brings the schema up to date.
func migrate(conn *sql.Conn) error {
	ctx := context.Background()
	var have int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have > version {
		return fmt.Errorf("%w: its format is %d, this one knows up to %d", errNewer, have, version)
	}
	for i, text := range migrations()[have:] {
		text = fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", text, have+i+1)
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("migrate to format %d: %w", have+i+1, err)
		}
	}
	return nil
}

// isFull says whether an error comes of a full disk, or a quota.
func isFull(err error) bool {
	const windowsDiskFull = syscall.Errno(112)
	var no syscall.Errno
	if errors.As(err, &no) && (no == syscall.ENOSPC || no == syscall.EDQUOT || no == windowsDiskFull) {
		return true
	}
	var se *sqlite.Error
	return errors.As(err, &se) && (se.Code()&0xff == sqlite3.SQLITE_FULL || se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// isDamaged says whether an error means that the database cannot be used.
func isDamaged(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && (se.Code()&0xff == sqlite3.SQLITE_CORRUPT || se.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// A row is a message in the database.
type row struct {
	id mail.ID
	spot
	received     time.Time
	unterminated bool
	places       []place
}

func (r *row) info(b []byte) []byte {
	b = appendTime(b, r.received)
	b = appendBool(b, r.unterminated)
	return appendPlaces(b, r.places)
}

// rowColumns are what scan reads.
const rowColumns = "m.id, m.segment, m.offset, m.meta, m.size, m.info"

func (r *row) scan(rows interface{ Scan(...any) error }) error {
	var id, info sql.RawBytes
	if err := rows.Scan(&id, &r.segment, &r.offset, &r.meta, &r.size, &info); err != nil {
		return err
	}
	return r.decode(id, info)
}

func (r *row) decode(id, info []byte) error {
	if len(id) != len(r.id) {
		return errDamaged
	}
	copy(r.id[:], id)
	src := source{b: info}
	r.received = src.time()
	r.unterminated = src.bool()
	r.places = src.places()
	return src.err
}

// A database is the writer's connection. It is used by one goroutine at a time.
type database struct {
	pool *sql.DB
	conn *sql.Conn
	full bool // commits are synced
	buf  []byte
	all  []*sql.Stmt // to be closed: a connection with statements is never quite closed
	finder

	rows, boxed, boxes               bulk
	updateInfo, moveRow, deleteRow   *sql.Stmt
	removeBoxed                      *sql.Stmt
	getRow, oldestRows, oldestRowsIn *sql.Stmt
	removeBox                        *sql.Stmt
	setState, setLive, removeLive    *sql.Stmt
}

// openDatabase opens, and if need be makes, the database in a data folder.
func openDatabase(dir string) (*database, error) {
	// SQLite would make it for everyone to read; its other files it makes alike.
	f, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	db := &database{pool: openSQL(dir, "auto_vacuum(incremental)", "journal_mode(wal)", "synchronous(normal)", "wal_autocheckpoint(0)", "cache_size(-8000)")}
	if err := db.open(); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

func (db *database) open() (err error) {
	if db.conn, err = db.pool.Conn(context.Background()); err != nil {
		return err
	}
	if err := migrate(db.conn); err != nil {
		return err
	}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&db.rows.one, "INSERT OR REPLACE INTO messages VALUES " + tuples(1, 6)},
		{&db.rows.many, "INSERT OR REPLACE INTO messages VALUES " + tuples(bulkRows, 6)},
		{&db.boxed.one, "INSERT OR REPLACE INTO boxed VALUES " + tuples(1, 3)},
		{&db.boxed.many, "INSERT OR REPLACE INTO boxed VALUES " + tuples(bulkRows, 3)},
		{&db.updateInfo, "UPDATE messages SET info = ?2 WHERE id = ?1"},
		{&db.moveRow, "UPDATE messages SET segment = ?2, offset = ?3, meta = ?4 WHERE id = ?1"},
		{&db.deleteRow, "DELETE FROM messages WHERE id = ?"},
		{&db.removeBoxed, "DELETE FROM boxed WHERE box = ? AND id = ? AND n = ?"},
		{&db.getRow, "SELECT " + rowColumns + " FROM messages m WHERE id = ?"},
		{&db.oldestRows, "SELECT " + rowColumns + " FROM messages m ORDER BY m.id LIMIT ?"},
		{&db.oldestRowsIn, "SELECT " + rowColumns + " FROM boxed b CROSS JOIN messages m ON m.id = b.id WHERE b.box = ? ORDER BY b.id, b.n LIMIT ?"},
		{&db.named, boxQuery + "name = ?"},
		{&db.namedMany, boxQuery + "name IN " + tuples(1, bulkRows)},
		{&db.numbered, boxQuery + "no = ?"},
		{&db.boxes.one, "INSERT INTO boxes VALUES " + tuples(1, 6) + onBox},
		{&db.boxes.many, "INSERT INTO boxes VALUES " + tuples(bulkRows, 6) + onBox},
		{&db.removeBox, "DELETE FROM boxes WHERE no = ?"},
		{&db.setState, "UPDATE state SET segment = ?, end = ?, synced = ?, last = ?, messages = ?, bytes = ?, unseen = ?, deliveries = ?, floor = ?, boxes = ?"},
		{&db.setLive, "INSERT INTO segments VALUES (?, ?, ?) ON CONFLICT (no) DO UPDATE SET live = ?2, size = max(size, ?3)"},
		{&db.removeLive, "DELETE FROM segments WHERE no = ?"},
	} {
		if *p.to, err = db.conn.PrepareContext(context.Background(), p.text); err != nil {
			return err
		}
		db.all = append(db.all, *p.to)
	}
	return nil
}

// close lets go of it. SQLite writes its log back with the last connection.
func (db *database) close() (err error) {
	for _, stmt := range db.all {
		err = errors.Join(err, stmt.Close())
	}
	if db.conn != nil {
		err = errors.Join(err, db.conn.Close())
	}
	return errors.Join(err, db.pool.Close())
}

func (db *database) exec(text string) error {
	_, err := db.conn.ExecContext(context.Background(), text)
	return err
}

func (db *database) scan(to any, query string) error {
	return db.conn.QueryRowContext(context.Background(), query).Scan(to)
}

// begin starts a transaction; full has its commit synced.
func (db *database) begin(full bool) error {
	if full != db.full {
		if err := db.exec(map[bool]string{false: "PRAGMA synchronous = NORMAL", true: "PRAGMA synchronous = FULL"}[full]); err != nil {
			return err
		}
		db.full = full
	}
	return db.exec("BEGIN IMMEDIATE")
}

// write writes a batch, in a transaction that need not be synced: the segments
// have everything. Writing one twice is fine.
func (db *database) write(b *batch) error {
	if err := db.begin(false); err != nil {
		return err
	}
	err := db.flush(b)
	if err == nil {
		err = db.exec("COMMIT")
	}
	if err != nil {
		db.exec("ROLLBACK") // which SQLite may have done by itself
		return err
	}
	if b.back && b.sync != nil {
		b.backErr = datasync(b.sync)
	}
	if b.back && b.backErr == nil {
		b.backErr = db.writeBack()
	}
	return nil
}

// flush writes a batch within a transaction.
func (db *database) flush(b *batch) error {
	if err := db.insert(b.rows); err != nil {
		return err
	}
	for i := range b.boxes {
		if err := db.writeBox(&b.boxes[i]); err != nil {
			return err
		}
	}
	if err := db.boxes.flush(); err != nil {
		return err
	}
	for no, octets := range b.live {
		if err := db.writeLive(no, octets, &b.state); err != nil {
			return err
		}
	}
	s := &b.state
	_, err := db.setState.Exec(s.segment, s.end, s.synced, s.last[:], s.messages, s.bytes, s.unseen, s.deliveries, s.floor, s.boxes)
	return err
}

// state reads the row of that name.
func (db *database) state() (s state, err error) {
	var last []byte
	err = db.conn.QueryRowContext(context.Background(), "SELECT * FROM state").
		Scan(&s.segment, &s.end, &s.synced, &last, &s.messages, &s.bytes, &s.unseen, &s.deliveries, &s.floor, &s.boxes)
	copy(s.last[:], last)
	return s, err
}

// onBox is for mailboxes that have a row.
const onBox = " ON CONFLICT (no) DO UPDATE SET messages = excluded.messages, unseen = excluded.unseen, bytes = excluded.bytes, next = excluded.next"

// writeBox writes a mailbox, or removes an empty one.
func (db *database) writeBox(b *box) (err error) {
	if b.messages == 0 {
		_, err = db.removeBox.Exec(b.no)
	} else {
		err = db.boxes.add(b.no, b.name, b.messages, b.unseen, b.bytes, b.next)
	}
	return err
}

// writeLive notes how much of a segment is in use, and how long it is.
func (db *database) writeLive(no, octets int64, s *state) (err error) {
	size := int64(0)
	if no == s.segment {
		size = s.end
	}
	if octets == 0 && size == 0 {
		_, err = db.removeLive.Exec(no)
	} else {
		_, err = db.setLive.Exec(no, octets, size)
	}
	return err
}

func (db *database) insert(rows []*row) error {
	db.buf = db.buf[:0]
	for _, r := range rows {
		start := len(db.buf)
		db.buf = r.info(db.buf)
		if err := db.rows.add(r.id[:], r.segment, r.offset, r.meta, r.size, db.buf[start:len(db.buf):len(db.buf)]); err != nil {
			return err
		}
		for i := range r.places {
			p := &r.places[i]
			if err := db.boxed.add(p.box, r.id[:], p.n); err != nil {
				return err
			}
		}
	}
	return errors.Join(db.rows.flush(), db.boxed.flush())
}

// bulkRows is how many rows are inserted by one statement: that halves the cost.
const bulkRows = 16

// A bulk inserts rows, many at a time where it can.
type bulk struct {
	one, many *sql.Stmt
	args      []any
	width     int
}

func (b *bulk) add(args ...any) error {
	b.width = len(args)
	if b.args = append(b.args, args...); len(b.args) < bulkRows*b.width {
		return nil
	}
	_, err := b.many.Exec(b.args...)
	b.args = b.args[:0]
	return err
}

// flush inserts what is left.
func (b *bulk) flush() error {
	defer func() { b.args = b.args[:0] }()
	for row := range slices.Chunk(b.args, max(b.width, 1)) {
		if _, err := b.one.Exec(row...); err != nil {
			return err
		}
	}
	return nil
}

// tuples is the list of values of such a statement.
func tuples(rows, width int) string {
	tuple := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(tuple+", ", rows), ", ")
}

func (db *database) putBoxed(id mail.ID, p *place) error {
	_, err := db.boxed.one.Exec(p.box, id[:], p.n)
	return err
}

func (db *database) deleteBoxed(id mail.ID, p *place) error {
	_, err := db.removeBoxed.Exec(p.box, id[:], p.n)
	return err
}

func (db *database) writeInfo(r *row) error {
	db.buf = r.info(db.buf[:0])
	_, err := db.updateInfo.Exec(r.id[:], db.buf)
	return err
}

func (db *database) move(id mail.ID, to spot) error {
	_, err := db.moveRow.Exec(id[:], to.segment, to.offset, to.meta)
	return err
}

func (db *database) deleteMessage(id mail.ID) error {
	_, err := db.deleteRow.Exec(id[:])
	return err
}

// empty removes all mail, and returns the highest UID that a mailbox was to give
// next.
func (db *database) empty() (next uint32, err error) {
	if err := db.scan(&next, "SELECT ifnull(max(next), 0) FROM boxes"); err != nil {
		return 0, err
	}
	for _, table := range []string{"messages", "boxed", "boxes"} {
		if err := db.exec("DELETE FROM " + table); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// get returns the row of a message, or nil when there is none.
func (db *database) get(id mail.ID) (*row, error) {
	rows, err := readRows(db.getRow.Query(id[:]))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// oldest returns the rows of the oldest messages, and oldestIn those of the oldest
// deliveries in a mailbox.
func (db *database) oldest(n int) ([]*row, error) { return readRows(db.oldestRows.Query(n)) }

func (db *database) oldestIn(box int64, n int) ([]*row, error) {
	return readRows(db.oldestRowsIn.Query(box, n))
}

func readRows(found *sql.Rows, err error) ([]*row, error) {
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []*row
	for found.Next() {
		r := &row{}
		if err := r.scan(found); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, found.Err()
}

// vacuumPages is how many free pages are given back at once, and how many there
// may always be.
const vacuumPages = 2000

// vacuum gives some of the pages back that deleting has left, if they are a
// quarter of all or more, and says whether it did.
func (db *database) vacuum() (bool, error) {
	var free, all int64
	if err := errors.Join(db.scan(&free, "PRAGMA freelist_count"), db.scan(&all, "PRAGMA page_count")); err != nil {
		return false, err
	}
	if free < vacuumPages || free < all/4 {
		return false, nil
	}
	return true, db.exec(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages))
}

// writeBack has SQLite write its log back into the database, after syncing it.
// Readers may keep it from doing all.
func (db *database) writeBack() error {
	var busy, pages, done int
	return db.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &done)
}
