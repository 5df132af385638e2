package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	urlpath "path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
// paths are not found. Browsers ask each time whether a file has changed, so a new
// version of the program shows at once; but the document links to the files under
// a name that changes with them, and there browsers need not ask. All its links
// begin with base, which is that of the Server.
func Page(base string) http.Handler { return page(base) }

func page(base string) *http.ServeMux {
	mux, names := http.NewServeMux(), files()
	version := versionOf(names)
	for _, name := range names {
		file := newAsset(name, withoutRemarks(name, embedded(name)))
		mux.Handle("GET /"+name, file)
		mux.Handle("GET /"+versioned(name, version), file.lasting())
	}
	shell := newAsset("index.html", document(base, version))
	for _, address := range []string{"/{$}", "/mailbox/{address}", "/message/{id}", "/queue", "/badmail", "/attempts", "/rules", "/sessions", "/sessions/{id}", "/compare"} {
		mux.Handle("GET "+address, shell)
	}
	return mux
}

// files are the names of the page's files.
func files() (names []string) {
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return names
}

// remark finds comments: those that have lines of their own, and those at the end of
// a line that have no quotes, so that no string has what looks like one.
var remark = regexp.MustCompile("(?m)^[ \\t]*(?://.*|/\\*[^*]*\\*+(?:[^/*][^*]*\\*+)*/[ \\t]*)\\n|[ \\t]+// [^'\"`\\n]*$")

// withoutRemarks is what a file is served as: the remarks in it are for who
// changes it, not for browsers. Libraries are served as they are.
func withoutRemarks(name string, content []byte) []byte {
	ext := filepath.Ext(name)
	if strings.HasPrefix(name, "static/vendor/") || ext != ".js" && ext != ".css" {
		return content
	}
	return remark.ReplaceAll(content, nil)
}

// versionOf is a name for what is in all of the files.
func versionOf(names []string) string {
	all := sha256.New()
	for _, name := range names {
		fmt.Fprintf(all, "%s\n%d\n", name, len(embedded(name)))
		all.Write(embedded(name))
	}
	return "v-" + base64.RawURLEncoding.EncodeToString(all.Sum(nil)[:9])
}

// versioned is static/v-1234/js/main.js for static/js/main.js.
func versioned(name, version string) string {
	return strings.Replace(name, "static/", "static/"+version+"/", 1)
}

// embedded is the content of one of the page's files.
func embedded(name string) []byte {
	content, err := static.ReadFile(name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return content
}

// ownPath finds what a prefix goes before in the document.
var ownPath = regexp.MustCompile(`(["\s])(/(?:static|v1)/)`)

// document is that of all addresses. It names all modules that the first view is made of:
// otherwise a browser learns of each only when it has read those that import it.
func document(base, version string) []byte {
	index := embedded("static/index.html")
	var hints strings.Builder
	for _, name := range modules(index, "static/js/main.js") {
		fmt.Fprintf(&hints, "<link rel=\"modulepreload\" href=\"/%s\">\n", name)
	}
	const begin = `<script type="module"`
	index = bytes.Replace(index, []byte(begin), []byte(hints.String()+begin), 1)
	index = bytes.ReplaceAll(index, []byte(`"/static/`), []byte(`"/static/`+version+`/`))
	return ownPath.ReplaceAll(index, []byte("${1}"+base+"${2}"))
}

// imported finds the modules that a module needs before it can run; those that it
// imports later, with import(), are no part of the first view.
var imported = regexp.MustCompile(`(?m)(?:^|;)(?:import|export)\b[\w\s{},*$]*['"]([^'"]+)['"]`)

// modules are the files that a module needs, breadth first, itself first.
func modules(index []byte, name string) []string {
	var names struct{ Imports map[string]string }
	importMap := inlineScript.FindSubmatch(index)
	if err := json.Unmarshal(importMap[1], &names); err != nil {
		panic(err) // the files are part of the program
	}
	found := []string{name}
	for i := 0; i < len(found); i++ {
		for _, match := range imported.FindAllSubmatch(embedded(found[i]), -1) {
			ref := string(match[1])
			file := strings.TrimPrefix(names.Imports[ref], "/")
			if file == "" {
				file = urlpath.Join(urlpath.Dir(found[i]), ref)
			}
			if !slices.Contains(found, file) {
				found = append(found, file)
			}
		}
	}
	return found
}

// An asset is one embedded file with the headers it is served with, as it is and
// compressed.
type asset struct {
	name            string
	content, packed []byte
	tag             string
	header          map[string]string
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	header := map[string]string{
		"Content-Type":           contentType(name),
		"Cache-Control":          "no-cache",
		"Vary":                   "Accept-Encoding",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
	}
	if filepath.Ext(name) == ".html" {
		header["Content-Security-Policy"] = contentPolicy(content)
		header["Cross-Origin-Opener-Policy"] = "same-origin"
	}
	return &asset{name: name, content: content, packed: pack(content), tag: base64.RawURLEncoding.EncodeToString(sum[:12]), header: header}
}

// lasting is the same for an address at which it never changes.
func (a asset) lasting() *asset {
	a.header = maps.Clone(a.header)
	a.header["Cache-Control"] = "max-age=31536000, immutable"
	return &a
}

func pack(content []byte) []byte {
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // there is such a level
	zip.Write(content)                                           // a Buffer takes everything
	zip.Close()
	return packed.Bytes()
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	for name, value := range a.header {
		head.Set(name, value)
	}
	content, tag := a.content, a.tag
	if takesGzip(r) {
		content, tag = a.packed, a.tag+"-gzip"
		head.Set("Content-Encoding", "gzip")
		head.Set("Content-Length", strconv.Itoa(len(content)))
	}
	head.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(content))
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3).
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(weight, "q=0.") != "" || weight == ""
		}
	}
	return false
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
