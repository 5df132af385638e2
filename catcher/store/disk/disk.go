package disk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// Options are what a store on disk is made with. The zero value works.
type Options struct {
	store.Options

	// NoSync leaves it to the operating system when data reaches the disk: what was
	// acknowledged survives the end of the process, but not a power loss. A store
	// that went through one comes back with all that had reached the disk.
	NoSync bool

	SegmentSize int64        // octets after which a new segment file is begun; 0: 64 MiB
	Log         *slog.Logger // nil: nowhere

	caps  *atomic.Pointer[store.Caps] // those of now
	house time.Duration               // how often the writer keeps house; 0: houseEvery
}

const (
	defaultSegment = 64 << 20
	readers        = 4 // connections to the database for reading
)

var (
	errLocked = errors.New("in use by another Postroom")
	errNewer  = errors.New("written by a newer Postroom")
)

// A Store keeps messages in a folder. It implements store.Store.
type Store struct {
	opt  Options
	dir  string
	lock io.Closer
	segs *segments
	view *view
	read *reading
	w    *writer

	ops     chan *op // to the writer
	writing sync.WaitGroup

	mu     sync.RWMutex // guards closed; held for reading while an op is on its way into ops
	closed bool
}

// Open opens the store in a folder, which is made if need be. One process may
// have it open, once. What an earlier run left behind, however it ended, is put
// in order first. The caller must Close the store.
func Open(dir string, opt Options) (s *Store, err error) {
	opt.setDefaults()
	s = &Store{opt: opt, dir: dir, view: newView(), ops: make(chan *op, 256)}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open the data folder %s: %w", dir, err), s.release())
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	if s.lock, err = lockFile(filepath.Join(dir, "lock")); err != nil {
		return s, err
	}
	if s.segs, err = openSegments(filepath.Join(dir, "mail")); err != nil {
		return s, err
	}
	if s.w, err = s.openWriter(); err != nil {
		return s, err
	}
	if s.read, err = openReading(dir, s.segs, opt.Log); err != nil {
		return s, err
	}
	s.w.look, s.w.waiting = s.read.finder, func() int { return len(s.ops) }
	s.writing.Go(s.write)
	return s, nil
}

func (o *Options) setDefaults() {
	o.Options = o.Complete()
	o.caps = new(atomic.Pointer[store.Caps])
	o.caps.Store(&o.Options.Caps)
	if o.SegmentSize <= 0 {
		o.SegmentSize = defaultSegment
	}
	if o.house <= 0 {
		o.house = houseEvery
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Close waits for what is being written, and lets go of the folder. Twice is fine.
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	if !again {
		close(s.ops)
	}
	s.mu.Unlock()
	if again {
		return nil
	}
	s.writing.Wait()
	return s.release()
}

// release closes all that is open, in reverse order.
func (s *Store) release() (err error) {
	if s.read != nil {
		err = s.read.close()
	}
	if s.w != nil {
		err = errors.Join(err, s.w.close())
	}
	if s.segs != nil {
		err = errors.Join(err, s.segs.close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// do has the writer run f in a transaction, and returns once that is safe.
func (s *Store) do(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.done = make(chan error, 1)
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return sql.ErrConnDone
	}
	s.ops <- o
	s.mu.RUnlock()
	return <-o.done
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, body *store.Body, m mail.Message) (mail.Message, error) {
	if limit := s.opt.caps.Load().Bytes; limit > 0 && body.Size() > limit {
		return mail.Message{}, fmt.Errorf("%d octets of at most %d: %w", body.Size(), limit, store.ErrTooLarge)
	}
	a := &addition{body: body, given: m}
	if err := a.measure(); err != nil {
		return mail.Message{}, err
	}
	err := s.do(ctx, &op{add: a})
	return a.message, err
}

// SetCaps implements store.Capper. Much goes in parts, so that others get their turn.
func (s *Store) SetCaps(ctx context.Context, caps store.Caps) error {
	s.opt.caps.Store(&caps)
	if caps.Age > 0 {
		if _, err := s.Expire(ctx, s.opt.Clock.Now().Add(-caps.Age)); err != nil {
			return err
		}
	}
	for enough := false; !enough; {
		if err := s.do(ctx, &op{run: func(t *tx) (err error) { enough, err = t.trim(step); return err }}); err != nil {
			return err
		}
	}
	return nil
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (d mail.Delivery, err error) {
	fatal := s.do(ctx, &op{run: func(t *tx) (fatal error) {
		d, err, fatal = t.update(id, change)
		return fatal
	}})
	if fatal != nil {
		return mail.Delivery{}, fatal
	}
	return d, err
}

// step is how many messages a transaction removes before others get their turn.
const step = 1000

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	order, wanted := store.ByMessage(ids)
	var gone []mail.Delivery
	for part := range slices.Chunk(order, step) {
		var went []mail.Delivery
		if err := s.do(ctx, &op{run: func(t *tx) (err error) { went, err = t.delete(part, wanted); return err }}); err != nil {
			return gone, err
		}
		gone = append(gone, went...)
	}
	return gone, nil
}

// Clear implements store.Store. All mail goes at once; a large mailbox goes in
// parts, so that others get their turn, and is told of when it is empty.
func (s *Store) Clear(ctx context.Context, box string) (int, error) {
	total := 0
	for {
		n, empty := 0, true
		err := s.do(ctx, &op{run: func(t *tx) (err error) {
			if box == "" {
				n, err = t.clearAll()
			} else {
				n, empty, err = t.clearBox(box, total)
			}
			return err
		}})
		total += n
		if err != nil || empty {
			return total, err
		}
		ctx = context.WithoutCancel(ctx) // half a mailbox would be told to nobody
	}
}

// Expire implements store.Store.
func (s *Store) Expire(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		n := 0
		err := s.do(ctx, &op{run: func(t *tx) (err error) { n, err = t.expire(before, step); return err }})
		total += n
		if err != nil || n < step {
			return total, err
		}
	}
}
