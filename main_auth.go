package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher/accounts"
	"github.com/postroom/postroom/ui"
)

// authSettings are the flags that say who may do what.
type authSettings struct {
	accounts string
	http     bool
	tokens   string
}

func (s *authSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.accounts, "accounts", "", "`file` of users, as htpasswd -B makes it, who alone may log in to SMTP and POP3 (empty: any user and password do); it is read again when it changes")
	flags.BoolVar(&s.http, "http-auth", false, "the page and the HTTP API are for those users only, after a login, and for programs with a token")
	flags.StringVar(&s.tokens, "http-tokens", "", "`file` of tokens for the HTTP API, a line each: NAME TOKEN [read] [MAILBOX,…]; it is read again when it changes, and means --http-auth")
}

// page says whether the page and the API ask who it is.
func (s *authSettings) page() bool { return s.http || s.tokens != "" }

func (s *authSettings) check() error {
	if s.http && s.accounts == "" && s.tokens == "" {
		return usagef("--http-auth needs --accounts, or --http-tokens")
	}
	return nil
}

// A keyring is who may log in. Without accounts and tokens that is everybody.
type keyring struct {
	accounts *accounts.Accounts
	tokens   *accounts.Tokens
	from     *authSettings
}

// open reads the files.
func (s *authSettings) open() (k keyring, err error) {
	k.from = s
	if s.accounts != "" {
		if k.accounts, err = accounts.Open(s.accounts); err != nil {
			return k, fmt.Errorf("--accounts: %w", err)
		}
	}
	if s.tokens != "" {
		if k.tokens, err = accounts.OpenTokens(s.tokens); err != nil {
			return k, fmt.Errorf("--http-tokens: %w", err)
		}
	}
	return k, nil
}

// watch reads the files again whenever they change.
func (k keyring) watch(g *group, log *slog.Logger) {
	if k.accounts != nil {
		g.run(func(ctx context.Context) error { return watchKeys(ctx, "accounts", k.accounts, k.from.accounts, log) })
	}
	if k.tokens != nil {
		g.run(func(ctx context.Context) error { return watchKeys(ctx, "tokens", k.tokens, k.from.tokens, log) })
	}
}

// keys are those of a file.
type keys interface {
	Reload() (changed bool, err error)
	Len() int
}

func watchKeys(ctx context.Context, what string, of keys, file string, log *slog.Logger) error {
	warn := func() {
		if of.Len() == 0 {
			log.Warn("nobody can log in by a file that has no "+what, "file", file)
		}
	}
	warn()
	load := func() error {
		changed, err := of.Reload()
		if changed {
			log.Info(what+" read", "count", of.Len())
			warn()
		}
		return err
	}
	return watch(ctx, load, func(err error) { log.Error("the "+what+" stay as they were", "err", err) }, file)
}

// Login implements ui.Access.
func (k keyring) Login(name, password, client string) (ui.User, bool, time.Duration) {
	if k.accounts == nil {
		return k.Bearer(password, client) // which a program may give as a password
	}
	if ok, wait := k.accounts.Check(name, password, client); !ok {
		return ui.User{}, false, wait
	}
	u, ok := k.account(name)
	return u, ok, 0
}

// Bearer implements ui.Access.
func (k keyring) Bearer(token, client string) (ui.User, bool, time.Duration) {
	if k.tokens == nil {
		_, wait := k.accounts.Check("", token, client) // nobody has no name
		return ui.User{}, false, wait
	}
	t, ok, wait := k.tokens.Check(token, client)
	return tokenUser(t), ok, wait
}

// Again implements ui.Access.
func (k keyring) Again(u ui.User) (now ui.User, ok bool) {
	switch {
	case u.Token && k.tokens != nil:
		var t accounts.Token
		t, ok = k.tokens.Find(u.Name)
		now = tokenUser(t)
	case !u.Token && k.accounts != nil:
		now, ok = k.account(u.Name)
	}
	return now, ok && now.Stamp == u.Stamp
}

// Passwords implements ui.Access.
func (k keyring) Passwords() bool { return k.accounts != nil }

func (k keyring) account(name string) (ui.User, bool) {
	tied, stamp, ok := k.accounts.Describe(name)
	u := ui.User{Name: name, Stamp: stamp}
	if tied {
		u.Home = k.accounts.Home(name)
		u.May = func(box string) bool { return k.accounts.May(name, box) }
	}
	return u, ok
}

func tokenUser(t accounts.Token) ui.User {
	u := ui.User{Name: t.Name, Token: true, ReadOnly: t.ReadOnly, Stamp: t.Stamp}
	if t.Tied {
		u.Home, u.May = t.Home(), t.May
	}
	return u
}

// tokenFlag is the flag of subcommands that ask the HTTP API.
func tokenFlag(flags *pflag.FlagSet, to *string) {
	flags.StringVar(to, "token", "", "`token` for an HTTP API that asks for one; better in POSTROOM_TOKEN, as others can see command lines")
}

// withToken makes a client show a token; "" is none.
func withToken(client *http.Client, token string) *http.Client {
	if token != "" {
		client.Transport = bearer{client.Transport, token}
	}
	return client
}

type bearer struct {
	http.RoundTripper
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections is for http.Client's.
func (b bearer) CloseIdleConnections() {
	if c, ok := b.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
