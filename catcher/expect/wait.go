package expect

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Expect waits until the want is met, or cannot be met any more. Then the error is
// nil, and the Result has the mail or a Report. The error is an *Error when the want
// makes no sense, else that of the backend, or of ctx.
func (r *Room) Expect(ctx context.Context, w Want) (Result, error) {
	plan, err := compile(&w, r.backend.Clock().Now())
	if err != nil {
		return Result{}, err
	}
	start, err := r.backend.Cursor()
	if err != nil {
		return Result{}, err
	}
	g := r.enter(plan.key())
	defer r.exit(g)
	v := &wait{room: r, guest: g, plan: plan, want: &w, start: start, known: map[mail.ID]bool{}}
	v.setTimes(time.Now())
	if err := v.wait(ctx); err != nil {
		return Result{}, err
	}
	return v.result(ctx)
}

// A wait is one call of Expect.
type wait struct {
	room  *Room
	guest *guest
	plan  *plan
	want  *Want
	start mail.ID // when it began

	began    time.Time
	deadline time.Time // of the wait
	settled  time.Time // when the quiet span ends; zero: it has not begun

	found     []*doc           // that count
	values    [][]Value        // of each
	known     map[mail.ID]bool // those found
	last      mail.ID          // a look has seen all up to this message
	ambiguous error            // why no more waiting can help

	open []mail.Transaction // that are still waited for; nil: not yet known
	rest bool               // they are
}

func (v *wait) setTimes(now time.Time) {
	w := v.want
	v.began = now
	if !w.Begun.IsZero() {
		v.began = w.Begun
	}
	within := w.Within
	if within == 0 {
		within = DefaultWithin
	}
	v.deadline = v.began.Add(max(within, 0))
	if w.Count.None {
		v.settled = v.began.Add(v.settle())
		v.restUntil(v.settled)
	}
}

// restGrace is how long SMTP transactions may last after the quiet span, whatever
// Within says.
const restGrace = 2 * time.Second

// restUntil gives transactions the grace, when there is a quiet span at all.
func (v *wait) restUntil(settled time.Time) {
	if late := settled.Add(restGrace); v.settle() > 0 && late.After(v.deadline) {
		v.deadline = late
	}
}

// settle is how long the quiet span lasts.
func (v *wait) settle() time.Duration {
	w := v.want
	switch {
	case w.Settle != 0:
		return max(w.Settle, 0)
	case w.Within < 0:
		return 0
	case w.Count.None && w.Within > 0:
		return w.Within
	case w.Count.None:
		return DefaultQuiet
	case w.Count.Exactly > 0:
		return DefaultSettle
	}
	return 0
}

// wait returns when the answer is known.
func (v *wait) wait(ctx context.Context) error {
	defer v.endRest()
	if err := v.look(ctx, mail.ID{}); err != nil {
		return err
	}
	if v.start.Compare(v.last) > 0 {
		v.last = v.start
	}
	for {
		now := time.Now()
		over, until := v.over(now)
		if over && (v.rest || len(v.found) < v.want.Count.least()) { // events of the last moment may be on their way
			return v.look(ctx, v.last)
		}
		if over {
			return nil
		}
		if err := v.next(ctx, until.Sub(now)); err != nil {
			return err
		}
	}
}

// over says whether the answer is known, and if not, when it may be without any
// news.
func (v *wait) over(now time.Time) (bool, time.Time) {
	n := len(v.found)
	if v.ambiguous != nil || n > v.want.Count.most() {
		return true, now
	}
	if n < v.want.Count.least() {
		return !now.Before(v.deadline), v.deadline
	}
	if v.settled.IsZero() {
		v.settled = now.Add(v.settle())
		v.restUntil(v.settled) // the count was reached in time: what follows may end later
	}
	if now.Before(v.settled) {
		return false, v.settled
	}
	if v.want.Count.most() > n || v.settle() == 0 {
		return true, now // one more would not matter, or is not asked about
	}
	return v.atRest(now)
}

