package ui_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

const (
	fullToken = "full-token-0123456789"
	readToken = "read-token-0123456789"
	tiedToken = "tied-token-0123456789"
	password  = "correct horse"
)

// keys are an Access: alice has a password, and is tied to her mailbox, root has the
// same, and there are three tokens.
type keys struct {
	mu    sync.Mutex // guards below
	gone  map[string]bool
	tries int
}

func onlyAlice(box string) bool { return box == "alice@a.test" }

func (k *keys) all() []ui.User {
	return []ui.User{
		{Name: "full", Token: true}, {Name: "read", Token: true, ReadOnly: true},
		{Name: "pair", Token: true, May: func(box string) bool { return onlyAlice(box) || box == "carl@c.test" }},
		{Name: "tied", Token: true, May: onlyAlice, Home: "alice@a.test"},
		{Name: "alice@a.test", May: onlyAlice, Home: "alice@a.test"}, {Name: "root"},
	}
}

func (k *keys) find(name string, token bool) (ui.User, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range k.all() {
		if u.Name == name && u.Token == token && !k.gone[name] {
			return u, true
		}
	}
	return ui.User{}, false
}

func (k *keys) fails() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tries++
	return time.Duration(k.tries) * time.Second
}

func (k *keys) Login(name, given, _ string) (ui.User, bool, time.Duration) {
	if u, ok := k.find(name, false); ok && given == password {
		return u, true, 0
	}
	return ui.User{}, false, k.fails()
}

func (k *keys) Bearer(token, _ string) (ui.User, bool, time.Duration) {
	name, rest, _ := strings.Cut(token, "-")
	if u, ok := k.find(name, true); ok && rest == "token-0123456789" {
		return u, true, 0
	}
	return ui.User{}, false, k.fails()
}

func (k *keys) Again(u ui.User) (ui.User, bool) { return k.find(u.Name, u.Token) }
func (k *keys) Passwords() bool                 { return true }

func (k *keys) remove(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gone = map[string]bool{name: true}
}

// locked is a site that asks who it is; waits are those of clients that failed.
func locked(t *testing.T, change ...func(*ui.Server)) (s *site, k *keys, waits func() []time.Duration) {
	k = &keys{}
	var mu sync.Mutex
	var list []time.Duration
	s = start(t, catcher.Config{}, append(change, func(s *ui.Server) {
		s.Access = k
		s.Settings = exampleSettings{}
		s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "figures") })
		s.Slow(func(_ context.Context, d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, d)
		})
	})...)
	return s, k, func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

// as makes a request with a header Authorization; "" for none.
func (s *site) as(authorization, method, path, body string, header ...string) *answer {
	s.t.Helper()
	if authorization != "" {
		header = append(header, "Authorization", authorization)
	}
	return s.do(method, path, body, header...)
}

