package catcher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// inBubble runs a test with a catcher where time passes only when all wait.
func inBubble(t *testing.T, test func(t *testing.T, c *catcher.Catcher)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := catcher.New(catcher.Config{Events: 64})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		test(t, c)
	})
}

// take hands a mail in.
func take(t *testing.T, c *catcher.Catcher, to, subject string) mail.ID {
	t.Helper()
	body := fmt.Sprintf("From: app@shop.test\r\nSubject: %s\r\n\r\nHello, your code is 482913.\r\n", subject)
	receipt, err := c.Accept(t.Context(), mail.Envelope{From: "app@shop.test", To: []mail.Rcpt{{Address: to}}}, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return receipt.ID
}

// expected waits in the background; the function returned waits for the answer.
func expected(t *testing.T, c *catcher.Catcher, w expect.Want) func() expect.Result {
	var res expect.Result
	var err error
	var waiting sync.WaitGroup
	waiting.Go(func() { res, err = c.Expect(t.Context(), w) })
	return func() expect.Result {
		t.Helper()
		waiting.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if res.Met != (res.Report == nil) {
			t.Fatalf("met %v, report %v", res.Met, res.Report)
		}
		return res
	}
}

func wantIDs(t *testing.T, res expect.Result, ids ...mail.ID) {
	t.Helper()
	var got []mail.ID
	for _, m := range res.Mails {
		got = append(got, m.Message.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
}

// wantTook checks how long it was, to the millisecond.
func wantTook(t *testing.T, start time.Time, d time.Duration) {
	t.Helper()
	if took := time.Since(start).Round(time.Millisecond); took != d {
		t.Errorf("took %v, want %v", took, d)
	}
}

func TestExpectWhatIsThere(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		start := time.Now()
		take(t, c, "bob@a.test", "Welcome")
		one, two := take(t, c, "alice@a.test", "Welcome"), take(t, c, "alice@a.test", "Welcome back")
		wantIDs(t, expected(t, c, expect.Want{To: "alice@a.test"})(), two) // the newest is enough
		wantIDs(t, expected(t, c, expect.Want{To: "Alice@A.test", Count: expect.Count{AtLeast: 2}})(), one, two)
		wantIDs(t, expected(t, c, expect.Want{To: "alice@a.test", After: one})(), two)
		wantIDs(t, expected(t, c, expect.Want{Query: "subject:back"})(), two)
		wantTook(t, start, 0)
	})
}

func TestExpectWhatComes(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		start := time.Now()
		answer := expected(t, c, expect.Want{To: "alice@a.test", Match: []expect.Test{{Field: "subject", Contains: "Welcome"}}})
		time.Sleep(3 * time.Second)
		take(t, c, "bob@a.test", "Welcome")
		take(t, c, "alice@a.test", "Hello")
		id := take(t, c, "alice@a.test", "Welcome")
		wantIDs(t, answer(), id)
		wantTook(t, start, 3*time.Second)
	})
}

func TestExpectNothingComes(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		start := time.Now()
		if res := expected(t, c, expect.Want{To: "alice@a.test", Within: 4 * time.Second})(); res.Met || len(res.Mails) > 0 {
			t.Errorf("%+v", res)
		}
		wantTook(t, start, 4*time.Second)
		if res := expected(t, c, expect.Want{To: "alice@a.test", Within: -1})(); res.Met {
			t.Error("met")
		}
		if res := expected(t, c, expect.Want{Within: 5 * time.Second, Begun: start})(); res.Met {
			t.Error("met")
		}
		wantTook(t, start, 5*time.Second)
	})
}

func TestExpectExactly(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		start := time.Now()
		w := expect.Want{To: "alice@a.test", Count: expect.Count{Exactly: 1}, Settle: 300 * time.Millisecond}
		answer := expected(t, c, w)
		time.Sleep(time.Second)
		one := take(t, c, "alice@a.test", "One")
		wantIDs(t, answer(), one)
		wantTook(t, start, 1300*time.Millisecond)

		w.Count.Exactly = 2
		answer = expected(t, c, w)
		two := take(t, c, "alice@a.test", "Two")
		time.Sleep(200 * time.Millisecond)
		three := take(t, c, "alice@a.test", "Three")
		res := answer()
		wantIDs(t, res, one, two, three)
		if res.Met {
			t.Error("three are two")
		}
		wantTook(t, start, 1500*time.Millisecond) // at once
	})
}

