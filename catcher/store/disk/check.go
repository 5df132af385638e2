package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// probeSize is what Check writes: a block, so that a full disk is noticed.
const probeSize = 4 << 10

// Check says whether the folder can be written, by doing so: a block goes to a file
// of its own, to the disk unless Options.NoSync, and away again. It implements
// store.Checker.
func (s *Store) Check(context.Context) (err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errors.New("the store is closed")
	}
	path := filepath.Join(s.dir, "check")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	_, err = f.Write(bytes.Repeat([]byte{'.'}, probeSize))
	if err == nil && !s.opt.NoSync {
		err = datasync(f)
	}
	if err = errors.Join(err, f.Close(), os.Remove(path)); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}
