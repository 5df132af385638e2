package ui_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

const welcomeMail = "From: Shop <shop@x.test>\r\nTo: bob@x.test\r\nSubject: Welcome, Bob\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=m\r\n\r\n" +
	"--m\r\nContent-Type: text/html\r\n\r\n<p>Hello. Your verification code is 493817.</p><a href=\"https://x.test/confirm?t=9\">Confirm</a>\r\n" +
	"--m\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n/wAK\r\n--m--\r\n"

// An engine is a backend whose Expect the test has written.
type engine struct {
	ui.Backend
	expect func(context.Context, expect.Want) (expect.Result, error)
}

func (e *engine) Expect(ctx context.Context, w expect.Want) (expect.Result, error) {
	return e.expect(ctx, w)
}

// withEngine puts the test's Expect before that of the catcher.
func withEngine(f func(context.Context, expect.Want) (expect.Result, error)) func(*ui.Server) {
	return func(s *ui.Server) { s.Backend = &engine{s.Backend, f} }
}

func (s *site) expect(body string, header ...string) *answer {
	s.t.Helper()
	return s.do("POST", "/v1/expect", body, header...)
}

func TestExpectWhatIsThere(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.accept(plainMail, "bob@x.test")
	id := s.accept(welcomeMail, "bob@x.test")
	var got api.Expected
	s.expect(`{"to":"bob@x.test","within":"0s","match":[{"field":"subject","contains":"Welcome"}],"extract":{"link":"link:confirm","code":"body:/code is ([0-9]+)/"}}`).ok().into(&got)
	if len(got.Messages) != 1 || got.Messages[0].ID != id || got.Messages[0].URL != s.url+"/message/"+id || got.Messages[0].Subject != "Welcome, Bob" {
		t.Errorf("messages %+v", got.Messages)
	}
	if got.Extracted["code"].Value != "493817" || got.Extracted["link"].Value != "https://x.test/confirm?t=9" || got.Messages[0].Extracted["code"].Value != "493817" {
		t.Errorf("extracted %+v", got.Extracted)
	}
	s.get("/v1/messages?after=" + got.Cursor).ok().has(`"messages":[]`)
	s.expect(`{"after":"`+got.Cursor+`","count":{"none":true},"settle":"0s"}`).ok().has(`"messages":[]`, `"extracted":{}`)
	s.expect(`{"count":{"exactly":2},"settle":"1ms"}`).ok()
	s.expect(`{"count":{"atLeast":2}}`).ok()
	s.expect(`{"mailbox":"BOB@x.test"}`).ok()
	s.expect(`{"after":"` + born.Add(time.Second).Format(time.RFC3339) + `","within":"0s"}`).problem(422)
	s.expect(`{"after":"` + born.Format(time.RFC3339) + `","within":"0s"}`).ok()
}

func TestExpectByQuery(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	id := s.accept(welcomeMail, "bob@x.test")
	for query, status := range map[string]int{
		"":                               200,
		"to=bob@x.test&subject=~Welcome": 200,
		"to=*@x.test":                    200,
		"subject=~Welcome&subject=~Bob":  200,
		"subject=~Welcome&subject=~Ann":  422,
		"subject=!~Ann":                  200,
		"from=shop@x.test":               200,
		"from=ann@x.test":                422,
		"header.Subject=~Welcome":        200,
		"header.x-none=!":                200,
		"attachment=a.bin&attachments=1": 200,
		"link=/confirm/":                 200,
		"body=~verification+code":        200,
		"q=subject:welcome":              200,
		"count=none&settle=1ms":          422,
		"count=1&settle=1ms":             200,
		"count=2%2B":                     422,
		"mailbox=carl@x.test":            422,
		"extract=link&extract=number=body:/code+is+([0-9]%2B)/": 200,
		"envelope.from=sender@x.test&size=>9":                   200,
	} {
		if a := s.get("/v1/expect?within=0s&" + query); a.status != status {
			t.Errorf("%s: %d %s, want %d", query, a.status, a.body, status)
		}
	}
	s.get("/v1/expect?extract=link&extract=number=body:/code+is+([0-9]%2B)/").ok().has(`"number":{"value":"493817"`, `"link":{"value":"https://x.test/confirm?t=9"`, id)
}

