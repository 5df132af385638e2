package main

// Who may log in: files that Apache's htpasswd makes, and foreign clients.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
)

// TestAccounts: swaks, curl and Python log in with the right password only, and read
// what they may. The file is read again when it changes.
func TestAccounts(t *testing.T) {
	t.Parallel()
	htpasswd, swaks, curl, python := catchertest.NeedProgram(t, "htpasswd"), catchertest.NeedProgram(t, "swaks"), catchertest.NeedProgram(t, "curl"), needPython(t)
	path := filepath.Join(t.TempDir(), "accounts")
	must(t, "", htpasswd, "-cbB", path, "alice@a.test", "s3cret-a")
	must(t, "", htpasswd, "-bB", path, "dev", "s3cret-d")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tied := strings.Replace(string(text), "\n", ":alice@a.test\n", 1)
	if err := os.WriteFile(path, []byte(tied), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--accounts", path, "--log-level", "debug")
	host, port := hostPort(t, p.smtp)
	sends := func(user, password string) outcome {
		return execute(t, "", nil, swaks, "--server", host, "--port", port, "--from", "a@a.test", "--to", "alice@a.test,bob@b.test",
			"--auth", "PLAIN", "--auth-user", user, "--auth-password", password)
	}
	if o := sends("alice@a.test", "s3cret-a"); o.status != 0 {
		t.Fatalf("swaks ended with status %d\n%s", o.status, o.stdout)
	}
	if m := p.only(t, "alice@a.test"); m.Session.User != "alice@a.test" || m.Session.Mechanism != "PLAIN" {
		t.Errorf("session %+v", m.Session)
	}
	for _, wrong := range [][2]string{{"alice@a.test", "s3cret-d"}, {"nobody", "s3cret-a"}} {
		if o := sends(wrong[0], wrong[1]); o.status == 0 || !strings.Contains(o.stdout, "<** 535 5.7.8 Authentication credentials invalid") {
			t.Errorf("%v: swaks ended with status %d\n%s", wrong, o.status, o.stdout)
		}
	}
	reads := func(user, password string) outcome {
		return execute(t, "", nil, curl, "--silent", "--show-error", "--user", user+":"+password, "pop3://"+p.pop3+"/1")
	}
	for _, c := range []struct {
		user, password string
		ok             bool
	}{
		{"alice@a.test", "s3cret-a", true},
		{"alice@a.test", "any", false},
		{"bob@b.test", "any", false},
		{"bob@b.test*alice@a.test", "s3cret-a", false},
		{"bob@b.test*dev", "s3cret-d", true},
		{"dev", "s3cret-d", true},
	} {
		if o := reads(c.user, c.password); (o.status == 0) != c.ok || c.ok && !strings.Contains(o.stdout, "This is a test mailing") {
			t.Errorf("%s: curl ended with status %d\n%s%s", c.user, o.status, o.stdout, o.stderr)
		}
	}
	o := execute(t, "", nil, python, "-c", `
import poplib, sys
c = poplib.POP3(*sys.argv[1].split(':'))
c.user('alice@a.test')
c.pass_('wrong')
`, p.pop3)
	if o.status == 0 || !strings.Contains(o.stderr, "-ERR [AUTH] wrong name or password") {
		t.Errorf("Python ended with status %d\n%s", o.status, o.stderr)
	}

	replace := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	replace("alice@a.test:plain\n")
	await(t, "the complaint", func() bool { return strings.Contains(p.errors.String(), "the accounts stay as they were") })
	if o := reads("alice@a.test", "s3cret-a"); o.status != 0 {
		t.Errorf("after a mistake in the file: %s", o.stderr)
	}
	must(t, "", htpasswd, "-cbB", path+".made", "carol@c.test", "s3cret-c")
	made, err := os.ReadFile(path + ".made")
	if err != nil {
		t.Fatal(err)
	}
	replace(string(made))
	await(t, "the new file", func() bool { return sends("carol@c.test", "s3cret-c").status == 0 })
	if o := reads("alice@a.test", "s3cret-a"); o.status == 0 {
		t.Error("alice is no longer there, and reads")
	}
	if said := p.errors.String(); strings.Contains(said, "s3cret") || strings.Contains(said, "plain") {
		t.Errorf("a password is in the log:\n%s", said)
	}
}

// TestHTTPAuth: the page and the API are for users and tokens only, of which the log
// does not tell; a file that changes counts at once; our own clients show a token.
func TestHTTPAuth(t *testing.T) {
	t.Parallel()
	htpasswd, curl := catchertest.NeedProgram(t, "htpasswd"), catchertest.NeedProgram(t, "curl")
	dir := t.TempDir()
	users, tokens := filepath.Join(dir, "accounts"), filepath.Join(dir, "tokens")
	must(t, "", htpasswd, "-cbB", users, "root", "s3cret-r")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(tokens+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tokens+".new", tokens); err != nil {
			t.Fatal(err)
		}
	}
	put("ci s3cret-of-ci-0123456789\nlooks s3cret-of-looks-0123456789 read\nalice s3cret-of-alice-0123456789 alice@a.test\n")
	p := start(t, "--accounts", users, "--http-tokens", tokens, "--log-level", "debug")
	must(t, "", binary(t), "send", "--server", p.smtp, "--from", "a@a.test", "--to", "alice@a.test", "--to", "bob@b.test", "--subject", "Hello", "--text", "Hi")

	asks := func(args ...string) string {
		return execute(t, "", nil, curl, append([]string{"--silent", "--output", os.DevNull, "--write-out", "%{http_code}"}, args...)...).stdout
	}
	page := strings.TrimSuffix(p.page, "/")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{page + "/healthz"}, "200"},
		{[]string{page + "/readyz"}, "200"},
		{[]string{page + "/v1/messages"}, "401"},
		{[]string{page + "/metrics"}, "401"},
		{[]string{page + "/"}, "401"},
		{[]string{"--header", "Accept: text/html", page + "/"}, "303"},
		{[]string{"--user", "root:s3cret-r", page + "/v1/messages"}, "200"},
		{[]string{"--user", "root:s3cret-x", page + "/v1/messages"}, "401"},
		{[]string{"--oauth2-bearer", "s3cret-of-ci-0123456789", page + "/metrics"}, "200"},
		{[]string{"--oauth2-bearer", "s3cret-of-looks-0123456789", page + "/v1/messages"}, "200"},
		{[]string{"--oauth2-bearer", "s3cret-of-looks-0123456789", "--request", "DELETE", page + "/v1/messages?all=true"}, "403"},
		{[]string{"--data", "name=root&password=s3cret-r", page + "/login"}, "303"},
		{[]string{"--data", "name=s3cret-r&password=s3cret-r", page + "/login"}, "401"},
	} {
		if got := asks(c.args...); got != c.want {
			t.Errorf("curl %q: %s, want %s", c.args, got, c.want)
		}
	}
	ours := func(token string, args ...string) outcome {
		return execute(t, "", []string{"POSTROOM_TOKEN=" + token}, binary(t), append(args, "--http", strings.TrimPrefix(page, "http://"))...)
	}
	for _, c := range []struct {
		token, box string
		status     int
	}{{"s3cret-of-ci-0123456789", "bob@b.test", 0}, {"s3cret-of-alice-0123456789", "alice@a.test", 0}, {"s3cret-of-alice-0123456789", "bob@b.test", 2}, {"", "bob@b.test", 3}} {
		if o := ours(c.token, "expect", "--mailbox", c.box, "--within", "1s"); o.status != c.status {
			t.Errorf("expect with %s for %s: %+v", c.token, c.box, o)
		}
	}
	if o := ours("s3cret-of-alice-0123456789", "export", "--format", "mbox", "--quiet", "-"); o.status != 0 || strings.Count(o.stdout, "Subject: Hello") != 1 {
		t.Errorf("export: %+v", o)
	}
	if o := ours("", "health"); o.status != 0 {
		t.Errorf("health: %+v", o)
	}

	put("other s3cret-of-other-0123456789\n")
	await(t, "the new file", func() bool { return asks("--oauth2-bearer", "s3cret-of-other-0123456789", page+"/v1/info") == "200" })
	if got := asks("--oauth2-bearer", "s3cret-of-ci-0123456789", page+"/v1/info"); got != "401" {
		t.Errorf("a token that is gone: %s", got)
	}
	if said := p.errors.String(); strings.Contains(said, "s3cret") || !strings.Contains(said, "HTTP login refused") {
		t.Errorf("the log:\n%s", said)
	}
}

func TestHTTPAuthNeedsSomebody(t *testing.T) {
	t.Parallel()
	if o := execute(t, "", nil, binary(t), append(onFreePorts(), "--http-auth")...); o.status != 2 || !strings.Contains(o.stderr, "--http-auth needs --accounts, or --http-tokens") {
		t.Errorf("%+v", o)
	}
}

// TestHalfWrittenFilesAreNotRead: an editor empties a file, and then writes it.
func TestHalfWrittenFilesAreNotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for age, want := range map[time.Duration]bool{0: false, settle - 1: false, settle: true, time.Hour: true, -time.Hour: true} {
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path) // which may be coarser
		if err != nil {
			t.Fatal(err)
		}
		if got := settled([]string{os.DevNull + "x", path}, info.ModTime().Add(age)); got != want {
			t.Errorf("written %v ago: %v", age, got)
		}
	}
	if !settled([]string{path + "x"}, now) {
		t.Error("a file that is not there is waited for")
	}
}

func TestEmptyFileOfAccountsIsToldOf(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(path, []byte("# later\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--accounts", path)
	await(t, "a warning", func() bool { return strings.Contains(p.errors.String(), "nobody can log in") })
}
