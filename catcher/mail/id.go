package mail

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// An ID names a message. It is a ULID: 48 bits of milliseconds since 1970 and
// 80 random bits, so that IDs of one store sort in the order of receipt. As
// text it has 26 characters of Crockford's base 32. The zero ID names nothing.
type ID [16]byte

// ErrBadID is wrapped by what ParseID returns for text that is no ID.
var ErrBadID = errors.New("not a message id")

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// String returns the 26 characters, upper case.
func (id ID) String() string {
	var text [26]byte
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	for i := 25; i >= 0; i-- {
		text[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(text[:])
}

// IsZero says whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs by time of receipt: -1 when id is older than other.
func (id ID) Compare(other ID) int {
	for i := range id {
		if id[i] != other[i] {
			if id[i] < other[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// MarshalText and UnmarshalText let an ID stand in JSON as a string.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote, in either case.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// ParseID reads the 26 characters of String, in either case. Its error wraps
// ErrBadID.
func ParseID(text string) (ID, error) {
	if len(text) != 26 || text[0] > '7' {
		return ID{}, fmt.Errorf("%.40q: %w", text, ErrBadID)
	}
	var hi, lo uint64
	for i := range len(text) {
		v, ok := digit(text[i])
		if !ok {
			return ID{}, fmt.Errorf("%.40q: %w", text, ErrBadID)
		}
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(v)
	}
	var id ID
	binary.BigEndian.PutUint64(id[:8], hi)
	binary.BigEndian.PutUint64(id[8:], lo)
	return id, nil
}

// digit is the inverse of the crockford alphabet, for either case.
func digit(c byte) (byte, bool) {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	for i := range len(crockford) {
		if crockford[i] == c {
			return byte(i), true
		}
	}
	return 0, false
}

// IDs makes IDs that rise strictly, whatever the clock does. It is safe for
// concurrent use.
type IDs struct {
	rand io.Reader

	mu   sync.Mutex
	last ID
}

// NewIDs takes the source of the random bits.
func NewIDs(rand io.Reader) *IDs { return &IDs{rand: rand} }

// Skip makes all IDs to come higher than the given one.
func (g *IDs) Skip(id ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last.Compare(id) < 0 {
		g.last = id
	}
}

// Next returns an ID for a message received at now. Within a millisecond, or
// when the clock went back, it is the last ID plus one.
func (g *IDs) Next(now time.Time) (ID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var id ID
	ms := uint64(max(now.UnixMilli(), 0))
	binary.BigEndian.PutUint64(id[:8], ms<<16)
	if prefix := [6]byte(g.last[:6]); [6]byte(id[:6]) == prefix || id.Compare(g.last) < 0 {
		id = g.last
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] != 0 {
				break
			}
		}
	} else if _, err := io.ReadFull(g.rand, id[6:]); err != nil {
		return ID{}, fmt.Errorf("random bits for a message id: %w", err)
	}
	g.last = id
	return id, nil
}
