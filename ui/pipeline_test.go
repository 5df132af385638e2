package ui_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

func (s *site) pipeline() api.Pipeline {
	s.t.Helper()
	var v api.Pipeline
	a := s.get("/v1/pipeline").ok().into(&v)
	if strings.Contains(string(a.body), "secret") {
		s.t.Errorf("the password is shown: %s", a.body)
	}
	return v
}

func TestPipelineCounts(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	s.do("POST", "/v1/rules", "route to=gone@x.test discard\nroute to=*@held.test hold").is(201)
	s.accept(richMail, "bob@x.test", "carl@x.test")
	s.accept(richMail, "a@partner.test", "b@partner.test", "c@partner.test", "d@partner.test", "e@held.test")
	s.accept(richMail, "gone@x.test")
	s.accept(richMail, "f@never.test")
	s.do("DELETE", "/v1/mailboxes/carl@x.test", "").is(200)

	s.backend.sessions = append(s.backend.sessions, mail.Talk{Session: mail.Session{ID: "S9"}})
	v := s.pipeline()
	if v.Cursor != s.backend.LastEvent() || !v.Now.Equal(born) || !v.Since.Equal(born) {
		t.Errorf("cursor %d, now %v, since %v", v.Cursor, v.Now, v.Since)
	}
	for name, c := range map[string]struct{ got, want any }{
		"senders":   {v.Senders, api.PipelineSenders{Open: 1, Received: 3}},
		"pickup":    {v.Pickup, api.PipelinePickup{}},
		"rules":     {v.Rules, api.PipelineRules{Rules: 4, Applied: 7}},
		"refused":   {v.Refused, api.PipelineRefused{Attempts: 1, Discarded: 1}},
		"mailboxes": {v.Mailboxes, api.PipelineBoxes{Mailboxes: 1, Messages: 1, Delivered: 2}},
		"drop":      {v.Drop, api.PipelineFolder{}},
		"relayed":   {v.Relayed, api.PipelineRelayed{}},
		"badmail":   {v.Badmail, api.PipelineBadmail{Deliveries: 1, Lost: 1}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
	q := v.Queue
	if q.Next == nil || !q.Next.Equal(born) {
		t.Errorf("next is %v", q.Next)
	}
	q.Next = nil
	if want := (api.PipelineQueue{Deliveries: 5, Due: 4, Held: 1, Queued: 5}); q != want {
		t.Errorf("queue: %+v, want %+v", q, want)
	}
	if len(v.Coming) != 1 {
		t.Fatalf("to come: %+v", v.Coming)
	}
	c := v.Coming[0]
	if c.Hop != shownHop || c.Count != 4 || !c.At.Equal(born) || !slices.Equal(c.To, []string{"a@partner.test", "b@partner.test", "c@partner.test"}) || !strings.HasSuffix(c.ID, "/0") {
		t.Errorf("to come: %+v", c)
	}
}

func TestPipelineFollowsTheClock(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	s.run()
	s.accept(richMail, "a@partner.test")
	s.do("POST", "/v1/clock", `{"advance":"1m"}`).is(200)
	v := s.pipeline()
	if v.Queue.Tried != 1 {
		t.Errorf("tried %d times, want once", v.Queue.Tried)
	}
	if len(v.Coming) != 1 || !v.Coming[0].At.After(v.Now) || v.Queue.Due != 0 || !v.Queue.Next.Equal(v.Coming[0].At) {
		t.Fatalf("queue %+v, to come: %+v", v.Queue, v.Coming)
	}
	body, err := json.Marshal(map[string]string{"do": "freeze", "hop": shownHop})
	if err != nil {
		t.Fatal(err)
	}
	s.act(string(body)).is(200)
	if v = s.pipeline(); v.Queue.Frozen != 1 || v.Queue.Next != nil || !v.Coming[0].Frozen {
		t.Errorf("frozen: %+v, to come: %+v", v.Queue, v.Coming)
	}
	s.act(strings.Replace(string(body), "freeze", "thaw", 1)).is(200)
	s.do("POST", "/v1/clock", `{"advance":"3d"}`).is(200)
	v = s.pipeline()
	if v.Queue.Deliveries != 0 || v.Relayed.Bounced != 1 || v.Relayed.Done != 1 || v.Mailboxes.Messages != 2 || len(v.Coming) != 0 { // the report of a delay, and the bounce
		t.Errorf("after three days: %+v", v)
	}
}

func TestPipelineTellsOfFolders(t *testing.T) {
	t.Parallel()
	s := withQueue(t, func(s *ui.Server) {
		s.Pickup = func() mail.FolderTally { return mail.FolderTally{Dir: "/in", Waiting: 1, Done: 2, Bad: 3} }
		s.Drop = func() mail.FolderTally { return mail.FolderTally{Dir: "/out", Done: 4} }
		s.Badmail = func() mail.FolderTally { return mail.FolderTally{Dir: "/bad", Done: 5} }
	})
	v := s.pipeline()
	if v.Pickup != (api.PipelinePickup{Folder: "/in", Waiting: 1, Taken: 2, Bad: 3}) ||
		v.Drop != (api.PipelineFolder{Folder: "/out", Written: 4}) || v.Badmail.PipelineFolder != (api.PipelineFolder{Folder: "/bad", Written: 5}) {
		t.Errorf("%+v", v)
	}
}
