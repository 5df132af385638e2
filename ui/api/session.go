package api

import "time"

// Sessions is the answer of GET /v1/sessions.
type Sessions struct {
	Sessions []Talk `json:"sessions" nullable:"false"`
	Next     string `json:"next" doc:"What to give as before for the next page; empty on the last."`
}

// A Talk is an SMTP session and what has come of it. Times are by the server's
// clock.
type Talk struct {
	Session
	State     string     `json:"state" enum:"connected,ready,transaction,message,ended" doc:"connected: nothing said yet; ready: greeted; transaction: from MAIL on; message: from DATA on."`
	EndedAt   *time.Time `json:"endedAt" doc:"null: it is open."`
	End       string     `json:"end" enum:"quit,left,timeout,rule,shutdown,closed," doc:"How it ended: quit, left (the client went without a word), timeout, rule (one broke it off), shutdown (of the server), closed (by the server, such as for too many errors). Empty while it is open."`
	Command   string     `json:"command" doc:"Verb of the last command."`
	Commands  int        `json:"commands"`
	Messages  int        `json:"messages" doc:"How many were accepted."`
	Refused   int        `json:"refused" doc:"Recipients that were refused."`
	Errors    int        `json:"errors" doc:"Replies 4xx and 5xx."`
	LastError *Reply     `json:"lastError" doc:"The last of them; null for none."`
	NoTLS     string     `json:"noTls" doc:"Why TLS did not come about that was begun; empty when it did, or was not begun."`
	OctetsIn  int64      `json:"octetsIn" doc:"From the client."`
	OctetsOut int64      `json:"octetsOut" doc:"To the client."`
	Timings   Timings    `json:"timings"`
}

// Timings are in seconds.
type Timings struct {
	First  *float64 `json:"first" doc:"From the connection to the first command; null: there was none."`
	Answer *float64 `json:"answer" doc:"The longest from the end of a message to the reply; null: no message came."`
	Total  float64  `json:"total" doc:"From the connection to its end, or as long as it is open, to now."`
}

// A Transcript is a session with what was said in it.
type Transcript struct {
	Talk
	Lines []Line `json:"lines" nullable:"false"`
}

// A Line is one that was said, or a note in place of what is not written down.
type Line struct {
	At      float64 `json:"at" doc:"Seconds since the session began."`
	From    string  `json:"from" enum:"client,server,note"`
	Text    string  `json:"text"`
	Message string  `json:"message,omitempty" doc:"ID of the message that was kept, as this line says."`
}
