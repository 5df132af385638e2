package disk

import (
	"bytes"
	"context"
	"encoding/binary"
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
	if spare := (&reserve{path: filepath.Join(s.dir, reserveName)}); isFull(err) && spare.spend() {
		w, err = s.tryWriter()
	}
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
		opt: &s.opt, segs: s.segs, view: s.view,
		live: map[int64]int64{}, sizes: map[int64]int64{}, boxes: map[string]*box{}, numbers: map[int64]*box{},
		dirty: map[*box]bool{}, fresh: map[int64]bool{}, reserve: reserve{path: filepath.Join(s.dir, reserveName)},
	}
	short, err := isShort(filepath.Join(s.dir, databaseName))
	if err != nil {
		return nil, err
	}
	if w.db, err = openDatabase(s.dir); err != nil {
		return nil, err
	}
	w.look = w.db.finder
	if err = w.db.whole(short); err == nil {
		err = w.recover()
	}
	if err == nil {
		err = w.rotate()
	}
	if err != nil {
		return nil, errors.Join(err, w.db.close())
	}
	return w, nil
}

// close brings everything to the database and lets go of it.
func (w *writer) close() error {
	err := w.settle()
	if isFull(err) && w.reserve.spend() {
		err = w.settle()
	}
	if isFull(err) {
		w.opt.Log.Warn("no room to write to the mail database; it will be brought up to date when it is opened", "err", err)
		err = nil
	}
	if w.cur != nil {
		err = errors.Join(err, w.cur.f.Truncate(w.state.end), datasync(w.cur.f))
	}
	err = errors.Join(err, w.db.close())
	if !w.reserve.made {
		w.reserve.make() // opening may need it again; there is no harm when it does not fit
	}
	return err
}

// recover compares the database with the segments and makes them agree.
func (w *writer) recover() (err error) {
	if w.state, err = w.db.state(); err != nil {
		return err
	}
	if err := w.db.segments(w.live, w.sizes); err != nil {
		return err
	}
	ends, err := w.ends()
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
		delete(w.sizes, w.cur.no)
		if err := w.cur.f.Truncate(w.state.end); err != nil {
			return err
		}
	}
	for _, no := range w.segs.numbers() {
		if no != w.state.segment || w.cur == nil {
			w.bury(no)
		}
	}
	w.opt.IDs.Skip(w.state.last)
	w.checkpoint()
	return nil
}

// whole writes back what is in the log, and makes sure that the file was not
// short before, but for what the log had.
func (db *database) whole(short bool) error {
	if err := db.writeBack(); err != nil || !short {
		return err
	}
	var verdict string
	if err := db.scan(&verdict, "PRAGMA quick_check(1)"); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%s: %w", verdict, errDamaged)
	}
	return nil
}

// isShort says whether a database file has fewer pages than it says: it was cut
// off, or SQLite ended while it was writing back its log.
func isShort(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [32]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return false, nil // an empty one is new, others SQLite will not take
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	pageSize := int64(binary.BigEndian.Uint16(head[16:])) // 1 stands for 65536
	if pageSize == 1 {
		pageSize = 1 << 16
	}
	return info.Size() < pageSize*int64(binary.BigEndian.Uint32(head[28:])), nil
}

// segments reads how much of each is in use, and the sizes that they must have.
func (db *database) segments(live, sizes map[int64]int64) error {
	rows, err := db.conn.QueryContext(context.Background(), "SELECT no, live, size FROM segments")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var no, octets, size int64
		if err := rows.Scan(&no, &octets, &size); err != nil {
			return err
		}
		live[no], sizes[no] = octets, size
	}
	return rows.Err()
}

// ends finds the segments that have lost their ends, and where those are now. It
// takes a power loss without sync, or a human, to lose one.
func (w *writer) ends() (map[int64]int64, error) {
	ends := map[int64]int64{}
	for no, want := range w.sizes {
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
		lost, err := readRows(w.db.conn.QueryContext(context.Background(),
			"SELECT "+rowColumns+" FROM messages m WHERE segment = ? AND offset + meta + size + ? > ?", no, headerSize, end))
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

// replaySegment adds the records from at on. Unless all is made anew, it ends at
// the first that is not whole or not in order: nobody was told of it.
func (w *writer) replaySegment(seg *segment, at int64, anew bool) error {
	size, err := seg.begin()
	if err != nil {
		return err
	}
	w.state.segment, w.state.end = seg.no, at
	for {
		r, err := seg.scan(at, size)
		if anew && errors.Is(err, errDamaged) {
			r, err = seg.search(at+1, size)
		}
		if errors.Is(err, errDamaged) {
			break
		}
		if err != nil {
			return err
		}
		at = r.offset + r.length()
		stale := r.flags&flagCopied == 0 && r.message.ID.Compare(w.state.last) <= 0
		if stale && !anew {
			break
		}
		if !stale {
			if err := w.again(&r); err != nil {
				return err
			}
			w.state.end, w.state.synced = at, at
		}
	}
	w.fresh[seg.no] = true
	w.sizes[seg.no] = w.state.end
	return w.settle()
}

// again adds a message that was written before.
func (w *writer) again(r *record) error {
	if len(w.rows) >= batchRows || r.flags&flagCopied != 0 {
		if err := w.settle(); err != nil {
			return err
		}
	}
	if r.flags&flagCopied != 0 {
		old, err := w.db.get(r.message.ID)
		if err != nil {
			return err
		}
		if old != nil {
			return w.transact(func(t *tx) error { return t.move(old, r.spot) })
		}
	}
	for i := range r.message.Deliveries {
		d := &r.message.Deliveries[i]
		b, err := w.box(d.Box)
		if err != nil {
			return err
		}
		b.next = max(b.next, d.UID+1)
	}
	if w.state.last.Compare(r.message.ID) < 0 {
		w.state.last = r.message.ID
	}
	w.enter(&r.message, r.spot)
	return nil
}

// move notes that a message's record is elsewhere now.
func (t *tx) move(r *row, to spot) error {
	t.use(r.spot, -1)
	t.use(to, 1)
	return t.db.move(r.id, to)
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
