package pop3

import "time"

// someAccounts are names, passwords, homes and what may be read. Who fails waits a second.
type someAccounts [][4]string

func (s someAccounts) Check(user, password, client string) (ok bool, wait time.Duration) {
	for _, a := range s {
		if a[0] == user && a[1] == password && client == "127.0.0.1" {
			return true, 0
		}
	}
	return false, time.Second
}

func (s someAccounts) May(user, box string) bool {
	for _, a := range s {
		if a[0] == user && (a[3] == "*" || a[3] == box) {
			return true
		}
	}
	return false
}

func (s someAccounts) Home(user string) string {
	for _, a := range s {
		if a[0] == user && a[2] != "-" {
			return a[2]
		}
	}
	return ""
}
