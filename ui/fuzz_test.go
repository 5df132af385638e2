package ui_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
)

// FuzzRequest lets a client ask for anything. Whatever it is, there is an answer that
// says whose fault it was, which is never ours.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /v1/messages?q=subject:x&limit=2&before=x HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /v1/messages/latest/parts/1 HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\n\r\n",
		"GET /v1/messages/latest/html?remote=true HTTP/1.1\r\nHost: [::1]:1\r\nIf-None-Match: *\r\n\r\n",
		"DELETE /v1/mailboxes/a%40b.test HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n\r\n",
		"GET /v1/expect?to=a@b.test&within=0s&extract=code HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n",
		"POST /v1/expect HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 61\r\n\r\n" + `{"match":[{"field":"subject","contains":"x"}],"within":"0s"}` + " ",
		"POST /v1/rules HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n" + `{"text":"rcpt to=* hang"}   `,
		"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: message/rfc822\r\nContent-Length: 8\r\n\r\nA: b\r\n\r\n",
		"GET /v1/events?after=1&what=received HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nLast-Event-ID: 9\r\n\r\n",
		"PATCH /v1/settings HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
	} {
		f.Add(seed)
	}
	c, err := catcher.New(catcher.Config{Clock: clock.NewManual(born), Caps: store.Caps{Messages: 20}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { c.Close() })
	server := &ui.Server{Backend: &backend{Catcher: c}, Clock: clock.NewManual(born), Version: "test", Page: ui.Page("")}
	handler := server.Handler()
	f.Fuzz(func(t *testing.T, raw string) {
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil || websocket.IsWebSocketUpgrade(req) { // which needs a connection
			return
		}
		if _, err := accept(server.Backend, "Subject: x\r\nContent-Type: text/html\r\n\r\n<b>Code: 271828", "a@b.test"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // events and expectations would wait
		defer cancel()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req.WithContext(ctx))
		if w.Code == http.StatusInternalServerError && ctx.Err() == nil {
			t.Errorf("%q is answered with\n%s", raw, w.Body)
		}
	})
}
