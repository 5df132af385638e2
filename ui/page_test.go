package ui_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/rule"
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
	page := ui.Page("")
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
		{"GET", "/compare?a=1&b=2", 200, "text/html; charset=utf-8", true},
		{"GET", "/sessions", 200, "text/html; charset=utf-8", true},
		{"GET", "/sessions/01J00000000000000000000000", 200, "text/html; charset=utf-8", true},
		{"GET", "/sessions/x/y", 404, "", false},
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
	page := ui.Page("")
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

func TestPageIsCompressedForThoseWhoCan(t *testing.T) {
	t.Parallel()
	page := ui.Page("")
	plain := get(t, page, "GET", "/static/js/main.js")
	for accept, packed := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5, br": true, "GZIP": true, "gzip; q=1.0": true,
		"": false, "identity": false, "gzip;q=0": false, "gzip;q=0.000": false, "xgzip": false, "br": false,
	} {
		w := get(t, page, "GET", "/static/js/main.js", "Accept-Encoding", accept)
		content := w.Body.Bytes()
		if packed {
			zip, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatalf("%q: %v", accept, err)
			}
			if content, err = io.ReadAll(zip); err != nil {
				t.Fatalf("%q: %v", accept, err)
			}
		}
		if !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%q: the content differs", accept)
		}
		head := w.Header()
		if (head.Get("Content-Encoding") == "gzip") != packed || (head.Get("ETag") == plain.Header().Get("ETag")) == packed ||
			head.Get("Vary") != "Accept-Encoding" || head.Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%q: %v", accept, head)
		}
		again := get(t, page, "GET", "/static/js/main.js", "Accept-Encoding", accept, "If-None-Match", head.Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%q again: %d with %d octets", accept, again.Code, again.Body.Len())
		}
	}
}

// The document names every module that is needed to begin, and no other file.
func TestPageNamesItsModules(t *testing.T) {
	t.Parallel()
	page := ui.Page("")
	document := get(t, page, "GET", "/").Body.String()
	version := regexp.MustCompile(`/static/(v-[^/]+)/js/main\.js`).FindStringSubmatch(document)[1]
	eachFile(t, "static", func(name string, content []byte) {
		hint := fmt.Sprintf(`<link rel="modulepreload" href="/%s">`, strings.Replace(name, "static/", "static/"+version+"/", 1))
		module := strings.HasSuffix(name, ".mjs") || strings.HasSuffix(name, ".js") && filepath.Base(name) != "early.js"
		if n := strings.Count(document, hint); n != 1 && module || n != 0 && !module {
			t.Errorf("%s is named %d times", name, n)
		}
	})
	own := get(t, page, "GET", "/static/"+version+"/js/main.js")
	if own.Code != 200 || own.Header().Get("Cache-Control") != "max-age=31536000, immutable" {
		t.Errorf("a file under its version: %d %v", own.Code, own.Header())
	}
	if other := get(t, page, "GET", "/static/v-123456789012/js/main.js"); other.Code != 404 {
		t.Errorf("a file under another version: %d", other.Code)
	}
	if strings.Contains(strings.ReplaceAll(document, "/static/"+version+"/", ""), "/static/") {
		t.Errorf("links without the version in %s", document)
	}
}

func TestPagePolicy(t *testing.T) {
	t.Parallel()
	w := get(t, ui.Page(""), "GET", "/message/01J00000000000000000000000")
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

// Comments are not served, and what only looks like one is.
func TestPageIsServedWithoutRemarks(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"// why\nconst a = 1;\n":                            "const a = 1;\n",
		"/**\n * why * so\n */\nconst a = 1;\n":             "const a = 1;\n",
		"const a = 1; // why\nb();\n":                       "const a = 1;\nb();\n",
		"f({ // why\n  a, // that, too\n});":                "f({\n  a,\n});",
		"const a = 'b // c';\n":                             "const a = 'b // c';\n",
		"const a = `b // ${c}`; // `why`\n":                 "const a = `b // ${c}`; // `why`\n",
		"go(\"smtp://app\"); // with \"quotes\" it stays\n": "go(\"smtp://app\"); // with \"quotes\" it stays\n",
		"a = b / c //d\n":                                   "a = b / c //d\n",
	} {
		if got := ui.WithoutRemarks("static/js/a.js", content); got != want {
			t.Errorf("%q is served as %q, want %q", content, got, want)
		}
		if got := ui.WithoutRemarks("static/vendor/a/a.js", content); got != content {
			t.Errorf("%q of a library is served as %q", content, got)
		}
	}
}

// All files together, as they are served; licences are not, the page loads none.
func TestPageIsSmall(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // there is such a level
	page := ui.Page("")
	eachFile(t, "static", func(name string, _ []byte) {
		if ext := filepath.Ext(name); ext == "" || ext == ".md" {
			return
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("GET", "/"+filepath.ToSlash(name), nil))
		zip.Write(w.Body.Bytes())
	})
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

// What rules ask and do can be said in both languages.
func TestPageHasWordsForRules(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "zh"} {
		content, err := os.ReadFile("static/js/strings/" + lang + ".js")
		if err != nil {
			t.Fatal(err)
		}
		_, words, _ := strings.Cut(string(content), "ruleSays: {")
		words, _, _ = strings.Cut(words, "\n  },")
		for _, word := range slices.Concat(rule.Words().Fields, rule.Words().Actions) {
			if !regexp.MustCompile(`\b` + word.Name + `: '`).MatchString(words) {
				t.Errorf("%s.js has no word for %s in ruleSays", lang, word.Name)
			}
		}
	}
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
