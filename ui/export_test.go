package ui

import "time"

// Hurry makes a server impatient with followers of events, so that tests need
// not wait. Zero leaves a time as it is.
func (s *Server) Hurry(beat, patience, write time.Duration) {
	s.times = times{beat, patience, write}
}
