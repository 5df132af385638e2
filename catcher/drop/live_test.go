package drop_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/drop"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/pickup"
)

// taker hands over what is picked up.
type taker chan taken

type taken struct {
	env  mail.Envelope
	body string
}

func (t taker) Accept(_ context.Context, env mail.Envelope, r io.Reader) (mail.Receipt, error) {
	body, err := io.ReadAll(r)
	t <- taken{env, string(body)}
	return mail.Receipt{}, err
}

// run starts something that the test ends.
func run(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func open(t *testing.T, events int) *catcher.Catcher {
	c, err := catcher.New(catcher.Config{Events: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestDropIntoPickup: what was dropped is picked up as it was.
func TestDropIntoPickup(t *testing.T) {
	t.Parallel()
	c, dir, got := open(t, 0), t.TempDir(), make(taker)
	run(t, (&drop.Folder{Dir: dir, Flat: true, Source: c}).Run)
	run(t, (&pickup.Folder{Dir: dir, Acceptor: got, IDs: mail.NewIDs(rand.Reader)}).Run)
	body := "From: x@x\r\nBcc: y@y\r\n\r\n.dot\n\xff"
	for _, from := range []string{"", "a@a"} {
		env := mail.Envelope{From: from, To: []mail.Rcpt{{Address: "b@b"}, {Address: `"c d"@d`}}}
		if _, err := c.Accept(t.Context(), env, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		m := <-got
		if m.body != body || m.env.From != from || len(m.env.To) != 2 || m.env.To[0] != env.To[0] || m.env.To[1] != env.To[1] {
			t.Errorf("got %+v", m)
		}
	}
}

// TestFullDisk: with no room, and with more mail meanwhile than events are kept,
// everything is written once there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	root := catchertest.SmallDisk(t, "2m")
	ballast, dir := filepath.Join(root, "ballast"), filepath.Join(root, "drop")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	c, got := open(t, 2), make(taker)
	body := bytes.Repeat([]byte("x"), 20_000)
	for range 20 {
		if _, err := c.Accept(t.Context(), mail.Envelope{To: []mail.Rcpt{{Address: "b@b"}}}, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, (&drop.Folder{Dir: dir, Flat: true, Source: c}).Run)
	for range 20 {
		if _, err := c.Accept(t.Context(), mail.Envelope{To: []mail.Rcpt{{Address: "b@b"}}}, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(ballast); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	run(t, (&pickup.Folder{Dir: dir, Acceptor: got, IDs: mail.NewIDs(rand.Reader)}).Run)
	for i := range 40 {
		if m := <-got; m.body != string(body) {
			t.Fatalf("message %d has %d octets", i, len(m.body))
		}
	}
}
