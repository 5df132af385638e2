package queue

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A worker acts for what is due for one hop, over one connection at a time.
type worker struct {
	q       *Queue
	hop     *hop
	stop    context.Context // ends when no other message should be begun
	sending context.Context // ends when what is under way has to
	storing context.Context // does not end: what was done has to be written down
	conn    Conn
	refused *Outcome // no connection could be had
}

// A job is what is due of one message.
type job struct {
	w       *worker
	m       mail.Message
	entries []*entry // as long as due
	due     []mail.Delivery
	lost    []mail.Delivery
}

// work takes entries to their ends. When no connection can be had, all that is due
// for the hop gets to share that outcome.
func (w *worker) work(batch []*entry) {
	defer func() {
		if w.conn != nil {
			w.conn.Close()
		}
	}()
	for len(batch) > 0 {
		for start := 0; start < len(batch); {
			end := start
			for end < len(batch) && batch[end].id.Message == batch[start].id.Message {
				end++
			}
			if w.stop.Err() == nil {
				w.message(batch[start:end])
			}
			start = end
		}
		w.q.release(batch)
		batch = nil
		if w.refused != nil && w.stop.Err() == nil {
			w.q.mu.Lock()
			batch = w.q.take(w.hop, w.q.cfg.Clock.Now(), w.q.cfg.PerConnection)
			w.q.mu.Unlock()
		}
	}
}

// message does what is due for the deliveries of one message.
func (w *worker) message(entries []*entry) {
	m, err := w.q.cfg.Store.Get(w.storing, entries[0].id.Message)
	if errors.Is(err, store.ErrNotFound) {
		return // its removal has been noted, or is about to be
	}
	if err != nil {
		w.later(entries, err)
		return
	}
	j := &job{w: w, m: m}
	now := w.q.cfg.Clock.Now()
	for _, e := range entries {
		d, ok := m.Delivery(e.id.N)
		if !ok || d.Box != mail.QueueBox || d.State == mail.Held {
			continue
		}
		switch {
		case e.pending != nil:
			j.apply(e, d, *e.pending)
		case d.Next.After(now):
			j.warn(e, d, now)
		case d.State == mail.Bouncing:
			j.lost = append(j.lost, d)
		case d.State == mail.Relayed:
			j.report(e, d, Relayed, rule.Action{})
		default:
			j.entries, j.due = append(j.entries, e), append(j.due, d)
		}
	}
	j.act()
	j.bounce(entries)
}

// later puts off what failed for a reason of ours.
func (w *worker) later(entries []*entry, err error) {
	w.q.cfg.Log.Error("queue", "message", entries[0].id.Message, "err", err)
	w.q.mu.Lock()
	defer w.q.mu.Unlock()
	for _, e := range entries {
		e.notBefore = w.q.cfg.Clock.Now().Add(time.Minute)
		e.at = e.notBefore // e is with us, so in no heap
	}
}

// act makes the attempts that are due, each according to its route.
func (j *job) act() {
	var relayed []int
	for i, d := range j.due {
		e := j.entries[i]
		a, err := j.w.q.cfg.Parse(d.Route)
		switch {
		case d.Route == string(Delivered):
			j.report(e, d, Delivered, a)
		case err != nil:
			j.apply(e, d, Outcome{Reply: &mail.Reply{Code: 550, Enhanced: [3]int{5, 3, 5}, Text: "Route not understood: " + d.Route}})
		case a.Kind == rule.Relay:
			relayed = append(relayed, i)
		case a.Kind == rule.Bounce || a.Kind == rule.Defer:
			j.apply(e, d, Outcome{Reply: &a.Reply})
		case a.Kind == rule.Keep || a.Kind == rule.Hold:
			j.keep(e, d)
		case a.Kind == rule.Lose:
			j.finish(e, d, mail.BadmailBox, mail.Lost, mail.Step{Did: string(mail.Lost), Reply: &a.Reply})
		case a.Kind == rule.Warn:
			j.report(e, d, Delayed, a)
		case a.Kind == rule.AutoReply:
			j.report(e, d, AutoReply, a)
		case a.Kind == rule.Complain:
			j.report(e, d, Complaint, a)
		default:
			j.apply(e, d, Outcome{Reply: &mail.Reply{Code: 550, Enhanced: [3]int{5, 3, 5}, Text: "Route of no use in the queue: " + d.Route}})
		}
	}
	for part := range slices.Chunk(relayed, j.w.q.cfg.PerTransaction) {
		j.relay(part)
	}
}

