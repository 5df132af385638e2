package smtpd

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A scriptConn is a connection whose client has said all in advance, in pieces.
type scriptConn struct {
	said   []byte
	again  []byte // what it says then, so many times
	times  int
	piece  int // octets that one Read gives
	heard  bytes.Buffer
	closed chan struct{}
}

func (c *scriptConn) Read(p []byte) (int, error) {
	if len(c.said) == 0 && c.times > 0 {
		c.times--
		c.said = c.again
		c.heard.Reset()
	}
	if len(c.said) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.piece)], c.said)
	c.said = c.said[n:]
	return n, nil
}

func (c *scriptConn) Write(p []byte) (int, error)      { return c.heard.Write(p) }
func (c *scriptConn) Close() error                     { close(c.closed); return nil }
func (c *scriptConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *scriptConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *scriptConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

// talk plays a whole session and returns what the client heard.
func talk(s *Server, said []byte, piece int) string {
	return talkTo(s, &scriptConn{said: said, piece: max(piece, 1)})
}

func talkTo(s *Server, c *scriptConn) string {
	s.setDefaults()
	c.closed = make(chan struct{})
	stop := make(chan struct{})
	var reaping sync.WaitGroup
	reaping.Go(func() { s.reap(stop) })
	s.start(c)
	<-c.closed
	s.wg.Wait()
	close(stop)
	reaping.Wait()
	return c.heard.String()
}

// replies are lines of at most 512 octets (RFC 5321 §4.5.3.1.5) with a code; the
// 354 and 334 that a client may hear in mid-session look the same.
var replyLine = regexp.MustCompile(`^[2-5][0-9][0-9][ -].{0,506}$`)

// FuzzSession lets a client say anything at all. The session must end, reply in
// lines, and accept only what has recipients and was complete; nothing may
// panic.
func FuzzSession(f *testing.F) {
	dialogs, err := filepath.Glob("testdata/*.dialog")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range dialogs {
		script, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var said strings.Builder
		for line := range strings.Lines(string(script)) {
			if text, ok := strings.CutPrefix(line, "C: "); ok {
				said.WriteString(strings.TrimSuffix(text, "\n") + "\r\n")
			}
			if text, ok := strings.CutPrefix(line, "C| "); ok {
				said.WriteString(strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\x00`, "\x00").Replace(strings.TrimSuffix(text, "\n")))
			}
		}
		f.Add([]byte(said.String()), 1000)
		f.Add([]byte(said.String()), 1)
	}
	f.Fuzz(func(t *testing.T, said []byte, piece int) {
		s, in := newServer()
		s.MaxMessageSize = 200
		var log bytes.Buffer
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		heard := talk(s, bytes.Clone(said), piece%5000)
		if strings.Contains(log.String(), "panic") {
			t.Fatal(log.String())
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(heard, "\r\n"), "\r\n") {
			if !replyLine.MatchString(line) {
				t.Fatalf("reply %q", line)
			}
		}
		accepted := in.all()
		if n := strings.Count(heard, "OK: queued as "); n != len(accepted) {
			t.Fatalf("%d messages acknowledged, %d accepted", n, len(accepted))
		}
		for _, m := range accepted {
			if len(m.env.To) == 0 || len(m.body) > 200 || m.env.Session == nil {
				t.Fatalf("accepted %s", describe(m))
			}
		}
	})
}

// FuzzData compares the body that arrives with what the letter of RFC 5321 makes
// of the stream, whatever the pieces in which it comes.
func FuzzData(f *testing.F) {
	for _, stream := range []string{"x\r\n.\r\n", ".\r\n", "..\r\n.\r\n", "\n.\r\n\r\n.\r\n", "\r\r\n.\r\n", "a\r\n.\rb\r\n.\r\n", "no end", "\r\n.\r", "\r\n.."} {
		f.Add([]byte(stream), 3)
		f.Add([]byte(stream), 10_000)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		s, in := newServer()
		said := "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n" + string(stream)
		talk(s, []byte(said), piece%100_000)
		want, complete := unstuff(string(stream))
		got := in.all()
		if !complete {
			if len(got) != 0 {
				t.Fatalf("accepted %q of %q", got[0].body, stream)
			}
			return
		}
		if len(got) == 0 || got[0].body != want {
			t.Fatalf("%q became %v, want %q", stream, got, want)
		}
	})
}

// unstuff is the slow and obvious way: line by line, lines ending in CRLF.
func unstuff(stream string) (body string, complete bool) {
	var b strings.Builder
	for {
		line, rest, ok := strings.Cut(stream, "\r\n")
		if !ok {
			return "", false
		}
		if line == "." {
			return b.String(), true
		}
		b.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
		stream = rest
	}
}
