package catcher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/queue"
	"github.com/postroom/postroom/catcher/relay"
	"github.com/postroom/postroom/catcher/rule"
)

// Queue are the settings of the queue and of relaying. What is zero stands for
// DefaultQueue's.
type Queue struct {
	Retries []time.Duration // pauses between attempts; the last one repeats
	Warn    time.Duration   // mail that has waited so long is reported as delayed
	Expire  time.Duration   // and then given up
	MaxHops int             // mail with more Received headers is given up

	Connections   int // at once, in all
	PerHop        int // at once, to one next hop
	PerConnection int // messages

	ConnectTimeout, CommandTimeout, DataTimeout time.Duration // for a connection, a reply, the reply to a message

	Helo        string // our name to next hops; "": Config.Domain
	Masquerade  string // domain that next hops see in place of Config.Domain in reverse-paths; "": none
	CopyBounces string // address that gets a copy of every bounce; "": none
	Direct      bool   // mail may be brought to the real servers of its recipients' domains

	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network
	Resolver relay.Resolver                                                       // nil: the system's
}

// DefaultQueue returns the settings of the IIS SMTP service, and the time-outs of
// RFC 5321 §4.5.3.2.
func DefaultQueue() Queue {
	return Queue{
		Retries: []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour},
		Warn:    12 * time.Hour, Expire: 48 * time.Hour, MaxHops: 15,
		Connections: 100, PerHop: 10, PerConnection: 20,
		ConnectTimeout: time.Minute, CommandTimeout: 5 * time.Minute, DataTimeout: 10 * time.Minute,
	}
}

func (q Queue) complete() Queue {
	def := DefaultQueue()
	if len(q.Retries) == 0 {
		q.Retries = def.Retries
	}
	q.Warn, q.Expire, q.MaxHops = cmp.Or(q.Warn, def.Warn), cmp.Or(q.Expire, def.Expire), cmp.Or(q.MaxHops, def.MaxHops)
	q.Connections, q.PerHop = cmp.Or(q.Connections, def.Connections), cmp.Or(q.PerHop, def.PerHop)
	q.PerConnection = cmp.Or(q.PerConnection, def.PerConnection)
	q.ConnectTimeout = cmp.Or(q.ConnectTimeout, def.ConnectTimeout)
	q.CommandTimeout = cmp.Or(q.CommandTimeout, def.CommandTimeout)
	q.DataTimeout = cmp.Or(q.DataTimeout, def.DataTimeout)
	return q
}

func (q Queue) schedule() queue.Schedule {
	return queue.Schedule{Retries: q.Retries, Warn: q.Warn, Expire: q.Expire}
}

func (c *Catcher) newQueue() *queue.Queue {
	q := c.cfg.Queue
	return queue.New(queue.Config{
		Store: c.store, Clock: c.cfg.Clock, Log: c.cfg.Log, Schedule: q.schedule(), Grace: c.cfg.Grace,
		Parse: rule.ParseAction,
		BoxOf: func(rcpt mail.Rcpt) string { return c.box(rcpt.Address) },
		Carry: &carrier{c, relay.Client{
			Helo: cmp.Or(q.Helo, c.cfg.Domain), AllowDirect: q.Direct,
			DialTimeout: q.ConnectTimeout, CommandTimeout: q.CommandTimeout, DotTimeout: q.DataTimeout,
			Dial: q.Dial, Resolver: q.Resolver,
		}},
		Report: c.report, Reported: c.reported,
		MaxHops: q.MaxHops, PerConnection: q.PerConnection, PerHop: q.PerHop, Total: q.Connections,
	})
}

// A carrier brings what the queue has to next hops.
type carrier struct {
	c      *Catcher
	client relay.Client
}

// Connect implements queue.Carrier.
func (r *carrier) Connect(ctx context.Context, hop, domain string) (queue.Conn, error) {
	to, err := relay.ParseHop(hop)
	if err != nil {
		reply := &mail.Reply{Code: 550, Enhanced: [3]int{5, 4, 4}, Text: "There is no such next hop"}
		return nil, &queue.Refused{Outcome: queue.Outcome{Reply: reply}, Err: err}
	}
	conn, err := r.client.Connect(ctx, to, domain)
	var failed *relay.Error
	if errors.As(err, &failed) {
		r.c.cfg.Log.Info("next hop not reached", "hop", to.Redacted(), "err", err)
		return nil, &queue.Refused{Outcome: queue.Outcome{Reply: failed.Reply, Host: failed.Host}, Err: err}
	}
	return &carried{r.c, conn}, err
}

