package pop3

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
)

// maxHint is the longest login name that is put into a hint.
const maxHint = 64

// nameUser is USER: it tells a bad name at once, and asks nothing of the store.
func (c *session) nameUser(arg string) {
	if c.srv.Accounts != nil {
		c.user = strings.TrimSpace(arg)
		c.out.ok("and the password?") // whoever it is
		return
	}
	box, err := mailbox(arg, c.srv.domain())
	if err != nil {
		c.out.fail("[AUTH] " + err.Error())
		return
	}
	c.user = box
	c.out.ok("and the password?")
}

// pass takes all behind the first space as the password, spaces included: RFC 1939 §7.
func (c *session) pass(ctx context.Context, user, password string) {
	if user == "" {
		c.reject("give USER first")
		return
	}
	if c.srv.Accounts != nil {
		box, account := splitName(user)
		c.openAs(ctx, account, password, box)
		return
	}
	if !c.srv.allows(user, password) {
		c.deny(user, c.failure())
		return
	}
	c.open(ctx, user)
}

// splitName takes MAILBOX*USER apart; without a mailbox it is the user alone.
func splitName(name string) (box, account string) {
	star := strings.LastIndexByte(name, '*')
	if star < 0 {
		return "", name
	}
	return name[:star], name[star+1:]
}

// openAs opens a mailbox for an account: the one that it names, or else its own.
func (c *session) openAs(ctx context.Context, account, password, name string) {
	accounts := c.srv.Accounts
	if ok, wait := accounts.Check(account, password, c.facts().Client); !ok {
		c.deny(account, wait)
		return
	}
	box, err := c.boxOf(account, name)
	switch {
	case err != nil:
		c.out.fail("[AUTH] " + err.Error())
	case !accounts.May(account, box):
		c.log.Info("POP3 login refused", "user", account, "mailbox", box)
		c.out.fail("[AUTH] this mailbox is not among yours")
	default:
		c.log = c.log.With("user", account)
		c.open(ctx, box)
	}
}

// boxOf is the mailbox that an account means.
func (c *session) boxOf(account, name string) (string, error) {
	if name != "" {
		return mailbox(name, c.srv.domain())
	}
	if box := c.srv.Accounts.Home(account); box != "" {
		return box, nil
	}
	if c.srv.Accounts.May(account, AllMail) {
		return AllMail, nil
	}
	return "", errors.New("which mailbox? The login name is MAILBOX*USER")
}

// maxFailed is how often a session may fail to log in.
const maxFailed = 5

// apop logs in with the digest of timestamp and secret: RFC 1939 §7.
func (c *session) apop(ctx context.Context, arg string) {
	space := strings.LastIndexByte(arg, ' ')
	if c.stamp == "" {
		c.reject("APOP is not offered, the greeting has no timestamp")
		return
	}
	if space < 0 {
		c.reject("APOP takes a name and a digest")
		return
	}
	box, err := mailbox(arg[:space], c.srv.domain())
	if err != nil {
		c.out.fail("[AUTH] " + err.Error())
		return
	}
	secret, known := c.srv.Secret(box)
	digest := md5.Sum([]byte(c.stamp + secret))
	want := hex.EncodeToString(digest[:])
	if !hmac.Equal([]byte(want), []byte(strings.ToLower(arg[space+1:]))) || !known {
		c.deny(box, c.failure())
		return
	}
	c.open(ctx, box)
}

// auth is RFC 5034 with PLAIN. Without a mechanism it lists those there are, as
// servers did before CAPA and as Outlook Express still asks; a client that wanted to
// see -ERR finds none that it could misread as a success of login.
func (c *session) auth(ctx context.Context, args []string) {
	switch {
	case len(args) == 0:
		c.out.ok("mechanisms")
		c.out.line("PLAIN")
		c.out.end()
	case len(args) > 2:
		c.reject("AUTH takes a mechanism and perhaps an initial response")
	case !strings.EqualFold(args[0], "PLAIN"):
		c.out.fail("only the mechanism PLAIN is known here")
	case len(args) == 2 && args[1] == "=": // a response that is there and empty
		c.saslPlain(ctx, "")
	case len(args) == 2:
		c.saslPlain(ctx, args[1])
	default:
		c.challenge(ctx)
	}
}

