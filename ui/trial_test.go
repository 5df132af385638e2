package ui_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

func TestCheckRule(t *testing.T) {
	t.Parallel()
	s := withFile(t)
	for _, c := range []struct{ text, has string }{
		{greylist, `"ok":true,"problem":null,"rule":{"id":""`},
		{"rcpt  to=a@b.test reply  451", `"text":"rcpt to=a@b.test reply 451"`},
		{"rcpt to=ü@b.test jump", `"ok":false,"problem":{"column":18,"length":4,"message":"\"jump\" is neither`},
		{"rcpt to=a@b.test", `"problem":{"column":17,"length":0,"message":"no action`},
		{"", `"column":1,"length":0,"message":"no stage`},
	} {
		text := fmt.Sprintf(`{"text":%q}`, c.text)
		s.do("POST", "/v1/rules/check", text, "Content-Type", "application/json").ok().has(c.has)
	}
	s.do("POST", "/v1/rules/check", `{"txt":"x"}`, "Content-Type", "application/json").problem(422)
	wantLines(t, s.get("/v1/rules").ok().texts(), "f7 quit name=bye drop")
}

// try asks what rules would have said.
func (s *site) try(body string) api.RuleTrial {
	s.t.Helper()
	var v api.RuleTrial
	s.do("POST", "/v1/rules/try", body, "Content-Type", "application/json").ok().into(&v)
	return v
}

// summary is one line for what a rule would say.
func summary(list []api.RuleTold) string {
	var lines []string
	for _, v := range list {
		line := v.Stage + " " + strings.Join(v.To, ",")
		switch {
		case v.Failed != nil && v.Known:
			line += " not " + v.Failed.Field + ": " + v.Found
		case v.Failed != nil:
			line += " unknown " + v.Failed.Field
		case v.Counts:
			line += " counts"
		default:
			line += " applies"
		}
		if !v.Reached {
			line += ", not reached"
		}
		if v.Rule != "" {
			line += " by " + v.Rule
		}
		if v.Reply != nil {
			line += fmt.Sprint(" ", v.Reply.Code, " ", v.Reply.Text)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestTryRule(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.do("POST", "/v1/rules", "route to=*@gone.test name=gone discard\nrcpt to=bob@* first=1 name=once reply 451\nrcpt to=bob@* reply 550\nrcpt reply 552\ndata drop").is(201)
	id := s.accept(plainMail, "ann@a.test", "bob@b.test")
	s.accept(plainMail, "carl@gone.test")
	var list api.Attempts
	s.get("/v1/attempts").ok().into(&list)
	attempt := list.Attempts[0].ID
	before := string(s.get("/v1/rules").ok().body)

	for _, c := range []struct{ rule, of, tried string }{
		{`rcpt to=bob@b.test reply 450 \"no {to}\"`, id, "rcpt ann@a.test not to: ann@a.test 450 no ann@a.test; rcpt bob@b.test applies 450 no bob@b.test"},
		{"dot to=bob@b.test first=2 drop", id, "dot ann@a.test,bob@b.test counts"},
		{"dot query=hello drop", id, "dot ann@a.test,bob@b.test applies"},
		{"dot query=subject:nonesuch drop", id, "dot ann@a.test,bob@b.test not query: "},
		{"mail size=>1k drop", id, "mail  unknown size"},
		{"connect client=192.0.2.0/24 drop", id, "connect  not client: 127.0.0.1"},
		{"starttls drop", id, "starttls  applies, not reached"},
		{"retr drop", id, "retr  applies, not reached"},
		{"route from=sender@x.test query=hello hold", attempt, "route carl@gone.test applies"},
	} {
		of := "message"
		if c.of == attempt {
			of = "attempt"
		}
		v := s.try(fmt.Sprintf(`{"text":"%s","%s":"%s"}`, c.rule, of, c.of))
		if got := summary(v.Tried); got != c.tried {
			t.Errorf("%s\n got %s\nwant %s", c.rule, got, c.tried)
		}
	}

	v := s.try(fmt.Sprintf(`{"id":"r1","attempt":"%s"}`, attempt))
	if v.Rule == nil || v.Rule.ID != "r1" || summary(v.Tried) != "route carl@gone.test applies by gone" {
		t.Errorf("a rule that there is: %+v", v)
	}
	v = s.try(fmt.Sprintf(`{"message":"%s"}`, id))
	want := "rcpt ann@a.test applies by r4 552 ; rcpt bob@b.test counts by once 451 ; rcpt bob@b.test applies by r3 550 ; data ann@a.test,bob@b.test applies by r5"
	if got := summary(v.Present); v.Rule != nil || len(v.Tried) != 0 || got != want {
		t.Errorf("present rules\n got %s\nwant %s", got, want)
	}
	if after := string(s.get("/v1/rules").ok().body); after != before {
		t.Errorf("trying has counted: %s\nbefore: %s", after, before)
	}

	for body, status := range map[string]int{
		`{}`: 422, `{"text":"rset drop"}`: 422, `{"attempt":"x"}`: 400, `{"attempt":"` + somebody + `"}`: 404, `{"message":"` + somebody + `"}`: 404,
		`{"message":"` + id + `","attempt":"` + attempt + `"}`: 422, `{"message":"` + id + `","text":"rcpt jump"}`: 422,
		`{"message":"` + id + `","id":"r9"}`: 404, `{"message":"` + id + `","id":"r1","text":"rset drop"}`: 422,
	} {
		s.do("POST", "/v1/rules/try", body, "Content-Type", "application/json").problem(status)
	}
}

func TestRuleLanguage(t *testing.T) {
	t.Parallel()
	var v api.RuleLanguage
	start(t, catcher.Config{}).get("/v1/rules/language").ok().into(&v)
	if len(v.Stages) != 15 || v.Stages[7].Name != string(rule.Rcpt) || len(v.Stages[7].Actions) != 7 || len(v.Actions) != 20 {
		t.Errorf("language %+v", v)
	}
}
