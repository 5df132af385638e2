package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/ui/metrics"
)

// exposed are the names of the samples in an answer of /metrics.
func exposed(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if name := regexp.MustCompile(`^[a-z_]+`).FindString(line); name != "" {
			names[name] = true
		}
	}
	return names
}

// TestMetrics: the program tells what it has done.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := dialSMTP(t, p.smtp)
	c.send("a@a.test", "b@b.test", plainMail)
	c.ask("250", "MAIL FROM:<a@a.test>")
	c.ask("550", "RCPT TO:<550@sim.test>")
	status, body := p.ask(t, "/metrics")
	text := string(body)
	if status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	for _, line := range []string{
		`postroom_messages_total 1`, `postroom_deliveries_total 1`, `postroom_sessions_open{protocol="smtp"} 1`, `postroom_sessions_open{protocol="pop3"} 0`,
		`postroom_sessions_open{protocol="http"} 1`, `postroom_store_messages 1`, `postroom_append_duration_seconds_count 1`,
		`postroom_panics_total{protocol="smtp"} 0`, `postroom_queue_deliveries 0`, `postroom_event_clients{kind="websocket"} 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if !regexp.MustCompile(`postroom_refusals_total\{did="refused",rule="[^"]*550[^"]*",stage="rcpt"\} 1`).MatchString(text) {
		t.Error("the refusal is not told by its rule")
	}
	names := exposed(text)
	for _, name := range metrics.Names() {
		if !names[name] && !names[name+"_bucket"] {
			t.Errorf("%s is not told", name)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	checkDashboard(t, names)
}

// checkDashboard wants each name in a query of the Grafana dashboard to be one that
// is told, and each that is told of Postroom to be shown.
func checkDashboard(t *testing.T, names map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("docker/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	metric := regexp.MustCompile(`\b(?:postroom|go|process)_[a-z_]+\b`)
	shown := map[string]bool{}
	for _, panel := range board.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			found := metric.FindAllString(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %q: no metric in %s", panel.Title, target.Expr)
			}
			for _, name := range found {
				shown[strings.TrimSuffix(name, "_bucket")] = true
				if !names[name] {
					t.Errorf("panel %q asks for %s, which is not told", panel.Title, name)
				}
			}
		}
	}
	for _, name := range metrics.Names() {
		if !shown[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
	if variables := metric.FindAllString(string(text), -1); slices.ContainsFunc(variables, func(name string) bool { return !names[name] }) {
		t.Errorf("among %v is one that is not told", variables)
	}
}
