package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// A model does the obvious with a slice; it is slow and hard to get wrong.
type model struct {
	caps     store.Caps
	now      func() time.Time
	messages []mail.Message // oldest first
	uids     map[string]uint32
}

// testModel runs random operations on a store and on the model, and compares.
func testModel(t *testing.T, newStore Maker) {
	rapid.Check(t, func(rt *rapid.T) {
		caps := store.Caps{
			Messages: rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(rt, "messages"),
			Bytes:    rapid.SampledFrom([]int64{0, 0, 60}).Draw(rt, "bytes"),
			Box:      rapid.SampledFrom([]int{0, 0, 2}).Draw(rt, "box"),
			Age:      rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(rt, "age"),
		}
		b := newBench(t, newStore, caps)
		m := &model{caps: caps, now: b.clock.Now, uids: map[string]uint32{}}
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) { m.append(rt, b) },
			"delete": func(rt *rapid.T) { m.delete(rt, b) },
			"update": func(rt *rapid.T) { m.update(rt, b) },
			"clear": func(rt *rapid.T) {
				name := rapid.SampledFrom([]string{"a@a", "b@b", "c@c", ""}).Draw(rt, "clear")
				want := m.remove(func(d mail.Delivery, _ mail.Message) bool { return name == "" || d.Box == name })
				if n, err := b.Clear(b.ctx, name); err != nil || n != want {
					rt.Fatalf("Clear %q: %d, %v, want %d", name, n, err, want)
				}
			},
			"expire": func(rt *rapid.T) {
				before := m.now().Add(-time.Duration(rapid.IntRange(0, 100).Draw(rt, "age")) * time.Second)
				have := len(m.messages)
				m.remove(func(_ mail.Delivery, msg mail.Message) bool { return msg.Received.Before(before) })
				if n, err := b.Expire(b.ctx, before); err != nil || n != have-len(m.messages) {
					rt.Fatalf("Expire: %d, %v, want %d", n, err, have-len(m.messages))
				}
			},
			"advance": func(rt *rapid.T) {
				b.clock.Advance(time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second)
			},
			"list": func(rt *rapid.T) { m.list(rt, b) },
			"":     func(rt *rapid.T) { m.compare(rt, b) },
		})
	})
}

func boxNames() *rapid.Generator[[]string] {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a@a", "b@b", "c@c"}), 1, 3, rapid.ID[string])
}

