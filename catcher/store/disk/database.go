package disk

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
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

// database is the name by which the driver opens the database.
func (s *Store) database(pragmas ...string) string {
	q := url.Values{"_pragma": append(pragmas, "busy_timeout(10000)", "temp_store(memory)"), "_txlock": {"immediate"}}
	path := filepath.ToSlash(filepath.Join(s.dir, databaseName))
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// openDatabase opens a database without the registry of package sql.
func openDatabase(name string) *sql.DB { return sql.OpenDB(connector{name}) }

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
	return errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_FULL
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

// statements are those of the writer.
type statements struct {
	conn *sql.Conn
	all  []*sql.Stmt

	insertMessage, updateInfo, moveMessage, deleteMessage *sql.Stmt
	insertBoxed, deleteBoxed                              *sql.Stmt
	getMessage, oldest, oldestIn                          *sql.Stmt
	getBox, getBoxNo                                      *sql.Stmt
	insertBox, updateBox, deleteBox                       *sql.Stmt
	setState, setLive, deleteSegment                      *sql.Stmt
	buf                                                   []byte
}

func prepare(conn *sql.Conn) (*statements, error) {
	s := &statements{conn: conn}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.insertMessage, "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)"},
		{&s.updateInfo, "UPDATE messages SET info = ?2 WHERE id = ?1"},
		{&s.moveMessage, "UPDATE messages SET segment = ?2, offset = ?3, meta = ?4 WHERE id = ?1"},
		{&s.deleteMessage, "DELETE FROM messages WHERE id = ?"},
		{&s.insertBoxed, "INSERT INTO boxed VALUES (?, ?, ?)"},
		{&s.deleteBoxed, "DELETE FROM boxed WHERE box = ? AND id = ? AND n = ?"},
		{&s.getMessage, "SELECT " + rowColumns + " FROM messages m WHERE id = ?"},
		{&s.oldest, "SELECT " + rowColumns + " FROM messages m ORDER BY m.id LIMIT ?"},
		{&s.oldestIn, "SELECT " + rowColumns + " FROM boxed b JOIN messages m ON m.id = b.id WHERE b.box = ? ORDER BY b.id, b.n LIMIT ?"},
		{&s.getBox, "SELECT no, name, messages, unseen, bytes, next FROM boxes WHERE name = ?"},
		{&s.getBoxNo, "SELECT no, name, messages, unseen, bytes, next FROM boxes WHERE no = ?"},
		{&s.insertBox, "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?)"},
		{&s.updateBox, "UPDATE boxes SET messages = ?2, unseen = ?3, bytes = ?4, next = ?5 WHERE no = ?1"},
		{&s.deleteBox, "DELETE FROM boxes WHERE no = ?"},
		{&s.setState, "UPDATE state SET segment = ?, end = ?, synced = ?, last = ?, messages = ?, bytes = ?, unseen = ?, deliveries = ?, floor = ?, boxes = ?"},
		{&s.setLive, "INSERT INTO segments VALUES (?, ?, ?) ON CONFLICT (no) DO UPDATE SET live = ?2, size = max(size, ?3)"},
		{&s.deleteSegment, "DELETE FROM segments WHERE no = ?"},
	} {
		stmt, err := conn.PrepareContext(context.Background(), p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.to = stmt
		s.all = append(s.all, stmt)
	}
	return s, nil
}

func (s *statements) close() (err error) {
	for _, stmt := range s.all {
		err = errors.Join(err, stmt.Close())
	}
	return err
}

func (s *statements) insert(r *row) error {
	s.buf = r.info(s.buf[:0])
	_, err := s.insertMessage.Exec(r.id[:], r.segment, r.offset, r.meta, r.size, s.buf)
	return err
}

// get returns the row of a message, or nil when there is none.
func (s *statements) get(id mail.ID) (*row, error) {
	rows, err := s.rows(s.getMessage, id[:])
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// rows reads all rows of messages that a statement finds.
func (s *statements) rows(stmt *sql.Stmt, args ...any) ([]*row, error) {
	found, err := stmt.Query(args...)
	if err != nil {
		return nil, err
	}
	return readRows(found)
}

func readRows(found *sql.Rows) ([]*row, error) {
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

func (s *statements) writeState(v *state) error {
	_, err := s.setState.Exec(v.segment, v.end, v.synced, v.last[:], v.messages, v.bytes, v.unseen, v.deliveries, v.floor, v.boxes)
	return err
}

// readState reads what writeState wrote.
func readState(conn *sql.Conn) (v state, err error) {
	var last []byte
	err = conn.QueryRowContext(context.Background(), "SELECT * FROM state").
		Scan(&v.segment, &v.end, &v.synced, &last, &v.messages, &v.bytes, &v.unseen, &v.deliveries, &v.floor, &v.boxes)
	copy(v.last[:], last)
	return v, err
}
