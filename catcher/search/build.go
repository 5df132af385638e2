package search

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// A builder makes a segment of messages that are given in order.
type builder struct {
	ids      []mail.ID
	received period
	words    [classCount]words
}

// words are the terms of one class so far.
type words struct {
	number map[string]uint32
	terms  []term
	uses   []use // in order of messages
}

type term struct {
	text string
	last int // the latest message with it, counted from 1
	uses int
}

type use struct {
	term    uint32
	ordinal uint16
}

func newBuilder() *builder {
	b := &builder{}
	for c := range b.words {
		b.words[c].number = map[string]uint32{}
	}
	return b
}

// add takes the next message.
func (b *builder) add(m *mail.Message, c *query.Content) {
	if at := periodOf(m.Received); len(b.ids) == 0 {
		b.received = at
	} else {
		b.received = b.received.with(at)
	}
	b.ids = append(b.ids, m.ID)
	n := len(b.ids)
	query.Each(m, c, func(f query.Fields, folded string) {
		class := classOf(f)
		w := &b.words[class]
		terms(folded, func(t string) {
			if class != inHeader || !b.named(t) {
				w.add(t, n)
			}
		})
	})
}

// named says whether the latest message has a term in a field of its own that
// the header repeats.
func (b *builder) named(t string) bool {
	for c := range b.words[:inBody] {
		w := &b.words[c]
		if i, ok := w.number[t]; ok && w.terms[i].last == len(b.ids) {
			return true
		}
	}
	return false
}

func (w *words) add(t string, message int) {
	i, ok := w.number[t]
	if !ok {
		i = uint32(len(w.terms))
		w.number[t] = i
		w.terms = append(w.terms, term{text: t})
	}
	if k := &w.terms[i]; k.last != message {
		k.last, k.uses = message, k.uses+1
		w.uses = append(w.uses, use{i, uint16(message - 1)})
	}
}

// seal makes the segment, which covers the IDs above after up to last.
func (b *builder) seal(after, last mail.ID) []byte {
	var dictionaries [classCount]dictionary
	for c := range dictionaries {
		dictionaries[c].count = len(b.ids)
		b.words[c].writeTo(&dictionaries[c])
	}
	return seal(header{after: after, last: last, received: b.received}, b.ids, &dictionaries)
}

func (w *words) writeTo(d *dictionary) {
	ordinals := make([]uint16, len(w.uses))
	starts := make([]int, len(w.terms)+1)
	for i, t := range w.terms {
		starts[i+1] = starts[i] + t.uses
	}
	ends := slices.Clone(starts)
	for _, u := range w.uses {
		ordinals[ends[u.term]] = u.ordinal
		ends[u.term]++
	}
	for _, k := range w.sorted() {
		d.add(w.terms[k.term].text, ordinals[starts[k.term]:starts[k.term+1]])
	}
}

// A key sorts terms by their first eight octets at once.
type key struct {
	start uint64
	term  uint32
}

func (w *words) sorted() []key {
	keys := make([]key, len(w.terms))
	for i, t := range w.terms {
		var start [8]byte
		copy(start[:], t.text)
		keys[i] = key{binary.BigEndian.Uint64(start[:]), uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return strings.Compare(w.terms[a.term].text, w.terms[b.term].text)
	})
	return keys
}

// A source is a segment that is being merged.
type source struct {
	*view
	places []int // where its messages go; -1 for those that are left out

	dict []byte // what is left of the dictionary
	term []byte // the first in dict, which its digits follow
}

// next goes to the next term.
func (s *source) next() {
	n := 0
	for n < len(s.dict) && isTermOctet(s.dict[n]) {
		n++
	}
	s.term, s.dict = s.dict[:n], s.dict[n:]
}

// appendOrdinals reads in which messages of the merged segment the term is.
func (s *source) appendOrdinals(c class, to, scratch []uint16) (out, used []uint16, err error) {
	n := 0
	for n < len(s.dict) && !isTermOctet(s.dict[n]) {
		n++
	}
	scratch, err = appendOrdinals(scratch[:0], s.dict[:n], s.head.count, func(off uint32) ([]byte, error) { return s.posting(c, off) })
	s.dict = s.dict[n:]
	for _, o := range scratch {
		if p := s.places[o]; p >= 0 {
			to = append(to, uint16(p))
		}
	}
	return to, scratch, err
}

// merge makes one segment of neighbours, oldest first, without the messages that
// are gone. It returns nil when none are left.
func merge(views []*view, after, last mail.ID, gone func(mail.ID) bool) ([]byte, error) {
	sources := make([]source, len(views))
	h := header{after: after, last: last, received: views[0].head.received}
	var all []mail.ID
	for i, v := range views {
		known, err := v.ids()
		if err != nil {
			return nil, err
		}
		places := make([]int, v.head.count)
		for o := range places {
			places[o] = -1
			if id := known.at(o); !gone(id) {
				places[o] = len(all)
				all = append(all, id)
			}
		}
		sources[i] = source{view: v, places: places}
		h.received = h.received.with(v.head.received)
	}
	if len(all) == 0 {
		return nil, nil
	}
	var dictionaries [classCount]dictionary
	for c := range dictionaries {
		dictionaries[c].count = len(all)
		if err := mergeClass(class(c), sources, &dictionaries[c]); err != nil {
			return nil, err
		}
	}
	return seal(h, all, &dictionaries), nil
}

func mergeClass(c class, sources []source, d *dictionary) (err error) {
	for i := range sources {
		s := &sources[i]
		if s.dict, err = s.block(dictOf(c)); err != nil {
			return err
		}
		s.next()
	}
	var ordinals, scratch []uint16
	for {
		var least []byte
		for i := range sources {
			if t := sources[i].term; len(t) > 0 && (least == nil || bytes.Compare(t, least) < 0) {
				least = t
			}
		}
		if least == nil {
			return nil
		}
		ordinals = ordinals[:0]
		for i := range sources {
			if s := &sources[i]; bytes.Equal(s.term, least) {
				if ordinals, scratch, err = s.appendOrdinals(c, ordinals, scratch); err != nil {
					return err
				}
				s.next()
			}
		}
		if len(ordinals) > 0 {
			d.add(string(least), ordinals)
		}
	}
}
