package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	readLimit      = 4 << 10     // of a message from a websocket client, which has nothing to say
	goodbyeTimeout = time.Second // for a client to confirm that the websocket is closed
)

// A line is the way to one client. Only the goroutine that follows uses it.
type line interface {
	send(frame []byte, seq uint64) error
	ping() error
}

// follow sends frames until ctx ends, the server goes away, the events end or
// the client is lost. A slow client holds up nobody: its events wait in the bus
// until they are overwritten, and one write may take only so long.
func (f *follower) follow(ctx context.Context, to line) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.h.gate.going, cancel)()

	frame, err := f.hello()
	pinged := time.Now()
	for {
		if !stillKnown(ctx) {
			return errLoggedOut
		}
		if len(frame) > 0 {
			if serr := to.send(frame, f.seq); serr != nil {
				return serr
			}
		}
		if err != nil {
			return err
		}
		beat := f.h.beat()
		if time.Since(pinged) >= beat {
			if err := to.ping(); err != nil {
				return err
			}
			pinged = time.Now()
		}
		wait, done := context.WithDeadline(ctx, pinged.Add(beat))
		frame, err = f.next(wait)
		done()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			err = nil // time to ping
		}
	}
}

// times are those of a connection; zero stands for the constant.
type times struct{ beat, patience, write, hold time.Duration }

// hold is how long a call of /v1/expect waits.
func (h *handler) hold() time.Duration { return cmp.Or(h.times.hold, longestHold) }

// beat is how often a client is pinged.
func (h *handler) beat() time.Duration { return cmp.Or(h.times.beat, pingEvery) }

// patience is how long a websocket client may give no sign of life.
func (h *handler) patience() time.Duration { return cmp.Or(h.times.patience, pongTimeout) }

// writeBy is when a write that starts now must be done.
func (h *handler) writeBy() time.Time { return time.Now().Add(cmp.Or(h.times.write, writeTimeout)) }

// serveWebsocket runs until either side goes away. A second goroutine reads, to
// notice pongs and the end.
func (h *handler) serveWebsocket(w http.ResponseWriter, r *http.Request, f *follower) error {
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil // Upgrade has told the client
	}
	defer exitOf(r)()
	defer conn.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(r.Context(), func() { conn.Close() })() // the grace is over

	var reading sync.WaitGroup
	reading.Go(func() {
		defer cancel()
		listen(conn, h.patience())
	})
	defer h.counts.streams.begin(f, "websocket")()
	err = f.follow(ctx, wsLine{h, conn})
	h.log.Debug("websocket ends", "remote", r.RemoteAddr, "why", err)

	bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
	if conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(goodbyeTimeout)) != nil {
		conn.Close()
	}
	late := time.AfterFunc(goodbyeTimeout, func() { conn.Close() })
	defer late.Stop()
	reading.Wait()
	return nil
}

// listen reads until the client closes or has sent no pong for too long.
func listen(conn *websocket.Conn, patience time.Duration) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(patience)) }
	conn.SetReadLimit(readLimit)
	conn.SetPongHandler(alive)
	if alive("") != nil {
		return
	}
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}

type wsLine struct {
	h    *handler
	conn *websocket.Conn
}

func (l wsLine) send(frame []byte, _ uint64) error {
	if err := l.conn.SetWriteDeadline(l.h.writeBy()); err != nil {
		return err
	}
	return l.conn.WriteMessage(websocket.TextMessage, frame)
}

func (l wsLine) ping() error {
	return l.conn.WriteControl(websocket.PingMessage, nil, l.h.writeBy())
}

// serveSSE writes server-sent events (HTML standard §9.2), each with the number
// to go on from as its id.
func (h *handler) serveSSE(w http.ResponseWriter, r *http.Request, f *follower) error {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("X-Accel-Buffering", "no") // nginx would keep them back
	if r.Method == http.MethodHead {
		return nil
	}
	l := sseLine{h, w, http.NewResponseController(w)}
	// The server's time limit for reading a request would end the stream.
	if err := l.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	defer h.counts.streams.begin(f, "sse")()
	err := f.follow(r.Context(), l)
	h.log.Debug("event stream ends", "remote", r.RemoteAddr, "why", err)
	return nil
}

type sseLine struct {
	h  *handler
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (l sseLine) send(frame []byte, seq uint64) error {
	return l.write("id: %d\ndata: %s\n\n", seq, frame)
}

func (l sseLine) ping() error { return l.write(": still here\n\n") }

func (l sseLine) write(format string, args ...any) error {
	if err := l.rc.SetWriteDeadline(l.h.writeBy()); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(l.w, format, args...); err != nil {
		return err
	}
	return l.rc.Flush()
}
