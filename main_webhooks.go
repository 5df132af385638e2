package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
)

// webhookSettings are the flags of webhooks.
type webhookSettings struct {
	urls          []string
	query, secret string
	events        []string
}

func (s *webhookSettings) flags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.urls, "webhook", nil, "`URL` that events are posted to, as JSON; several with blanks between them, or several times")
	flags.StringVar(&s.query, "webhook-query", "", "post only events of messages that this `query` finds")
	flags.StringSliceVar(&s.events, "webhook-events", nil, "post only events in which one of these `words` happens: "+strings.Join(ui.Words(), ", ")+" (empty: all but seen, unseen, rule and clock)")
	flags.StringVar(&s.secret, "webhook-secret", "", "`secret` to sign what is posted, as Standard Webhooks has it (empty: no signature)")
}

// list are the webhooks, as far as the flags make them.
func (s *webhookSettings) list() []*ui.Webhook {
	var list []*ui.Webhook
	for _, url := range strings.Fields(strings.Join(s.urls, " ")) {
		list = append(list, &ui.Webhook{URL: url, Query: s.query, Events: s.events, Secret: s.secret, Version: version})
	}
	return list
}

// check refuses what cannot work, without showing passwords.
func (s *webhookSettings) check() error {
	list := s.list()
	if len(list) == 0 && (s.query != "" || s.secret != "" || len(s.events) > 0) {
		return usagef("--webhook-query, --webhook-events and --webhook-secret do nothing without --webhook")
	}
	for _, w := range list {
		if err := w.Check(); err != nil {
			return usageError{fmt.Errorf("--webhook: %w", err)}
		}
	}
	return nil
}

// of are the webhooks for a catcher: what happens from now on is posted.
func (s *webhookSettings) of(c *catcher.Catcher, grace span, log *slog.Logger) []*ui.Webhook {
	list := s.list()
	for _, w := range list {
		w.Backend, w.After, w.Log, w.Grace = c, c.LastEvent(), log, time.Duration(grace)
	}
	return list
}
