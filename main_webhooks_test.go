package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/postroom/postroom/ui/api"
)

// TestWebhooks: the program posts what happens, and tells how that goes.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	posted := make(chan api.Event, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e api.Event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || r.Header.Get("webhook-signature") == "" {
			t.Errorf("event %+v, %v, headers %v", e, err, r.Header)
		}
		posted <- e
	}))
	t.Cleanup(srv.Close)
	p := start(t, "--webhook", srv.URL+" "+srv.URL+"/too", "--webhook-query", "rcpt:bob@b.test", "--webhook-secret", "s", "--webhook-events", "received,deleted")
	p.sendMail(t, "a@a.test", "Subject: no\r\n\r\n", "alice@b.test")
	p.sendMail(t, "a@a.test", "Subject: yes\r\n\r\n", "bob@b.test")
	for range 2 {
		if e := <-posted; e.Type != "added" || e.Message == nil || e.Message.Subject != "yes" || !slices.Equal(e.What, []string{"received", "delivered"}) {
			t.Errorf("event %+v", e)
		}
	}
	await(t, "the webhooks to say so", func() bool {
		v := decode[api.Webhooks](t, p.get(t, "/v1/webhooks"))
		return len(v.Webhooks) == 2 && v.Webhooks[0].Delivered == 1 && v.Webhooks[1].Delivered == 1 && v.Webhooks[1].URL == srv.URL+"/too"
	})
}
