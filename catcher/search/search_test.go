package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime/ugly"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// addMany adds messages "word n", each to one of the boxes.
func (w *world) addMany(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		w.clock.Advance(time.Second)
		m := mail.Message{Received: w.clock.Now(), Deliveries: []mail.Delivery{{Box: boxes[i%3]}}}
		w.add(t, m, fmt.Sprintf("Subject: message %d\r\n\r\nword %d of %d\r\n", i, i, n))
	}
}

func (w *world) catchUp(t testing.TB) {
	t.Helper()
	if err := w.index.catchUp(w.ctx); err != nil {
		t.Fatal(err)
	}
}

func (w *world) files(t testing.TB) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// wantFiles checks that the directory holds the files of the segments, and no other.
func (w *world) wantFiles(t testing.TB) {
	t.Helper()
	var want []string
	for _, sp := range w.index.spans {
		if sp.path != "" {
			want = append(want, sp.path)
		}
	}
	slices.Sort(want)
	if got := w.files(t); !slices.Equal(got, want) {
		t.Errorf("files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A watched store calls open before a body is opened.
type watched struct {
	store.Store
	open func()
}

func (s watched) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	s.open()
	return s.Store.Open(ctx, id)
}

// countOpens counts the bodies that the index opens from now on.
func (w *world) countOpens() *atomic.Int64 {
	n := new(atomic.Int64)
	w.index.store = watched{w.store, func() { n.Add(1) }}
	return n
}

func parse(t testing.TB, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(text, start)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 40)
	w.catchUp(t)
	w.wantFiles(t)
	kept := 0
	for _, sp := range w.index.spans {
		if sp.path != "" {
			kept += sp.head.count
		}
	}
	if kept < 20 {
		t.Fatalf("%d of 40 messages are in files", kept)
	}
	w.reopen(t)
	opened := w.countOpens()
	w.catchUp(t)
	if int(opened.Load()) > 40-kept {
		t.Errorf("%d bodies read after a restart, want at most %d", opened.Load(), 40-kept)
	}
	if n := w.compare(t, store.Query{}, "word 7"); n == 0 {
		t.Error("nothing found")
	}
	w.wantFiles(t)
}

// TestDamagedFiles damages each file in many ways, before it is opened and
// while it is in use.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 12)
	w.catchUp(t)
	good, err := os.ReadFile(w.files(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]func([]byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"cut in header": func(b []byte) []byte { return b[:headerSize-1] },
		"cut":           func(b []byte) []byte { return b[:len(b)-1] },
		"longer":        func(b []byte) []byte { return append(b, 0) },
		"other version": func(b []byte) []byte { b[len(magic)-1]++; return b },
		"foreign":       func([]byte) []byte { return []byte(strings.Repeat("no index ", 100)) },
	}
	for at := 0; at < len(good); at += 1 + len(good)/97 {
		damage[fmt.Sprintf("octet %d", at)] = func(b []byte) []byte { b[at] ^= 0x21; return b }
	}
	for name, change := range damage {
		for _, when := range []string{"before", "meanwhile"} {
			t.Run(name+" "+when, func(t *testing.T) {
				path := w.files(t)[0]
				bad := change(slices.Clone(good))
				if when == "before" {
					overwrite(t, path, bad)
				}
				w.reopen(t)
				if when == "meanwhile" {
					overwrite(t, path, bad)
				}
				w.compareAll(t, "before it is indexed again")
				w.catchUp(t)
				w.compareAll(t, "after")
				w.wantFiles(t)
				if slices.Contains(w.files(t), path) {
					t.Errorf("%s is still there", path)
				}
			})
		}
	}
}

func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) compareAll(t *testing.T, when string) {
	t.Helper()
	for _, text := range []string{"word", "message 7", "absent", "subject:1"} {
		t.Run(when, func(t *testing.T) { w.compare(t, store.Query{}, text) })
	}
}

