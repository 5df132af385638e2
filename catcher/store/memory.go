package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// clearStep is how many messages Clear, Expire and Delete remove before they
// let others in.
const clearStep = 1000

// Memory is the store that is gone with the process.
type Memory struct {
	opt Options

	mu     sync.RWMutex // guards all below
	byID   map[mail.ID]*record
	all    line
	boxes  map[string]*box // only those that hold mail
	bytes  int64
	unseen int    // messages with a delivery not seen
	floor  uint32 // no mailbox that is not in boxes has ever given out this UID or a higher one
}

// A record is one message; msg is replaced, never changed in place below.
type record struct {
	msg  mail.Message
	body *Body
}

type box struct {
	line
	unseen  int
	bytes   int64
	nextUID uint32
}

// NewMemory makes an empty store.
func NewMemory(opt Options) *Memory {
	if opt.Clock == nil {
		opt.Clock = clock.System{}
	}
	if opt.IDs == nil {
		opt.IDs = mail.NewIDs(rand.Reader)
	}
	if opt.Publish == nil {
		opt.Publish = func(mail.Change) {}
	}
	return &Memory{opt: opt, byID: map[mail.ID]*record{}, boxes: map[string]*box{}, floor: 1}
}

// Append implements Store.
func (s *Memory) Append(ctx context.Context, body *Body, m mail.Message) (mail.Message, error) {
	if err := ctx.Err(); err != nil {
		return mail.Message{}, err
	}
	if s.opt.Caps.Bytes > 0 && body.Size() > s.opt.Caps.Bytes {
		return mail.Message{}, fmt.Errorf("%d octets of at most %d: %w", body.Size(), s.opt.Caps.Bytes, ErrTooLarge)
	}
	body.Trim()
	m.Size, m.Unterminated = body.Size(), body.Unterminated()
	m.Deliveries = slices.Clone(m.Deliveries)

	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := s.opt.IDs.Next(s.opt.Clock.Now())
	if err != nil {
		return mail.Message{}, err
	}
	m.ID = id
	r := &record{body: body}
	s.byID[id] = r
	s.all.insert(slot{id: id, rec: r})
	s.bytes += m.Size
	for i := range m.Deliveries {
		m.Deliveries[i].ID = mail.DeliveryID{Message: id, N: i}
		s.enter(r, m.Size, &m.Deliveries[i])
	}
	s.replace(r, m)
	s.opt.Publish(mail.Change{Kind: mail.Added, Message: &m, Deliveries: m.Deliveries})
	s.makeRoom(r)
	return m, nil
}

// enter puts a delivery into its mailbox and gives it a UID there.
func (s *Memory) enter(r *record, size int64, d *mail.Delivery) {
	b := s.boxes[d.Box]
	if b == nil {
		b = &box{nextUID: s.floor}
		s.boxes[d.Box] = b
	}
	d.UID = b.nextUID
	b.nextUID++
	b.insert(slot{id: d.ID.Message, n: d.ID.N, rec: r})
	b.bytes += size
	if !d.Seen {
		b.unseen++
	}
}

// leave takes a delivery out of its mailbox. A mailbox that is empty then is
// forgotten; the floor sees to it that none of its UIDs is given again.
func (s *Memory) leave(r *record, d mail.Delivery) {
	b := s.boxes[d.Box]
	b.remove(slot{id: r.msg.ID, n: d.ID.N})
	b.bytes -= r.msg.Size
	if !d.Seen {
		b.unseen--
	}
	if b.live == 0 {
		s.floor = max(s.floor, b.nextUID)
		delete(s.boxes, d.Box)
	}
}

// makeRoom enforces the caps after r came in.
func (s *Memory) makeRoom(r *record) {
	caps := s.opt.Caps
	if caps.Age > 0 {
		s.expire(s.opt.Clock.Now().Add(-caps.Age), math.MaxInt)
	}
	if caps.Box > 0 {
		for _, d := range r.msg.Deliveries {
			for b := s.boxes[d.Box]; b != nil && b.live > caps.Box; {
				oldest := b.first()
				gone, _ := oldest.rec.msg.Delivery(oldest.n)
				s.remove(oldest.rec, []mail.Delivery{gone}, mail.Evicted)
			}
		}
	}
	for caps.Messages > 0 && s.all.live > caps.Messages || caps.Bytes > 0 && s.bytes > caps.Bytes {
		oldest := s.all.first().rec
		s.remove(oldest, oldest.msg.Deliveries, mail.Evicted)
	}
}

