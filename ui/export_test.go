package ui

import "time"

// Hurry makes a server impatient, so that tests need not wait.
func (s *Server) Hurry(heartbeat, write time.Duration) { s.heartbeat, s.write = heartbeat, write }
