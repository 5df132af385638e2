package ui

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/websocket"
)

// guard refuses what a foreign page may have made a browser send. Without
// Access anything that reaches the port may do everything, and with it a browser that
// has logged in; but a page on the web, open in the developer's browser, must reach
// nothing.
//
//   - Requests that change something, and websockets (which no same-origin policy
//     protects), must come from our own page or from no page at all.
//   - What it could not read anyway it need not ask for either: a search costs time,
//     and events and expectations hold a connection.
//   - The host name must be one that a foreign site cannot have, or the site could
//     let its own name point here and be "our own page" (DNS rebinding).
func (h *handler) guard(r *http.Request) error {
	for _, host := range []string{r.Host, hostOf(r)} {
		if fromBrowser(r) && !h.knownHost(host) {
			return huma.NewError(http.StatusMisdirectedRequest,
				fmt.Sprintf("Browsers may not use this server as %q: the name is not among the allowed hosts (--http-host).", host))
		}
	}
	if asksAbroad(r) {
		return huma.Error403Forbidden("The request comes from a page of another site.")
	}
	if (changes(r) || websocket.IsWebSocketUpgrade(r)) && h.foreign(r) {
		return huma.Error403Forbidden("The request comes from a page of another site.")
	}
	return nil
}

// asksAbroad says whether a foreign page loads something that only scripts and
// our own page have a use for. It may link to all there is. The parts of a mail are
// loaded by the frame that shows it, which is foreign too, as it has no origin.
func asksAbroad(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "cross-site" && site != "same-site" || r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return false
	}
	return strings.HasPrefix(r.URL.Path, "/v1/") && !partPath.MatchString(r.URL.Path)
}

var partPath = regexp.MustCompile(`^/v1/messages/([^/]+)/parts/[^/]+$`)

func changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// foreign says whether a page of another origin caused the request. A sandboxed
// frame, such as the one that shows a mail, has the origin "null". A proxy that
// changes the Host tells the one that the browser knows, or it is among Hosts.
func (h *handler) foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return true
	}
	return !strings.EqualFold(u.Host, r.Host) && !strings.EqualFold(u.Host, hostOf(r)) && !h.listed(u.Hostname())
}

// fromBrowser recognises browsers by what they always send and what scripts in
// them cannot take away. Plain HTTP to a name that is not localhost has no
// Sec-Fetch headers.
func fromBrowser(r *http.Request) bool {
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Accept-Language", "Referer"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return strings.HasPrefix(r.UserAgent(), "Mozilla/")
}

// knownHost says whether no foreign site can have this name: localhost, IP
// addresses, names without a dot (containers), top-level domains that are kept
// for private use (RFC 6761, .internal), and what the user lists.
func (h *handler) knownHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if !strings.Contains(host, ".") || slices.Contains(h.Hosts, "*") || h.listed(host) {
		return true
	}
	return slices.ContainsFunc([]string{".localhost", ".test", ".internal"}, func(suffix string) bool {
		return strings.HasSuffix(host, suffix)
	})
}

// listed says whether the user gave this very name.
func (h *handler) listed(host string) bool {
	return slices.ContainsFunc(h.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
}
