package main

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/pop3"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/metrics"
)

// figures reads what /metrics tells from all that runs.
type figures struct {
	catcher *catcher.Catcher
	pop3    *pop3.Server // nil: it is off
	page    *ui.Server
}

func (f figures) handler(log *slog.Logger) http.Handler {
	return metrics.Handler(metrics.Build{Version: version, Revision: revision(), Go: runtime.Version()}, f.read, log)
}

func (f figures) read(ctx context.Context) (metrics.Figures, error) {
	n := metrics.Figures{
		Tally:     f.catcher.Tally(),
		Refusals:  f.catcher.Refusals(),
		Appends:   f.catcher.AppendTimes(),
		Protocols: map[string]metrics.Protocol{"smtp": {Connections: f.catcher.Connections(), Panics: f.catcher.Panics()}},
	}
	if f.pop3 != nil {
		n.Protocols["pop3"] = metrics.Protocol{Connections: f.pop3.Connections(), Panics: f.pop3.Panics()}
	}
	page := f.page.Counts()
	n.Protocols["http"] = metrics.Protocol{Connections: page.Connections, Panics: page.Panics}
	n.Streams, n.Lag, n.Lagged = page.Streams, page.Lag, page.Lagged
	for _, w := range f.page.Webhooks {
		s := w.Status()
		n.Webhooks.Waiting += s.Queued
		n.Webhooks.Delivered += s.Delivered
		n.Webhooks.Failed += s.Failed
		n.Webhooks.Dropped += s.Dropped
	}
	return n, f.stored(ctx, &n)
}

// stored fills in what is in the store.
func (f figures) stored(ctx context.Context, n *metrics.Figures) error {
	all, err := f.catcher.Box(ctx, "")
	if err != nil {
		return err
	}
	queue, err := f.catcher.Box(ctx, mail.QueueBox)
	if err != nil {
		return err
	}
	badmail, err := f.catcher.Box(ctx, mail.BadmailBox)
	if err != nil {
		return err
	}
	n.Messages, n.Octets, n.Queued, n.Badmail = all.Messages, all.Bytes, queue.Messages, badmail.Messages
	oldest, err := f.catcher.List(ctx, store.Query{Box: mail.QueueBox, Oldest: true, Limit: 1, Bare: true})
	if err == nil && len(oldest.Messages) > 0 {
		n.Oldest = max(0, f.catcher.Clock().Now().Sub(oldest.Messages[0].Received))
	}
	return err
}

// revision is what the program was built from; "" when that is not known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
