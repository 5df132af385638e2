package store

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// A record is one message in a small form: a store with a million messages is
// mostly records. What most messages have in common is left out or shared, and
// put back when somebody reads.
type record struct {
	id         mail.ID
	sec        int64 // time of receipt
	nsec       uint32
	off        uint32 // where the body begins in its slab
	size       int64
	facts      *facts
	in         *slab      // where the body lies; nil once the message is gone
	deliveries []delivery // number n is at index n, those that are gone too
}

// facts are shared by messages of one session that have them in common.
type facts struct {
	envelope     mail.Envelope
	to           bool // envelope.To is there, because it is not what the deliveries say
	local        bool // the time of receipt is in local time, not in UTC
	unterminated bool
}

// A delivery is a mail.Delivery in a small form.
type delivery struct {
	box  *box
	more *more // nil for what has only come, to an address that is the mailbox's name
	uid  uint32
	seen bool
	gone bool
}

// more is what few deliveries have. It is replaced, never changed.
type more struct {
	rcpt mail.Rcpt
	fate *fate // nil for mail.Delivered and nothing else
}

type fate struct {
	state mail.State
	next  time.Time
	route string
	trail []mail.Step
}

// newRecord makes the record of a message that has its ID and size. Its
// deliveries have no mailbox yet.
func (s *Memory) newRecord(m *mail.Message) *record {
	return &record{
		id:         m.ID,
		sec:        m.Received.Unix(),
		nsec:       uint32(m.Received.Nanosecond()),
		size:       m.Size,
		facts:      s.factsOf(m),
		deliveries: make([]delivery, len(m.Deliveries)),
	}
}

// received is the time of receipt.
func (r *record) received() time.Time {
	t := time.Unix(r.sec, int64(r.nsec))
	if r.facts.local {
		return t
	}
	return t.UTC()
}

// factsOf returns those of the message, from an earlier one if there are.
func (s *Memory) factsOf(m *mail.Message) *facts {
	f := facts{envelope: m.Envelope, local: m.Received.Location() == time.Local, unterminated: m.Unterminated}
	f.envelope.To = nil
	f.to = !slices.EqualFunc(m.Envelope.To, m.Deliveries, func(to mail.Rcpt, d mail.Delivery) bool { return to == d.Rcpt })
	if f.to && len(m.Envelope.To) > 0 {
		f.envelope.To = slices.Clone(m.Envelope.To)
		return f.clone()
	}
	hash := maphash.String(s.seed, m.Envelope.From)
	if m.Envelope.Session != nil {
		hash += maphash.String(s.seed, m.Envelope.Session.ID)
	}
	latest := &s.latest[hash%uint64(len(s.latest))]
	if *latest == nil || !(*latest).equal(&f) {
		*latest = f.clone()
	}
	return *latest
}

// clone copies the strings too, which may be parts of larger ones.
func (f facts) clone() *facts {
	for _, text := range []*string{&f.envelope.From, &f.envelope.Ret, &f.envelope.EnvID, &f.envelope.Body} {
		*text = strings.Clone(*text)
	}
	return &f
}

// equal compares facts without To.
func (f *facts) equal(g *facts) bool {
	a, b := &f.envelope, &g.envelope
	return a.Session == b.Session && a.From == b.From && a.Ret == b.Ret && a.EnvID == b.EnvID && a.Body == b.Body &&
		a.UTF8 == b.UTF8 && f.to == g.to && f.local == g.local && f.unterminated == g.unterminated
}

// set takes over what d says, but for the mailbox and the UID.
func (small *delivery) set(d *mail.Delivery) {
	small.seen = d.Seen
	plain := d.State == mail.Delivered && d.Next.IsZero() && d.Route == "" && len(d.Trail) == 0
	if plain && d.Rcpt == (mail.Rcpt{Address: small.box.name}) {
		small.more = nil
		return
	}
	m := more{rcpt: d.Rcpt}
	m.rcpt.Address, m.rcpt.ORcpt = strings.Clone(d.Rcpt.Address), strings.Clone(d.Rcpt.ORcpt)
	if !plain {
		m.fate = &fate{d.State, d.Next, d.Route, slices.Clone(d.Trail)}
	}
	small.more = &m
}

// delivery returns number n, or false when it is gone or never was.
func (r *record) delivery(n int) (d mail.Delivery, ok bool) {
	if n < 0 || n >= len(r.deliveries) || r.deliveries[n].gone {
		return mail.Delivery{}, false
	}
	r.deliveries[n].fill(&d, r.id, n)
	return d, true
}

