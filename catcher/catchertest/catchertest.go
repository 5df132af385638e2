// Package catchertest gives a Go test a mail server of its own.
//
//	func TestSignUp(t *testing.T) {
//		t.Parallel()
//		m := catchertest.Start(t)
//		app := newApp(m.SMTPAddr())
//
//		app.SignUp("alice@a.test")
//
//		welcome := m.Expect(t, expect.Want{
//			To:    "alice@a.test",
//			Match: []expect.Test{{Field: "subject", Contains: "Welcome"}},
//			Count: expect.Count{Exactly: 1},
//		})
//		app.Confirm(welcome.Link(t, "Confirm"), welcome.Code(t))
//		m.ExpectNone(t, expect.Want{To: "bob@a.test"})
//	}
//
// It has ports, a store and a clock of its own, starts in less than a millisecond,
// and ends with the test: thousands of them fit into one process. What does not
// arrive fails the test with a report that says what came instead. See
// Catcher.Rule and Clock for bad days.
package catchertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/pop3"
)

// A Catcher is a running one. The embedded catcher.Catcher can do all the rest.
type Catcher struct {
	*catcher.Catcher
	Clock *Clock // by which it goes

	tb         testing.TB
	smtp, pop3 string
}

// An Option changes how Start does things.
type Option func(*options)

type options struct {
	config catcher.Config
	rules  []string
}

// Config is the configuration of the catcher. The first option should be this one:
// others change it.
func Config(cfg catcher.Config) Option { return func(o *options) { o.config = cfg } }

// Rules are there from the beginning; see Catcher.Rule.
func Rules(lines ...string) Option {
	return func(o *options) { o.rules = append(o.rules, lines...) }
}

// Frozen lets the clock stand still, at now, until it is moved.
func Frozen(now time.Time) Option {
	return func(o *options) { o.config.Clock = clock.NewManual(now) }
}

// Start starts a catcher that ends with the test, with SMTP and POP3 on free ports of
// the loopback interface. It logs warnings and errors to the test.
func Start(tb testing.TB, opts ...Option) *Catcher {
	tb.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if o.config.Log == nil {
		out := &testLog{tb: tb}
		tb.Cleanup(out.stop)
		o.config.Log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	smtp, pop := listen(tb), listen(tb)
	made, err := catcher.New(o.config)
	if err != nil {
		tb.Fatalf("catchertest: %v", err)
	}
	m := &Catcher{Catcher: made, Clock: &Clock{tb, made}, tb: tb, smtp: smtp.Addr().String(), pop3: pop.Addr().String()}
	m.run(tb, smtp, pop, o.config)
	for _, line := range o.rules {
		m.Rule(line)
	}
	return m
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("catchertest: %v", err)
	}
	tb.Cleanup(func() { l.Close() }) // which whoever serves has done before
	return l
}

// run serves until the test ends. A test that has failed is told what there was.
func (m *Catcher) run(tb testing.TB, smtp, pop net.Listener, cfg catcher.Config) {
	ctx, cancel := context.WithCancel(context.Background())
	mailboxes := &pop3.Server{
		Backend: m, Domain: cfg.Domain, Log: cfg.Log, Rules: m.Rules(), Document: m.AtRetr, Clock: m.Catcher.Clock(),
		TLS: cfg.TLS, RequireTLS: cfg.RequireTLS, Grace: cfg.Grace,
	}
	served := make(chan error, 3)
	go func() { served <- m.ServeSMTP(ctx, smtp) }()
	go func() { served <- mailboxes.Serve(ctx, pop) }()
	go func() { served <- m.Run(ctx) }()
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(m.summary())
		}
		cancel()
		for range 3 {
			if err := <-served; err != nil {
				tb.Errorf("catchertest: %v", err)
			}
		}
		if err := m.Close(); err != nil {
			tb.Errorf("catchertest: %v", err)
		}
	})
}

// A testLog writes to a test as long as that lasts.
type testLog struct {
	mu sync.Mutex
	tb testing.TB // nil once it has ended
}

func (l *testLog) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tb = nil
}

func (l *testLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tb != nil {
		l.tb.Log(strings.TrimSuffix(string(line), "\n"))
	}
	return len(line), nil
}

// SMTPAddr is where it takes mail, as host:port.
func (m *Catcher) SMTPAddr() string { return m.smtp }

// POP3Addr is where its mailboxes can be read, as host:port. The user is the address,
// and any password does.
func (m *Catcher) POP3Addr() string { return m.pop3 }

