package disk_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

func message(box string) mail.Message {
	rcpt := mail.Rcpt{Address: box}
	return mail.Message{
		Envelope:   mail.Envelope{From: "app@app.test", To: []mail.Rcpt{rcpt}},
		Deliveries: []mail.Delivery{{Box: box, Rcpt: rcpt, State: mail.Delivered}},
	}
}

// BenchmarkAppend is ten senders that each wait for every message.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 50 << 10, 5 << 20} {
		for _, noSync := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dKB/nosync=%v", size>>10, noSync), func(b *testing.B) {
				s := open(b, b.TempDir(), disk.Options{NoSync: noSync})
				defer closeStore(b, s)
				text := append(bytes.Repeat([]byte("x"), size-2), "\r\n"...)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.SetParallelism(5)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						var body store.Body
						body.Write(text)
						if _, err := s.Append(b.Context(), &body, message("a@a.test")); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	}
}

// BenchmarkFilled works on a store with POSTROOM_BENCH_MESSAGES messages of 2 KB in
// 1,000 mailboxes, or 100,000.
func BenchmarkFilled(b *testing.B) {
	count := 100_000
	if n, err := strconv.Atoi(os.Getenv("POSTROOM_BENCH_MESSAGES")); err == nil {
		count = n
	}
	dir := os.Getenv("POSTROOM_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	s := open(b, dir, disk.Options{NoSync: true})
	if box, err := s.Box(b.Context(), ""); err != nil || box.Messages < count {
		fillWith(b, s, count)
	}
	ids := make([]mail.ID, 0, 1000)
	for _, m := range must(s.List(b.Context(), store.Query{Limit: 1000, Bare: true})).Messages {
		ids = append(ids, m.ID)
	}
	for name, run := range map[string]func(i int){
		"ListPage":    func(int) { must(s.List(b.Context(), store.Query{Limit: 50})) },
		"ListBoxPage": func(i int) { must(s.List(b.Context(), store.Query{Box: fmt.Sprintf("%d@a.test", i%1000), Limit: 50})) },
		"Skip":        func(int) { must(s.List(b.Context(), store.Query{Skip: count / 2, Limit: 200})) },
		"SkipBox": func(i int) {
			must(s.List(b.Context(), store.Query{Box: fmt.Sprintf("%d@a.test", i%1000), Skip: count / 2000, Limit: 200}))
		},
		"ListBare1000": func(int) {
			must(s.List(b.Context(), store.Query{Limit: 1000, Bare: true, Oldest: true}))
		},
		"Get":   func(i int) { must(s.Get(b.Context(), ids[i%len(ids)])) },
		"Open":  func(i int) { must(s.Open(b.Context(), ids[i%len(ids)])).Close() },
		"Boxes": func(int) { must(s.Boxes(b.Context())) },
		"Box":   func(int) { must(s.Box(b.Context(), "")) },
		"Seen": func(i int) {
			must(s.Update(b.Context(), mail.DeliveryID{Message: ids[i%len(ids)]}, func(d *mail.Delivery) error { d.Seen = !d.Seen; return nil }))
		},
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				run(i)
			}
		})
	}
	closeStore(b, s)
	b.Run("Reopen", func(b *testing.B) {
		for b.Loop() {
			closeStore(b, open(b, dir, disk.Options{}))
		}
	})
	s = open(b, dir, disk.Options{})
	defer closeStore(b, s)
	b.Run("ClearAll", func(b *testing.B) {
		if b.N > 1 {
			b.Skip("once is all there is")
		}
		must(s.Clear(b.Context(), ""))
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func fillWith(b *testing.B, s store.Store, count int) {
	var wg sync.WaitGroup
	for k := range 20 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(k)))
			text := make([]byte, 2046)
			for range count / 20 {
				for i := range text {
					text[i] = byte('a' + rng.IntN(26))
				}
				var body store.Body
				body.Write(append(text, "\r\n"...))
				must(s.Append(b.Context(), &body, message(fmt.Sprintf("%d@a.test", rng.IntN(1000)))))
			}
		})
	}
	wg.Wait()
}
