package mail

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func seeded() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{1}) }

func TestIDsRiseWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	ids := NewIDs(seeded())
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var last ID
	for _, d := range []time.Duration{0, 0, time.Millisecond, -time.Hour, 0, time.Hour, -1e6 * time.Hour} {
		id, err := ids.Next(start.Add(d))
		if err != nil {
			t.Fatal(err)
		}
		if id.Compare(last) <= 0 || id.String() <= last.String() {
			t.Errorf("%s does not follow %s", id, last)
		}
		last = id
	}
}

func TestIDCarriesItsTime(t *testing.T) {
	t.Parallel()
	id, err := NewIDs(seeded()).Next(time.UnixMilli(0x0123456789ab))
	if err != nil || [6]byte(id[:6]) != [6]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab} {
		t.Errorf("%x, %v", id, err)
	}
}

func TestIDsAreUniqueAcrossGoroutines(t *testing.T) {
	t.Parallel()
	ids := NewIDs(seeded())
	var mu sync.Mutex
	seen := map[ID]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				id, err := ids.Next(time.Now())
				mu.Lock()
				if err != nil || seen[id] {
					t.Errorf("%s again, or %v", id, err)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestIDsSayWhenRandomnessFails(t *testing.T) {
	t.Parallel()
	if id, err := NewIDs(strings.NewReader("")).Next(time.Now()); err == nil {
		t.Errorf("got %s", id)
	}
}

func TestIDAsText(t *testing.T) {
	t.Parallel()
	id := ID{0x01, 0x8f, 0, 0, 0, 0, 0xff, 0xee, 0, 0, 0, 0, 0, 0, 0, 0x1f}
	text := id.String()
	for _, s := range []string{text, strings.ToLower(text)} {
		if got, err := ParseID(s); err != nil || got != id {
			t.Errorf("ParseID(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "latest", text[1:], text + "0", "8" + text[1:], text[:25] + "u", text[:25] + "é"} {
		if _, err := ParseID(s); !errors.Is(err, ErrBadID) {
			t.Errorf("ParseID(%q): %v", s, err)
		}
	}
	data, err := json.Marshal(map[string]ID{"id": id})
	if err != nil || string(data) != `{"id":"`+text+`"}` {
		t.Errorf("%s, %v", data, err)
	}
	var back map[string]ID
	if err := json.Unmarshal(data, &back); err != nil || back["id"] != id {
		t.Errorf("%v, %v", back, err)
	}
	if !(ID{}).IsZero() || id.IsZero() {
		t.Error("IsZero")
	}
}

func TestReplyAsError(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]*Reply{
		"452 4.3.1 No room": {Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "No room"},
		"354 Go ahead":      {Code: 354, Text: "Go ahead"},
	} {
		if r.Error() != want {
			t.Errorf("got %q, want %q", r.Error(), want)
		}
	}
}

func TestNotifyNames(t *testing.T) {
	t.Parallel()
	if got := (NotifyDelay | NotifySuccess).Names(); !slices.Equal(got, []string{"SUCCESS", "DELAY"}) {
		t.Error(got)
	}
	if got := Notify(0).Names(); got != nil {
		t.Error(got)
	}
}

func TestDeliveryByNumber(t *testing.T) {
	t.Parallel()
	m := Message{Deliveries: []Delivery{{ID: DeliveryID{N: 2}, Box: "b"}}}
	if d, ok := m.Delivery(2); !ok || d.Box != "b" {
		t.Error(d, ok)
	}
	if _, ok := m.Delivery(0); ok {
		t.Error("found one that is gone")
	}
}

func TestWithoutPassword(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"relay smtp://mail:2525":                           "relay smtp://mail:2525",
		"relay smtp://me:s:e@cret@mail:25?tls=none":        "relay smtp://me:***@mail:25?tls=none",
		"smtps://me@mail":                                  "smtps://me@mail",
		"smtp://a:b@c @x.test, smtp://d:e@f/":              "smtp://a:***@c @x.test, smtp://d:***@f/",
		"bounce 550 5.1.1 \"See https://a.test/?u=b:c@d\"": "bounce 550 5.1.1 \"See https://a.test/?u=b:c@d\"",
		"": "",
	} {
		if got := WithoutPassword(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
