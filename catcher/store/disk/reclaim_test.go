package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

// sizes adds up the files in a folder whose names match.
func sizes(t *testing.T, dir, pattern string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ok, _ := filepath.Match(pattern, d.Name()); !ok {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // it has gone meanwhile
			return nil
		}
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually waits for something that the writer does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Errorf("never: %s", what)
}

// TestSpaceComesBack deletes nine messages of ten: what is left is copied
// together, byte for byte, and the files of the rest go. A reader that was opened
// before reads on.
func TestSpaceComesBack(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	opt := disk.Options{NoSync: true, SegmentSize: 1 << 20}.Restless()
	s := open(t, dir, opt)
	texts := map[mail.ID][]byte{}
	var readers []store.Reader
	for i := range 400 {
		text := bytes.Repeat([]byte(fmt.Sprintf("%d ", i)), 10_000+i)
		if i == 57 {
			text = bytes.Repeat([]byte("long"), 100_000) // read from its file, not from memory
		}
		var body store.Body
		body.Write(text)
		m, err := s.Append(t.Context(), &body, message("a@a"))
		if err != nil {
			t.Fatal(err)
		}
		if i == 57 {
			r, err := s.Open(t.Context(), m.ID)
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, r)
		}
		if i%10 == 0 {
			texts[m.ID] = text
		} else if _, err := s.Delete(t.Context(), m.Deliveries[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "few files left", func() bool { return sizes(t, dir, "*.mail") < 6<<20 })
	for range 2 {
		checkKnown(t, s, texts)
		closeStore(t, s)
		s = open(t, dir, opt)
	}
	closeStore(t, s)
	for _, r := range readers {
		var got bytes.Buffer
		if _, err := r.WriteTo(&got); err != nil || got.Len() != 400_000 {
			t.Errorf("%d octets, %v", got.Len(), err)
		}
		r.Close()
	}
}

// TestDatabaseShrinks deletes everything from a database of some size.
func TestDatabaseShrinks(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := open(t, dir, disk.Options{NoSync: true}.Restless())
	defer closeStore(t, s)
	m := message("a@a")
	m.Deliveries[0].Trail = []mail.Step{{Did: strings.Repeat("deferred ", 5000)}} // is in the database
	for range 300 {
		if _, err := s.Append(t.Context(), &store.Body{}, m); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a large database", func() bool { return sizes(t, dir, "postroom.db") > 12<<20 })
	if n, err := s.Clear(t.Context(), ""); err != nil || n != 300 {
		t.Fatal(n, err)
	}
	eventually(t, "a small database", func() bool { return sizes(t, dir, "postroom.db") < 9<<20 })
}
