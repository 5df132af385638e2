package search

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// tinyPlan makes many segments of few messages.
func tinyPlan() plan {
	return plan{chunk: 3, bytes: 2000, few: 2, tiers: []int{2, 4, 8, 16}, full: 1 << 20, inFile: 6}
}

// A world is a store, an index over it, and a clock that goes back at times.
type world struct {
	ctx   context.Context
	dir   string
	clock *clock.Movable
	store *store.Memory
	index *Index
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(t rapid.TB, dir string) *world {
	w := &world{ctx: context.Background(), dir: dir, clock: clock.NewManual(start)}
	w.store = store.NewMemory(store.Options{
		Clock:   w.clock,
		IDs:     mail.NewIDs(rand.NewChaCha8([32]byte{9})),
		Publish: func(c mail.Change) { w.index.Note(c) },
	})
	w.reopen(t)
	return w
}

// reopen makes the index anew, as after a restart.
func (w *world) reopen(t rapid.TB) {
	t.Helper()
	if w.index != nil {
		if err := w.index.Close(); err != nil {
			t.Fatal(err)
		}
	}
	index, err := New(w.store, Options{Dir: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	index.plan = tinyPlan()
	w.index = index
}

func (w *world) add(t rapid.TB, m mail.Message, body string) {
	t.Helper()
	var b store.Body
	b.Write([]byte(body))
	if _, err := w.store.Append(w.ctx, &b, m); err != nil {
		t.Fatal(err)
	}
}

// naive is what Search has to return.
func (w *world) naive(t rapid.TB, where store.Query, q *query.Query) store.Page {
	t.Helper()
	limit := where.Limit
	where.Limit, where.Bare = 0, false
	page, err := w.store.List(w.ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	var out store.Page
	for _, m := range page.Messages {
		ok, err := q.Match(&query.Document{Message: &m, Box: where.Box, Load: func() (*query.Content, error) { return w.index.content(w.ctx, &m) }})
		if err != nil {
			t.Fatal(err)
		}
		if ok && limit > 0 && len(out.Messages) == limit {
			out.More = true
			break
		}
		if ok {
			out.Messages = append(out.Messages, m)
		}
	}
	return out
}

func idsOf(page store.Page) []mail.ID {
	var list []mail.ID
	for _, m := range page.Messages {
		list = append(list, m.ID)
	}
	return list
}

func (w *world) compare(t rapid.TB, where store.Query, text string) int {
	t.Helper()
	q, err := query.Parse(text, w.clock.Now())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	want := w.naive(t, where, q)
	got, err := w.index.Search(w.ctx, where, q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if !slices.Equal(idsOf(got), idsOf(want)) || got.More != want.More {
		t.Fatalf("%q in %+v:\n%v %v, want\n%v %v", text, where, idsOf(got), got.More, idsOf(want), want.More)
	}
	for i, m := range got.Messages {
		if m.Size != want.Messages[i].Size || !where.Bare && m.Envelope.From != want.Messages[i].Envelope.From {
			t.Fatalf("%q: message %+v, want %+v", text, m, want.Messages[i])
		}
	}
	return len(want.Messages)
}

var vocabulary = []string{
	"order", "Order", "your", "invoice", "4711", "x", "grüne", "GRÜSSE", "naïve", "退款", "订单确认", "你", "メール", "주문 확인", "🎉", "€5",
	"https://shop.test/a?token=abcdef0123456789", "under_score", "100%", "مرحبا", strings.Repeat("longword", 40),
}

func aText(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 6).Draw(t, "words"),
		rapid.SampledFrom([]string{" ", "", "\r\n", ", "}).Draw(t, "between"))
}

// boxes are mailboxes; few messages go to the last.
var boxes = []string{"a@x.test", "b@x.test", "c+tag@y.test", "rare@y.test"}

func aMessage(t *rapid.T, now time.Time) (mail.Message, string) {
	m := mail.Message{Received: now, Envelope: mail.Envelope{From: rapid.SampledFrom([]string{"", "shop@x.test", "info@y.test"}).Draw(t, "from")}}
	for i, box := range boxes {
		if i == 0 || i < 3 && rapid.Bool().Draw(t, "to") || rapid.IntRange(0, 9).Draw(t, "rarely") == 9 {
			r := mail.Rcpt{Address: box}
			m.Envelope.To = append(m.Envelope.To, r)
			m.Deliveries = append(m.Deliveries, mail.Delivery{Rcpt: r, Box: box, State: mail.Delivered})
		}
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(aText(t)))
	var b strings.Builder
	fmt.Fprintf(&b, "From: Shop <shop@x.test>\r\nTo: %s\r\nSubject: =?utf-8?b?%s?=\r\nX-Run: run%d order\r\n", boxes[0],
		base64.StdEncoding.EncodeToString([]byte(aText(t))), rapid.IntRange(1, 5).Draw(t, "run"))
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded)
	case 1:
		b.WriteString("Content-Type: text/html; charset=utf-8\r\n\r\n<p>" + aText(t) + "<b>" + aText(t) + "</b>")
	case 2:
		b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + aText(t) +
			"\r\n--b\r\nContent-Type: application/pdf; name=\"invoice " + encoded[:4] + ".pdf\"\r\n\r\nx\r\n--b--\r\n")
	}
	return m, b.String()
}

