package smtpd

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
)

type sink struct{}

func (sink) Accept(context.Context, mail.Envelope, io.Reader) (mail.Receipt, error) {
	return mail.Receipt{}, nil
}

// BenchmarkMail is what one mail costs in a session, without network and store:
// four commands in lock-step, as most clients talk.
func BenchmarkMail(b *testing.B) {
	for name, size := range map[string]int{"1KB": 1 << 10, "50KB": 50 << 10, "1MB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			line := strings.Repeat("x", 78) + "\r\n"
			mail := "MAIL FROM:<app@app.test>\r\nRCPT TO:<user@example.test>\r\nDATA\r\n" + strings.Repeat(line, size/len(line)) + ".\r\n"
			s, _ := newServer()
			s.Acceptor = sink{}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			talkTo(s, &scriptConn{said: []byte("EHLO x\r\n"), again: []byte(mail), times: b.N, piece: 64 << 10})
		})
	}
}
