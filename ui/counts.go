package ui

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/limit"
)

// Counts say how much a Server has to do with clients.
type Counts struct {
	Connections limit.Count
	Incoming    int64          // octets of requests on their way, but for those of small ones
	Panics      uint64         // of requests
	Streams     map[string]int // clients that follow the events: "websocket", "sse"
	Lag         map[string]uint64
	Lagged      uint64 // times that a client was too slow, and was told so
}

// counts are those of a Server at work.
type counts struct {
	limits   atomic.Pointer[Limits] // nil: those to begin with
	guests   limit.Connections
	incoming limit.Budget // for bodies of requests
	panics   atomic.Uint64
	lagged   atomic.Uint64
	streams  streams
}

// Counts tells what there is and was. Lag is by how many events the slowest client
// of a kind is behind.
func (s *Server) Counts() Counts {
	n := Counts{Connections: s.counts.guests.Count(), Incoming: s.counts.incoming.Taken(), Panics: s.counts.panics.Load(), Lagged: s.counts.lagged.Load()}
	n.Streams, n.Lag = s.counts.streams.count(s.Backend.LastEvent())
	return n
}

// Limits are what clients may do at most; 0 is any number.
type Limits struct {
	Connections          int   // at once
	ConnectionsPerClient int   // at once from one address
	MaxMessageSize       int64 // octets that POST /v1/messages takes
	Incoming             int64 // octets of bodies of requests that are on their way together; small ones are not counted
}

// SetLimits changes the limits for requests and connections to come.
func (s *Server) SetLimits(l Limits) {
	s.counts.limits.Store(&l)
	s.counts.guests.Limit(l.Connections, l.ConnectionsPerClient)
	s.counts.incoming.Limit(l.Incoming)
}

// maxMessageSize is how many octets a mail may have; 0: any number.
func (h *handler) maxMessageSize() int64 {
	if l := h.counts.limits.Load(); l != nil {
		return l.MaxMessageSize
	}
	return h.Limits.MaxMessageSize
}

// smallBody is what a request may bring in any case, as whoever sends small mail shall
// not suffer from those who send large.
const smallBody = 64 << 10

// errNoRoom is the answer to a request for whose body there is none.
var errNoRoom = huma.Error503ServiceUnavailable("Too much mail at once, try again later.")

// admit has what a request brings counted as it comes, until release is called. It
// refuses one that says at once that it brings more than there is room for. What it
// returns is a copy: of its own request the server has to know the body as it made it, or
// it would take what nobody has read of one that was closed for the next request.
func (h *handler) admit(r *http.Request) (counted *http.Request, release func(), err error) {
	if r.Body == nil || r.ContentLength == 0 || r.ContentLength > 0 && r.ContentLength <= smallBody {
		return r, func() {}, nil
	}
	if n := r.ContentLength; n > h.counts.incoming.Room() {
		return nil, nil, errNoRoom
	}
	body := &countedBody{ReadCloser: r.Body, room: &h.counts.incoming}
	counted = r.WithContext(r.Context())
	counted.Body = body
	return counted, body.release, nil
}

// A countedBody is the body of a request, which takes room as it is read. It is for one
// goroutine at a time.
type countedBody struct {
	io.ReadCloser
	room *limit.Budget
	read int64
	held int64
}

// Read fails with errNoRoom when there is none.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.read += int64(n); b.read <= smallBody {
		return n, err
	}
	if !b.room.Take(int64(n)) {
		return 0, errNoRoom
	}
	b.held += int64(n)
	return n, err
}

func (b *countedBody) release() {
	b.room.Give(b.held)
	b.held = 0
}

// kinds are those of event streams.
func kinds() []string { return []string{"websocket", "sse"} }

// streams are the clients that follow the events.
type streams struct {
	mu  sync.Mutex // guards all
	all map[*follower]string
}

// begin counts a client, until the function is called that it returns.
func (s *streams) begin(f *follower, kind string) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*follower]string{}
	}
	s.all[f] = kind
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, f)
	}
}

// count tells how many there are of each kind, and by how many events the slowest is
// behind the latest one.
func (s *streams) count(last uint64) (clients map[string]int, lag map[string]uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clients, lag = map[string]int{}, map[string]uint64{}
	for _, kind := range kinds() {
		clients[kind], lag[kind] = 0, 0
	}
	for f, kind := range s.all {
		clients[kind]++
		if at := f.at.Load(); at < last {
			lag[kind] = max(lag[kind], last-at)
		}
	}
	return clients, lag
}

// A lobby is behind the doors, and turns away those who are too many. Connections pass
// as they are, since the HTTP server wants to know those of TLS; so it is the server
// that tells when they end.
type lobby struct {
	guests *limit.Connections
	log    *slog.Logger

	mu    sync.Mutex          // guards leave
	leave map[net.Conn]func() // for each guest what counts it out
}

func newLobby(guests *limit.Connections, log *slog.Logger) *lobby {
	return &lobby{guests: guests, log: log, leave: map[net.Conn]func(){}}
}

// door is a listener by which only those come who are welcome.
func (l *lobby) door(of net.Listener) net.Listener { return lobbyDoor{of, l} }

type lobbyDoor struct {
	net.Listener
	lobby *lobby
}

// Accept returns the next connection that is welcome.
func (d lobbyDoor) Accept() (net.Conn, error) {
	l := d.lobby
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := limit.Client(c.RemoteAddr())
		v := l.guests.Enter(client)
		if v == limit.Welcome {
			l.enter(c, client)
			return c, nil
		}
		if n := l.guests.Tell(time.Now()); n > 0 {
			l.log.Warn("HTTP clients turned away", "limit", string(v), "client", client, "count", n)
		}
		turnAway(c)
	}
}

func (l *lobby) enter(c net.Conn, client string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave[c] = func() { l.guests.Leave(client) }
}

// exit counts a guest out. Twice is fine.
func (l *lobby) exit(c net.Conn) {
	l.mu.Lock()
	leave := l.leave[c]
	delete(l.leave, c)
	l.mu.Unlock()
	if leave != nil {
		leave()
	}
}

// state is told of each change of a connection. One that becomes a websocket is not
// the server's any more: its handler uses exitKey.
func (l *lobby) state(c net.Conn, s http.ConnState) {
	if s == http.StateClosed {
		l.exit(c)
	}
}

// exitKey has in the context of a request what counts its connection out.
type exitKey struct{}

func (l *lobby) context(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, exitKey{}, func() { l.exit(c) })
}

// exitOf is what counts the connection of a request out.
func exitOf(r *http.Request) func() {
	if exit, ok := r.Context().Value(exitKey{}).(func()); ok {
		return exit
	}
	return func() {}
}

// turnAway tells a client that there are too many. It must not hold up those behind
// it: what is said fits into the buffer of a new connection, and a client that
// would have to shake hands for it learns nothing.
func turnAway(c net.Conn) {
	const problem = `{"title":"Service Unavailable","status":503,"detail":"Too many connections, try again later."}` + "\n"
	if _, handshake := c.(*tls.Conn); !handshake {
		c.SetWriteDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\nRetry-After: 5\r\nConnection: close\r\n\r\n%s",
			len(problem), problem)
	}
	c.Close()
}

// rescue ends a request that panics, and its connection, without the others: what
// was written already is not to be taken for a whole answer.
func (h *handler) rescue(r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v != http.ErrAbortHandler {
		h.counts.panics.Add(1)
		h.log.Error("panic in an HTTP request", "method", r.Method, "path", r.URL.Path, "remote", r.RemoteAddr, "panic", v, "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}
