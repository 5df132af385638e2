package disk_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

// TestFullDisk fills a disk, finds all that was confirmed, makes room by deleting,
// and goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for name, noSync := range map[string]bool{"sync": false, "nosync": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(catchertest.SmallDisk(t, "24m"), "data")
			catchertest.NoForks(t)
			opt := disk.Options{SegmentSize: 2 << 20, NoSync: noSync}.Restless()
			s := open(t, dir, opt)
			for round := range 3 {
				known := fill(t, s)
				for range 2 { // it stays full, and can be opened again
					checkKnown(t, s, known)
					closeStore(t, s)
					s = open(t, dir, opt)
				}
				if len(known) < 100 {
					t.Errorf("round %d: only %d messages", round, len(known))
				}
				makeRoom(t, s, round, known)
			}
			closeStore(t, s)
		})
	}
}

// fill adds messages until there is no room, and returns all there are.
func fill(t *testing.T, s store.Store) map[mail.ID][]byte {
	known := map[mail.ID][]byte{}
	for i := 0; ; i++ {
		text := bytes.Repeat([]byte{byte(i)}, 20_000+i%7*10_000)
		var body store.Body
		body.Write(text)
		m, err := s.Append(t.Context(), &body, mail.Message{Deliveries: []mail.Delivery{{Box: "a@a"}}})
		if errors.Is(err, store.ErrFull) {
			return known
		}
		if err != nil || i > 10_000 {
			t.Fatalf("message %d: %v", i, err)
		}
		known[m.ID] = text
	}
}

// makeRoom deletes in one of the ways there are.
func makeRoom(t *testing.T, s store.Store, how int, known map[mail.ID][]byte) {
	ctx := context.Background()
	var err error
	switch how {
	case 0:
		_, err = s.Clear(ctx, "")
	case 1:
		_, err = s.Clear(ctx, "a@a")
	default:
		var ids []mail.DeliveryID
		for id := range known {
			ids = append(ids, mail.DeliveryID{Message: id})
		}
		_, err = s.Delete(ctx, ids...)
	}
	if err != nil {
		t.Fatal(err)
	}
	if box, err := s.Box(ctx, ""); err != nil || box.Messages != 0 {
		t.Fatalf("%+v, %v", box, err)
	}
}

// TestRoomFromOutside: when somebody else makes room, mail is taken again.
func TestRoomFromOutside(t *testing.T) {
	t.Parallel()
	root := catchertest.SmallDisk(t, "16m")
	catchertest.NoForks(t)
	other := filepath.Join(root, "other")
	if err := os.WriteFile(other, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, filepath.Join(root, "data"), disk.Options{})
	defer closeStore(t, s)
	known := fill(t, s)
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	more := fill(t, s)
	if len(known) == 0 || len(more) < 20 {
		t.Errorf("%d messages, then %d", len(known), len(more))
	}
	checkKnown(t, s, known)
	checkKnown(t, s, more)
}

// TestReadOnlyDisk cannot write at all, and says so.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	root := catchertest.SmallDisk(t, "16m")
	dir := filepath.Join(root, "data")
	s := open(t, dir, disk.Options{})
	put(t, s, 0, "a@a")
	closeStore(t, s)
	if out, err := exec.Command("mount", "-o", "remount,ro", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := disk.Open(dir, disk.Options{}); !errors.Is(err, syscall.EROFS) {
		t.Errorf("got %v", err)
	}
}

// TestFullSegment fills a disk with less than a segment. When the mail is deleted,
// the very next message is taken.
func TestFullSegment(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]string{"small": "12m", "larger": "20m"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(catchertest.SmallDisk(t, size), "data")
			catchertest.NoForks(t)
			s := open(t, dir, disk.Options{}.Restless())
			defer closeStore(t, s)
			put(t, s, 0, "a@a")
			eventually(t, "a reserve", func() bool { return s.Reserved() })
			for range 3 {
				known := fill(t, s)
				if len(known) < 20 {
					t.Errorf("only %d messages", len(known))
				}
				if _, err := s.Clear(t.Context(), ""); err != nil {
					t.Fatal(err)
				}
				put(t, s, 1, "a@a")
			}
		})
	}
}

// TestCheckTriesToWrite: a store knows that its disk is full, or cannot be written,
// and leaves nothing behind.
func TestCheckTriesToWrite(t *testing.T) {
	t.Parallel()
	root := catchertest.SmallDisk(t, "16m")
	catchertest.NoForks(t)
	dir := filepath.Join(root, "data")
	s := open(t, dir, disk.Options{})
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	other := filepath.Join(root, "other")
	full := os.WriteFile(other, make([]byte, 16<<20), 0o600)
	if err := s.Check(t.Context()); !errors.Is(full, syscall.ENOSPC) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "check")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
	closeStore(t, s)
	if err := s.Check(t.Context()); err == nil {
		t.Error("a closed store is well")
	}
}
