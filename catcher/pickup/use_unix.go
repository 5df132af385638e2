//go:build unix

package pickup

import (
	"os"
	"syscall"
)

// inUse asks for a lock of the whole file, which .NET takes while it writes, and
// where there are leases for one of those. Both are given back at once.
func inUse(path string) (use, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return unknown, err
	}
	defer f.Close()
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
	case nil:
		syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	case syscall.EWOULDBLOCK:
		return open, nil
	}
	return leased(f), nil
}
