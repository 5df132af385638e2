package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
)

func TestBasePathThatCannotBe(t *testing.T) {
	t.Parallel()
	for base, fine := range map[string]bool{
		"": true, "/mail": true, "/dev/mail": true, "/a.b~c_d-1": true, "/mail/queue": true, "/mailbox-1": true,
		"/": false, "mail": false, "/mail/": false, "//mail": false, "/a//b": false, "/../a": false, "/a/.": false, "/.well": false,
		"/a?b": false, "/a#b": false, "/a b": false, "/ä": false, "/a%20b": false, `/a"b`: false, "/a\\b": false, "/{id}": false,
		"https://mail.test/": false, "/v1": false, "/v1/x": false, "/static": false, "/static/js": false, "/healthz": false, "/readyz/x": false, "/metrics": false,
		"/queue": false, "/message": false, "/mailbox": false, "/mailbox/x": false, "/rules": false,
	} {
		if err := ui.CheckBasePath(base); (err == nil) != fine {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func under(base string) func(*ui.Server) {
	return func(s *ui.Server) { s.BasePath, s.Page = base, ui.Page(base) }
}

// With the prefix and without it everything is there, and nothing leads astray.
func TestBasePath(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, under("/dev/mail"))
	id := s.accept(richMail, "a/b@x.test")
	for path, status := range map[string]int{
		"/": 200, "/queue": 200, "/message/" + id: 200, "/mailbox/a%2Fb@x.test": 200, "/static/js/main.js": 200,
		"/v1/messages": 200, "/v1/mailboxes/a%2Fb@x.test": 200, "/healthz": 200, "/v1/nothing": 404, "/nothing": 404,
	} {
		bare, inner := s.get(path), s.get("/dev/mail"+path)
		if bare.status != status || inner.status != status || bare.header.Get("Etag") != inner.header.Get("Etag") {
			t.Errorf("%s: %d, under the prefix %d", path, bare.status, inner.status)
		}
	}
	if a := s.get("/dev/mail").ok(); !strings.Contains(string(a.body), `src="/dev/mail/static/v-`) {
		t.Errorf("the document is %s", a.body)
	}
	s.get("/dev/mailbox").is(404)
	s.get("/dev").is(404)
	s.get("/dev%2Fmail/v1/messages").is(404)
	s.get("/v1/messages/" + id + "/html").ok().has(`<img src="/dev/mail/v1/messages/` + id + `/parts/2">`)
	if policy := s.get("/v1/messages/" + id + "/html").ok().header.Get("Content-Security-Policy"); !strings.Contains(policy, "/dev/mail/v1/messages/"+id+"/parts/ ") {
		t.Errorf("policy %s", policy)
	}
	if at := s.do("POST", "/v1/messages?to=a@x.test", plainMail, "Content-Type", "message/rfc822").is(201).header.Get("Location"); !strings.HasPrefix(at, "/dev/mail/v1/messages/") {
		t.Errorf("Location %q", at)
	}
	s.get("/v1/openapi.json").ok().has(`"servers": [`, `"url": "/dev/mail"`)
}

func TestUncleanPaths(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/mail"} {
		s := start(t, catcher.Config{}, under(base))
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		for path, want := range map[string]string{
			"/mail//queue": "/queue", "//queue": "/queue", "/v1//messages?limit=1": "/v1/messages?limit=1", "/x/../queue": "/queue",
			"//evil.test/x": "/evil.test/x", "/queue": "", "/mailbox/a%2F%2Fb@x.test": "",
		} {
			if base == "" && strings.HasPrefix(path, "/mail/") {
				continue
			}
			resp, err := client.Get(s.url + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if want != "" {
				want = base + want
			}
			if got := resp.Header.Get("Location"); got != want || want != "" && resp.StatusCode != http.StatusTemporaryRedirect {
				t.Errorf("base %q, %s: %d to %q, want %q", base, path, resp.StatusCode, got, want)
			}
		}
	}
}

// The document links to nothing outside the prefix, and lets its import map run.
func TestPageUnderAPrefix(t *testing.T) {
	t.Parallel()
	plain, moved := get(t, ui.Page(""), "GET", "/"), get(t, ui.Page("/mail"), "GET", "/")
	if plain.Body.String() != strings.ReplaceAll(moved.Body.String(), "/mail/", "/") {
		t.Errorf("the document is another one:\n%s", moved.Body)
	}
	if found := regexp.MustCompile(`["\s]/(?:static|v1)[^"\s]*`).FindString(moved.Body.String()); found != "" {
		t.Errorf("outside the prefix: %s", found)
	}
	if a, b := plain.Header().Get("Content-Security-Policy"), moved.Header().Get("Content-Security-Policy"); a == b {
		t.Error("the hash of the import map did not change with it")
	}
}

// proxy serves what is under /mail of a public name from a server, as nginx,
// Caddy and Traefik may: with the prefix or without, with the Host or another.
func proxy(t testing.TB, target string, strip, keepHost bool) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
		pr.SetURL(to)
		pr.SetXForwarded()
		if strip {
			pr.Out.URL.Path = strings.TrimPrefix(pr.In.URL.Path, "/mail")
			pr.Out.URL.RawPath = strings.TrimPrefix(pr.In.URL.RawPath, "/mail")
		}
		if keepHost {
			pr.Out.Host = pr.In.Host
			pr.Out.Header.Del("X-Forwarded-Host")
		}
	}}
	mux := http.NewServeMux()
	mux.Handle("/mail/", forward)
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return front.URL
}

