//go:build unix

package main

// What Postroom bears: many clients that do nothing, or too little, or too much, while
// others want to be served. It ends by itself, within a few minutes.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Sizes of the load, where the number of open files allows.
const (
	loadIdle  = 10_000
	loadSlow  = 300 // of each kind
	loadMails = 24  // large ones, all at once
	loadMail  = 50_000_000
	loadPOP3  = 1000
	loadPages = 1000
	loadMute  = 50  // pages that read nothing
	loadNews  = 100 // mails that all pages hear of
)

// What the program is told to keep to, and what it may need besides.
const (
	loadStore    = 256 << 20
	loadIncoming = 256 << 20
	loadBase     = 200 << 20
	loadPerIdle  = 24 << 10
)

// TestLoad is one program under one load after another.
func TestLoad(t *testing.T) {
	if os.Getenv("POSTROOM_TEST_ALL") == "" {
		t.Skip("takes minutes and much memory: set POSTROOM_TEST_ALL=1")
	}
	idle := loadIdle
	if files := openFiles(); files > 0 { // a client's end each in this process, and the other in the program, which takes two thirds
		idle = min(idle, files/3*2-1500)
	}
	if idle < 100 {
		t.Skipf("only %d files may be open: raise the limit with ulimit -n", openFiles())
	}
	p := start(t, "--log-level", "error", "--max-bytes", strconv.Itoa(loadStore), "--max-incoming", strconv.Itoa(loadIncoming))
	l := &load{t: t, p: p, address: strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/")}
	l.idle(idle)
	l.slow()
	l.flood()
	l.mailboxes()
	l.pages()
	l.settle()
}

// A load is the test at work.
type load struct {
	t       *testing.T
	p       *process
	address string // of HTTP
}

// step says how long a part took, and how much memory the program has.
func (l *load) step(name string, began time.Time, most int64) {
	l.t.Helper()
	memory := l.figure("process_resident_memory_bytes")
	l.t.Logf("%-40s %8v, %4d MB, at most %d MB so far", name, time.Since(began).Round(time.Millisecond), int64(memory)>>20, l.peak()>>20)
	if int64(memory) > most {
		l.t.Errorf("%s: %d MB are in use, want at most %d", name, int64(memory)>>20, most>>20)
	}
}

// figure reads one of the metrics.
func (l *load) figure(name string) float64 {
	l.t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(l.p.get(l.t, "/metrics"))
	if found == nil {
		l.t.Fatalf("no %s", name)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

// peak is the most memory that the program ever had; 0 where the system does not tell.
func (l *load) peak() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.p.cmd.Process.Pid))
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if err != nil || found == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(found[1]), 10, 64)
	return n << 10
}

// served wants everything to work for somebody who comes now, within some seconds.
func (l *load) served(when string) {
	l.t.Helper()
	const soon = 20 * time.Second
	began := time.Now()
	box := fmt.Sprintf("served-%d@b.test", began.UnixNano())
	dialSMTP(l.t, l.p.smtp).send("a@a.test", box, "Subject: served\r\n\r\nx\r\n")
	c := dialPOP3(l.t, l.p.pop3)
	c.login(box)
	c.ask("DELE 1")
	c.ask("QUIT")
	l.p.get(l.t, "/readyz")
	l.p.get(l.t, "/v1/mailboxes/"+box)
	if took := time.Since(began); took > soon {
		l.t.Errorf("%s: a newcomer waited %v", when, took)
	}
}

// each runs so many at once, and wants all to end well.
func (l *load) each(n int, what string, run func(i int) error) {
	l.t.Helper()
	var all sync.WaitGroup
	var failed atomic.Int64
	var first atomic.Pointer[error]
	for i := range n {
		all.Go(func() {
			if err := run(i); err != nil {
				failed.Add(1)
				first.CompareAndSwap(nil, &err)
			}
		})
	}
	all.Wait()
	if n := failed.Load(); n > 0 {
		l.t.Errorf("%s: %d failed, one with %v", what, n, *first.Load())
	}
}

// from connects from an address of the loopback that is not the usual one, so that
// what one client may have is not what others have.
func from(last byte, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
	c, err := d.Dial("tcp", address)
	if err == nil {
		err = c.SetDeadline(time.Now().Add(patience))
	}
	return c, err
}

// greet reads the greeting of SMTP or POP3.
func greet(c net.Conn, want string) error {
	var b [4 << 10]byte
	n, err := c.Read(b[:])
	if err == nil && !strings.HasPrefix(string(b[:n]), want) {
		err = fmt.Errorf("greeted with %q", b[:n])
	}
	return err
}

