package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A segment file begins with segmentMagic. Records follow: a header, the meta
// (all of the message but its body), and the body.
//
//	0  4  recordMagic
//	4  4  CRC-32C of what follows up to the end of the meta
//	8  4  octets of the meta
//	12 4  CRC-32C of the body
//	16 8  octets of the body
//	24 4  flags
//
// Numbers are little-endian. What comes after the last record is zeros, or the
// remains of a write that was never confirmed.
const (
	segmentMagic = "Postroom mail 1\n"
	recordMagic  = "PRm1"
	headerSize   = 28
	flagCopied   = 1 // the record was copied from an older segment; its ID is out of order

	maxMeta      = 64 << 20 // octets; more is damage
	directWrite  = 64 << 10 // bodies from this size on are not copied before they are written
	writeBuffer  = 1 << 20
	wholeBody    = 256 << 10 // bodies up to this size are read at once and checked
	copyBuffer   = 64 << 10
	segmentDigit = 8
)

func castagnoli(crc uint32, p []byte) uint32 {
	return crc32.Update(crc, crc32.MakeTable(crc32.Castagnoli), p)
}

// A spot says where in the segments a record is.
type spot struct {
	segment int64
	offset  int64
	meta    int64 // octets of the meta
	size    int64 // octets of the body
}

// length is that of the whole record.
func (p spot) length() int64 { return headerSize + p.meta + p.size }

// A segment is one file of records. It is closed and, when it was dropped,
// removed once nobody uses it any more.
type segment struct {
	no      int64
	f       *os.File
	users   atomic.Int32 // readers, and 1 for the set as long as it is in there
	dropped bool
}

// release ends a use.
func (s *segment) release() error {
	if s.users.Add(-1) > 0 {
		return nil
	}
	err := s.f.Close()
	if s.dropped {
		err = errors.Join(err, os.Remove(s.f.Name()))
	}
	return err
}

// segments are the files of a store, found by their number. Any goroutine may
// read; what adds and drops is the writer's.
type segments struct {
	dir string

	mu  sync.RWMutex // guards the map
	set map[int64]*segment
}

func segmentName(no int64) string { return fmt.Sprintf("%0*d.mail", segmentDigit, no) }

// openSegments opens all segment files of a folder, which is made if need be.
func openSegments(dir string) (*segments, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.mail"))
	if err != nil {
		return nil, err
	}
	s := &segments{dir: dir, set: map[int64]*segment{}}
	for _, name := range names {
		no, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(name), ".mail"), 10, 64)
		if err != nil {
			continue // not ours
		}
		if err := s.open(no, os.O_RDWR); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *segments) open(no int64, flags int) error {
	f, err := os.OpenFile(filepath.Join(s.dir, segmentName(no)), flags, 0o600)
	if err != nil {
		return err
	}
	seg := &segment{no: no, f: f}
	seg.users.Store(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[no] = seg
	return nil
}

// create makes a segment that is there after a power loss too.
func (s *segments) create(no int64) error {
	if err := s.open(no, os.O_RDWR|os.O_CREATE|os.O_TRUNC); err != nil {
		return err
	}
	_, err := s.set[no].f.WriteAt([]byte(segmentMagic), 0)
	if err == nil {
		err = s.set[no].f.Sync()
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		return errors.Join(err, s.drop(no))
	}
	return nil
}

// use returns a segment that stays open until it is released, or nil.
func (s *segments) use(no int64) *segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	seg := s.set[no]
	if seg != nil {
		seg.users.Add(1)
	}
	return seg
}

// numbers lists the segments, oldest first.
func (s *segments) numbers() []int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]int64, 0, len(s.set))
	for no := range s.set {
		list = append(list, no)
	}
	slices.Sort(list)
	return list
}

// drop removes a segment, as soon as those who read it are done.
func (s *segments) drop(no int64) error {
	s.mu.Lock()
	seg := s.set[no]
	delete(s.set, no)
	s.mu.Unlock()
	if seg == nil {
		return nil
	}
	seg.dropped = true
	return seg.release()
}

func (s *segments) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for no, seg := range s.set {
		delete(s.set, no)
		err = errors.Join(err, seg.release())
	}
	return err
}

