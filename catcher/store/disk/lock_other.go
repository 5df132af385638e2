//go:build !unix

package disk

import (
	"io"
	"os"
)

// lockFile opens a file that no other store has open: where there is no flock,
// it is made anew each time, and removing it fails as long as somebody has it.
func lockFile(path string) (io.Closer, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, errLocked
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
