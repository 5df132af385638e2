package search

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/bits"
	"slices"
	"sort"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// A segment knows which terms are in which of up to maxCount messages. It never
// changes. Its octets, in memory or in a file:
//
//	magic     8 octets; they name the version of all that an index depends on: this
//	          format, terms, query.Fold and what mime makes of a message
//	count     uint32, little-endian as all numbers, of messages
//	after     an ID
//	last      an ID: the segment covers all messages above after and up to last
//	oldest    int64, milliseconds since 1970, of the earliest time of receipt
//	newest    likewise of the latest; with a clock that went back, these may be any two
//	blocks    for each block its length and its CRC-32C, two uint32
//	sum       CRC-32C of all before it
//	the blocks: the IDs in order; then for each class its dictionary and its postings
//
// A dictionary is a list of terms in order, each followed by digits that say in
// which messages it is. Digits are octets that no term holds, so that a search
// within all terms is one search for a string. With an even number of digits,
// each two are the ordinal of a message. Five digits are an offset into the
// postings: a uvarint that is twice the number of ordinals, then uvarints that
// each say how much more than one an ordinal is above the one before; or one
// more than that, then a bitmap of all messages.
const (
	magic      = "postidx\x01"
	maxCount   = 1 << 12
	headerSize = len(magic) + 4 + 2*16 + 2*8 + 8*blockCount + 4
	blockCount = 1 + 2*classCount
	maxInline  = 3 // ordinals in a dictionary
)

// errDamaged says that a segment is not what was written.
var errDamaged = errors.New("damaged index segment")

// A class is a group of fields that are searched together.
type class int

const (
	inFrom class = iota
	inTo
	inSubject
	inBody
	inAttachment
	inHeader // what is in the header and not in the first three
	inKind
)

const classCount = int(inKind) + 1

// classOf gives the class of a single field.
func classOf(f query.Fields) class {
	switch f {
	case query.InFrom, query.InSender:
		return inFrom
	case query.InTo, query.InCc, query.InBcc, query.InRcpt:
		return inTo
	case query.InSubject:
		return inSubject
	case query.InBody:
		return inBody
	case query.InHeader:
		return inHeader
	case query.InKind:
		return inKind
	}
	return inAttachment
}

// A header describes a segment.
type header struct {
	count       int
	after, last mail.ID
	received    period
	blocks      [blockCount]block
}

// A period holds times of receipt, in milliseconds since 1970.
type period struct{ oldest, newest int64 }

func periodOf(t time.Time) period { return period{t.UnixMilli(), t.UnixMilli()} }

func (p period) with(q period) period {
	return period{min(p.oldest, q.oldest), max(p.newest, q.newest)}
}

// outside says that no time of the period is within bounds.
func (p period) outside(b query.Bounds) bool {
	return !b.After.IsZero() && p.newest < b.After.UnixMilli() || !b.Before.IsZero() && p.oldest > b.Before.UnixMilli()
}

type block struct{ length, sum uint32 }

func sumOf(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// appendTo writes the header.
func (h *header) appendTo(b []byte) []byte {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(h.count))
	b = append(b, h.after[:]...)
	b = append(b, h.last[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.received.oldest))
	b = binary.LittleEndian.AppendUint64(b, uint64(h.received.newest))
	for _, k := range h.blocks {
		b = binary.LittleEndian.AppendUint32(b, k.length)
		b = binary.LittleEndian.AppendUint32(b, k.sum)
	}
	return binary.LittleEndian.AppendUint32(b, sumOf(b[start:]))
}

// parseHeader reads the header of a segment that has size octets in all.
func parseHeader(b []byte, size int64) (header, error) {
	var h header
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return h, errDamaged
	}
	end := headerSize - 4
	if binary.LittleEndian.Uint32(b[end:]) != sumOf(b[:end]) {
		return h, errDamaged
	}
	b = b[len(magic):]
	count := binary.LittleEndian.Uint32(b)
	h.after, h.last = mail.ID(b[4:20]), mail.ID(b[20:36])
	h.received = period{int64(binary.LittleEndian.Uint64(b[36:])), int64(binary.LittleEndian.Uint64(b[44:]))}
	b = b[52:]
	total := int64(headerSize)
	for i := range h.blocks {
		h.blocks[i] = block{binary.LittleEndian.Uint32(b[8*i:]), binary.LittleEndian.Uint32(b[8*i+4:])}
		total += int64(h.blocks[i].length)
	}
	if count == 0 || count > maxCount || h.blocks[0].length != 16*count || total != size || h.after.Compare(h.last) >= 0 {
		return h, errDamaged
	}
	h.count = int(count)
	return h, nil
}

// place says where a block starts.
func (h *header) place(i int) int64 {
	at := int64(headerSize)
	for _, k := range h.blocks[:i] {
		at += int64(k.length)
	}
	return at
}

func (h *header) size() int64 { return h.place(blockCount) }

func dictOf(c class) int { return 1 + 2*int(c) }
func postOf(c class) int { return 2 + 2*int(c) }

// isTermOctet tells terms from digits.
func isTermOctet(b byte) bool { return b&0xa0 != 0 }

