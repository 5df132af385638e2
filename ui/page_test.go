package ui_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postroom/postroom/ui"
)

func get(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPagePaths(t *testing.T) {
	t.Parallel()
	page := ui.Page()
	index := get(t, page, "GET", "/").Body.String()
	for _, test := range []struct {
		method, path string
		status       int
		contentType  string
		index        bool
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", true},
		{"GET", "/mailbox/alice@example.test", 200, "text/html; charset=utf-8", true},
		{"GET", "/mailbox/a%2Fb@example.test", 200, "text/html; charset=utf-8", true},
		{"GET", "/message/01J00000000000000000000000", 200, "text/html; charset=utf-8", true},
		{"GET", "/queue", 200, "text/html; charset=utf-8", true},
		{"GET", "/badmail", 200, "text/html; charset=utf-8", true},
		{"GET", "/attempts", 200, "text/html; charset=utf-8", true},
		{"GET", "/rules", 200, "text/html; charset=utf-8", true},
		{"GET", "/queue/x", 404, "", false},
		{"GET", "/static/js/main.js", 200, "text/javascript; charset=utf-8", false},
		{"GET", "/static/vendor/preact/preact.mjs", 200, "text/javascript; charset=utf-8", false},
		{"GET", "/static/vendor/preact/LICENSE", 200, "text/plain; charset=utf-8", false},
		{"GET", "/static/css/base.css", 200, "text/css; charset=utf-8", false},
		{"GET", "/static/favicon.svg", 200, "image/svg+xml", false},
		{"GET", "/static/", 404, "", false},
		{"GET", "/static/js/nothing.js", 404, "", false},
		{"GET", "/mailbox/", 404, "", false},
		{"GET", "/mailbox/a/b", 404, "", false},
		{"GET", "/nothing", 404, "", false},
		{"POST", "/", 405, "", false},
	} {
		w := get(t, page, test.method, test.path)
		if w.Code != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.path, w.Code, test.status)
		}
		if got := w.Header().Get("Content-Type"); test.status == 200 && got != test.contentType {
			t.Errorf("%s: content type %q, want %q", test.path, got, test.contentType)
		}
		if isIndex := w.Body.String() == index; isIndex != test.index {
			t.Errorf("%s: is the document: %v, want %v", test.path, isIndex, test.index)
		}
	}
}

func TestPageIsKeptUntilItChanges(t *testing.T) {
	t.Parallel()
	page := ui.Page()
	first := get(t, page, "GET", "/static/js/main.js")
	if got := first.Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control %q, want no-cache", got)
	}
	tag := first.Header().Get("ETag")
	again := get(t, page, "GET", "/static/js/main.js", "If-None-Match", tag)
	if tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("with ETag %q: status %d and %d octets, want 304 and none", tag, again.Code, again.Body.Len())
	}
	if other := get(t, page, "GET", "/static/js/api.js").Header().Get("ETag"); other == tag {
		t.Errorf("two files have the ETag %s", tag)
	}
}

func TestPagePolicy(t *testing.T) {
	t.Parallel()
	w := get(t, ui.Page(), "GET", "/message/01J00000000000000000000000")
	policy := w.Header().Get("Content-Security-Policy")
	for _, directive := range []string{
		"default-src 'none'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "frame-src 'self'",
		"font-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy+";", directive+";") {
			t.Errorf("policy lacks %q: %s", directive, policy)
		}
	}
	// One hash, that of the import map: no other script stands in the document.
	if got := regexp.MustCompile(`script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='`).FindAllString(policy, -1); len(got) != 1 {
		t.Errorf("policy for scripts: %s", policy)
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy allows what is unsafe: %s", policy)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Mail is shown as text nodes only, and nothing of the page asks the browser to
// read a string as markup or script.
func TestPageHasNoWayForMarkup(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|\balert\(|\bconfirm\(|\bprompt\(`)
	eachFile(t, "static/js", func(name string, content []byte) {
		if found := forbidden.Find(content); found != nil {
			t.Errorf("%s has %s", name, found)
		}
	})
}

func TestPageIsSmall(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	eachFile(t, "static", func(_ string, content []byte) { zip.Write(content) })
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	if packed.Len() > limit {
		t.Errorf("the page has %d octets, compressed; the limit is %d", packed.Len(), limit)
	}
}

// The libraries are what their README says they are.
func TestPageLibrariesAreUnmodified(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("static/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	eachFile(t, "static/vendor", func(name string, content []byte) {
		switch filepath.Ext(name) {
		case ".js", ".mjs":
			if sum := fmt.Sprintf("%x", sha256.Sum256(content)); !bytes.Contains(readme, []byte(sum)) {
				t.Errorf("%s: no such SHA-256 in the README: %s", name, sum)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), "LICENSE")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Each text that the page asks for stands in the file of strings.
func TestPageStringsExist(t *testing.T) {
	t.Parallel()
	english, err := os.ReadFile("static/js/strings/en.js")
	if err != nil {
		t.Fatal(err)
	}
	use := regexp.MustCompile(`\bt\.([a-zA-Z0-9]+)\.([a-zA-Z0-9]+)`)
	uses := 0
	eachFile(t, "static/js", func(name string, content []byte) {
		for _, match := range use.FindAllSubmatch(content, -1) {
			uses++
			section := regexp.MustCompile(fmt.Sprintf(`(?s)\n  %s: \{.*?\b%s\b.*?\n?[ ]*\},\n`, match[1], match[2]))
			if !section.Match(english) {
				t.Errorf("%s: %s is not in en.js", name, match[0])
			}
		}
	})
	if uses < 50 {
		t.Errorf("only %d uses of strings found: the test does not look where they are", uses)
	}
}

func eachFile(t *testing.T, dir string, visit func(name string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		visit(name, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
