// Package storetest is the suite that every store passes.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A Maker makes an empty store, and closes it when the test ends.
type Maker func(t testing.TB, opt store.Options) store.Store

// Run tests a kind of store.
func Run(t *testing.T, newStore Maker) {
	for name, test := range map[string]func(*testing.T, *bench){
		"AppendGetOpen":             testAppendGetOpen,
		"BodyIsExact":               testBodyIsExact,
		"Unterminated":              testUnterminated,
		"ReaderOutlivesDeletion":    testReaderOutlivesDeletion,
		"NotFound":                  testNotFound,
		"Boxes":                     testBoxes,
		"ReadingCreatesNothing":     testReadingCreatesNothing,
		"ListPages":                 testListPages,
		"ListBare":                  testListBare,
		"UpdateSeen":                testUpdateSeen,
		"UpdateMoves":               testUpdateMoves,
		"UpdateMovesBeforeTheGone":  testMovesBeforeTheGone,
		"ManyInOneBox":              testManyInOneBox,
		"UpdateKeepsOnError":        testUpdateKeepsOnError,
		"DeleteTwice":               testDeleteTwice,
		"ClearBox":                  testClearBox,
		"ClearAll":                  testClearAll,
		"Expire":                    testExpire,
		"UIDsAreNeverReused":        testUIDs,
		"SnapshotsDoNotChange":      testSnapshots,
		"Changes":                   testChanges,
		"CancelledContext":          testCancelled,
		"CloseTwice":                testCloseTwice,
		"Concurrent":                testConcurrent,
		"ConcurrentReadYourWrites":  testReadYourWrites,
		"EventsFollowTheStoreOrder": testEventOrder,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBench(t, newStore, store.Caps{}))
		})
	}
	for name, tc := range map[string]struct {
		caps store.Caps
		test func(*testing.T, *bench)
	}{
		"CapMessages":      {store.Caps{Messages: 3}, testCapMessages},
		"CapBytes":         {store.Caps{Bytes: 100}, testCapBytes},
		"CapBox":           {store.Caps{Box: 2}, testCapBox},
		"CapAge":           {store.Caps{Age: time.Hour}, testCapAge},
		"CapsChange":       {store.Caps{Messages: 5}, testCapsChange},
		"CapsWhileCrowded": {store.Caps{Messages: 50, Bytes: 3000, Box: 20}, testCrowded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.test(t, newBench(t, newStore, tc.caps))
		})
	}
	t.Run("Model", func(t *testing.T) { t.Parallel(); testModel(t, newStore) })
}

// A bench is a store with what a test needs around it.
type bench struct {
	testing.TB
	store.Store
	ctx   context.Context
	clock *clock.Movable

	mu      sync.Mutex
	changes []mail.Change
}

func newBench(t testing.TB, newStore Maker, caps store.Caps) *bench {
	b := &bench{TB: t, ctx: context.Background(), clock: clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	b.Store = newStore(t, store.Options{
		Caps:  caps,
		Clock: b.clock,
		IDs:   mail.NewIDs(rand.NewChaCha8([32]byte{7})),
		Publish: func(c mail.Change) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.changes = append(b.changes, c)
		},
	})
	return b
}

// told takes the changes that were published since the last call, as text.
func (b *bench) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, c := range b.changes {
		if c.Kind == mail.Cleared {
			out = append(out, fmt.Sprintf("cleared %q %d", c.Box, c.Count))
			continue
		}
		var boxes []string
		for _, d := range c.Deliveries {
			boxes = append(boxes, d.Box)
		}
		text := fmt.Sprintf("%s %s %s", c.Kind, c.Message.Envelope.From, strings.Join(boxes, ","))
		if c.Why != "" {
			text += fmt.Sprintf(" %s left %d", c.Why, len(c.Message.Deliveries))
		}
		if c.From != "" {
			text += " from " + c.From
		}
		out = append(out, text)
	}
	b.changes = nil
	return out
}

