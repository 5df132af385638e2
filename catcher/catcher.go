package catcher

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/queue"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/search"
	"github.com/postroom/postroom/catcher/smtpd"
	"github.com/postroom/postroom/catcher/store"
)

// Config says what a Catcher is made of. The zero value works: an unbounded
// memory store and the system's clock.
type Config struct {
	Store  func(store.Options) (store.Store, error) // opens the store, which the catcher closes; nil: in memory
	Index  string                                   // folder of the search index; "": in memory
	Caps   store.Caps
	Domain string       // our own name in SMTP, and the domain of <postmaster>; "" is "localhost"
	Clock  clock.Clock  // nil: one that runs with the system's, and can be moved
	Rand   io.Reader    // nil: crypto/rand
	Log    *slog.Logger // nil: nowhere
	Events int          // how many events readers can fall behind; 0: event.DefaultSize

	TLS        *certs.Keeper  // makes STARTTLS possible, and ServeSMTPS; nil: there is no TLS
	RequireTLS bool           // SMTP takes no mail and no password before TLS
	Accounts   smtpd.Accounts // who may log in over SMTP; nil: everybody

	Queue   Queue
	NoMagic bool // addresses at sim.test and such are like all others

	Limits smtpd.Limits  // of what SMTP clients may do; zero values are good
	Grace  time.Duration // for SMTP transactions when serving ends; 0: smtpd.DefaultGrace
}

// A Catcher takes mail and keeps it. Its methods are safe for concurrent use.
type Catcher struct {
	cfg   Config
	ids   *mail.IDs
	store store.Store
	index *search.Index
	bus   *event.Bus
	smtp  *smtpd.Server
	rules *rule.Set
	queue *queue.Queue
	room  *expect.Room

	tally     tally
	attempts  attempts
	check     check
	appends   times
	maxAge    atomic.Int64  // Caps.Age of now
	aged      chan struct{} // gets something when that has changed
	advancing sync.Mutex    // held while somebody moves the clock
	unheard   func()        // ends that the clock tells of its moves
}