func TestExpectAsText(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	first, second := s.accept(welcomeMail, "bob@x.test"), s.accept(welcomeMail, "bob@x.test")
	for _, c := range []struct {
		query, accept, want, contentType string
	}{
		{"", "text/plain", second + "\n", "text/plain; charset=utf-8"},
		{"?count=2%2B", "text/plain", first + "\n" + second + "\n", "text/plain; charset=utf-8"},
		{"?extract=z=link&extract=body:/code+is+([0-9]%2B)/", "text/plain", "https://x.test/confirm?t=9\n493817\n", "text/plain; charset=utf-8"},
		{"?extract=body:/code+is+([0-9]%2B)/&extract=z=link", "text/plain;q=1, application/json;q=0.5", "493817\nhttps://x.test/confirm?t=9\n", "text/plain; charset=utf-8"},
		{"?extract=attachment", "text/plain", "\xff\x00\n", "application/octet-stream"},
		{"?extract=attachment&extract=body:/code+is+([0-9]%2B)/", "text/plain", "/wAK\n493817\n", "text/plain; charset=utf-8"},
		{"?count=none&settle=1ms&to=nobody@x.test", "text/plain", "", "text/plain; charset=utf-8"},
	} {
		a := s.get("/v1/expect"+c.query, "Accept", c.accept).ok()
		if string(a.body) != c.want || a.header.Get("Content-Type") != c.contentType {
			t.Errorf("%s: %q as %s", c.query, a.body, a.header.Get("Content-Type"))
		}
	}
	a := s.expect(`{"extract":{"z":"link","a":"body:/code is ([0-9]+)/"}}`, "Accept", "text/plain").ok()
	if string(a.body) != "https://x.test/confirm?t=9\n493817\n" {
		t.Errorf("not in the order of the request: %q", a.body)
	}
	for _, accept := range []string{"", "*/*", "application/json", "text/html,application/xhtml+xml,*/*;q=0.8"} {
		if got := s.get("/v1/expect", "Accept", accept).ok().header.Get("Content-Type"); got != "application/json" {
			t.Errorf("Accept %q: %s", accept, got)
		}
	}
}

func TestExpectTellsWhatCameInstead(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	s.do("POST", "/v1/rules", "route to=gone@x.test discard\nroute to=*@far.test hold").is(201)
	id := s.accept(welcomeMail, "bob@x.test")
	s.accept(welcomeMail, "gone@x.test")
	waiting := s.accept(welcomeMail, "bob@far.test")
	const ask = `{"to":"bob@x.test","within":"0s","match":[{"field":"subject","contains":"welcome"}],"extract":{"code":"body:/code is ([0-9]+)/"}}`
	a := s.expect(ask).problem(422)
	fits[api.NotMet](t, s, a.body)
	var got api.NotMet
	a.into(&got)
	if got.Title != "Not met" || got.Detail == "" || got.Report.URL != s.url+"/mailbox/bob@x.test" || got.Report.Messages != 1 || got.Report.Found != 0 ||
		len(got.Report.Candidates) == 0 || got.Report.Candidates[0].URL != s.url+"/message/"+id || len(got.Report.Candidates[0].Checks) == 0 {
		t.Errorf("not met: %s", a.body)
	}
	text := s.expect(ask, "Accept", "text/plain").is(422)
	spans := regexp.MustCompile(`\s+\d+\s+m?s\b`) // how long it took differs
	if spans.ReplaceAllString(string(text.body), "") != spans.ReplaceAllString(got.Text, "") || text.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("text %q, in JSON %q", text.body, got.Text)
	}
	text.has("Welcome, Bob", s.url+"/message/"+id)

	a = s.expect(`{"to":"*@far.test","within":"0s"}`).problem(422)
	fits[api.NotMet](t, s, a.body)
	a.has(`"url":"`+s.url+`/"`, `"url":"`+s.url+`/message/`+waiting+`"`)
	a = s.expect(`{"to":"gone@x.test","within":"0s"}`).problem(422).has(`"did":"discarded"`)
	fits[api.NotMet](t, s, a.body)
}

