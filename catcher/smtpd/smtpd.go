// Package smtpd takes mail in over SMTP: go-smtp, on connections of our own,
// in front of an Acceptor.
//
// Each connection has a smtp.Server to itself, on top of a conn that reads
// commands and bodies, gathers replies into few writes, and answers by itself
// where go-smtp would be wrong or slow. So go-smtp leads the conversation: it
// greets, tells what is offered, minds errors and says good-bye. A transaction, from
// MAIL to the end of the message, is the conn's own, and so are AUTH and TLS, which is
// spoken below the conn.
//
// Before anything is done, rules are asked whether it is to go wrong, and how.
package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// An Acceptor takes a mail for all its recipients or for none. The reader is a
// fresh *store.BodyReader that the acceptor may keep. An error that is a
// *mail.Reply goes to the client; of any other it learns only that it happened.
type Acceptor interface {
	Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error)
}

// Accounts know who may log in. Who fails is told so only after a while. A client is
// known by its address.
type Accounts interface {
	Check(user, password, client string) (ok bool, wait time.Duration)
}

// The settings that a zero Server uses.
const (
	DefaultMaxMessageSize = 50 << 20
	DefaultMaxRecipients  = 1000
	DefaultIdleTimeout    = 5 * time.Minute
	DefaultMessageTimeout = 10 * time.Minute
	DefaultGrace          = 5 * time.Second
)

// farewell is how long the last clients may take to hear that it is over.
const farewell = time.Second

// bodyBuffer is the size of the read buffer while a body comes in.
const bodyBuffer = 64 << 10

// A Server takes mail from any number of listeners. Its exported fields are
// settings: set them before Serve. Zero values are good.
type Server struct {
	Acceptor   Acceptor      // required
	Domain     string        // our name in the greeting, and the domain of <postmaster>; "" is "localhost"
	Limits                   // those to begin with: see SetLimits
	Grace      time.Duration // for open transactions at the end; 0: DefaultGrace
	Clock      clock.Clock   // for the times in transcripts; nil: the system's
	IDs        *mail.IDs     // for sessions; required
	Rules      rule.Judge    // what shall go wrong; nil: nothing
	TLS        *certs.Keeper // makes STARTTLS possible, and ServeTLS; nil: there is no TLS
	RequireTLS bool          // no mail and no password before TLS
	Accounts   Accounts      // who may log in; nil: everybody

	// Attempted is told of what went wrong, with as much of the message as had come,
	// or nil; what it keeps of that is its own. It must be quick. nil: nobody.
	Attempted func(mail.Attempt, *store.Body)

	// Ended is told whenever a transaction has ended, whatever came of it, or a
	// session that had none. It must be quick. nil: nobody.
	Ended func()

	// Document makes what the query of a rule is matched against, of a message that
	// has come and that has no ID and no deliveries yet. nil: queries match nothing.
	Document func(received time.Time, env *mail.Envelope, body *store.Body) *query.Document

	Log *slog.Logger // nil: nowhere

	wait func(context.Context, time.Duration) // clock.Wait, but for tests

	pool sync.Pool         // of *[]byte with bodyBuffer octets
	gone chan *smtp.Server // those whose connection is closed; for reap

	transactions atomic.Uint64          // how many have begun
	limits       atomic.Pointer[Limits] // in use, complete; nil before setDefaults
	guests       limit.Connections
	incoming     limit.Budget  // for messages on their way
	panics       atomic.Uint64 // of sessions

	mu    sync.Mutex // guards all below
	conns map[*conn]struct{}
	past  []past // the latest keepSessions that have ended
	wg    sync.WaitGroup
}

// A past is a session that has ended.
type past struct {
	talk   mail.Talk
	script *transcript
}

// keepSessions is how many ended sessions are known, with their transcripts.
const keepSessions = 256

// Serve takes connections from l until ctx ends. Then it closes l, tells idle
// clients 421, gives open transactions the grace, tells what is left 421 too, and
// returns nil once all sessions have ended. Several Serve calls end together: the
// sessions are those of the server, not of a listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error { return s.serve(ctx, l, false) }