// relay hands the message on to some recipients. Those that were too many for the
// hop at once follow in further transactions: RFC 5321 §4.5.3.1.10.
func (j *job) relay(part []int) {
	for len(part) > 0 {
		ds := make([]mail.Delivery, len(part))
		for i, n := range part {
			ds[i] = j.due[n]
		}
		outcomes := append(j.attempt(ds), make([]Outcome, len(part))...)[:len(part)]
		some := slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Reply != nil && o.Reply.Code/100 == 2 })
		var rest []int
		for i, n := range part {
			if some && tooMany(outcomes[i].Reply) {
				rest = append(rest, n)
			} else {
				j.apply(j.entries[n], ds[i], outcomes[i])
			}
		}
		part = rest
	}
}

func tooMany(r *mail.Reply) bool {
	return r != nil && r.Code == 452 && (r.Enhanced == [3]int{4, 5, 3} || r.Enhanced == [3]int{})
}

// attempt is one transaction, or why there is none.
func (j *job) attempt(ds []mail.Delivery) []Outcome {
	w := j.w
	if w.refused != nil {
		return slices.Repeat([]Outcome{*w.refused}, len(ds))
	}
	hops, err := j.hops()
	if err != nil {
		return nil
	}
	if hops > w.q.cfg.MaxHops {
		loop := Outcome{Reply: &mail.Reply{Code: 554, Enhanced: [3]int{5, 4, 6}, Text: "Too many hops: a mail loop"}}
		return slices.Repeat([]Outcome{loop}, len(ds))
	}
	if w.conn == nil {
		a, _ := w.q.cfg.Parse(ds[0].Route) // act has read it already
		conn, err := w.q.cfg.Carry.Connect(w.sending, a.URL, domainOf(ds[0].Rcpt))
		if err != nil {
			w.refused = refusal(err)
			return slices.Repeat([]Outcome{*w.refused}, len(ds))
		}
		w.conn = conn
	}
	outcomes := w.conn.Send(w.sending, j.m, ds)
	if !w.conn.Alive() {
		w.conn.Close()
		w.conn = nil
	}
	return outcomes
}

func refusal(err error) *Outcome {
	var refused *Refused
	if errors.As(err, &refused) {
		return &refused.Outcome
	}
	return &Outcome{Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 1}, Text: "No connection to the next hop"}}
}

// hops counts the Received fields: RFC 5321 §6.3.
func (j *job) hops() (int, error) {
	body, err := j.w.q.cfg.Store.Open(j.w.storing, j.m.ID)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	n := 0
	lines := bufio.NewScanner(body)
	for lines.Scan() && len(lines.Bytes()) > 0 {
		if name, _, ok := strings.Cut(lines.Text(), ":"); ok && strings.EqualFold(strings.TrimRight(name, " \t"), "Received") {
			n++
		}
	}
	return n, nil // a line too long ends the count: what follows is no header of anybody's
}

// apply writes an outcome down. Should that fail, it is kept in memory and written
// later, so that nothing is sent twice.
func (j *job) apply(e *entry, d mail.Delivery, o Outcome) {
	q := j.w.q
	now := q.cfg.Clock.Now()
	var fate Fate
	after, err := j.update(d.ID, func(d *mail.Delivery) error {
		was := d.State
		if was == mail.Bouncing {
			return errLeft
		}
		*d, fate = Step(*d, since(*d, j.m.Received), o, now, q.cfg.Schedule)
		switch {
		case fate == Done && !o.DSN && d.Rcpt.Notify&mail.NotifySuccess != 0:
			d.Next = now // a report is still to be sent
		case fate == Done:
			d.Box = mail.DoneBox
		case fate == Lost:
			d.State, d.Next = mail.Bouncing, now
		case was == mail.Held:
			d.State = mail.Held
		}
		return nil
	})
	if errors.Is(err, errLeft) || errors.Is(err, store.ErrNotFound) {
		return
	}
	q.mu.Lock()
	e.pending = nil
	if err != nil {
		e.pending = &o
	} else if o.Reply != nil {
		j.w.hop.last = o.Reply
	}
	q.mu.Unlock()
	switch {
	case err != nil:
		j.w.later([]*entry{e}, err)
	case fate == Lost:
		j.lost = append(j.lost, after)
	case fate == Done && after.Box == mail.QueueBox:
		j.report(e, after, Relayed, rule.Action{})
	}
}

// update changes a delivery that is in the queue.
func (j *job) update(id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error) {
	return j.w.q.cfg.Store.Update(j.w.storing, id, func(d *mail.Delivery) error {
		if d.Box != mail.QueueBox {
			return errLeft
		}
		return change(d)
	})
}

// finish moves a delivery out of the queue.
func (j *job) finish(e *entry, d mail.Delivery, box string, state mail.State, step mail.Step) {
	step.At = j.w.q.cfg.Clock.Now()
	_, err := j.update(d.ID, func(d *mail.Delivery) error {
		d.Box, d.State, d.Next = box, state, time.Time{}
		if state == mail.Delivered {
			d.Route = ""
		}
		*d = tell(*d, step)
		return nil
	})
	if err != nil && !errors.Is(err, errLeft) && !errors.Is(err, store.ErrNotFound) {
		j.w.q.mu.Lock()
		e.recovered = true // a report may have been sent
		j.w.q.mu.Unlock()
		j.w.later([]*entry{e}, err)
	}
}