// A Rule is one that was added.
type Rule struct {
	m  *Catcher
	id string
}

// Rule adds a rule, such as `rcpt to=full@* reply 552 5.2.2 "Mailbox full"`. One added later comes
// after those added before; see package rule for the language. A bad one fails the test.
func (m *Catcher) Rule(line string) Rule {
	m.tb.Helper()
	parsed, err := rule.Parse(line)
	if err != nil {
		m.tb.Fatalf("catchertest: rule %q: %v", line, err)
	}
	added, err := m.Rules().Add(parsed)
	if err != nil {
		m.tb.Fatalf("catchertest: rule %q: %v", line, err)
	}
	return Rule{m, added[0].ID}
}

// Applied says how often the rule was obeyed; 0 also once it is removed.
func (r Rule) Applied() int {
	for _, l := range r.m.Rules().List(r.m.Clock.Now()) {
		if l.Rule.ID == r.id {
			return int(l.Applied)
		}
	}
	return 0
}

// Remove removes the rule. Twice is fine.
func (r Rule) Remove() { r.m.Rules().Remove(r.id) }

// A Clock is the one that rules, the queue and expiry go by. The time-outs of
// connections, and of Expect, do not.
type Clock struct {
	tb testing.TB
	c  *catcher.Catcher
}

// Now is what it shows.
func (c *Clock) Now() time.Time { return c.c.Clock().Now() }

// Advance moves it ahead, and returns when all that fell due on the way has run.
func (c *Clock) Advance(d time.Duration) {
	c.tb.Helper()
	if err := c.c.Advance(c.tb.Context(), d); err != nil {
		c.tb.Fatalf("catchertest: advance the clock: %v", err)
	}
}

// Freeze lets it stand still.
func (c *Clock) Freeze() { c.movable().Freeze() }

// Resume lets it run again.
func (c *Clock) Resume() { c.movable().Resume() }

// SetSpeed lets so many seconds pass in one.
func (c *Clock) SetSpeed(speed float64) { c.movable().SetSpeed(speed) }

func (c *Clock) movable() *clock.Movable {
	c.tb.Helper()
	m, ok := c.c.Clock().(*clock.Movable)
	if !ok {
		c.tb.Fatal("catchertest: ", catcher.ErrFixedClock)
	}
	return m
}

// Send sends a mail over SMTP, as an application would. A refusal is a
// *textproto.Error of package net/textproto with the reply's code.
func (m *Catcher) Send(from, to, subject, text string) error {
	return m.SendRaw(from, []string{to}, fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\n\r\n%s\r\n", from, to, subject, text))
}

// Address returns an address that nothing else in the process has: PREFIX-… at
// a.test.
func (m *Catcher) Address(prefix string) string {
	m.tb.Helper()
	id, err := m.Cursor()
	if err != nil {
		m.tb.Fatalf("catchertest: %v", err)
	}
	return fmt.Sprintf("%s-%s@a.test", cmp.Or(prefix, "test"), strings.ToLower(id.String()))
}

// summary lists the mail that there is, and what was tried, in short.
func (m *Catcher) summary() string {
	const most = 20
	var b strings.Builder
	page, err := m.list("", most)
	if err != nil {
		return "catchertest: " + err.Error()
	}
	fmt.Fprintf(&b, "The mail at the end of the test, newest first: %d", len(page.Messages))
	if page.More {
		b.WriteString(" and more")
	}
	for i := range page.Messages {
		msg := &page.Messages[i]
		fmt.Fprintf(&b, "\n  %s from <%s>: %q", msg.Received.Format(time.TimeOnly), msg.Envelope.From, m.subject(msg))
		for _, d := range msg.Deliveries {
			fmt.Fprintf(&b, "\n    %s for <%s>, in %s", d.State, d.Rcpt.Address, d.Box)
		}
	}
	for _, a := range m.Attempts(mail.ID{}, most, nil) {
		fmt.Fprintf(&b, "\n  %s %s at %s: from <%s> to %s", a.At.Format(time.TimeOnly), a.Did, a.Stage, a.From, strings.Join(a.To, ", "))
		if a.Reply != nil {
			fmt.Fprintf(&b, ": %v", a.Reply)
		}
	}
	return b.String()
}

func (m *Catcher) subject(msg *mail.Message) string {
	raw, err := m.raw(msg.ID)
	if err != nil {
		return err.Error()
	}
	return parse(raw).Get("Subject")
}

// raw reads a whole message.
func (m *Catcher) raw(id mail.ID) (all []byte, err error) {
	r, err := m.Open(context.Background(), id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}