// ServeTLS is Serve for clients that begin with TLS: RFC 8314 §3.3.
func (s *Server) ServeTLS(ctx context.Context, l net.Listener) error { return s.serve(ctx, l, true) }

func (s *Server) serve(ctx context.Context, l net.Listener, implicit bool) error {
	s.mu.Lock()
	s.setDefaults()
	s.mu.Unlock()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	stop := make(chan struct{})
	var reaping sync.WaitGroup
	reaping.Go(func() { s.reap(stop) })

	err := s.acceptAll(ctx, l, implicit)
	l.Close()
	s.drain()
	close(stop)
	reaping.Wait()
	return err
}

// reap waits for the goroutines of sessions whose connection is closed: go-smtp
// may still have something to log. Its Shutdown is the only way to learn when
// they have ended.
func (s *Server) reap(stop <-chan struct{}) {
	for {
		select {
		case srv := <-s.gone:
			srv.Shutdown(context.Background())
			s.wg.Done()
		case <-stop:
			return
		}
	}
}

func (s *Server) setDefaults() {
	if s.conns != nil {
		return
	}
	s.conns = map[*conn]struct{}{}
	s.gone = make(chan *smtp.Server, 16)
	s.pool.New = func() any { b := make([]byte, bodyBuffer); return &b }
	if s.Domain == "" {
		s.Domain = "localhost"
	}
	if s.limits.Load() == nil {
		s.SetLimits(s.Limits)
	}
	if s.Grace <= 0 {
		s.Grace = DefaultGrace
	}
	if s.wait == nil {
		s.wait = clock.Wait
	}
	if s.Clock == nil {
		s.Clock = clock.System{}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
}

// acceptAll returns nil when ctx has ended. Running out of file descriptors is
// no reason to end: it tries again, ever more slowly.
func (s *Server) acceptAll(ctx context.Context, l net.Listener, implicit bool) error {
	pause := 5 * time.Millisecond
	for {
		nc, err := l.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			s.start(nc, implicit)
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		var ne net.Error
		if errors.Is(err, net.ErrClosed) || !errors.As(err, &ne) {
			return fmt.Errorf("accept SMTP connections: %w", err)
		}
		s.Log.Warn("SMTP connection not accepted", "err", err, "retry", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, time.Second)
	}
}

// start gives a connection to a go-smtp server of its own. Serve returns at
// once, because the listener has just this one; the goroutine that it started
// calls conn.Close at its end.
func (s *Server) start(nc net.Conn, implicit bool) {
	if v := s.guests.Enter(limit.Client(nc.RemoteAddr())); v != limit.Welcome {
		s.turnAway(nc, v, implicit)
		return
	}
	c, err := newConn(s, nc, implicit)
	if err != nil {
		s.Log.Error("SMTP session not started", "err", err)
		s.guests.Leave(limit.Client(nc.RemoteAddr()))
		nc.Close()
		return
	}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()

	s.Log.Debug("SMTP session began", "session", c.id, "remote", c.info.Remote, "local", c.info.Local)
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &c.session, nil
	}))
	srv.Domain = s.Domain
	srv.ErrorLog = errorLog{s.Log.With("session", c.id), &s.panics}
	srv.AllowInsecureAuth = true
	srv.EnableSMTPUTF8, srv.EnableBINARYMIME, srv.EnableDSN = true, true, true
	srv.MaxMessageBytes, srv.MaxRecipients = c.limits.MaxMessageSize, c.limits.MaxRecipients
	srv.MaxLineLength = 0                  // conn bounds command lines, and bodies never pass through go-smtp
	srv.ReadTimeout = c.limits.IdleTimeout // conn has its own; but with 0 here go-smtp reads on after QUIT
	if c.offersTLS {
		srv.TLSConfig = &tls.Config{} // has STARTTLS offered, and is not used: go-smtp never sees the command
	}
	c.smtp = srv
	srv.Serve(&oneConn{conn: c})
}

