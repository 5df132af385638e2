package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	urlpath "path"
	"regexp"
	"strings"
)

// basePath is a path of plain segments: nothing in it needs to be escaped, in a
// URL or in the page.
var basePath = regexp.MustCompile(`^(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

// CheckBasePath says what is wrong with a prefix for Server.BasePath and Page. It
// must not look like the beginning of a path of ours: requests are taken with and
// without it.
func CheckBasePath(base string) error {
	if base == "" {
		return nil
	}
	if !basePath.MatchString(base) {
		return errors.New("want a path such as /mail, of letters, digits, '-', '_', '.' and '~', without a slash at its end")
	}
	first, _, _ := strings.Cut(base[1:], "/")
	taken := first == "v1" || first == "static" || first == "healthz" || first == "readyz" || first == "metrics" ||
		first == "login" || first == "logout" || first == "ca.pem"
	for _, probe := range []string{base, base + "/x"} {
		_, pattern := page("").Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: probe}})
		taken = taken || pattern != ""
	}
	if taken {
		return errors.New("the page and the API have paths of their own that begin so")
	}
	return nil
}

// withoutBase takes the prefix from a request's path. A path without it stays: a
// proxy may have taken it away already, and probes do not know of it.
func (h *handler) withoutBase(r *http.Request) *http.Request {
	rest, ok := strings.CutPrefix(r.URL.Path, h.BasePath)
	raw, rawOK := strings.CutPrefix(r.URL.RawPath, h.BasePath)
	if h.BasePath == "" || !ok || !rawOK && r.URL.RawPath != "" || rest != "" && rest[0] != '/' {
		return r
	}
	inner := *r
	inner.URL = new(url.URL)
	*inner.URL = *r.URL
	inner.URL.Path, inner.URL.RawPath = cmp.Or(rest, "/"), raw
	return &inner
}

// detour is where a request with an unclean path, such as //queue, should go.
// http.ServeMux would send it there without the prefix.
func (h *handler) detour(r *http.Request) (to string, ok bool) {
	asked := r.URL.EscapedPath()
	if !strings.HasPrefix(asked, "/") {
		return "", false
	}
	clean := urlpath.Clean(asked)
	if strings.HasSuffix(asked, "/") && clean != "/" {
		clean += "/"
	}
	if clean == asked {
		return "", false
	}
	to = h.BasePath + clean
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to, true
}

// hostOf is the host that the browser asked for: proxies in front of us change
// Host and say in X-Forwarded-Host what it was. Foreign pages cannot set either.
func hostOf(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Host"), ",")
	return cmp.Or(strings.TrimSpace(first), r.Host)
}