func bearer(token string) string { return "Bearer " + token }

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// TestEveryRouteAsksWhoItIs goes through all routes that are described: without
// credentials there are only the probes and the authority's certificate; who may only
// read changes nothing; who is tied to a mailbox sees nothing of another.
func TestEveryRouteAsksWhoItIs(t *testing.T) {
	t.Parallel()
	open := []string{"GET /healthz", "GET /readyz", "GET /ca.pem"}
	reading := []string{"POST /v1/expect", "POST /v1/rules/check", "POST /v1/rules/try"}
	notTied := []string{
		"POST /v1/messages/{id}/release", "POST /v1/addresses", "DELETE /v1/addresses/{address}", "POST /v1/rules", "PUT /v1/rules",
		"DELETE /v1/rules", "PUT /v1/rules/{id}", "DELETE /v1/rules/{id}", "POST /v1/rules/reset", "POST /v1/queue",
		"DELETE /v1/attempts", "POST /v1/clock", "PATCH /v1/settings",
	}
	spec := (&ui.Server{}).Spec()
	operations := ui.Operations(spec)
	if len(operations) < 50 {
		t.Fatalf("only %d operations", len(operations))
	}
	if of := ui.Rights(); len(of) != len(operations)+3 { // and those of the form
		t.Errorf("%d routes say what they ask for, there are %d", len(of), len(operations)+3)
	}
	for _, op := range operations {
		pattern := op.Method + " " + op.Path
		t.Run(strings.ReplaceAll(pattern, "/", "|"), func(t *testing.T) {
			t.Parallel()
			s, _, _ := locked(t)
			secret := s.accept("Subject: The secret\r\nFrom: boss@b.test\r\n\r\nOur secret.\r\n", "bob@b.test")
			s.as(bearer(fullToken), "POST", "/v1/rules", "rcpt to=secret@b.test reply 451 4.7.1 \"Secret\"", "Content-Type", "text/plain").is(201)
			path := strings.NewReplacer("{id}", secret, "{address}", "bob@b.test", "{part}", "1").Replace(op.Path)
			if strings.HasPrefix(op.Path, "/v1/sessions/") {
				path = strings.ReplaceAll(path, secret, "S1")
			}
			if op.Path == "/v1/events" {
				path += "?after=0&mailbox=%20" // which is wrong, so that it does not last
			}
			body := ""
			if op.RequestBody != nil {
				body = "{}"
			}
			ask := func(authorization string) *answer {
				return s.as(authorization, op.Method, path, body, "Content-Type", "application/json")
			}
			got := ask("")
			switch {
			case slices.Contains(open, pattern):
				if got.status == 401 || got.status == 403 {
					t.Errorf("without credentials: %d", got.status)
				}
				return
			case got.status != 401 || got.header.Get("WWW-Authenticate") == "" || got.header.Get("Content-Type") != "application/problem+json":
				t.Errorf("without credentials: %d %s", got.status, got.body)
			}
			if got := ask(bearer("wrong-token-0123456789")); got.status != 401 {
				t.Errorf("with a wrong token: %d %s", got.status, got.body)
			}
			changes := op.Method != "GET" && !slices.Contains(reading, pattern)
			if got := ask(bearer(readToken)); (got.status == 403) != changes {
				t.Errorf("read only: %d %s", got.status, got.body)
			}
			got = ask(bearer(tiedToken))
			if (got.status == 403) != slices.Contains(notTied, pattern) {
				t.Errorf("tied: %d %s", got.status, got.body)
			}
			if text := string(got.body); pattern != "GET /v1/openapi.json" && regexp.MustCompile(`(?i)secret|boss@b|127\.0\.0\.1:2\b`).MatchString(text) {
				t.Errorf("tied: %d %s", got.status, text)
			}
			if strings.Contains(op.Path, "/v1/messages/{id}") && got.status != 403 && got.status != 404 && got.status != 422 && got.status != 400 {
				t.Errorf("tied, of another's message: %d %s", got.status, got.body)
			}
			if got := s.as(bearer(fullToken), "GET", "/v1/messages/"+secret, ""); got.status != 200 && !changes {
				t.Errorf("the message is gone: %d", got.status)
			}
		})
	}
}

