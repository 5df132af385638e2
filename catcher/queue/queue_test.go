package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// A world is a store with a queue, which can be abandoned and made anew.
type world struct {
	t     testing.TB
	clock *clock.Movable
	store *store.Memory
	queue atomic.Pointer[Queue]
	cfg   Config
	end   func()

	mu       sync.Mutex
	answer   func(rcpt string) Outcome
	refuse   error // of Connect
	connects int
	sends    [][]string     // recipients of each transaction
	taken    map[string]int // how often a recipient was given a 250
	reports  []string
	told     map[string]mail.ID // "kind recipient"
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: clock.NewManual(start), taken: map[string]int{}, told: map[string]mail.ID{}}
	w.store = store.NewMemory(store.Options{
		Clock:   w.clock,
		IDs:     mail.NewIDs(rand.NewChaCha8([32]byte{4})),
		Publish: func(c mail.Change) { w.queue.Load().Note(c) },
	})
	w.answer = func(string) Outcome { return Outcome{Host: "hop:25", Reply: &mail.Reply{Code: 250, Text: "ok"}} }
	w.cfg = Config{Store: w.store, Clock: w.clock, Parse: parse, Carry: w, Report: w.report, Reported: w.reported,
		BoxOf: func(r mail.Rcpt) string { return mail.Box(r.Address) }}
	w.end = func() {}
	w.queue.Store(New(w.cfg))
	t.Cleanup(func() { w.end() })
	return w
}

func parse(route string) (rule.Action, error) {
	kind, rest, _ := strings.Cut(route, " ")
	switch kind {
	case "relay":
		return rule.Action{Kind: rule.Relay, URL: rest}, nil
	case "bounce", "defer", "lose":
		return rule.Action{Kind: rule.Kind(kind), Reply: mail.Reply{Code: map[string]int{"bounce": 550, "defer": 451, "lose": 550}[kind], Text: rest}}, nil
	case "keep", "warn", "autoreply", "complain", "delivered":
		return rule.Action{Kind: rule.Kind(kind)}, nil
	}
	return rule.Action{}, errors.New("no such action")
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	q := w.queue.Load()
	go func() {
		defer close(done)
		if err := q.Run(ctx); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}()
	w.end = func() { cancel(); <-done; w.end = func() {} }
}

// settle lets all run that is due.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.queue.Load().Settled(ctx); err != nil {
		w.t.Fatalf("not settled: %v %+v", err, w.queue.Load().Hops())
	}
}

// advance moves the clock as far, from one thing that is due to the next.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	end := w.clock.Now().Add(d)
	for {
		w.settle()
		next, ok := w.queue.Load().NextDue()
		if !ok || next.After(end) {
			break
		}
		w.clock.Advance(next.Sub(w.clock.Now()))
	}
	w.clock.Advance(end.Sub(w.clock.Now()))
	w.settle()
}

func (w *world) add(from, route string, to ...string) mail.Message {
	w.t.Helper()
	m := mail.Message{Received: w.clock.Now(), Envelope: mail.Envelope{From: from}}
	for _, address := range to {
		rcpt := mail.Rcpt{Address: address}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{Rcpt: rcpt, Box: mail.QueueBox, State: mail.Queued, Next: m.Received, Route: route})
	}
	return w.put(m, "Subject: x\r\n\r\ny\r\n")
}