// A carried is a connection to a next hop.
type carried struct {
	c *Catcher
	*relay.Conn
}

// Send implements queue.Conn.
func (r *carried) Send(ctx context.Context, m mail.Message, ds []mail.Delivery) []queue.Outcome {
	outcomes := make([]queue.Outcome, len(ds))
	body, size, closer, err := r.c.wire(ctx, &m)
	if err != nil {
		r.c.cfg.Log.Error("message not relayed", "message", m.ID, "err", err)
		return outcomes
	}
	defer closer.Close()
	env := m.Envelope
	env.From, env.To = r.c.masquerade(env.From), make([]mail.Rcpt, len(ds))
	for i, d := range ds {
		env.To[i] = d.Rcpt
	}
	for _, result := range r.Conn.Send(ctx, env, body, size) {
		outcomes[result.Rcpt] = queue.Outcome{Reply: result.Reply, Host: result.Host, DSN: result.DSN}
		if result.Err != nil {
			r.c.cfg.Log.Debug("relay", "message", m.ID, "host", result.Host, "err", result.Err)
		}
	}
	return outcomes
}

// trace is the header that every relay adds: RFC 5321 §4.4.
func (c *Catcher) trace(m *mail.Message) string {
	from, with := "unknown", "SMTP"
	if s := m.Envelope.Session; s != nil {
		from, with = cmp.Or(atom(s.Helo), "unknown"), cmp.Or(atom(s.Protocol), "SMTP")
		if ip, err := netip.ParseAddr(clientOf(s)); err == nil {
			from += " (" + literal(ip) + ")"
		}
	}
	return fmt.Sprintf("Received: from %s\r\n\tby %s (Postroom) with %s id %s;\r\n\t%s\r\n",
		from, c.cfg.Domain, with, m.ID, m.Received.Format(time.RFC1123Z))
}

// atom is text without what cannot stand in a trace header.
func atom(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune("()<>,;\"\\", r) {
			return -1
		}
		return r
	}, text)
}

// literal is an address literal: RFC 5321 §4.1.3.
func literal(ip netip.Addr) string {
	if ip.Is4() || ip.Is4In6() {
		return "[" + ip.Unmap().String() + "]"
	}
	return "[IPv6:" + ip.String() + "]"
}

// masquerade is the reverse-path as next hops see it.
func (c *Catcher) masquerade(from string) string {
	local, ok := strings.CutSuffix(from, "@"+c.cfg.Domain)
	if !ok || c.cfg.Queue.Masquerade == "" {
		return from
	}
	return local + "@" + c.cfg.Queue.Masquerade
}

// wire is the message as a next hop gets it.
func (c *Catcher) wire(ctx context.Context, m *mail.Message) (r io.Reader, size int64, closer io.Closer, err error) {
	body, err := c.store.Open(ctx, m.ID)
	if err != nil {
		return nil, 0, nil, err
	}
	trace := c.trace(m)
	return io.MultiReader(strings.NewReader(trace), body), m.Size + int64(len(trace)), body, nil
}

// Rules are those that decide what goes wrong, and where mail goes.
func (c *Catcher) Rules() *rule.Set { return c.rules }

// obeyed tells that a rule was.
func (c *Catcher) obeyed(f *rule.Facts, d rule.Decision) {
	do := make([]string, len(d.Do))
	for i := range d.Do {
		do[i] = mail.WithoutPassword(d.Do[i].String())
	}
	c.bus.Publish(f.Now, mail.Change{Kind: mail.RuleObeyed, Rule: &mail.Obeyed{
		Rule: d.Rule, Stage: string(f.Stage), Do: strings.Join(do, ", "),
		Session: f.Session, Client: f.Client, From: f.From, To: slices.Clone(f.To),
	}})
}

// hostOf is host:port without the port.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
