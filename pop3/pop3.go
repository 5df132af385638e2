// Package pop3 serves the mailboxes over POP3: RFC 1939 to the letter, with the
// capabilities of RFC 2449, the response codes of RFC 3206, AUTH of RFC 5034, STLS of
// RFC 2595 and the UTF8 and LANG commands of RFC 6856.
//
// The login name is the address of the mailbox, or AllMail; any password does,
// unless Server.Secret knows a better one. A mailbox is seen as it was at login,
// by one session at a time, and what a session deletes goes with QUIT and in no
// other way. Reading changes nothing: no mailbox is made, no message is marked
// as seen.
//
// Messages are sent byte by byte as they came, whatever is in them: lines of any
// length, NUL, eight-bit text, headers in UTF-8 even to clients that have not
// asked for UTF8 (RFC 6856 §2 would have them rewritten; whoever reads caught
// mail wants to see what was sent). Two things are added, as POP3 must: a dot
// before each line that starts with one, and a CRLF where the last line has none.
package pop3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A Backend is where the mail is; *catcher.Catcher is one. See store.Store for
// what the methods promise.
type Backend interface {
	List(ctx context.Context, q store.Query) (store.Page, error)
	Open(ctx context.Context, id mail.ID) (store.Reader, error)
	Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error)
}

// Accounts know users with a password of their own.
type Accounts interface {
	// Check says whether a password is the user's. If not, the client, which is known by
	// its address, is to wait before it is told.
	Check(user, password, client string) (ok bool, wait time.Duration)
	May(user, box string) bool // read a mailbox
	Home(user string) string   // the mailbox of a user who names none; "" when there is none
}

// AllMail is the login name that shows every message once, whoever it is for.
// What is deleted there goes from all mailboxes.
const AllMail = "@all"

// DefaultErrors is how many bad commands are borne when Limits do not say: nobody has
// that many by mistake.
const DefaultErrors = 20

const (
	defaultIdle  = 10 * time.Minute // RFC 1939 §3: at least 10 minutes
	defaultGrace = 5 * time.Second

	// lockPatience is how long a login waits for a mailbox that is in use. A client
	// that drops its connection and comes back at once may be quicker than our
	// notice of the drop.
	lockPatience = 200 * time.Millisecond

	maxAcceptDelay = time.Second
)

// A Server speaks POP3. Its fields are settings, which must not change once
// Serve was called; all but Backend may be left zero.
type Server struct {
	Backend    Backend
	Domain     string                                         // our name in the greeting and in hints; "" is "localhost"
	Log        *slog.Logger                                   // nil: nowhere
	TLS        *certs.Keeper                                  // makes STLS possible, and ServeTLS; nil: there is no TLS
	RequireTLS bool                                           // no password before TLS
	Rules      rule.Judge                                     // what shall go wrong when TLS begins, at login and with RETR and TOP; nil: nothing
	Document   func(context.Context, mail.ID) *query.Document // what queries in rules see of a message; nil: nothing
	Clock      clock.Clock                                    // for the rules; nil: the system's
	Rand       io.Reader                                      // for the timestamps of APOP and names of sessions, safe for concurrent use; nil: crypto/rand
	Limits     Limits                                         // those to begin with: see SetLimits
	Grace      time.Duration                                  // for commands in progress when Serve's context ends; 0: 5 seconds

	// Accounts know who may log in, and what they may read; then Secret is not asked.
	// The login name is the user's, or MAILBOX*USER. nil: there are none.
	Accounts Accounts

	// Secret returns the password of a mailbox, if it has one; of all others any
	// password does. When Secret is set, APOP is offered, and works for those
	// mailboxes whose secret is known. AllMail is asked for like any other: whoever
	// guards mailboxes may want to guard that one. Who fails has to wait, longer each
	// time. nil: no mailbox has a secret.
	Secret func(user string) (secret string, known bool)

	wait func(context.Context, time.Duration) // in place of waiting, for tests

	limits atomic.Pointer[Limits] // in use; nil before Serve
	guests limit.Connections
	panics atomic.Uint64  // of sessions
	failed limit.Failures // to know the secret

	mu    sync.Mutex               // guards locks
	locks map[string]chan struct{} // mailboxes in use; closed when one is no longer
}