// atRest says whether the SMTP transactions that were under way at the end of the
// quiet span have ended.
func (v *wait) atRest(now time.Time) (bool, time.Time) {
	if !v.rest {
		v.rest = true
		v.room.resting.Add(1) // before looking, so that no end is missed
		v.open = slices.DeleteFunc(v.room.backend.Transactions(), func(t mail.Transaction) bool { return !v.plan.concerns(&t) })
	} else {
		v.open = stillOpen(v.open, v.room.backend.Transactions())
	}
	if !now.Before(v.deadline) { // only those that are known to bring such mail leave it open
		v.open = slices.DeleteFunc(v.open, func(t mail.Transaction) bool { return !v.plan.addressed(&t) })
		return true, now
	}
	if len(v.open) == 0 {
		return true, now
	}
	until := v.deadline
	for i := range v.open {
		if t := v.open[i].Until; !t.IsZero() && t.Before(until) {
			until = t
		}
	}
	return false, until
}

// stillOpen returns those that have not ended. A session that was about to begin is
// followed into its first transaction.
func stillOpen(old, now []mail.Transaction) []mail.Transaction {
	var list []mail.Transaction
	for _, t := range now {
		if slices.ContainsFunc(old, func(o mail.Transaction) bool {
			return o.Session.ID == t.Session.ID && (o.Number == t.Number || o.Number == 0)
		}) {
			list = append(list, t)
		}
	}
	return list
}

func (v *wait) endRest() {
	if v.rest {
		v.room.resting.Add(-1)
	}
}

// next waits for news, or for so long.
func (v *wait) next(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	case <-v.guest.wake:
	}
	news, missed := v.guest.take()
	if missed {
		return v.look(ctx, v.last)
	}
	for _, d := range news {
		if err := v.see(d); err != nil {
			return err
		}
	}
	return nil
}

// see finds out whether a message counts.
func (v *wait) see(d *doc) error {
	m := d.message
	if v.known[m.ID] || v.ambiguous != nil || !v.bounds(m) || !v.plan.scope(m) {
		return nil
	}
	counts, values, ambiguous, err := v.plan.check(d)
	if err != nil {
		return ignoreGone(err)
	}
	if ambiguous != nil {
		v.ambiguous = ambiguous
	}
	if counts || ambiguous != nil {
		v.known[m.ID] = true
		v.found, v.values = append(v.found, d), append(v.values, values)
	}
	return nil
}

// ignoreGone is for a message that was deleted before it could be read.
func ignoreGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// bounds says whether a message is new enough.
func (v *wait) bounds(m *mail.Message) bool {
	return m.ID.Compare(v.want.After) > 0 && !m.Received.Before(v.want.Since)
}

// pageSize is how many messages are looked at together.
const pageSize = 256

// look goes through what is kept, from the newest message on, until as much is
// found as can matter.
func (v *wait) look(ctx context.Context, after mail.ID) error {
	if after.Compare(v.want.After) < 0 {
		after = v.want.After
	}
	q := store.Query{Box: v.plan.box(), After: after, Limit: pageSize}
	for {
		page, err := v.room.page(ctx, q, v.plan)
		if err != nil {
			return err
		}
		for i := range page.Messages {
			m := &page.Messages[i]
			if m.ID.Compare(v.last) > 0 {
				v.last = m.ID
			}
			if err := v.see(v.room.doc(m)); err != nil || v.enough() {
				return err
			}
		}
		if !page.More {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		q.Before = page.Messages[len(page.Messages)-1].ID
	}
}

// enough says that no further message could change the answer.
func (v *wait) enough() bool {
	n := len(v.found)
	return v.ambiguous != nil || n > v.want.Count.most() || n >= v.want.Count.least() && n < v.want.Count.most()
}

// page lists messages, by the index where that helps.
func (r *Room) page(ctx context.Context, q store.Query, p *plan) (store.Page, error) {
	if which := p.narrow(); which != nil {
		return r.backend.Search(ctx, q, which)
	}
	return r.backend.List(ctx, q)
}