// TestMergeThatWasCutShort has files that a merge has replaced but not removed.
func TestMergeThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.index.plan.tiers = []int{2, 4, 8}
	w.addMany(t, 30)
	w.catchUp(t)
	old := map[string][]byte{}
	for _, path := range w.files(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		old[path] = data
	}
	w.reopen(t)
	w.index.plan.tiers = []int{2, 4, 8, 32}
	if err := errors.Join(w.index.merge(), w.index.emptyTrash()); err != nil {
		t.Fatal(err)
	}
	for path, data := range old {
		overwrite(t, path, data)
	}
	w.reopen(t)
	if len(w.index.spans) != 1 || w.index.spans[0].head.count <= 6 {
		t.Errorf("%d segments were taken over, want the one that was made last", len(w.index.spans))
	}
	w.compare(t, store.Query{}, "word")
	w.wantFiles(t)
}

// A silentStore does not list anything.
type silentStore struct{ store.Store }

var errSilent = errors.New("disk on fire")

func (silentStore) List(context.Context, store.Query) (store.Page, error) {
	return store.Page{}, errSilent
}

// TestStoreThatFails has what could not be looked at looked at again.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 12)
	w.catchUp(t)
	w.reopen(t)
	w.index.store = silentStore{w.store}
	if _, err := w.index.Search(w.ctx, store.Query{}, parse(t, "larger:1")); !errors.Is(err, errSilent) {
		t.Errorf("Search: %v", err)
	}
	if _, err := w.index.checkOne(w.ctx); !errors.Is(err, errSilent) {
		t.Errorf("checkOne: %v", err)
	}
	if len(w.index.spans) != 1 || !w.index.spans[0].unsure {
		t.Errorf("spans %+v, want one that is still unsure", w.index.spans)
	}
	w.index.store = w.store
	w.catchUp(t)
	if w.index.spans[0].unsure {
		t.Error("the span was not checked")
	}
}

func TestIndexOfAnotherStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 40)
	w.catchUp(t)
	other := newWorld(t, "")
	other.clock.Advance(-time.Hour)
	other.store = store.NewMemory(store.Options{Clock: other.clock, Publish: func(c mail.Change) { other.index.Note(c) }})
	other.addMany(t, 40)
	other.dir = w.dir
	other.reopen(t)
	if len(other.index.spans) != 0 {
		t.Errorf("%d segments of another store were taken over", len(other.index.spans))
	}
	other.wantFiles(t)
	other.compare(t, store.Query{}, "word 7")
}

// TestStoreThatLostItsEnd has messages come again under IDs that the index has
// covered, as after a crash of a store that did not sync, with a clock that was set back.
func TestStoreThatLostItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 6)
	crashed := w.ids(t)[0]
	w.addMany(t, 6)
	w.catchUp(t)
	if len(w.files(t)) != 1 {
		t.Fatalf("%d files, want one", len(w.files(t)))
	}
	after := store.NewMemory(store.Options{Clock: w.clock, IDs: mail.NewIDs(rand.NewChaCha8([32]byte{9})), Publish: func(c mail.Change) { w.index.Note(c) }})
	w.store = after
	w.clock.Advance(-12 * time.Second)
	w.addMany(t, 6) // the same IDs
	if w.ids(t)[0] != crashed {
		t.Fatal("the store is not the same")
	}
	w.reopen(t)
	if len(w.index.spans) != 1 {
		t.Fatalf("%d segments were taken over, want 1", len(w.index.spans))
	}
	w.clock.Advance(-4 * time.Second) // new IDs are only a little above the last
	m := mail.Message{Received: w.clock.Now(), Deliveries: []mail.Delivery{{Box: boxes[0]}}}
	w.add(t, m, "Subject: new\r\n\r\nnew\r\n")
	if n := w.compare(t, store.Query{}, "new"); n != 1 {
		t.Errorf("%d found, want the new one", n)
	}
	w.catchUp(t)
	w.compare(t, store.Query{}, "new")
}

func TestRemovedMailLeavesTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 90)
	w.catchUp(t)
	before := len(w.index.spans)
	ids := w.ids(t)
	if _, err := w.store.Expire(w.ctx, start.Add(61*time.Second)); err != nil {
		t.Fatal(err)
	}
	w.catchUp(t)
	if got := len(w.index.spans); got >= before-1 {
		t.Errorf("%d segments when two thirds of the mail are gone, %d before", got, before)
	}
	w.wantFiles(t)
	w.compare(t, store.Query{}, "word 9")
	for _, id := range ids[:20] { // in a segment that stays
		w.store.Delete(w.ctx, mail.DeliveryID{Message: id})
	}
	w.catchUp(t)
	left := 0
	for _, sp := range w.index.spans {
		left += sp.head.count
	}
	if left > 20 {
		t.Errorf("the index knows %d messages, of 10", left)
	}
	w.wantFiles(t)
	w.compare(t, store.Query{}, "word")

	w.store.Clear(w.ctx, "")
	w.catchUp(t)
	if len(w.index.spans) != 0 || len(w.files(t)) != 0 {
		t.Errorf("%d segments and %d files of nothing", len(w.index.spans), len(w.files(t)))
	}
	w.addMany(t, 5)
	w.compare(t, store.Query{}, "word")
}

// TestBoundsOfAllKinds has cursors that are no message's.
func TestBoundsOfAllKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	bounds := []mail.ID{{}, {15: 1}, {0xff}, before(mail.ID{})}
	id := mail.ID{14: 1}
	for range 2 {
		for _, low := range bounds {
			for _, high := range bounds {
				for _, oldest := range []bool{false, true} {
					w.compare(t, store.Query{After: low, Before: high, Oldest: oldest}, "word")
					w.compare(t, store.Query{After: low, Before: high, Oldest: oldest}, "id:"+id.String())
				}
			}
		}
		w.addMany(t, 20)
		w.catchUp(t)
		id = w.ids(t)[7]
		bounds = append(bounds, id)
	}
	if n := w.compare(t, store.Query{Box: boxes[0]}, "id:"+id.String()) + w.compare(t, store.Query{Box: boxes[1]}, "id:"+id.String()); n != 1 {
		t.Errorf("found in %d mailboxes", n)
	}
}

// TestMailThatGoesWhileItIsIndexed leaves nothing behind.
func TestMailThatGoesWhileItIsIndexed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.addMany(t, w.index.plan.chunk)
	ids := w.ids(t)
	opened := 0
	w.index.store = watched{w.store, func() {
		if opened++; opened < len(ids) {
			return
		}
		for _, id := range ids[1:] {
			w.store.Delete(w.ctx, mail.DeliveryID{Message: id})
		}
	}}
	w.catchUp(t)
	if len(w.index.spans) != 1 || w.index.spans[0].head.count != 1 {
		t.Errorf("%d spans, want one with the message that is left", len(w.index.spans))
	}
}

// TestFullStoreUnderLoad has more mail come and go than is indexed meanwhile.
func TestFullStoreUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for range 100 {
		w.addMany(t, 10)
		ids := w.ids(t)
		for _, id := range ids[min(20, len(ids)):] {
			w.store.Delete(w.ctx, mail.DeliveryID{Message: id})
		}
		if _, err := w.index.step(w.ctx); err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, sp := range w.index.spans {
			known += sp.head.count
		}
		if known > 60 {
			t.Fatalf("%d messages in the index, 20 in the store", known)
		}
	}
}

func TestClearedBoxIsFoundOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.addMany(t, 48)
	w.catchUp(t)
	w.store.Clear(w.ctx, boxes[0])
	w.store.Clear(w.ctx, boxes[1])
	w.catchUp(t)
	count := 0
	for _, sp := range w.index.spans {
		count += sp.head.count
	}
	if count != 16 {
		t.Errorf("the index knows %d messages, want the 16 that are left", count)
	}
	w.compare(t, store.Query{}, "word")
}

