package search

import (
	"bytes"
	"io"
	"os"
	"sync"

	"github.com/postroom/postroom/catcher/query"
)

// A segment is in memory or, when it has a path, in a file that is opened anew
// for each use: thousands of them cost nothing while nobody searches.
type segment struct {
	head header
	path string
	data []byte // nil when there is a path
}

// A view reads a segment. Whoever opens it closes it.
type view struct {
	*segment
	file   *os.File
	blocks [blockCount][]byte // those read so far
	rooms  *sync.Pool         // of *[]byte
	used   []*[]byte
	hits   []uint16
}

func (s *segment) open(rooms *sync.Pool) (*view, error) {
	v := &view{segment: s, rooms: rooms}
	if s.path == "" {
		return v, nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	v.file = f
	return v, nil
}

func (v *view) close() {
	for _, room := range v.used {
		v.rooms.Put(room)
	}
	if v.file != nil {
		v.file.Close()
	}
}

// block returns one block, good until the view is closed.
func (v *view) block(i int) ([]byte, error) {
	if v.blocks[i] != nil {
		return v.blocks[i], nil
	}
	at, size := v.head.place(i), int(v.head.blocks[i].length)
	if v.file == nil {
		v.blocks[i] = v.data[at:][:size:size]
		return v.blocks[i], nil
	}
	b, err := v.read(at, size)
	if err == nil && sumOf(b) != v.head.blocks[i].sum {
		err = errDamaged
	}
	if err != nil {
		return nil, err
	}
	v.blocks[i] = b
	return b, nil
}

func (v *view) read(at int64, size int) ([]byte, error) {
	room, ok := v.rooms.Get().(*[]byte)
	if !ok {
		room = new([]byte)
	}
	v.used = append(v.used, room)
	if cap(*room) < size {
		*room = make([]byte, size, size+size/4)
	}
	b := (*room)[:size]
	if _, err := v.file.ReadAt(b, at); err != nil && err != io.EOF {
		return nil, err
	} else if err == io.EOF {
		return nil, errDamaged
	}
	return b, nil
}

func (v *view) ids() (ids, error) {
	b, err := v.block(0)
	return b, err
}

// posting returns the postings of a class from an offset on.
func (v *view) posting(c class, off uint32) ([]byte, error) {
	b, err := v.block(postOf(c))
	if err == nil && int64(off) > int64(len(b)) {
		err = errDamaged
	}
	if err != nil {
		return nil, err
	}
	return b[off:], nil
}

// eval returns the messages that may satisfy a need: all that do, and others.
func (v *view) eval(n *query.Need) (*set, error) {
	switch n.Kind {
	case query.NeedText:
		return v.text(n)
	case query.NeedAll:
		all := upTo(v.head.count)
		for i := range n.Kids {
			s, err := v.eval(&n.Kids[i])
			if err != nil {
				return nil, err
			}
			if all.intersect(s); all.empty() {
				break
			}
		}
		return all, nil
	case query.NeedOne:
		one := new(set)
		for i := range n.Kids {
			s, err := v.eval(&n.Kids[i])
			if err != nil {
				return nil, err
			}
			one.unite(s)
		}
		return one, nil
	}
	return upTo(v.head.count), nil
}

func (v *view) text(n *query.Need) (*set, error) {
	list := longestFirst(pieces(n.Text))
	if len(list) == 0 {
		return upTo(v.head.count), nil
	}
	var wanted [classCount]bool
	for f := query.Fields(1); f != 0; f <<= 1 {
		if n.Fields&f != 0 {
			wanted[classOf(f)] = true
		}
	}
	one := new(set)
	for c := range wanted {
		if !wanted[c] {
			continue
		}
		s, err := v.all(class(c), list)
		if err != nil {
			return nil, err
		}
		one.unite(s)
	}
	return one, nil
}

// all returns the messages with all the pieces in one class.
func (v *view) all(c class, list []piece) (*set, error) {
	all := upTo(v.head.count)
	for _, p := range list {
		one := new(set)
		if err := v.find(c, p, one); err != nil {
			return nil, err
		}
		if c == inHeader {
			for named := range inBody {
				if err := v.find(named, p, one); err != nil {
					return nil, err
				}
			}
		}
		if all.intersect(one); all.empty() {
			break
		}
	}
	return all, nil
}

// find adds the messages of a class with a term that has the piece.
func (v *view) find(c class, p piece, to *set) error {
	dict, err := v.block(dictOf(c))
	if err != nil {
		return err
	}
	needle := []byte(p.text)
	for at := 0; ; {
		i := bytes.Index(dict[at:], needle)
		if i < 0 {
			return nil
		}
		i += at
		end := i + len(needle)
		if p.start && i > 0 && isTermOctet(dict[i-1]) || p.end && end < len(dict) && isTermOctet(dict[end]) {
			at = i + 1
			continue
		}
		for end < len(dict) && isTermOctet(dict[end]) {
			end++
		}
		at = end
		for at < len(dict) && !isTermOctet(dict[at]) {
			at++
		}
		v.hits, err = appendOrdinals(v.hits[:0], dict[end:at], v.head.count, func(off uint32) ([]byte, error) { return v.posting(c, off) })
		if err != nil {
			return err
		}
		for _, o := range v.hits {
			to[o/64] |= 1 << (o % 64)
		}
	}
}