func (j *job) keep(e *entry, d mail.Delivery) {
	j.finish(e, d, j.w.q.cfg.BoxOf(d.Rcpt), mail.Delivered, mail.Step{Did: string(mail.Delivered)})
}

// report sends a report about one delivery, which then leaves the queue.
func (j *job) report(e *entry, d mail.Delivery, kind Kind, a rule.Action) {
	ref, err := j.tell(e, kind, []mail.Delivery{d}, a)
	if err != nil {
		j.w.later([]*entry{e}, err)
		return
	}
	state := mail.Reported
	if kind == Relayed {
		state = mail.Relayed
	}
	did := string(mail.Reported)
	if ref.IsZero() {
		did = "unreported" // nobody is to be told
	}
	j.finish(e, d, mail.DoneBox, state, mail.Step{Did: did, Ref: ref})
}

// tell sends a report, unless it was sent before.
func (j *job) tell(e *entry, kind Kind, ds []mail.Delivery, a rule.Action) (mail.ID, error) {
	q := j.w.q
	if e.recovered {
		if ref, ok := q.cfg.Reported(j.w.storing, kind, j.m, ds[0]); ok {
			return ref, nil
		}
	}
	ref, err := q.cfg.Report(j.w.storing, kind, j.m, ds, a)
	q.mu.Lock()
	defer q.mu.Unlock()
	e.recovered = err != nil
	return ref, err
}

// warn tells the sender that a delivery is late.
func (j *job) warn(e *entry, d mail.Delivery, now time.Time) {
	at, ok := j.w.q.warnAt(&j.m, d)
	if !ok || at.After(now) {
		return // it was changed since it fell due
	}
	a, _ := j.w.q.cfg.Parse(d.Route) // a route that cannot be read has no dialect either
	ref, err := j.tell(e, Delayed, []mail.Delivery{d}, a)
	if err == nil {
		_, err = j.update(d.ID, func(d *mail.Delivery) error {
			*d = tell(*d, mail.Step{At: now, Did: didWarned, Ref: ref})
			return nil
		})
	}
	if err != nil && !errors.Is(err, errLeft) && !errors.Is(err, store.ErrNotFound) {
		j.w.q.mu.Lock()
		e.recovered = true
		j.w.q.mu.Unlock()
		j.w.later([]*entry{e}, err)
	}
}

// bounce sends one report about all that is lost of the message; when none is
// due, that is Badmail. Those that were reported before a crash are left out.
func (j *job) bounce(entries []*entry) {
	var open []mail.Delivery
	var theirs []*entry
	for _, d := range j.lost {
		e := entries[slices.IndexFunc(entries, func(e *entry) bool { return e.id == d.ID })]
		if !tellsFailure(&j.m, d) {
			j.bounced(e, d, mail.ID{})
			continue
		}
		if e.recovered {
			if ref, ok := j.w.q.cfg.Reported(j.w.storing, Failed, j.m, d); ok {
				j.bounced(e, d, ref)
				continue
			}
		}
		open, theirs = append(open, d), append(theirs, e)
	}
	if len(open) == 0 {
		return
	}
	a, _ := j.w.q.cfg.Parse(open[0].Route) // a route that cannot be read has no dialect either
	ref, err := j.w.q.cfg.Report(j.w.storing, Failed, j.m, open, a)
	if err != nil {
		j.w.q.mu.Lock()
		for _, e := range theirs {
			e.recovered = true
		}
		j.w.q.mu.Unlock()
		j.w.later(theirs, err)
		return
	}
	for i, d := range open {
		j.bounced(theirs[i], d, ref)
	}
}

// tellsFailure says whether there is a sender who wants to know: RFC 3461 §4.1.
func tellsFailure(m *mail.Message, d mail.Delivery) bool {
	return m.Envelope.From != "" && (d.Rcpt.Notify == 0 || d.Rcpt.Notify&mail.NotifyFailure != 0)
}

// bounced moves a delivery that is given up to where it belongs.
func (j *job) bounced(e *entry, d mail.Delivery, ref mail.ID) {
	if ref.IsZero() {
		reason := d.Trail[len(d.Trail)-1].Reply
		j.finish(e, d, mail.BadmailBox, mail.Lost, mail.Step{Did: string(mail.Lost), Reply: reason})
		return
	}
	j.finish(e, d, mail.DoneBox, mail.Bounced, mail.Step{Did: didBounced, Ref: ref})
}
