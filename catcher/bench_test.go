package catcher_test

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// sendAll brings count mails of size octets over one SMTP session, a few hundred
// commands at a time, to recipients that to makes.
func sendAll(b *testing.B, addr string, count, size int, to func(i int) []string) {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	line := strings.Repeat("x", 62) + "\r\n"
	body := strings.Repeat(line, size/len(line)) + strings.Repeat("x", max(size%len(line)-2, 0)) + "\r\n"
	var reading sync.WaitGroup
	reading.Go(func() {
		kept := 0
		replies := bufio.NewScanner(conn)
		for replies.Scan() {
			if strings.Contains(replies.Text(), "OK: queued as") {
				kept++
			}
		}
		if kept != count {
			b.Errorf("%d mails of %d were taken", kept, count)
		}
	})
	w := bufio.NewWriterSize(conn, 64<<10)
	w.WriteString("EHLO bench.test\r\n")
	for i := range count {
		w.WriteString("MAIL FROM:<application@sender.test>\r\n")
		for _, rcpt := range to(i) {
			w.WriteString("RCPT TO:<" + rcpt + ">\r\n")
		}
		w.WriteString("DATA\r\n")
		w.WriteString(body)
		w.WriteString(".\r\n")
	}
	w.WriteString("QUIT\r\n")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	reading.Wait()
}

// heap is what is in use after garbage collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkMemoryPerMessage reports how many octets a message takes beyond its
// body, in the memory store, when it has come by SMTP. The ring of events is left
// out: what it holds does not grow with the mail.
func BenchmarkMemoryPerMessage(b *testing.B) {
	for _, size := range []int{200, 1 << 10, 2 << 10, 2100, 50 << 10} {
		for _, rcpts := range []int{1, 3} {
			for kind, box := range map[string]string{"new": "user%d-%d@example.test", "same": "user%[2]d@example.test"} {
				b.Run(fmt.Sprintf("size=%d/rcpts=%d/boxes=%s", size, rcpts, kind), func(b *testing.B) {
					perMessage(b, size, rcpts, box)
				})
			}
		}
	}
}

func perMessage(b *testing.B, size, rcpts int, box string) {
	count := min(30_000, 100<<20/size)
	for b.Loop() {
		before := heap()
		c := catchertest.Start(b, catchertest.Config(catcher.Config{Events: 1}))
		sendAll(b, c.SMTPAddr(), count, size, func(i int) []string {
			to := make([]string, rcpts)
			for k := range to {
				to[k] = fmt.Sprintf(box, i, k)
			}
			return to
		})
		per := float64(heap()-before) / float64(count)
		b.ReportMetric(per, "octets/message")
		b.ReportMetric(per-float64(size), "overhead")
		if _, err := c.Clear(b.Context(), ""); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAccept is what taking one mail of 1 KB costs, without SMTP, in memory.
func BenchmarkAccept(b *testing.B) {
	c, err := catcher.New(catcher.Config{Caps: store.Caps{Messages: 10_000}})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	text := []byte(strings.Repeat("x", 1022) + "\r\n")
	env := mail.Envelope{From: "app@app.test", To: []mail.Rcpt{{Address: "user@example.test"}}}
	b.ReportAllocs()
	for b.Loop() {
		var body store.Body
		body.Write(text)
		if _, err := c.Accept(b.Context(), env, body.Reader()); err != nil {
			b.Fatal(err)
		}
	}
}
