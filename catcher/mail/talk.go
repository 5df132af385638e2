package mail

import "time"

// A Talk is an SMTP session and what has come of it. Its times are by the clock
// that the server goes by.
type Talk struct {
	Session
	State    string        // "connected", "ready", "transaction" from MAIL on, "message" from DATA on, or "ended"
	Ended    time.Time     // zero while it is open
	End      string        // how it ended: "quit", "left" (the client went without a word), "timeout", "rule", "shutdown" or "closed" (by us, such as for too many errors); "" while it is open
	Command  string        // verb of the last command, in upper case
	Commands int           // how many there were
	Messages int           // how many were accepted
	Refused  int           // recipients that were refused
	Errors   int           // replies 4xx and 5xx
	Error    *Reply        // the last of those; nil when there was none
	NoTLS    string        // why TLS did not come about that was begun; "" when it did, or was not begun
	In, Out  int64         // octets from and to the client
	First    time.Duration // from the connection to the first command; negative when there was none
	Answer   time.Duration // the longest from the end of a message to our reply; negative when none came
}

// Wrong says whether something went wrong in the session.
func (t *Talk) Wrong() bool {
	return t.Errors > 0 || t.NoTLS != "" || t.End == "timeout" || t.End == "rule"
}

// A Line is one that was said in a session, or a remark in place of what is not
// written down: bodies and passwords.
type Line struct {
	At      time.Duration // since the session began
	From    string        // "client", "server" or "note"
	Text    string
	Message ID // that the line says was kept; zero for none
}