func TestExpectNone(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		for _, of := range []struct{ within, settle, took time.Duration }{
			{0, 0, expect.DefaultQuiet},
			{3 * time.Second, 0, 3 * time.Second},
			{3 * time.Second, 400 * time.Millisecond, 400 * time.Millisecond},
			{-1, 0, 0},
			{0, -1, 0},
		} {
			start := time.Now()
			w := expect.Want{To: "alice@a.test", Count: expect.Count{None: true}, Within: of.within, Settle: of.settle}
			if res := expected(t, c, w)(); !res.Met {
				t.Errorf("%v: not met: %s", of, res.Report.Why)
			}
			wantTook(t, start, of.took)
		}
		start := time.Now()
		answer := expected(t, c, expect.Want{To: "alice@a.test", Count: expect.Count{None: true}})
		time.Sleep(time.Second / 2)
		id := take(t, c, "alice@a.test", "Oh")
		res := answer()
		wantIDs(t, res, id)
		if res.Met {
			t.Error("met")
		}
		wantTook(t, start, time.Second/2)
	})
}

func TestExpectFollowsMoves(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		hold, err := rule.Parse("route to=alice@a.test hold")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Rules().Add(hold); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { c.Run(ctx) })
		defer func() { cancel(); running.Wait() }()
		answer := expected(t, c, expect.Want{To: "alice@a.test"})
		queued := expected(t, c, expect.Want{To: "alice@a.test", Mailbox: mail.QueueBox})
		id := take(t, c, "alice@a.test", "Held")
		wantIDs(t, queued(), id)
		time.Sleep(time.Second)
		if _, err := c.ActOnMail(t.Context(), mail.ThawMail, "", mail.DeliveryID{Message: id}); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, answer(), id)
	})
}

func TestExpectIsToldWhatIsWrong(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		var bad *expect.Error
		_, err := c.Expect(t.Context(), expect.Want{Query: "(("})
		if !errors.As(err, &bad) || bad.Field != "query" {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Expect(ctx, expect.Want{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// A guest that sleeps through more events than the bus keeps looks again.
func TestExpectAmongMany(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		var answers []func() expect.Result
		for i := range 50 {
			answers = append(answers, expected(t, c, expect.Want{To: fmt.Sprintf("u%d@a.test", i), Count: expect.Count{AtLeast: 20}}))
		}
		all := expected(t, c, expect.Want{Count: expect.Count{AtLeast: 1000}})
		synctest.Wait()
		var sending sync.WaitGroup
		for i := range 50 {
			sending.Go(func() {
				for range 20 {
					take(t, c, fmt.Sprintf("u%d@a.test", i), "Hi")
				}
			})
		}
		sending.Wait()
		for _, answer := range answers {
			if res := answer(); !res.Met || len(res.Mails) != 20 {
				t.Errorf("%d mails, %v", len(res.Mails), res.Met)
			}
		}
		if res := all(); len(res.Mails) != 1000 {
			t.Errorf("%d mails", len(res.Mails))
		}
	})
}

// pipes is a listener whose connections stay within the process.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// session opens an SMTP session, says lines and reads until a reply to the last one.
func (p *pipes) session(t *testing.T) net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	go io.Copy(io.Discard, ours)
	t.Cleanup(func() { ours.Close() })
	return ours
}

func say(t *testing.T, c net.Conn, lines ...string) {
	t.Helper()
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func withSMTP(t *testing.T, test func(t *testing.T, c *catcher.Catcher, p *pipes)) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { c.ServeSMTP(ctx, p) })
		defer func() { cancel(); serving.Wait() }()
		test(t, c, p)
	})
}

