package expect

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// A Backend keeps the mail that a Room waits for; *catcher.Catcher is one.
type Backend interface {
	List(ctx context.Context, q store.Query) (store.Page, error)
	Search(ctx context.Context, q store.Query, which *query.Query) (store.Page, error)
	Get(ctx context.Context, id mail.ID) (mail.Message, error)
	Open(ctx context.Context, id mail.ID) (store.Reader, error)
	Subscribe(after uint64) *event.Sub
	LastEvent() uint64
	Attempts(before mail.ID, limit int, which func(*mail.Attempt) bool) []mail.Attempt
	Transactions() []mail.Transaction
	Cursor() (mail.ID, error) // newer than all mail there is, older than all to come
	Clock() clock.Clock
}

// A Room is where all wait. It reads the events once for all of them, and each
// message at most once; who waits for one mailbox is woken only for that. While
// nobody waits it does nothing. Its methods are safe for concurrent use.
type Room struct {
	backend Backend
	content func(*mime.Message) *query.Content
	resting atomic.Int32 // how many wait for transactions to end

	mu     sync.Mutex // guards below
	guests map[*guest]struct{}
	byKey  map[string]map[*guest]struct{} // those with a key; the others have ""
	leave  func()                         // ends the reader, and returns when it has ended; nil when nobody waits
}

// NewRoom makes a Room; content is how queries see a message.
func NewRoom(b Backend, content func(*mime.Message) *query.Content) *Room {
	return &Room{backend: b, content: content, guests: map[*guest]struct{}{}, byKey: map[string]map[*guest]struct{}{}}
}

// maxNews is how many messages wait for one guest before it has to look anew.
const maxNews = 4096

// maxTogether is how many messages are handed out together.
const maxTogether = 256

// A guest is one that waits.
type guest struct {
	key  string
	wake chan struct{} // has an element when there is news

	mu     sync.Mutex // guards below
	news   []*doc
	missed bool // more than that
}

// tell gives the guest messages to look at, or with none only wakes it.
func (g *guest) tell(docs ...*doc) {
	g.mu.Lock()
	if len(g.news)+len(docs) > maxNews {
		g.news, g.missed = nil, true
	}
	g.news = append(g.news, docs...)
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// miss tells the guest to look anew.
func (g *guest) miss() {
	g.mu.Lock()
	g.news, g.missed = nil, true
	g.mu.Unlock()
	g.tell()
}

// take returns the news, or that some were missed.
func (g *guest) take() (news []*doc, missed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	news, missed = g.news, g.missed
	g.news, g.missed = nil, false
	return news, missed
}

// enter lets a guest wait for events from now on. The first one starts the reader.
func (r *Room) enter(key string) *guest {
	g := &guest{key: key, wake: make(chan struct{}, 1)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.guests[g] = struct{}{}
	if r.byKey[key] == nil {
		r.byKey[key] = map[*guest]struct{}{}
	}
	r.byKey[key][g] = struct{}{}
	if r.leave == nil {
		r.open()
	}
	return g
}

// open starts the reader. The caller holds mu.
func (r *Room) open() {
	sub := r.backend.Subscribe(r.backend.LastEvent())
	ctx, cancel := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() { r.read(ctx, sub) })
	r.leave = func() { cancel(); reading.Wait() }
}

// exit is the end of the wait. The last one ends the reader.
func (r *Room) exit(g *guest) {
	r.mu.Lock()
	delete(r.guests, g)
	if delete(r.byKey[g.key], g); len(r.byKey[g.key]) == 0 {
		delete(r.byKey, g.key)
	}
	var end func()
	if len(r.guests) == 0 {
		end, r.leave = r.leave, nil
	}
	r.mu.Unlock()
	if end != nil {
		end()
	}
}

// read hands out the messages of events until ctx or the events end: together what
// has come together, as each guest that is woken costs as much as what it does then.
func (r *Room) read(ctx context.Context, sub *event.Sub) {
	now, cancel := context.WithCancel(ctx)
	cancel()
	for {
		var docs []*doc
		e, err := sub.Next(ctx)
		for err == nil {
			if m := r.message(ctx, &e); m != nil {
				docs = append(docs, r.doc(m))
			}
			if len(docs) == maxTogether {
				break
			}
			e, err = sub.Next(now) // only what is there
		}
		r.hand(docs)
		if errors.Is(err, event.ErrLagged) {
			r.each((*guest).miss)
		} else if err != nil && (ctx.Err() != nil || !errors.Is(err, context.Canceled)) {
			return
		}
	}
}

// message is what may count because of an event, or nil.
func (r *Room) message(ctx context.Context, e *event.Event) *mail.Message {
	switch {
	case e.Kind == mail.Added:
		return e.Message
	case e.Kind == mail.Updated && e.From != "": // it has moved, and the bus knows only the delivery
		if m, err := r.backend.Get(ctx, e.Message.ID); err == nil {
			return &m
		}
	}
	return nil
}

// hand gives messages to those whom they concern.
func (r *Room) hand(docs []*doc) {
	if len(docs) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for g := range r.byKey[""] {
		g.tell(docs...)
	}
	for _, d := range docs {
		told := ""
		for i := range d.message.Deliveries {
			of := &d.message.Deliveries[i]
			if rcpt := mail.Box(of.Rcpt.Address); rcpt != of.Box && rcpt != told {
				r.tell(rcpt, d)
			}
			if of.Box != told {
				r.tell(of.Box, d)
			}
			told = of.Box
		}
	}
}

// tell gives a message to those with a key. The caller holds mu.
func (r *Room) tell(key string, d *doc) {
	for g := range r.byKey[key] {
		g.tell(d)
	}
}

func (r *Room) doc(m *mail.Message) *doc {
	open := func() (store.Reader, error) { return r.backend.Open(context.Background(), m.ID) }
	return newDoc(m, open, r.content)
}

func (r *Room) each(do func(*guest)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for g := range r.guests {
		do(g)
	}
}

// Ended is to be called when an SMTP transaction has ended. It is quick.
func (r *Room) Ended() {
	if r.resting.Load() > 0 {
		r.each(func(g *guest) { g.tell() })
	}
}
