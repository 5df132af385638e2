package ui_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// A logBook is a log that can be read while it is written.
type logBook struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// serving serves until the test ends, as the program does.
func serving(t *testing.T, s *ui.Server) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A panicking backend has a fault.
type panicking struct{ ui.Backend }

func (panicking) Boxes(context.Context) ([]store.Box, error) { panic("boom") }

// TestPanicEndsOneRequest: its connection ends, others go on, and it is logged and
// counted.
func TestPanicEndsOneRequest(t *testing.T) {
	t.Parallel()
	var book logBook
	s := &ui.Server{Backend: panicking{newCatcher(t, catcher.Config{})}, Log: slog.New(slog.NewTextHandler(&book, nil))}
	addr := serving(t, s)
	if resp, err := http.Get("http://" + addr + "/v1/mailboxes"); err == nil {
		resp.Body.Close()
		t.Errorf("it was answered: %s", resp.Status)
	}
	resp, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if n := s.Counts().Panics; n == 0 || !strings.Contains(book.String(), `msg="panic in an HTTP request" method=GET path=/v1/mailboxes`) {
		t.Errorf("%d panics, log %s", n, book.String())
	}
}

// TestTooManyHTTPConnections: those beyond the limits get 503, and when somebody
// leaves there is room again.
func TestTooManyHTTPConnections(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string][2]int{"all": {2, 0}, "client": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &ui.Server{Backend: newCatcher(t, catcher.Config{}), Limits: ui.Limits{Connections: limits[0], ConnectionsPerClient: limits[1]}}
			addr := serving(t, s)
			ask := func() (net.Conn, *http.Response) {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				return c, resp
			}
			first, ok := ask()
			_, ok2 := ask()
			_, not := ask()
			if ok.StatusCode != 200 || ok2.StatusCode != 200 || not.StatusCode != 503 || not.Header.Get("Retry-After") == "" {
				t.Errorf("%s, %s, %s", ok.Status, ok2.Status, not.Status)
			}
			if n := s.Counts().Connections; n.Open != 2 || n.Begun != 2 || n.Refused["all"]+n.Refused["client"] != 1 {
				t.Errorf("%+v", n)
			}
			fmt.Fprint(first, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			if _, err := io.Copy(io.Discard, first); err != nil {
				t.Error(err)
			}
			for s.Counts().Connections.Open != 1 { // the server has to notice
			}
			if _, again := ask(); again.StatusCode != 200 {
				t.Errorf("when there was room again: %s", again.Status)
			}
		})
	}
}

// TestFollowersAreCounted: as long as they are there, and by how far they are behind.
func TestFollowersAreCounted(t *testing.T) {
	t.Parallel()
	c := newCatcher(t, catcher.Config{Clock: clock.NewManual(born)})
	s := &ui.Server{Backend: c}
	addr := serving(t, s)
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+addr+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); err != nil { // hello
		t.Fatal(err)
	}
	if n := s.Counts(); n.Connections.Open != 1 || n.Streams["websocket"] != 1 || n.Streams["sse"] != 0 || n.Lag["websocket"] != 0 {
		t.Errorf("%+v", n)
	}
	conn.Close()
	for n := s.Counts(); n.Streams["websocket"] != 0 || n.Connections.Open != 0; n = s.Counts() { // the server has to notice
	}
}

// TestTooMuchMailAtOnceOverHTTP: large requests share what there is; small ones always
// pass.
func TestTooMuchMailAtOnceOverHTTP(t *testing.T) {
	t.Parallel()
	s := &ui.Server{Backend: newCatcher(t, catcher.Config{}), Limits: ui.Limits{Incoming: 200 << 10, MaxMessageSize: 1 << 20}}
	addr := serving(t, s)
	post := func(path, contentType string, body io.Reader) *http.Response {
		resp, err := http.Post("http://"+addr+path, contentType, body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	send := func(body io.Reader) *http.Response {
		return post("/v1/messages?to=a@a.test&from=b@b.test", "message/rfc822", body)
	}
	large := strings.Repeat("x", 150<<10)
	held, write := io.Pipe()
	first := make(chan int)
	go func() {
		req, _ := http.NewRequest("POST", "http://"+addr+"/v1/messages?to=a@a.test&from=b@b.test", held)
		req.Header.Set("Content-Type", "message/rfc822")
		req.ContentLength = int64(len(large))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			first <- 0
			return
		}
		resp.Body.Close()
		first <- resp.StatusCode
	}()
	io.WriteString(write, large[:100<<10])
	for s.Counts().Incoming < 30<<10 { // until it was read
	}
	if resp := send(strings.NewReader(strings.Repeat("x", 199<<10))); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("that says how large it is: %s", resp.Status)
	}
	if resp := send(struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 300<<10))}); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("that does not: %s", resp.Status)
	}
	json := struct{ io.Reader }{strings.NewReader(`{"subject":"` + strings.Repeat("x", 300<<10) + `"}`)}
	if resp := post("/v1/messages/compose", "application/json", json); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("JSON: %s", resp.Status)
	}
	if resp := send(strings.NewReader(large[:60<<10])); resp.StatusCode/100 != 2 {
		t.Errorf("small: %s", resp.Status)
	}
	if resp := send(struct{ io.Reader }{strings.NewReader("small, and its size not told")}); resp.StatusCode/100 != 2 {
		t.Errorf("small, of unknown size: %s", resp.Status)
	}
	io.WriteString(write, large[100<<10:])
	if status := <-first; status/100 != 2 {
		t.Errorf("the first: %d", status)
	}
	if resp := send(strings.NewReader(large)); resp.StatusCode/100 != 2 {
		t.Errorf("when there was room again: %s", resp.Status)
	}
	for s.Counts().Incoming != 0 { // the last handler ends after its answer
	}
}

// TestBrokenOff: a request that ends too early is the client's fault.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	addr := serving(t, &ui.Server{Backend: newCatcher(t, catcher.Config{})})
	for _, path := range []string{"/v1/messages/seen", "/v1/rules", "/v1/messages"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", path)
		c.(*net.TCPConn).CloseWrite()
		text, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") || !strings.Contains(string(text), "could not be read to its end") {
			t.Errorf("%s: %v, %s", path, err, text)
		}
	}
}

// picky settings take no change.
type picky struct{}

func (picky) List() []api.Setting            { return nil }
func (picky) Change(map[string]string) error { return ui.SettingError{Name: "x", Problem: "not that"} }

func TestSettingThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Settings = picky{} })
	a := s.do("PATCH", "/v1/settings", `{"x":"y"}`, "Content-Type", "application/json").is(422)
	if !strings.Contains(string(a.body), `"location":"body.x"`) || !strings.Contains(string(a.body), `"value":"y"`) {
		t.Errorf("%s", a.body)
	}
	s.do("PATCH", "/v1/settings", `{"x":"y"}`, "Content-Type", "application/json", "Origin", "https://evil.test").is(403)
	s.do("DELETE", "/v1/settings", "").is(405)
	none := start(t, catcher.Config{})
	none.do("PATCH", "/v1/settings", `{"x":"y"}`, "Content-Type", "application/json").is(404)
	none.do("GET", "/v1/settings", "").is(200)
}
