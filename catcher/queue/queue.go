// Package queue is what waits to be sent or reported: it tries, tries again, warns
// and gives up, as scheduled.
package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A Store is what the queue needs of a store.Store.
type Store interface {
	List(ctx context.Context, q store.Query) (store.Page, error)
	Get(ctx context.Context, id mail.ID) (mail.Message, error)
	Open(ctx context.Context, id mail.ID) (store.Reader, error)
	Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error)
	Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error)
}

// A Carrier connects to next hops. It has to be safe for concurrent use.
type Carrier interface {
	// Connect opens a connection to the hop of a relay route; domain is that of
	// the recipients. A *Refused in the error is the reason that trails show; any
	// other error counts as temporary.
	Connect(ctx context.Context, hop, domain string) (Conn, error)
}

// Refused is why there is no connection.
type Refused struct {
	Outcome
	Err error // what lies behind it, for the operator
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("%v: %v", r.Reply, r.Err) }

// Unwrap gives what lies behind it.
func (r *Refused) Unwrap() error { return r.Err }

// A Conn carries one message after another to a hop.
type Conn interface {
	// Send hands m on in one transaction, and gives an outcome for each of ds.
	Send(ctx context.Context, m mail.Message, ds []mail.Delivery) []Outcome
	Alive() bool // it can be used for another message
	Close()
}

// A Kind says what a report is about.
type Kind string

// The kinds of reports.
const (
	Failed    Kind = "failed"
	Delayed   Kind = "delayed"
	Relayed   Kind = "relayed"
	Delivered Kind = "delivered" // also the Route of a delivery that is only there to be reported so
	AutoReply Kind = "autoreply"
	Complaint Kind = "complaint"
)

// Config says how a queue works. Store, Parse, BoxOf, Carry and Report are
// needed; zero stands for the default elsewhere.
type Config struct {
	Store    Store
	Clock    clock.Clock  // nil: the system's
	Log      *slog.Logger // nil: none
	Schedule Schedule

	Parse func(route string) (rule.Action, error) // reads a delivery's Route; quick
	BoxOf func(rcpt mail.Rcpt) string             // names the mailbox that a kept delivery goes to
	Carry Carrier

	// Report sends a report about deliveries of m and returns its ID, or zero when
	// none is due. The last step of their trails has the reply. It is not asked
	// again unless it fails.
	Report func(ctx context.Context, kind Kind, m mail.Message, ds []mail.Delivery, a rule.Action) (mail.ID, error)
	// Reported finds a report that was sent before a crash. It is asked for what
	// was there at the start, and after Report failed. nil: there never is one.
	Reported func(ctx context.Context, kind Kind, m mail.Message, d mail.Delivery) (mail.ID, bool)

	MaxHops        int           // Received fields; 0: 15
	PerConnection  int           // messages; 0: 20
	PerTransaction int           // recipients; 0: 100
	PerHop         int           // connections at a time; 0: 10
	Total          int           // connections at a time; 0: 100
	Grace          time.Duration // for what is under way when Run has to end; 0: 5 seconds
}

func (c Config) complete() Config {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Reported == nil {
		c.Reported = func(context.Context, Kind, mail.Message, mail.Delivery) (mail.ID, bool) { return mail.ID{}, false }
	}
	c.Schedule = c.Schedule.complete()
	c.MaxHops = cmp.Or(c.MaxHops, 15)
	c.PerConnection = cmp.Or(c.PerConnection, 20)
	c.PerTransaction = cmp.Or(c.PerTransaction, 100)
	c.PerHop = cmp.Or(c.PerHop, 10)
	c.Total = cmp.Or(c.Total, 100)
	c.Grace = cmp.Or(c.Grace, 5*time.Second)
	return c
}

// A Queue sends what lies in mail.QueueBox. All methods are safe for concurrent
// use.
type Queue struct {
	cfg  Config
	wake chan struct{} // has one element when the loop should look again

	mu      sync.Mutex // guards what follows
	entries map[mail.DeliveryID]*entry
	hops    map[string]*hop
	working int                      // workers, which have a connection each
	fresh   map[mail.DeliveryID]bool // noted while the store is read; nil afterwards
	acting  int                      // actions that are changing deliveries: nothing is begun meanwhile
	loaded  bool
	changed chan struct{} // closed, and made anew, when something was finished
}

