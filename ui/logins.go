package ui

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	cookieName = "postroom_session"

	loginIdle = 12 * time.Hour      // without a request a login ends
	loginLast = 30 * 24 * time.Hour // and at last in any case
	maxLogins = 10_000              // then the one that was idle longest ends
)

// logins are the browsers that have logged in. They are in memory only: a restart
// ends them.
type logins struct {
	random io.Reader
	now    func() time.Time

	once   sync.Once // makes secret
	secret []byte    // signs; nil when there was no randomness, and then nothing is signed

	mu sync.Mutex                   // guards below
	of map[[sha256.Size]byte]*login // by the hash of what is in the cookie
}

type login struct {
	user        User
	begun, used time.Time
}

func (l *login) over(now time.Time) bool {
	return now.Sub(l.used) > loginIdle || now.Sub(l.begun) > loginLast
}

// begin logs a user in, and returns what the cookie has to have.
func (l *logins) begin(u User) (string, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(l.random, secret); err != nil {
		return "", fmt.Errorf("make a session: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(secret)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy()
	if l.of == nil {
		l.of = map[[sha256.Size]byte]*login{}
	}
	now := l.now()
	l.of[sha256.Sum256([]byte(text))] = &login{u, now, now}
	return text, nil
}

// tidy forgets what is over, and makes room for one; l.mu is held.
func (l *logins) tidy() {
	var longest [sha256.Size]byte
	for key, one := range l.of {
		if one.over(l.now()) {
			delete(l.of, key)
		} else if old := l.of[longest]; old == nil || one.used.Before(old.used) {
			longest = key
		}
	}
	if len(l.of) >= maxLogins {
		delete(l.of, longest)
	}
}

// find is who has logged in with a cookie; false when nobody has, or no longer.
func (l *logins) find(text string) (User, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := sha256.Sum256([]byte(text))
	one := l.of[key]
	if one == nil {
		return User{}, false
	}
	if one.over(l.now()) {
		delete(l.of, key)
		return User{}, false
	}
	one.used = l.now()
	return one.user, true
}

// end logs out.
func (l *logins) end(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.of, sha256.Sum256([]byte(text)))
}

// partKey is the parameter that has what sign gives.
const partKey = "key"

// keyLasts is how long a signature is good, at least.
const keyLasts = 12 * time.Hour

// sign makes a key to the parts of a message, for the frame that shows its HTML: the
// frame belongs to no site, so browsers send no cookie with what it loads.
func (l *logins) sign(message string) string { return l.signed(message, l.window()) }

// window numbers the spans of time in which a signature is made.
func (l *logins) window() int64 { return l.now().Unix() / int64(keyLasts.Seconds()) }

func (l *logins) signed(message string, window int64) string {
	l.once.Do(func() {
		secret := make([]byte, 32)
		if _, err := io.ReadFull(l.random, secret); err == nil {
			l.secret = secret
		}
	})
	if l.secret == nil {
		return ""
	}
	mac := hmac.New(sha256.New, l.secret)
	fmt.Fprintf(mac, "%d %s", window, message)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// opens says whether a request is for a part to which it has a key.
func (l *logins) opens(r *http.Request) bool {
	path := partPath.FindStringSubmatch(r.URL.Path)
	key := r.URL.Query().Get(partKey)
	if path == nil || key == "" || changes(r) {
		return false
	}
	is := func(window int64) bool { return hmac.Equal([]byte(key), []byte(l.signed(path[1], window))) }
	return is(l.window()) || is(l.window()-1)
}

// loggedIn is who has logged in with the cookie of a request, or nil.
func (h *handler) loggedIn(r *http.Request) *visitor {
	cookie, err := r.Cookie(cookieFor(r))
	if err != nil {
		return nil
	}
	u, ok := h.knows(cookie.Value)
	if !ok {
		return nil
	}
	return &visitor{u, func() bool { _, ok := h.knows(cookie.Value); return ok }}
}

// knows is who has logged in with a cookie, and may still.
func (h *handler) knows(cookie string) (User, bool) {
	u, ok := h.logins.find(cookie)
	if !ok {
		return u, false
	}
	if u, ok = h.Access.Again(u); !ok {
		h.logins.end(cookie)
	}
	return u, ok
}

// cookieFor is what the cookie is called. In TLS it has a name of its own, which only
// TLS can set: a browser would not let the plain door set what was set in TLS.
func cookieFor(r *http.Request) string {
	if inTLS(r) {
		return "__Host-" + cookieName
	}
	return cookieName
}

// inTLS says whether the browser speaks TLS, with us or with a proxy.
func inTLS(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",") // of several proxies that which the browser knows
	return r.TLS != nil || strings.EqualFold(strings.TrimSpace(first), "https")
}

// setCookie gives a browser its session; "" takes it away. It goes to this server
// only, whatever page makes the browser ask, and no script sees it.
func setCookie(w http.ResponseWriter, r *http.Request, session string) {
	c := &http.Cookie{
		Name: cookieFor(r), Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: inTLS(r),
	}
	if session == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