// fill writes the delivery in full; d must be zero.
func (small *delivery) fill(d *mail.Delivery, id mail.ID, n int) {
	d.ID.Message, d.ID.N = id, n
	d.Box, d.UID, d.Seen = small.box.name, small.uid, small.seen
	d.State = mail.Delivered
	if small.more == nil {
		d.Rcpt.Address = d.Box
		return
	}
	d.Rcpt = small.more.rcpt
	if fate := small.more.fate; fate != nil {
		d.State, d.Next, d.Route, d.Trail = fate.state, fate.next, fate.route, fate.trail
	}
}

// rcpt is the recipient that led to the delivery.
func (small *delivery) rcpt() mail.Rcpt {
	if small.more == nil {
		return mail.Rcpt{Address: small.box.name}
	}
	return small.more.rcpt
}

// gone says whether no delivery is left.
func (r *record) gone() bool {
	return !slices.ContainsFunc(r.deliveries, func(d delivery) bool { return !d.gone })
}

// unseen is 1 for a message with a delivery not seen, else 0.
func (r *record) unseen() int {
	for i := range r.deliveries {
		if d := &r.deliveries[i]; !d.seen && !d.gone {
			return 1
		}
	}
	return 0
}

// message returns the message as it is now. What is handed out is the reader's.
func (r *record) message() mail.Message {
	var w writer
	var m mail.Message
	w.write(&m, r)
	return m
}

// all returns the deliveries that are not gone.
func (r *record) all() []mail.Delivery {
	var w writer
	return w.writeDeliveries(r)
}

// A writer writes messages out in full, several of them in few allocations.
type writer struct {
	bare       bool // as Query.Bare asks
	ahead      int  // for how many messages to allocate at once
	to         []mail.Rcpt
	deliveries []mail.Delivery
}

// write makes m, which must be zero, the message of the record.
func (w *writer) write(m *mail.Message, r *record) {
	w.writeFacts(m, r)
	m.Deliveries = w.writeDeliveries(r)
	if w.bare || r.facts.to {
		return
	}
	start := room(&w.to, len(r.deliveries), w.ahead)
	for n := range r.deliveries {
		w.to = append(w.to, r.deliveries[n].rcpt())
	}
	m.Envelope.To = slices.Clip(w.to[start:])
}

func (w *writer) writeFacts(m *mail.Message, r *record) {
	m.ID, m.Received, m.Size, m.Unterminated = r.id, r.received(), r.size, r.facts.unterminated
	if !w.bare {
		m.Envelope = r.facts.envelope
	}
}

func (w *writer) writeDeliveries(r *record) []mail.Delivery {
	live := 0
	for n := range r.deliveries {
		if !r.deliveries[n].gone {
			live++
		}
	}
	start := room(&w.deliveries, live, w.ahead)
	for n := range r.deliveries {
		if d := &r.deliveries[n]; !d.gone {
			w.deliveries = w.deliveries[:len(w.deliveries)+1]
			d.fill(&w.deliveries[len(w.deliveries)-1], r.id, n)
		}
	}
	return slices.Clip(w.deliveries[start:])
}

// listed is what is long to write of a message that has not changed since.
type listed struct {
	record     *record
	to         []mail.Rcpt
	deliveries []mail.Delivery
}

// write does what w does, or takes what was listed before.
func (s *Memory) write(m *mail.Message, r *record, w *writer) {
	last := &s.listed[r.id[len(r.id)-1]]
	if before := last.Load(); before != nil && before.record == r {
		w.writeFacts(m, r)
		m.Envelope.To, m.Deliveries = before.to, before.deliveries
		return
	}
	w.write(m, r)
	if !w.bare {
		last.Store(&listed{r, m.Envelope.To, m.Deliveries})
	}
}

// unlist is called before a record changes.
func (s *Memory) unlist(r *record) {
	last := &s.listed[r.id[len(r.id)-1]]
	if before := last.Load(); before != nil && before.record == r {
		last.Store(nil)
	}
}

// room sees to it that n more fit into the list where it is, and returns its
// length.
func room[T any](list *[]T, n, ahead int) int {
	if cap(*list)-len(*list) < n {
		*list = make([]T, 0, max(n, ahead))
	}
	return len(*list)
}
