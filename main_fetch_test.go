package main

// Foreign clients fetch; what they get is what was sent.

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
)

const (
	fetchBox      = "reader@b.test"
	fetchPassword = "se cret"
)

// fetched is the mail that clients fetch: short and long lines, dots, octets of
// no charset, blank lines at the end. All lines end in CRLF and none is longer
// than 998 octets, since what clients do to others is theirs to know.
var fetched = []string{
	fetchHead(1) + "\r\nHello\r\n\r\nFrom here on\r\n",
	fetchHead(2) + "\r\n.\r\n..\r\n.x\r\n...\r\n\r\n\r\n",
	fetchHead(3) + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe \xff\r\n" + strings.Repeat("x", 998) + "\r\n \t\r\n",
	fetchHead(4) + "\r\n" + strings.Repeat(strings.Repeat(".", 70)+"\r\n", 10_000),
}

func fetchHead(n int) string {
	return fmt.Sprintf("From: a@a.test\r\nTo: %s\r\nSubject: mail %d\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <%d@a.test>\r\n", fetchBox, n, n)
}

// filled is a running program with fetched in the mailbox.
func filled(t *testing.T, flags ...string) *process {
	t.Helper()
	p := start(t, flags...)
	c := dialSMTP(t, p.smtp)
	for _, mail := range fetched {
		c.send("a@a.test", fetchBox, mail)
	}
	return p
}

// wantFetched compares what a client got, in any order, with what was sent, as
// the client writes that: edit gives the form.
func wantFetched(t *testing.T, got []string, edit func(string) string) {
	t.Helper()
	var want []string
	for _, mail := range fetched {
		want = append(want, edit(mail))
	}
	number := func(mail string) int {
		_, rest, _ := strings.Cut(mail, "\nMessage-ID: <")
		digits, _, _ := strings.Cut(rest, "@")
		n, _ := strconv.Atoi(digits)
		return n
	}
	slices.SortFunc(got, func(a, b string) int { return number(a) - number(b) })
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range got {
		wantBytes(t, fmt.Sprintf("message %d", i+1), got[i], want[i])
	}
}

func asSent(mail string) string { return mail }

// wantLeft checks how many messages are left in the mailbox.
func wantLeft(t *testing.T, p *process, want int) {
	t.Helper()
	if n := len(p.list(t, fetchBox)); n != want {
		t.Errorf("%d messages left, want %d", n, want)
	}
}

// files reads all files of a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func TestCurlFetches(t *testing.T) {
	curl := catchertest.NeedProgram(t, "curl")
	for _, c := range []struct {
		name  string
		flags []string // of the program
		args  []string
		said  string // the command that curl then has to use
	}{
		{"AUTH PLAIN", nil, nil, "AUTH PLAIN"},
		{"AUTH PLAIN at once", nil, []string{"--sasl-ir"}, "AUTH PLAIN AHJl"},
		{"AUTH PLAIN with a password", []string{"--pop3-password", fetchPassword}, []string{"--login-options", "AUTH=PLAIN"}, "AUTH PLAIN"},
		{"APOP", []string{"--pop3-password", fetchPassword}, []string{"--login-options", "AUTH=+APOP"}, "APOP " + fetchBox},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := filled(t, c.flags...)
			var got []string
			for n := range fetched {
				args := append([]string{"--silent", "--verbose", "--user", fetchBox + ":" + fetchPassword}, c.args...)
				o := execute(t, "", nil, curl, append(args, fmt.Sprintf("pop3://%s/%d", p.pop3, n+1))...)
				if o.status != 0 || !strings.Contains(o.stderr, "> "+c.said) {
					t.Fatalf("curl ended with status %d, want %q\n%s", o.status, c.said, o.stderr)
				}
				got = append(got, o.stdout)
			}
			wantFetched(t, got, asSent)
			wantLeft(t, p, len(fetched))
		})
	}
}

// TestCurlCommands: curl passes any command on and shows the reply.
func TestCurlCommands(t *testing.T) {
	curl := catchertest.NeedProgram(t, "curl")
	p := filled(t)
	header, _, _ := strings.Cut(fetched[1], "\r\n\r\n")
	var listing strings.Builder
	for i, mail := range fetched {
		fmt.Fprintf(&listing, "%d %d\r\n", i+1, len(mail))
	}
	ask := func(t *testing.T, args ...string) string {
		return must(t, "", curl, append([]string{"--silent", "--show-error", "--user", fetchBox + ":x", "pop3://" + p.pop3 + "/"}, args...)...)
	}
	for _, c := range []struct{ command, want string }{
		{"TOP 2 0", header + "\r\n\r\n"},
		{"TOP 2 2", header + "\r\n\r\n.\r\n..\r\n"},
		{"LIST", listing.String()},
	} {
		t.Run(c.command, func(t *testing.T) {
			wantBytes(t, "reply", ask(t, "--request", c.command), c.want)
		})
	}
	ask(t, "--request", "DELE 1", "--head") // --head: there is no more than the first line
	wantLeft(t, p, len(fetched)-1)
}

