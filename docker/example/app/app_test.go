package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
)

// A visitor uses the application as a browser does.
type visitor struct {
	t    *testing.T
	post *catchertest.Catcher
	url  string
	at   string // address of the page that is shown
	page string
}

// visit starts the application and a Postroom with rules, until the test ends.
func visit(t *testing.T, rules ...string) *visitor {
	t.Helper()
	post := catchertest.Start(t, catchertest.Rules(rules...))
	s := newSite("", mailer{server: post.SMTPAddr(), from: "hello@kettle.test"})
	s.retry = time.Millisecond
	server := httptest.NewServer(s)
	s.url = server.URL
	t.Cleanup(s.close)
	t.Cleanup(server.Close)
	return &visitor{t: t, post: post, url: server.URL}
}

func (v *visitor) took(resp *http.Response, err error) int {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.at, v.page = resp.Request.URL.String(), string(page)
	return resp.StatusCode
}

func (v *visitor) open(url string) int {
	v.t.Helper()
	return v.took(http.Get(url))
}

func (v *visitor) submit(url string, fields ...string) int {
	v.t.Helper()
	return v.took(http.PostForm(url, form(fields)))
}

func form(fields []string) url.Values {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return values
}

func (v *visitor) signUp(email string) int {
	v.t.Helper()
	return v.submit(v.url+"/accounts", "email", email, "password", "correct horse")
}

func (v *visitor) shows(texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		if !strings.Contains(v.page, text) {
			v.t.Errorf("no %q on the page:\n%s", text, v.page)
		}
	}
}

// mails waits until there are so many mails for an address, and gives the newest.
func (v *visitor) mails(email string, want int) catchertest.Mail {
	v.t.Helper()
	return v.post.Expect(v.t, expect.Want{
		To:    email,
		Match: []expect.Test{{Field: "subject", Contains: "Welcome"}},
		Count: expect.Count{Exactly: want},
	})
}

func TestCodeConfirms(t *testing.T) {
	t.Parallel()
	v := visit(t)
	v.signUp("alice@a.test")
	v.shows("We have sent a code to", "alice@a.test")
	welcome := v.mails("alice@a.test", 1)
	if status := v.submit(v.at+"/code", "code", welcome.Code(t)); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	v.shows("All set")
}

func TestLinkConfirms(t *testing.T) {
	t.Parallel()
	v := visit(t)
	v.signUp("alice@a.test")
	account := v.at
	v.open(v.mails("alice@a.test", 1).Link(t, "Confirm"))
	if v.at != account {
		t.Errorf("the link leads to %s, want %s", v.at, account)
	}
	v.shows("All set")
}

func TestSecondSignUpSendsNothing(t *testing.T) {
	t.Parallel()
	v := visit(t)
	v.signUp("alice@a.test")
	if status := v.signUp("ALICE@a.test"); status != http.StatusConflict {
		t.Errorf("status %d", status)
	}
	v.shows("signed up already")
	v.mails("alice@a.test", 1)
}

func TestWhatIsTypedWrong(t *testing.T) {
	t.Parallel()
	v := visit(t)
	for _, c := range []struct{ email, password, want string }{
		{"alice", "correct horse", "not an email address"},
		{"Alice <alice@a.test>", "correct horse", "not an email address"},
		{"alice@a.test\r\nBcc: bob@a.test", "correct horse", "not an email address"},
		{"alice@a.test", "short", "8 characters"},
	} {
		if status := v.submit(v.url+"/accounts", "email", c.email, "password", c.password); status != http.StatusUnprocessableEntity {
			t.Errorf("%q %q: status %d", c.email, c.password, status)
		}
		v.shows(c.want)
	}
	v.post.ExpectNone(t, expect.Want{})
}

func TestWrongCodesAreLimited(t *testing.T) {
	t.Parallel()
	v := visit(t)
	v.signUp("alice@a.test")
	account := v.at
	for range wrongCodes {
		v.submit(account+"/code", "code", "wrong")
		v.shows("This is not the code.")
	}
	v.submit(account+"/code", "code", v.mails("alice@a.test", 1).Code(t))
	v.shows("Too many wrong codes")

	v.submit(account + "/resend")
	v.submit(account+"/code", "code", v.mails("alice@a.test", 2).Code(t))
	v.shows("All set")
	v.submit(account + "/resend")
	v.mails("alice@a.test", 2)
}

func TestMailIsTriedAgain(t *testing.T) {
	t.Parallel()
	v := visit(t, `rcpt first=2 reply 451 4.7.1 "Greylisted"`)
	v.signUp("alice@a.test")
	account := v.at
	v.mails("alice@a.test", 1)
	if got := len(v.post.Attempts(mail.ID{}, 10, func(*mail.Attempt) bool { return true })); got != 2 {
		t.Errorf("%d attempts were refused, want 2", got)
	}
	v.open(account)
	v.shows("Check your mail")
}

func TestRefusalForNowIsShown(t *testing.T) {
	t.Parallel()
	v := visit(t, `rcpt reply 451 4.7.1 "Greylisted"`)
	v.signUp("alice@a.test")
	v.shows("try again")
}

func TestRefusalForGoodIsShown(t *testing.T) {
	t.Parallel()
	v := visit(t, `rcpt first=1 reply 550 5.1.1 "No such user"`)
	v.signUp("alice@a.test")
	v.shows("No mail can be sent to", "No such user")
	v.signUp("alice@a.test") // the address may be tried anew
	v.shows("We have sent a code to")
	v.mails("alice@a.test", 1)
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	v := visit(t)
	for _, path := range []string{"/accounts/x", "/confirm/x"} {
		if status := v.open(v.url + path); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
	v.open(v.url)
	v.shows("Sign up")
}
