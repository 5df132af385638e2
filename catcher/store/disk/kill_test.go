package disk_test

import (
	"bufio"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

// victimDir is set in the environment of a child process that is to be killed.
const victimDir = "POSTROOM_TEST_VICTIM"

// victim changes a store until it is killed, and says what was confirmed:
//
//	added ID checksum mailbox=UID…
//	deleting ID, deleted ID
//	seen ID
func victim(dir string) {
	s, err := disk.Open(dir, disk.Options{SegmentSize: 256 << 10}.Restless())
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if err := misuse(s); err != nil {
					fmt.Println("error", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// misuse adds some messages and then changes some of them.
func misuse(s *disk.Store) error {
	ctx := context.Background()
	var mine []mail.Message
	for range 1 + rand.IntN(6) {
		text := randomBody()
		var m mail.Message
		for box := range 1 + rand.IntN(3) {
			m.Deliveries = append(m.Deliveries, mail.Delivery{Box: fmt.Sprintf("%d@a.test", box), State: mail.Delivered})
		}
		var body store.Body
		body.Write(text)
		m, err := s.Append(ctx, &body, m)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("added %s %d", m.ID, crc32.ChecksumIEEE(text))
		for _, d := range m.Deliveries {
			line += fmt.Sprintf(" %s=%d", d.Box, d.UID)
		}
		fmt.Println(line)
		mine = append(mine, m)
	}
	for _, m := range mine {
		switch rand.IntN(3) {
		case 0:
			fmt.Println("deleting", m.ID)
			for _, d := range m.Deliveries {
				if _, err := s.Delete(ctx, d.ID); err != nil {
					return err
				}
			}
			fmt.Println("deleted", m.ID)
		case 1:
			if _, err := s.Update(ctx, m.Deliveries[0].ID, func(d *mail.Delivery) error { d.Seen = true; return nil }); err != nil {
				return err
			}
			fmt.Println("seen", m.ID)
		}
	}
	return nil
}

func randomBody() []byte {
	size := rand.IntN(4000)
	if rand.IntN(20) == 0 {
		size = rand.IntN(400_000)
	}
	text := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size)}).Read(text)
	return text
}

// kills is how often TestKilled kills.
const kills = 200

// TestKilled kills a process that uses a store, again and again, and checks what
// it left behind.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	book := &ledger{messages: map[string]*entry{}, uids: map[string]string{}}
	for round := range kills {
		book.read(t, killed(t, dir))
		s := open(t, dir, disk.Options{})
		book.check(t, s)
		if round%20 == 19 {
			if _, err := s.Clear(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			clear(book.messages)
		}
		closeStore(t, s)
		if t.Failed() {
			t.Fatalf("after %d kills", round+1)
		}
	}
	if len(book.uids) < 10*kills {
		t.Errorf("only %d messages were added", len(book.uids))
	}
}

// killed runs a victim, kills it some milliseconds after its first word, and
// returns what it said.
func killed(t *testing.T, dir string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	first, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("the victim said %q, %v", first, err)
	}
	time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() { cmd.Process.Kill() })
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // killed, of course
	lines := strings.SplitAfter(first+string(rest), "\n")
	return lines[:len(lines)-1] // the last one is empty, or was cut
}

// A ledger is what was confirmed.
type ledger struct {
	messages map[string]*entry // by ID
	uids     map[string]string // "mailbox=UID" to ID; for ever
}

type entry struct {
	checksum string
	places   []string
	seen     bool
	deleting bool // it may be gone
}

func (l *ledger) read(t *testing.T, lines []string) {
	for _, line := range lines {
		word := strings.Fields(line)
		switch word[0] {
		case "added":
			l.messages[word[1]] = &entry{checksum: word[2], places: word[3:]}
			for _, uid := range word[3:] {
				if l.uids[uid] != "" {
					t.Fatalf("%s was given twice", uid)
				}
				l.uids[uid] = word[1]
			}
		case "seen":
			l.messages[word[1]].seen = true
		case "deleting":
			l.messages[word[1]].deleting = true
		case "deleted":
			delete(l.messages, word[1])
		default:
			t.Fatal(line)
		}
	}
}

// check compares the ledger with a store.
func (l *ledger) check(t *testing.T, s *disk.Store) {
	page, err := s.List(t.Context(), store.Query{Oldest: true})
	if err != nil {
		t.Fatal(err)
	}
	missing := maps.Clone(l.messages)
	var octets int64
	last := map[string]uint32{}
	for i := range page.Messages {
		m := &page.Messages[i]
		octets += m.Size
		for _, d := range m.Deliveries {
			if d.UID <= last[d.Box] {
				t.Errorf("UID %d in %s after %d", d.UID, d.Box, last[d.Box])
			}
			last[d.Box] = d.UID
		}
		sum := checksum(t, s, m)
		delete(missing, m.ID.String())
		want := l.messages[m.ID.String()]
		if want == nil {
			l.adopt(t, m, sum)
			continue
		}
		places := each(m.Deliveries, func(d mail.Delivery) string { return fmt.Sprintf("%s=%d", d.Box, d.UID) })
		if sum != want.checksum || want.seen && !m.Deliveries[0].Seen || !want.deleting && !slices.Equal(places, want.places) {
			t.Errorf("%+v is %+v with checksum %s", want, m, sum)
		}
	}
	for id, e := range missing {
		if !e.deleting {
			t.Errorf("%s is lost", id)
		}
		delete(l.messages, id)
	}
	all, err := s.Box(t.Context(), "")
	if err != nil || all.Messages != len(page.Messages) || all.Bytes != octets {
		t.Errorf("%+v, %v; want %d messages of %d octets", all, err, len(page.Messages), octets)
	}
}

// adopt takes on a message that was added and not confirmed any more, or deleted
// and not.
func (l *ledger) adopt(t *testing.T, m *mail.Message, sum string) {
	e := &entry{checksum: sum, deleting: true}
	for _, d := range m.Deliveries {
		uid := fmt.Sprintf("%s=%d", d.Box, d.UID)
		if id := l.uids[uid]; id != "" {
			t.Errorf("%s is %s again, as %s was", m.ID, uid, id)
		}
		l.uids[uid] = m.ID.String()
		e.places = append(e.places, uid)
	}
	l.messages[m.ID.String()] = e
}

func checksum(t *testing.T, s store.Store, m *mail.Message) string {
	r, err := s.Open(t.Context(), m.ID)
	if err != nil {
		t.Errorf("%s: %v", m.ID, err)
		return ""
	}
	defer r.Close()
	sum := crc32.NewIEEE()
	if n, err := r.WriteTo(sum); err != nil || n != m.Size {
		t.Errorf("%s: %d octets of %d, %v", m.ID, n, m.Size, err)
	}
	return fmt.Sprint(sum.Sum32())
}

func each[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = convert(v)
	}
	return out
}