// TestReadsNoMoreThanItMust counts bodies: of an indexed store only what is
// returned is read, and one more.
func TestReadsNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"word": 3, "subject:message": 3, `"word 7 of"`: 1, "absent": 0, "has:attachment": 0, "is:bounce OR has:html": 0, "larger:10": 0, "mailbox:a@x.test word": 3, "after:2027-01-01 word": 0} {
		w := newWorld(t, "")
		w.addMany(t, 63)
		w.catchUp(t)
		opened := w.countOpens()
		if _, err := w.index.Search(w.ctx, store.Query{Limit: 2}, parse(t, text)); err != nil {
			t.Fatal(err)
		}
		if got := opened.Load(); got != want {
			t.Errorf("%s: %d bodies read, want %d", text, got, want)
		}
	}
}

// TestSmallMailbox asks the index only about what lies in the mailbox.
func TestSmallMailbox(t *testing.T) {
	t.Parallel()
	for _, direct := range []int{0, 100} {
		w := newWorld(t, "")
		w.index.plan.direct = direct
		w.addMany(t, 63)
		m := mail.Message{Received: w.clock.Now(), Deliveries: []mail.Delivery{{Box: "small@x.test"}}}
		for i := range 3 {
			w.add(t, m, fmt.Sprintf("Subject: small %d\r\n\r\nword\r\n", i))
		}
		w.catchUp(t)
		for _, text := range []string{"word", `"small 1"`, "absent", "mailbox:small@x.test word", "subject:message"} {
			w.compare(t, store.Query{Box: "small@x.test"}, text)
			w.compare(t, store.Query{Box: "small@x.test", Oldest: true, Limit: 2}, text)
		}
		opened := w.countOpens()
		if n := w.compare(t, store.Query{}, "mailbox:small@x.test small"); n != 3 || opened.Load() != 6 {
			t.Errorf("direct %d: %d found, %d bodies read, half of them to compare", direct, n, opened.Load())
		}
	}
}

// TestSearchIndexesWhatItReads is about a store that nobody has indexed yet.
func TestSearchIndexesWhatItReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.addMany(t, 64)
	opened := w.countOpens()
	for _, want := range []int64{64, 0} {
		opened.Store(0)
		if _, err := w.index.Search(w.ctx, store.Query{}, parse(t, "absent")); err != nil {
			t.Fatal(err)
		}
		if got := opened.Load(); got > want+2 {
			t.Errorf("%d bodies read, want %d and those too few for a segment", got, want)
		}
	}
}

func TestAbandonedSearchEnds(t *testing.T) {
	t.Parallel()
	for _, indexed := range []bool{false, true} {
		w := newWorld(t, "")
		w.addMany(t, 64)
		if indexed {
			w.catchUp(t)
		}
		ctx, cancel := context.WithCancel(w.ctx)
		opened := 0
		w.index.store = watched{w.store, func() {
			if opened++; opened == 2 {
				cancel()
			}
		}}
		_, err := w.index.Search(ctx, store.Query{}, parse(t, "word"))
		if !errors.Is(err, context.Canceled) || opened > 3 {
			t.Errorf("indexed %v: %v after %d bodies", indexed, err, opened)
		}
		w.index.store = w.store
		w.compare(t, store.Query{}, "word")
	}
}

// TestRunIndexes waits until Run has read what came in.
func TestRunIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	opened := make(chan bool, 100)
	w.index.store = watched{w.store, func() { opened <- true }}
	ctx, cancel := context.WithCancel(w.ctx)
	var done sync.WaitGroup
	done.Go(func() { w.index.Run(ctx) })
	for range 5 {
		w.addMany(t, w.index.plan.few)
		for range w.index.plan.few {
			<-opened
		}
	}
	cancel()
	done.Wait()
	w.index.store = w.store
	w.compare(t, store.Query{}, "word")
}