// Serve answers all who connect to l, until ctx ends: then it closes l, sends
// idle clients away, gives commands in progress Server.Grace to end, and returns
// nil when all sessions are over. Sessions that end so delete nothing.
//
// It returns an error, after the same proceeding, when l fails for good. Several
// Serve calls may run at once; a mailbox is locked across all of them.
func (s *Server) Serve(ctx context.Context, l net.Listener) error { return s.serve(ctx, l, false) }

// ServeTLS is Serve for clients that begin with TLS: RFC 8314 §3.2.
func (s *Server) ServeTLS(ctx context.Context, l net.Listener) error { return s.serve(ctx, l, true) }

func (s *Server) serve(ctx context.Context, l net.Listener, implicit bool) error {
	if s.limits.Load() == nil {
		s.SetLimits(s.Limits)
	}
	stop, cancel := context.WithCancel(ctx)
	hard, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-stop.Done()
		l.Close() // the error could only be that it is closed already
	}()

	guests := guests{conns: map[net.Conn]bool{}}
	err := accept(stop, l, func(c net.Conn) {
		client := limit.Client(c.RemoteAddr())
		if v := s.guests.Enter(client); v != limit.Welcome {
			s.turnAway(c, v, implicit)
			return
		}
		guests.run(c, func() {
			defer s.guests.Leave(client)
			s.session(stop, hard, c, implicit)
		})
	})
	cancel()
	<-closed
	guests.drain(s.grace(), abort)
	return err
}

// accept hands on connections until ctx ends or l fails for good. Out of file
// descriptors and the like is not for good: it tries again, ever more slowly.
func accept(ctx context.Context, l net.Listener, serve func(net.Conn)) error {
	var delay time.Duration
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return nil
		}
		var passing interface{ Temporary() bool }
		switch {
		case err == nil:
			delay = 0
			serve(c)
		case errors.As(err, &passing) && passing.Temporary():
			delay = min(max(2*delay, 5*time.Millisecond), maxAcceptDelay)
			select {
			case <-time.After(delay):
			case <-ctx.Done():
			}
		default:
			return fmt.Errorf("accept a POP3 connection: %w", err)
		}
	}
}

// guests are the sessions of one Serve call.
type guests struct {
	all sync.WaitGroup

	mu    sync.Mutex // guards conns
	conns map[net.Conn]bool
}

// run starts a session, and closes its connection when that has ended.
func (g *guests) run(c net.Conn, session func()) {
	g.mu.Lock()
	g.conns[c] = true
	g.mu.Unlock()
	g.all.Go(func() {
		defer func() {
			c.Close()
			g.mu.Lock()
			delete(g.conns, c)
			g.mu.Unlock()
		}()
		session()
	})
}

// wake ends the reads of all sessions, so that they see that it is over.
func (g *guests) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.SetReadDeadline(time.Unix(1, 0))
	}
}

// drain waits until all sessions have ended; after the grace it makes them.
func (g *guests) drain(grace time.Duration, abort func()) {
	g.wake()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.all.Wait()
	}()
	select {
	case <-ended:
		return
	case <-time.After(grace):
	}
	abort()
	g.close()
	<-ended
}

func (g *guests) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Close()
	}
}

// lock takes a mailbox for one session, and waits a little for it when it is in
// use. The caller must unlock it when lock returns true.
func (s *Server) lock(ctx context.Context, box string) bool {
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for {
		held := s.tryLock(box)
		if held == nil {
			return true
		}
		select {
		case <-held:
		case <-patience.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// tryLock returns nil when it got the lock, or else what is closed once the
// present holder lets go.
func (s *Server) tryLock(box string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.locks[box]; ok {
		return held
	}
	if s.locks == nil {
		s.locks = map[string]chan struct{}{}
	}
	s.locks[box] = make(chan struct{})
	return nil
}

func (s *Server) unlock(box string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.locks[box])
	delete(s.locks, box)
}

func (s *Server) grace() time.Duration {
	if s.Grace > 0 {
		return s.Grace
	}
	return defaultGrace
}

func (s *Server) domain() string {
	if s.Domain != "" {
		return s.Domain
	}
	return "localhost"
}

// nonce names a session, and makes the timestamp of APOP different each time.
func (s *Server) nonce() (string, error) {
	source := s.Rand
	if source == nil {
		source = rand.Reader
	}
	var b [12]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return "", fmt.Errorf("random bits for a POP3 session: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

func (s *Server) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}