// idle: thousands of clients say EHLO and nothing more.
func (l *load) idle(n int) {
	began := time.Now()
	conns := make([]net.Conn, n)
	const dialers = 50
	l.each(dialers, "idle", func(d int) (err error) {
		for i := d; i < n && err == nil; i += dialers {
			if conns[i], err = from(byte(2+i%2), l.p.smtp); err == nil {
				io.WriteString(conns[i], "EHLO idle.test\r\n")
				err = greet(conns[i], "220 ")
			}
		}
		return err
	})
	if open := l.figure(`postroom_sessions_open{protocol="smtp"}`); int(open) < n {
		l.t.Errorf("%v sessions are open, want %d", open, n)
	}
	l.served("with idle clients")
	l.step(fmt.Sprintf("%d idle clients", n), began, loadBase+int64(n)*loadPerIdle)
	for _, c := range conns {
		if c != nil {
			c.Close()
		}
	}
}

// slow: clients that give an octet now and then are sent away in time, those that
// send commands, messages and headers alike. (What they may take of it is changed
// while the program runs.)
func (l *load) slow() {
	l.t.Helper()
	if status, said := l.p.patch(l.t, map[string]string{"idle-timeout": "2s", "message-timeout": "3s", "pop3-idle-timeout": "2s"}); status != 200 {
		l.t.Fatal(said)
	}
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.each(4*loadSlow, "slow", func(i int) error {
			switch i % 4 {
			case 0:
				return drip(l.p.smtp, "", "EHLO")
			case 1:
				return drip(l.p.smtp, "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n", "x\r\n")
			case 2:
				return drip(l.p.pop3, "", "USER")
			}
			return drip(l.address, "GET / HTTP/1.1\r\n", "X-Y: z\r\n")
		})
	}()
	l.served("with slow clients")
	<-done
	l.step(fmt.Sprintf("%d slow clients", 4*loadSlow), began, loadBase+loadIdle*loadPerIdle)
	if status, said := l.p.patch(l.t, map[string]string{"idle-timeout": "5m", "message-timeout": "10m", "pop3-idle-timeout": "10m"}); status != 200 {
		l.t.Fatal(said)
	}
}

// drip sends some text at once and then an octet each time that nothing has come for a
// while, until it is sent away.
func drip(address, first, slowly string) error {
	c, err := from(4, address)
	if err != nil {
		return err
	}
	defer c.Close()
	io.WriteString(c, first)
	var b [4 << 10]byte
	for i, late := 0, time.Now().Add(patience); time.Now().Before(late); i++ {
		if _, err := c.Write([]byte{slowly[i%len(slowly)]}); err != nil {
			return nil // it was closed
		}
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		for err = nil; err == nil; {
			_, err = c.Read(b[:])
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
	}
	return errors.New("was not sent away")
}

// flood: more large mails at once than there may be on the way. Each is taken or
// refused for now; small ones pass.
func (l *load) flood() {
	began := time.Now()
	var taken, refused atomic.Int64
	chunk := strings.Repeat(strings.Repeat("x", 998)+"\r\n", 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.each(loadMails, "large mails", func(int) error {
			reply, err := sendLarge(l.p.smtp, chunk, loadMail/len(chunk))
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(reply, "250 "):
				taken.Add(1)
			case strings.HasPrefix(reply, "452 4.3.1 "):
				refused.Add(1)
			default:
				return fmt.Errorf("reply %q", reply)
			}
			return nil
		})
	}()
	l.served("while large mails come")
	<-done
	l.t.Logf("%d large mails were taken, %d refused for now", taken.Load(), refused.Load())
	if taken.Load() == 0 {
		l.t.Error("no large mail was taken")
	}
	// Garbage may double what is in use before it is collected.
	l.step(fmt.Sprintf("%d mails of %d MB", loadMails, loadMail/1_000_000), began, loadBase+loadIdle*loadPerIdle+2*(loadStore+loadIncoming))
	if most := int64(loadBase + loadIdle*loadPerIdle + 2*(loadStore+loadIncoming)); l.peak() > most {
		l.t.Errorf("at most %d MB were in use, want %d", l.peak()>>20, most>>20)
	}
}

