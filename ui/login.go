package ui

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed login.html
var loginHTML string

//go:embed login.css
var loginCSS string

// maxLogin is how large a login form may be.
const maxLogin = 64 << 10

// loginRoutes are for people; who has no Access to ask needs none.
func (h *handler) loginRoutes() {
	if h.Access == nil {
		return
	}
	h.router.Handle("GET /login", http.HandlerFunc(h.getLogin))
	h.router.Handle("POST /login", http.HandlerFunc(h.postLogin))
	h.router.Handle("POST /logout", http.HandlerFunc(h.postLogout))
}

// loginForm is what the template shows.
type loginForm struct {
	Words     loginWords
	Style     template.CSS
	Action    string
	Next      string
	Name      string
	Passwords bool
	Wrong     bool
}

func (h *handler) getLogin(w http.ResponseWriter, r *http.Request) {
	next := h.safeNext(r.URL.Query().Get("next"))
	if h.loggedIn(r) != nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	h.showLogin(w, r, http.StatusOK, loginForm{Next: next})
}

// postLogin checks what the form says. With an empty name the password is a token.
func (h *handler) postLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
	if err := r.ParseForm(); err != nil {
		h.writeProblem(w, r, huma.Error400BadRequest("The form cannot be read."))
		return
	}
	name, password, next := r.PostForm.Get("name"), r.PostForm.Get("password"), h.safeNext(r.PostForm.Get("next"))
	who, err := h.admitUser(r, func(client string) (User, bool, time.Duration) {
		if name == "" {
			return h.Access.Bearer(password, client)
		}
		return h.Access.Login(name, password, client)
	})
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Postroom"`)
		h.showLogin(w, r, http.StatusUnauthorized, loginForm{Next: next, Name: name, Wrong: true})
		return
	}
	session, err := h.logins.begin(who.User)
	if err != nil {
		h.writeProblem(w, r, err)
		return
	}
	h.endLogin(r) // of before: a session has one user
	h.log.Info("HTTP login", "user", who.Name, "token", who.Token, "client", clientOf(r))
	setCookie(w, r, session)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (h *handler) postLogout(w http.ResponseWriter, r *http.Request) {
	h.endLogin(r)
	setCookie(w, r, "")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, h.BasePath+"/login", http.StatusSeeOther)
}

func (h *handler) endLogin(r *http.Request) {
	if cookie, err := r.Cookie(cookieFor(r)); err == nil {
		h.logins.end(cookie.Value)
	}
}

// safeNext is where to go after the login: a path of this server, or else the page.
func (h *handler) safeNext(next string) string {
	u, err := url.Parse(next)
	safe := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(next, "/") &&
		!strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t") && u.Path != h.BasePath+"/login"
	if !safe {
		return h.BasePath + "/"
	}
	return next
}

func (h *handler) showLogin(w http.ResponseWriter, r *http.Request, status int, form loginForm) {
	form.Words, form.Style = wordsFor(r), template.CSS(loginCSS)
	form.Action, form.Passwords = h.BasePath+"/login", h.Access.Passwords()
	var page bytes.Buffer
	t, err := template.New("login").Parse(loginHTML)
	if err = errors.Join(err, executed(t, &page, form)); err != nil {
		h.writeProblem(w, r, err)
		return
	}
	sum := sha256.Sum256([]byte(loginCSS))
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("Cache-Control", "no-store")
	head.Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	w.Write(page.Bytes()) // the client has left if this fails
}

func executed(t *template.Template, to *bytes.Buffer, form loginForm) error {
	if t == nil {
		return nil
	}
	return t.Execute(to, form)
}

// loginWords are the texts of the form.
type loginWords struct {
	Lang, Title, Name, Password, Token, NameHint, Submit, Wrong string
}

// wordsFor goes by the language that the browser likes best, of those there are.
func wordsFor(r *http.Request) loginWords {
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ";")
		switch lang, _, _ := strings.Cut(tag, "-"); lang {
		case "zh":
			return loginWords{
				Lang: "zh-CN", Title: "登录 Postroom", Name: "用户名", Password: "密码", Token: "令牌",
				NameHint: "使用令牌登录时，请将用户名留空。", Submit: "登录", Wrong: "登录失败：密码或令牌不正确。",
			}
		case "en":
			return english()
		}
	}
	return english()
}

func english() loginWords {
	return loginWords{
		Lang: "en", Title: "Log in to Postroom", Name: "User", Password: "Password", Token: "Token",
		NameHint: "To log in with a token, leave the user empty.", Submit: "Log in", Wrong: "That did not work: the password or token is wrong.",
	}
}