// challenge asks for the response that AUTH came without.
func (c *session) challenge(ctx context.Context) {
	c.out.line("+ ")
	line, err := c.readLine(maxSASL)
	switch {
	case errors.Is(err, errLong), errors.Is(err, errControl):
		c.reject(err.Error())
	case err != nil:
		c.leave(err)
	case line == "*":
		c.out.fail("authentication cancelled")
	default:
		c.saslPlain(ctx, line)
	}
}

// saslPlain is RFC 4616: authorization identity, authentication identity, password.
// The mailbox is the first when it is given, otherwise the second; if either has a
// secret, that is the password.
func (c *session) saslPlain(ctx context.Context, response string) {
	message, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(message), "\x00")
	if err != nil || len(parts) != 3 || parts[1] == "" {
		c.reject("not a PLAIN response in base64")
		return
	}
	if c.srv.Accounts != nil {
		box, account := splitName(parts[1])
		if parts[0] != "" {
			box = parts[0]
		}
		c.openAs(ctx, account, parts[2], box)
		return
	}
	login := parts[0]
	if login == "" {
		login = parts[1]
	}
	box, err := mailbox(login, c.srv.domain())
	if err != nil {
		c.out.fail("[AUTH] " + err.Error())
		return
	}
	if !c.srv.allows(mail.Box(parts[1]), parts[2]) || !c.srv.allows(box, parts[2]) {
		c.deny(box, c.failure())
		return
	}
	c.open(ctx, box)
}

// allows says whether the password opens the mailbox; any does when no secret is known.
func (s *Server) allows(box, password string) bool {
	if s.Secret == nil {
		return true
	}
	secret, known := s.Secret(box)
	want, got := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 || !known
}

// failure counts one of a client against a secret, and says how long it is to wait.
func (c *session) failure() time.Duration { return c.srv.failed.Add(c.facts().Client, time.Now()) }

// deny refuses a login, after a while. Who fails too often is sent away.
func (c *session) deny(name string, wait time.Duration) {
	if wait > 0 && c.pause(wait) != nil {
		c.over = true
		return
	}
	c.bad += (c.limits.Errors + maxFailed - 1) / maxFailed
	c.over = c.bad >= c.limits.Errors
	c.log.Info("POP3 login refused", "name", name)
	c.out.fail("[AUTH] wrong name or password")
}

// open enters the TRANSACTION state: it takes the lock and the snapshot, or says why
// it could not. The code tells fetchmail and others to come again later.
func (c *session) open(ctx context.Context, box string) {
	if _, ok := c.judge(ctx, rule.Login, box, nil); !ok {
		return
	}
	if !c.srv.lock(c.stop, box) {
		c.out.fail("[IN-USE] another session has the mailbox open")
		return
	}
	drop, err := openMaildrop(ctx, c.srv.Backend, box)
	if err != nil {
		c.srv.unlock(box)
		c.log.Error("cannot list a mailbox", "mailbox", box, "err", err)
		c.out.fail("[SYS/TEMP] the mailbox cannot be read now")
		return
	}
	c.drop = drop
	c.log = c.log.With("mailbox", box)
	c.log.Debug("POP3 login", "messages", drop.live)
	c.out.ok(c.summary())
}

// mailbox returns the mailbox that a login name means: a whole address, or a name
// of the catcher's own. The error's text is for the client.
func mailbox(name, domain string) (string, error) {
	name = strings.TrimSpace(name)
	if len(name) > 1 && name[0] == '@' {
		return mail.Box(name), nil
	}
	address, err := mail.ParseAddress(name)
	if err == nil && address.Domain != "" {
		return address.Box(), nil
	}
	if err != nil || len(name) > maxHint || !isASCII(name) {
		name = "user"
	}
	return "", fmt.Errorf("a login name is the whole address of a mailbox, like %s@%s, or %s for every message", name, domain, AllMail)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
