package store_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

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