func (w *world) put(m mail.Message, text string) mail.Message {
	w.t.Helper()
	var body store.Body
	if _, err := io.WriteString(&body, text); err != nil {
		w.t.Fatal(err)
	}
	m, err := w.store.Append(context.Background(), &body, m)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) trail(m mail.Message, n int) string {
	w.t.Helper()
	m, err := w.store.Get(context.Background(), m.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	d, _ := m.Delivery(n)
	text := d.Box + " " + string(d.State) + ":"
	for _, s := range d.Trail {
		text += " " + s.Did
	}
	return text
}

// Connect implements Carrier.
func (w *world) Connect(context.Context, string, string) (Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connects++
	return &fakeConn{w}, w.refuse
}

type fakeConn struct{ w *world }

func (c *fakeConn) Send(_ context.Context, _ mail.Message, ds []mail.Delivery) []Outcome {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	var out []Outcome
	var to []string
	for _, d := range ds {
		o := c.w.answer(d.Rcpt.Address)
		if o.Reply.Code == 250 {
			c.w.taken[d.Rcpt.Address]++
		}
		out, to = append(out, o), append(to, d.Rcpt.Address)
	}
	c.w.sends = append(c.w.sends, to)
	return out
}

func (c *fakeConn) Alive() bool { return true }
func (c *fakeConn) Close()      {}

func (w *world) report(_ context.Context, kind Kind, m mail.Message, ds []mail.Delivery, _ rule.Action) (mail.ID, error) {
	if m.Envelope.From == "" {
		return mail.ID{}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	text := string(kind)
	for _, d := range ds {
		text += " " + d.Rcpt.Address
		w.told[string(kind)+" "+d.Rcpt.Address] = mail.ID{1}
	}
	w.reports = append(w.reports, fmt.Sprint(text, " +", w.clock.Now().Sub(start)))
	return mail.ID{1}, nil
}

func (w *world) reported(_ context.Context, kind Kind, _ mail.Message, d mail.Delivery) (mail.ID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ref, ok := w.told[string(kind)+" "+d.Rcpt.Address]
	return ref, ok
}

func (w *world) reportsAre(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if got, want := strings.Join(w.reports, "\n"), strings.Join(want, "\n"); got != want {
		w.t.Errorf("reports:\n%s\nwant:\n%s", got, want)
	}
}

func TestHopThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse = &Refused{Outcome: Outcome{Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 1}, Text: "No answer"}, Host: "hop:25"}}
	w.run()
	m := w.add("a@a.test", "relay smtp://down", "b@b.test", "c@b.test")
	null := w.add("", "relay smtp://down", "d@b.test")
	w.advance(50 * time.Hour)
	w.reportsAre("delayed b@b.test +12h0m0s", "delayed c@b.test +12h0m0s", "failed b@b.test c@b.test +48h0m0s")
	tries := strings.Repeat(" deferred", 6) + " warned" + strings.Repeat(" deferred", 10)
	if got, want := w.trail(m, 0), "@done bounced:"+tries+" expired bounced"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := w.trail(null, 0), "@badmail lost:"+strings.Repeat(" deferred", 16)+" expired lost"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if hops := w.queue.Load().Hops(); len(hops) != 0 {
		t.Errorf("left: %+v", hops)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{
		"relay smtp://mail": "@done relayed: relayed",
		"bounce no":         "@done bounced: failed bounced",
		"defer later":       "@queue queued: deferred",
		"keep":              "b@b.test delivered: delivered",
		"lose gone":         "@badmail lost: lost",
		"warn":              "@done reported: reported",
		"autoreply":         "@done reported: reported",
		"complain":          "@done reported: reported",
		"delivered":         "@done reported: reported",
		"nonsense":          "@done bounced: failed bounced",
	} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.add("a@a.test", route, "b@b.test") // before Run
			w.run()
			w.settle()
			if got := w.trail(m, 0); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestTransactionsAndConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.PerTransaction, w.cfg.PerHop = 2, 1
	w.queue.Store(New(w.cfg))
	w.add("a@a.test", "relay smtp://mail", "1@b.test", "2@b.test", "3@b.test")
	for range 40 {
		w.add("a@a.test", "relay smtp://mail", "x@b.test")
	}
	w.run()
	w.settle()
	if w.connects != 3 || fmt.Sprint(w.sends[:2]) != "[[1@b.test 2@b.test] [3@b.test]]" {
		t.Errorf("%d connections, %v", w.connects, w.sends[:2])
	}
}

func TestOneConnectForAllThatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.PerHop = 1
	w.queue.Store(New(w.cfg))
	w.refuse = errors.New("down")
	for range 100 {
		w.add("a@a.test", "relay smtp://mail", "x@b.test")
	}
	w.run()
	w.settle()
	if w.connects != 1 {
		t.Errorf("%d connections", w.connects)
	}
}

func TestLoopIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	for n, want := range map[int]string{15: "@done relayed: relayed", 16: "@done bounced: failed bounced"} {
		rcpt := mail.Rcpt{Address: "b@b.test"}
		m := w.put(mail.Message{Received: start, Envelope: mail.Envelope{From: "a@a.test", To: []mail.Rcpt{rcpt}},
			Deliveries: []mail.Delivery{{Rcpt: rcpt, Box: mail.QueueBox, State: mail.Queued, Next: start, Route: "relay smtp://m"}}},
			strings.Repeat("Received: by x\r\n", n)+"\r\nReceived: no\r\n")
		w.settle()
		if got := w.trail(m, 0); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t)
	w.answer = func(string) Outcome { return temporary() }
	w.run()
	q := w.queue.Load()
	m := w.add("a@a.test", "relay smtp://mail", "b@b.test", "c@b.test")
	b, c := m.Deliveries[0].ID, m.Deliveries[1].ID
	w.settle()
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"freeze", func() error { return q.Freeze(ctx, b) }, "@queue held: deferred held"},
		{"retry held", func() error { return q.Retry(ctx, b) }, "@queue held: deferred held"},
		{"thaw", func() error { return q.Thaw(ctx, b) }, "@queue queued: deferred held thawed"},
		{"retry", func() error { return q.Retry(ctx, b) }, "@queue queued: deferred held thawed retried deferred"},
		{"bounce", func() error { return q.Drop(ctx, true, b, c) }, "@done bounced: deferred held thawed retried deferred failed bounced"},
		{"requeue", func() error { return q.Requeue(ctx, b) }, "@queue queued: deferred held thawed retried deferred failed bounced queued deferred"},
		{"reroute", func() error { return q.Reroute(ctx, "keep", b) }, "b@b.test delivered: deferred held thawed retried deferred failed bounced queued deferred rerouted delivered"},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		w.settle()
		if got := w.trail(m, 0); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
	w.reportsAre("failed b@b.test c@b.test +0s")
	if err := q.Retry(ctx, b); !errors.Is(err, ErrNotQueued) {
		t.Errorf("retry of what has left: %v", err)
	}
	if err := q.Freeze(ctx, mail.DeliveryID{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("freeze of nothing: %v", err)
	}
	if err := q.Reroute(ctx, "nonsense", c); err == nil {
		t.Error("a bad route was taken")
	}
}

func TestFrozenHop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	q := w.queue.Load()
	q.FreezeHop("smtp://mail")
	m := w.add("a@a.test", "relay smtp://mail", "b@b.test")
	gone := w.add("a@a.test", "relay smtp://other", "b@b.test")
	w.settle()
	if got := w.trail(m, 0) + w.trail(gone, 0); got != "@queue queued:@done relayed: relayed" {
		t.Error(got)
	}
	hops := q.Hops()
	if len(hops) != 1 || !hops[0].Frozen || hops[0].Waiting != 1 || hops[0].Due != 1 {
		t.Errorf("%+v", hops)
	}
	q.ThawHop("smtp://mail")
	w.settle()
	if got := w.trail(m, 0); got != "@done relayed: relayed" {
		t.Error(got)
	}
}

// A slowCarrier's hop never answers.
type slowCarrier struct{ sending chan struct{} }

func (c slowCarrier) Connect(context.Context, string, string) (Conn, error) { return c, nil }
func (c slowCarrier) Alive() bool                                           { return false }
func (c slowCarrier) Close()                                                {}
func (c slowCarrier) Send(ctx context.Context, _ mail.Message, ds []mail.Delivery) []Outcome {
	close(c.sending)
	<-ctx.Done()
	return make([]Outcome, len(ds))
}

func TestEndWaitsNoLongerThanItsGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow := slowCarrier{make(chan struct{})}
	w.cfg.Carry, w.cfg.Grace, w.cfg.PerHop = slow, time.Millisecond, 1
	w.queue.Store(New(w.cfg))
	m := w.add("a@a.test", "relay smtp://mail", "b@b.test")
	other := w.add("a@a.test", "relay smtp://mail", "c@b.test")
	w.run()
	<-slow.sending
	w.end()
	if got := w.trail(m, 0) + "; " + w.trail(other, 0); got != "@queue queued: deferred; @queue queued:" {
		t.Error(got)
	}
}

// TestReportThatFails: one that went out although Report says otherwise is found.
func TestReportThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.cfg.Report
	w.cfg.Report = func(ctx context.Context, kind Kind, m mail.Message, ds []mail.Delivery, a rule.Action) (mail.ID, error) {
		_, err := report(ctx, kind, m, ds, a)
		return mail.ID{}, errors.Join(err, errors.New("who knows"))
	}
	w.queue.Store(New(w.cfg))
	w.run()
	auto := w.add("a@a.test", "autoreply", "b@b.test")
	lost := w.add("a@a.test", "bounce no", "c@b.test")
	w.advance(time.Minute)
	if got, want := w.trail(auto, 0)+"; "+w.trail(lost, 0), "@done reported: reported; @done bounced: failed bounced"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(w.reports) != 2 {
		t.Errorf("%q", w.reports)
	}
}

func TestFrozenWhileUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.queue.Load()
	m := w.add("a@a.test", "relay smtp://mail", "b@b.test")
	w.answer = func(string) Outcome {
		if err := q.Freeze(context.Background(), m.Deliveries[0].ID); err != nil {
			t.Error(err)
		}
		return temporary()
	}
	w.run()
	w.settle()
	if got := w.trail(m, 0); got != "@queue held: held deferred" {
		t.Error(got)
	}
	hops := q.Hops()
	if len(hops) != 1 || hops[0].Held != 1 || hops[0].Active != 0 || hops[0].Last == nil || hops[0].Last.Code != 451 {
		t.Errorf("%+v", hops)
	}
}

func TestNothingIsBegunWithinAnAction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.queue.Load()
	w.add("a@a.test", "keep", "b@b.test")
	var workers sync.WaitGroup
	q.act(1)
	q.dispatch(t.Context(), t.Context(), &workers)
	during := q.working
	q.act(-1)
	q.dispatch(t.Context(), t.Context(), &workers)
	workers.Wait()
	if m, err := w.store.Box(t.Context(), "b@b.test"); during != 0 || err != nil || m.Messages != 1 {
		t.Errorf("%d workers, then %d messages, %v", during, m.Messages, err)
	}
}

func TestRelayedIsReportedWhenTheHopDoesNot(t *testing.T) {
	t.Parallel()
	for _, dsn := range []bool{false, true} {
		w := newWorld(t)
		w.answer = func(string) Outcome { return Outcome{DSN: dsn, Reply: &mail.Reply{Code: 250}} }
		w.run()
		rcpt := mail.Rcpt{Address: "b@b.test", Notify: mail.NotifySuccess}
		m := w.put(mail.Message{Received: start, Envelope: mail.Envelope{From: "a@a.test", To: []mail.Rcpt{rcpt}},
			Deliveries: []mail.Delivery{{Rcpt: rcpt, Box: mail.QueueBox, State: mail.Queued, Next: start, Route: "relay smtp://m"}}}, "\r\n")
		w.settle()
		want := map[bool]string{false: "@done relayed: relayed reported", true: "@done relayed: relayed"}[dsn]
		if got := w.trail(m, 0); got != want || len(w.reports) != strings.Count(want, "reported") {
			t.Errorf("DSN %v: %s, %q", dsn, got, w.reports)
		}
	}
}

// A dyingStore does so many updates and nothing afterwards.
type dyingStore struct {
	Store
	left atomic.Int64
	dead chan struct{}
}

func (s *dyingStore) Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error) {
	left := s.left.Add(-1)
	if left == -1 {
		close(s.dead)
	}
	if left < 0 {
		return mail.Delivery{}, errors.New("dead")
	}
	return s.Store.Update(ctx, id, change)
}