// New makes a catcher; the caller must Close it, unless there is an error, which
// is that of Config.Store or of the index.
func New(cfg Config) (*Catcher, error) {
	if cfg.Domain == "" {
		cfg.Domain = "localhost"
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.NewMovable()
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ids := mail.NewIDs(cfg.Rand)
	c := &Catcher{
		cfg:  cfg,
		ids:  ids,
		aged: make(chan struct{}, 1),
		bus:  event.NewBus(cfg.Events, cfg.Clock.Now()),
	}
	c.rules = rule.NewSet(rule.Options{Rand: cfg.Rand, Magic: !cfg.NoMagic, Log: cfg.Log, Obeyed: c.obeyed})
	c.maxAge.Store(int64(cfg.Caps.Age))
	c.cfg.Queue = cfg.Queue.complete()
	c.room = expect.NewRoom(c, search.Content)
	c.smtp = &smtpd.Server{
		Acceptor:   c,
		Domain:     cfg.Domain,
		Limits:     cfg.Limits,
		Grace:      cfg.Grace,
		Clock:      cfg.Clock,
		IDs:        ids,
		Rules:      c.rules,
		TLS:        cfg.TLS,
		RequireTLS: cfg.RequireTLS,
		Accounts:   cfg.Accounts,
		Attempted:  c.attempted,
		Ended:      c.room.Ended,
		Document:   c.atDot,
		Log:        cfg.Log,
	}
	if err := c.open(); err != nil {
		return c, err
	}
	c.unheard = func() {}
	if m, ok := cfg.Clock.(*clock.Movable); ok {
		c.unheard = m.Listen(c.clockMoved)
	}
	return c, nil
}

// open opens the store and the index. What the store does on its way the index
// finds there.
func (c *Catcher) open() (err error) {
	if c.cfg.Store == nil {
		c.cfg.Store = func(opt store.Options) (store.Store, error) { return store.NewMemory(opt), nil }
	}
	c.store, err = c.cfg.Store(store.Options{
		Caps:  c.cfg.Caps,
		Clock: c.cfg.Clock,
		IDs:   c.ids,
		Publish: func(change mail.Change) {
			c.index.Note(change)
			c.queue.Note(change)
			c.tally.note(&change)
			c.bus.Publish(c.cfg.Clock.Now(), slim(change))
		},
	})
	if err != nil {
		return err
	}
	c.queue = c.newQueue()
	c.index, err = search.New(c.store, search.Options{Dir: c.cfg.Index, Log: c.cfg.Log})
	if err != nil {
		return errors.Join(err, c.store.Close())
	}
	return nil
}

// slim is a change as the bus keeps it, which remembers many: a message with a
// thousand recipients, each tried often, would otherwise be there a thousand times
// as a whole.
func slim(c mail.Change) mail.Change {
	if c.Kind != mail.Updated && c.Kind != mail.Removed {
		return c
	}
	m := *c.Message
	m.Envelope.To = nil
	m.Deliveries = slices.Clone(m.Deliveries[:min(1, len(m.Deliveries))])
	c.Deliveries = slices.Clone(c.Deliveries) // which may be part of all there are
	if c.Kind == mail.Updated {
		m.Deliveries = c.Deliveries
	} else if len(m.Deliveries) > 0 {
		m.Deliveries[0].Trail = nil
	}
	c.Message = &m
	return c
}

// Close ends all readers of events and lets go of the store. Run, and servers that
// use the catcher, must have ended before. Twice is fine.
func (c *Catcher) Close() error {
	c.unheard()
	c.bus.Close()
	return errors.Join(c.index.Close(), c.store.Close())
}

// ServeSMTP takes mail from l until ctx ends; see smtpd.Server.Serve.
func (c *Catcher) ServeSMTP(ctx context.Context, l net.Listener) error { return c.smtp.Serve(ctx, l) }

// ServeSMTPS is ServeSMTP for clients that begin with TLS; it needs Config.TLS.
func (c *Catcher) ServeSMTPS(ctx context.Context, l net.Listener) error {
	return c.smtp.ServeTLS(ctx, l)
}

// SetLimits changes what SMTP clients may do; see smtpd.Server.SetLimits.
func (c *Catcher) SetLimits(l smtpd.Limits) { c.smtp.SetLimits(l) }

// SetCaps changes what is kept at most; see store.Capper. The error may be
// errors.ErrUnsupported.
func (c *Catcher) SetCaps(ctx context.Context, caps store.Caps) error {
	capper, ok := c.store.(store.Capper)
	if !ok {
		return errors.ErrUnsupported
	}
	if err := capper.SetCaps(ctx, caps); err != nil {
		return err
	}
	c.maxAge.Store(int64(caps.Age))
	select {
	case c.aged <- struct{}{}:
	default: // expire looks anyway
	}
	return nil
}

// Connections counts the SMTP sessions, and the clients that were turned away.
func (c *Catcher) Connections() limit.Count { return c.smtp.Guests() }

// Panics is how many SMTP sessions a panic has ended.
func (c *Catcher) Panics() uint64 { return c.smtp.Panics() }

// Sessions describes the SMTP sessions that are open and the latest that have ended;
// see smtpd.Server.Sessions.
func (c *Catcher) Sessions(before string, limit int, which func(*mail.Talk) bool) []mail.Talk {
	return c.smtp.Sessions(before, limit, which)
}

// Session describes one of them, line by line too; false when it is not known.
func (c *Catcher) Session(id string) (mail.Talk, []mail.Line, bool) { return c.smtp.Session(id) }

// Transcript returns what was said in one of them.
func (c *Catcher) Transcript(session string) (string, bool) { return c.smtp.Transcript(session) }

// Boxes lists the mailboxes that hold mail, by name.
func (c *Catcher) Boxes(ctx context.Context) ([]store.Box, error) { return c.store.Boxes(ctx) }

// Box describes one mailbox, or with "" the whole store.
func (c *Catcher) Box(ctx context.Context, name string) (store.Box, error) {
	return c.store.Box(ctx, name)
}

// List returns messages in the order of receipt.
func (c *Catcher) List(ctx context.Context, q store.Query) (store.Page, error) {
	return c.store.List(ctx, q)
}

// Search returns those messages of List that a query finds. Cursors and limits are
// those of List; it knows no Skip.
func (c *Catcher) Search(ctx context.Context, q store.Query, which *query.Query) (store.Page, error) {
	return c.index.Search(ctx, q, which)
}

// Get returns one message, or store.ErrNotFound.
func (c *Catcher) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	return c.store.Get(ctx, id)
}

// Open returns the body of a message as it was received, or store.ErrNotFound.
func (c *Catcher) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	return c.store.Open(ctx, id)
}

// togetherSeen is how many marks are set at once: a store on disk makes them safe
// together.
const togetherSeen = 64

// SetSeen marks deliveries as seen or not. Those that are gone are passed over.
func (c *Catcher) SetSeen(ctx context.Context, seen bool, ids ...mail.DeliveryID) error {
	for part := range slices.Chunk(ids, togetherSeen) {
		var setting sync.WaitGroup
		errs := make([]error, len(part))
		for i, id := range part {
			setting.Go(func() { errs[i] = c.setSeen(ctx, seen, id) })
		}
		setting.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

func (c *Catcher) setSeen(ctx context.Context, seen bool, id mail.DeliveryID) error {
	_, err := c.store.Update(ctx, id, func(d *mail.Delivery) error { d.Seen = seen; return nil })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("mark %s as seen: %w", id.Message, err)
	}
	return nil
}

// Delete removes deliveries and returns those that were there.
func (c *Catcher) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	return c.store.Delete(ctx, ids...)
}

// Clear removes all deliveries of a mailbox, or with "" all mail.
func (c *Catcher) Clear(ctx context.Context, box string) (int, error) {
	return c.store.Clear(ctx, box)
}

// Subscribe reads events from the given cursor on: 0 for all that are still
// known, LastEvent() for those to come.
func (c *Catcher) Subscribe(after uint64) *event.Sub { return c.bus.Subscribe(after) }

// LastEvent is the number of the latest event.
func (c *Catcher) LastEvent() uint64 { return c.bus.Last() }
