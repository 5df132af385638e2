package main

import (
	"os"
	"syscall"
)

// passedSignals are those that the command gets from us.
func passedSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// inForeground says whether the console interrupts the command too: it always
// does.
func inForeground() bool { return true }
