// Package ui is everything over HTTP: the JSON interface under /v1, its events,
// the probes, and whatever handler serves the page.
package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A Backend keeps the mail; *catcher.Catcher is one.
type Backend interface {
	Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error)
	Boxes(ctx context.Context) ([]store.Box, error)
	Box(ctx context.Context, name string) (store.Box, error)
	List(ctx context.Context, q store.Query) (store.Page, error)
	Search(ctx context.Context, q store.Query, which *query.Query) (store.Page, error)
	Get(ctx context.Context, id mail.ID) (mail.Message, error)
	Open(ctx context.Context, id mail.ID) (store.Reader, error)
	SetSeen(ctx context.Context, seen bool, ids ...mail.DeliveryID) error
	Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error)
	Clear(ctx context.Context, box string) (int, error)
	Subscribe(after uint64) *event.Sub
	LastEvent() uint64

	// Expect waits for mail; it returns an *expect.Error for a Want that makes no
	// sense. Cursor mints an ID newer than all mail and attempts so far.
	Expect(ctx context.Context, w expect.Want) (expect.Result, error)
	Cursor() (mail.ID, error)

	Rules() *rule.Set

	// Document is a message as conditions of rules see it; open gives its bytes.
	Document(m *mail.Message, open func() (store.Reader, error)) *query.Document

	Clock() clock.Clock // what rules and the queue go by; POST /v1/clock needs a *clock.Movable

	// Advance moves the clock ahead, and returns when all that fell due has run.
	Advance(ctx context.Context, d time.Duration) error

	// Attempts are those before the given one (zero: from the newest on) that which
	// chooses, newest first, at most so many.
	Attempts(before mail.ID, limit int, which func(*mail.Attempt) bool) []mail.Attempt
	Attempt(id mail.ID) (mail.Attempt, *store.BodyReader, error) // the body is nil when nothing came
	ClearAttempts() int

	Hops() []mail.Hop
	NextDue() (time.Time, bool)
	Coming(limit int) []mail.Coming // soonest first
	Tally() mail.Tally              // since it runs

	// ActOnMail and ActOnHop return how many deliveries it was done to, or
	// store.ErrNotFound. Other errors of RerouteMail, and of Release and Dispatch,
	// say what is wrong with the route.
	ActOnMail(ctx context.Context, do mail.QueueAction, route string, ids ...mail.DeliveryID) (int, error)
	ActOnHop(ctx context.Context, do mail.QueueAction, route, hop string) (int, error)
	Dispatch(ctx context.Context, env mail.Envelope, body io.Reader, hop string) (mail.Receipt, error)
	Release(ctx context.Context, id mail.ID, from string, to []mail.Rcpt, hop string) (mail.Receipt, error)

	// Sessions are SMTP sessions before the given one ("": from the newest on) that
	// which chooses, newest first, at most so many: the open ones, and the latest that
	// have ended. Session and Transcript tell of one of them; false when it is not known.
	Sessions(before string, limit int, which func(*mail.Talk) bool) []mail.Talk
	Session(id string) (mail.Talk, []mail.Line, bool)
	Transcript(id string) (string, bool)
}

// A Check says in Do why something is not ready; nil: it is. It must not take long.
type Check struct {
	Name string
	Do   func(context.Context) error
}

// DefaultGrace is how long Serve lets requests end when it is not told.
const DefaultGrace = 5 * time.Second

// Server serves a Backend over HTTP. Only Backend is needed. The fields must not
// be changed once it serves.
type Server struct {
	Backend Backend
	Page    http.Handler // serves what is not /v1, /healthz, /readyz or /metrics; nil: nothing does
	Log     *slog.Logger // nil: nowhere
	Clock   clock.Clock  // nil: the system's
	Rand    io.Reader    // nil: crypto/rand

	Version string
	SMTP    string // where mail is taken, as text for the user; "" when off
	POP3    string // where mailboxes are served; "" when off
	HTTP    string // where this is served; "" means as the client sees it
	SMTPS   string // where mail is taken in TLS; "" when off
	POP3S   string // where mailboxes are served in TLS; "" when off
	HTTPS   string // where this is served in TLS; "" when off
	Limits  Limits // those to begin with: see SetLimits

	// BasePath is a prefix of all paths, such as /mail: see CheckBasePath. Paths
	// without it are served too. Page has to be made with the same.
	BasePath string

	// Hosts are names by which browsers may know this server, besides localhost,
	// IP addresses and names without a dot; "*" allows all. See guard.
	Hosts []string

	// CA is the certificate of the authority that signs ours, in PEM; nil: there is no
	// TLS.
	CA func() ([]byte, error)

	Webhooks []*Webhook // to tell of; whoever made them runs them

	// Pickup, Drop and Badmail tell of the folders beside the Backend; nil: there is
	// none.
	Pickup, Drop, Badmail func() mail.FolderTally

	// Checks are what has to be well for the server to be ready, beside the Backend's
	// answering at all.
	Checks []Check

	Grace time.Duration // 0: DefaultGrace

	// Settings are those of the program; nil: there are none to tell.
	Settings Settings

	// Metrics answers /metrics; nil: there are none.
	Metrics http.Handler

	counts counts
	times  times // tests change them
}

// Handler returns the whole as a handler, for a test or another server. Its
// event streams end with their clients.
func (s *Server) Handler() http.Handler { return s.handler() }

// Serve answers requests on listeners until ctx ends. One whose connections are
// *tls.Conn serves HTTPS. Then event streams are told that
// the server goes away, requests get the grace to finish, and what is left is
// cut. It returns when nothing runs any more: nil after ctx ended, otherwise
// what made it stop. It closes the listeners.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	if s.counts.limits.Load() == nil {
		s.SetLimits(s.Limits)
	}
	h := s.handler()
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	lobby := newLobby(&s.counts.guests, h.log)
	srv := &http.Server{
		ConnState:         lobby.state,
		ConnContext:       lobby.context,
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Minute, // of a whole request; a large mail over a thin line
		WriteTimeout:      10 * time.Minute, // streams of events set their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	var serving sync.WaitGroup
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		serving.Go(func() { failed <- fmt.Errorf("serve HTTP on %s: %w", l.Addr(), srv.Serve(lobby.door(l))) })
	}

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	h.gate.close()
	h.finish(srv)
	cut()
	serving.Wait()
	<-h.gate.empty
	return err
}

// finish lets what runs end within the grace, and cuts what does not. Shutdown
// does not know of websockets; the gate does.
func (h *handler) finish(srv *http.Server) {
	grace := h.Grace
	if grace <= 0 {
		grace = DefaultGrace
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := srv.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		srv.Close()
	}
	select {
	case <-h.gate.empty:
	case <-ctx.Done():
	}
}
