package store

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// clearStep is how many messages Clear, Expire and Delete remove before they
// let others in.
const clearStep = 1000

// writeAhead is for how many messages at most List allocates at once: who keeps
// one of them keeps the memory of as many.
const writeAhead = 64

// Memory is the store that is gone with the process.
type Memory struct {
	caps atomic.Pointer[Caps]
	opt  Options

	mu      sync.RWMutex // guards all below
	all     line
	boxes   map[string]*box // only those that hold mail
	bytes   int64
	unseen  int         // messages with a delivery not seen
	floor   uint32      // no mailbox that is not in boxes has ever given out this UID or a higher one
	filling *slab       // where the next small body goes; nil before the first
	latest  [256]*facts // by the hash of what they are about, for messages to share
	seed    maphash.Seed

	// What List has written out lately, by the last octet of the ID: a page that
	// shows the newest messages lists them again and again. Readers change it too.
	listed [256]atomic.Pointer[listed]
}

type box struct {
	line
	name    string
	bytes   int64
	unseen  int32
	nextUID uint32
}

// NewMemory makes an empty store.
func NewMemory(opt Options) *Memory {
	s := &Memory{opt: opt.Complete(), boxes: map[string]*box{}, floor: 1, seed: maphash.MakeSeed()}
	s.caps.Store(&opt.Caps)
	return s
}

// SetCaps implements Capper.
func (s *Memory) SetCaps(_ context.Context, caps Caps) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caps.Store(&caps)
	s.expireOld(&caps)
	s.trim(&caps)
	return nil
}

// Append implements Store.
func (s *Memory) Append(ctx context.Context, body *Body, m mail.Message) (mail.Message, error) {
	if err := ctx.Err(); err != nil {
		return mail.Message{}, err
	}
	if most := s.caps.Load().Bytes; most > 0 && body.Size() > most {
		return mail.Message{}, fmt.Errorf("%d octets of at most %d: %w", body.Size(), most, ErrTooLarge)
	}
	m.Size, m.Unterminated = body.Size(), body.Unterminated()
	m.Deliveries = slices.Clone(m.Deliveries)

	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := s.opt.IDs.Next(s.opt.Clock.Now())
	if err != nil {
		return mail.Message{}, err
	}
	m.ID = id
	r := s.newRecord(&m)
	s.keep(r, body)
	s.all.insert(slot{rec: r})
	s.bytes += m.Size
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		s.enter(r, i, d)
		d.ID, d.UID = mail.DeliveryID{Message: id, N: i}, r.deliveries[i].uid
	}
	s.unseen += r.unseen()
	s.opt.Publish(mail.Change{Kind: mail.Added, Message: &m, Deliveries: m.Deliveries})
	s.makeRoom(r)
	return m, nil
}

// enter puts delivery n into its mailbox, d.Box, and gives it a UID there.
func (s *Memory) enter(r *record, n int, d *mail.Delivery) {
	b := s.boxes[d.Box]
	if b == nil {
		b = &box{name: strings.Clone(d.Box), nextUID: s.floor}
		s.boxes[b.name] = b
	}
	small := &r.deliveries[n]
	small.box, small.uid = b, b.nextUID
	small.set(d)
	b.nextUID++
	b.insert(slot{rec: r, n: int32(n)})
	b.bytes += r.size
	if !d.Seen {
		b.unseen++
	}
}

// leave takes delivery n out of its mailbox. A mailbox that is empty then is
// forgotten; the floor sees to it that none of its UIDs is given again.
func (s *Memory) leave(r *record, n int) {
	d := &r.deliveries[n]
	b := d.box
	b.remove(slot{rec: r, n: int32(n)})
	b.bytes -= r.size
	if !d.seen {
		b.unseen--
	}
	if b.live == 0 {
		s.floor = max(s.floor, b.nextUID)
		delete(s.boxes, b.name)
	}
}

// makeRoom enforces the caps after r came in.
func (s *Memory) makeRoom(r *record) {
	caps := s.caps.Load()
	s.expireOld(caps)
	if caps.Box > 0 {
		for i := range r.deliveries {
			for b := r.deliveries[i].box; int(b.live) > caps.Box; {
				oldest := b.first()
				gone, _ := oldest.rec.delivery(int(oldest.n))
				s.remove(oldest.rec, []mail.Delivery{gone}, mail.Evicted)
			}
		}
	}
	s.trim(caps)
}

func (s *Memory) expireOld(caps *Caps) {
	if caps.Age > 0 {
		s.expire(s.opt.Clock.Now().Add(-caps.Age), math.MaxInt)
	}
}

// trim removes the oldest messages while there is too much in all.
func (s *Memory) trim(caps *Caps) {
	for caps.Messages > 0 && int(s.all.live) > caps.Messages || caps.Bytes > 0 && s.bytes > caps.Bytes {
		oldest := s.all.first().rec
		s.remove(oldest, oldest.all(), mail.Evicted)
	}
}

