package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
)

// queueSettings are the flags of the queue.
type queueSettings struct {
	retries                       spans
	warn, expire                  span
	maxHops, perHop, total, batch count
	connect, command, data        span
	helo, masquerade, copies      string
	direct                        bool
}

func (s *queueSettings) flags(flags *pflag.FlagSet) {
	def := catcher.DefaultQueue()
	s.retries = spans(def.Retries)
	s.warn, s.expire, s.maxHops = span(def.Warn), span(def.Expire), count(def.MaxHops)
	s.perHop, s.total, s.batch = count(def.PerHop), count(def.Connections), count(def.PerConnection)
	s.connect, s.command, s.data = span(def.ConnectTimeout), span(def.CommandTimeout), span(def.DataTimeout)
	flags.Var(&s.retries, "queue-retries", "pauses between attempts to relay; the last one repeats")
	flags.Var(&s.warn, "queue-warn", "report mail as delayed when it has waited for so long")
	flags.Var(&s.expire, "queue-expire", "give mail up when it has waited for so long")
	flags.Var(&s.maxHops, "max-hops", "relay no mail with more Received headers than this")
	flags.Var(&s.total, "relay-connections", "relay over at most so many connections at once")
	flags.Var(&s.perHop, "relay-connections-per-hop", "and over at most so many to one next hop")
	flags.Var(&s.batch, "relay-messages", "relay at most so many messages over one connection")
	flags.Var(&s.connect, "relay-connect-timeout", "wait at most so long for a next hop to take the connection")
	flags.Var(&s.command, "relay-timeout", "wait at most so long for the reply to a command")
	flags.Var(&s.data, "relay-data-timeout", "wait at most so long for the reply to a message")
	flags.StringVar(&s.helo, "relay-helo", "", "our `name` to next hops (empty: that of --domain)")
	flags.StringVar(&s.masquerade, "masquerade", "", "`domain` that next hops see in place of --domain in reverse-paths")
	flags.StringVar(&s.copies, "bounce-copy", "", "`address` that gets a copy of every bounce")
	flags.BoolVar(&s.direct, "allow-direct", false, "let \"relay mx:\" send mail to the real mail servers of the recipients' domains")
}

// config is what the flags say.
func (s *queueSettings) config() catcher.Queue {
	return catcher.Queue{
		Retries: []time.Duration(s.retries), Warn: time.Duration(s.warn), Expire: time.Duration(s.expire),
		MaxHops: int(s.maxHops), PerHop: int(s.perHop), Connections: int(s.total), PerConnection: int(s.batch),
		ConnectTimeout: time.Duration(s.connect), CommandTimeout: time.Duration(s.command), DataTimeout: time.Duration(s.data),
		Helo: s.helo, Masquerade: s.masquerade, CopyBounces: s.copies, Direct: s.direct,
	}
}

// check refuses values that parse but mean nothing.
func (s *queueSettings) check() error {
	for name, zero := range map[string]bool{
		"queue-retries":             len(s.retries) == 0 || slices.Contains(s.retries, 0),
		"queue-warn":                s.warn == 0,
		"queue-expire":              s.expire == 0,
		"max-hops":                  s.maxHops == 0,
		"relay-connections":         s.total == 0,
		"relay-connections-per-hop": s.perHop == 0,
		"relay-messages":            s.batch == 0,
		"relay-connect-timeout":     s.connect == 0,
		"relay-timeout":             s.command == 0,
		"relay-data-timeout":        s.data == 0,
	} {
		if zero {
			return usagef("--%s must not be 0", name)
		}
	}
	for name, value := range map[string]string{"relay-helo": s.helo, "masquerade": s.masquerade} {
		if !isDomain(value) {
			return usagef("--%s %q is no domain name", name, value)
		}
	}
	if _, err := mail.ParseAddress(s.copies); s.copies != "" && err != nil {
		return usagef("--bounce-copy %q: %w", s.copies, err)
	}
	return nil
}

// spans is a flag for time spans: 15m,1h,4h.
type spans []time.Duration

func (l *spans) Type() string { return "durations" }

func (l *spans) String() string {
	texts := make([]string, len(*l))
	for i, d := range *l {
		texts[i] = (*span)(&d).String()
	}
	return strings.Join(texts, ",")
}

func (l *spans) Set(text string) error {
	var list spans
	for part := range strings.SplitSeq(text, ",") {
		var d span
		if err := d.Set(strings.TrimSpace(part)); err != nil {
			return err
		}
		list = append(list, time.Duration(d))
	}
	*l = list
	return nil
}
