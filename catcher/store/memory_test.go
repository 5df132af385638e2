package store_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, opt store.Options) store.Store {
		s := store.NewMemory(opt)
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestMemoryNeedsNoOptions(t *testing.T) {
	t.Parallel()
	s := store.NewMemory(store.Options{})
	m, err := s.Append(context.Background(), &store.Body{}, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}}})
	if err != nil || m.ID.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestMemoryKeepsWhatItWasGiven: the small form that messages are kept in loses
// nothing of what is unusual about them.
func TestMemoryKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	session := &mail.Session{ID: "s", Helo: "x"}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	step := mail.Step{At: at, Did: "deferred", Reply: &mail.Reply{Code: 451}}
	plain := mail.Rcpt{Address: "a@a"}
	never := mail.Rcpt{Address: "A@a", Notify: mail.NotifyNever, ORcpt: "rfc822;x@a"}
	for name, m := range map[string]mail.Message{
		"nothing":           {},
		"no recipients":     {Deliveries: []mail.Delivery{{Box: "a@a"}}},
		"plain":             {Envelope: mail.Envelope{From: "f@a", To: []mail.Rcpt{plain}, Session: session}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "a@a", State: mail.Delivered}}},
		"seen":              {Envelope: mail.Envelope{From: "f@a", To: []mail.Rcpt{plain}, Session: session}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "a@a", State: mail.Delivered, Seen: true}}},
		"same, other facts": {Envelope: mail.Envelope{From: "f@a", To: []mail.Rcpt{plain}, Session: session, UTF8: true, EnvID: "e", Ret: "HDRS", Body: "8BITMIME"}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "a@a", State: mail.Delivered}}},
		"a name twice":      {Envelope: mail.Envelope{To: []mail.Rcpt{plain, never}}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "a@a", State: mail.Delivered}}},
		"two, one unusual":  {Envelope: mail.Envelope{To: []mail.Rcpt{plain, never}}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "a@a", State: mail.Delivered}, {Rcpt: never, Box: "b@b", State: mail.Delivered}}},
		"in the queue":      {Envelope: mail.Envelope{To: []mail.Rcpt{plain}}, Deliveries: []mail.Delivery{{Rcpt: plain, Box: "@queue", State: "queued", Next: at, Route: "hold", Trail: []mail.Step{step}}}},
		"local time":        {Received: time.Unix(1, 2), Envelope: mail.Envelope{From: "f@a", Session: session}},
		"UTC":               {Received: at, Envelope: mail.Envelope{From: "f@a", Session: session}},
	} {
		s := store.NewMemory(store.Options{})
		for range 2 { // the second time much is shared with the first
			want, err := s.Append(t.Context(), &store.Body{}, m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Get(t.Context(), want.ID)
			if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("%s: got\n%+v, want\n%+v (%v)", name, got, want, err)
			}
		}
	}
}

// TestMemoryListsWhatIsThereNow: what was listed once is listed anew after each
// change.
func TestMemoryListsWhatIsThereNow(t *testing.T) {
	t.Parallel()
	s := store.NewMemory(store.Options{})
	m, err := s.Append(t.Context(), &store.Body{}, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}, {Box: "b@b"}, {Box: "c@c"}}})
	if err != nil {
		t.Fatal(err)
	}
	list := func() string {
		page, err := s.List(t.Context(), store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, d := range page.Messages[0].Deliveries {
			fmt.Fprintf(&text, "%s %v,", d.Box, d.Seen)
		}
		return text.String()
	}
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "a@a false,b@b false,c@c false,"},
		{func() error {
			_, err := s.Update(t.Context(), m.Deliveries[1].ID, func(d *mail.Delivery) error { d.Seen = true; return nil })
			return err
		}, "a@a false,b@b true,c@c false,"},
		{func() error { _, err := s.Clear(t.Context(), "a@a"); return err }, "b@b true,c@c false,"},
		{func() error { _, err := s.Delete(t.Context(), m.Deliveries[2].ID); return err }, "b@b true,"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := list(); got != step.want {
			t.Errorf("listed %s, want %s", got, step.want)
		}
	}
}