// A mail on its way when the quiet span ends is waited for, and what it brings counts.
func TestExpectNoneWaitsForTransactions(t *testing.T) {
	withSMTP(t, func(t *testing.T, c *catcher.Catcher, p *pipes) {
		none := expect.Want{To: "alice@a.test", Count: expect.Count{None: true}, Settle: time.Second, Within: 20 * time.Second}
		for _, to := range []string{"alice@a.test", "bob@a.test"} {
			start := time.Now()
			answer := expected(t, c, none)
			s := p.session(t)
			say(t, s, "HELO x", "MAIL FROM:<app@a.test>")
			time.Sleep(3 * time.Second)
			say(t, s, "RCPT TO:<"+to+">")
			time.Sleep(3 * time.Second)
			say(t, s, "DATA", "Subject: Late", "", "Hi", ".")
			if res := answer(); res.Met != (to == "bob@a.test") {
				t.Errorf("%s: met %v", to, res.Met)
			}
			wantTook(t, start, 6*time.Second)
			s.Close()
			if _, err := c.Clear(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// One that brings mail elsewhere is not waited for, nor one that lasts for ever.
func TestExpectNoneAndSlowSessions(t *testing.T) {
	withSMTP(t, func(t *testing.T, c *catcher.Catcher, p *pipes) {
		start := time.Now()
		s := p.session(t)
		say(t, s, "HELO x", "MAIL FROM:<app@a.test>", "RCPT TO:<bob@a.test>", "DATA", "Subject: Long")
		none := expect.Want{To: "alice@a.test", Count: expect.Count{None: true}, Settle: time.Second, Within: 5 * time.Second}
		if res := expected(t, c, none)(); !res.Met {
			t.Error(res.Report.Why)
		}
		wantTook(t, start, time.Second)
		none.To = "bob@a.test"
		res := expected(t, c, none)()
		if res.Met || len(res.Report.Open) != 1 || res.Report.Open[0].To[0] != "bob@a.test" {
			t.Errorf("%+v", res)
		}
		wantTook(t, start, 6*time.Second)
		s.Close()
	})
}

// A session that has only just come is about to send something; one that idles is not.
func TestExpectNoneAndSessionsThatIdle(t *testing.T) {
	withSMTP(t, func(t *testing.T, c *catcher.Catcher, p *pipes) {
		start := time.Now()
		s := p.session(t)
		say(t, s, "HELO x")
		none := expect.Want{Count: expect.Count{None: true}, Settle: time.Second}
		if res := expected(t, c, none)(); !res.Met {
			t.Error(res.Report.Why)
		}
		wantTook(t, start, 2*time.Second)
		answer := expected(t, c, none)
		say(t, s, "MAIL FROM:<app@a.test>", "RCPT TO:<bob@a.test>")
		time.Sleep(2 * time.Second)
		say(t, s, "RSET")
		if res := answer(); !res.Met {
			t.Error(res.Report.Why)
		}
		wantTook(t, start, 4*time.Second)
		s.Close()
	})
}

// Whoever sends to others, for however long, does not make it fail.
func TestExpectNoneBesideOtherSenders(t *testing.T) {
	withSMTP(t, func(t *testing.T, c *catcher.Catcher, p *pipes) {
		start := time.Now()
		p.session(t)
		for _, lines := range [][]string{{"HELO x"}, {"HELO x", "MAIL FROM:<app@a.test>"}, {"HELO x", "MAIL FROM:<app@a.test>", "RCPT TO:<other@a.test>"}} {
			s := p.session(t)
			say(t, s, lines...)
			defer s.Close()
		}
		none := expect.Want{To: "alice@a.test", Count: expect.Count{None: true}, Within: 500 * time.Millisecond}
		if res := expected(t, c, none)(); !res.Met {
			t.Error(res.Report.Why)
		}
		wantTook(t, start, 2500*time.Millisecond)
	})
}

func TestCursorIsBetween(t *testing.T) {
	inBubble(t, func(t *testing.T, c *catcher.Catcher) {
		before := take(t, c, "alice@a.test", "One")
		cursor, err := c.Cursor()
		after := take(t, c, "alice@a.test", "Two")
		if err != nil || before.Compare(cursor) >= 0 || cursor.Compare(after) >= 0 {
			t.Errorf("%v %v %v %v", before, cursor, after, err)
		}
		page, err := c.List(t.Context(), store.Query{After: cursor})
		if err != nil || len(page.Messages) != 1 || page.Messages[0].ID != after {
			t.Errorf("%v %v", page, err)
		}
	})
}
