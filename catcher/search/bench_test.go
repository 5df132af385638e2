package search

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/store"
)

// A correspondent writes mail of about 2 KB: words as often as in a language
// (Zipf) of 20,000, an order number and links with tokens that no other mail
// has, and every tenth mail in Chinese.
type correspondent struct {
	words, signs []string
	shares       []float64 // of the first i+1 words
}

func newCorrespondent() *correspondent {
	const letters = "eeeeetttaaooiinnsshhrrdlucmfwygpbvk"
	r := rand.New(rand.NewPCG(1, 2))
	c := &correspondent{}
	known := map[string]bool{}
	for sum := 0.0; len(c.words) < 20_000; {
		n := 2 + min(len(c.words)/20, 6) + r.IntN(5)
		var b strings.Builder
		for range n {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		if w := b.String(); !known[w] {
			known[w] = true
			sum += 1 / math.Pow(float64(len(c.words)+3), 1.05)
			c.words, c.shares = append(c.words, w), append(c.shares, sum)
		}
	}
	for range 5000 { // words of two signs, of the 1500 most common ones
		c.signs = append(c.signs, string([]rune{rune(0x4e00 + 7*r.IntN(1500)), rune(0x4e00 + 7*r.IntN(1500))}))
	}
	return c
}

func (c *correspondent) pick(r *rand.Rand) int {
	return sort.SearchFloat64s(c.shares, r.Float64()*c.shares[len(c.shares)-1])
}

func (c *correspondent) text(r *rand.Rand, n, size int) string {
	var b strings.Builder
	token := r.Uint64()
	chinese := n%10 == 3
	fmt.Fprintf(&b, "Order no. ORD-%07d https://shop.test/track?id=%016x\r\n", n, token)
	for line := b.Len(); b.Len() < size; {
		if i := c.pick(r); chinese {
			b.WriteString(c.signs[i%len(c.signs)])
		} else {
			b.WriteString(c.words[i])
			b.WriteByte(' ')
		}
		if b.Len()-line > 70 && !chinese {
			b.WriteString("\r\n")
			line = b.Len()
		}
	}
	return b.String() + "\r\n"
}

// write makes the nth mail.
func (c *correspondent) write(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	var b bytes.Buffer
	who := r.IntN(2000)
	fmt.Fprintf(&b, "From: Shop %s <shop%d@sender.test>\r\nTo: %s %s <user%d@example.test>\r\nSubject: %s %s your order %d\r\n"+
		"Date: Fri, 02 Jan 2026 03:04:05 +0000\r\nMessage-ID: <%016x@sender.test>\r\nMIME-Version: 1.0\r\nX-Run: run-%d\r\n",
		c.words[r.IntN(50)], r.IntN(20), c.words[who], c.words[who+1], who, c.words[c.pick(r)], c.words[c.pick(r)], n, r.Uint64(), n/100)
	kind := n % 4
	text := c.text(r, n, [4]int{1600, 1600, 1150, 750}[kind])
	switch kind {
	case 0, 1:
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		writeQP(&b, text)
	case 2:
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		for line := text; len(line) > 0; {
			k := min(57, len(line))
			b.WriteString(base64.StdEncoding.EncodeToString([]byte(line[:k])) + "\r\n")
			line = line[k:]
		}
	case 3:
		b.WriteString("Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		writeQP(&b, text)
		b.WriteString("--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		writeQP(&b, "<html><p>"+text+"</p></html>")
		b.WriteString("--b--\r\n")
	}
	return b.Bytes()
}

func writeQP(b *bytes.Buffer, text string) {
	w := quotedprintable.NewWriter(b)
	w.Write([]byte(text))
	w.Close()
}

// A fakeStore holds messages that are written when they are opened.
type fakeStore struct {
	store.Store // nil: what is not below is not called
	writer      *correspondent
	count       atomic.Int64
}

func fakeID(n int64) mail.ID {
	var id mail.ID
	binary.BigEndian.PutUint64(id[:8], uint64(start.UnixMilli())<<16)
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

func fakeNumber(id mail.ID) int64 { return int64(binary.BigEndian.Uint64(id[8:])) - 1 }

func (s *fakeStore) message(n int64) mail.Message {
	box := fmt.Sprintf("user%d@example.test", n%2000)
	r := mail.Rcpt{Address: box}
	id := fakeID(n)
	return mail.Message{ID: id, Received: start.Add(time.Duration(n) * time.Second), Size: 2200, Envelope: mail.Envelope{From: "bounce@sender.test", To: []mail.Rcpt{r}},
		Deliveries: []mail.Delivery{{ID: mail.DeliveryID{Message: id}, Rcpt: r, Box: box}}}
}

func (s *fakeStore) Box(context.Context, string) (store.Box, error) {
	n := s.count.Load()
	return store.Box{Messages: int(n), Newest: fakeID(n - 1)}, nil
}

func (s *fakeStore) List(_ context.Context, q store.Query) (store.Page, error) {
	low, high := int64(0), s.count.Load()
	if !q.After.IsZero() {
		low = fakeNumber(q.After) + 1
	}
	if !q.Before.IsZero() {
		high = min(high, fakeNumber(q.Before))
	}
	var page store.Page
	for i := low; i < high; i++ {
		if q.Limit > 0 && len(page.Messages) == q.Limit {
			page.More = true
			break
		}
		n := i
		if !q.Oldest {
			n = high - 1 - (i - low)
		}
		page.Messages = append(page.Messages, s.message(n))
	}
	return page, nil
}

func (s *fakeStore) Get(_ context.Context, id mail.ID) (mail.Message, error) {
	return s.message(fakeNumber(id)), nil
}

func (s *fakeStore) Open(_ context.Context, id mail.ID) (store.Reader, error) {
	var b store.Body
	b.Write(s.writer.write(int(fakeNumber(id))))
	return b.Reader(), nil
}

// fill makes an index of n messages.
func fill(tb testing.TB, dir string, n int) (*fakeStore, *Index) {
	tb.Helper()
	s := &fakeStore{writer: newCorrespondent()}
	s.count.Store(int64(n))
	ix, err := New(s, Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	if err := ix.catchUp(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return s, ix
}

// BenchmarkIndex reads, cuts and merges mail; it reports the size of the index too.
func BenchmarkIndex(b *testing.B) {
	s := &memoryStore{fakeStore: fakeStore{writer: newCorrespondent()}}
	const n = 3 * maxCount
	for i := range n {
		s.bodies = append(s.bodies, s.writer.write(i))
	}
	s.count.Store(n)
	var octets, total int64
	for _, body := range s.bodies {
		total += int64(len(body))
	}
	b.ResetTimer()
	var ix *Index
	heap := -heapSize()
	for b.Loop() {
		var err error
		if ix, err = New(s, Options{}); err != nil {
			b.Fatal(err)
		}
		if err := ix.catchUp(context.Background()); err != nil {
			b.Fatal(err)
		}
		octets = 0
		for _, sp := range ix.spans {
			octets += sp.head.size()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/message")
	b.ReportMetric(float64(octets)/n, "octets/message")
	b.ReportMetric(float64(heap+heapSize())/n, "heap-octets/message")
	runtime.KeepAlive(ix)
	b.ReportMetric(float64(octets)/float64(total), "octets/octet")
}

func heapSize() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A memoryStore has its mail written beforehand.
type memoryStore struct {
	fakeStore
	bodies [][]byte
}

func (s *memoryStore) Open(_ context.Context, id mail.ID) (store.Reader, error) {
	var b store.Body
	b.Write(s.bodies[fakeNumber(id)])
	return b.Reader(), nil
}

// BenchmarkSearch asks for the first page of 50 in 100,000 messages, or as many
// as POSTROOM_SEARCH_MESSAGES says, while 100 more arrive each second. The mail is
// written when it is read, which costs about as much as reading it.
func BenchmarkSearch(b *testing.B) {
	n := 100_000
	if text := os.Getenv("POSTROOM_SEARCH_MESSAGES"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("Memory", func(b *testing.B) { benchmarkSearch(b, "", n) })
	b.Run("Files", func(b *testing.B) { benchmarkSearch(b, b.TempDir(), n) })
}

func benchmarkSearch(b *testing.B, dir string, n int) {
	if dir == "" && n > 200_000 {
		b.Skip("too many to keep in memory")
	}
	begun := time.Now()
	s, ix := fill(b, dir, n)
	size := int64(0)
	for _, sp := range ix.spans {
		size += sp.head.size()
	}
	b.Logf("%d messages in %d segments, %d octets a message; %v to write and index", n, len(ix.spans), size/int64(n), time.Since(begun).Round(time.Millisecond))
	arrive(b, s, ix)
	for _, q := range []struct{ name, text string }{
		{"Common", s.writer.words[5]},
		{"Rare", fmt.Sprintf("ORD-%07d", n/7)},
		{"Absent", "tenshorali"},
		{"Uncommon", s.writer.words[15000]},
		{"Part", s.writer.words[15000][1:6]},
		{"Chinese", s.writer.signs[4000]},
		{"Phrase", `"` + s.writer.words[300] + " " + s.writer.words[301] + `"`},
		{"From", "from:shop7@sender.test " + s.writer.words[9000]},
		{"Header", "header:X-Run=run-17"},
	} {
		b.Run(q.name, func(b *testing.B) { searchFor(b, ix, q.text) })
	}
}

// arrive adds 100 messages a second and has them indexed, until the benchmark ends.
func arrive(b *testing.B, s *fakeStore, ix *Index) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { ix.Run(ctx) })
	done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			m := s.message(s.count.Add(1) - 1)
			ix.Note(mail.Change{Kind: mail.Added, Message: &m})
		}
	})
	b.Cleanup(func() { cancel(); done.Wait() })
}

func searchFor(b *testing.B, ix *Index, text string) {
	q, err := query.Parse(text, start)
	if err != nil {
		b.Fatal(err)
	}
	found := 0
	for b.Loop() {
		page, err := ix.Search(context.Background(), store.Query{Limit: 50}, q)
		if err != nil {
			b.Fatal(err)
		}
		found = len(page.Messages)
	}
	b.ReportMetric(float64(found), "found")
}

// BenchmarkOpen opens an index of 250 files.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	const count = 250
	s := &fakeStore{writer: newCorrespondent()}
	s.count.Store(count * maxCount)
	for i := range int64(count) {
		bld := newBuilder()
		for k := range int64(maxCount) {
			bld.ids = append(bld.ids, fakeID(i*maxCount+k))
		}
		data := bld.seal(before(bld.ids[0]), bld.ids[maxCount-1])
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)+suffix), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		ix, err := New(s, Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if len(ix.spans) != count {
			b.Fatalf("%d segments", len(ix.spans))
		}
	}
}