func aTerm(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "term") {
	case 0:
		return rapid.SampledFrom([]string{"from:shop", "from:shop@x.test", "to:a@x", "rcpt:c+tag@y.test", "bcc:b", "attachment:pdf",
			"attachment:invoice", "has:attachment", "has:html", "is:unread", "is:read", "larger:300", "smaller:300", "mailbox:a@x.test", "mailbox:rare@y.test", "mailbox:y.test",
			"header:X-Run", "header:X-Run=run3", `header:X-Run="run2 o"`, `header:subject="order"`, "header:From=shop", "after:2h", "before:1h", "before:2026-01-02",
			"/run|ord.r/", `subject:/^order/`, "absent", "-absent"}).Draw(t, "operator")
	case 1:
		return rapid.SampledFrom([]string{"subject:", "body:", "", "-"}).Draw(t, "place") + quoted(aText(t))
	default:
		return quoted(cutFrom(aText(t), rapid.Uint().Draw(t, "at"), rapid.UintRange(1, 12).Draw(t, "characters")))
	}
}

func quoted(s string) string {
	if strings.TrimSpace(s) == "" {
		s = "order"
	}
	return `"` + s + `"`
}

func aQuery(t *rapid.T) string {
	text := strings.Join(rapid.SliceOfN(rapid.Custom(aTerm), 1, 3).Draw(t, "terms"), rapid.SampledFrom([]string{" ", " OR "}).Draw(t, "joined"))
	return strings.ReplaceAll(text, "\r\n", " ")
}

func (w *world) aPlace(t *rapid.T) store.Query {
	where := store.Query{
		Box:    rapid.SampledFrom(append([]string{"", ""}, boxes...)).Draw(t, "box"),
		Oldest: rapid.Bool().Draw(t, "oldest"),
		Limit:  rapid.IntRange(0, 4).Draw(t, "limit"),
		Bare:   rapid.Bool().Draw(t, "bare"),
	}
	if ids := w.ids(t); len(ids) > 0 {
		if rapid.Bool().Draw(t, "bounded below") {
			where.After = rapid.SampledFrom(ids).Draw(t, "after")
		}
		if rapid.Bool().Draw(t, "bounded above") {
			where.Before = rapid.SampledFrom(ids).Draw(t, "before")
		}
	}
	return where
}

func (w *world) ids(t rapid.TB) []mail.ID {
	page, err := w.store.List(w.ctx, store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return idsOf(page)
}

// TestModel compares searches with a filter over the whole store while that
// changes.
func TestModel(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) { model(t, "") })
	})
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) { model(rt, t.TempDir()) })
	})
}