// TestTiedUser: of a mail to several, one who is tied to a mailbox sees that it went
// there, and nothing of the others.
func TestTiedUser(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	shared := s.accept("Subject: For both\r\nTo: undisclosed:;\r\n\r\nHello.\r\n", "alice@a.test", "hidden@b.test")
	other := s.accept("Subject: Not hers\r\n\r\nHello.\r\n", "hidden@b.test")
	tied := func(method, path, body string) *answer {
		return s.as(basic("alice@a.test", password), method, path, body, "Content-Type", "application/json")
	}
	for _, path := range []string{
		"/v1/messages", "/v1/messages/" + shared, "/v1/messages/latest", "/v1/mailboxes", "/v1/messages?q=hello", "/v1/messages?mailbox=hidden@b.test",
		"/v1/messages?q=hidden", "/v1/messages?q=-to:hidden@b.test", "/v1/mailboxes/hidden@b.test", "/v1/pipeline", "/v1/queue", "/v1/sessions", "/v1/attempts",
		"/v1/expect?mailbox=alice@a.test&within=0s", "/v1/expect?within=0s", "/v1/expect?within=0s&subject=Not+hers", "/v1/messages/" + shared + "/related", "/v1/rules",
	} {
		got := tied("GET", path, "")
		text := strings.ReplaceAll(string(got.body), `"address":"hidden@b.test","messages":0`, "")
		text = strings.ReplaceAll(text, `Not hers\"`, "") // which was asked for
		if got.status/100 == 5 || strings.Contains(text, "hidden@b.test") || strings.Contains(text, other) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	tied("GET", "/v1/messages", "").is(200).has(`"total":1`, "For both")
	tied("GET", "/v1/messages?q=-to:hidden@b.test", "").is(200).has("For both")
	tied("GET", "/v1/messages?q=hidden", "").is(200).has(`"messages":[]`)
	tied("GET", "/v1/messages/"+other, "").is(404)
	tied("GET", "/v1/messages/"+other+"/raw", "").is(404)
	tied("GET", "/v1/expect?mailbox=hidden@b.test&within=0s", "").is(400).has("name one of your mailboxes")
	tied("GET", "/v1/expect?within=0s&envelope.to=hidden@b.test", "").is(400).has("not possible")
	tied("GET", "/v1/expect?within=0s&q=to:hidden@b.test", "").is(400).has("not possible")
	tied("GET", "/v1/expect?within=0s", "").is(200).has(shared)
	tied("POST", "/v1/messages/delete", `{"ids":["`+other+`","`+shared+`"]}`).is(200).has(`"deleted":1`)
	tied("DELETE", "/v1/messages?all=true", "").is(200).has(`"deleted":0`)
	tied("DELETE", "/v1/mailboxes/hidden@b.test", "").is(200).has(`"deleted":0`)
	tied("GET", "/v1/info", "").is(200).has(`"user":{"name":"alice@a.test","token":false,"readOnly":false,"tied":true}`)
	root := func(path string) *answer { return s.as(basic("root", password), "GET", path, "") }
	root("/v1/mailboxes/hidden@b.test").is(200).has(`"messages":2`)
	root("/v1/info").is(200).has(`"user":{"name":"root"`)
}

// TestSeveralMailboxes: who is tied to two sees them as one list, in which a message
// that lies in both is there once.
func TestSeveralMailboxes(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	var want []string // newest first
	for _, to := range []string{"alice@a.test", "bob@b.test", "carl@c.test alice@a.test bob@b.test", "carl@c.test", "alice@a.test", "bob@b.test"} {
		if id := s.accept("Subject: "+to[:3]+"\r\n\r\nText\r\n", strings.Fields(to)...); to != "bob@b.test" {
			want = append([]string{id}, want...)
		}
	}
	pair := func(path string, v any) {
		t.Helper()
		s.as(bearer("pair-token-0123456789"), "GET", path, "").ok().into(v)
	}
	ids := func(m api.Messages) (list []string) {
		for _, one := range m.Messages {
			list = append(list, one.ID)
		}
		return list
	}
	for _, query := range []string{"", "&q=text"} {
		var got []string
		for before, page := "", (api.Messages{Next: "x"}); page.Next != ""; before = page.Next {
			page = api.Messages{}
			pair("/v1/messages?limit=2&before="+before+query, &page)
			if got = append(got, ids(page)...); page.Total != len(want) {
				t.Errorf("%q: there are %d in all, want %d", query, page.Total, len(want))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	var page api.Messages
	if pair("/v1/messages?limit=2&offset=1", &page); !slices.Equal(ids(page), want[1:3]) {
		t.Errorf("from the second on: %v", ids(page))
	}
	var boxes api.Mailboxes
	if pair("/v1/mailboxes", &boxes); boxes.Total.Messages != len(want) || len(boxes.Mailboxes) != 2 {
		t.Errorf("%+v", boxes)
	}
	s.as(bearer("pair-token-0123456789"), "GET", "/v1/expect?within=0s", "").is(400).has("name one of your mailboxes")
	s.as(bearer("pair-token-0123456789"), "DELETE", "/v1/messages?all=true", "").ok().has(`"deleted":5`)
	s.as(bearer(fullToken), "GET", "/v1/messages", "").ok().has(`"total":3`)
}

// TestEventsOfTiedUsers are those of their mailboxes.
func TestEventsOfTiedUsers(t *testing.T) {
	t.Parallel()
	s, k, _ := locked(t, func(s *ui.Server) { s.Hurry(20*time.Millisecond, 0, 0) })
	header := http.Header{"Authorization": {bearer(tiedToken)}}
	conn, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/v1/events", header)
	if err != nil {
		t.Fatal(err, resp)
	}
	defer conn.Close()
	s.accept("Subject: Not hers\r\n\r\n", "hidden@b.test")
	s.accept("Subject: For both\r\n\r\n", "hidden@b.test", "alice@a.test")
	var seen strings.Builder
	for !strings.Contains(seen.String(), "For both") {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(frame)
	}
	if text := seen.String(); strings.Contains(text, "hidden") || strings.Contains(text, "Not hers") {
		t.Error(text)
	}
	k.remove("tied")
	s.accept("Subject: Too late\r\n\r\n", "alice@a.test")
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			break // it has ended
		}
		if strings.Contains(string(frame), "Too late") {
			t.Error("a token that is gone still reads")
		}
	}
	if _, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/v1/events", nil); err == nil || resp.StatusCode != 401 {
		t.Errorf("without credentials: %v", err)
	}
}

// surf is what a browser does that keeps its cookies, and shows where it is led.
func surf(t *testing.T, s *site) (get func(string) *http.Response, post func(string, url.Values) *http.Response) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	do := func(req *http.Request) *http.Response {
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		resp.Body = io.NopCloser(strings.NewReader(string(text)))
		return resp
	}
	get = func(path string) *http.Response {
		req, _ := http.NewRequest("GET", s.url+path, nil)
		return do(req)
	}
	post = func(path string, form url.Values) *http.Response {
		req, _ := http.NewRequest("POST", s.url+path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.url)
		return do(req)
	}
	return get, post
}

