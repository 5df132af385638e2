package disk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

// BenchmarkAppend is ten senders that each wait for every message.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 50 << 10, 5 << 20} {
		for _, noSync := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dKB/nosync=%v", size>>10, noSync), func(b *testing.B) {
				s, err := disk.Open(b.TempDir(), disk.Options{NoSync: noSync})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				text := []byte(strings.Repeat("x", size-2) + "\r\n")
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.SetParallelism(5)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						var body store.Body
						body.Write(text)
						m := mail.Message{Envelope: mail.Envelope{To: []mail.Rcpt{{Address: "a@a.test"}}}, Deliveries: []mail.Delivery{{Box: "a@a.test", Rcpt: mail.Rcpt{Address: "a@a.test"}, State: mail.Delivered}}}
						if _, err := s.Append(b.Context(), &body, m); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	}
}