// TestDeathAtEveryUpdate: whenever the process dies, the next one neither loses
// nor doubles mail or reports, but for a transaction that was not written down.
func TestDeathAtEveryUpdate(t *testing.T) {
	t.Parallel()
	for life := int64(0); ; life++ {
		w := newWorld(t)
		w.answer = func(rcpt string) Outcome {
			if strings.HasPrefix(rcpt, "no") {
				return Outcome{Reply: &mail.Reply{Code: 550, Text: "no"}}
			}
			return Outcome{Reply: &mail.Reply{Code: 250, Text: "ok"}}
		}
		dying := &dyingStore{Store: w.store, dead: make(chan struct{})}
		dying.left.Store(life)
		healthy := w.cfg
		w.cfg.Store = dying
		w.queue.Store(New(w.cfg))
		m := w.add("a@a.test", "relay smtp://mail", "yes1@b.test", "no1@b.test", "no2@b.test", "yes2@b.test")
		null := w.add("", "relay smtp://mail", "no3@b.test")
		auto := w.add("a@a.test", "autoreply", "auto@b.test")
		w.run()
		w.settle()
		w.end()
		w.queue.Store(New(healthy))
		w.run()
		w.settle()
		w.end()
		got := []string{w.trail(m, 0), w.trail(m, 1), w.trail(m, 2), w.trail(m, 3), w.trail(null, 0), w.trail(auto, 0)}
		want := []string{"@done relayed: relayed", "@done bounced: failed bounced", "@done bounced: failed bounced", "@done relayed: relayed",
			"@badmail lost: failed lost", "@done reported: reported"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("life %d: %q", life, got)
		}
		told := map[string]int{}
		for _, r := range w.reports {
			for _, rcpt := range strings.Fields(r)[1:] {
				told[rcpt]++
			}
		}
		if told["no1@b.test"] != 1 || told["no2@b.test"] != 1 || told["auto@b.test"] != 1 {
			t.Fatalf("life %d: %q", life, w.reports)
		}
		twice := 0
		for _, n := range w.taken {
			twice += n - 1
		}
		if len(w.taken) != 2 || twice > 2 {
			t.Fatalf("life %d: taken %v", life, w.taken)
		}
		if dying.left.Load() >= 0 {
			if life != 9 || twice > 0 {
				t.Fatalf("%d updates, %d mails twice with no death", life, twice)
			}
			return
		}
	}
}

// TestFullStoreSendsNothingTwice: an outcome that could not be written down is not
// sought again.
func TestFullStoreSendsNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dying := &dyingStore{Store: w.store, dead: make(chan struct{})}
	w.cfg.Store = dying
	w.queue.Store(New(w.cfg))
	w.run()
	m := w.add("a@a.test", "relay smtp://mail", "b@b.test")
	w.settle()
	<-dying.dead
	dying.left.Store(1000)
	w.advance(time.Minute)
	if got := w.trail(m, 0); got != "@done relayed: relayed" || w.taken["b@b.test"] != 1 {
		t.Errorf("%s, taken %v", got, w.taken)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t)
	w.run()
	q := w.queue.Load()
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			for i := range 50 {
				m := w.add("a@a.test", fmt.Sprintf("relay smtp://mail%d", i%3), fmt.Sprintf("%d.%d@b.test", k, i))
				id := m.Deliveries[0].ID
				_ = q.Freeze(ctx, id) // it may have gone already
				q.Hops()
				q.FreezeHop("smtp://mail1")
				_ = q.Thaw(ctx, id)
				q.ThawHop("smtp://mail1")
			}
		})
	}
	all.Wait()
	w.settle()
	for rcpt, n := range w.taken {
		if n != 1 {
			t.Errorf("%s: %d times", rcpt, n)
		}
	}
	if len(w.taken) != 200 || len(q.Hops()) != 0 {
		t.Errorf("%d taken, %+v", len(w.taken), q.Hops())
	}
}

func BenchmarkDrain(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		for i := range 10000 {
			w.add("a@a.test", "relay smtp://mail", fmt.Sprintf("%d@b.test", i))
		}
		b.StartTimer()
		w.run()
		w.settle()
		w.end()
	}
	b.ReportMetric(10000*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// TestTooManyAtOnce: a hop that takes two recipients at a time gets the others in
// further transactions, without a pause, as long as it takes any.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := 0
	w.answer = func(string) Outcome {
		if asked++; asked%5 == 1 || asked%5 == 2 {
			return Outcome{Host: "hop:25", Reply: &mail.Reply{Code: 250, Text: "ok"}}
		}
		return Outcome{Host: "hop:25", Reply: &mail.Reply{Code: 452, Enhanced: [3]int{4, 5, 3}, Text: "Too many recipients"}}
	}
	w.run()
	w.add("s@s.test", "relay hop", "a@x.test", "b@x.test", "c@x.test", "d@x.test", "e@x.test")
	w.settle()
	// 5, then 3, then 1, which is refused although it is alone: that one has to wait.
	if len(w.sends) != 3 || len(w.sends[1]) != 3 || len(w.sends[2]) != 1 || len(w.taken) != 4 {
		t.Errorf("%v, taken %v", w.sends, w.taken)
	}
	w.answer = func(string) Outcome { return Outcome{Host: "hop:25", Reply: &mail.Reply{Code: 250, Text: "ok"}} }
	w.advance(15 * time.Minute)
	if len(w.taken) != 5 {
		t.Errorf("taken %v", w.taken)
	}
}