// TestMemoryMovesWhatIsLeftOfSlabs deletes all but a few of very many small
// messages: those that stay are whole, and do not hold up the memory of the rest.
func TestMemoryMovesWhatIsLeftOfSlabs(t *testing.T) {
	t.Parallel()
	s := store.NewMemory(store.Options{})
	const count, keep = 20_000, 100
	text := func(i int) string { return strings.Repeat(fmt.Sprintf("%d\r\n", i), 100) }
	var kept []mail.ID
	readers := map[int]store.Reader{}
	for i := range count {
		box := "gone@a"
		if i%keep == 0 {
			box = "kept@a"
		}
		var body store.Body
		io.WriteString(&body, text(i))
		m, err := s.Append(t.Context(), &body, mail.Message{Deliveries: []mail.Delivery{{Box: box}}})
		if err != nil {
			t.Fatal(err)
		}
		if i%keep == 0 {
			kept = append(kept, m.ID)
		}
		if i%(10*keep) == 1 {
			readers[i], _ = s.Open(t.Context(), m.ID)
		}
	}
	if n, err := s.Clear(t.Context(), "gone@a"); n != count-count/keep || err != nil {
		t.Fatal(n, err)
	}
	for i, r := range readers {
		if got, err := io.ReadAll(r); string(got) != text(i) {
			t.Errorf("message %d was gone while it was open: %.50q, %v", i, got, err)
		}
	}
	for i, id := range kept {
		r, err := s.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != text(i*keep) {
			t.Errorf("message %d is now %.50q, %v", i*keep, got, err)
		}
	}
	bodies, reserved := s.Footprint()
	if reserved > 4*bodies {
		t.Errorf("%d octets are reserved for %d", reserved, bodies)
	}
}

func TestSpoolTakesAFreshBodyWithoutACopy(t *testing.T) {
	t.Parallel()
	var b store.Body
	io.WriteString(&b, "text")
	got, err := store.Spool(b.Reader())
	if err != nil || got != &b {
		t.Errorf("%p, want %p (%v)", got, &b, err)
	}
	used := b.Reader()
	io.ReadFull(used, make([]byte, 2))
	if got, err = store.Spool(used); err != nil || got == &b || got.Size() != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = store.Spool(strings.NewReader("plain")); err != nil || got.Size() != 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkMemoryAppend(b *testing.B) {
	s := store.NewMemory(store.Options{Caps: store.Caps{Messages: 10_000}})
	text := []byte(strings.Repeat("x", 1022) + "\r\n")
	b.ReportAllocs()
	for i := range b.N {
		var body store.Body
		body.Write(text)
		box := fmt.Sprintf("user%d@example.test", i%100)
		if _, err := s.Append(b.Context(), &body, mail.Message{Deliveries: []mail.Delivery{{Box: box}}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemoryList(b *testing.B) {
	s := store.NewMemory(store.Options{})
	for range 100_000 {
		if _, err := s.Append(b.Context(), &store.Body{}, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if page, err := s.List(b.Context(), store.Query{Box: "a@a", Limit: 50}); err != nil || len(page.Messages) != 50 {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemorySkip lists a page from the middle of 1,000,000 messages: of all,
// of a mailbox, and of all when one of them has gone.
func BenchmarkMemorySkip(b *testing.B) {
	s := store.NewMemory(store.Options{})
	var last mail.Message
	for range 1_000_000 {
		m, err := s.Append(b.Context(), &store.Body{}, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}}})
		if err != nil {
			b.Fatal(err)
		}
		last = m
	}
	page := func(box string) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if page, err := s.List(b.Context(), store.Query{Box: box, Skip: 500_000, Limit: 200}); err != nil || len(page.Messages) != 200 {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("All", page(""))
	b.Run("Box", page("a@a"))
	s.Append(b.Context(), &store.Body{}, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}}})
	if _, err := s.Delete(b.Context(), last.Deliveries[0].ID); err != nil {
		b.Fatal(err)
	}
	b.Run("Gaps", page(""))
}
