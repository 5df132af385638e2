package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// openWriter opens the database, and brings it to where the segments are: those
// are written first, so they may know more. A database that cannot be read is
// put aside and made again from the segments.
func (s *Store) openWriter() (*writer, error) {
	w, err := s.tryWriter()
	if err == nil || !isDamaged(err) && !errors.Is(err, errDamaged) {
		return w, err
	}
	s.opt.Log.Error("the mail database is damaged; it is made again from the mail", "folder", s.dir, "err", err)
	if err := s.setAside(); err != nil {
		return nil, err
	}
	return s.tryWriter()
}

// setAside renames the files of the database.
func (s *Store) setAside() error {
	mark := s.opt.Clock.Now().UTC().Format(".damaged-20060102T150405")
	for _, name := range []string{databaseName, databaseName + "-wal", databaseName + "-shm"} {
		path := filepath.Join(s.dir, name)
		if err := os.Rename(path, path+mark); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return syncDir(s.dir)
}

func (s *Store) tryWriter() (w *writer, err error) {
	w = &writer{
		opt: &s.opt, segs: s.segs, boxes: map[string]*box{}, numbers: map[int64]*box{}, live: map[int64]int64{},
		db: openDatabase(s.database("journal_mode(wal)", "synchronous(normal)", "wal_autocheckpoint(0)", "cache_size(-8000)")),
	}
	defer func() {
		if err != nil {
			err, w = errors.Join(err, w.close()), nil
		}
	}()
	if w.conn, err = w.db.Conn(context.Background()); err != nil {
		return w, err
	}
	if err := migrate(w.conn); err != nil {
		return w, err
	}
	if w.stmts, err = prepare(w.conn); err != nil {
		return w, err
	}
	if err := w.recover(); err != nil {
		return w, err
	}
	return w, w.rotate()
}

// close ends the use of the database. SQLite then writes its log back.
func (w *writer) close() (err error) {
	if w.stmts != nil {
		err = w.stmts.close()
	}
	if w.cur != nil {
		err = errors.Join(err, datasync(w.cur.f))
	}
	if w.conn != nil {
		err = errors.Join(err, w.conn.Close())
	}
	return errors.Join(err, w.db.Close())
}

// recover compares the database with the segments and makes them agree.
func (w *writer) recover() (err error) {
	if w.state, err = readState(w.conn); err != nil {
		return err
	}
	if err := w.wholeDatabase(); err != nil {
		return err
	}
	sizes, err := w.loadLive()
	if err != nil {
		return err
	}
	ends, err := w.ends(sizes)
	if err != nil {
		return err
	}
	if err := w.dropLost(ends); err != nil {
		return err
	}
	if err := w.replay(ends); err != nil {
		return err
	}
	if _, damaged := ends[w.state.segment]; !damaged && w.segs.set[w.state.segment] != nil {
		w.cur = w.segs.set[w.state.segment]
		if err := w.cur.f.Truncate(w.state.end); err != nil {
			return err
		}
	}
	for _, no := range w.segs.numbers() {
		if w.live[no] == 0 && no != w.state.segment {
			w.dead = append(w.dead, no)
		}
	}
	w.opt.IDs.Skip(w.state.last)
	w.checkpoint()
	return nil
}

// wholeDatabase checks that no end of the file is missing, once what is in the
// log was written back.
func (w *writer) wholeDatabase() error {
	if _, _, err := w.writeBack(); err != nil {
		return err
	}
	var file string
	var pages, size int64
	if err := w.scan(&pages, "PRAGMA page_count"); err != nil {
		return err
	}
	if err := w.scan(&size, "PRAGMA page_size"); err != nil {
		return err
	}
	if err := w.scan(&file, "SELECT file FROM pragma_database_list WHERE name = 'main'"); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err == nil && info.Size() < pages*size {
		err = fmt.Errorf("%s is cut off: %w", file, errDamaged)
	}
	return err
}

func (w *writer) scan(to any, query string) error {
	return w.conn.QueryRowContext(context.Background(), query).Scan(to)
}

// loadLive fills live, and returns the sizes that segments must have.
func (w *writer) loadLive() (map[int64]int64, error) {
	rows, err := w.conn.QueryContext(context.Background(), "SELECT no, live, size FROM segments")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sizes := map[int64]int64{}
	for rows.Next() {
		var no, live, size int64
		if err := rows.Scan(&no, &live, &size); err != nil {
			return nil, err
		}
		w.live[no], sizes[no] = live, size
	}
	return sizes, rows.Err()
}

// ends finds the segments that have lost their ends, and where those are now. It
// takes a power loss without sync, or a human, to lose one.
func (w *writer) ends(sizes map[int64]int64) (map[int64]int64, error) {
	ends := map[int64]int64{}
	for no, want := range sizes {
		if w.live[no] == 0 {
			continue
		}
		have := int64(0)
		if seg := w.segs.set[no]; seg != nil {
			info, err := seg.f.Stat()
			if err != nil {
				return nil, err
			}
			have = info.Size()
		}
		if have < want {
			ends[no] = have
		}
	}
	return ends, w.unsyncedEnd(ends)
}

// unsyncedEnd reads what was written without sync since the last checkpoint.
func (w *writer) unsyncedEnd(ends map[int64]int64) error {
	seg := w.segs.set[w.state.segment]
	if _, known := ends[w.state.segment]; known || seg == nil {
		return nil
	}
	for at := w.state.synced; at < w.state.end; {
		r, err := seg.scan(at, w.state.end)
		if errors.Is(err, errDamaged) {
			ends[w.state.segment] = at
			return nil
		}
		if err != nil {
			return err
		}
		at += r.length()
	}
	return nil
}

// dropLost removes the rows whose records are beyond the ends.
func (w *writer) dropLost(ends map[int64]int64) error {
	for no, end := range ends {
		rows, err := w.conn.QueryContext(context.Background(), "SELECT "+rowColumns+" FROM messages m WHERE segment = ? AND offset + meta + size + ? > ?", no, headerSize, end)
		if err != nil {
			return err
		}
		lost, err := readRows(rows)
		if err != nil {
			return err
		}
		err = w.transact(func(t *tx) error {
			for _, r := range lost {
				if err := t.drop(r, all); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		w.opt.Log.Error("the end of a file of mail is missing", "segment", no, "messages lost", len(lost))
	}
	return nil
}

// transact runs something in a transaction of its own, and tells nobody.
func (w *writer) transact(f func(*tx) error) error {
	t, err := w.begin(false)
	if err != nil {
		return err
	}
	if err = f(t); err == nil {
		err = t.finish()
	}
	if err != nil {
		t.undo()
	}
	return err
}

// replayStep is how many records are replayed in one transaction.
const replayStep = 1000

// replay adds what the segments have and the database has not: nothing but the
// latest messages, or all of them when the database is new.
func (w *writer) replay(ends map[int64]int64) error {
	anew := w.state.segment == 0
	for _, no := range w.segs.numbers() {
		if _, damaged := ends[no]; damaged || no < w.state.segment {
			continue
		}
		at := int64(len(segmentMagic))
		if no == w.state.segment {
			at = w.state.end
		}
		if err := w.replaySegment(w.segs.set[no], at, anew); err != nil {
			return fmt.Errorf("segment %d: %w", no, err)
		}
	}
	return nil
}

func (w *writer) replaySegment(seg *segment, at int64, anew bool) error {
	size, err := seg.begin()
	if err != nil {
		return err
	}
	for more := true; more; {
		err := w.transact(func(t *tx) (err error) {
			for n := 0; n < replayStep; n++ {
				r, err := seg.scan(at, size)
				if anew && errors.Is(err, errDamaged) {
					r, err = seg.search(at+1, size)
				}
				if errors.Is(err, errDamaged) {
					more = false
					break
				}
				if err != nil {
					return err
				}
				if more, err = t.again(&r, anew); err != nil || !more {
					return err
				}
				at = r.offset + r.length()
				t.next.segment, t.next.end = seg.no, at
			}
			if t.next.segment < seg.no {
				t.next.segment, t.next.end = seg.no, at
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// again adds a message that was written before. When it says false, the record is
// one that was never confirmed, and what follows is no better.
func (t *tx) again(r *record, anew bool) (bool, error) {
	id := r.message.ID
	old, err := t.stmts.get(id)
	switch {
	case err != nil:
		return false, err
	case old != nil:
		return true, t.move(old, r.spot)
	case r.flags&flagCopied == 0 && id.Compare(t.next.last) <= 0 && !anew:
		return false, nil
	}
	if t.next.last.Compare(id) < 0 {
		t.next.last = id
	}
	for i := range r.message.Deliveries {
		d := &r.message.Deliveries[i]
		b, err := t.box(d.Box)
		if err != nil {
			return false, err
		}
		b.next = max(b.next, d.UID+1)
	}
	t.change[r.segment] += r.length()
	return true, t.insert(&r.message, r.spot)
}

// move notes that a message's record is elsewhere now.
func (t *tx) move(r *row, to spot) error {
	t.change[r.segment] -= r.length()
	t.change[to.segment] += to.length()
	_, err := t.stmts.moveMessage.Exec(r.id[:], to.segment, to.offset, to.meta)
	return err
}

// begin checks the magic of a segment, which may lack it when it was just being
// made, and returns the size of the file.
func (s *segment) begin() (int64, error) {
	info, err := s.f.Stat()
	if err != nil {
		return 0, err
	}
	magic := make([]byte, len(segmentMagic))
	if n, err := s.f.ReadAt(magic, 0); errors.Is(err, io.EOF) && segmentMagic[:n] == string(magic[:n]) {
		_, err := s.f.WriteAt([]byte(segmentMagic), 0)
		return int64(len(segmentMagic)), err
	} else if err != nil {
		return 0, err
	}
	if string(magic) != segmentMagic {
		return 0, fmt.Errorf("%w, or not by Postroom: it begins with %q", errNewer, magic)
	}
	return info.Size(), nil
}

// search finds the next whole record.
func (s *segment) search(from, end int64) (record, error) {
	buf := make([]byte, copyBuffer)
	for from < end {
		n, err := s.f.ReadAt(buf, from)
		if err != nil && err != io.EOF {
			return record{}, err
		}
		i := bytes.Index(buf[:n], []byte(recordMagic))
		if i < 0 {
			from += max(int64(n)-int64(len(recordMagic))+1, 1)
			continue
		}
		from += int64(i)
		r, err := s.scan(from, end)
		if err == nil || !errors.Is(err, errDamaged) {
			return r, err
		}
		from++
	}
	return record{}, errDamaged
}

// writeBack has SQLite write its log back into the database, after syncing it.
// Readers may keep it from doing all.
func (w *writer) writeBack() (pages, done int, err error) {
	var busy int
	err = w.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &done)
	return pages, done, err
}

// checkpoint keeps the database's log short, and lets go of segments that nothing
// refers to any more: only now is it sure that nothing will again.
func (w *writer) checkpoint() {
	w.commits = 0
	if w.opt.NoSync && w.cur != nil {
		if err := datasync(w.cur.f); err != nil {
			w.opt.Log.Error("sync the mail", "err", err)
			return
		}
		w.state.synced = w.state.end
	}
	if _, _, err := w.writeBack(); err != nil {
		w.opt.Log.Error("write back the log of the mail database", "err", err)
		return
	}
	for _, no := range w.dead {
		if err := w.segs.drop(no); err != nil {
			w.opt.Log.Error("remove a file of deleted mail", "segment", no, "err", err)
		}
	}
	w.dead = nil
}