func (b *bench) wantTold(want ...string) {
	b.Helper()
	if got := b.told(); !slices.Equal(got, want) {
		b.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// message is one from name to boxes.
func (b *bench) message(name string, boxes ...string) mail.Message {
	m := mail.Message{Received: b.clock.Now(), Envelope: mail.Envelope{From: name}}
	for _, box := range boxes {
		rcpt := mail.Rcpt{Address: box}
		m.Envelope.To = append(m.Envelope.To, rcpt)
		m.Deliveries = append(m.Deliveries, mail.Delivery{Rcpt: rcpt, Box: box, State: mail.Delivered})
	}
	return m
}

func bodyOf(text string) *store.Body {
	var b store.Body
	io.WriteString(&b, text)
	return &b
}

func (b *bench) add(name, body string, boxes ...string) mail.Message {
	b.Helper()
	m, err := b.Append(b.ctx, bodyOf(body), b.message(name, boxes...))
	if err != nil {
		b.Fatalf("Append %s: %v", name, err)
	}
	return m
}

func (b *bench) list(q store.Query) store.Page {
	b.Helper()
	page, err := b.List(b.ctx, q)
	if err != nil {
		b.Fatalf("List %+v: %v", q, err)
	}
	return page
}

// names lists the senders of what a query finds.
func (b *bench) names(q store.Query) string {
	b.Helper()
	var names []string
	for _, m := range b.list(q).Messages {
		names = append(names, m.Envelope.From)
	}
	return strings.Join(names, " ")
}

func (b *bench) wantNames(q store.Query, want string) {
	b.Helper()
	if got := b.names(q); got != want {
		b.Errorf("List %+v: %q, want %q", q, got, want)
	}
}

func (b *bench) body(id mail.ID) string {
	b.Helper()
	r, err := b.Open(b.ctx, id)
	if err != nil {
		b.Fatalf("Open: %v", err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		b.Fatalf("read: %v", err)
	}
	return string(text)
}

func (b *bench) box(name string) store.Box {
	b.Helper()
	box, err := b.Box(b.ctx, name)
	if err != nil {
		b.Fatalf("Box %q: %v", name, err)
	}
	return box
}

func (b *bench) wantBox(name string, messages, unseen int, bytes int64) {
	b.Helper()
	if box := b.box(name); box.Messages != messages || box.Unseen != unseen || box.Bytes != bytes {
		b.Errorf("%+v, want %d messages, %d unseen, %d bytes", box, messages, unseen, bytes)
	}
}

func testAppendGetOpen(t *testing.T, b *bench) {
	sent := b.message("x", "a@a", "b@b")
	sent.Envelope.Session = &mail.Session{ID: "s", Helo: "h"}
	sent.Envelope.To[1].Notify = mail.NotifyDelay
	m, err := b.Append(b.ctx, bodyOf("hello\r\n"), sent)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID.IsZero() || m.Size != 7 || m.Unterminated || len(m.Deliveries) != 2 {
		t.Errorf("%+v", m)
	}
	for i, d := range m.Deliveries {
		if d.ID != (mail.DeliveryID{Message: m.ID, N: i}) || d.UID == 0 {
			t.Errorf("delivery %d: %+v", i, d)
		}
	}
	got, err := b.Get(b.ctx, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != m.ID || !got.Received.Equal(sent.Received) || *got.Envelope.Session != *sent.Envelope.Session ||
		!slices.Equal(got.Envelope.To, sent.Envelope.To) || got.Deliveries[1].Box != "b@b" || got.Deliveries[1].UID != m.Deliveries[1].UID {
		t.Errorf("%+v", got)
	}
	if text := b.body(m.ID); text != "hello\r\n" {
		t.Errorf("body %q", text)
	}
	if sent.Deliveries[0].UID != 0 {
		t.Error("Append changed what it was given")
	}
}

func testBodyIsExact(t *testing.T, b *bench) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 511, 512, 4096, 65_537, 1 << 20, 3<<20 + 1} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(rng.Uint32())
		}
		body := &store.Body{}
		if size%2 == 0 {
			if _, err := body.ReadFrom(iotest.OneByteReader(bytes.NewReader(content[:size/512]))); err != nil {
				t.Fatal(err)
			}
			body.Write(content[size/512:])
		} else {
			body.WriteHint(content, 10)
		}
		m, err := b.Append(b.ctx, body, b.message("x", "a@a"))
		if err != nil || m.Size != int64(size) {
			t.Fatalf("%d octets: size %d, %v", size, m.Size, err)
		}
		r, err := b.Open(b.ctx, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, content); err != nil && size < 1<<20 {
			t.Errorf("%d octets: %v", size, err)
		}
		if _, err := r.Seek(int64(size/3), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		var rest bytes.Buffer
		if n, err := r.WriteTo(&rest); err != nil || n != int64(size-size/3) || !bytes.Equal(rest.Bytes(), content[size/3:]) {
			t.Errorf("%d octets: WriteTo wrote %d, %v", size, n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testUnterminated(t *testing.T, b *bench) {
	for body, want := range map[string]bool{"": false, "x\r\n": false, "\r\n": false, "\n": true, "x": true, "x\n": true, "x\r": true, "x\n\r": true} {
		m := b.add("x", body, "a@a")
		if got, err := b.Get(b.ctx, m.ID); err != nil || got.Unterminated != want || m.Unterminated != want {
			t.Errorf("%q: %v, %v, want %v (%v)", body, m.Unterminated, got.Unterminated, want, err)
		}
	}
}

func testReaderOutlivesDeletion(t *testing.T, b *bench) {
	m := b.add("x", strings.Repeat("line\r\n", 1000), "a@a")
	r, err := b.Open(b.ctx, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := b.Clear(b.ctx, ""); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || len(text) != 6000 {
		t.Errorf("%d octets, %v", len(text), err)
	}
}

func testNotFound(t *testing.T, b *bench) {
	m := b.add("x", "", "a@a")
	gone := mail.ID{1}
	_, getErr := b.Get(b.ctx, gone)
	_, openErr := b.Open(b.ctx, gone)
	never := func(*mail.Delivery) error { t.Error("change was called"); return nil }
	_, updateErr := b.Update(b.ctx, mail.DeliveryID{Message: gone}, never)
	_, numberErr := b.Update(b.ctx, mail.DeliveryID{Message: m.ID, N: 1}, never)
	for i, err := range []error{getErr, openErr, updateErr, numberErr} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func testBoxes(t *testing.T, b *bench) {
	b.add("1", "12345", "b@b", "a@a")
	m := b.add("2", "123", "a@a")
	boxes, err := b.Boxes(b.ctx)
	if err != nil || len(boxes) != 2 || boxes[0].Name != "a@a" || boxes[1].Name != "b@b" || boxes[0].Newest != m.ID {
		t.Errorf("%+v, %v", boxes, err)
	}
	b.wantBox("a@a", 2, 2, 8)
	b.wantBox("b@b", 1, 1, 5)
	b.wantBox("", 2, 2, 8)
	if box := b.box(""); box.Newest != m.ID {
		t.Errorf("%+v", box)
	}
}

func testReadingCreatesNothing(t *testing.T, b *bench) {
	b.wantBox("none@a", 0, 0, 0)
	b.wantNames(store.Query{Box: "none@a"}, "")
	if n, err := b.Clear(b.ctx, "none@a"); n != 0 || err != nil {
		t.Error(n, err)
	}
	if boxes, err := b.Boxes(b.ctx); len(boxes) != 0 || err != nil {
		t.Errorf("%+v, %v", boxes, err)
	}
	b.wantTold()
}

func testListPages(t *testing.T, b *bench) {
	var ids []mail.ID
	for i := range 7 {
		box := "a@a"
		if i%2 == 1 {
			box = "b@b"
		}
		ids = append(ids, b.add(fmt.Sprint(i), "", box, "c@c").ID)
	}
	b.wantNames(store.Query{}, "6 5 4 3 2 1 0")
	b.wantNames(store.Query{Oldest: true}, "0 1 2 3 4 5 6")
	b.wantNames(store.Query{Box: "a@a"}, "6 4 2 0")
	b.wantNames(store.Query{Box: "b@b", Oldest: true}, "1 3 5")
	b.wantNames(store.Query{Before: ids[4], Limit: 2}, "3 2")
	b.wantNames(store.Query{After: ids[4], Oldest: true}, "5 6")
	b.wantNames(store.Query{After: ids[1], Before: ids[4]}, "3 2")
	b.wantNames(store.Query{After: ids[4], Before: ids[1]}, "")
	b.wantNames(store.Query{Box: "b@b", Before: ids[4], Limit: 1}, "3")
	for _, c := range []struct {
		q    store.Query
		want string
	}{
		{store.Query{Skip: 2, Limit: 2}, "4 3"},
		{store.Query{Skip: 5}, "1 0"},
		{store.Query{Skip: 7}, ""},
		{store.Query{Skip: 8}, ""},
		{store.Query{Skip: -1, Limit: 1}, "6"},
		{store.Query{Skip: 2, Limit: 2, Oldest: true}, "2 3"},
		{store.Query{Skip: 9, Oldest: true}, ""},
		{store.Query{Skip: 1, Box: "b@b"}, "3 1"},
		{store.Query{Skip: 2, Box: "a@a", Oldest: true}, "4 6"},
		{store.Query{Skip: 1, Box: "none@a"}, ""},
		{store.Query{Skip: 1, Before: ids[5], After: ids[1]}, "3 2"},
		{store.Query{Skip: 1, Before: ids[5], After: ids[1], Oldest: true}, "3 4"},
	} {
		b.wantNames(c.q, c.want)
	}
	for limit, more := range map[int]bool{0: false, 6: true, 7: false, 8: false} {
		if page := b.list(store.Query{Limit: limit}); page.More != more {
			t.Errorf("limit %d: More is %v", limit, page.More)
		}
	}
	// A cursor stays good when its message is gone.
	if _, err := b.Delete(b.ctx, mail.DeliveryID{Message: ids[3], N: 0}, mail.DeliveryID{Message: ids[3], N: 1}); err != nil {
		t.Fatal(err)
	}
	b.wantNames(store.Query{Before: ids[3], Limit: 2}, "2 1")
	b.wantNames(store.Query{After: ids[3], Oldest: true}, "4 5 6")
	if page := b.list(store.Query{Box: "c@c", Limit: 1}); len(page.Messages[0].Deliveries) != 2 {
		t.Error("a mailbox's message lacks its other deliveries")
	}
}

// testListBare: a bare list tells sizes, mailboxes and marks, and whether a
// delivery has been moved.
func testListBare(t *testing.T, b *bench) {
	first := b.add("1", "12345", "a@a", "b@b")
	b.add("2", "6\r\n", "B@b")
	move := func(d *mail.Delivery) error { d.Box, d.Seen = "b@b", true; return nil }
	if _, err := b.Update(b.ctx, first.Deliveries[0].ID, move); err != nil {
		t.Fatal(err)
	}
	page := b.list(store.Query{Box: "b@b", Oldest: true, Bare: true})
	if len(page.Messages) != 1 {
		t.Fatalf("%+v", page)
	}
	m := page.Messages[0]
	if m.ID != first.ID || m.Size != 5 || !m.Unterminated || !m.Received.Equal(first.Received) || len(m.Deliveries) != 2 {
		t.Fatalf("%+v", m)
	}
	moved, home := m.Deliveries[0], m.Deliveries[1]
	if moved.Box != "b@b" || !moved.Seen || moved.AtHome() || home.Box != "b@b" || home.Seen || !home.AtHome() || moved.UID <= home.UID {
		t.Errorf("%+v", m.Deliveries)
	}
	other := b.list(store.Query{Limit: 1, Bare: true}).Messages[0]
	if d := other.Deliveries[0]; d.Box != "B@b" || !d.AtHome() || other.Unterminated {
		t.Errorf("%+v", other)
	}
}

func seen(d *mail.Delivery) error { d.Seen = true; return nil }

func testUpdateSeen(t *testing.T, b *bench) {
	m := b.add("x", "123", "a@a", "b@b")
	b.told()
	for range 2 {
		d, err := b.Update(b.ctx, m.Deliveries[0].ID, seen)
		if err != nil || !d.Seen || d.Box != "a@a" {
			t.Errorf("%+v, %v", d, err)
		}
	}
	b.wantTold("updated x a@a")
	b.wantBox("a@a", 1, 0, 3)
	b.wantBox("b@b", 1, 1, 3)
	b.wantBox("", 1, 1, 3)
	if _, err := b.Update(b.ctx, m.Deliveries[1].ID, seen); err != nil {
		t.Fatal(err)
	}
	b.wantBox("", 1, 0, 3)
}

func testUpdateMoves(t *testing.T, b *bench) {
	first := b.add("1", "1", "a@a")
	b.add("2", "22", "b@b")
	third := b.add("3", "333", "b@b")
	b.told()
	d, err := b.Update(b.ctx, first.Deliveries[0].ID, func(d *mail.Delivery) error {
		d.Box, d.UID, d.Rcpt.Address = "b@b", 1, "forged@a"
		d.Trail = append(d.Trail, mail.Step{Did: "moved"})
		return nil
	})
	if err != nil || d.Box != "b@b" || d.UID <= third.Deliveries[0].UID || d.Rcpt.Address != "a@a" {
		t.Errorf("%+v, %v", d, err)
	}
	if c := b.changes[len(b.changes)-1]; c.Steps != 1 || c.Marked || c.Was != first.Deliveries[0].State {
		t.Errorf("told of %+v", c)
	}
	b.wantTold("updated 1 b@b from a@a")
	b.wantNames(store.Query{Box: "b@b", Oldest: true}, "1 2 3")
	b.wantBox("a@a", 0, 0, 0)
	b.wantBox("b@b", 3, 3, 6)
	b.wantBox("", 3, 3, 6)
	got, err := b.Get(b.ctx, first.ID)
	if err != nil || len(got.Deliveries) != 1 || len(got.Deliveries[0].Trail) != 1 || got.Deliveries[0].UID != d.UID {
		t.Errorf("%+v, %v", got, err)
	}
}

// testManyInOneBox: several deliveries of a message may lie in one mailbox, and
// move on one by one.
func testManyInOneBox(t *testing.T, b *bench) {
	to := []mail.Rcpt{{Address: "a@a"}, {Address: "b@b"}, {Address: "c@c"}}
	given := mail.Message{Received: b.clock.Now(), Envelope: mail.Envelope{To: to}}
	step := mail.Step{At: given.Received, Did: "queued", Host: "x:25", Rule: "r"}
	for _, r := range to {
		given.Deliveries = append(given.Deliveries, mail.Delivery{
			Rcpt: r, Box: mail.QueueBox, State: mail.Queued, Next: given.Received, Route: "relay smtp://x", Trail: []mail.Step{step},
		})
	}
	var body store.Body
	body.Write([]byte("123"))
	m, err := b.Append(b.ctx, &body, given)
	if err != nil {
		t.Fatal(err)
	}
	b.wantBox(mail.QueueBox, 3, 3, 9)
	b.wantBox("", 1, 1, 3)
	page := b.list(store.Query{Box: mail.QueueBox})
	if len(page.Messages) != 1 || len(page.Messages[0].Deliveries) != 3 {
		t.Fatalf("%+v", page)
	}
	for i, d := range page.Messages[0].Deliveries {
		if d.Rcpt != to[i] || d.Route != "relay smtp://x" || d.State != mail.Queued || !d.Next.Equal(given.Received) || len(d.Trail) != 1 || d.Trail[0].Host != "x:25" || d.UID == 0 {
			t.Errorf("%+v", d)
		}
	}
	for i, box := range []string{mail.DoneBox, "b@b", mail.DoneBox} {
		d, err := b.Update(b.ctx, m.Deliveries[i].ID, func(d *mail.Delivery) error {
			d.Box, d.State, d.Next, d.Route = box, mail.Relayed, time.Time{}, ""
			return nil
		})
		if err != nil || d.Box != box || d.Route != "" || d.State != mail.Relayed || d.Rcpt != to[i] {
			t.Errorf("%+v, %v", d, err)
		}
		b.wantBox(mail.QueueBox, 2-i, 2-i, int64(6-3*i))
	}
	b.wantBox(mail.DoneBox, 2, 2, 6)
	if n, err := b.Clear(b.ctx, mail.DoneBox); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got, err := b.Get(b.ctx, m.ID); err != nil || len(got.Deliveries) != 1 || got.Deliveries[0].Box != "b@b" {
		t.Errorf("%+v, %v", got, err)
	}
}

// testMovesBeforeTheGone moves a message to where older ones have been deleted.
func testMovesBeforeTheGone(t *testing.T, b *bench) {
	first := b.add("1", "", "a@a")
	second := b.add("2", "", "b@b")
	b.add("3", "", "b@b")
	if _, err := b.Delete(b.ctx, second.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(b.ctx, first.Deliveries[0].ID, func(d *mail.Delivery) error { d.Box = "b@b"; return nil }); err != nil {
		t.Fatal(err)
	}
	b.wantNames(store.Query{Box: "b@b"}, "3 1")
}

func testUpdateKeepsOnError(t *testing.T, b *bench) {
	m := b.add("x", "", "a@a")
	b.told()
	no := errors.New("no")
	_, err := b.Update(b.ctx, m.Deliveries[0].ID, func(d *mail.Delivery) error { d.Seen, d.Box = true, "b@b"; return no })
	if !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	b.wantTold()
	b.wantBox("a@a", 1, 1, 0)
}

func testDeleteTwice(t *testing.T, b *bench) {
	m := b.add("x", "123", "a@a", "b@b", "c@c")
	b.told()
	first, third := m.Deliveries[0].ID, m.Deliveries[2].ID
	gone, err := b.Delete(b.ctx, third, first, first, mail.DeliveryID{Message: m.ID, N: 9}, mail.DeliveryID{Message: mail.ID{1}})
	if err != nil || len(gone) != 2 {
		t.Errorf("%+v, %v", gone, err)
	}
	if gone, err = b.Delete(b.ctx, first); err != nil || len(gone) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
	b.wantTold("removed x a@a,c@c deleted left 1")
	b.wantBox("", 1, 1, 3)
	if got, err := b.Get(b.ctx, m.ID); err != nil || len(got.Deliveries) != 1 || got.Deliveries[0].ID.N != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := b.Delete(b.ctx, m.Deliveries[1].ID); err != nil {
		t.Fatal(err)
	}
	b.wantTold("removed x b@b deleted left 0")
	if _, err := b.Get(b.ctx, m.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	b.wantBox("", 0, 0, 0)
	if gone, err = b.Delete(b.ctx); err != nil || len(gone) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
}

func testClearBox(t *testing.T, b *bench) {
	both := b.add("1", "1", "a@a", "b@b")
	b.add("2", "22", "a@a")
	b.add("3", "333", "b@b")
	b.told()
	if n, err := b.Clear(b.ctx, "a@a"); n != 2 || err != nil {
		t.Error(n, err)
	}
	b.wantTold(`cleared "a@a" 2`)
	b.wantNames(store.Query{}, "3 1")
	b.wantBox("a@a", 0, 0, 0)
	b.wantBox("", 2, 2, 4)
	if got, err := b.Get(b.ctx, both.ID); err != nil || len(got.Deliveries) != 1 || got.Deliveries[0].Box != "b@b" {
		t.Errorf("%+v, %v", got, err)
	}
}

func testClearAll(t *testing.T, b *bench) {
	b.add("1", "1", "a@a", "b@b")
	m := b.add("2", "22", "a@a")
	b.told()
	if n, err := b.Clear(b.ctx, ""); n != 3 || err != nil {
		t.Error(n, err)
	}
	b.wantTold(`cleared "" 3`)
	b.wantNames(store.Query{}, "")
	b.wantBox("", 0, 0, 0)
	if _, err := b.Open(b.ctx, m.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if n, err := b.Clear(b.ctx, ""); n != 0 || err != nil {
		t.Error(n, err)
	}
	b.wantTold()
}

func testExpire(t *testing.T, b *bench) {
	b.add("1", "", "a@a")
	b.clock.Advance(time.Minute)
	b.add("2", "", "a@a", "b@b")
	limit := b.clock.Now()
	b.add("3", "", "a@a")
	b.told()
	if n, err := b.Expire(b.ctx, limit); n != 1 || err != nil {
		t.Error(n, err)
	}
	b.wantTold("removed 1 a@a expired left 0")
	if n, err := b.Expire(b.ctx, limit.Add(time.Nanosecond)); n != 2 || err != nil {
		t.Error(n, err)
	}
	b.wantTold("removed 2 a@a,b@b expired left 0", "removed 3 a@a expired left 0")
}

func testUIDs(t *testing.T, b *bench) {
	last := uint32(0)
	for round := range 4 {
		for range 3 {
			m := b.add("x", "", "a@a", fmt.Sprintf("other%d@a", round))
			if uid := m.Deliveries[0].UID; uid <= last {
				t.Fatalf("UID %d after %d", uid, last)
			}
			last = m.Deliveries[0].UID
			if next := b.box("a@a").NextUID; next <= last {
				t.Errorf("NextUID %d after %d", next, last)
			}
		}
		switch round {
		case 0:
			b.Clear(b.ctx, "a@a")
		case 1:
			b.Clear(b.ctx, "")
		case 2:
			b.Expire(b.ctx, b.clock.Now().Add(time.Hour))
		}
		if next := b.box("a@a").NextUID; next <= last {
			t.Errorf("NextUID %d after %d", next, last)
		}
	}
}

func testSnapshots(t *testing.T, b *bench) {
	m := b.add("x", "", "a@a", "b@b")
	page := b.list(store.Query{})
	b.Update(b.ctx, m.Deliveries[0].ID, seen)
	b.Delete(b.ctx, m.Deliveries[1].ID)
	if old := page.Messages[0]; len(old.Deliveries) != 2 || old.Deliveries[0].Seen || old.Deliveries[1].Box != "b@b" {
		t.Errorf("%+v", old)
	}
	if len(m.Deliveries) != 2 || m.Deliveries[0].Seen {
		t.Errorf("%+v", m)
	}
}

func testChanges(t *testing.T, b *bench) {
	m := b.add("x", "123", "a@a", "b@b")
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.changes) != 1 {
		t.Fatalf("%d changes", len(b.changes))
	}
	c := b.changes[0]
	if c.Kind != mail.Added || c.Message.ID != m.ID || c.Message.Size != 3 || len(c.Message.Deliveries) != 2 || len(c.Deliveries) != 2 || c.Deliveries[1].UID == 0 {
		t.Errorf("%+v", c)
	}
}

func testCancelled(t *testing.T, b *bench) {
	b.add("x", "", "a@a")
	b.told()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Append(ctx, bodyOf(""), b.message("y", "a@a")); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v", err)
	}
	if _, err := b.Clear(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Clear: %v", err)
	}
	if _, err := b.Expire(ctx, b.clock.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("Expire: %v", err)
	}
	b.wantTold()
	b.wantNames(store.Query{}, "x")
}

func testCloseTwice(t *testing.T, b *bench) {
	b.add("x", "", "a@a")
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testCapMessages(t *testing.T, b *bench) {
	for i := range 5 {
		b.add(fmt.Sprint(i), "", "a@a", "b@b")
		if n := b.box("").Messages; n > 3 {
			t.Errorf("%d messages", n)
		}
	}
	b.wantNames(store.Query{}, "4 3 2")
	b.wantTold("added 0 a@a,b@b", "added 1 a@a,b@b", "added 2 a@a,b@b",
		"added 3 a@a,b@b", "removed 0 a@a,b@b evicted left 0", "added 4 a@a,b@b", "removed 1 a@a,b@b evicted left 0")
}

// testCapsChange: a store that can change them obeys at once in all, and in mailboxes
// with the next message.
func testCapsChange(t *testing.T, b *bench) {
	c, ok := b.Store.(store.Capper)
	if !ok {
		t.Skip("the caps of this store cannot be changed")
	}
	set := func(caps store.Caps) {
		t.Helper()
		if err := c.SetCaps(b.ctx, caps); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		b.add(fmt.Sprint(i), strings.Repeat("x", 10), "a@a", "b@b")
	}
	b.wantNames(store.Query{}, "5 4 3 2 1")
	b.told()
	set(store.Caps{Messages: 4})
	b.wantTold("removed 1 a@a,b@b evicted left 0")
	set(store.Caps{Bytes: 35})
	b.wantNames(store.Query{}, "5 4 3")
	if _, err := b.Append(b.ctx, bodyOf(strings.Repeat("x", 36)), b.message("large", "a@a")); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	set(store.Caps{Box: 2})
	b.wantNames(store.Query{}, "5 4 3")
	b.add("6", "", "a@a")
	b.wantNames(store.Query{Box: "a@a"}, "6 5")
	b.wantNames(store.Query{Box: "b@b"}, "5 4 3")
	b.clock.Advance(time.Hour)
	b.add("7", "", "c@c")
	set(store.Caps{Age: time.Minute})
	b.wantNames(store.Query{}, "7")
	set(store.Caps{})
	for i := range 10 {
		b.add(fmt.Sprint("n", i), "", "a@a")
	}
	if n := b.box("").Messages; n != 11 {
		t.Errorf("without caps: %d messages", n)
	}
}

func testCapBytes(t *testing.T, b *bench) {
	b.add("1", strings.Repeat("x", 40), "a@a")
	b.add("2", strings.Repeat("x", 40), "a@a")
	b.add("3", strings.Repeat("x", 20), "a@a")
	b.wantNames(store.Query{}, "3 2 1")
	b.add("4", "x", "a@a")
	b.wantNames(store.Query{}, "4 3 2")
	b.add("5", strings.Repeat("x", 100), "a@a")
	b.wantNames(store.Query{}, "5")
	b.told()
	_, err := b.Append(b.ctx, bodyOf(strings.Repeat("x", 101)), b.message("6", "a@a"))
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("got %v", err)
	}
	b.wantNames(store.Query{}, "5")
	b.wantTold()
}

func testCapBox(t *testing.T, b *bench) {
	b.add("1", "", "a@a", "b@b")
	b.add("2", "", "a@a")
	b.told()
	b.add("3", "", "a@a")
	b.wantTold("added 3 a@a", "removed 1 a@a evicted left 1")
	b.wantNames(store.Query{Box: "a@a"}, "3 2")
	b.wantNames(store.Query{Box: "b@b"}, "1")
}

func testCapAge(t *testing.T, b *bench) {
	b.add("1", "", "a@a")
	b.clock.Advance(time.Hour)
	b.add("2", "", "a@a")
	b.wantNames(store.Query{}, "2 1")
	b.clock.Advance(time.Nanosecond)
	b.told()
	b.add("3", "", "a@a")
	b.wantTold("added 3 a@a", "removed 1 a@a expired left 0")
}

func testCrowded(t *testing.T, b *bench) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 500 {
		b.add(fmt.Sprint(i), strings.Repeat("x", rng.IntN(200)), fmt.Sprintf("u%d@a", rng.IntN(5)), "all@a")
		all := b.box("")
		if all.Messages > 50 || all.Bytes > 3000 || b.box("all@a").Messages > 20 {
			t.Fatalf("%+v, %+v", all, b.box("all@a"))
		}
	}
	newest := b.list(store.Query{Limit: 1}).Messages[0]
	if newest.Envelope.From != "499" {
		t.Errorf("the newest is %s", newest.Envelope.From)
	}
}

// testConcurrent only has to survive, with counts that agree at the end.
func testConcurrent(t *testing.T, b *bench) {
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 150 {
				m := b.add(fmt.Sprint(k, i), "body\r\n", "a@a", fmt.Sprintf("%d@a", k))
				if i%3 == 0 {
					b.Delete(b.ctx, m.Deliveries[i%2].ID)
				}
				b.Update(b.ctx, m.Deliveries[1].ID, seen)
			}
		})
		wg.Go(func() {
			for i := range 60 {
				for _, m := range b.list(store.Query{Box: "a@a", Limit: 50, Oldest: i%2 == 0}).Messages {
					if r, err := b.Open(b.ctx, m.ID); err == nil {
						io.Copy(io.Discard, r)
						r.Close()
					}
				}
				b.Boxes(b.ctx)
			}
		})
	}
	wg.Wait()
	count, bytes := 0, int64(0)
	for _, m := range b.list(store.Query{}).Messages {
		count++
		bytes += m.Size
	}
	if all := b.box(""); all.Messages != count || all.Bytes != bytes || count != 600 {
		t.Errorf("%+v, but %d messages of %d octets are listed", all, count, bytes)
	}
	in := 0
	boxes, err := b.Boxes(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range boxes {
		in += box.Messages
	}
	if in != 600*2-200 {
		t.Errorf("%d deliveries", in)
	}
}

func testReadYourWrites(t *testing.T, b *bench) {
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			box := fmt.Sprintf("%d@a", k)
			for i := range 100 {
				m := b.add("x", "", box)
				if got := b.list(store.Query{Box: box, Limit: 1}).Messages; len(got) != 1 || got[0].ID != m.ID {
					t.Errorf("message %d is not the newest of its mailbox", i)
					return
				}
			}
		})
	}
	wg.Wait()
}

// testEventOrder: whoever follows the changes alone knows at the end what is in
// the store, and never hears of a removal before the addition.
func testEventOrder(t *testing.T, b *bench) {
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 100 {
				m := b.add("x", "", "a@a")
				if (i+k)%2 == 0 {
					b.Delete(b.ctx, m.Deliveries[0].ID)
				}
			}
		})
	}
	wg.Wait()
	known := map[mail.ID]bool{}
	var last mail.ID
	for _, c := range b.changes {
		switch c.Kind {
		case mail.Added:
			if c.Message.ID.Compare(last) <= 0 {
				t.Fatal("additions are told out of order")
			}
			last = c.Message.ID
			known[last] = true
		case mail.Removed:
			if !known[c.Message.ID] {
				t.Fatal("a removal is told before the addition")
			}
			delete(known, c.Message.ID)
		}
	}
	for _, m := range b.list(store.Query{}).Messages {
		if !known[m.ID] {
			t.Errorf("%s was not told", m.ID)
		}
		delete(known, m.ID)
	}
	if len(known) > 0 {
		t.Errorf("%d messages are told and not there", len(known))
	}
}