// TestCurlWrongPassword: curl says 67, that the login was refused.
func TestCurlWrongPassword(t *testing.T) {
	curl := catchertest.NeedProgram(t, "curl")
	p := filled(t, "--pop3-password", fetchPassword)
	for _, options := range []string{"AUTH=PLAIN", "AUTH=+APOP"} {
		o := execute(t, "", nil, curl, "--silent", "--user", fetchBox+":wrong", "--login-options", options, "pop3://"+p.pop3+"/1")
		if o.status != 67 || o.stdout != "" {
			t.Errorf("%s: status %d, want 67; %d octets", options, o.status, len(o.stdout))
		}
	}
}

// TestMpop: for a maildir mpop makes LF of CRLF; what it calls exchange is the
// message as it came. With "received_header off" it adds nothing.
func TestMpop(t *testing.T) {
	mpop := catchertest.NeedProgram(t, "mpop")
	for _, c := range []struct {
		name, auth, delivery, keep string
		edit                       func(string) string
		left                       int
	}{
		{"keep", "user", "exchange", "on", asSent, len(fetched)},
		{"delete", "plain", "exchange", "off", asSent, 0},
		{"apop", "apop", "exchange", "on", asSent, len(fetched)},
		{"maildir", "user", "maildir", "on", unix, len(fetched)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := filled(t, "--pop3-password", fetchPassword)
			host, port := hostPort(t, p.pop3)
			box := t.TempDir()
			config := fmt.Sprintf("account default\nhost %s\nport %s\ntls off\nauth %s\nuser %s\npassword \"%s\"\nkeep %s\nreceived_header off\nuidls_file %s\ndelivery %s %s\n",
				host, port, c.auth, fetchBox, fetchPassword, c.keep, filepath.Join(t.TempDir(), "uidls"), c.delivery, box)
			dir := box
			if c.delivery == "maildir" {
				dir = filepath.Join(box, "new")
				for _, name := range []string{"new", "cur", "tmp"} {
					if err := os.Mkdir(filepath.Join(box, name), 0o700); err != nil {
						t.Fatal(err)
					}
				}
			}
			must(t, "", mpop, "-C", write(t, "mpoprc", config), "--quiet")
			wantFetched(t, files(t, dir), c.edit)
			wantLeft(t, p, c.left)
		})
	}
}

// TestFetchmail: fetchmail gives LF to an MDA and CRLF to a file in BSMTP. With
// "invisible" and "no rewrite" it adds nothing.
func TestFetchmail(t *testing.T) {
	fetchmail := catchertest.NeedProgram(t, "fetchmail")
	for _, c := range []struct {
		name, protocol, options string
		left                    int
	}{
		{"keep", "pop3", "keep fetchall", len(fetched)},
		{"delete", "pop3", "nokeep fetchall", 0},
		{"APOP", "apop", "nokeep fetchall", 0},
		{"UIDL", "pop3 uidl", "keep", len(fetched)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := filled(t, "--pop3-password", fetchPassword)
			dir := t.TempDir()
			fetch := func(sink string) []string {
				runFetchmail(t, fetchmail, p, c.protocol, c.options, sink)
				return files(t, dir)
			}
			wantFetched(t, fetch(fmt.Sprintf(`mda "cat > $(mktemp -p %s)"`, dir)), unix)
			wantLeft(t, p, c.left)
		})
	}
}

// TestFetchmailBSMTP: the file in BSMTP holds the very bytes, with the dots that
// SMTP asks for.
func TestFetchmailBSMTP(t *testing.T) {
	t.Parallel()
	fetchmail := catchertest.NeedProgram(t, "fetchmail")
	p := filled(t)
	path := filepath.Join(t.TempDir(), "batch")
	runFetchmail(t, fetchmail, p, "pop3", "keep fetchall", fmt.Sprintf("bsmtp %q", path))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, mail := range strings.Split(string(text), "DATA\r\n") {
		if body, _, ok := strings.Cut(mail, "\r\n.\r\n"); ok && i > 0 {
			got = append(got, unstuffed(body+"\r\n"))
		}
	}
	wantFetched(t, got, asSent)
}

