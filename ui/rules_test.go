package ui_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

const greylist = `rcpt to=*@slow.test first=2 reply 451 4.7.1 "Try again later"`

// withFile starts a site with one rule of a file, f7.
func withFile(t *testing.T) *site {
	t.Helper()
	s := start(t, catcher.Config{})
	r, err := rule.Parse("quit name=bye drop")
	if err != nil {
		t.Fatal(err)
	}
	r.ID = "f7"
	if _, err := s.backend.Rules().SetFile(r); err != nil {
		t.Fatal(err)
	}
	return s
}

// texts are the rules of an answer as lines.
func (a *answer) texts() []string {
	a.t.Helper()
	var v api.Rules
	a.into(&v)
	lines := make([]string, len(v.Rules))
	for i, r := range v.Rules {
		lines[i] = r.ID + " " + r.Text
	}
	return lines
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rules\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRulesAreAddedReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	s := withFile(t)
	file := "f7 quit name=bye drop"
	wantLines(t, s.get("/v1/rules").ok().texts(), file)

	added := s.do("POST", "/v1/rules", greylist+"\n\n# a comment\nroute to=a@b.test discard\n").is(201).texts()
	wantLines(t, added, "r1 "+greylist, "r2 route to=a@b.test discard")
	s.do("POST", "/v1/rules?first", `{"text":"mail delay 1s","owner":"me","name":"slow"}`).is(201).has(`"owner":"me"`, `"origin":"added"`)
	s.do("POST", "/v1/rules", `{"rules":[{"at":"rcpt","match":[{"field":"to","any":["x@y.test"]}],"do":[{"action":"reply","code":550}]}]}`).is(201)
	first, rest := "r3 mail name=slow owner=me delay 1s", []string{"r1 " + greylist, "r2 route to=a@b.test discard", "r4 rcpt to=x@y.test reply 550", file}
	wantLines(t, s.get("/v1/rules").ok().texts(), append([]string{first}, rest...)...)

	s.do("DELETE", "/v1/rules?owner=me", "").ok().has(`"deleted":1`)
	wantLines(t, s.do("PUT", "/v1/rules/r1", "rset drop").ok().texts(), "r1 rset drop")
	s.do("DELETE", "/v1/rules/r2", "").ok().has(`"deleted":1`)
	wantLines(t, s.get("/v1/rules").ok().texts(), "r1 rset drop", rest[2], file)
	s.do("DELETE", "/v1/rules", "").ok().has(`"deleted":2`)
	wantLines(t, s.do("PUT", "/v1/rules", greylist).ok().texts(), "r5 "+greylist)
	wantLines(t, s.get("/v1/rules").ok().texts(), "r5 "+greylist, file)
}

func TestARuleTellsWhatItIsAndWhatItHasDone(t *testing.T) {
	t.Parallel()
	s := withFile(t)
	s.do("POST", "/v1/rules", "route to=a@b.test client!=10.0.0.0/8 every=1 per=to discard").is(201)
	s.accept(plainMail, "a@b.test")
	s.get("/v1/rules/r1").ok().has(
		`"at":"route","match":[{"field":"to","any":["a@b.test"]},{"field":"client","not":true,"any":["10.0.0.0/8"]}]`,
		`"times":{"every":1,"per":["to"]}`, `"do":[{"action":"discard"}]`, `"expires":null`,
		`"asked":1,"applied":1,"lastApplied":"2026-03-01T12:00:00Z"`)
	s.do("POST", "/v1/rules/reset", `{"ids":["f7"]}`).ok().has(`"applied":1`)
	a := s.do("POST", "/v1/rules/reset", `{}`).ok()
	if a.has(`"lastApplied":null`); strings.Contains(string(a.body), `"applied":1`) {
		t.Errorf("not reset: %s", a.body)
	}
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	s := withFile(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		has                []string
	}{
		{"POST", "/v1/rules", "rset drop\nrcpt to=a@b.test jump\n\nnowhere drop", 422, []string{`"location":"body:2:18"`, `"location":"body:4:1"`, "jump"}},
		{"POST", "/v1/rules", `{"text":"rcpt jump"}`, 422, []string{`"location":"body.text:1:6"`}},
		{"POST", "/v1/rules", `{"rules":[{"text":"rset drop"},{"text":"rcpt jump"}]}`, 422, []string{`"location":"body.rules[1].text:1:6"`}},
		{"POST", "/v1/rules", `{"rules":[{"text":"rset drop"},{"at":"rcpt","do":[{"action":"jump"}]}]}`, 422, []string{`"location":"body.rules[1]"`, "jump"}},
		{"POST", "/v1/rules", `{"txt":"rset drop"}`, 422, []string{`"location":"body"`, "txt"}},
		{"POST", "/v1/rules", `{"text":"rset drop","at":"rset"}`, 422, []string{"in place of"}},
		{"POST", "/v1/rules", `{"rules":[],"owner":"me"}`, 422, []string{"Beside"}},
		{"POST", "/v1/rules", `{"rules":7}`, 422, []string{"body.rules"}},
		{"POST", "/v1/rules", `{"rules":[]}`, 422, []string{"no rule"}},
		{"POST", "/v1/rules", ``, 422, []string{"no rule"}},
		{"POST", "/v1/rules", `{"text":`, 400, []string{"JSON"}},
		{"POST", "/v1/rules", strings.Repeat("#", 1<<20+1), 413, []string{"larger"}},
		{"POST", "/v1/rules?frist=true", "rset drop", 422, []string{"query.frist"}},
		{"PUT", "/v1/rules/r9", "rset drop", 404, []string{"r9"}},
		{"PUT", "/v1/rules/f7", "rset drop", 409, []string{"file"}},
		{"DELETE", "/v1/rules/f7", "", 409, []string{"file"}},
		{"DELETE", "/v1/rules/r9", "", 404, []string{"r9"}},
		{"DELETE", "/v1/rules?owner=", "", 422, []string{"query.owner"}},
		{"DELETE", "/v1/rules?onwer=x", "", 422, []string{"query.onwer"}},
		{"GET", "/v1/rules/r9", "", 404, []string{"r9"}},
		{"POST", "/v1/rules/reset", `{"ids":["r9"]}`, 404, []string{"r9"}},
		{"POST", "/v1/rules/reset", `{"id":["r9"]}`, 422, []string{"body"}},
	} {
		s.do(c.method, c.path, c.body).problem(c.status).has(c.has...)
	}
	wantLines(t, s.get("/v1/rules").ok().texts(), "f7 quit name=bye drop")

	s.do("POST", "/v1/rules", "rset drop").is(201)
	s.do("PUT", "/v1/rules/r1", "rset drop\nquit drop").problem(422).has("One rule", "not 2")
	s.do("POST", "/v1/rules", `["rset drop"]`, "Content-Type", "application/json").problem(400).has("JSON object")
}

