package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
)

// put appends a message with a body that can be told from others.
func put(t testing.TB, s store.Store, n int, box string) mail.Message {
	t.Helper()
	var body store.Body
	fmt.Fprintf(&body, "Subject: %d\r\n\r\n%s\r\n", n, strings.Repeat(fmt.Sprint(n, " "), n%50))
	m, err := s.Append(t.Context(), &body, mail.Message{
		Envelope:   mail.Envelope{From: fmt.Sprint(n), To: []mail.Rcpt{{Address: box}}},
		Deliveries: []mail.Delivery{{Box: box, Rcpt: mail.Rcpt{Address: box}, State: mail.Delivered}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// image copies a data folder as a power loss would leave it.
func image(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(tempDir(t), "image")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// names lists the senders in a store, oldest first, and checks each body.
func names(t testing.TB, s store.Store) []string {
	t.Helper()
	page, err := s.List(t.Context(), store.Query{Oldest: true})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for i := range page.Messages {
		m := &page.Messages[i]
		list = append(list, m.Envelope.From)
		r, err := s.Open(t.Context(), m.ID)
		if err != nil {
			t.Fatalf("%s: %v", m.Envelope.From, err)
		}
		var body bytes.Buffer
		if _, err := r.WriteTo(&body); err != nil || int64(body.Len()) != m.Size || !strings.HasPrefix(body.String(), "Subject: "+m.Envelope.From+"\r\n") {
			t.Errorf("%s: %q, %v", m.Envelope.From, body.String(), err)
		}
		r.Close()
	}
	return list
}

// crashed returns the image of a store that ended without warning while it had
// messages 0 to 29 in its database and 30 to 39 not yet.
func crashed(t *testing.T, opt disk.Options) string {
	dir := tempDir(t)
	s := open(t, dir, opt)
	for i := range 30 {
		put(t, s, i, "a@a")
	}
	closeStore(t, s)
	s = open(t, dir, opt)
	defer closeStore(t, s)
	for i := 30; i < 40; i++ {
		put(t, s, i, fmt.Sprint(i%3, "@a"))
	}
	return image(t, dir)
}

func upTo(n int) []string {
	list := []string{}
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

// TestCutOff truncates each file at every octet of its last records. Whatever was
// whole before the cut is still there, and nothing that is not whole.
func TestCutOff(t *testing.T) {
	t.Parallel()
	dir := crashed(t, disk.Options{})
	for name, cut := range map[string]struct{ back, step int64 }{
		"mail/00000001.mail": {500, 1}, // two records
		"postroom.db":        {4096, 37},
		"postroom.db-wal":    {4120, 37}, // a page and a frame, as SQLite has checksums of its own
		"postroom.db-shm":    {1 << 15, 5000},
		"lock":               {1, 1},
	} {
		t.Run(strings.ReplaceAll(name, "/", "-"), func(t *testing.T) {
			t.Parallel()
			whole, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			used := bytes.TrimRight(whole, "\x00")
			before := 40
			for size := int64(len(used)); size >= max(int64(len(used))-cut.back, 0); size -= cut.step {
				before = checkCut(t, dir, name, size, before)
			}
			if mail := strings.HasPrefix(name, "mail"); mail && before > 38 || !mail && before != 40 {
				t.Errorf("%d messages with the last cut", before)
			}
		})
	}
}

// checkCut returns how many messages are left.
func checkCut(t *testing.T, dir, name string, size int64, most int) int {
	cut := image(t, dir)
	if err := os.Truncate(filepath.Join(cut, name), size); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := open(t, cut, disk.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer closeStore(t, s)
	got := names(t, s)
	if len(got) > most || !slices.Equal(got, upTo(len(got))) {
		t.Fatalf("cut to %d: %v\n%s", size, got, &log)
	}
	if next := put(t, s, 99, "a@a"); next.Deliveries[0].UID < 30 {
		t.Errorf("cut to %d: UID %d", size, next.Deliveries[0].UID)
	}
	return len(got)
}

// TestTornWrite puts garbage where the next record would have been.
func TestTornWrite(t *testing.T) {
	t.Parallel()
	dir := crashed(t, disk.Options{})
	file := filepath.Join(dir, "mail/00000001.mail")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	used := bytes.TrimRight(whole, "\x00")
	record := used[bytes.LastIndex(used, []byte("PRm1")):]
	broken := slices.Clone(record)
	broken[len(broken)-3] ^= 1
	for name, tail := range map[string][]byte{
		"the last one again": record,
		"broken":             broken,
		"half a header":      record[:10],
		"half a meta":        record[:40],
		"noise":              bytes.Repeat([]byte("PRm1 noise"), 50),
		"huge meta":          append([]byte("PRm1\x00\x00\x00\x00\xff\xff\xff\xff"), make([]byte, 50)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			torn := image(t, dir)
			if err := os.WriteFile(filepath.Join(torn, "mail/00000001.mail"), slices.Concat(used, tail), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s := open(t, torn, disk.Options{})
				if got := names(t, s); len(got) < 40 || !slices.Equal(got[:40], upTo(40)) {
					t.Errorf("%v", got)
				}
				put(t, s, 99, "a@a")
				closeStore(t, s)
			}
		})
	}
}

// TestUnsyncedLoss drops what was never synced: the end of a segment, though the
// database already knew of it.
func TestUnsyncedLoss(t *testing.T) {
	t.Parallel()
	dir := crashed(t, disk.Options{NoSync: true})
	s := open(t, dir, disk.Options{NoSync: true})
	for i := 40; i < 50; i++ {
		put(t, s, i, "a@a")
	}
	if _, err := s.Delete(t.Context(), mail.DeliveryID{}); err != nil { // brings the database up to date
		t.Fatal(err)
	}
	lost := image(t, dir)
	closeStore(t, s)
	file := filepath.Join(lost, "mail/00000001.mail")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	used := bytes.TrimRight(data, "\x00")
	at := bytes.Index(used, []byte("Subject: 45"))
	clear(data[at+3:])
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, lost, disk.Options{})
	defer closeStore(t, s)
	if got := names(t, s); !slices.Equal(got, upTo(45)) {
		t.Errorf("%v", got)
	}
	if box, err := s.Box(t.Context(), ""); err != nil || box.Messages != 45 {
		t.Errorf("%+v, %v", box, err)
	}
	put(t, s, 99, "a@a")
	if got := names(t, s); len(got) != 46 {
		t.Errorf("%v", got)
	}
}

// TestDatabaseMadeAnew loses the database, or finds it ruined: all mail is there
// again, with its UIDs.
func TestDatabaseMadeAnew(t *testing.T) {
	t.Parallel()
	for name, ruin := range map[string]func(path string) error{
		"gone":    os.Remove,
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"cut off": func(path string) error { return os.Truncate(path, 9000) },
		"foreign": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			opt := disk.Options{SegmentSize: 3000}
			s := open(t, dir, opt)
			last := mail.Message{}
			for i := range 40 {
				last = put(t, s, i, "a@a")
			}
			closeStore(t, s)
			if err := ruin(filepath.Join(dir, "postroom.db")); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, opt)
			defer closeStore(t, s)
			if got := names(t, s); !slices.Equal(got, upTo(40)) {
				t.Errorf("%v", got)
			}
			next := put(t, s, 40, "a@a")
			if next.Deliveries[0].UID <= last.Deliveries[0].UID || next.ID.Compare(last.ID) <= 0 {
				t.Errorf("%+v after %+v", next, last)
			}
		})
	}
}

// TestNoOpening has folders that cannot be opened. The error says why.
func TestNoOpening(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"newer database": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "postroom.db")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[63] = 9 // user_version, where SQLite's header has it
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "written by a newer Postroom: its format is 9"},
		"newer mail": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "mail/00000002.mail"), []byte("Postroom mail 2\nand more"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "written by a newer Postroom"},
		"in use": {func(t *testing.T, dir string) {
			s := open(t, dir, disk.Options{})
			t.Cleanup(func() { closeStore(t, s) })
		}, "in use by another Postroom"},
		"a file": {func(t *testing.T, dir string) {
			if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(tempDir(t), "data")
			s := open(t, dir, disk.Options{})
			put(t, s, 0, "a@a")
			closeStore(t, s)
			tc.spoil(t, dir)
			_, err := disk.Open(dir, disk.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// TestUnwritable: root may write everywhere, so that this is about a folder that
// cannot be made.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(tempDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := disk.Open(filepath.Join(file, "data"), disk.Options{})
	var pe *fs.PathError
	if !errors.As(err, &pe) {
		t.Errorf("got %v", err)
	}
}

// TestRot: a message whose octets have changed on the disk is not given out, and
// spoils nothing else.
func TestRot(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]string{"body": "Subject: 5", "meta": "rotten@a"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			s := open(t, dir, disk.Options{})
			var rotten mail.Message
			for i := range 10 {
				if i == 5 {
					rotten = put(t, s, i, "rotten@a")
				} else {
					put(t, s, i, "a@a")
				}
			}
			closeStore(t, s)
			file := filepath.Join(dir, "mail/00000001.mail")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data[bytes.Index(data, []byte(where))] ^= 1
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			s = open(t, dir, disk.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			page, err := s.List(t.Context(), store.Query{Oldest: true})
			if err != nil || len(page.Messages) != 10 || page.Messages[5].Deliveries[0].Box != "rotten@a" {
				t.Fatalf("%+v, %v", page, err)
			}
			if _, err := s.Open(t.Context(), rotten.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Open: %v", err)
			}
			if !strings.Contains(log.String(), rotten.ID.String()) {
				t.Errorf("log: %s", &log)
			}
			if gone, err := s.Delete(t.Context(), rotten.Deliveries[0].ID); err != nil || len(gone) != 1 {
				t.Errorf("Delete: %v, %v", gone, err)
			}
			if got := names(t, s); len(got) != 9 {
				t.Errorf("%v", got)
			}
			closeStore(t, s)
		})
	}
}

// TestPrivate: nobody else may read the mail.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := open(t, dir, disk.Options{})
	defer closeStore(t, s)
	put(t, s, 0, "a@a")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		info, ierr := d.Info()
		if err == nil && ierr == nil && info.Mode()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return errors.Join(err, ierr)
	})
	if err != nil {
		t.Fatal(err)
	}
}