// ended is called by conn.Close, once for each connection.
func (s *Server) ended(c *conn, t mail.Talk) {
	if s.Log.Enabled(c.ctx, slog.LevelDebug) {
		s.Log.Debug("SMTP session ended", "session", c.id, "how", t.End, "commands", t.Commands, "messages", t.Messages, "errors", t.Errors)
	}
	s.mu.Lock()
	delete(s.conns, c)
	if len(s.past) == keepSessions {
		copy(s.past, s.past[1:])
		s.past = s.past[:keepSessions-1]
	}
	s.past = append(s.past, past{t, c.script})
	s.mu.Unlock()
	s.gone <- c.smtp
}

// drain ends all sessions; see Serve.
func (s *Server) drain() {
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	s.each((*conn).drain)
	grace := time.NewTimer(s.Grace)
	defer grace.Stop()
	select {
	case <-done:
		return
	case <-grace.C:
		s.each((*conn).expel)
	}
	end := time.NewTimer(farewell)
	defer end.Stop()
	select {
	case <-done:
	case <-end.C:
		s.each((*conn).kill)
		<-done
	}
}

func (s *Server) each(do func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
}

// Guests counts the sessions that there are and have been, and the clients that
// were turned away.
func (s *Server) Guests() limit.Count { return s.guests.Count() }

// Panics is how many sessions a panic has ended.
func (s *Server) Panics() uint64 { return s.panics.Load() }

// Sessions describes those before the one with an ID ("": from the newest on) that
// which chooses, newest first, at most so many: the open ones, and the latest that
// have ended.
func (s *Server) Sessions(before string, limit int, which func(*mail.Talk) bool) []mail.Talk {
	open, all := s.known()
	for _, c := range open {
		all = append(all, c.talk())
	}
	all = slices.DeleteFunc(all, func(t mail.Talk) bool { return before != "" && t.ID >= before || !which(&t) })
	slices.SortFunc(all, func(a, b mail.Talk) int { return strings.Compare(b.ID, a.ID) })
	return slices.Clip(all[:min(len(all), limit)])
}

// known gives the sessions that are open, and those that have ended.
func (s *Server) known() (open []*conn, ended []mail.Talk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended = make([]mail.Talk, len(s.past), len(s.past)+len(s.conns))
	for i := range s.past {
		ended[i] = s.past[i].talk
	}
	return slices.Collect(maps.Keys(s.conns)), ended
}

// Session describes a session, line by line too: while it lasts, and when it is
// among the latest that have ended.
func (s *Server) Session(id string) (mail.Talk, []mail.Line, bool) {
	talk, script := s.find(id)
	if script == nil {
		return mail.Talk{}, nil, false
	}
	return talk(), script.lines(), true
}

// Transcript returns what was said in a session that Session knows.
func (s *Server) Transcript(id string) (string, bool) {
	_, script := s.find(id)
	if script == nil {
		return "", false
	}
	return script.String(), true
}

// find gives a session; script is nil when it is not known.
func (s *Server) find(id string) (talk func() mail.Talk, script *transcript) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.id == id {
			return c.talk, c.script
		}
	}
	for _, p := range s.past {
		if p.talk.ID == id {
			return func() mail.Talk { return p.talk }, p.script
		}
	}
	return nil, nil
}

// oneConn is a listener with one connection.
type oneConn struct{ conn *conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	c := l.conn
	l.conn = nil
	return c, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// errorLog takes what go-smtp has to say for the operator: panics, which it has
// caught, and broken connections.
type errorLog struct {
	log    *slog.Logger
	panics *atomic.Uint64
}

func (l errorLog) Printf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	if strings.HasPrefix(text, "panic ") {
		l.panics.Add(1)
		l.log.Error("panic in an SMTP session", "panic", text)
		return
	}
	l.log.Warn(text)
}

func (l errorLog) Println(v ...any) { l.log.Warn(fmt.Sprint(v...)) }
