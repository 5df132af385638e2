package main

// A real mail server relays to us: Postfix, as an instance of the test's own.

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
)

// A postfix is an instance with all its folders in one of the test's.
type postfix struct {
	sendmail string
	dir      string
}

// startPostfix makes an instance that relays to an SMTP address until the test
// ends. It needs root: Postfix's master starts no other way. There is more to its
// settings by the name of the file; {{DIR}} in them is its folder.
func startPostfix(t *testing.T, relay string, more map[string]string) postfix {
	t.Helper()
	control := catchertest.NeedProgram(t, "postfix", "/usr/sbin/postfix")
	sendmail := catchertest.NeedProgram(t, "sendmail.postfix", filepath.Join(filepath.Dir(control), "sendmail"))
	if os.Geteuid() != 0 {
		skip(t, "needs root, to start Postfix")
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		skip(t, "needs the user postfix")
	}
	dir := postfixFolder(t, owner)
	_, port := hostPort(t, relay)
	config := filepath.Join(dir, "etc")
	for _, name := range []string{"main.cf", "master.cf"} {
		text, err := os.ReadFile("catcher/catchertest/testdata/postfix." + name)
		if err != nil {
			t.Fatal(err)
		}
		filled := strings.NewReplacer("{{DIR}}", dir, "{{PORT}}", port).Replace(string(text) + more[name])
		if err := os.WriteFile(filepath.Join(config, name), []byte(filled), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() {
			t.Logf("Postfix said at last:\n%s", log[max(0, len(log)-2000):])
		}
	})
	must(t, "", control, "-c", config, "start")
	t.Cleanup(func() { execute(t, "", nil, control, "-c", config, "stop") })
	return postfix{sendmail, dir}
}

// postfixFolder makes folders that Postfix's unprivileged processes can reach.
func postfixFolder(t *testing.T, owner *user.User) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postroom-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, name := range []string{"", "etc", "spool", "data"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, "data"), uid, -1); err != nil {
		t.Fatal(err)
	}
	return dir
}

// send puts a mail into the queue.
func (f postfix) send(t *testing.T, mail string, args ...string) {
	t.Helper()
	must(t, unix(mail), f.sendmail, append([]string{"-C", filepath.Join(f.dir, "etc"), "-i", "-f", "a@a.test"}, args...)...)
}

// TestPostfixRelays: 50 mails arrive, each once, and the bodies as they were. Two
// of them are special: one asks for DSNs, one has so many recipients that Postfix
// makes two transactions of it.
func TestPostfixRelays(t *testing.T) {
	t.Parallel()
	p := start(t)
	relay := startPostfix(t, p.smtp, nil)
	const mails, crowd = 50, 100
	text := func(n int) string {
		return fmt.Sprintf("From: a@a.test\r\nMessage-ID: <%d@a.test>\r\nSubject: mail %d\r\n\r\nnumber %d\r\n.\r\n..\r\n", n, n, n)
	}
	for n := range mails - 2 {
		relay.send(t, text(n), fmt.Sprintf("box%d@b.test", n%7))
	}
	relay.send(t, text(mails-2), "-N", "success,failure", "-R", "hdrs", "-V", "env-1", "dsn@b.test")
	var everyone []string
	for n := range crowd {
		everyone = append(everyone, fmt.Sprintf("crowd%d@b.test", n))
	}
	relay.send(t, text(mails-1), everyone...)
	p.awaitMail(t, mails+2) // with the report for the one that asked

	counts := map[string]int{}
	var got []string
	for _, s := range p.list(t, "") {
		counts[s.Subject]++
		if s.Envelope.From == "" {
			continue
		}
		raw := p.raw(t, s.ID)
		if body := raw[strings.Index(raw, "\r\n\r\n"):]; !strings.HasPrefix(body, "\r\n\r\nnumber ") || !strings.HasSuffix(body, "\r\n.\r\n..\r\n") {
			t.Errorf("body %q", body)
		}
		if s.Subject == fmt.Sprintf("mail %d", mails-1) {
			got = append(got, s.Envelope.To...)
		}
	}
	for n := range mails {
		subject, want := fmt.Sprintf("mail %d", n), 1
		if n == mails-1 {
			want = 2
		}
		if counts[subject] != want {
			t.Errorf("%q came %d times, want %d", subject, counts[subject], want)
		}
	}
	slices.Sort(got)
	slices.Sort(everyone)
	if !slices.Equal(got, everyone) {
		t.Errorf("the crowd:\n%v\nwant\n%v", got, everyone)
	}
	m := p.only(t, "dsn@b.test")
	wantSaid(t, m, "with ESMTP", "from <a@a.test> RET=HDRS ENVID=env-1", "to <dsn@b.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;dsn@b.test")
	if m.Session.Helo != "client.test" {
		t.Errorf("HELO %q, want client.test", m.Session.Helo)
	}
}
