package disk

import (
	"os"
	"syscall"
)

// datasync makes what was written to the file last, and its size.
func datasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
