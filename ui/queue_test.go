package ui_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

const (
	secretHop = "smtp://me:secret@mail.test:2525"
	shownHop  = "smtp://me:***@mail.test:2525"
)

// withQueue starts a site that relays mail for partner.test to a hop that is down.
func withQueue(t *testing.T, change ...func(*ui.Server)) *site {
	t.Helper()
	s := start(t, catcher.Config{Queue: catcher.Queue{
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody listens") },
	}}, change...)
	s.do("POST", "/v1/rules", "route to=*@partner.test relay "+secretHop+"\nroute to=*@never.test lose").is(201)
	return s
}

// run lets the queue work until the test ends.
func (s *site) run() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.backend.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

func (s *site) queue(query string) api.Queue {
	s.t.Helper()
	var v api.Queue
	a := s.get("/v1/queue" + query).ok().into(&v)
	if strings.Contains(string(a.body), "secret") {
		s.t.Errorf("the password is shown: %s", a.body)
	}
	return v
}

func (s *site) act(body string) *answer {
	s.t.Helper()
	return s.do("POST", "/v1/queue", body)
}

func TestQueue(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	id := s.accept(plainMail, "a@partner.test", "home@x.test", "b@partner.test")
	s.run()
	s.do("POST", "/v1/clock", `{"advance":"10s"}`).ok()

	q := s.queue("")
	if len(q.Deliveries) != 2 || q.NextPage != "" || q.Next == nil || !q.Next.Equal(born.Add(15*time.Minute)) {
		t.Fatalf("queue %+v", q)
	}
	d := q.Deliveries[1]
	if d.ID != id+"/2" || d.Message.Subject != "Hello" || d.Message.From[0].Address != "ann@x.test" || d.Delivery.Rcpt != "b@partner.test" ||
		d.Delivery.Route != "relay "+shownHop || d.Delivery.State != "queued" || d.Delivery.Next == nil {
		t.Errorf("delivery %+v", d)
	}
	last := d.Delivery.Trail[len(d.Delivery.Trail)-1]
	if last.Did != "deferred" || last.Reply == nil || last.Reply.Code != 451 || last.Reply.Enhanced == "" {
		t.Errorf("trail ends with %+v", last)
	}
	if len(q.Hops) != 1 || q.Hops[0].Name != shownHop || q.Hops[0].Waiting != 2 || q.Hops[0].Last == nil {
		t.Errorf("hops %+v", q.Hops)
	}
	if n := len(s.queue("?hop=" + shownHop).Deliveries); n != 2 {
		t.Errorf("%d wait for the hop", n)
	}
	if n := len(s.queue("?hop=defer").Deliveries); n != 0 {
		t.Errorf("%d are deferred", n)
	}
	s.get("/v1/messages/"+id).ok().has(`"trail":[{"at":"2026-03-01T12:00:00Z","did":"queued"`, shownHop)

	s.act(`{"do":"freeze","ids":["` + id + `/0"]}`).ok().has(`"done":1`)
	if got := s.queue("").Deliveries[0].Delivery.State; got != "held" {
		t.Errorf("frozen: %s", got)
	}
	s.act(`{"do":"thaw","ids":["` + id + `","` + id + `/2"]}`).ok().has(`"done":2`)
	s.act(`{"do":"freeze","hop":"` + shownHop + `"}`).ok()
	if !s.queue("").Hops[0].Frozen {
		t.Error("the hop is not frozen")
	}
	s.act(`{"do":"reroute","ids":["` + id + `/2"],"route":"keep"}`).ok().has(`"done":1`)
	s.do("POST", "/v1/clock", `{"advance":"1d"}`).ok()
	s.get("/v1/mailboxes/b@partner.test").ok().has(`"messages":1`)
	s.act(`{"do":"bounce","ids":["` + id + `/0"]}`).ok().has(`"done":1`)
	s.do("POST", "/v1/clock", `{"advance":"1s"}`).ok()
	s.get("/v1/done").ok().has(`"state":"bounced"`, id)
	s.act(`{"do":"requeue","ids":["` + id + `"]}`).ok().has(`"done":1`)
	s.act(`{"do":"delete","ids":["` + id + `/0"]}`).ok().has(`"done":1`)
	if left := s.queue("").Deliveries; len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func TestQueueIsPaged(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	for range 2 {
		s.accept(plainMail, "a@partner.test", "b@partner.test")
	}
	first := s.queue("?limit=1")
	if len(first.Deliveries) != 2 || first.NextPage != first.Deliveries[0].Message.ID {
		t.Fatalf("first page %+v", first)
	}
	second := s.queue("?limit=1&before=" + first.NextPage)
	if len(second.Deliveries) != 2 || second.NextPage != "" || second.Deliveries[0].Message.ID == first.NextPage {
		t.Errorf("second page %+v", second)
	}
}

func TestBadRequestsToTheQueue(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	id := s.accept(plainMail, "a@partner.test", "home@x.test")
	bad := s.accept(plainMail, "x@never.test")
	for _, c := range []struct {
		body   string
		status int
		has    string
	}{
		{`{"do":"retry"}`, 422, "body.ids"},
		{`{"do":"retry","ids":[]}`, 422, "body.ids"},
		{`{"do":"retry","ids":["ID"],"hop":"x"}`, 422, "body.ids"},
		{`{"do":"eat","ids":["ID"]}`, 422, "body.do"},
		{`{"do":"retry","id":"ID"}`, 422, "body"},
		{`{"do":"retry","ids":["ID"],"route":"keep"}`, 422, "body.route"},
		{`{"do":"reroute","ids":["ID"]}`, 422, "body.route"},
		{`{"do":"reroute","ids":["ID"],"route":"relay nowhere"}`, 422, "body.route:1:7"},
		{`{"do":"reroute","ids":["ID"],"route":"relay ftp://x.test"}`, 422, "body.route"},
		{`{"do":"reroute","ids":["ID"],"route":"drop"}`, 422, "body.route"},
		{`{"do":"reroute","hop":"x","route":"keep"}`, 404, "Nothing waits"},
		{`{"do":"reroute","hop":"x"}`, 422, "body.route"},
		{`{"do":"requeue","hop":"x"}`, 422, "body.hop"},
		{`{"do":"retry","hop":"x"}`, 404, "Nothing waits"},
		{`{"do":"retry","ids":["x"]}`, 422, "body.ids"},
		{`{"do":"retry","ids":["ID/x"]}`, 422, "body.ids"},
		{`{"do":"retry","ids":["ID/7"]}`, 404, "No such"},
		{`{"do":"retry","ids":["ID/1"]}`, 409, "not possible"},
		{`{"do":"requeue","ids":["ID/0"]}`, 409, "not possible"},
		{`{"do":"retry","ids":["` + bad + `/0"]}`, 409, "not possible"},
		{`{"do":"retry","ids":["` + somebody + `"]}`, 404, "No such"},
	} {
		s.act(strings.ReplaceAll(c.body, "ID", id)).problem(c.status).has(c.has)
	}
	s.act(`{"do":"requeue","ids":["` + id + `"]}`).ok().has(`"done":0`)
	s.get("/v1/queue?limit=0").problem(422)
	s.get("/v1/queue?before=x").problem(400)
	s.get("/v1/queue?hops=x").problem(422)
	s.get("/v1/badmail").ok().has(bad, `"state":"lost"`, `"did":"lost"`, `"total":1`)
	s.get("/v1/badmail?q=subject:nothing").ok().has(`"messages":[]`)
	s.do("DELETE", "/v1/messages/"+bad+"?mailbox=@badmail", "").ok().has(`"deleted":1`)
	s.get("/v1/badmail").ok().has(`"messages":[]`)
}

func TestRelease(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	id := s.accept(plainMail, "a@x.test")
	for body, has := range map[string]string{
		`{"hop":"smtp://m.test:25"}`:                                       "to",
		`{"to":[],"hop":"smtp://m.test:25"}`:                               "body.to",
		`{"to":["a@b.test"]}`:                                              "hop",
		`{"to":["a@b.test"],"hop":""}`:                                     "body.hop",
		`{"to":["a@b.test"],"hop":"ftp://m.test"}`:                         "body.hop",
		`{"to":["a b@c"],"hop":"smtp://m.test:25"}`:                        "body.to",
		`{"to":[""],"hop":"smtp://m.test:25"}`:                             "body.to",
		`{"to":["a@b.test"],"from":"<x","hop":"smtp://m.test:25"}`:         "body.from",
		`{"to":["a@b.test"],"form":"x@y.test","hop":"smtp://m.test:25"}`:   "form",
		`{"to":["a@b.test"],"hop":"smtp://m.test:25","bcc":["c@d.test"]}`:  "bcc",
		`{"to":"a@b.test","hop":"smtp://m.test:25"}`:                       "body.to",
		`{"to":["a@b.test"],"from":["x@y.test"],"hop":"smtp://m.test:25"}`: "body.from",
	} {
		s.do("POST", "/v1/messages/"+id+"/release", body).problem(422).has(has)
	}
	s.do("POST", "/v1/messages/"+somebody+"/release", `{"to":["a@b.test"],"hop":"smtp://m.test:25"}`).problem(404)

	for body, from := range map[string]string{
		`{"to":["a@b.test","c@d.test"],"hop":"smtp://m.test:25"}`:             "sender@x.test",
		`{"to":["a@b.test","c@d.test"],"from":"","hop":"smtp://m.test:25"}`:   "",
		`{"to":["a@b.test","c@d.test"],"from":"q@r","hop":"smtp://m.test"}`:   "q@r",
		`{"to":["a@b.test","c@d.test"],"from":null,"hop":"smtps://m.test:1"}`: "sender@x.test",
	} {
		var made api.Created
		s.do("POST", "/v1/messages/"+id+"/release", body).is(201).into(&made)
		s.get("/v1/messages/"+made.ID).ok().has(`"envelope":{"from":"`+from+`","to":[{"address":"a@b.test"`, `"did":"released"`, `"ref":"`+id+`"`)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.run()
	s.get("/v1/clock").ok().has(`"now":"2026-03-01T12:00:00Z"`, `"speed":1,"frozen":true,"nextDue":null`)
	for _, c := range []struct{ body, now string }{
		{`{"advance":"15m"}`, "2026-03-01T12:15:00Z"},
		{`{"advance":"4h"}`, "2026-03-01T16:15:00Z"},
		{`{"advance":"2d"}`, "2026-03-03T16:15:00Z"},
		{`{"advance":"1d12h"}`, "2026-03-05T04:15:00Z"},
		{`{"speed":60,"advance":"1h30m"}`, "2026-03-05T05:45:00Z"},
	} {
		s.do("POST", "/v1/clock", c.body).ok().has(`"now":"`+c.now+`"`, `"frozen":true`)
	}
	s.get("/v1/info").ok().has(`"clock":{"now":"2026-03-05T05:45:00Z","ahead":"`, `"speed":60,"frozen":true`)
	for _, body := range []string{
		`{"advance":"-4h"}`, `{"advance":"0s"}`, `{"advance":"1d-2h"}`, `{"advance":"d"}`, `{"advance":"2"}`, `{"advance":"20y"}`, `{"advance":"65535d"}`,
		`{"advance":"65535d2562047h"}`, `{"advance":"99999999d"}`, `{"advance":4}`, `{"speed":0}`, `{"speed":-1}`, `{"speed":1e9}`,
		`{"freeze":true,"resume":true}`, `{"frozen":true}`, `{"resume":true,"advance":"soon"}`,
	} {
		s.do("POST", "/v1/clock", body).problem(422)
	}
	s.get("/v1/clock").ok().has(`"now":"2026-03-05T05:45:00Z"`, `"speed":60,"frozen":true`)
	s.do("POST", "/v1/clock", `{"resume":true,"speed":1}`).ok().has(`"frozen":false`, `"speed":1,`)
	s.do("POST", "/v1/clock", `{"freeze":true}`).ok().has(`"frozen":true`)
}

func TestClockRunsOnlyWithTheSystem(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{Clock: clock.System{}})
	s.get("/v1/clock").ok().has(`"ahead":"0s","aheadSeconds":0,"speed":1,"frozen":false`)
	s.do("POST", "/v1/clock", `{"advance":"4h"}`).problem(409)
}

func TestClockStaysWithinTheYearsOfRFC3339(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{Clock: clock.NewManual(born.AddDate(6970, 0, 0))})
	s.run()
	s.do("POST", "/v1/clock", `{"advance":"3650d"}`).problem(422).has("too far")
	s.do("POST", "/v1/clock", `{"advance":"365d"}`).ok().has(`"now":"8997-03-01T`)
}

