package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// withSessions is a site with three sessions: S3 is open, S2 was refused
// something, S1 ended by itself.
func withSessions(t *testing.T) *site {
	s := start(t, catcher.Config{})
	s.backend.sessions = []mail.Talk{
		{
			Session: mail.Session{ID: "S3", Started: born.Add(-3 * time.Second), Remote: "192.0.2.3:9", Protocol: "ESMTP", Helo: "shop.example"},
			State:   "message", Command: "DATA", Commands: 4, First: 0, Answer: -1,
		},
		{
			Session: mail.Session{ID: "S2", Started: born.Add(-time.Minute), Remote: "192.0.2.2:9", Protocol: "ESMTPA", User: "Joe", Mechanism: "PLAIN"},
			State:   "ended", Ended: born.Add(-time.Minute + 1500*time.Microsecond), End: "quit", Errors: 1,
			Error: &mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 26}, Text: "No"}, First: 1234567 * time.Nanosecond, Answer: 2 * time.Millisecond,
		},
		{Session: mail.Session{ID: "S1", Started: born.Add(-time.Hour), Remote: "unix"}, State: "ended", Ended: born.Add(-time.Hour), End: "left", First: -1, Answer: -1},
	}
	return s
}

func TestSessionsAreChosen(t *testing.T) {
	t.Parallel()
	s := withSessions(t)
	for _, test := range []struct{ query, want, next string }{
		{"", "S3 S2 S1", ""},
		{"?limit=2", "S3 S2", "S2"},
		{"?limit=2&before=S2", "S1", ""},
		{"?limit=3", "S3 S2 S1", ""},
		{"?open=true", "S3", ""},
		{"?open=false", "S3 S2 S1", ""},
		{"?errors=true", "S2", ""},
		{"?open=true&errors=true", "", ""},
		{"?find=SHOP", "S3", ""},
		{"?find=joe", "S2", ""},
		{"?find=192.0.2", "S3 S2", ""},
		{"?find=nobody", "", ""},
	} {
		var got api.Sessions
		s.get("/v1/sessions" + test.query).ok().into(&got)
		ids := make([]string, len(got.Sessions))
		for i, one := range got.Sessions {
			ids[i] = one.ID
		}
		if list := strings.Join(ids, " "); list != test.want || got.Next != test.next {
			t.Errorf("%s: %s, next %q, want %s and %q", test.query, list, got.Next, test.want, test.next)
		}
	}
	s.get("/v1/sessions?limit=0").problem(422)
}

func TestSessionsAreDescribed(t *testing.T) {
	t.Parallel()
	s := withSessions(t)
	for id, wanted := range map[string][]string{
		"S3": {`"state":"message","endedAt":null,"end":""`, `"command":"DATA"`, `"lastError":null`, `"timings":{"first":0,"answer":null,"total":3}`},
		"S2": {
			`"state":"ended","endedAt":"2026-03-01T11:59:00.0015Z","end":"quit"`, `"lastError":{"code":550,"enhanced":"5.7.26","text":"No"}`,
			`"timings":{"first":0.001235,"answer":0.002,"total":0.0015}`, `{"at":0.0015,"from":"server","text":"550 5.1.1 No such user"}`,
		},
		"S1": {`"end":"left"`, `"timings":{"first":null,"answer":null,"total":0}`},
	} {
		s.get("/v1/sessions/" + id).ok().has(wanted...)
	}
}