func model(t *rapid.T, dir string) {
	w := newWorld(t, dir)
	t.Repeat(map[string]func(*rapid.T){
		"append": func(t *rapid.T) {
			for range rapid.IntRange(1, 6).Draw(t, "messages") {
				m, body := aMessage(t, w.clock.Now())
				w.clock.Advance(time.Duration(rapid.IntRange(-20, 60).Draw(t, "minutes")) * time.Minute)
				w.add(t, m, body)
			}
		},
		"step": func(t *rapid.T) {
			if _, err := w.index.step(w.ctx); err != nil {
				t.Fatal(err)
			}
		},
		"catchUp": func(t *rapid.T) {
			if err := w.index.catchUp(w.ctx); err != nil {
				t.Fatal(err)
			}
			w.checkCaughtUp(t)
		},
		"seen": func(t *rapid.T) {
			if ids := w.ids(t); len(ids) > 0 {
				id := mail.DeliveryID{Message: rapid.SampledFrom(ids).Draw(t, "id"), N: rapid.IntRange(0, 2).Draw(t, "n")}
				_, err := w.store.Update(w.ctx, id, func(d *mail.Delivery) error { d.Seen = true; return nil })
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Fatal(err)
				}
			}
		},
		"move": func(t *rapid.T) {
			if ids := w.ids(t); len(ids) > 0 {
				box := rapid.SampledFrom(boxes).Draw(t, "to")
				_, err := w.store.Update(w.ctx, mail.DeliveryID{Message: rapid.SampledFrom(ids).Draw(t, "id")}, func(d *mail.Delivery) error { d.Box = box; return nil })
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Fatal(err)
				}
			}
		},
		"delete": func(t *rapid.T) {
			ids := w.ids(t)
			for i, id := range ids {
				if rapid.IntRange(0, 2).Draw(t, "gone") > 0 || i == 0 {
					w.store.Delete(w.ctx, mail.DeliveryID{Message: id}, mail.DeliveryID{Message: id, N: 1}, mail.DeliveryID{Message: id, N: 2}, mail.DeliveryID{Message: id, N: 3})
				}
			}
		},
		"clear": func(t *rapid.T) {
			w.store.Clear(w.ctx, rapid.SampledFrom([]string{"", boxes[0], boxes[1]}).Draw(t, "box"))
		},
		"expire": func(t *rapid.T) {
			w.store.Expire(w.ctx, w.clock.Now().Add(-time.Hour))
		},
		"restart": func(t *rapid.T) { w.reopen(t) },
		"": func(t *rapid.T) {
			w.compare(t, w.aPlace(t), aQuery(t))
			w.checkSpans(t)
		},
	})
}

// checkCaughtUp checks that nearly all messages are indexed, and not many others.
func (w *world) checkCaughtUp(t rapid.TB) {
	t.Helper()
	left := map[*segment]int{}
	for _, id := range w.ids(t) {
		left[w.index.covering(id).segment]++
	}
	if left[nil] >= w.index.plan.few {
		t.Fatalf("%d messages are not indexed", left[nil])
	}
	for i, sp := range w.index.spans {
		if here := left[sp.segment]; 2*here < sp.head.count || sp.gone != sp.head.count-here || sp.unsure {
			t.Fatalf("span %d has %d of %d messages, %d known to be gone, unsure %v", i, here, sp.head.count, sp.gone, sp.unsure)
		}
	}
}

// checkSpans checks that spans are in order and apart, and hold what they say.
func (w *world) checkSpans(t rapid.TB) {
	t.Helper()
	var end mail.ID
	for i, sp := range w.index.spans {
		if sp.after.Compare(end) < 0 || sp.after.Compare(sp.last) >= 0 {
			t.Fatalf("span %d of %d covers %v to %v, the one before ends at %v", i, len(w.index.spans), sp.after, sp.last, end)
		}
		end = sp.last
	}
}