// remove takes deliveries, and with the last one the message, out of the store.
func (s *Memory) remove(r *record, gone []mail.Delivery, why mail.Why) {
	for _, d := range gone {
		s.leave(r, d)
	}
	rest := make([]mail.Delivery, 0, len(r.msg.Deliveries)-len(gone))
	for _, d := range r.msg.Deliveries {
		if !slices.ContainsFunc(gone, func(g mail.Delivery) bool { return g.ID == d.ID }) {
			rest = append(rest, d)
		}
	}
	left := r.msg
	left.Deliveries = rest
	if len(rest) == 0 {
		delete(s.byID, r.msg.ID)
		s.all.remove(slot{id: r.msg.ID})
		s.bytes -= r.msg.Size
	}
	s.replace(r, left)
	s.opt.Publish(mail.Change{Kind: mail.Removed, Message: &left, Deliveries: gone, Why: why})
}

// replace gives the record a new message. Those told of the old one keep theirs.
func (s *Memory) replace(r *record, m mail.Message) {
	s.unseen += anyUnseen(m) - anyUnseen(r.msg)
	r.msg = m
}

func anyUnseen(m mail.Message) int {
	for _, d := range m.Deliveries {
		if !d.Seen {
			return 1
		}
	}
	return 0
}

// Boxes implements Store.
func (s *Memory) Boxes(ctx context.Context) ([]Box, error) {
	s.mu.RLock()
	list := make([]Box, 0, len(s.boxes))
	for name := range maps.Keys(s.boxes) {
		list = append(list, s.describe(name))
	}
	s.mu.RUnlock()
	slices.SortFunc(list, func(a, b Box) int { return cmp.Compare(a.Name, b.Name) })
	return list, ctx.Err()
}

// Box implements Store.
func (s *Memory) Box(ctx context.Context, name string) (Box, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.describe(name), ctx.Err()
}

func (s *Memory) describe(name string) Box {
	if name == "" {
		b := Box{Messages: s.all.live, Unseen: s.unseen, Bytes: s.bytes}
		if s.all.live > 0 {
			b.Newest = s.all.last().id
		}
		return b
	}
	b := s.boxes[name]
	if b == nil {
		return Box{Name: name, NextUID: s.floor}
	}
	return Box{Name: name, Messages: b.live, Unseen: b.unseen, Bytes: b.bytes, Newest: b.last().id, NextUID: b.nextUID}
}

// List implements Store.
func (s *Memory) List(ctx context.Context, q Query) (Page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l := &s.all
	if q.Box != "" {
		b := s.boxes[q.Box]
		if b == nil {
			return Page{}, ctx.Err()
		}
		l = &b.line
	}
	size := l.live
	if q.Limit > 0 {
		size = min(size, q.Limit)
	}
	page := Page{Messages: make([]mail.Message, 0, size)}
	for place := range l.between(q.After, q.Before, q.Oldest) {
		if k := len(page.Messages); k > 0 && page.Messages[k-1].ID == place.id {
			continue // two deliveries of one message in one mailbox
		}
		if q.Limit > 0 && len(page.Messages) == q.Limit {
			page.More = true
			break
		}
		page.Messages = append(page.Messages, place.rec.msg)
	}
	return page, ctx.Err()
}

// Get implements Store.
func (s *Memory) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.byID[id]
	if r == nil {
		return mail.Message{}, ErrNotFound
	}
	return r.msg, ctx.Err()
}

// Open implements Store.
func (s *Memory) Open(ctx context.Context, id mail.ID) (Reader, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.byID[id]
	if r == nil {
		return nil, ErrNotFound
	}
	return r.body.Reader(), ctx.Err()
}

