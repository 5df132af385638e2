//go:build !linux

package disk

import "os"

// datasync makes what was written to the file last, and its size.
func datasync(f *os.File) error { return f.Sync() }
