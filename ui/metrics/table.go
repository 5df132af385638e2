package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postroom/postroom/catcher/limit"
)

// A metric is one of those that are told. Names are as Prometheus has them: base
// units, and _total for what only rises.
type metric struct {
	name, help string
	labels     []string
	tell       func(*Figures, Build, *prometheus.Desc, chan<- prometheus.Metric)
}

func (m *metric) desc() *prometheus.Desc {
	return prometheus.NewDesc("postroom_"+m.name, m.help, m.labels, nil)
}

// total is a counter without labels.
func total(name, help string, of func(*Figures) uint64) metric {
	return single(name, help, prometheus.CounterValue, func(f *Figures) float64 { return float64(of(f)) })
}

// gauge is a value that rises and falls, without labels.
func gauge(name, help string, of func(*Figures) float64) metric {
	return single(name, help, prometheus.GaugeValue, of)
}

func single(name, help string, kind prometheus.ValueType, of func(*Figures) float64) metric {
	return metric{name, help, nil, func(f *Figures, _ Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
		out <- prometheus.MustNewConstMetric(d, kind, of(f))
	}}
}

// by is a metric of a value for each label.
func by[V int | uint64](name, help, label string, kind prometheus.ValueType, of func(*Figures) map[string]V) metric {
	return metric{name, help, []string{label}, func(f *Figures, _ Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
		for value, n := range of(f) {
			out <- prometheus.MustNewConstMetric(d, kind, float64(n), value)
		}
	}}
}

// protocols takes one value of each of them.
func protocols[V any](f *Figures, of func(Protocol) V) map[string]V {
	values := map[string]V{}
	for name, p := range f.Protocols {
		values[name] = of(p)
	}
	return values
}

// table is all that is told, but for what the library knows of Go and the process.
func table() []metric {
	return []metric{
		total("messages_total", "Messages that came in, our own reports included.", func(f *Figures) uint64 { return f.Tally.Received }),
		total("message_bytes_total", "Octets of those messages.", func(f *Figures) uint64 { return f.Tally.Octets }),
		total("deliveries_total", "Deliveries that came into their recipients' mailboxes.", func(f *Figures) uint64 { return f.Tally.Delivered }),
		total("queued_total", "Deliveries that came into the queue.", func(f *Figures) uint64 { return f.Tally.Queued }),
		total("relay_attempts_total", "Deliveries that were offered to a next hop.", func(f *Figures) uint64 { return f.Tally.Tried }),
		total("relayed_total", "Deliveries that a next hop took.", func(f *Figures) uint64 { return f.Tally.Relayed }),
		total("bounces_total", "Deliveries that were given up, and their senders told.", func(f *Figures) uint64 { return f.Tally.Bounced }),
		total("badmail_total", "Deliveries that became Badmail.", func(f *Figures) uint64 { return f.Tally.Lost }),
		total("discarded_total", "Messages that were accepted, and not kept for all recipients.", func(f *Figures) uint64 { return f.Tally.Discarded }),
		{"refusals_total", "What went wrong with clients: by which rule, or \"(limit)\", at which stage, and what was done.", []string{"rule", "stage", "did"}, tellRefusals},
		by("sessions_open", "Connections that are open.", "protocol", prometheus.GaugeValue,
			func(f *Figures) map[string]int {
				return protocols(f, func(p Protocol) int { return p.Connections.Open })
			}),
		by("sessions_total", "Connections that were taken.", "protocol", prometheus.CounterValue,
			func(f *Figures) map[string]uint64 {
				return protocols(f, func(p Protocol) uint64 { return p.Connections.Begun })
			}),
		{"connections_refused_total", "Connections that were turned away: too many in all, or of one client.", []string{"protocol", "limit"}, tellTurnedAway},
		by("panics_total", "Sessions, or requests, that a fault in the program has ended.", "protocol", prometheus.CounterValue,
			func(f *Figures) map[string]uint64 {
				return protocols(f, func(p Protocol) uint64 { return p.Panics })
			}),
		gauge("queue_deliveries", "Deliveries in the queue.", func(f *Figures) float64 { return float64(f.Queued) }),
		gauge("queue_oldest_age_seconds", "Age of the oldest message in the queue, by the clock that can be moved; 0 when the queue is empty.", func(f *Figures) float64 { return f.Oldest.Seconds() }),
		gauge("badmail_deliveries", "Deliveries in Badmail.", func(f *Figures) float64 { return float64(f.Badmail) }),
		gauge("store_messages", "Messages in the store.", func(f *Figures) float64 { return float64(f.Messages) }),
		gauge("store_bytes", "Octets of those messages.", func(f *Figures) float64 { return float64(f.Octets) }),
		{"append_duration_seconds", "Time that the store took to keep a message.", nil, tellAppends},
		by("event_clients", "Clients that follow the events.", "kind", prometheus.GaugeValue, func(f *Figures) map[string]int { return f.Streams }),
		by("event_lag_events", "Events by which the slowest of those clients is behind.", "kind", prometheus.GaugeValue, func(f *Figures) map[string]uint64 { return f.Lag }),
		total("event_lagged_total", "Times that such a client was too slow, and has missed events.", func(f *Figures) uint64 { return f.Lagged }),
		by("webhook_events_total", "Events for webhooks: delivered, failed, or dropped as the receiver was slow.", "outcome", prometheus.CounterValue,
			func(f *Figures) map[string]uint64 {
				return map[string]uint64{"delivered": f.Webhooks.Delivered, "failed": f.Webhooks.Failed, "dropped": f.Webhooks.Dropped}
			}),
		gauge("webhook_waiting_events", "Events that wait for a webhook.", func(f *Figures) float64 { return float64(f.Webhooks.Waiting) }),
		{"build_info", "What the program was made of; the value is 1.", []string{"version", "revision", "goversion"},
			func(_ *Figures, b Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
				out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, 1, b.Version, b.Revision, b.Go)
			}},
	}
}

func tellRefusals(f *Figures, _ Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
	for kind, n := range f.Refusals {
		rule := kind.Rule
		if rule == "" {
			rule = "(limit)"
		}
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), rule, kind.Stage, kind.Did)
	}
}

func tellTurnedAway(f *Figures, _ Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
	for name, p := range f.Protocols {
		for _, v := range []limit.Verdict{limit.TooMany, limit.TooManyOfThis} {
			out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(p.Connections.Refused[v]), name, string(v))
		}
	}
}

// tellAppends makes cumulative classes of those that stand for themselves.
func tellAppends(f *Figures, _ Build, d *prometheus.Desc, out chan<- prometheus.Metric) {
	buckets, all := map[float64]uint64{}, uint64(0)
	for i, n := range f.Appends.Counts {
		all += n
		if i < len(f.Appends.Bounds) {
			buckets[f.Appends.Bounds[i].Seconds()] = all
		}
	}
	out <- prometheus.MustNewConstHistogram(d, all, f.Appends.Sum.Seconds(), buckets)
}

// Names are those of all metrics of Postroom's own, sorted.
func Names() []string {
	names := map[string]bool{}
	for _, m := range table() {
		names["postroom_"+m.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