// Update implements Store.
func (s *Memory) Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return mail.Delivery{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.byID[id.Message]
	if r == nil {
		return mail.Delivery{}, ErrNotFound
	}
	at := slices.IndexFunc(r.msg.Deliveries, func(d mail.Delivery) bool { return d.ID == id })
	if at < 0 {
		return mail.Delivery{}, ErrNotFound
	}
	old := r.msg.Deliveries[at]
	d := old
	d.Trail = slices.Clone(old.Trail)
	if err := change(&d); err != nil {
		return mail.Delivery{}, err
	}
	d.ID, d.Rcpt, d.UID = old.ID, old.Rcpt, old.UID
	if d.Same(&old) {
		return old, nil
	}
	from := ""
	if d.Box == old.Box {
		s.boxes[d.Box].unseen += unseen(d) - unseen(old)
	} else {
		from = old.Box
		s.leave(r, old)
		s.enter(r, r.msg.Size, &d)
	}
	m := r.msg
	m.Deliveries = slices.Clone(m.Deliveries)
	m.Deliveries[at] = d
	s.replace(r, m)
	s.opt.Publish(mail.Change{Kind: mail.Updated, Message: &m, Deliveries: m.Deliveries[at : at+1 : at+1], From: from})
	return d, nil
}

func unseen(d mail.Delivery) int {
	if d.Seen {
		return 0
	}
	return 1
}

// Delete implements Store.
func (s *Memory) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	wanted := map[mail.ID][]int{}
	var order []mail.ID
	for _, id := range ids {
		if wanted[id.Message] == nil {
			order = append(order, id.Message)
		}
		wanted[id.Message] = append(wanted[id.Message], id.N)
	}
	var gone []mail.Delivery
	for part := range slices.Chunk(order, clearStep) {
		if err := ctx.Err(); err != nil {
			return gone, err
		}
		gone = append(gone, s.deletePart(part, wanted)...)
	}
	return gone, nil
}

func (s *Memory) deletePart(ids []mail.ID, wanted map[mail.ID][]int) []mail.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []mail.Delivery
	for _, id := range ids {
		r := s.byID[id]
		if r == nil {
			continue
		}
		var gone []mail.Delivery
		for _, d := range r.msg.Deliveries {
			if slices.Contains(wanted[id], d.ID.N) {
				gone = append(gone, d)
			}
		}
		if len(gone) > 0 {
			s.remove(r, gone, mail.Deleted)
			all = append(all, gone...)
		}
	}
	return all
}

// Clear implements Store.
func (s *Memory) Clear(ctx context.Context, name string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	if name == "" {
		count = s.clearAll()
	} else {
		count = s.clearBox(name)
	}
	if count > 0 {
		s.opt.Publish(mail.Change{Kind: mail.Cleared, Box: name, Count: count})
	}
	return count, nil
}

func (s *Memory) clearAll() int {
	count := 0
	for _, b := range s.boxes {
		count += b.live
		s.floor = max(s.floor, b.nextUID)
	}
	s.byID, s.all, s.boxes, s.bytes, s.unseen = map[mail.ID]*record{}, line{}, map[string]*box{}, 0, 0
	return count
}

func (s *Memory) clearBox(name string) int {
	b := s.boxes[name]
	if b == nil {
		return 0
	}
	for place := range b.between(mail.ID{}, mail.ID{}, true) {
		m := place.rec.msg
		m.Deliveries = slices.DeleteFunc(slices.Clone(m.Deliveries), func(d mail.Delivery) bool { return d.Box == name })
		s.replace(place.rec, m)
		if len(m.Deliveries) == 0 && s.byID[m.ID] != nil {
			delete(s.byID, m.ID)
			s.all.remove(slot{id: m.ID})
			s.bytes -= m.Size
		}
	}
	s.floor = max(s.floor, b.nextUID)
	delete(s.boxes, name)
	return b.live
}

// Expire implements Store.
func (s *Memory) Expire(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		if err := ctx.Err(); err != nil {
			return total, err
		}
		s.mu.Lock()
		n := s.expire(before, clearStep)
		s.mu.Unlock()
		total += n
		if n < clearStep {
			return total, nil
		}
	}
}

// expire removes at most limit messages; IDs rise with the time of receipt, so
// it can stop at the first that is young enough.
func (s *Memory) expire(before time.Time, limit int) int {
	n := 0
	for n < limit && s.all.live > 0 {
		oldest := s.all.first().rec
		if !oldest.msg.Received.Before(before) {
			break
		}
		s.remove(oldest, oldest.msg.Deliveries, mail.Expired)
		n++
	}
	return n
}

// Close implements Store.
func (s *Memory) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearAll()
	return nil
}
