package store

const (
	// maxSmall is the size of the largest body that is copied into a slab. A
	// larger one is kept as it came, since the allocator wastes little of it.
	maxSmall = 16 << 10
	// slabs are smaller as long as there is little mail.
	minSlab = 16 << 10
	maxSlab = 256 << 10
	// slabRecords is how many bodies go into one at most, however small.
	slabRecords = 4096
)

// A slab holds the bodies of several messages, one behind the other, because the
// allocator would round each of them up; or one large body.
type slab struct {
	body    Body
	live    int64     // octets of those that are still in the store
	records []*record // whose bodies came here; some may have gone
}

// full says whether a body of so many octets does not fit in any more.
func (l *slab) full(size int64) bool {
	return l.body.Size()+size > int64(cap(l.body.chunks[0])) || len(l.records) == slabRecords
}

// reader reads the body of a record that lies here.
func (l *slab) reader(r *record) *BodyReader {
	if r.size > maxSmall {
		return l.body.Reader()
	}
	return newPieceReader(l.body.chunks[0][r.off:][:r.size:r.size])
}

// keep finds a place for the body of a record.
func (s *Memory) keep(r *record, body *Body) {
	if body.Size() > maxSmall {
		body.Trim()
		r.in = &slab{body: *body, live: body.Size()}
		return
	}
	l := s.slabFor(body.Size())
	r.off = uint32(l.body.Size())
	for _, chunk := range body.chunks {
		l.body.Write(chunk)
	}
	s.settle(r, l)
}

// slabFor returns the slab that is being filled, or a new one.
func (s *Memory) slabFor(size int64) *slab {
	if s.filling == nil || s.filling.full(size) {
		room := min(max(s.bytes/8, minSlab), maxSlab) &^ (pageSize - 1)
		s.filling = &slab{body: Body{chunks: [][]byte{make([]byte, 0, room)}}}
	}
	return s.filling
}

// settle notes that the body of a record has come to a slab.
func (s *Memory) settle(r *record, l *slab) {
	r.in = l
	l.live += r.size
	l.records = append(l.records, r)
}

// drop forgets the body of a record. What is left in a slab that is less than
// half full then moves elsewhere, so that a few messages do not hold up the
// memory of many.
func (s *Memory) drop(r *record) {
	l := r.in
	r.in = nil
	l.live -= r.size
	if l == s.filling || l.live == 0 || l.live > l.body.Size()/2 {
		return
	}
	for _, other := range l.records {
		if other.in == l {
			text := l.body.chunks[0][other.off:][:other.size]
			to := s.slabFor(other.size)
			other.off = uint32(to.body.Size())
			to.body.Write(text)
			s.settle(other, to)
		}
	}
}
