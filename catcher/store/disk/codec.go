package disk

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// errDamaged is what bytes get that cannot have been written by this package.
var errDamaged = errors.New("damaged record")

// What follows are pairs: appendX writes what source.x reads. Numbers are
// varints, and strings have their length before them.

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// A source is what is left to be read. After the first fault all reads give
// zero values, and err says so.
type source struct {
	b   []byte
	err error
}

func (s *source) fail() {
	s.b, s.err = nil, errDamaged
}

func (s *source) uvarint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.fail()
		return 0
	}
	s.b = s.b[n:]
	return v
}

func (s *source) varint() int64 {
	v, n := binary.Varint(s.b)
	if n <= 0 {
		s.fail()
		return 0
	}
	s.b = s.b[n:]
	return v
}

// count reads the length of a list whose items take an octet at least.
func (s *source) count() int {
	n := s.uvarint()
	if n > uint64(len(s.b)) {
		s.fail()
		return 0
	}
	return int(n)
}

func (s *source) string() string {
	n := s.count()
	text := string(s.b[:n])
	s.b = s.b[n:]
	return text
}

func (s *source) byte() byte {
	if len(s.b) == 0 {
		s.fail()
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *source) bool() bool { return s.byte() != 0 }

func (s *source) time() time.Time {
	sec := s.varint()
	return time.Unix(sec, int64(s.uvarint())).UTC()
}

func (s *source) id() (id mail.ID) {
	if len(s.b) < len(id) {
		s.fail()
		return id
	}
	copy(id[:], s.b)
	s.b = s.b[len(id):]
	return id
}

// appendMeta writes all of a message but Size, as it is when it comes in.
func appendMeta(b []byte, m *mail.Message) []byte {
	b = append(b, m.ID[:]...)
	b = appendTime(b, m.Received)
	b = appendBool(b, m.Unterminated)
	b = appendEnvelope(b, &m.Envelope)
	b = binary.AppendUvarint(b, uint64(len(m.Deliveries)))
	next := 0 // in the envelope's recipients, which stand in the same order
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		b = binary.AppendUvarint(b, uint64(d.ID.N))
		b = appendString(b, d.Box)
		b = binary.AppendUvarint(b, uint64(d.UID))
		b = appendBool(b, d.Seen)
		b = appendProgress(b, d)
		if k := slices.Index(m.Envelope.To[next:], d.Rcpt); k >= 0 {
			next += k + 1
			b = binary.AppendUvarint(b, uint64(next))
		} else {
			b = appendRcpt(append(b, 0), d.Rcpt)
		}
	}
	return b
}

func (s *source) meta() (m mail.Message) {
	m.ID = s.id()
	m.Received = s.time()
	m.Unterminated = s.bool()
	m.Envelope = s.envelope()
	m.Deliveries = make([]mail.Delivery, s.count())
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		d.ID = mail.DeliveryID{Message: m.ID, N: int(s.uvarint())}
		d.Box = s.string()
		d.UID = uint32(s.uvarint())
		d.Seen = s.bool()
		s.progress(d)
		d.Rcpt = s.rcptOf(m.Envelope.To)
	}
	return m
}

func appendEnvelope(b []byte, e *mail.Envelope) []byte {
	for _, text := range [...]string{e.From, e.Ret, e.EnvID, e.Body} {
		b = appendString(b, text)
	}
	b = appendBool(b, e.UTF8)
	b = binary.AppendUvarint(b, uint64(len(e.To)))
	for _, r := range e.To {
		b = appendRcpt(b, r)
	}
	b = appendBool(b, e.Session != nil)
	if s := e.Session; s != nil {
		b = appendTime(b, s.Started)
		for _, text := range sessionTexts(s) {
			b = appendString(b, *text)
		}
	}
	return b
}

func (s *source) envelope() (e mail.Envelope) {
	for _, text := range [...]*string{&e.From, &e.Ret, &e.EnvID, &e.Body} {
		*text = s.string()
	}
	e.UTF8 = s.bool()
	if n := s.count(); n > 0 {
		e.To = make([]mail.Rcpt, n)
	}
	for i := range e.To {
		e.To[i] = s.rcpt()
	}
	if s.bool() {
		e.Session = &mail.Session{Started: s.time()}
		for _, text := range sessionTexts(e.Session) {
			*text = s.string()
		}
	}
	return e
}