// TestConcurrent has everything happen at once; the race detector watches.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	ctx, cancel := context.WithCancel(w.ctx)
	var background, work sync.WaitGroup
	background.Go(func() { w.index.Run(ctx) })
	for i := range 3 {
		work.Go(func() {
			for range 8 {
				w.addMany(t, 8)
				w.mustSee(t, fmt.Sprintf("unique%d", i))
			}
		})
	}
	work.Go(func() {
		for i := range 20 {
			if page, err := w.store.List(ctx, store.Query{Limit: 3 + i%5, Oldest: true}); err != nil {
				t.Error(err)
			} else {
				for _, m := range page.Messages {
					w.store.Delete(ctx, mail.DeliveryID{Message: m.ID})
				}
			}
		}
		w.store.Clear(ctx, boxes[1])
		w.store.Clear(ctx, "")
	})
	for range 2 {
		work.Go(func() {
			for i := range 60 {
				if _, err := w.index.Search(ctx, store.Query{Limit: i % 7, Oldest: i%2 == 0}, parse(t, "word OR subject:7")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	cancel()
	background.Wait()
	w.checkSpans(t)
	w.compare(t, store.Query{}, "word")
	w.catchUp(t)
	w.compare(t, store.Query{}, "word")
	w.wantFiles(t)
}

// mustSee adds a message and finds it at once, unless it was deleted.
func (w *world) mustSee(t testing.TB, word string) {
	m := mail.Message{Received: w.clock.Now(), Deliveries: []mail.Delivery{{Box: boxes[0]}}}
	var b store.Body
	b.Write([]byte("Subject: " + word + "\r\n\r\n"))
	m, err := w.store.Append(w.ctx, &b, m)
	if err != nil {
		t.Error(err)
		return
	}
	page, err := w.index.Search(w.ctx, store.Query{Limit: 1}, parse(t, word+" id:"+m.ID.String()+" OR "+word))
	if err != nil {
		t.Error(err)
	}
	if _, err := w.store.Get(w.ctx, m.ID); err == nil && (len(page.Messages) == 0 || page.Messages[0].ID != m.ID) {
		t.Errorf("%s was stored as %v and not found", word, m.ID)
	}
}

// A busyClock moves by itself when somebody waits, and lets mail arrive meanwhile.
type busyClock struct {
	*clock.Movable
	ix   *Index
	rate []int // messages a second during each wait; the last goes on
	naps []time.Duration
}

func (c *busyClock) After(d time.Duration) <-chan time.Time {
	rate := c.rate[min(len(c.naps), len(c.rate)-1)]
	c.naps = append(c.naps, d)
	c.pass(d, rate)
	return c.Movable.After(0)
}

func (c *busyClock) pass(d time.Duration, rate int) {
	for range int(d.Seconds() * float64(rate)) {
		c.ix.Note(mail.Change{Kind: mail.Added, Message: &mail.Message{}})
	}
	c.Advance(d)
}

func TestRunRestsWhileMailComesFast(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first int // messages a second while it works
		rate  []int
		naps  int // of 50 ms, after 20 ms of work
	}{
		"calm":         {first: 100, rate: []int{100}, naps: 0},
		"fast":         {first: 5000, rate: []int{5000}, naps: 6},
		"calming down": {first: 5000, rate: []int{5000, 5000, 10}, naps: 3},
	} {
		c := &busyClock{Movable: clock.NewManual(start), rate: tc.rate}
		ix, err := New(store.NewMemory(store.Options{}), Options{Clock: c})
		if err != nil {
			t.Fatal(err)
		}
		c.ix = ix
		p := pace{ix: ix}
		p.start()
		c.pass(20*time.Millisecond, tc.first)
		p.rest(context.Background())
		if len(c.naps) != tc.naps {
			t.Errorf("%s: naps %v, want %d", name, c.naps, tc.naps)
		}
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for i, body := range []string{
		"From: \"Doe, J\" <j@x.test>\r\nTo: a@x.test, b@x.test\r\nCc: c@y.test\r\nBcc: d@z.test\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n\r\ntext",
		"Content-Type: text/html\r\n\r\n<p>marked <a href=https://shop.test/hidden>up</a>",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nlost\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822;gone@x.test\r\n" +
			"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: enclosed\r\n\r\nwithin\r\n--b--\r\n",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''Rechnung%20%C3%A4.pdf\r\n\r\nx\r\n--b--\r\n",
	} {
		w.add(t, mail.Message{Received: start, Envelope: mail.Envelope{From: fmt.Sprint(i)}, Deliveries: []mail.Delivery{{Box: boxes[0]}}}, body)
	}
	for _, indexed := range []bool{false, true} {
		for text, want := range map[string]string{
			"grun":                     "0",
			"from:doe":                 "0",
			"cc:c@y.test bcc:d@z.test": "0",
			"has:html":                 "1",
			`"marked up"`:              "1",
			"shop.test/hidden":         "1",
			"is:bounce":                "2",
			"gone@x.test within":       "2",
			"enclosed":                 "2",
			"attachment:rechnung":      "3",
			`"Rechnung ä.pdf"`:         "3",
			"attachment:pdf":           "3",
			"has:attachment":           "2 3",
			"header:to=b@x":            "0",
		} {
			page, err := w.index.Search(w.ctx, store.Query{Oldest: true}, parse(t, text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range page.Messages {
				got = append(got, m.Envelope.From)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("indexed %v: %s finds %v, want %s", indexed, text, got, want)
			}
		}
		w.catchUp(t)
	}
}

// TestUglyMail indexes the corpus of bad mail.
func TestUglyMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for _, c := range ugly.All() {
		w.add(t, mail.Message{Received: start, Deliveries: []mail.Delivery{{Box: boxes[0]}}}, string(c.Body))
	}
	w.catchUp(t)
	for _, text := range []string{"a", "subject:test", "from:test", "grusse", "你", "attachment:pdf", "header:received"} {
		w.compare(t, store.Query{}, text)
	}
}

// TestDirectoryThatIsGone goes on in memory when nothing can be written.
func TestDirectoryThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, t.TempDir())
	w.addMany(t, 40)
	w.catchUp(t)
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	w.index.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
	w.compare(t, store.Query{}, "word 7")
	w.catchUp(t)
	w.compare(t, store.Query{}, "word 7")
	if !strings.Contains(log.String(), "segment dropped") || !strings.Contains(log.String(), "kept in memory") {
		t.Errorf("logged %s", &log)
	}
}

func TestDamageIsLogged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	overwrite(t, filepath.Join(dir, "x"+suffix), []byte("no index"))
	overwrite(t, filepath.Join(dir, "y"+temporary), []byte("half of one"))
	overwrite(t, filepath.Join(dir, "notes.txt"), []byte("of somebody else"))
	var log bytes.Buffer
	if _, err := New(store.NewMemory(store.Options{}), Options{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "x"+suffix) {
		t.Errorf("logged %q, want a line on x%s", log.String(), suffix)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestSearchBesideRun: while Run indexes a lot of old mail, a search for the newest
// indexes that, and does not wait for all the rest.
func TestSearchBesideRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.addMany(t, 30_000)
	which, err := query.Parse("subject:message", w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	found, steps := make(chan struct{}), 0
	running.Go(func() {
		for more := true; more; steps++ {
			select {
			case <-found:
				return
			default:
			}
			if more, err = w.index.step(w.ctx); err != nil {
				t.Error(err)
			}
		}
	})
	page, serr := w.index.Search(w.ctx, store.Query{Limit: 10}, which)
	close(found)
	running.Wait()
	if serr != nil || len(page.Messages) != 10 || steps > 60 {
		t.Errorf("%d messages after %d steps, %v", len(page.Messages), steps, serr)
	}
}