// syncDir makes the names in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// appendHeader writes the header of a record, and its meta.
func appendHeader(b []byte, meta []byte, size int64, bodyCRC, flags uint32) []byte {
	start := len(b)
	b = append(b, recordMagic...)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(meta)))
	b = binary.LittleEndian.AppendUint32(b, bodyCRC)
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, meta...)
	binary.LittleEndian.PutUint32(b[start+4:], castagnoli(0, b[start+8:]))
	return b
}

// A record is one that was read, without the body.
type record struct {
	spot
	message mail.Message
	bodyCRC uint32
	flags   uint32
	rest    []byte // what was read beyond the meta
}

// parseRecord reads a record's header and meta from b, which may hold less.
func parseRecord(b []byte) (r record, err error) {
	if len(b) < headerSize || string(b[:4]) != recordMagic {
		return r, errDamaged
	}
	meta := int64(binary.LittleEndian.Uint32(b[8:]))
	r.meta, r.size = meta, int64(binary.LittleEndian.Uint64(b[16:]))
	r.bodyCRC, r.flags = binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[24:])
	if int64(len(b)) < headerSize+meta || castagnoli(0, b[8:headerSize+meta]) != binary.LittleEndian.Uint32(b[4:]) {
		return r, errDamaged
	}
	src := source{b: b[headerSize : headerSize+meta]}
	r.message = src.meta()
	r.message.Size = r.size
	r.rest = b[headerSize+meta:]
	return r, src.err
}

// read reads the record at a spot up to the meta, and extra octets beyond.
func (s *segment) read(p spot, extra int64) (record, error) {
	b := make([]byte, headerSize+p.meta+extra)
	if _, err := s.f.ReadAt(b, p.offset); err != nil && err != io.EOF { // what is missing then is not whole
		return record{}, fmt.Errorf("read segment %d at %d: %w", s.no, p.offset, err)
	}
	r, err := parseRecord(b)
	if err != nil || r.meta != p.meta || r.size != p.size {
		return record{}, fmt.Errorf("read segment %d at %d: %w", s.no, p.offset, errDamaged)
	}
	r.segment, r.offset = p.segment, p.offset
	return r, nil
}

// scan reads the record that begins at offset and checks its body too. The error
// wraps errDamaged when there is no whole record.
func (s *segment) scan(offset, end int64) (record, error) {
	var head [headerSize]byte
	if offset+headerSize > end {
		return record{}, errDamaged
	}
	if _, err := s.f.ReadAt(head[:], offset); err != nil {
		return record{}, err
	}
	p := spot{segment: s.no, offset: offset, meta: int64(binary.LittleEndian.Uint32(head[8:])), size: int64(binary.LittleEndian.Uint64(head[16:]))}
	if string(head[:4]) != recordMagic || p.meta > maxMeta || p.size < 0 || p.size > end-offset-headerSize-p.meta {
		return record{}, errDamaged
	}
	r, err := s.read(p, 0)
	if err != nil {
		return record{}, err
	}
	return r, s.check(&r)
}

// check reads the body and compares its checksum.
func (s *segment) check(r *record) error {
	crc := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.Copy(crc, io.NewSectionReader(s.f, r.offset+headerSize+r.meta, r.size)); err != nil {
		return err
	}
	if crc.Sum32() != r.bodyCRC {
		return errDamaged
	}
	return nil
}

// body returns a reader of the body; the segment must be in use, and is released
// by the reader or before.
func (s *segment) body(p spot) (store.Reader, error) {
	if p.size > wholeBody {
		return &fileReader{SectionReader: *io.NewSectionReader(s.f, p.offset+headerSize+p.meta, p.size), segment: s}, nil
	}
	r, err := s.read(p, p.size)
	if err == nil && castagnoli(0, r.rest) != r.bodyCRC {
		err = fmt.Errorf("body in segment %d at %d: %w", s.no, p.offset, errDamaged)
	}
	if err := errors.Join(err, s.release()); err != nil {
		return nil, err
	}
	return bytesReader{bytes.NewReader(r.rest)}, nil
}

// A fileReader reads a large body from its file.
type fileReader struct {
	io.SectionReader
	segment *segment
	closed  atomic.Bool
}

// WriteTo writes what is left.
func (r *fileReader) WriteTo(w io.Writer) (int64, error) {
	buf := make([]byte, copyBuffer)
	return io.CopyBuffer(w, struct{ io.Reader }{&r.SectionReader}, buf)
}

// Close lets go of the file. Twice is fine.
func (r *fileReader) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	return r.segment.release()
}
