package catcher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

func envelope(to ...string) mail.Envelope {
	env := mail.Envelope{From: "app@app.test"}
	for _, address := range to {
		env.To = append(env.To, mail.Rcpt{Address: address})
	}
	return env
}

func TestAcceptGivesEachMailboxOneDelivery(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	env := envelope("Alice@A.test", "alice@a.test", "alice+tag@a.test", "a@XN--BCHER-KVA.test", "a@bücher.test", "Postmaster")
	receipt, err := c.Accept(t.Context(), env, strings.NewReader("hi\r\n"))
	if err != nil || receipt.Deliveries != 4 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	m, err := c.Get(t.Context(), receipt.ID)
	if err != nil {
		t.Fatal(err)
	}
	var boxes []string
	for _, d := range m.Deliveries {
		boxes = append(boxes, d.Box)
	}
	if got := strings.Join(boxes, " "); got != "alice@a.test alice+tag@a.test a@bücher.test postmaster@localhost" {
		t.Errorf("delivered to %s", got)
	}
	if len(m.Envelope.To) != 6 {
		t.Errorf("the envelope has %d recipients", len(m.Envelope.To))
	}
}

func TestAcceptTakesAllOrNothing(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t, catchertest.Config(catcher.Config{Caps: store.Caps{Bytes: 10}}))
	var reply *mail.Reply
	if _, err := c.Accept(t.Context(), envelope(), strings.NewReader("")); !errors.As(err, &reply) || reply.Code != 503 {
		t.Errorf("without recipients: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := c.Accept(t.Context(), envelope("a@a"), broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken body: %v", err)
	}
	if _, err := c.Accept(t.Context(), envelope("a@a"), strings.NewReader("more than ten")); !errors.As(err, &reply) || reply.Code != 452 {
		t.Errorf("over the cap: %v", err)
	}
	if all, err := c.Box(t.Context(), ""); err != nil || all.Messages != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if c.LastEvent() != c.Subscribe(c.LastEvent()).Cursor() {
		t.Error("an event was published")
	}
}

// TestMailIsThereBeforeTheReply asks everything that can be asked as soon as
// the client has its 250.
func TestMailIsThereBeforeTheReply(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			to := fmt.Sprintf("user%d@b.test", k)
			for i := range 20 {
				body := fmt.Sprintf("Subject: %d\r\n\r\n.dot %d\r\n", i, k)
				if err := smtp.SendMail(c.SMTPAddr(), nil, "a@a.test", []string{to}, []byte(body)); err != nil {
					t.Error(err)
					return
				}
				page, err := c.List(ctx, store.Query{Box: to})
				if err != nil || len(page.Messages) != i+1 {
					t.Errorf("%d messages after %d, %v", len(page.Messages), i+1, err)
					return
				}
				r, err := c.Open(ctx, page.Messages[0].ID)
				if err != nil {
					t.Error(err)
					return
				}
				if got, _ := io.ReadAll(r); string(got) != body {
					t.Errorf("got %q, want %q", got, body)
				}
			}
		})
	}
	wg.Wait()
	sub := c.Subscribe(0)
	for range 160 {
		if e, err := sub.Next(ctx); err != nil || e.Kind != mail.Added {
			t.Fatalf("%+v, %v", e, err)
		}
	}
}

func TestSetSeenPassesOverWhatIsGone(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	receipt, err := c.Accept(t.Context(), envelope("a@a", "b@b"), strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	gone := mail.DeliveryID{Message: mail.ID{1}}
	if err := c.SetSeen(t.Context(), true, gone, mail.DeliveryID{Message: receipt.ID, N: 1}); err != nil {
		t.Fatal(err)
	}
	for box, unseen := range map[string]int{"a@a": 1, "b@b": 0} {
		if b, err := c.Box(t.Context(), box); err != nil || b.Unseen != unseen {
			t.Errorf("%+v, %v", b, err)
		}
	}
}

func TestRunRemovesOldMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		c, err := catcher.New(catcher.Config{Clock: now, Caps: store.Caps{Age: time.Hour}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Accept(t.Context(), envelope("a@a"), strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- c.Run(ctx) }()
		sub := c.Subscribe(c.LastEvent())
		synctest.Wait() // for Run to wait for the clock
		now.Advance(2 * time.Hour)
		e, err := sub.Next(t.Context())
		for err == nil && e.Kind == mail.ClockMoved {
			e, err = sub.Next(t.Context())
		}
		if err != nil || e.Kind != mail.Removed || e.Why != mail.Expired {
			t.Errorf("%+v, %v", e.Change, err)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoCatchersInOneProcess(t *testing.T) {
	t.Parallel()
	one, two := catchertest.Start(t), catchertest.Start(t, catchertest.Config(catcher.Config{Domain: "two.test"}))
	if err := smtp.SendMail(two.SMTPAddr(), nil, "", []string{"postmaster"}, []byte("x\r\n")); err != nil {
		t.Fatal(err)
	}
	if all, err := one.Box(t.Context(), ""); err != nil || all.Messages != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if box, err := two.Box(t.Context(), "postmaster@two.test"); err != nil || box.Messages != 1 {
		t.Errorf("%+v, %v", box, err)
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	c, err := catcher.New(catcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
