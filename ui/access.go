package ui

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/ui/api"
)

// An Access knows who may use a server. When it says no, the client, which is told
// apart by its address, is to wait before it is told. It is safe for concurrent use.
type Access interface {
	Login(name, password, client string) (u User, ok bool, wait time.Duration)
	Bearer(token, client string) (u User, ok bool, wait time.Duration)

	// Again is a user who was there before, as the files have it now; false when it is
	// another one, or has another password.
	Again(u User) (User, bool)

	// Passwords says whether there are accounts, and not only tokens.
	Passwords() bool
}

// A User is somebody who may use the server.
type User struct {
	Name     string
	Token    bool              // it is the name of a token
	ReadOnly bool              // nothing can be changed
	May      func(string) bool // says whether a mailbox may be read; nil: all
	Home     string            // the only mailbox, when there is only one; else ""
	Stamp    string            // of the password or token
}

// errLoggedOut is why a stream of events ends.
var errLoggedOut = errors.New("logged out")

// userKey has in the context of a request who makes it.
type userKey struct{}

type visitor struct {
	User
	still func() bool // it is as it was
}

// visitorOf is who makes a request; nil when that does not matter.
func visitorOf(ctx context.Context) *visitor {
	v, _ := ctx.Value(userKey{}).(*visitor)
	return v
}

// stillKnown says whether who began a request may go on with it.
func stillKnown(ctx context.Context) bool {
	v := visitorOf(ctx)
	return v == nil || v.still()
}

func viewUser(ctx context.Context) *api.User {
	v := visitorOf(ctx)
	if v == nil {
		return nil
	}
	return &api.User{Name: v.Name, Token: v.Token, ReadOnly: v.ReadOnly, Tied: v.May != nil}
}

// serveKnown serves those who may have what they ask for.
func (h *handler) serveKnown(w http.ResponseWriter, r *http.Request) {
	asked := h.rightFor(r)
	if asked == anyone || h.logins.opens(r) {
		h.router.ServeHTTP(w, r)
		return
	}
	who, err := h.identify(r)
	if err == nil && who == nil {
		h.askForLogin(w, r)
		return
	}
	if err == nil {
		err = who.lacks(asked)
	}
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Add("Vary", "Cookie, Authorization")
	r = r.WithContext(context.WithValue(r.Context(), userKey{}, who))
	if who.May != nil && isAPI(r) {
		h.tied.handler(h, &who.User).router.ServeHTTP(w, r)
		return
	}
	h.router.ServeHTTP(w, r)
}

// isAPI says whether a request is for more than the page's files.
func isAPI(r *http.Request) bool {
	return r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/") || r.URL.Path == "/metrics"
}

// identify finds who makes a request; nil when it does not say, or no longer.
func (h *handler) identify(r *http.Request) (*visitor, error) {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "bearer":
		return h.admitUser(r, func(client string) (User, bool, time.Duration) {
			return h.Access.Bearer(strings.TrimSpace(credentials), client)
		})
	case "basic":
		name, password, ok := r.BasicAuth()
		if !ok {
			return nil, huma.Error401Unauthorized("The credentials cannot be read.")
		}
		return h.admitUser(r, func(client string) (User, bool, time.Duration) { return h.Access.Login(name, password, client) })
	}
	return h.loggedIn(r), nil
}

// admitUser checks credentials. Who fails has to wait, longer each time.
func (h *handler) admitUser(r *http.Request, check func(client string) (User, bool, time.Duration)) (*visitor, error) {
	client := clientOf(r)
	u, ok, wait := check(client)
	if ok {
		return &visitor{u, func() bool { _, ok := h.Access.Again(u); return ok }}, nil
	}
	h.log.Info("HTTP login refused", "client", client) // without the name, for which people type their password
	h.pause(r.Context(), wait)
	return nil, huma.Error401Unauthorized("The password or token is wrong.")
}

// pause waits, unless the client leaves or the server ends.
func (h *handler) pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.gate.going, cancel)()
	if h.slow != nil {
		h.slow(ctx, d)
		return
	}
	clock.Wait(ctx, d)
}

// clientOf is the address of a client, without the port.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "unix"
	}
	return host
}

// refuse says why not. What a 401 asks for is what programs can give: a browser that
// saw Basic there would ask for a password by itself, and never forget it.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var shown huma.StatusError
	if errors.As(err, &shown) && shown.GetStatus() == http.StatusUnauthorized {
		w.Header().Add("WWW-Authenticate", `Bearer realm="Postroom"`)
		if h.Access.Passwords() && !fromBrowser(r) {
			w.Header().Add("WWW-Authenticate", `Basic realm="Postroom", charset="UTF-8"`)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	h.writeProblem(w, r, err)
}

// askForLogin sends people to the form, and tells programs.
func (h *handler) askForLogin(w http.ResponseWriter, r *http.Request) {
	if !navigates(r) {
		h.refuse(w, r, huma.Error401Unauthorized("Log in, or give a token: Authorization: Bearer TOKEN."))
		return
	}
	to := h.BasePath + "/login"
	if asked := h.BasePath + r.URL.RequestURI(); asked != h.BasePath+"/" {
		to += "?next=" + url.QueryEscape(asked)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// navigates says whether a browser is about to show what it asks for.
func navigates(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
