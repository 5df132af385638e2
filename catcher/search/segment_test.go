package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// sealed makes a segment of texts, one a message, all in the body.
func sealed(texts ...string) []byte {
	b := newBuilder()
	for i, text := range texts {
		m := mail.Message{ID: fakeID(int64(i)), Received: start}
		b.add(&m, &query.Content{Text: []string{text}})
	}
	return b.seal(mail.ID{}, fakeID(int64(len(texts))))
}

func viewOf(t testing.TB, data []byte) *view {
	t.Helper()
	h, err := parseHeader(data, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := (&segment{head: h, data: data}).open(new(sync.Pool))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// found lists the messages in which a needle may be.
func found(t testing.TB, v *view, needle string) []int {
	t.Helper()
	s, err := v.eval(&query.Need{Kind: query.NeedText, Fields: query.InBody, Text: needle})
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for o := range v.head.count {
		if s.has(o) {
			list = append(list, o)
		}
	}
	return list
}

func TestFind(t *testing.T) {
	t.Parallel()
	v := viewOf(t, sealed("your order 47", "my orders", "disorder, borderline", "退款单 a中b", "中文", "a b"))
	for needle, want := range map[string][]int{
		"order":     {0, 1, 2},
		"order ":    {0, 2},
		" order":    {0, 1},
		" order ":   {0},
		"r order 4": {0},
		"orders":    {1},
		"absent":    nil,
		"退款":        {3},
		"款单":        {3},
		"款":         {3},
		"中":         {3, 4},
		"a中":        {3},
		"款文":        nil,
		"a b":       {3, 5}, // 3 only looks like it
		"b a":       {3, 5},
		"!":         {0, 1, 2, 3, 4, 5},
	} {
		if got := found(t, v, needle); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", needle, got, want)
		}
	}
}

// TestPostings has terms in every number of messages: in the dictionary, as gaps
// and as bitmaps.
func TestPostings(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, count := range []int{1, 7, 64, 300, maxCount} {
		texts := make([]strings.Builder, count)
		want := map[string][]int{}
		for n := 1; n <= count; n = n*3/2 + 1 {
			term := fmt.Sprintf("term%dx", n)
			for _, o := range r.Perm(count)[:n] {
				texts[o].WriteString(term + " ")
				want[term] = append(want[term], o)
			}
		}
		list := make([]string, count)
		for i := range texts {
			list[i] = texts[i].String()
		}
		whole := viewOf(t, sealed(list...))
		for term, messages := range want {
			slices.Sort(messages)
			if got := found(t, whole, term); !slices.Equal(got, messages) {
				t.Errorf("%d messages: %s is in %v, want %v", count, term, got, messages)
			}
		}
	}
}

// TestMergeLeavesOutTheGone merges segments and compares that with a segment made
// at once.
func TestMergeLeavesOutTheGone(t *testing.T) {
	t.Parallel()
	var texts, left []string
	for i := range 40 {
		texts = append(texts, fmt.Sprintf("all m%d %s", i, strings.Repeat("word", i%3)))
	}
	whole := newBuilder()
	parts := []*builder{newBuilder(), newBuilder(), newBuilder()}
	gone := func(id mail.ID) bool { return fakeNumber(id)%5 == 0 }
	for i, text := range texts {
		m := mail.Message{ID: fakeID(int64(i)), Received: start}
		c := &query.Content{Text: []string{text}, Subject: fmt.Sprint("subject ", i)}
		parts[i*3/40].add(&m, c)
		if !gone(m.ID) {
			whole.add(&m, c)
			left = append(left, text)
		}
	}
	var views []*view
	for _, p := range parts {
		views = append(views, viewOf(t, p.seal(mail.ID{}, fakeID(100))))
	}
	got, err := merge(views, mail.ID{}, fakeID(100), gone)
	if err != nil {
		t.Fatal(err)
	}
	if want := whole.seal(mail.ID{}, fakeID(100)); !slices.Equal(got, want) {
		t.Errorf("merged %d octets of %d messages, want %d of %d", len(got), viewOf(t, got).head.count, len(want), len(left))
	}
	if got, err := merge(views, mail.ID{}, fakeID(100), func(mail.ID) bool { return true }); got != nil || err != nil {
		t.Errorf("nothing is left: %d octets, %v", len(got), err)
	}
}

// FuzzSegment reads segments of any octets: with the sums made right, so that
// the fuzzer gets past them, and as they come.
func FuzzSegment(f *testing.F) {
	small := sealed("your order 47", "退款单", "your orders")
	f.Add(small, "order")
	f.Add(sealed(slices.Repeat([]string{"all", "some none", "all some"}, 20)...), "all s")
	f.Add(small[:headerSize], "x")
	f.Fuzz(func(t *testing.T, data []byte, needle string) {
		read(data, needle)
		read(mend(slices.Clone(data)), needle)
	})
}

// read uses all of a segment; what comes of it does not matter.
func read(data []byte, needle string) {
	h, err := parseHeader(data, int64(len(data)))
	if err != nil {
		return
	}
	v, err := (&segment{head: h, data: data}).open(new(sync.Pool))
	if err != nil {
		return
	}
	for c := range classCount {
		v.eval(&query.Need{Kind: query.NeedText, Fields: 1 << c, Text: needle})
	}
	merge([]*view{v, v}, h.after, h.last, func(mail.ID) bool { return false })
}

// mend makes the lengths and the sum of a header right.
func mend(data []byte) []byte {
	if len(data) < headerSize {
		return data
	}
	copy(data, magic)
	h, rest := header{count: 1 + int(data[8]&7), last: mail.ID{1}}, len(data)-headerSize
	for i := range h.blocks {
		h.blocks[i].length = uint32(rest / (blockCount - i))
		if i == 0 {
			h.count = min(h.count, rest/16)
			h.blocks[0].length = uint32(16 * h.count)
		}
		rest -= int(h.blocks[i].length)
	}
	copy(data, h.appendTo(nil))
	return data
}

// TestEvery checks that whatever is cut from a text is found in its message.
func TestEveryNeedleIsFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	texts := make([]string, 200)
	for i := range texts {
		for range 1 + r.IntN(8) {
			texts[i] += vocabulary[r.IntN(len(vocabulary))] + []string{" ", "", ", ", "\n"}[r.IntN(4)]
		}
	}
	v := viewOf(t, sealed(texts...))
	for range 5000 {
		o := r.IntN(len(texts))
		needle := cutFrom(query.Fold(texts[o]), uint(r.IntN(1000)), uint(r.IntN(50)))
		if got := found(t, v, needle); !slices.Contains(got, o) {
			t.Fatalf("%q is in message %d, %q, but was found in %v", needle, o, texts[o], got)
		}
	}
}