func sessionTexts(s *mail.Session) [8]*string {
	return [...]*string{&s.ID, &s.Protocol, &s.Remote, &s.Local, &s.Helo, &s.User, &s.Mechanism, &s.TLS}
}

func appendRcpt(b []byte, r mail.Rcpt) []byte {
	b = appendString(b, r.Address)
	b = append(b, byte(r.Notify))
	return appendString(b, r.ORcpt)
}

func (s *source) rcpt() mail.Rcpt {
	return mail.Rcpt{Address: s.string(), Notify: mail.Notify(s.byte()), ORcpt: s.string()}
}

// rcptOf reads which one of the envelope's recipients it is, from 1, or 0 and the
// recipient itself.
func (s *source) rcptOf(to []mail.Rcpt) mail.Rcpt {
	i := s.uvarint()
	if i == 0 {
		return s.rcpt()
	}
	if i > uint64(len(to)) {
		s.fail()
		return mail.Rcpt{}
	}
	return to[i-1]
}

// appendProgress writes how far a delivery has come: one octet for nearly all.
func appendProgress(b []byte, d *mail.Delivery) []byte {
	if d.State == mail.Delivered && d.Next.IsZero() && d.Route == "" && len(d.Trail) == 0 {
		return append(b, 0)
	}
	b = appendString(append(b, 1), string(d.State))
	b = appendTime(b, d.Next)
	b = appendString(b, d.Route)
	b = binary.AppendUvarint(b, uint64(len(d.Trail)))
	for i := range d.Trail {
		step := &d.Trail[i]
		b = appendTime(b, step.At)
		b = appendString(b, step.Did)
		b = appendString(b, step.Rule)
		b = appendString(b, step.Host)
		b = append(b, step.Ref[:]...)
		b = appendReply(b, step.Reply)
	}
	return b
}

func (s *source) progress(d *mail.Delivery) {
	if !s.bool() {
		d.State = mail.Delivered
		return
	}
	d.State = mail.State(s.string())
	d.Next = s.time()
	d.Route = s.string()
	if n := s.count(); n > 0 {
		d.Trail = make([]mail.Step, n)
	}
	for i := range d.Trail {
		d.Trail[i] = mail.Step{At: s.time(), Did: s.string(), Rule: s.string(), Host: s.string(), Ref: s.id(), Reply: s.reply()}
	}
}

func appendReply(b []byte, r *mail.Reply) []byte {
	if r == nil {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), int64(r.Code))
	for _, n := range r.Enhanced {
		b = binary.AppendVarint(b, int64(n))
	}
	return appendString(b, r.Text)
}

func (s *source) reply() *mail.Reply {
	if !s.bool() {
		return nil
	}
	r := &mail.Reply{Code: int(s.varint())}
	for i := range r.Enhanced {
		r.Enhanced[i] = int(s.varint())
	}
	r.Text = s.string()
	return r
}

// A place is a delivery as the database has it: what can change.
type place struct {
	n        int
	box      int64 // number of the mailbox
	uid      uint32
	seen     bool
	moved    bool          // it is not AtHome
	progress mail.Delivery // only State, Next, Route and Trail
}

const (
	flagSeen = 1 << iota
	flagMoved
)

func appendPlaces(b []byte, places []place) []byte {
	for i := range places {
		p := &places[i]
		b = binary.AppendUvarint(b, uint64(p.n))
		b = binary.AppendUvarint(b, uint64(p.box))
		b = binary.AppendUvarint(b, uint64(p.uid))
		var flags byte
		if p.seen {
			flags |= flagSeen
		}
		if p.moved {
			flags |= flagMoved
		}
		b = appendProgress(append(b, flags), &p.progress)
	}
	return b
}

func (s *source) places() []place {
	var places []place
	for len(s.b) > 0 {
		p := place{n: int(s.uvarint()), box: int64(s.uvarint()), uid: uint32(s.uvarint())}
		flags := s.byte()
		p.seen, p.moved = flags&flagSeen != 0, flags&flagMoved != 0
		s.progress(&p.progress)
		places = append(places, p)
	}
	return places
}
