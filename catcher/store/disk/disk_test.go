package disk_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
	"github.com/postroom/postroom/catcher/store/storetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(dir)
		return
	}
	m.Run()
}

// tempDir is a folder that the test has for itself, in memory where there is such
// a place: these tests open and sync thousands of stores.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "postroom")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func open(t testing.TB, dir string, opt disk.Options) *disk.Store {
	t.Helper()
	s, err := disk.Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestDisk(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]disk.Options{
		"sync":   {},
		"nosync": {NoSync: true},
		"tiny":   disk.Options{SegmentSize: 2000, NoSync: true}.Restless(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t testing.TB, given store.Options) store.Store {
				opt := opt
				opt.Options = given
				s := open(t, tempDir(t), opt)
				t.Cleanup(func() { closeStore(t, s) })
				return s
			})
		})
	}
}

// TestDiskReopened passes the suite with a store that is closed and opened again
// all the time.
func TestDiskReopened(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, given store.Options) store.Store {
		opt := disk.Options{Options: given, NoSync: true, SegmentSize: 5000}.Restless()
		dir := tempDir(t)
		s := &reopened{TB: t, dir: dir, opt: opt, Store: open(t, dir, opt)}
		t.Cleanup(func() { closeStore(t, s.Store) })
		return s
	})
}

type reopened struct {
	testing.TB
	dir string
	opt disk.Options

	mu sync.RWMutex // guards below: held for writing while it is closed
	*disk.Store
	ops int
}

// used is called after an operation, with mu held for reading.
func (s *reopened) used() {
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ops++; s.ops%10 == 0 {
		closeStore(s, s.Store)
		s.Store = open(s, s.dir, s.opt)
	}
}

// SetCaps keeps the caps, which a store that is opened is given.
func (s *reopened) SetCaps(ctx context.Context, caps store.Caps) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.Options.Caps = caps
	return s.Store.SetCaps(ctx, caps)
}

func (s *reopened) Append(ctx context.Context, body *store.Body, m mail.Message) (mail.Message, error) {
	s.mu.RLock()
	defer s.used()
	return s.Store.Append(ctx, body, m)
}

func (s *reopened) Update(ctx context.Context, id mail.DeliveryID, change func(*mail.Delivery) error) (mail.Delivery, error) {
	s.mu.RLock()
	defer s.used()
	return s.Store.Update(ctx, id, change)
}

func (s *reopened) Delete(ctx context.Context, ids ...mail.DeliveryID) ([]mail.Delivery, error) {
	s.mu.RLock()
	defer s.used()
	return s.Store.Delete(ctx, ids...)
}

func (s *reopened) Clear(ctx context.Context, box string) (int, error) {
	s.mu.RLock()
	defer s.used()
	return s.Store.Clear(ctx, box)
}

func (s *reopened) Expire(ctx context.Context, before time.Time) (int, error) {
	s.mu.RLock()
	defer s.used()
	return s.Store.Expire(ctx, before)
}

func (s *reopened) List(ctx context.Context, q store.Query) (store.Page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Store.List(ctx, q)
}

func (s *reopened) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Store.Get(ctx, id)
}

func (s *reopened) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Store.Open(ctx, id)
}

func (s *reopened) Box(ctx context.Context, name string) (store.Box, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Store.Box(ctx, name)
}

func (s *reopened) Boxes(ctx context.Context) ([]store.Box, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Store.Boxes(ctx)
}

func checkKnown(t *testing.T, s store.Store, known map[mail.ID][]byte) {
	t.Helper()
	for id, text := range known {
		r, err := s.Open(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		var got bytes.Buffer
		if _, err := r.WriteTo(&got); err != nil || !bytes.Equal(got.Bytes(), text) {
			t.Errorf("%s: %d octets, %v", id, got.Len(), err)
		}
		r.Close()
	}
}
