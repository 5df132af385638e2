package smtpd

import "time"

// oneAccount knows joe, whose password is pw.
type oneAccount struct{}

func (oneAccount) Check(user, password, client string) (ok bool, wait time.Duration) {
	if user == "joe" && password == "pw" && client == "127.0.0.1" {
		return true, 0
	}
	return false, time.Second
}