func runFetchmail(t *testing.T, fetchmail string, p *process, protocol, options, sink string) {
	t.Helper()
	host, port := hostPort(t, p.pop3)
	protocol, flag, _ := strings.Cut(protocol, " ")
	config := fmt.Sprintf("poll %s service %s protocol %s %s username %q password %q options %s no rewrite sslproto '' %s\n",
		host, port, protocol, flag, fetchBox, fetchPassword, options, sink)
	home := t.TempDir()
	o := execute(t, "", []string{"FETCHMAILHOME=" + home}, fetchmail,
		"--silent", "--nodetach", "--invisible", "--pidfile", filepath.Join(home, "pid"), "-f", write(t, "fetchmailrc", config))
	if o.status != 0 {
		t.Fatalf("fetchmail ended with status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
}

// TestGetmail: getmail writes LF, and with its Received and Delivered-To switched
// off it adds a Return-Path, which is taken off here.
func TestGetmail(t *testing.T) {
	getmail := catchertest.NeedProgram(t, "getmail")
	for _, c := range []struct {
		name, remove string
		left         int
	}{
		{"keep", "false", len(fetched)},
		{"delete", "true", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := filled(t)
			host, port := hostPort(t, p.pop3)
			dir, home := t.TempDir(), t.TempDir()
			config := fmt.Sprintf("[retriever]\ntype = SimplePOP3Retriever\nserver = %s\nport = %s\nusername = %s\npassword = x\n"+
				"[destination]\ntype = MDA_external\npath = /bin/sh\narguments = ('-c', 'cat > $(mktemp -p %s)')\nallow_root_commands = true\n"+
				"[options]\ndelete = %s\nreceived = false\ndelivered_to = false\nverbose = 0\n", host, port, fetchBox, dir, c.remove)
			must(t, "", getmail, "--getmaildir", home, "--rcfile", write(t, "getmailrc", config))
			got := files(t, dir)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "Return-Path: <unknown>\n")
			}
			wantFetched(t, got, unix)
			wantLeft(t, p, c.left)
		})
	}
}

// TestPoplib: poplib takes no line of more than 2048 octets; fetched has none.
func TestPoplib(t *testing.T) {
	python := needPython(t)
	top := func(mail string) string {
		head, body, _ := strings.Cut(mail, "\r\n\r\n")
		line, _, _ := strings.Cut(body, "\r\n")
		return head + "\r\n\r\n" + line + "\r\n"
	}
	for _, c := range []struct {
		name string
		edit func(string) string
		left int
	}{
		{"fetch", asSent, len(fetched)},
		{"top", top, len(fetched)},
		{"apop", asSent, len(fetched)},
		{"utf8", asSent, len(fetched)},
		{"delete", asSent, 0},
		{"reset", asSent, len(fetched)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := filled(t, "--pop3-password", fetchPassword)
			host, port := hostPort(t, p.pop3)
			out := []byte(must(t, "", python, "catcher/catchertest/testdata/poplib_fetch.py", host, port, fetchBox, fetchPassword, c.name))
			var got []string
			for len(out) > 0 {
				digits, rest, _ := bytes.Cut(out, []byte("\n"))
				n, err := strconv.Atoi(string(digits))
				if err != nil || n > len(rest) {
					t.Fatalf("after %d messages: %.100q", len(got), out)
				}
				got, out = append(got, string(rest[:n])), rest[n:]
			}
			wantFetched(t, got, c.edit)
			wantLeft(t, p, c.left)
		})
	}
}

// TestFetchPipelined: all commands in one write, all replies in their order, each
// message as it was sent.
func TestFetchPipelined(t *testing.T) {
	t.Parallel()
	p := filled(t)
	c := dialPOP3(t, p.pop3)
	var commands strings.Builder
	fmt.Fprintf(&commands, "CAPA\r\nUSER %s\r\nPASS x\r\nSTAT\r\nUIDL\r\n", fetchBox)
	for n := range fetched {
		fmt.Fprintf(&commands, "RETR %d\r\nTOP %d 0\r\nDELE %d\r\n", n+1, n+1, n+1)
	}
	commands.WriteString("QUIT\r\n")
	c.write(commands.String())

	c.multi()
	c.line()
	c.line()
	total := 0
	for _, mail := range fetched {
		total += len(mail)
	}
	if got, want := c.line(), fmt.Sprintf("+OK %d %d", len(fetched), total); got != want {
		t.Errorf("STAT says %q, want %q", got, want)
	}
	c.multi()
	var got []string
	for range fetched {
		got = append(got, c.multi())
		c.multi()
		c.line()
	}
	c.line()
	c.end()
	wantFetched(t, got, asSent)
	wantLeft(t, p, 0)
}