// Everything that a report can have stands in the answer.
func TestReportInJSON(t *testing.T) {
	t.Parallel()
	var m mail.Message
	s := start(t, catcher.Config{}, withEngine(func(_ context.Context, w expect.Want) (expect.Result, error) {
		return expect.Result{Report: &expect.Report{
			Want: w, Why: "Too many.", Found: 2, Now: born, Messages: 3,
			Candidates: []expect.Candidate{{Message: m, Subject: "Hello", Counts: true, Early: true,
				Checks: []expect.Check{{What: "subject", Passed: true, Expected: "e", Actual: "a", Note: "n"}}}},
			Attempts: []mail.Attempt{{ID: m.ID, At: born, Stage: "rcpt", Did: "refused", To: []string{"bob@x.test"}}},
			Waiting:  []expect.Waiting{{Message: m, Delivery: m.Deliveries[0], Subject: "Hello"}},
			Open:     []mail.Transaction{{Session: mail.Session{ID: "S9", Started: born}, From: "a@x.test"}},
		}, Cursor: m.ID}, nil
	}))
	id := s.accept(plainMail, "bob@x.test")
	parsed, err := mail.ParseID(id)
	if err == nil {
		m, err = s.backend.Get(t.Context(), parsed)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := s.expect(`{"mailbox":"@queue","after":"` + born.Format(time.RFC3339) + `","within":"0s"}`).problem(422)
	fits[api.NotMet](t, s, a.body)
	a.has(`"detail":"Too many."`, `"found":2`, `"messages":3`, `"counts":true,"early":true`, `"after":"2026-03-01T12:00:00Z"`, `"cursor":"`+id+`"`,
		`{"what":"subject","passed":true,"expected":"e","actual":"a","note":"n"}`, `"did":"refused"`, `"url":"`+s.url+`/queue"`,
		`"delivery":{"mailbox":"bob@x.test"`, `"session":{"id":"S9"`, `"from":"a@x.test","to":[]`)
}

func TestExpectMailThatComesLater(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{})
	var s *site
	s = start(t, catcher.Config{}, withEngine(func(ctx context.Context, w expect.Want) (expect.Result, error) {
		close(waiting)
		return s.backend.Expect(ctx, w)
	}))
	got := make(chan *answer)
	go func() { got <- s.expect(`{"to":"bob@x.test","within":"1h"}`) }()
	<-waiting
	s.accept(plainMail, "carl@x.test")
	id := s.accept(plainMail, "bob@x.test")
	(<-got).ok().has(id)
}

func TestBadExpectations(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	forged := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, c := range []struct{ body, location string }{
		{``, "body"},
		{`{`, "body"},
		{`7`, "body"},
		{`null`, "body"},
		{`{"subject":"x"}`, "body.subject"},
		{`{"match":[{"field":"subject","contains":"a"},{"field":"subject","matches":"("}]}`, "body.match[1].matches"},
		{`{"match":[{"contains":"a"}]}`, "body.match[0]"},
		{`{"match":[{"field":"subject","contain":"a"}]}`, "body.match[0].contain"},
		{`{"match":[{"field":"subjekt","contains":"a"}]}`, "body.match[0].field"},
		{`{"match":7}`, "body.match"},
		{`{"count":{}}`, "body.count"},
		{`{"count":{"none":true,"exactly":1}}`, "body.count"},
		{`{"count":{"exactly":0}}`, "body.count.exactly"},
		{`{"within":"soon"}`, "body.within"},
		{`{"within":"-1s"}`, "body.within"},
		{`{"within":"61m"}`, "body.within"},
		{`{"settle":"31s"}`, "body.settle"},
		{`{"after":"yesterday"}`, "body.after"},
		{`{"mailbox":" "}`, "body.mailbox"},
		{`{"query":"form:alice"}`, "body.query"},
		{`{"extract":{"a":"code","b":"nonsense"}}`, "body.extract.b"},
		{`{"extract":{"a":"code","a":"link"}}`, "body.extract"},
		{`{"extract":["code"]}`, "body.extract"},
		{`{"extract":{"":"code","code":"link"}}`, "body.extract"},
		{`{"to":""}`, "body.to"},
		{`{"To":"a@x.test"}`, "body.To"},
		{`{"resume":"*"}`, "body.resume"},
		{`{"resume":"` + forged(`{}`) + `"}`, "body.resume"},
		{`{"resume":"` + forged(`{"Want":{"Begun":"2026-01-31T12:00:00Z"},"More":1}`) + `"}`, "body.resume"},
		{`{"resume":"` + forged(`{"Want":{"Begun":"2026-01-31T12:00:00Z","Within":4000000000000}}`) + `"}`, "body.resume"},
		{`{"resume":"` + forged(`{"Want":{"Begun":"2026-01-31T12:00:00Z","Extract":[{"Spec":"nonsense"}]}}`) + `"}`, "body.resume"},
		{`{"resume":"` + forged(`{"Want":{"Begun":"2026-01-31T12:00:00Z"}}`) + `","within":"1s"}`, "body.resume"},
	} {
		s.expect(c.body).problem(400).has(`"location":"` + c.location + `"`)
	}
	for query, location := range map[string]string{
		"mailbx=a@x.test":               "query.mailbx",
		"within=1s&within=2s":           "query.within",
		"within=soon":                   "query.within",
		"to=&subject=~a":                "query.to",
		"count=some":                    "query.count",
		"settle=2h":                     "query.settle",
		"settle=31s":                    "query.settle",
		"after=x":                       "query.after",
		"mailbox=%20":                   "query.mailbox",
		"q=form:alice":                  "query.q",
		"subject=/(/":                   "query.subject",
		"from=~a&subject=~a&text=/(/":   "query.text",
		"header.=x":                     "query.header.",
		"extract=nonsense":              "query.extract",
		"extract=code&extract=code":     "query.extract",
		"extract=a=code&extract=a=link": "query.extract",
		"resume=x":                      "query.resume",
		"header.NAME=%zz":               "query",
	} {
		s.get("/v1/expect?" + query).problem(400).has(`"location":"` + location + `"`)
	}
	s.expect(`{}`, "Content-Type", "text/plain").problem(415)
	s.expect(`{"to":"` + strings.Repeat("x", 1<<20) + `"}`).problem(413)
	s.expect(`{}`, "Origin", "https://evil.test").problem(403)
	if got := s.do("PUT", "/v1/expect", "").problem(405).header.Get("Allow"); got != "GET, POST" {
		t.Errorf("Allow: %s", got)
	}
	s.do("HEAD", "/v1/expect", "").is(405)
}

func TestExpectGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hold(time.Millisecond) })
	s.accept(plainMail, "bob@x.test")
	var now api.Cursor
	s.get("/v1/cursor").ok().into(&now)
	ask := `{"to":"bob@x.test","within":"1h","after":"` + now.Cursor + `","match":[{"field":"subject","equals":"Hello"}],"extract":{"z":"subject","a":"from"}}`
	var p, next api.Pending
	s.expect(ask).is(202).into(&p)
	if left, err := time.ParseDuration(p.Left); err != nil || left < 59*time.Minute || left > time.Hour {
		t.Errorf("left %s", p.Left)
	}
	s.get("/v1/expect?resume=" + p.Resume).is(202).into(&next)
	if next.Resume != p.Resume {
		t.Errorf("the token has changed: %s, %s", p.Resume, next.Resume)
	}
	if text := s.expect(ask, "Accept", "text/plain").is(202); bytes.ContainsAny(bytes.TrimSuffix(text.body, []byte("\n")), "\n{\"") {
		t.Errorf("no token alone: %s", text.body)
	}
	id := s.accept(plainMail, "bob@x.test")
	var got api.Expected
	s.expect(`{"resume":"` + p.Resume + `"}`).ok().into(&got)
	if len(got.Messages) != 1 || got.Messages[0].ID != id {
		t.Errorf("got %+v", got)
	}
	if a := s.get("/v1/expect?resume="+p.Resume, "Accept", "text/plain").ok(); !strings.HasPrefix(string(a.body), "Hello\n") {
		t.Errorf("values: %s", a.body)
	}
}

// What is left after several calls is what the first one asked for.
func TestExpectEndsInTheEnd(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hold(time.Millisecond) })
	a := s.expect(`{"within":"20ms","after":"` + born.Format(time.RFC3339) + `"}`)
	for calls := 0; a.status == 202 && calls < 1000; calls++ {
		var p api.Pending
		a.into(&p)
		a = s.expect(`{"resume":"` + p.Resume + `"}`)
	}
	var got api.NotMet
	if a.problem(422).into(&got); got.Report.WaitedMS < 20 || got.Report.After != "2026-03-01T12:00:00Z" {
		t.Errorf("waited %d ms, after %q", got.Report.WaitedMS, got.Report.After)
	}
}

func TestExpectEndsWithTheServer(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{})
	c := newCatcher(t, catcher.Config{})
	address, stop := serve(t, &ui.Server{Grace: patience, Backend: &engine{c, func(ctx context.Context, w expect.Want) (expect.Result, error) {
		close(waiting)
		return c.Expect(ctx, w)
	}}})
	got := make(chan *http.Response, 1)
	go func() {
		resp, err := http.Get("http://" + address + "/v1/expect?within=1h")
		if err != nil {
			t.Error(err)
		}
		got <- resp
	}()
	<-waiting
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	resp := <-got
	if resp == nil {
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestExpectEndsWithItsClient(t *testing.T) {
	t.Parallel()
	waiting, ended := make(chan struct{}), make(chan error, 1)
	var s *site
	s = start(t, catcher.Config{}, withEngine(func(ctx context.Context, w expect.Want) (expect.Result, error) {
		close(waiting)
		r, err := s.backend.Expect(ctx, w)
		ended <- err
		return r, err
	}))
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/v1/expect?within=1h", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-waiting
		leave()
	}()
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Error("an answer came")
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the wait went on to an answer")
		}
	case <-time.After(patience):
		t.Error("the wait goes on")
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	before := s.accept(plainMail, "bob@x.test")
	var got api.Cursor
	s.get("/v1/cursor").ok().into(&got)
	after := s.accept(plainMail, "bob@x.test")
	if got.Cursor <= before || got.Cursor >= after || !got.Now.Equal(born) || got.Event+1 != s.backend.LastEvent() {
		t.Errorf("%+v between %s and %s", got, before, after)
	}
}

func TestFreshAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	var plain, one api.AnAddress
	s.do("POST", "/v1/addresses", "").is(201).into(&plain)
	if local, ok := strings.CutSuffix(plain.Address, "@test.local"); !ok || !strings.HasPrefix(local, "test-") || len(local) != len("test-")+10 ||
		strings.ContainsAny(local[5:], "ilou") || plain.Address != strings.ToLower(plain.Address) {
		t.Errorf("address %s", plain.Address)
	}
	s.do("POST", "/v1/addresses", `{"prefix":"sign.up","domain":"bücher.test","for":"10m","rules":["rcpt first=1 reply 451 4.7.1 \"Try later\"","route owner=you hold"]}`).is(201).into(&one)
	if one.Address == plain.Address || !strings.HasPrefix(one.Address, "sign.up-") || len(one.Rules) != 2 || !one.Expires.Equal(born.Add(10*time.Minute)) {
		t.Fatalf("%+v", one)
	}
	for _, r := range one.Rules {
		if r.Owner != one.Address || r.Expires == nil || !r.Expires.Equal(one.Expires) || !strings.Contains(r.Text, "to="+one.Address) || r.Origin != "added" {
			t.Errorf("rule %+v", r)
		}
	}
	s.accept(plainMail, plain.Address)
	s.get("/v1/expect?to=" + url.QueryEscape(plain.Address) + "&after=" + plain.Cursor).ok()
	s.accept(plainMail, one.Address)
	s.get("/v1/queue").ok().has(one.Address)
	s.do("DELETE", "/v1/addresses/"+percent(strings.ToUpper(plain.Address)), "").ok().has(`{"rules":0,"messages":1}`)
	s.do("DELETE", "/v1/addresses/"+percent(one.Address), "").ok().has(`{"rules":2,"messages":0}`)
	s.get("/v1/rules").ok().has(`"rules":[]`)
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	for _, c := range []struct {
		body, location string
		status         int
	}{
		{`{"prefix":"a b"}`, "body.prefix", 422},
		{`{"prefix":"*"}`, "body.prefix", 422},
		{`{"prefix":"a@b"}`, "body.prefix", 422},
		{`{"prefix":"/a"}`, "body.prefix", 422},
		{`{"prefix":"` + strings.Repeat("x", 41) + `"}`, "body.prefix", 422},
		{`{"domain":"a b"}`, "body.domain", 422},
		{`{"domain":"a..b"}`, "body.domain", 422},
		{`{"domain":"*.test"}`, "body.domain", 422},
		{`{"domain":"[127.0.0.1]"}`, "body.domain", 422},
		{`{"for":"soon"}`, "body.for", 422},
		{`{"for":"9999d"}`, "body.for", 422},
		{`{"rules":["rcpt drop","rcpt jump"]}`, "body.rules[1]:1:6", 422},
		{`{"rules":["rcpt drop","rcpt to=a@b.test drop"]}`, "body.rules[1]", 422},
		{`{"rules":["rcpt drop","mail drop"]}`, "body.rules[1]", 422},
		{`{"rule":[]}`, "body.rule", 422},
	} {
		s.do("POST", "/v1/addresses", c.body).problem(c.status).has(`"location":"` + c.location + `"`)
	}
	s.do("POST", "/v1/addresses", `{}`, "Content-Type", "text/plain").problem(415)
	s.do("POST", "/v1/addresses", `{}`, "Origin", "https://evil.test").problem(403)
	s.do("DELETE", "/v1/addresses/a@x.test", "", "Sec-Fetch-Site", "cross-site").problem(403)
	s.do("DELETE", "/v1/addresses/%20", "").problem(400)
	s.do("DELETE", "/v1/addresses/@queue", "").problem(400)
	s.get("/v1/rules").ok().has(`"rules":[]`)
}

// fits wants JSON to be what the description of T says.
func fits[T any](t *testing.T, s *site, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", *new(T)), "api.")
	spec := s.server.Spec()
	for _, err := range ui.Mismatches(spec, spec.Components.Schemas.Map()[name], v) {
		t.Errorf("%s: %v", name, err)
	}
}