func appendDigits(b []byte, v uint32, n int) []byte {
	for n--; n >= 0; n-- {
		d := byte(v>>(6*n)) & 63
		b = append(b, d&31|d&32<<1)
	}
	return b
}

func number(digits []byte) uint32 {
	var v uint32
	for _, b := range digits {
		v = v<<6 | uint32(b&31|b&64>>1)
	}
	return v
}

// A dictionary collects the terms of a class, given in order, and their postings.
type dictionary struct {
	count       int // of messages
	terms, post []byte
	scratch     []byte
}

// add appends a term with the ordinals of the messages that have it.
func (d *dictionary) add(term string, ordinals []uint16) {
	d.terms = append(d.terms, term...)
	if len(ordinals) <= maxInline {
		for _, o := range ordinals {
			d.terms = appendDigits(d.terms, uint32(o), 2)
		}
		return
	}
	d.terms = appendDigits(d.terms, uint32(len(d.post)), 5)
	b, next := d.scratch[:0], uint16(0)
	for _, o := range ordinals {
		b = binary.AppendUvarint(b, uint64(o-next))
		next = o + 1
	}
	d.scratch = b
	if dense := (d.count + 7) / 8; len(b) >= dense {
		d.post = binary.AppendUvarint(d.post, uint64(2*len(ordinals)+1))
		start := len(d.post)
		d.post = append(d.post, make([]byte, dense)...)
		for _, o := range ordinals {
			d.post[start+int(o/8)] |= 1 << (o % 8)
		}
		return
	}
	d.post = append(binary.AppendUvarint(d.post, uint64(2*len(ordinals))), b...)
}

// seal puts a segment together; h says what it covers.
func seal(h header, ids []mail.ID, dictionaries *[classCount]dictionary) []byte {
	h.count = len(ids)
	flat := make([]byte, 0, 16*len(ids))
	for _, id := range ids {
		flat = append(flat, id[:]...)
	}
	parts := [blockCount][]byte{flat}
	for c, d := range dictionaries {
		parts[dictOf(class(c))], parts[postOf(class(c))] = d.terms, d.post
	}
	for i, part := range parts {
		h.blocks[i] = block{uint32(len(part)), sumOf(part)}
	}
	b := h.appendTo(make([]byte, 0, h.size()))
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}

// A set is a set of ordinals.
type set [maxCount / 64]uint64

// upTo is the set of the ordinals below n.
func upTo(n int) *set {
	var s set
	for i := range n / 64 {
		s[i] = ^uint64(0)
	}
	if n%64 > 0 {
		s[n/64] = 1<<(n%64) - 1
	}
	return &s
}

func (s *set) has(o int) bool { return s[o/64]&(1<<(o%64)) != 0 }

func (s *set) empty() bool { return *s == set{} }

func (s *set) intersect(t *set) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s *set) unite(t *set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// ids is a block of IDs in order.
type ids []byte

func (b ids) at(i int) mail.ID { return mail.ID(b[16*i : 16*i+16]) }

// place returns the ordinal of the first ID that is not below id, and whether it
// is that one.
func (b ids) place(id mail.ID) (int, bool) {
	return sort.Find(len(b)/16, func(i int) int { return id.Compare(b.at(i)) })
}

// appendOrdinals reads the ordinals that digits stand for. posting gives the
// postings from an offset on.
func appendOrdinals(to []uint16, digits []byte, count int, posting func(off uint32) ([]byte, error)) ([]uint16, error) {
	if len(digits)%2 == 0 && len(digits) <= 2*maxInline {
		for ; len(digits) > 0; digits = digits[2:] {
			o := number(digits[:2])
			if int(o) >= count {
				return to, errDamaged
			}
			to = append(to, uint16(o))
		}
		return to, nil
	}
	if len(digits) != 5 {
		return to, errDamaged
	}
	b, err := posting(number(digits))
	if err != nil {
		return to, err
	}
	n, used := binary.Uvarint(b)
	if used <= 0 || n/2 > uint64(count) {
		return to, errDamaged
	}
	if b = b[used:]; n%2 == 1 {
		return appendDense(to, b, count)
	}
	next := uint64(0)
	for range n / 2 {
		d, used := binary.Uvarint(b)
		if used <= 0 || d >= uint64(count) || next+d >= uint64(count) {
			return to, errDamaged
		}
		to, b = append(to, uint16(next+d)), b[used:]
		next += d + 1
	}
	return to, nil
}

func appendDense(to []uint16, b []byte, count int) ([]uint16, error) {
	if len(b) < (count+7)/8 {
		return to, errDamaged
	}
	for i, w := range b[:(count+7)/8] {
		for ; w != 0; w &= w - 1 {
			if o := 8*i + bits.TrailingZeros8(w); o < count {
				to = append(to, uint16(o))
			}
		}
	}
	return to, nil
}

// longestFirst puts the pieces first that the fewest terms have.
func longestFirst(list []piece) []piece {
	slices.SortStableFunc(list, func(a, b piece) int { return cmp.Compare(len(b.text), len(a.text)) })
	return list
}
