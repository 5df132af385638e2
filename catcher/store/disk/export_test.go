package disk

import "time"

// Restless has the writer keep house all the time.
func (o Options) Restless() Options {
	o.house = time.Millisecond
	return o
}
