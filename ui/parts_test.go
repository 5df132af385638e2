package ui

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

// newIDs makes n message IDs.
func newIDs(t *testing.T, n int) []mail.ID {
	t.Helper()
	ids := mail.NewIDs(rand.Reader)
	list := make([]mail.ID, n)
	for i := range list {
		id, err := ids.Next(time.UnixMilli(1))
		if err != nil {
			t.Fatal(err)
		}
		list[i] = id
	}
	return list
}

func TestCacheForgetsWhatIsNotAskedFor(t *testing.T) {
	t.Parallel()
	const size = 10
	c := newCache(size)
	ids := newIDs(t, 100)
	c.put(ids[0], mime.Summary{Subject: "favourite"})
	for _, id := range ids[1:] {
		c.put(id, mime.Summary{})
		if s, ok := c.get(ids[0]); !ok || s.Subject != "favourite" {
			t.Fatal("what is asked for all the time was forgotten")
		}
		if n := len(c.young) + len(c.old); n > size {
			t.Fatalf("%d entries, want %d at most", n, size)
		}
	}
	if _, ok := c.get(ids[1]); ok {
		t.Error("the oldest is still there")
	}
	if _, ok := c.get(ids[99]); !ok {
		t.Error("the newest is not there")
	}
}

// Headers may have megabytes; thousands of such summaries must not stay.
func TestCacheKeepsNothingHeavy(t *testing.T) {
	t.Parallel()
	c := newCache(10)
	for i, s := range []mime.Summary{
		{Subject: strings.Repeat("x", heaviest+1)},
		{To: []mime.Address{{Name: strings.Repeat("x", heaviest)}}},
		{Cc: make([]mime.Address, heaviest)},
	} {
		id := newIDs(t, 1)[0]
		c.put(id, s)
		if _, ok := c.get(id); ok {
			t.Errorf("%d was kept", i)
		}
	}
}

func TestCacheConcurrently(t *testing.T) {
	t.Parallel()
	c := newCache(8)
	ids := newIDs(t, 20)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				for _, id := range ids {
					if s, ok := c.get(id); ok && s.MessageID != id.String() {
						t.Errorf("summary of %s under %s", s.MessageID, id)
					}
					c.put(id, mime.Summary{MessageID: id.String()})
				}
			}
		})
	}
	all.Wait()
}

func TestGate(t *testing.T) {
	t.Parallel()
	g := newGate()
	for range 2 {
		if !g.enter() {
			t.Fatal("a new gate is closed")
		}
	}
	g.leave()
	g.close()
	if g.enter() {
		t.Error("entered a closed gate")
	}
	if g.going.Err() == nil {
		t.Error("those inside were not told")
	}
	select {
	case <-g.empty:
		t.Fatal("empty with one inside")
	default:
	}
	g.leave()
	<-g.empty

	unused := newGate()
	unused.close()
	<-unused.empty
}

func TestGateConcurrently(t *testing.T) {
	t.Parallel()
	g := newGate()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for g.enter() {
				g.leave()
			}
		})
	}
	g.close()
	<-g.empty
	all.Wait()
	if g.inside != 0 {
		t.Errorf("%d inside", g.inside)
	}
}

func TestReplyStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]int{
		452: http.StatusInsufficientStorage, 552: http.StatusRequestEntityTooLarge,
		421: http.StatusServiceUnavailable, 550: http.StatusUnprocessableEntity, 503: http.StatusUnprocessableEntity,
	} {
		if got := replyStatus(code); got != want {
			t.Errorf("%d: %d, want %d", code, got, want)
		}
	}
}

func TestDatesThatJSONCannotSay(t *testing.T) {
	t.Parallel()
	odd := time.FixedZone("odd", 30*60*60)
	for _, c := range []struct {
		in   time.Time
		want string
	}{
		{time.Time{}, ""},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.FixedZone("", -30*60*60)), ""},
		{time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600)), `"2026-03-01T12:00:00+01:00"`},
		{time.Date(2026, 3, 2, 18, 0, 0, 0, odd), `"2026-03-01T12:00:00Z"`},
		{time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)), `"9999-12-31T23:00:00-02:00"`},
	} {
		got := ""
		if d := viewDate(c.in); d != nil {
			text, err := d.MarshalJSON()
			if err != nil {
				t.Errorf("%v: %v", c.in, err)
			}
			got = string(text)
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.in, got, c.want)
		}
	}
}