// remove takes deliveries, and with the last one the message, out of the store.
func (s *Memory) remove(r *record, gone []mail.Delivery, why mail.Why) {
	s.unlist(r)
	was := r.unseen()
	for i := range gone {
		n := gone[i].ID.N
		s.leave(r, n)
		r.deliveries[n].gone = true
	}
	s.unseen += r.unseen() - was
	left := r.message()
	if len(left.Deliveries) == 0 {
		s.forget(r)
	}
	s.opt.Publish(mail.Change{Kind: mail.Removed, Message: &left, Deliveries: gone, Why: why})
}

// forget lets go of a message whose deliveries are gone. Dead slots may hold on
// to the record for a while.
func (s *Memory) forget(r *record) {
	s.all.remove(slot{rec: r})
	s.bytes -= r.size
	s.drop(r)
	r.deliveries, r.facts = nil, nil
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
		b := Box{Messages: int(s.all.live), Unseen: s.unseen, Bytes: s.bytes}
		if s.all.live > 0 {
			b.Newest = s.all.last().rec.id
		}
		return b
	}
	b := s.boxes[name]
	if b == nil {
		return Box{Name: name, NextUID: s.floor}
	}
	return Box{Name: name, Messages: int(b.live), Unseen: int(b.unseen), Bytes: b.bytes, Newest: b.last().rec.id, NextUID: b.nextUID}
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
	size := max(int(l.live)-max(q.Skip, 0), 0)
	if q.Limit > 0 {
		size = min(size, q.Limit)
	}
	page := Page{Messages: make([]mail.Message, 0, size)}
	w := writer{bare: q.Bare, ahead: min(size, writeAhead)}
	slots, last := skip(l.between(q.After, q.Before), q, int(l.live))
	for k := range slots {
		place := &slots[k]
		if !q.Oldest {
			place = &slots[len(slots)-1-k]
		}
		if place.dead || place.rec == last { // two deliveries of one message in one mailbox
			continue
		}
		if q.Limit > 0 && len(page.Messages) == q.Limit {
			page.More = true
			break
		}
		last = place.rec
		page.Messages = page.Messages[:len(page.Messages)+1]
		s.write(&page.Messages[len(page.Messages)-1], last, &w)
	}
	return page, ctx.Err()
}

// Get implements Store.
func (s *Memory) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.all.find(id)
	if r == nil {
		return mail.Message{}, ErrNotFound
	}
	return r.message(), ctx.Err()
}

// Open implements Store.
func (s *Memory) Open(ctx context.Context, id mail.ID) (Reader, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.all.find(id)
	if r == nil {
		return nil, ErrNotFound
	}
	return r.in.reader(r), ctx.Err()
}

// Update implements Store.
func (s *Memory) Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return mail.Delivery{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.all.find(id.Message)
	if r == nil {
		return mail.Delivery{}, ErrNotFound
	}
	old, ok := r.delivery(id.N)
	if !ok {
		return mail.Delivery{}, ErrNotFound
	}
	d := old
	d.Trail = slices.Clone(old.Trail)
	if err := change(&d); err != nil {
		return mail.Delivery{}, err
	}
	d.ID, d.Rcpt, d.UID = old.ID, old.Rcpt, old.UID
	if d.Same(&old) {
		return old, nil
	}
	s.unlist(r)
	was := r.unseen()
	if d.Box == old.Box {
		r.deliveries[id.N].box.unseen += unseen(d) - unseen(old)
		r.deliveries[id.N].set(&d)
	} else {
		s.leave(r, id.N)
		s.enter(r, id.N, &d)
		d.UID = r.deliveries[id.N].uid
	}
	s.unseen += r.unseen() - was
	m := r.message()
	at := slices.IndexFunc(m.Deliveries, func(d mail.Delivery) bool { return d.ID == id })
	s.opt.Publish(mail.Updating(&m, at, &old))
	return d, nil
}

func unseen(d mail.Delivery) int32 {
	if d.Seen {
		return 0
	}
	return 1
}

// Delete implements Store.
func (s *Memory) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	order, wanted := ByMessage(ids)
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
		r := s.all.find(id)
		if r == nil {
			continue
		}
		gone := slices.DeleteFunc(r.all(), func(d mail.Delivery) bool { return !slices.Contains(wanted[id], d.ID.N) })
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
		count += int(b.live)
		s.floor = max(s.floor, b.nextUID)
	}
	s.all, s.boxes, s.bytes, s.unseen = line{}, map[string]*box{}, 0, 0
	s.filling, s.latest = nil, [256]*facts{}
	for i := range s.listed {
		s.listed[i].Store(nil)
	}
	return count
}

func (s *Memory) clearBox(name string) int {
	b := s.boxes[name]
	if b == nil {
		return 0
	}
	for _, place := range b.slots {
		if place.dead {
			continue
		}
		r := place.rec
		s.unlist(r)
		was := r.unseen()
		r.deliveries[place.n].gone = true
		s.unseen += r.unseen() - was
		if r.gone() {
			s.forget(r)
		}
	}
	s.floor = max(s.floor, b.nextUID)
	delete(s.boxes, name)
	return int(b.live)
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
		if !oldest.received().Before(before) {
			break
		}
		s.remove(oldest, oldest.all(), mail.Expired)
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
