package pickup

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

const message = "x-sender: a@a\r\nx-receiver: b@b\r\n\r\nx\r\n"

// inbox is an Acceptor that answers with an error, or keeps what came.
type inbox struct {
	reply  error
	got    []string // file names
	bodies []string
	came   chan string
}

func (i *inbox) Accept(_ context.Context, env mail.Envelope, r io.Reader) (mail.Receipt, error) {
	if i.reply != nil {
		return mail.Receipt{}, i.reply
	}
	body, err := io.ReadAll(r)
	i.got, i.bodies = append(i.got, env.Session.Remote), append(i.bodies, string(body))
	if i.came != nil {
		i.came <- env.Session.Remote
	}
	return mail.Receipt{}, err
}

func start(t *testing.T) (*work, *inbox, time.Time) {
	in := &inbox{}
	return newWork(&Folder{Dir: t.TempDir(), Acceptor: in, IDs: mail.NewIDs(rand.Reader), MaxSize: 1000}), in, time.Unix(1e9, 0)
}

func put(t *testing.T, w *work, name, text string) {
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, w *work, want ...string) {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(w.Dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("folder has %q, want %q, %v", names, want, err)
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	for _, name := range []string{"a", "b c.txt", "ü.eml", "-x.bad.eml"} {
		put(t, w, name, message)
	}
	for _, name := range []string{".hidden", "z.TMP", "z.bad", "z.bad.txt"} {
		put(t, w, name, message)
	}
	if err := os.Mkdir(w.path("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.scan(t.Context(), now)
	w.scan(t.Context(), now.Add(DefaultScan))
	if len(in.got) != 4 || in.bodies[0] != "\r\nx\r\n" {
		t.Errorf("got %q %q", in.got, in.bodies)
	}
	expect(t, w, ".hidden", "dir", "z.TMP", "z.bad", "z.bad.txt")
}

func TestHalfWrittenFileIsWaitedFor(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	f, err := os.Create(w.path("a"))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := io.WriteString(f, "x-receiver: b@b\r\n"); err != nil {
			t.Fatal(err)
		}
		w.scan(t.Context(), now)
		now = now.Add(DefaultScan / 2)
	}
	if len(in.got) != 0 {
		t.Fatal("taken while it grew")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w.scan(t.Context(), now.Add(DefaultScan))
	if len(in.got) != 1 {
		t.Errorf("not taken: %q", in.got)
	}
}

func TestEmptyFileWaitsLonger(t *testing.T) {
	t.Parallel()
	w, _, now := start(t)
	put(t, w, "a", "")
	w.scan(t.Context(), now)
	w.scan(t.Context(), now.Add(emptyWait/2))
	expect(t, w, "a")
	w.scan(t.Context(), now.Add(emptyWait))
	expect(t, w, "a.bad", "a.bad.txt")
}

func TestBadOverwritesNothing(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	for range 3 {
		put(t, w, "a", "no mail")
		w.scan(t.Context(), now)
		now = now.Add(DefaultScan)
		w.scan(t.Context(), now)
	}
	in.reply = &mail.Reply{Code: 550, Text: "no"}
	put(t, w, "b", message)
	put(t, w, "c", message+string(make([]byte, 1000)))
	w.scan(t.Context(), now)
	w.scan(t.Context(), now.Add(DefaultScan))
	expect(t, w, "a.2.bad", "a.2.bad.txt", "a.3.bad", "a.3.bad.txt", "a.bad", "a.bad.txt", "b.bad", "b.bad.txt", "c.bad", "c.bad.txt")
	for name, want := range map[string]string{"a": "file cannot be sent: no recipients\n", "b": "550 no\n", "c": "file cannot be sent: more than 1000 octets\n"} {
		if text, err := os.ReadFile(w.path(name + why)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestTriedAgainWithGrowingPauses(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	in.reply = &mail.Reply{Code: 452, Text: "full"}
	put(t, w, "a", message)
	for range 8 {
		w.scan(t.Context(), now)
		now = now.Add(DefaultScan)
	}
	if pause := w.files["a"].pause; pause != 4*DefaultScan {
		t.Errorf("pause %v", pause)
	}
	expect(t, w, "a.postroom.tmp")
	in.reply = nil
	w.scan(t.Context(), now.Add(maxPause))
	put(t, w, "a", message) // another of that name
	w.scan(t.Context(), now.Add(2*maxPause))
	w.scan(t.Context(), now.Add(3*maxPause))
	if len(in.got) != 2 {
		t.Errorf("got %q", in.got)
	}
	expect(t, w)
}

func TestClaimOfACrashIsSent(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	put(t, w, "a.eml.postroom.tmp", message)
	w.scan(t.Context(), now)
	if !slices.Equal(in.got, []string{"a.eml"}) {
		t.Errorf("got %q", in.got)
	}
}

func TestSymlinkIsIgnored(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	if err := os.Symlink(filepath.Join(t.TempDir(), "x"), w.path("link")); err != nil {
		t.Skip(err)
	}
	w.scan(t.Context(), now)
	w.scan(t.Context(), now.Add(DefaultScan))
	expect(t, w, "link")
	if len(in.got) != 0 {
		t.Errorf("got %q", in.got)
	}
}

func TestRunTakesAThousand(t *testing.T) {
	t.Parallel()
	w, in, _ := start(t)
	in.came = make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	seen := map[string]bool{}
	for i := range 1000 {
		put(t, w, fmt.Sprint(i, ".tmp"), message)
		if err := os.Rename(w.path(fmt.Sprint(i, ".tmp")), w.path(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for len(seen) < 1000 {
		name := <-in.came
		if seen[name] {
			t.Errorf("%s came twice", name)
		}
		seen[name] = true
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	w, in, now := start(t)
	put(t, w, "good", message)
	put(t, w, "bad", "no envelope")
	put(t, w, "empty", "")
	w.scan(t.Context(), now)
	if got, want := w.Tally(), (mail.FolderTally{Dir: w.Dir, Waiting: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	w.scan(t.Context(), now.Add(time.Hour))
	got, want := w.Tally(), mail.FolderTally{Dir: w.Dir, Done: 1, Bad: 2}
	if got != want || len(in.got) != 1 {
		t.Errorf("%+v, want %+v; came %q", got, want, in.got)
	}
}
