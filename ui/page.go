package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// contentType says how each kind of embedded file is served. It is written
// down here because mime.TypeByExtension depends on the machine.
func contentType(name string) string {
	switch filepath.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}

// Page serves the web page: its files under /static/, and the same document
// for each of its addresses, which the page tells apart by itself. All other
// paths are not found. Browsers keep the files and ask each time whether they
// have changed, so a new version of the program shows at once.
func Page() http.Handler {
	mux := http.NewServeMux()
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := static.ReadFile(name)
		if err == nil {
			mux.Handle("GET /"+name, newAsset(name, content))
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	index, err := static.ReadFile("static/index.html")
	if err != nil {
		panic(err)
	}
	document := newAsset("index.html", index)
	for _, address := range []string{"/{$}", "/mailbox/{address}", "/message/{id}", "/queue", "/badmail", "/attempts", "/rules"} {
		mux.Handle("GET "+address, document)
	}
	return mux
}

// An asset is one embedded file with the headers it is served with.
type asset struct {
	name    string
	content []byte
	header  map[string]string
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	header := map[string]string{
		"Content-Type":           contentType(name),
		"Cache-Control":          "no-cache",
		"ETag":                   `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
	}
	if filepath.Ext(name) == ".html" {
		header["Content-Security-Policy"] = contentPolicy(content)
	}
	return &asset{name: name, content: content, header: header}
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.content))
}

// inlineScript finds scripts that stand in the document itself.
var inlineScript = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)

// contentPolicy lets the page load its own files and talk to its own server,
// and nothing else: should a mail ever find a way into the document, it can
// neither run nor phone home. The only script inside the document, the import
// map, is let through by its hash. 'self' covers the websocket too: Content
// Security Policy 3 §6.7.2.8 matches ws: with http: and wss: with https:.
func contentPolicy(document []byte) string {
	scripts := "script-src 'self'"
	for _, match := range inlineScript.FindAllSubmatch(document, -1) {
		if len(match[1]) == 0 {
			continue // it has a src
		}
		sum := sha256.Sum256(match[1])
		scripts += fmt.Sprintf(" 'sha256-%s'", base64.StdEncoding.EncodeToString(sum[:]))
	}
	return strings.Join([]string{
		"default-src 'none'",
		scripts,
		"style-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self'",
		"frame-src 'self'",
		"font-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
