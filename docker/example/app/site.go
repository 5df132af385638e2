package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"fmt"
	"html/template"
	"log"
	"math/big"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"time"
)

const (
	firstRetry    = time.Second // then twice as long each time
	longestRetry  = 5 * time.Minute
	wrongCodes    = 5 // then a new one is needed
	shortPassword = 8
)

// An account is somebody who signed up. Its fields are guarded by site.mu.
type account struct {
	ID        string // of its page; nobody can guess it
	Email     string
	Sent      bool   // the mail was taken by the server
	Refused   string // what the server said, when it will never take it
	Confirmed bool

	code  string
	token string // of the link
	wrong int    // codes since the mail
}

// A site is the application. Use newSite and close it.
type site struct {
	*http.ServeMux
	url   string // as browsers reach it
	mail  mailer
	retry time.Duration // before the first retry

	mu      sync.Mutex
	byID    map[string]*account
	byEmail map[string]*account
	byToken map[string]*account

	stopped context.Context // its end ends retries
	stop    context.CancelFunc
	sending sync.WaitGroup
}

//go:embed page.html
var pageText string

func newSite(url string, m mailer) *site {
	s := &site{
		ServeMux: http.NewServeMux(), url: url, mail: m, retry: firstRetry,
		byID: map[string]*account{}, byEmail: map[string]*account{}, byToken: map[string]*account{},
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, http.StatusOK, view{}) })
	s.HandleFunc("POST /accounts", s.signUp)
	s.HandleFunc("GET /accounts/{id}", s.showAccount)
	s.HandleFunc("POST /accounts/{id}/code", s.enterCode)
	s.HandleFunc("POST /accounts/{id}/resend", s.resend)
	s.HandleFunc("GET /confirm/{token}", s.followLink)
	return s
}

// close waits for mail that is under way, and gives up what would be tried again.
func (s *site) close() {
	s.stop()
	s.sending.Wait()
}

// A view is what the page shows: an account, or the form to sign up.
type view struct {
	Error   string
	Email   string // as it was typed
	Account *account
}

func show(w http.ResponseWriter, status int, v view) {
	var out bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageText)).Execute(&out, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(out.Bytes()) // the reader has left if this fails
}

func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	email := strings.TrimSpace(r.FormValue("email"))
	fail := func(status int, text string) { show(w, status, view{Error: text, Email: email}) }
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
		fail(http.StatusUnprocessableEntity, "This is not an email address.")
		return
	}
	if len(r.FormValue("password")) < shortPassword { // there is nothing to log in to: it is not kept
		fail(http.StatusUnprocessableEntity, fmt.Sprintf("The password needs %d characters or more.", shortPassword))
		return
	}
	a, ok := s.add(email)
	if !ok {
		fail(http.StatusConflict, "This address has signed up already. We have sent nothing new.")
		return
	}
	s.deliver(r.Context(), a)
	http.Redirect(w, r, "/accounts/"+a.ID, http.StatusSeeOther)
}

// add makes an account, unless there is one. One whose mail was refused does not
// count.
func (s *site) add(email string) (*account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(email)
	if a := s.byEmail[key]; a != nil && a.Refused == "" {
		return nil, false
	}
	a := &account{ID: rand.Text(), Email: email, token: rand.Text(), code: newCode()}
	s.byID[a.ID], s.byEmail[key], s.byToken[a.token] = a, a, a
	return a, true
}

// newCode is six random digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%06d", n)
}

// deliver sends the mail of an account. What the server does not take now is tried
// again beside.
func (s *site) deliver(ctx context.Context, a *account) {
	if s.try(ctx, a) {
		return
	}
	s.sending.Go(func() {
		for wait := s.retry; ; wait = min(2*wait, longestRetry) {
			select {
			case <-time.After(wait):
			case <-s.stopped.Done():
				return
			}
			if s.try(s.stopped, a) {
				return
			}
		}
	})
}

// try sends once and says whether that is the end of it.
func (s *site) try(ctx context.Context, a *account) bool {
	s.mu.Lock()
	letter := welcome{To: a.Email, Code: a.code, Link: s.url + "/confirm/" + a.token}
	s.mu.Unlock()
	err := s.mail.send(ctx, letter)
	reply, never := refused(err)
	if err != nil {
		log.Printf("mail to <%s>: %v", letter.To, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.Sent, a.Refused = err == nil, reply
	return err == nil || never
}

// find gives the account of a request, or answers that there is none.
func (s *site) find(w http.ResponseWriter, accounts map[string]*account, key string) *account {
	s.mu.Lock()
	a := accounts[key]
	s.mu.Unlock()
	if a == nil {
		show(w, http.StatusNotFound, view{Error: "There is nothing here. Please sign up."})
	}
	return a
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request) {
	if a := s.find(w, s.byID, r.PathValue("id")); a != nil {
		s.showNow(w, http.StatusOK, a, "")
	}
}

// showNow shows an account as it is now.
func (s *site) showNow(w http.ResponseWriter, status int, a *account, text string) {
	s.mu.Lock()
	now := *a
	s.mu.Unlock()
	show(w, status, view{Account: &now, Error: text})
}

func (s *site) enterCode(w http.ResponseWriter, r *http.Request) {
	a := s.find(w, s.byID, r.PathValue("id"))
	if a == nil {
		return
	}
	if text := s.confirm(a, strings.TrimSpace(r.FormValue("code"))); text != "" {
		s.showNow(w, http.StatusUnprocessableEntity, a, text)
		return
	}
	http.Redirect(w, r, "/accounts/"+a.ID, http.StatusSeeOther)
}

// confirm checks a code and says what is wrong with it, or "".
func (s *site) confirm(a *account, code string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.wrong >= wrongCodes {
		return "Too many wrong codes. Please ask for a new one."
	}
	if subtle.ConstantTimeCompare([]byte(code), []byte(a.code)) == 0 {
		a.wrong++
		return "This is not the code."
	}
	a.Confirmed = true
	return ""
}

func (s *site) followLink(w http.ResponseWriter, r *http.Request) {
	a := s.find(w, s.byToken, r.PathValue("token"))
	if a == nil {
		return
	}
	s.mu.Lock()
	a.Confirmed = true
	s.mu.Unlock()
	http.Redirect(w, r, "/accounts/"+a.ID, http.StatusSeeOther)
}

// resend makes a new code and sends it, unless a mail is still to be sent.
func (s *site) resend(w http.ResponseWriter, r *http.Request) {
	a := s.find(w, s.byID, r.PathValue("id"))
	if a == nil {
		return
	}
	s.mu.Lock()
	again := a.Sent && !a.Confirmed
	if again {
		a.code, a.wrong, a.Sent = newCode(), 0, false
	}
	s.mu.Unlock()
	if again {
		s.deliver(r.Context(), a)
	}
	http.Redirect(w, r, "/accounts/"+a.ID, http.StatusSeeOther)
}
