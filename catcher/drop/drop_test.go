package drop

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/event"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"time"
)

// source is a memory store with a small bus.
type source struct {
	store.Store
	bus *event.Bus
}

func (s source) Subscribe(after uint64) *event.Sub { return s.bus.Subscribe(after) }
func (s source) LastEvent() uint64                 { return s.bus.Last() }

func newSource() source {
	bus := event.NewBus(4, time.Now())
	return source{store.NewMemory(store.Options{IDs: mail.NewIDs(rand.Reader), Publish: func(c mail.Change) { bus.Publish(time.Now(), c) }}), bus}
}

func (s source) put(t *testing.T, from string, boxes ...string) mail.Message {
	t.Helper()
	var body store.Body
	body.Write([]byte("Subject: x\n\n.y"))
	m := mail.Message{Envelope: mail.Envelope{From: from}}
	for _, box := range boxes {
		rcpt := mail.Rcpt{Address: strings.TrimPrefix(box, "@")}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{Rcpt: rcpt, Box: box})
	}
	m, err := s.Append(t.Context(), &body, m)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (s source) move(t *testing.T, m mail.Message, n int, box string) {
	t.Helper()
	_, err := s.Update(t.Context(), mail.DeliveryID{Message: m.ID, N: n}, func(d *mail.Delivery) error { d.Box = box; return nil })
	if err != nil {
		t.Fatal(err)
	}
}

// finish runs until all events are read: the bus is closed before.
func (s source) finish(t *testing.T, run func(context.Context) error) {
	t.Helper()
	s.bus.Close()
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	s, dir := newSource(), t.TempDir()
	m := s.put(t, "", "b@b", "c@c", "@queue")
	s.finish(t, (&Folder{Dir: dir, Source: s}).Run)
	for _, box := range []string{"b@b", "c@c"} {
		if got, want := read(t, dir, box, m.ID.String()+".eml"), "x-sender: <>\r\nx-receiver: "+box+"\r\nSubject: x\n\n.y"; got != want {
			t.Errorf("got %q", got)
		}
	}
	if got, want := read(t, dir, stateName), m.ID.String()+"\n"+m.ID.String()+" 2\n"; got != want {
		t.Errorf("state %q, want %q", got, want)
	}
}

// TestGoesOn: a restart writes what is new and what has left the queue, and nothing
// twice.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	s, dir := newSource(), t.TempDir()
	first := s.put(t, "a@a", "b@b", "@queue")
	f := &Folder{Dir: dir, Source: s, Flat: true}
	s.finish(t, f.Run)
	if err := os.Remove(filepath.Join(dir, first.ID.String()+".eml")); err != nil {
		t.Fatal(err)
	}
	s.move(t, first, 1, "queue")
	second := s.put(t, "a@a", "b@b", "c@c")
	s.finish(t, f.Run)
	if _, err := os.Stat(filepath.Join(dir, first.ID.String()+".eml")); err == nil {
		t.Error("written twice")
	}
	if got := read(t, dir, first.ID.String()+"-1.eml"); !strings.HasPrefix(got, "x-sender: a@a\r\nx-receiver: queue\r\nSubject") {
		t.Errorf("got %q", got)
	}
	if got := read(t, dir, second.ID.String()+".eml"); !strings.HasPrefix(got, "x-sender: a@a\r\nx-receiver: b@b\r\nx-receiver: c@c\r\nSubject") {
		t.Errorf("got %q", got)
	}
}

func TestBadmail(t *testing.T) {
	t.Parallel()
	s, dir := newSource(), t.TempDir()
	m := s.put(t, "", "@badmail")
	s.finish(t, (&Badmail{Dir: dir, Source: s}).Run)
	base := filepath.Join(dir, m.ID.String())
	if got := read(t, base+".BAD"); got != "Subject: x\n\n.y" {
		t.Errorf("got %q", got)
	}
	if got := read(t, base+".BDR"); !strings.Contains(got, "0xC00402C7") || !strings.Contains(got, "    badmail\r\n") {
		t.Errorf("got %q", got)
	}
	if got := read(t, base+".BDP"); !strings.Contains(got, "sender: <>\r\nrecipient: <badmail>\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := filepath.Join(dir, "a")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	for _, tc := range []struct {
		pickup, drop, badmail string
		ok                    bool
	}{
		{"", "", "", true},
		{a, a + "2", filepath.Join(dir, "c"), true},
		{a, a + "/", "", false},
		{a, filepath.Join(a, "x", "y"), "", false},
		{filepath.Join(a, "x"), "", a, false},
		{"", a, filepath.Join(link, "a"), false},
	} {
		if err := Check(tc.pickup, tc.drop, tc.badmail); (err == nil) != tc.ok {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

// TestUnreadableState costs nothing but writing all mail again.
func TestUnreadableState(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"", "nonsense\n", "01M873MMZNSHBBR4217DYDHRV3\nx y\n", "01M873MMZNSHBBR4217DYDHRV3\n01M873MMZNSHBBR4217DYDHRV3\n"} {
		s, dir := newSource(), t.TempDir()
		m := s.put(t, "a@a", "b@b")
		if err := os.WriteFile(filepath.Join(dir, stateName), []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
		s.finish(t, (&Folder{Dir: dir, Source: s}).Run)
		if got := read(t, dir, "b@b", m.ID.String()+".eml"); !strings.HasPrefix(got, "x-sender: a@a\r\n") {
			t.Errorf("state %q: %q", state, got)
		}
		if got := read(t, dir, stateName); got != m.ID.String()+"\n" {
			t.Errorf("state %q, then %q", state, got)
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	s := newSource()
	s.put(t, "a@x.test", "b@x.test", "c@x.test", mail.BadmailBox)
	s.put(t, "a@x.test", "b@x.test")
	each, flat, bad := &Folder{Dir: t.TempDir(), Source: s}, &Folder{Dir: t.TempDir(), Source: s, Flat: true}, &Badmail{Dir: t.TempDir(), Source: s}
	s.finish(t, each.Run)
	s.finish(t, flat.Run)
	s.finish(t, bad.Run)
	for _, c := range []struct {
		got  mail.FolderTally
		want int64
	}{{each.Tally(), 3}, {flat.Tally(), 2}, {bad.Tally(), 1}} {
		if c.got.Done != c.want || c.got.Dir == "" {
			t.Errorf("%+v, want %d written", c.got, c.want)
		}
	}
}