// New makes a queue that does nothing until Run. Note may be called at once.
func New(cfg Config) *Queue {
	return &Queue{
		cfg:     cfg.complete(),
		wake:    make(chan struct{}, 1),
		entries: map[mail.DeliveryID]*entry{},
		hops:    map[string]*hop{},
		fresh:   map[mail.DeliveryID]bool{},
		changed: make(chan struct{}),
	}
}

// Run reads the queue from the store and works until ctx ends. What is under way
// then may be finished within Config.Grace. It may be called once. The error is
// that of reading, or nil.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.load(ctx); err != nil && ctx.Err() != nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	var workers sync.WaitGroup
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	for ctx.Err() == nil {
		timer := q.dispatch(ctx, sending, &workers)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer:
		}
	}
	cut := time.AfterFunc(q.cfg.Grace, stop)
	defer cut.Stop()
	workers.Wait()
	return nil
}

// load enters what the store has, unless something newer was noted meanwhile.
func (q *Queue) load(ctx context.Context) error {
	query := store.Query{Box: mail.QueueBox, Oldest: true, Limit: 1000}
	for {
		page, err := q.cfg.Store.List(ctx, query)
		if err != nil {
			return err
		}
		q.mu.Lock()
		for i := range page.Messages {
			q.enter(&page.Messages[i])
		}
		q.mu.Unlock()
		if !page.More {
			break
		}
		query.After = page.Messages[len(page.Messages)-1].ID
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.loaded, q.fresh = true, nil
	q.finished()
	return nil
}

func (q *Queue) enter(m *mail.Message) {
	for _, d := range m.Deliveries {
		if d.Box == mail.QueueBox && !q.fresh[d.ID] {
			q.put(m, d).recovered = true
		}
	}
}

// dispatch starts workers for what is due, and says when to look again.
func (q *Queue) dispatch(ctx, sending context.Context, workers *sync.WaitGroup) <-chan time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.acting > 0 {
		return nil // its end will wake the loop
	}
	now := q.cfg.Clock.Now()
	for _, h := range q.hops {
		for q.working < q.cfg.Total && h.working < q.cfg.PerHop && h.due(now) {
			batch := q.take(h, now, q.cfg.PerConnection)
			q.working++
			h.working++
			workers.Go(func() {
				w := &worker{q: q, hop: h, stop: ctx, sending: sending, storing: context.WithoutCancel(ctx)}
				w.work(batch)
				q.leave(h)
			})
		}
	}
	if next, ok := q.next(); ok && next.After(now) {
		return q.cfg.Clock.After(next.Sub(now))
	}
	return nil // a worker has to end first, or a change to come
}

// leave takes a worker off the books.
func (q *Queue) leave(h *hop) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.working--
	h.working--
	q.tidy(h)
	q.finished()
}

// finished tells the loop, and whoever waits in Settled.
func (q *Queue) finished() {
	close(q.changed)
	q.changed = make(chan struct{})
	q.nudge()
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Settled returns once nothing is due at the clock's time and nothing is under
// way. What is held, or waits for a frozen hop, is not due. Run has to be running.
func (q *Queue) Settled(ctx context.Context) error {
	for {
		q.mu.Lock()
		next, any := q.next()
		quiet := q.loaded && q.working == 0 && q.acting == 0 && (!any || next.After(q.cfg.Clock.Now()))
		changed := q.changed
		q.mu.Unlock()
		if quiet {
			return nil
		}
		q.nudge()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// NextDue says when the queue acts next; false when it has nothing to do.
func (q *Queue) NextDue() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next()
}

func (q *Queue) next() (first time.Time, ok bool) {
	for _, h := range q.hops {
		if at, some := h.next(); some && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// errLeft ends an Update of a delivery that has left the queue, or is given up,
// while it was under way.
var errLeft = errors.New("no longer in the queue")
