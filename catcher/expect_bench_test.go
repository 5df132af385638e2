package catcher_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
)

// BenchmarkExpectUnderLoad has 500 expects waiting while 2,000 mails a second come in
// over SMTP. Each waits for every 500th mail, one after the other. It tells how much
// later than the sender's 250 the answers came, and how many never did.
func BenchmarkExpectUnderLoad(b *testing.B) {
	subject := func(n int) []expect.Test {
		return []expect.Test{{Field: "subject", Contains: fmt.Sprintf("mail %d for", n)}}
	}
	for name, want := range map[string]func(n int) expect.Want{
		"recipient": func(n int) expect.Want {
			return expect.Want{To: fmt.Sprintf("w%d@a.test", n%waiters), Match: subject(n)}
		},
		"subject": func(n int) expect.Want { return expect.Want{Match: subject(n)} },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				expectUnderLoad(b, want)
			}
		})
	}
}

const (
	waiters = 500
	perSec  = 2000
	mails   = 3 * perSec
	senders = 8
)

func expectUnderLoad(b *testing.B, want func(int) expect.Want) {
	c, addr := serving(b)
	sent := make([]time.Time, mails)
	late := make([]time.Duration, mails)
	got := make([]time.Time, mails)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var waiting, sending sync.WaitGroup
	for i := range waiters {
		waiting.Go(func() {
			var after mail.ID
			for n := i; n < mails; n += waiters {
				w := want(n)
				w.Within, w.After = 30*time.Second, after
				res, err := c.Expect(ctx, w)
				got[n] = time.Now()
				if err != nil || !res.Met {
					b.Errorf("mail %d: %v, %v", n, res.Met, err)
					return
				}
				after = res.Mails[0].Message.ID
			}
		})
	}
	start := time.Now().Add(50 * time.Millisecond)
	for s := range senders {
		sending.Go(func() {
			out := dialSMTP(b, addr)
			for n := range mails {
				if n%waiters%senders != s { // so that the mails for one waiter come in order
					continue
				}
				time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / perSec)))
				out.send(n)
				sent[n] = time.Now()
			}
		})
	}
	sending.Wait()
	waiting.Wait()
	missed := 0
	for n := range late {
		if got[n].IsZero() {
			missed++
		}
		late[n] = got[n].Sub(sent[n])
	}
	slices.Sort(late)
	b.ReportMetric(float64(missed), "missed")
	b.ReportMetric(float64(late[mails-1].Microseconds())/1000, "ms-latest")
	b.ReportMetric(float64(late[mails*99/100].Microseconds())/1000, "ms-99%")
	b.ReportMetric(float64(late[mails/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(mails/sent[mails-1].Sub(start).Seconds(), "mails/s")
}

// serving starts a catcher with SMTP.
func serving(tb testing.TB) (*catcher.Catcher, string) {
	c, err := catcher.New(catcher.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { c.ServeSMTP(ctx, l) })
	running.Go(func() { c.Run(ctx) })
	tb.Cleanup(func() { cancel(); running.Wait(); c.Close() })
	return c, l.Addr().String()
}

// A client speaks SMTP.
type client struct {
	tb   testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dialSMTP(tb testing.TB, addr string) *client {
	var d net.Dialer
	conn, err := d.DialContext(tb.Context(), "tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	c := &client{tb, conn, bufio.NewReader(conn)}
	c.reply()
	c.say("HELO x")
	return c
}

func (c *client) reply() string {
	line, err := c.in.ReadString('\n')
	if err != nil {
		c.tb.Errorf("read a reply: %v", err)
	}
	return line
}

// say sends lines and returns the reply to each.
func (c *client) say(lines ...string) string {
	fmt.Fprint(c.conn, strings.Join(lines, "\r\n")+"\r\n")
	var all string
	for range lines {
		all += c.reply()
	}
	return all
}

func (c *client) send(n int) {
	c.tb.Helper()
	said := c.say("MAIL FROM:<app@a.test>", fmt.Sprintf("RCPT TO:<w%d@a.test>", n%waiters), "DATA")
	fmt.Fprintf(c.conn, "Subject: mail %d for w%d, with love\r\n\r\n%s\r\n.\r\n", n, n%waiters, strings.Repeat("text ", 200))
	if said += c.reply(); !strings.Contains(said, "\n250 2.0.0 OK: queued as ") {
		c.tb.Errorf("mail %d: %q", n, said)
	}
}
