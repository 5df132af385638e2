package pickup

import (
	"os"
	"syscall"
)

// leased asks for a read lease, which is given only while nobody has the file open
// for writing: fcntl(2). Not every file system has leases, and only the owner of
// a file gets them.
func leased(f *os.File) use {
	_, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_SETLEASE, syscall.F_RDLCK)
	switch errno {
	case 0:
		syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_SETLEASE, syscall.F_UNLCK)
		return closed
	case syscall.EAGAIN:
		return open
	}
	return unknown
}
