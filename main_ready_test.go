package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
)

// A brokenListener accepts nothing.
type brokenListener struct {
	net.Listener
	err error
}

func (l *brokenListener) Accept() (net.Conn, error) { return nil, l.err }

// TestDoorSaysHowItIs: a listener is well once somebody accepts, unwell for a while
// when that fails, and for good when it is closed.
func TestDoorSaysHowItIs(t *testing.T) {
	t.Parallel()
	broken := &brokenListener{err: errors.New("too many open files")}
	d := &door{Listener: broken}
	want := func(text string) {
		t.Helper()
		err := d.check(t.Context())
		if text == "" && err != nil || text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
			t.Errorf("got %v, want %q", err, text)
		}
	}
	want("yet")
	d.Accept()
	want("too many open files")
	d.when = d.when.Add(-troubled)
	want("")
	broken.err = net.ErrClosed
	d.Accept()
	d.when = time.Time{}
	want("no longer")
}

func TestDoorsAreThoseThatAreOpen(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ls, open := listeners{pop3: l}, doors{}
	open.watch(&ls)
	if len(open) != 1 || ls.pop3 != open[0] || open[0].name != "pop3" || ls.smtp != nil || ls.http != nil {
		t.Errorf("doors %v, listeners %+v", open, ls)
	}
	c, err := catcher.New(catcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if checks := open.checks(c); len(checks) != 2 || checks[0].Do(t.Context()) != nil || checks[1].Do(t.Context()) == nil {
		t.Errorf("checks %v", checks)
	}
}

// TestNotReady: when the data folder cannot be written, readyz says so and health
// fails with what is not well, while healthz still says that the process lives.
func TestNotReady(t *testing.T) {
	t.Parallel()
	dir := catchertest.SmallDisk(t, "24m")
	p := start(t, "--data", filepath.Join(dir, "data"), "--log-level", "error")
	page := strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/")
	if status, body := p.ask(t, "/readyz"); status != 200 || !strings.Contains(string(body), `"checks":["mailboxes","store","smtp","pop3","http"]`) {
		t.Fatalf("%d %s", status, body)
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4<<10)
	for err == nil {
		_, err = filler.Write(block)
	}
	filler.Close()
	await(t, "not ready", func() bool {
		status, body := p.ask(t, "/readyz")
		return status == 503 && strings.Contains(string(body), `"location":"store"`) && strings.Contains(string(body), "no space left")
	})
	wantOneLine(t, execute(t, "", nil, binary(t), "health", "--http", page), exitFailed, "postroom: ", "store", "no space left")
	if o := execute(t, "", nil, binary(t), "health", "--alive", "--http", page); o.status != exitOK {
		t.Errorf("health --alive: %+v", o)
	}
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	await(t, "ready again", func() bool { status, _ := p.ask(t, "/readyz"); return status == 200 })
}