func text(resp *http.Response) string {
	all, _ := io.ReadAll(resp.Body)
	return string(all)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s, k, waits := locked(t)
	get, post := surf(t, s)
	resp := get("/mailbox/a@b.test?q=x")
	if to := resp.Header.Get("Location"); resp.StatusCode != 303 || to != "/login?next="+url.QueryEscape("/mailbox/a@b.test?q=x") {
		t.Fatalf("%d %s", resp.StatusCode, to)
	}
	resp = get("/login?next=" + url.QueryEscape("/mailbox/a@b.test?q=x"))
	if page := text(resp); resp.StatusCode != 200 || !strings.Contains(page, `lang="zh-CN"`) || !strings.Contains(page, "密码") ||
		!strings.Contains(page, `value="/mailbox/a@b.test?q=x"`) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, page)
	}
	for range 2 {
		resp = post("/login", url.Values{"name": {"root"}, "password": {"wrong <b>"}, "next": {"/x"}})
		if page := text(resp); resp.StatusCode != 401 || !strings.Contains(page, `role="alert"`) || strings.Contains(page, "wrong <b>") || len(resp.Cookies()) > 0 {
			t.Fatalf("%d %s", resp.StatusCode, page)
		}
	}
	if got := waits(); !slices.Equal(got, []time.Duration{time.Second, 2 * time.Second}) {
		t.Errorf("clients that fail wait %v", got)
	}
	resp = post("/login", url.Values{"name": {"root"}, "password": {password}, "next": {"/mailbox/a@b.test?q=x"}})
	if to := resp.Header.Get("Location"); resp.StatusCode != 303 || to != "/mailbox/a@b.test?q=x" {
		t.Fatalf("%d %s", resp.StatusCode, to)
	}
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure || len(cookie.Value) < 40 {
		t.Errorf("%+v", cookie)
	}
	if page := text(get("/mailbox/a@b.test")); page != "the page" {
		t.Error(page)
	}
	if got := text(get("/v1/info")); !strings.Contains(got, `"name":"root"`) {
		t.Error(got)
	}
	if resp = get("/login"); resp.StatusCode != 303 || resp.Header.Get("Location") != "/" {
		t.Errorf("%d", resp.StatusCode)
	}
	stolen := s.do("GET", "/v1/info", "", "Cookie", cookie.Name+"="+cookie.Value)
	stolen.is(200)
	if resp = post("/logout", nil); resp.StatusCode != 303 || resp.Cookies()[0].MaxAge >= 0 {
		t.Errorf("%d %v", resp.StatusCode, resp.Cookies())
	}
	s.do("GET", "/v1/info", "", "Cookie", cookie.Name+"="+cookie.Value).is(401)

	resp = post("/login", url.Values{"password": {fullToken}}) // a token
	if resp.StatusCode != 303 || !strings.Contains(text(get("/v1/info")), `"token":true`) {
		t.Errorf("%d", resp.StatusCode)
	}
	k.remove("full")
	if resp = get("/v1/rules/language"); resp.StatusCode != 303 { // as a document
		t.Errorf("who is gone gets %d", resp.StatusCode)
	}
}

// TestLoginLeadsNowhereElse: what comes after a login is always ours.
func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	for _, next := range []string{"https://evil.test/", "//evil.test", `/\evil.test`, "evil", "/\tx", "javascript:alert(1)", "/login", ""} {
		_, post := surf(t, s)
		resp := post("/login", url.Values{"name": {"root"}, "password": {password}, "next": {next}})
		if to := resp.Header.Get("Location"); resp.StatusCode != 303 || to != "/" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
}

