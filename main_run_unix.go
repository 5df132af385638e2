//go:build !windows

package main

import (
	"os"
	"syscall"

	sys "golang.org/x/sys/unix"
)

// passedSignals are those that the command gets from us.
func passedSignals() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
}

// inForeground says whether a terminal sends its signals to us and, with us, to
// the command.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := sys.IoctlGetInt(int(tty.Fd()), sys.TIOCGPGRP)
	return err == nil && group == sys.Getpgrp()
}
