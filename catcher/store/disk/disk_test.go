package disk_test

import (
	"testing"

	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/catcher/store/disk"
	"github.com/postroom/postroom/catcher/store/storetest"
)

func TestDisk(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, opt store.Options) store.Store {
		s, err := disk.Open(t.TempDir(), disk.Options{Options: opt})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