func TestBehindProxies(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, under("/mail"))
	id := s.accept(richMail, "bob@x.test")
	for _, strip := range []bool{false, true} {
		for _, keepHost := range []bool{false, true} {
			front := proxy(t, s.url, strip, keepHost)
			outside := &site{t: t, url: front}
			outside.get("/mail/").ok().has(`src="/mail/static/v-`)
			outside.get("/mail/message/" + id).ok()
			outside.get("/mail/v1/messages").ok().has(id)
			a := outside.get("/mail/v1/messages/" + id + "/html").ok()
			if want := front + "/mail/v1/messages/" + id + "/parts/ "; !strings.Contains(a.header.Get("Content-Security-Policy"), want) {
				t.Errorf("strip %v, host kept %v: no %s in %s", strip, keepHost, want, a.header.Get("Content-Security-Policy"))
			}
			outside.do("POST", "/mail/v1/messages/sample", "", "Origin", front).is(201)
			outside.do("POST", "/mail/v1/messages/sample", "", "Origin", "http://evil.example").problem(403)
			events := "ws" + strings.TrimPrefix(front, "http") + "/mail/v1/events"
			conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), events, http.Header{"Origin": {front}})
			if err != nil {
				t.Errorf("strip %v, host kept %v: websocket: %v", strip, keepHost, err)
				continue
			}
			conn.Close()
		}
	}
}

// A name that was rebound to a proxy is as strange as one that was rebound to us.
func TestForwardedHosts(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) { s.Hosts = []string{"mail.dev.example"} })
	for host, status := range map[string]int{
		"mail.dev.example": 200, "mail.dev.example:8443": 200, "mail.dev.example, inner": 200, "localhost:9": 200, "evil.example": 421, "evil.example, localhost": 421,
	} {
		if a := s.get("/v1/messages", "X-Forwarded-Host", host, "User-Agent", "Mozilla/5.0"); a.status != status {
			t.Errorf("%s: %d, want %d", host, a.status, status)
		}
		s.get("/v1/messages", "X-Forwarded-Host", host, "User-Agent", "curl/8").ok()
	}
	s.do("POST", "/v1/messages/sample", "", "X-Forwarded-Host", "localhost:9", "Origin", "http://localhost:9").is(201)
	s.do("POST", "/v1/messages/sample", "", "X-Forwarded-Host", "localhost:9", "Origin", "http://localhost:8").problem(403)
	s.do("POST", "/v1/messages/sample", "", "X-Forwarded-Host", "evil.example", "Origin", "http://evil.example").problem(421)
}