// A patient backend advances until the client leaves.
type patient struct {
	*backend
	waits chan struct{}
}

func (p *patient) Advance(ctx context.Context, _ time.Duration) error {
	close(p.waits)
	<-ctx.Done()
	return ctx.Err()
}

func TestAdvanceEndsWithTheClient(t *testing.T) {
	t.Parallel()
	var p *patient
	s := start(t, catcher.Config{}, func(srv *ui.Server) {
		p = &patient{srv.Backend.(*backend), make(chan struct{})}
		srv.Backend = p
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"advance":"4h"}`
	conn.Write([]byte("POST /v1/clock HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + body))
	<-p.waits
	conn.Close() // the server, which is closed when the test ends, waits for its requests
}

func TestEventsLeaveTheTrailOut(t *testing.T) {
	t.Parallel()
	s := withQueue(t)
	c := s.websocket("")
	c.next() // hello
	s.accept(plainMail, "a@partner.test")
	if e := c.next(); e.Type != "rule" || e.Rule.Rule != "r1" || e.Rule.Stage != "route" || e.Rule.Session != "S1" || e.Rule.Do != "relay "+shownHop {
		t.Errorf("event %+v, rule %+v", e, e.Rule)
	}
	e := c.next()
	if e.Type != string(mail.Added) || e.Message == nil {
		t.Fatalf("event %+v", e)
	}
	for _, d := range []api.Delivery{e.Deliveries[0], e.Message.Deliveries[0]} {
		if d.Route != "relay "+shownHop || d.Trail == nil || len(d.Trail) != 0 {
			t.Errorf("delivery %+v", d)
		}
	}
}
