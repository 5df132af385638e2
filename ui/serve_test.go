package ui_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
)

// serve runs Serve on a free port. stop ends it and gives its error.
func serve(t *testing.T, s *ui.Server) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	stop = func() error {
		cancel()
		select {
		case err := <-done:
			done <- err
			return err
		case <-time.After(patience):
			t.Fatal("Serve does not end")
			return nil
		}
	}
	t.Cleanup(func() { stop() })
	return l.Addr().String(), stop
}

func TestServeEndsStreams(t *testing.T) {
	t.Parallel()
	address, stop := serve(t, &ui.Server{Backend: newCatcher(t, catcher.Config{})})
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+address+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	resp, err := http.Get("http://" + address + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()

	ended := make(chan error, 1)
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := stop(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := <-ended; !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("websocket ended with %v, want going away", err)
	}
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("SSE was cut: %v", err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the listener is still open")
	}
}

// A client that does not let go is cut when the grace is over, and so is a
// request that does not end.
func TestServeCutsAfterTheGrace(t *testing.T) {
	t.Parallel()
	inside, cut := make(chan struct{}), make(chan struct{})
	address, stop := serve(t, &ui.Server{
		Backend: newCatcher(t, catcher.Config{}), Grace: time.Millisecond,
		Page: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(inside)
			<-r.Context().Done()
			close(cut)
		}),
	})
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+address+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // it never reads, so it never confirms
	go http.Get("http://" + address + "/")
	<-inside
	if err := stop(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	select {
	case <-cut:
	default:
		t.Error("Serve has ended before the request")
	}
}

// A request within the grace is answered.
func TestServeLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}), make(chan struct{})
	address, stop := serve(t, &ui.Server{
		Backend: newCatcher(t, catcher.Config{}), Grace: patience,
		Page: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(inside)
			<-leave
			io.WriteString(w, "done")
		}),
	})
	answered := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + address + "/")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answered <- string(body)
	}()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(leave)
	if got := <-answered; got != "done" {
		t.Errorf("answer %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	s := &ui.Server{Backend: newCatcher(t, catcher.Config{})}
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener: %v", err)
	}
}

// Streams end when the bus does, even without Serve.
func TestStreamsEndWithTheBus(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	ws, sse := s.websocket(""), s.sse("")
	ws.want("hello")
	sse.want("hello")
	if err := s.backend.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ws.frame(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("websocket: %v", err)
	}
	if _, err := sse.frame(); !errors.Is(err, io.EOF) {
		t.Errorf("SSE: %v", err)
	}
}
