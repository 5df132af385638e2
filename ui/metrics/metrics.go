// Package metrics tells the figures of a Postroom to Prometheus. It is the only one
// that knows the Prometheus library.
//
// Nothing is counted here: the figures are read when they are asked for, so that
// they cost nothing when nobody asks.
package metrics

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
)

// Figures are what there is and was at one moment.
type Figures struct {
	Tally    mail.Tally
	Refusals map[mail.Refusal]uint64
	Appends  mail.Times

	Protocols map[string]Protocol // by name: "smtp"…

	Queued  int           // deliveries in the queue
	Oldest  time.Duration // age of its oldest message; 0 when it is empty
	Badmail int           // deliveries

	Messages int // in the store
	Octets   int64

	Streams map[string]int    // clients that follow the events, by kind
	Lag     map[string]uint64 // by how many events the slowest of them is behind
	Lagged  uint64            // times that one was too slow

	Webhooks Webhooks
}

// A Protocol is one by which clients connect.
type Protocol struct {
	Connections limit.Count
	Panics      uint64
}

// Webhooks are all of them together.
type Webhooks struct {
	Waiting                    int
	Delivered, Failed, Dropped uint64
}

// A Build is what the program was made of.
type Build struct{ Version, Revision, Go string }

// readLimit is how long it may take to read the figures.
const readLimit = 5 * time.Second

// Handler answers with the figures that read reads. When it fails the answer is an
// error 500, and the cause goes to the log (nil: nowhere).
func Handler(build Build, read func(context.Context) (Figures, error), log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&collector{build, read},
	)
	// promhttp would do the same and make the program 400 kB larger.
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, err := gather(registry)
		if err != nil {
			log.Error("metrics not told", "err", err)
			http.Error(w, "The figures cannot be read: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", string(expfmt.NewFormat(expfmt.TypeTextPlain)))
		w.Write(text) // the client has left if this fails
	})
}

func gather(registry *prometheus.Registry) ([]byte, error) {
	families, err := registry.Gather()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// A collector reads the figures anew for each answer.
type collector struct {
	build Build
	read  func(context.Context) (Figures, error)
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range table() {
		out <- m.desc()
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	f, err := c.read(ctx)
	for _, m := range table() {
		if err != nil {
			out <- prometheus.NewInvalidMetric(m.desc(), err)
			return
		}
		m.tell(&f, c.build, m.desc(), out)
	}
}