func (m *model) append(rt *rapid.T, b *bench) {
	body := strings.Repeat("x", rapid.IntRange(0, 70).Draw(rt, "size"))
	msg := b.message(fmt.Sprint(len(m.messages)), boxNames().Draw(rt, "boxes")...)
	got, err := b.Append(b.ctx, bodyOf(body), msg)
	if m.caps.Bytes > 0 && int64(len(body)) > m.caps.Bytes {
		if err == nil {
			rt.Fatal("a message over the limit was kept")
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	for _, d := range got.Deliveries {
		m.checkUID(rt, d)
	}
	m.messages = append(m.messages, got)
	m.makeRoom()
}

func (m *model) checkUID(rt *rapid.T, d mail.Delivery) {
	if d.UID <= m.uids[d.Box] {
		rt.Fatalf("UID %d in %s after %d", d.UID, d.Box, m.uids[d.Box])
	}
	m.uids[d.Box] = d.UID
}

func (m *model) makeRoom() {
	if m.caps.Age > 0 {
		limit := m.now().Add(-m.caps.Age)
		m.remove(func(_ mail.Delivery, msg mail.Message) bool { return msg.Received.Before(limit) })
	}
	for _, box := range []string{"a@a", "b@b", "c@c"} {
		for m.caps.Box > 0 && m.count(box) > m.caps.Box {
			oldest := m.in(box)[0].ID
			m.remove(func(d mail.Delivery, msg mail.Message) bool { return msg.ID == oldest && d.Box == box })
		}
	}
	for m.caps.Messages > 0 && len(m.messages) > m.caps.Messages || m.caps.Bytes > 0 && m.bytes() > m.caps.Bytes {
		m.messages = m.messages[1:]
	}
}

// remove takes out deliveries, and messages without any, and counts the former.
func (m *model) remove(which func(mail.Delivery, mail.Message) bool) int {
	n := 0
	var kept []mail.Message
	for _, msg := range m.messages {
		var left []mail.Delivery
		for _, d := range msg.Deliveries {
			if which(d, msg) {
				n++
			} else {
				left = append(left, d)
			}
		}
		msg.Deliveries = left
		if len(left) > 0 {
			kept = append(kept, msg)
		}
	}
	m.messages = kept
	return n
}

// in lists the messages of a mailbox, oldest first; "" is all.
func (m *model) in(box string) []mail.Message {
	var out []mail.Message
	for _, msg := range m.messages {
		if box == "" || slices.ContainsFunc(msg.Deliveries, func(d mail.Delivery) bool { return d.Box == box }) {
			out = append(out, msg)
		}
	}
	return out
}

// count counts deliveries: a move may bring two of one message into a mailbox.
func (m *model) count(box string) int {
	n := 0
	for _, msg := range m.messages {
		for _, d := range msg.Deliveries {
			if d.Box == box {
				n++
			}
		}
	}
	return n
}

func (m *model) bytes() (n int64) {
	for _, msg := range m.messages {
		n += msg.Size
	}
	return n
}

func (m *model) pick(rt *rapid.T) mail.DeliveryID {
	if len(m.messages) == 0 {
		return mail.DeliveryID{Message: mail.ID{1}}
	}
	msg := rapid.SampledFrom(m.messages).Draw(rt, "message")
	return mail.DeliveryID{Message: msg.ID, N: rapid.IntRange(0, 2).Draw(rt, "number")}
}

func (m *model) delete(rt *rapid.T, b *bench) {
	ids := []mail.DeliveryID{m.pick(rt), m.pick(rt)}
	want := m.remove(func(d mail.Delivery, _ mail.Message) bool { return slices.Contains(ids, d.ID) })
	gone, err := b.Delete(b.ctx, ids...)
	if err != nil || len(gone) != want {
		rt.Fatalf("Delete: %d, %v, want %d", len(gone), err, want)
	}
}

func (m *model) update(rt *rapid.T, b *bench) {
	id := m.pick(rt)
	seen := rapid.Bool().Draw(rt, "seen")
	move := rapid.SampledFrom([]string{"", "", "a@a", "b@b"}).Draw(rt, "move")
	if m.caps.Box > 0 {
		move = "" // a move may overfill a mailbox until the next Append
	}
	change := func(d *mail.Delivery) error {
		d.Seen = seen
		if move != "" {
			d.Box = move
		}
		return nil
	}
	got, err := b.Update(b.ctx, id, change)
	for i := range m.messages {
		msg := &m.messages[i]
		msg.Deliveries = slices.Clone(msg.Deliveries)
		for k := range msg.Deliveries {
			d := &msg.Deliveries[k]
			if d.ID != id {
				continue
			}
			from := d.Box
			change(d)
			if err != nil || got.Seen != seen || got.Box != d.Box {
				rt.Fatalf("Update: %+v, %v", got, err)
			}
			if d.UID = got.UID; d.Box != from {
				m.checkUID(rt, *d)
			}
			return
		}
	}
	if err == nil {
		rt.Fatalf("Update of a delivery that is gone: %+v", got)
	}
}

func (m *model) list(rt *rapid.T, b *bench) {
	q := store.Query{
		Box:    rapid.SampledFrom([]string{"", "a@a", "b@b"}).Draw(rt, "box"),
		Oldest: rapid.Bool().Draw(rt, "oldest"),
		Skip:   rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(rt, "skip"),
		Limit:  rapid.IntRange(0, 4).Draw(rt, "limit"),
	}
	if rapid.Bool().Draw(rt, "bounded") {
		q.Before, q.After = m.pick(rt).Message, m.pick(rt).Message
	}
	var want []mail.Message
	for _, msg := range m.in(q.Box) {
		if (q.Before.IsZero() || msg.ID.Compare(q.Before) < 0) && (q.After.IsZero() || msg.ID.Compare(q.After) > 0) {
			want = append(want, msg)
		}
	}
	if !q.Oldest {
		slices.Reverse(want)
	}
	want = want[min(q.Skip, len(want)):]
	more := q.Limit > 0 && len(want) > q.Limit
	if more {
		want = want[:q.Limit]
	}
	page := b.list(q)
	if page.More != more || !slices.EqualFunc(page.Messages, want, sameMessage) {
		rt.Fatalf("List %+v: %d messages, more %v; want %d, %v", q, len(page.Messages), page.More, len(want), more)
	}
}

func sameMessage(a, b mail.Message) bool {
	return a.ID == b.ID && a.Size == b.Size && slices.EqualFunc(a.Deliveries, b.Deliveries, func(a, b mail.Delivery) bool {
		return a.ID == b.ID && a.Box == b.Box && a.UID == b.UID && a.Seen == b.Seen
	})
}

// compare checks everything that can be counted.
func (m *model) compare(rt *rapid.T, b *bench) {
	boxes, err := b.Boxes(b.ctx)
	if err != nil {
		rt.Fatal(err)
	}
	var names []string
	for _, box := range append(boxes, b.box("")) {
		if box.Name != "" {
			names = append(names, box.Name)
		}
		want := m.describe(box.Name)
		if box.Messages != want.Messages || box.Unseen != want.Unseen || box.Bytes != want.Bytes || box.Newest != want.Newest {
			rt.Fatalf("box %+v, want %+v", box, want)
		}
	}
	for _, name := range []string{"a@a", "b@b", "c@c"} {
		if (m.count(name) > 0) != slices.Contains(names, name) {
			rt.Fatalf("boxes %v, but %s has %d messages", names, name, m.count(name))
		}
	}
}

func (m *model) describe(name string) store.Box {
	box := store.Box{Name: name}
	for _, msg := range m.messages {
		hits, unseen := 0, 0
		for _, d := range msg.Deliveries {
			if name == "" || d.Box == name {
				hits++
				if !d.Seen {
					unseen++
				}
			}
		}
		if name == "" {
			hits, unseen = min(hits, 1), min(unseen, 1)
		}
		if hits > 0 {
			box.Newest = msg.ID
		}
		box.Messages += hits
		box.Unseen += unseen
		box.Bytes += int64(hits) * msg.Size
	}
	return box
}