// TestForeignPagesCannotLogIn: nor log out.
func TestForeignPagesCannotLogIn(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	for _, path := range []string{"/login", "/logout"} {
		form := url.Values{"name": {"root"}, "password": {password}}.Encode()
		s.do("POST", path, form, "Content-Type", "application/x-www-form-urlencoded", "Origin", "https://evil.test").is(403)
	}
}

// TestSecureCookie: over TLS the cookie never goes out without.
func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	srv := httptest.NewTLSServer(s.server.Handler())
	t.Cleanup(srv.Close)
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.PostForm(srv.URL+"/login", url.Values{"name": {"root"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if c := resp.Cookies(); resp.StatusCode != 303 || !c[0].Secure || c[0].Name != "__Host-postroom_session" {
		t.Errorf("%d %v", resp.StatusCode, resp.Cookies())
	}
	for said, secure := range map[string]bool{"https": true, "HTTPS, http": true, "http, https": false, "": false} {
		a := s.do("POST", "/login", url.Values{"name": {"root"}, "password": {password}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", said).is(303)
		if got := strings.Contains(a.header.Get("Set-Cookie"), "Secure"); got != secure {
			t.Errorf("behind a proxy that says %q: %s", said, a.header.Get("Set-Cookie"))
		}
	}
}

// TestFramesLoadParts: the frame that shows a mail sends no cookie, and has a key to
// the parts of this mail only.
func TestFramesLoadParts(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	id, other := s.accept(richMail, "bob@x.test"), s.accept(richMail, "bob@x.test")
	html := s.as(bearer(fullToken), "GET", "/v1/messages/"+id+"/html", "")
	link := regexp.MustCompile(`/v1/messages/[^"]+/parts/2\?key=[A-Za-z0-9_-]+`).FindString(string(html.body))
	if link == "" {
		t.Fatalf("%s", html.body)
	}
	s.do("GET", link, "").is(200)
	s.do("GET", strings.ReplaceAll(link, id, other), "").is(401)
	s.do("GET", strings.Replace(link, "/parts/2", "/raw", 1), "").is(401)
	s.do("GET", link+"x", "").is(401)
	s.do("DELETE", link, "").is(401)
}

// TestProgramsAreToldHow: browsers are not asked for a password by themselves.
func TestProgramsAreToldHow(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	for _, c := range []struct {
		header []string
		want   int
	}{{nil, 2}, {[]string{"Accept-Language", "en"}, 1}} {
		if got := s.do("GET", "/v1/info", "", c.header...); len(got.header.Values("WWW-Authenticate")) != c.want {
			t.Errorf("%v: %v", c.header, got.header.Values("WWW-Authenticate"))
		}
	}
	s.as("Basic !", "GET", "/v1/info", "").is(401).has("cannot be read")
	s.as(basic("root", "x"), "GET", "/v1/info", "").is(401).has("wrong")
	s.as(basic("root", password), "GET", "/metrics", "").is(200).has("figures")
	s.as(bearer(tiedToken), "GET", "/metrics", "").is(404)
	s.as(bearer(readToken), "GET", "/metrics", "").is(200).has("figures")
}

// TestReadersSeeNoPasswordsOfRules: who may change rules sees what they say; who may only
// read learns no password of a next hop.
func TestReadersSeeNoPasswordsOfRules(t *testing.T) {
	t.Parallel()
	s, _, _ := locked(t)
	const rule = "route to=*@hop.test relay smtp://app:Pw1hop@127.0.0.1:1"
	full, read := bearer(fullToken), bearer(readToken)
	s.as(full, "POST", "/v1/rules", `{"text":"`+rule+`"}`, "Content-Type", "application/json").is(201)
	id := s.accept("Subject: x\r\n\r\nx\r\n", "bob@x.test")
	var list api.Rules
	if err := json.Unmarshal(s.as(full, "GET", "/v1/rules", "").is(200).has("Pw1hop").body, &list); err != nil || len(list.Rules) != 1 {
		t.Fatalf("%v, %+v", err, list)
	}
	ask := `{"id":"` + list.Rules[0].ID + `","message":"` + id + `"}`
	for _, a := range []*answer{
		s.as(read, "GET", "/v1/rules", ""), s.as(read, "GET", "/v1/rules/"+list.Rules[0].ID, ""),
		s.as(read, "POST", "/v1/rules/try", ask, "Content-Type", "application/json"),
	} {
		if a.is(200).has("*@hop.test"); strings.Contains(string(a.body), "Pw1hop") {
			t.Errorf("the password is in %s", a.body)
		}
	}
}
