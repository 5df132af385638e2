package drop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

const (
	stateName = ".postroom"
	saveEvery = time.Second // of the state, and between two tries of what failed
	pageSize  = 100
)

// A follower writes what arrives in the mailboxes that it wants, once. It is for
// one goroutine.
type follower struct {
	dir    string
	source Source
	log    *slog.Logger
	wants  func(box string) bool
	write  func(m *mail.Message, arrived []mail.Delivery, body io.ReadSeeker) error

	last    mail.ID                  // all messages up to this one are done,
	waiting map[mail.DeliveryID]bool // but for these, which are in the queue
	saved   time.Time
	dirty   bool // the state has changed since
	failing bool
}

// follow runs f until ctx ends, or the source.
func follow(ctx context.Context, f *follower) error {
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.log = f.log.With("folder", f.dir)
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return err
	}
	if err := f.load(); err != nil {
		return err
	}
	sub := f.source.Subscribe(f.source.LastEvent())
	f.try(ctx, func() error { return f.catchUp(ctx) })
	for ctx.Err() == nil {
		if err := f.next(ctx, sub); errors.Is(err, event.ErrClosed) {
			break
		}
	}
	if f.dirty {
		return f.save()
	}
	return nil
}

// next deals with one event, or saves the state when that is due.
func (f *follower) next(ctx context.Context, sub *event.Sub) error {
	wait, cancel := ctx, context.CancelFunc(func() {})
	if f.dirty {
		wait, cancel = context.WithDeadline(ctx, f.saved.Add(saveEvery))
	}
	defer cancel()
	e, err := sub.Next(wait)
	switch {
	case errors.Is(err, event.ErrLagged):
		f.try(ctx, func() error { return f.catchUp(ctx) })
	case err == nil:
		f.try(ctx, func() error { return f.see(ctx, &e.Change) })
	}
	if f.dirty && time.Since(f.saved) >= saveEvery {
		f.try(ctx, f.save)
	}
	return err
}

// try does something until it succeeds or ctx ends.
func (f *follower) try(ctx context.Context, do func() error) {
	for {
		err := do()
		if err != nil && !f.failing && ctx.Err() == nil {
			f.log.Error("cannot write; will try until it works", "err", err)
		}
		if f.failing = err != nil; !f.failing {
			return
		}
		select {
		case <-time.After(saveEvery):
		case <-ctx.Done():
			return
		}
	}
}

// see writes what has arrived by a change.
func (f *follower) see(ctx context.Context, c *mail.Change) error {
	switch c.Kind {
	case mail.Added:
		if c.Message.ID.Compare(f.last) <= 0 {
			return nil // catchUp found it
		}
		return f.message(ctx, c.Message)
	case mail.Updated:
		if c.From == "" {
			return nil
		}
		return f.moved(ctx, c.Message, c.Deliveries[0])
	case mail.Removed:
		for _, d := range c.Deliveries {
			f.settle(d.ID)
		}
	case mail.Cleared:
		if c.Box == "" || c.Box == mail.QueueBox {
			clear(f.waiting)
			f.dirty = true
		}
	}
	return nil
}

// message writes all of a new message that is where it was wanted.
func (f *follower) message(ctx context.Context, m *mail.Message) error {
	var arrived []mail.Delivery
	for _, d := range m.Deliveries {
		if f.wants(d.Box) {
			arrived = append(arrived, d)
		}
	}
	if err := f.deliver(ctx, m, arrived); err != nil {
		return err
	}
	for _, d := range m.Deliveries {
		if d.Box == mail.QueueBox {
			f.waiting[d.ID] = true
		}
	}
	f.last, f.dirty = m.ID, true
	return nil
}

// moved writes a delivery that was waiting, once it has arrived.
func (f *follower) moved(ctx context.Context, m *mail.Message, d mail.Delivery) error {
	if d.Box == mail.QueueBox {
		f.waiting[d.ID], f.dirty = true, true
		return nil
	}
	if !f.waiting[d.ID] {
		return nil
	}
	if f.wants(d.Box) {
		whole, err := f.source.Get(ctx, m.ID) // an event does not have all of it
		if err == nil {
			err = f.deliver(ctx, &whole, []mail.Delivery{d})
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	f.settle(d.ID)
	return nil
}

// settle forgets a delivery that waited.
func (f *follower) settle(id mail.DeliveryID) {
	if f.waiting[id] {
		delete(f.waiting, id)
		f.dirty = true
	}
}

// deliver writes deliveries. A message that is gone is none.
func (f *follower) deliver(ctx context.Context, m *mail.Message, arrived []mail.Delivery) error {
	if len(arrived) == 0 {
		return nil
	}
	body, err := f.source.Open(ctx, m.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.write(m, arrived, body), body.Close())
}

// catchUp does what events would have told: first for what waited, then for all
// messages that are new.
func (f *follower) catchUp(ctx context.Context) error {
	for id := range f.waiting {
		m, err := f.source.Get(ctx, id.Message)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		d, ok := m.Delivery(id.N)
		if err != nil || !ok {
			f.settle(id)
			continue
		}
		if err := f.moved(ctx, &m, d); err != nil {
			return err
		}
	}
	if err := f.rewind(ctx); err != nil {
		return err
	}
	for {
		page, err := f.source.List(ctx, store.Query{After: f.last, Oldest: true, Limit: pageSize})
		if err != nil {
			return err
		}
		for i := range page.Messages {
			if err := f.message(ctx, &page.Messages[i]); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
	}
}

// rewind goes back to the newest message there is: the store may be another than
// the one before, and its clock may not be as far.
func (f *follower) rewind(ctx context.Context) error {
	page, err := f.source.List(ctx, store.Query{Limit: 1, Bare: true})
	if err != nil {
		return err
	}
	newest := mail.ID{}
	if len(page.Messages) > 0 {
		newest = page.Messages[0].ID
	}
	if newest.Compare(f.last) < 0 {
		f.last, f.dirty = newest, true
	}
	return nil
}

// load reads the state: the last message, then one line for each delivery that
// waits, "ID number".
func (f *follower) load() error {
	f.last, f.waiting = mail.ID{}, map[mail.DeliveryID]bool{}
	text, err := os.ReadFile(filepath.Join(f.dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.parse(string(text)); err != nil {
		f.log.Error("the state cannot be read; all mail is written again", "file", stateName, "err", err)
		f.last, f.waiting = mail.ID{}, map[mail.DeliveryID]bool{}
	}
	return nil
}

// parse reads what save wrote.
func (f *follower) parse(text string) (err error) {
	first, rest, _ := strings.Cut(text, "\n")
	if f.last, err = mail.ParseID(first); err != nil {
		return err
	}
	for line := range strings.Lines(rest) {
		id, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		message, err := mail.ParseID(id)
		n, errN := strconv.Atoi(number)
		if err = errors.Join(err, errN); err != nil {
			return err
		}
		f.waiting[mail.DeliveryID{Message: message, N: n}] = true
	}
	return nil
}

func (f *follower) save() error {
	var b strings.Builder
	fmt.Fprintln(&b, f.last)
	order := func(x, y mail.DeliveryID) int { return cmp.Or(x.Message.Compare(y.Message), cmp.Compare(x.N, y.N)) }
	for _, id := range slices.SortedFunc(maps.Keys(f.waiting), order) {
		fmt.Fprintln(&b, id.Message, id.N)
	}
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(f.dir, stateName), strings.NewReader(b.String())); err != nil {
		return err
	}
	f.saved, f.dirty = time.Now(), false
	return nil
}