func TestMagicIsListed(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.get("/v1/magic").ok().has(
		`{"address":"greylist-N@sim.test","example":"greylist-2@sim.test","stage":"rcpt","what":"`,
		`{"name":"outlook-rate","code":451,"enhanced":"4.7.650","text":"The mail server`, `"from":"Microsoft"}`)
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	after := s.backend.LastEvent()
	s.do("POST", "/v1/rules", "route name=gone to=*@gone.test discard").is(201)
	for i := range 3 {
		s.accept(plainMail, fmt.Sprintf("Bob%d@gone.test", i))
	}
	var list api.Attempts
	s.get("/v1/attempts?limit=2").ok().into(&list)
	if len(list.Attempts) != 2 || list.Next != list.Attempts[1].ID || list.Attempts[0].To[0] != "Bob2@gone.test" {
		t.Fatalf("first page %+v", list)
	}
	newest := list.Attempts[0]
	s.get("/v1/attempts?limit=2&before="+list.Next).ok().has(`"to":["Bob0@gone.test"]`, `"next":""`)
	s.get("/v1/attempts/"+newest.ID).ok().has(
		`"at":"2026-03-01T12:00:00Z","stage":"route","did":"discarded","rule":"gone"`, `"session":{"id":"S1"`, `"from":"sender@x.test"`, `"hasBody":true`)
	if got := string(s.get("/v1/attempts/" + newest.ID + "/raw").ok().body); got != plainMail {
		t.Errorf("raw %q", got)
	}
	for _, c := range []struct {
		query string
		n     int
	}{
		{"to=bob1@GONE.test", 1}, {"to=BOB", 3}, {"to=ob1@gone.test", 0}, {"to=gone", 3}, {"from=sender@x.test", 3}, {"from=send", 3},
		{"from=%3C%3E", 0}, {"rule=gone", 3}, {"rule=on", 0}, {"session=S1", 3}, {"session=S2", 0}, {"stage=route", 3}, {"stage=rcpt", 0},
		{"did=discarded&to=bob2", 1}, {"did=refused", 0},
	} {
		var list api.Attempts
		if s.get("/v1/attempts?" + c.query).ok().into(&list); len(list.Attempts) != c.n {
			t.Errorf("%s finds %d, want %d", c.query, len(list.Attempts), c.n)
		}
	}
	for path, status := range map[string]int{
		"/v1/attempts?too=bob": 422, "/v1/attempts?limit=0": 422, "/v1/attempts?before=x": 400,
		"/v1/attempts/x": 400, "/v1/attempts/x/raw": 400, "/v1/attempts/" + somebody: 404, "/v1/attempts/" + somebody + "/raw": 404,
	} {
		s.get(path).problem(status)
	}

	for query, want := range map[string]string{"": "Bob0@gone.test", "&mailbox=bob1@gone.test": "Bob1@gone.test"} {
		c := s.websocket(fmt.Sprintf("?what=refused,discarded&after=%d%s", after, query))
		c.next() // hello
		if e := c.next(); e.Type != "attempted" || e.Attempt == nil || e.Attempt.To[0] != want || e.At == nil {
			t.Errorf("event %+v, want the attempt for %s", e, want)
		}
	}
	s.do("DELETE", "/v1/attempts", "").ok().has(`"deleted":3`)
	s.get("/v1/attempts").ok().has(`"attempts":[],"next":""`)
}
