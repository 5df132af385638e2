//go:build unix

package disk

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile opens a file that no other process, and no other store of this one,
// has locked. The lock goes with closing it, or with the process.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, errLocked
		}
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return locked{f}, nil
}

type locked struct{ f *os.File }

// Close unlocks by name: a process that is just being forked has the file too,
// and would keep the lock.
func (l locked) Close() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
