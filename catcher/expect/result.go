package expect

import (
	"context"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Bounds on what a report looks at, from the newest on.
const (
	reportMessages = 500
	reportBytes    = 64 << 20
	reportWaiting  = 200
	reportAttempts = 500
)

// result is the answer, once it is known.
func (v *wait) result(ctx context.Context) (Result, error) {
	order := make([]int, len(v.found))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return v.found[a].message.ID.Compare(v.found[b].message.ID) })
	n := len(v.found)
	res := Result{
		Met:    v.ambiguous == nil && v.want.Count.least() <= n && n <= v.want.Count.most() && len(v.open) == 0,
		Cursor: v.start,
		Waited: time.Since(v.began),
	}
	for _, i := range order {
		m := v.found[i].message
		res.Mails = append(res.Mails, Mail{Message: *m, Values: v.values[i]})
		res.Cursor = m.ID
	}
	if res.Met {
		return res, nil
	}
	in, err := v.gather(ctx)
	if err != nil {
		return Result{}, err
	}
	in.Waited = res.Waited
	res.Report = v.plan.report(in)
	return res, nil
}

// gather looks for what came instead.
func (v *wait) gather(ctx context.Context) (reportInput, error) {
	b := v.room.backend
	in := reportInput{Counting: v.found, Open: v.open, Now: b.Clock().Now(), Ambiguous: v.ambiguous}
	page, err := b.List(ctx, store.Query{Limit: reportMessages})
	if err != nil {
		return in, err
	}
	size := int64(0)
	for i := range page.Messages {
		m := &page.Messages[i]
		if v.bounds(m) && v.plan.scope(m) {
			in.Messages++
		}
		if size += m.Size; size <= reportBytes {
			in.Docs = append(in.Docs, v.room.doc(m))
		}
	}
	if in.Open == nil {
		in.Open = slices.DeleteFunc(b.Transactions(), func(t mail.Transaction) bool { return !v.plan.concerns(&t) })
	}
	in.Attempts = b.Attempts(mail.ID{}, reportAttempts, func(a *mail.Attempt) bool { return a.ID.Compare(v.want.After) > 0 && !a.At.Before(v.want.Since) })
	for _, box := range []string{mail.QueueBox, mail.BadmailBox} {
		if err := v.waiting(ctx, box, &in); err != nil {
			return in, err
		}
	}
	return in, nil
}

// waiting adds the deliveries in a mailbox that is no recipient's.
func (v *wait) waiting(ctx context.Context, box string, in *reportInput) error {
	page, err := v.room.backend.List(ctx, store.Query{Box: box, Limit: reportWaiting})
	if err != nil {
		return err
	}
	for i := range page.Messages {
		m := &page.Messages[i]
		for _, d := range m.Deliveries {
			if d.Box == box && len(in.Waiting) < 2*reportWaiting {
				in.Waiting = append(in.Waiting, Waiting{Message: *m, Delivery: d})
			}
		}
	}
	return nil
}
