package catcher

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/smtpd"
	"github.com/postroom/postroom/catcher/store"
)

// Config says what a Catcher is made of. The zero value works: an unbounded
// memory store and the system's clock.
type Config struct {
	Store  func(store.Options) (store.Store, error) // opens the store, which the catcher closes; nil: in memory
	Caps   store.Caps
	Domain string       // our own name in SMTP, and the domain of <postmaster>; "" is "localhost"
	Clock  clock.Clock  // nil: the system's
	Rand   io.Reader    // nil: crypto/rand
	Log    *slog.Logger // nil: nowhere
	Events int          // how many events readers can fall behind; 0: event.DefaultSize

	MaxMessageSize int64         // octets; 0: smtpd.DefaultMaxMessageSize
	MaxRecipients  int           // per message; 0: smtpd.DefaultMaxRecipients
	IdleTimeout    time.Duration // of SMTP sessions; 0: smtpd.DefaultIdleTimeout
	Grace          time.Duration // for SMTP transactions when serving ends; 0: smtpd.DefaultGrace
}

// A Catcher takes mail and keeps it. Its methods are safe for concurrent use.
type Catcher struct {
	cfg   Config
	store store.Store
	bus   *event.Bus
	smtp  *smtpd.Server
}

// New makes a catcher; the caller must Close it. The error is that of
// Config.Store.
func New(cfg Config) (*Catcher, error) {
	if cfg.Domain == "" {
		cfg.Domain = "localhost"
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ids := mail.NewIDs(cfg.Rand)
	c := &Catcher{cfg: cfg, bus: event.NewBus(cfg.Events, cfg.Clock.Now())}
	c.smtp = &smtpd.Server{
		Acceptor:       c,
		Domain:         cfg.Domain,
		MaxMessageSize: cfg.MaxMessageSize,
		MaxRecipients:  cfg.MaxRecipients,
		IdleTimeout:    cfg.IdleTimeout,
		Grace:          cfg.Grace,
		Clock:          cfg.Clock,
		IDs:            ids,
		Log:            cfg.Log,
	}
	if cfg.Store == nil {
		cfg.Store = func(opt store.Options) (store.Store, error) { return store.NewMemory(opt), nil }
	}
	var err error
	c.store, err = cfg.Store(store.Options{
		Caps:    cfg.Caps,
		Clock:   cfg.Clock,
		IDs:     ids,
		Publish: func(change mail.Change) { c.bus.Publish(cfg.Clock.Now(), change) },
	})
	return c, err
}

// Close ends all readers of events and lets go of the store. Servers that use
// the catcher must have ended before.
func (c *Catcher) Close() error {
	c.bus.Close()
	return c.store.Close()
}

// ServeSMTP takes mail from l until ctx ends; see smtpd.Server.Serve.
func (c *Catcher) ServeSMTP(ctx context.Context, l net.Listener) error { return c.smtp.Serve(ctx, l) }

// Sessions describes the SMTP sessions that are open, oldest first.
func (c *Catcher) Sessions() []mail.Session { return c.smtp.Sessions() }

// Transcript returns what was said in an SMTP session: the sessions that last,
// and the latest that have ended.
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

// Get returns one message, or store.ErrNotFound.
func (c *Catcher) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	return c.store.Get(ctx, id)
}

// Open returns the body of a message as it was received, or store.ErrNotFound.
func (c *Catcher) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	return c.store.Open(ctx, id)
}

// SetSeen marks deliveries as seen or not. Those that are gone are passed over.
func (c *Catcher) SetSeen(ctx context.Context, seen bool, ids ...mail.DeliveryID) error {
	for _, id := range ids {
		_, err := c.store.Update(ctx, id, func(d *mail.Delivery) error { d.Seen = seen; return nil })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("mark %s as seen: %w", id.Message, err)
		}
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
