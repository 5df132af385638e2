package smtpd

import (
	"bufio"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

type sink struct{}

func (sink) Accept(context.Context, mail.Envelope, io.Reader) (mail.Receipt, error) {
	return mail.Receipt{}, nil
}

// BenchmarkMail is what one mail costs in a session, without network and store:
// four commands in lock-step, as most clients talk.
func BenchmarkMail(b *testing.B) { benchmarkMail(b, nil) }

// BenchmarkMailWithRules is the same while rules are asked that never apply.
func BenchmarkMailWithRules(b *testing.B) {
	benchmarkMail(b, judgeFunc(func(*rule.Facts) rule.Decision { return rule.Decision{} }))
}

func benchmarkMail(b *testing.B, rules rule.Judge) {
	for name, size := range map[string]int{"1KB": 1 << 10, "50KB": 50 << 10, "1MB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			line := strings.Repeat("x", 78) + "\r\n"
			mail := "MAIL FROM:<app@app.test>\r\nRCPT TO:<user@example.test>\r\nDATA\r\n" + strings.Repeat(line, size/len(line)) + ".\r\n"
			s, _ := newServer()
			s.Acceptor, s.Rules = sink{}, rules
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			talkTo(s, &scriptConn{said: []byte("EHLO x\r\n"), again: []byte(mail), times: b.N, piece: 64 << 10})
		})
	}
}

// BenchmarkIdle reports the memory that a session takes whose client has said
// EHLO and then nothing, the client's end of the connection included.
func BenchmarkIdle(b *testing.B) {
	const count = 2000
	for b.Loop() {
		s, _ := newServer()
		addr, stop := serve(b, s)
		before := memory()
		idle := make([]net.Conn, count)
		for i := range idle {
			idle[i] = greeted(b, addr)
		}
		b.ReportMetric(float64(memory()-before)/count, "octets/connection")
		for _, c := range idle {
			c.Close()
		}
		stop()
	}
}

// greeted connects and says EHLO.
func greeted(b *testing.B, addr string) net.Conn {
	b.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	io.WriteString(c, "EHLO idle.test\r\n")
	for replies := bufio.NewScanner(c); ; {
		if !replies.Scan() {
			b.Fatal(replies.Err())
		}
		if strings.HasPrefix(replies.Text(), "250 ") {
			return c
		}
	}
}

// memory is what is in use after garbage collection, stacks included.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse + stats.StackInuse
}
