package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/metrics"
)

func some(context.Context) (metrics.Figures, error) {
	return metrics.Figures{
		Tally:    mail.Tally{Received: 7, Octets: 700, Bounced: 2},
		Refusals: map[mail.Refusal]uint64{{Rule: `say "no"`, Stage: "rcpt", Did: "refused"}: 3, {Stage: "mail", Did: "refused"}: 1},
		Appends:  mail.Times{Bounds: []time.Duration{time.Millisecond, time.Second}, Counts: []uint64{4, 2, 1}, Sum: 3 * time.Second},
		Protocols: map[string]metrics.Protocol{
			"smtp": {Connections: limit.Count{Open: 5, Begun: 9, Refused: map[limit.Verdict]uint64{limit.TooMany: 6}}, Panics: 1},
		},
		Queued: 8, Oldest: 90 * time.Second, Messages: 11, Octets: 1100,
		Streams: map[string]int{"websocket": 2, "sse": 0}, Lag: map[string]uint64{"websocket": 40, "sse": 0},
		Webhooks: metrics.Webhooks{Waiting: 1, Delivered: 12},
	}, nil
}

func scrape(read func(context.Context) (metrics.Figures, error)) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	build := metrics.Build{Version: "1.2", Revision: "abc", Go: "go1"}
	metrics.Handler(build, read, nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w
}

func TestFiguresAreTold(t *testing.T) {
	t.Parallel()
	text := scrape(some).Body.String()
	for _, line := range []string{
		`postroom_messages_total 7`, `postroom_message_bytes_total 700`, `postroom_bounces_total 2`,
		`postroom_refusals_total{did="refused",rule="say \"no\"",stage="rcpt"} 3`,
		`postroom_refusals_total{did="refused",rule="(limit)",stage="mail"} 1`,
		`postroom_append_duration_seconds_bucket{le="0.001"} 4`, `postroom_append_duration_seconds_bucket{le="1"} 6`,
		`postroom_append_duration_seconds_bucket{le="+Inf"} 7`, `postroom_append_duration_seconds_sum 3`, `postroom_append_duration_seconds_count 7`,
		`postroom_sessions_open{protocol="smtp"} 5`, `postroom_sessions_total{protocol="smtp"} 9`, `postroom_panics_total{protocol="smtp"} 1`,
		`postroom_connections_refused_total{limit="all",protocol="smtp"} 6`, `postroom_connections_refused_total{limit="client",protocol="smtp"} 0`,
		`postroom_queue_deliveries 8`, `postroom_queue_oldest_age_seconds 90`, `postroom_store_messages 11`, `postroom_store_bytes 1100`,
		`postroom_event_clients{kind="websocket"} 2`, `postroom_event_lag_events{kind="websocket"} 40`, `postroom_event_clients{kind="sse"} 0`,
		`postroom_webhook_waiting_events 1`, `postroom_webhook_events_total{outcome="delivered"} 12`,
		`postroom_build_info{goversion="go1",revision="abc",version="1.2"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	for _, name := range metrics.Names() {
		if !strings.Contains(text, "\n# TYPE "+name+" ") {
			t.Errorf("%s is not told", name)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestNamesAreAsPrometheusHasThem asks its own linter.
func TestNamesAreAsPrometheusHasThem(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(bytes.NewReader(scrape(some).Body.Bytes())).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "postroom_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestFailureToReadIsAnError(t *testing.T) {
	t.Parallel()
	w := scrape(func(context.Context) (metrics.Figures, error) {
		return metrics.Figures{}, errors.New("the disk is gone")
	})
	if w.Code != 500 || !strings.Contains(w.Body.String(), "the disk is gone") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestHandlersShareNothing: two of them may live in one process, and be asked at once.
func TestHandlersShareNothing(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if w := scrape(some); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
}
