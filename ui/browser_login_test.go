package ui_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/ui"
)

// TestLoginInBrowser: a browser is led to the form and from there to what it wanted;
// the page is live, pictures in a mail are seen, and Log out is the end of it.
func TestLoginInBrowser(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{}, func(s *ui.Server) {
		s.Access, s.Page = &keys{}, ui.Page("")
	})
	var pictures, refused atomic.Int32
	handler := s.server.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/parts/") {
			handler.ServeHTTP(w, r)
			return
		}
		note := httptest.NewRecorder()
		handler.ServeHTTP(note, r)
		if pictures.Add(1); note.Code != http.StatusOK {
			refused.Add(1)
		}
		maps.Copy(w.Header(), note.Header())
		w.WriteHeader(note.Code)
		w.Write(note.Body.Bytes())
	}))
	t.Cleanup(srv.Close)
	id := s.accept(pictureMail, "alice@a.test")
	b := newTab(t, newBrowser(t))
	b.open(srv.URL + "/message/" + id)
	b.until(`document.activeElement?.id === 'name'`)
	if !evaluate[bool](b, `getComputedStyle(document.querySelector('main')).boxSizing === 'border-box'`) {
		t.Error("the form has no style")
	}
	b.press("alice@a.test\twrong\r")
	b.until(`document.querySelector('[role=alert]') && document.activeElement?.id === 'password'`)
	b.press(password + "\r")
	b.until(live)
	if got := evaluate[string](b, `location.pathname`); got != "/message/"+id {
		t.Errorf("the browser is at %s", got)
	}
	b.shows("body", "A picture")
	if evaluate[string](b, `document.cookie`) != "" {
		t.Error("scripts see the cookie")
	}
	b.waitFor("the picture", func() bool { return pictures.Load() > 0 })
	if n := refused.Load(); n > 0 {
		t.Errorf("%d pictures are refused", n)
	}
	s.accept("Subject: While it is looked at\r\n\r\n", "alice@a.test")
	s.accept("Subject: Not hers\r\n\r\n", "bob@b.test")
	b.open(srv.URL + "/")
	b.until(live)
	b.shows("body", "While it is looked at")
	if evaluate[bool](b, `document.body.innerText.includes('Not hers')`) {
		t.Error("mail of others is seen")
	}
	b.run(`[...document.querySelectorAll('#settings button')].find((b) => /Log out/.test(b.textContent)).click()`)
	b.until(`document.activeElement?.id === 'name'`)
	b.open(srv.URL + "/v1/messages")
	b.until(`document.activeElement?.id === 'name'`)
}

const pictureMail = "From: a@b.test\r\nSubject: A picture\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=r\r\n\r\n" +
	"--r\r\nContent-Type: text/html\r\n\r\n<p>Look: <img src=\"cid:dot\"></p>\r\n" +
	"--r\r\nContent-Type: image/gif\r\nContent-ID: <dot>\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
	"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\r\n--r--\r\n"
