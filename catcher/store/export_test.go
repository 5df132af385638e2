package store

// Footprint returns the octets of small bodies, and of the slabs for them.
func (s *Memory) Footprint() (bodies, reserved int64) {
	slabs := map[*slab]bool{}
	for _, place := range s.all.slots {
		if r := place.rec; !place.dead {
			bodies += r.size
			slabs[r.in] = true
		}
	}
	for l := range slabs {
		reserved += int64(cap(l.body.chunks[0]))
	}
	return bodies, reserved
}