// sendLarge sends a mail of so many chunks, and returns the reply to it.
func sendLarge(address, chunk string, chunks int) (reply string, err error) {
	c, err := from(5, address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	io.WriteString(c, "EHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<large@b.test>\r\nDATA\r\n")
	for !strings.HasPrefix(reply, "354 ") {
		if reply, err = in.ReadString('\n'); err != nil {
			return reply, err
		}
	}
	for range chunks {
		if _, err := io.WriteString(c, chunk); err != nil {
			return "", err
		}
	}
	io.WriteString(c, ".\r\n")
	return in.ReadString('\n')
}

// mailboxes: many POP3 sessions at once, each of which reads its mail.
func (l *load) mailboxes() {
	began := time.Now()
	c := dialSMTP(l.t, l.p.smtp)
	for i := range loadPOP3 {
		c.send("a@a.test", fmt.Sprintf("pop%d@b.test", i), fmt.Sprintf("Subject: %d\r\n\r\nx\r\n", i))
	}
	var in sync.WaitGroup // until all are logged in
	in.Add(loadPOP3)
	l.each(loadPOP3, "POP3", func(i int) error { return readMailbox(l.p.pop3, i, &in) })
	l.served("with many POP3 sessions")
	l.step(fmt.Sprintf("%d POP3 sessions", loadPOP3), began, loadBase+loadIdle*loadPerIdle+2*(loadStore+loadIncoming))
}

func readMailbox(address string, i int, in *sync.WaitGroup) error {
	arrived := sync.OnceFunc(in.Done)
	defer arrived()
	c, err := from(6, address)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprintf(c, "USER pop%d@b.test\r\nPASS x\r\n", i)
	for range 3 {
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
			return fmt.Errorf("login: %q, %w", line, err)
		}
	}
	arrived()
	in.Wait()
	io.WriteString(c, "RETR 1\r\nDELE 1\r\nQUIT\r\n")
	all, err := io.ReadAll(r)
	if err == nil && (!strings.Contains(string(all), fmt.Sprintf("\r\nSubject: %d\r\n", i)) || !strings.HasSuffix(string(all), "good-bye\r\n")) {
		err = fmt.Errorf("read %q", all)
	}
	return err
}

// pages: many that follow what happens, some of which take nothing. All the others
// hear of each mail, and nobody has to wait for those who do not listen.
func (l *load) pages() {
	began := time.Now()
	conns := make([]*websocket.Conn, loadPages)
	const dialers = 20
	l.each(dialers, "pages", func(d int) (err error) {
		for i := d; i < loadPages && err == nil; i += dialers {
			if conns[i], err = openPage(l.address); err == nil {
				_, _, err = conns[i].ReadMessage() // hello
			}
		}
		return err
	})
	if l.t.Failed() {
		return
	}
	if n := l.figure(`postroom_event_clients{kind="websocket"}`); n != loadPages {
		l.t.Errorf("%v clients, want %d", n, loadPages)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		l.each(loadPages-loadMute, "pages that listen", func(i int) error { return hear(conns[loadMute+i], loadNews) })
	}()
	c := dialSMTP(l.t, l.p.smtp)
	for i := range loadNews {
		c.send("a@a.test", "news@b.test", fmt.Sprintf("Subject: news-%d\r\n\r\n%s\r\n", i, strings.Repeat("x", 1000)))
	}
	<-told
	l.served("with many pages")
	l.step(fmt.Sprintf("%d pages", loadPages), began, loadBase+loadIdle*loadPerIdle+2*(loadStore+loadIncoming))
	for _, conn := range conns {
		conn.Close()
	}
}

func openPage(address string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDial: func(_, _ string) (net.Conn, error) { return from(7, address) }}
	conn, resp, err := dialer.Dial("ws://"+address+"/v1/events", http.Header{})
	if err == nil {
		resp.Body.Close()
	}
	return conn, err
}

// hear reads until all mails were told.
func hear(conn *websocket.Conn, mails int) error {
	for heard := 0; heard < mails; {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("after %d mails: %w", heard, err)
		}
		heard += strings.Count(string(frame), `"type":"added"`)
	}
	return nil
}

// settle: when all are gone nothing is left of them, and nothing has gone wrong.
func (l *load) settle() {
	began := time.Now()
	await(l.t, "all clients to be gone", func() bool {
		return l.figure(`postroom_sessions_open{protocol="smtp"}`) < 20 && l.figure(`postroom_sessions_open{protocol="pop3"}`) < 5 &&
			l.figure(`postroom_event_clients{kind="websocket"}`) == 0 && l.figure("go_goroutines") < 200
	})
	for _, protocol := range []string{"smtp", "pop3", "http"} {
		if n := l.figure(`postroom_panics_total{protocol="` + protocol + `"}`); n != 0 {
			l.t.Errorf("%v panics in %s", n, protocol)
		}
	}
	l.served("at the end")
	l.step("nobody", began, loadBase+loadIdle*loadPerIdle+2*(loadStore+loadIncoming))
}
