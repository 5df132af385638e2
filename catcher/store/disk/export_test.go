package disk

import (
	"os"
	"path/filepath"
	"time"
)

// Restless has the writer keep house all the time.
func (o Options) Restless() Options {
	o.house = time.Millisecond
	return o
}

// Reserved says whether there is a reserve.
func (s *Store) Reserved() bool {
	info, err := os.Stat(filepath.Join(s.dir, reserveName))
	return err == nil && info.Size() == reserveSize
}
