package main

// Expectations and commands on the command line: the built program against itself.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/ui/api"
)

const signUp = "From: Shop <shop@a.test>\r\nTo: alice@a.test\r\nSubject: Welcome, Alice\r\nX-Job: 7\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYour code is 482913\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
	"<p>Your code is <b>482913</b> <a href=\"https://a.test/confirm?t=1\">Confirm</a>\r\n" +
	"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=data.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAP8NCgA=\r\n--b--\r\n"

func TestExpect(t *testing.T) {
	p := start(t)
	dialSMTP(t, p.smtp).send("shop@a.test", "alice@a.test", signUp)
	id := p.only(t, "alice@a.test").ID
	for _, c := range []struct {
		name, args     string // separated by |
		status         int
		stdout, stderr string
	}{
		{"id", "--to|alice@a.test", 0, id + "\n", ""},
		{"values in the order given", "--extract|n=link:Confirm|--extract|code|--extract|header:X-Job", 0, "https://a.test/confirm?t=1\n482913\n7\n", ""},
		{"octets of an attachment", "--extract|attachment:*.bin", 0, "\x00\xff\r\n\x00", ""},
		{"header with a colon", "--header|X-Job: 7", 0, id + "\n", ""},
		{"header with =", "--header|X-Job=/^7$/", 0, id + "\n", ""},
		{"many tests", "--subject|~Alice|--subject|!~Bob|--from|~shop@|--bcc|!|--attachment|data.bin|--recipients|1", 0, id + "\n", ""},
		{"none", "--to|bob@a.test|--none|--within|0s|--settle|1ms", 0, "", ""},
		{"not met", "--subject|welcome, alice|--within|1ms", 1, "", "Welcome, Alice"},
		{"one too many", "--none|--within|0s", 1, "", "Welcome, Alice"},
		{"bad test", "--subject|/(/", 2, "", "--subject"},
		{"bad count", "--count|few", 2, "", "--count"},
		{"count and none", "--count|2|--none", 2, "", "--none"},
		{"bad duration", "--within|soon", 2, "", "--within"},
		{"bad cursor", "--after|yesterday", 2, "", "--after"},
		{"bad query", "--query|size:huge", 2, "", "--query"},
		{"bad extract", "--extract|colour", 2, "", "--extract"},
		{"a name twice", "--extract|code|--extract|code", 2, "", "twice"},
		{"bad header", "--header|X-Job", 2, "", "--header"},
		{"bad size", "--size|huge", 2, "", "--size"},
		{"argument", "mail", 2, "", "mail"},
		{"unset variable", "--to||--within|0s", 2, "", "--to is empty"},
		{"a folder", "--report|/", 2, "", "--report"},
		{"one file for two", "--report|x|--junit|x", 2, "", "same file"},
		{"no folder", "--junit|/no/such/folder/f.xml", 2, "", "--junit"},
		{"off", "--http|off", 2, "", "nobody to ask"},
		{"no server", "--http|" + deserted(t), 3, "", "no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, "", []string{"POSTROOM_HTTP=" + p.httpAddress()}, binary(t), append([]string{"expect"}, strings.Split(c.args, "|")...)...)
			if o.status != c.status || o.stdout != c.stdout || (c.stderr == "") != (o.stderr == "") || !strings.Contains(o.stderr, c.stderr) {
				t.Errorf("status %d, stdout %q, stderr %q; want %d, %q, %q", o.status, o.stdout, o.stderr, c.status, c.stdout, c.stderr)
			}
			if c.status > 1 && strings.Count(o.stderr, "\n") != 1 {
				t.Errorf("stderr %q, want a line", o.stderr)
			}
		})
	}
}

// TestExpectResumes: on 202 it asks again with what it was given, and no more.
func TestExpectResumes(t *testing.T) {
	t.Parallel()
	var asked []api.Expect
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e api.Expect
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		if asked = append(asked, e); len(asked) < 3 {
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprintf(w, `{"resume":"token %d","left":"1m"}`, len(asked))
			return
		}
		io.WriteString(w, `{"messages":[{"id":"M"}],"extracted":{"code":{"value":"42"}}}`)
	}))
	defer server.Close()
	status, stdout, stderr := call(t, nil, "", "expect", "--http", server.Listener.Addr().String(), "--to", "a@a.test",
		"--subject", "!~x", "--count", "2+", "--within", "5m", "--extract", "code")
	if status != 0 || stdout != "42\n" || stderr != "" || len(asked) != 3 {
		t.Fatalf("status %d, stdout %q, stderr %q, asked %+v", status, stdout, stderr, asked)
	}
	got, _ := json.Marshal(asked[0])
	if want := `{"to":"a@a.test","match":[{"field":"subject","contains":"x","not":true}],"count":{"atLeast":2},"within":"5m","extract":{"code":"code"}}`; string(got) != want {
		t.Errorf("asked %s\nwant %s", got, want)
	}
	if got, _ := json.Marshal(asked[2]); string(got) != `{"resume":"token 2"}` {
		t.Errorf("resumed with %s", got)
	}
}

// TestExpectServerFails: what is no verdict must not pass for one.
func TestExpectServerFails(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{"503 {}": exitNoServer, "404 {}": exitNoServer, "200 nonsense": exitNoServer, "202 {}": exitNoServer, "400 {}": exitUsage} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var status int
			var body string
			fmt.Sscan(answer, &status, &body)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}))
		status, stdout, stderr := call(t, nil, "", "expect", "--http", server.Listener.Addr().String())
		wantFailure(t, status, stdout, stderr, want, "")
		server.Close()
	}
}

// TestCursorAndAddress: all that a shell script needs.
func TestCursorAndAddress(t *testing.T) {
	t.Parallel()
	p := start(t)
	ask := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(must(t, "", binary(t), append(args, "--http", p.httpAddress())...))
	}
	to := ask("address", "--prefix", "signup", "--domain", "a.test", "--rule", "rcpt first=1 reply 451 4.7.1")
	if !strings.HasPrefix(to, "signup-") || !strings.HasSuffix(to, "@a.test") {
		t.Errorf("address %q", to)
	}
	if o := execute(t, "", nil, binary(t), "send", "--server", p.smtp, "--to", to, "--text", "x"); o.status != 1 || !strings.Contains(o.stderr, "4.7.1") {
		t.Errorf("the rule does not count: %+v", o)
	}
	must(t, "", binary(t), "send", "--server", p.smtp, "--to", to, "--text", "x")
	if ask("expect", "--to", to) == "" {
		t.Error("no id")
	}
	ask("expect", "--to", to, "--after", ask("cursor"), "--none", "--within", "0s", "--settle", "1ms")
	o := execute(t, "", nil, binary(t), "address", "--http", p.httpAddress(), "--rule", "nonsense")
	wantOneLine(t, o, exitUsage, "postroom: ", "nonsense")
}

// TestJUnit: the expectations of a script make one suite.
func TestJUnit(t *testing.T) {
	t.Parallel()
	p := start(t)
	file := filepath.Join(t.TempDir(), "j.xml")
	run := func(status int, args ...string) {
		t.Helper()
		o := execute(t, "", nil, binary(t), append([]string{"expect", "--http", p.httpAddress(), "--junit", file, "--within", "1ms"}, args...)...)
		if o.status != status {
			t.Errorf("%q: status %d, %s", args, o.status, o.stderr)
		}
	}
	dialSMTP(t, p.smtp).send("a@a.test", "b@b.test", "Subject: \x1b]]><&\"\r\n\r\nx\r\n")
	run(0, "--name", "first")
	run(1, "--subject", "~<other>")
	run(3, "--http", deserted(t), "--name", "third")
	run(2, "--count", "few")
	s, err := readSuite(file)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Suite.Cases
	if s.Suite.Tests != 3 || s.Suite.Failures != 1 || s.Suite.Errors != 1 || len(c) != 3 {
		t.Fatalf("suite %+v", s.Suite)
	}
	if c[0].Name != "first" || c[0].Failure != nil || !strings.Contains(c[0].Out, p.page+"message/") {
		t.Errorf("first %+v", c[0])
	}
	if c[1].Name != "mail within 1ms, subject ~<other>" || c[1].Failure == nil || !strings.Contains(c[1].Failure.Text, "]]><&") {
		t.Errorf("second %+v", c[1])
	}
	foreign := write(t, "f.xml", "<testsuites><testsuite name='other'/></testsuites>")
	file = foreign
	run(2)
	if text, err := os.ReadFile(foreign); err != nil || !strings.Contains(string(text), "other") {
		t.Errorf("a foreign file was changed: %s, %v", text, err)
	}
}

// TestWaitingIsTold: a terminal hears every second that we wait, and then no more.
func TestWaitingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		stop := tellWaiting(&out, "waiting", time.Now())
		time.Sleep(2500 * time.Millisecond) // of the bubble
		stop()
		if want := "\rwaiting  1 s\x1b[K\rwaiting  2 s\x1b[K\r\x1b[K"; out.String() != want {
			t.Errorf("told %q", out.String())
		}
		out.Reset()
		tellWaiting(&out, "waiting", time.Now())()
		if out.Len() != 0 {
			t.Errorf("told %q", out.String())
		}
	})
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout string
	}{
		{"status", []string{"--", "sh", "-c", "exit 7"}, 7, ""},
		{"no dashes", []string{"sh", "-c", "exit 6"}, 6, ""},
		{"signal", []string{"--", "sh", "-c", "kill -KILL $$"}, 137, ""},
		{"no such command", []string{"--", "no-such-command"}, 127, ""},
		{"no program", []string{"--", "/"}, 126, ""},
		{"no command", nil, 2, ""},
		{"bad flag", []string{"--max-bytes", "many", "--", "true"}, 2, ""},
		{"stdin", []string{"--", "cat"}, 0, "in"},
		{"door off", []string{"--pop3", "off", "--", "sh", "-c", "echo $POSTROOM_POP3$POSTROOM_POP3_PORT"}, 0, "off\n"},
		{"finds it", []string{"--", "sh", "-c", `"$0" send --to a@a.test --server $SMTP_HOST:$SMTP_PORT --text x >&2; "$0" sendmail b@b.test </dev/null; "$0" expect --count 1 --to a@a.test --extract text`, binary(t)}, 0, "x\n"},
		{"nested", []string{"--", binary(t), "run", "--", "sh", "-c", `"$0" expect --none --within 0s --settle 1ms && echo fresh`, binary(t)}, 0, "fresh\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, "in", []string{"POSTROOM_HTTP=192.0.2.1:1", "POSTROOM_DATA=/no/such"}, binary(t), append([]string{"run"}, c.args...)...)
			if o.status != c.status || strings.TrimSpace(o.stdout) != strings.TrimSpace(c.stdout) {
				t.Errorf("status %d, stdout %q, stderr %q; want %d, %q", o.status, o.stdout, o.stderr, c.status, c.stdout)
			}
		})
	}
}

// TestRunHidesOtherServers: mail must not go elsewhere because a door is off.
func TestRunHidesOtherServers(t *testing.T) {
	t.Parallel()
	got := listeners{}.environment([]string{"HOME=/x", "SMTP_HOST=mail.test", "SMTP_PORT=25", "POSTROOM_SERVER=mail.test:25", "POSTROOM_URL=http://mail.test"})
	want := "HOME=/x POSTROOM_SMTP=off POSTROOM_SERVER=off POSTROOM_POP3=off POSTROOM_HTTP=off"
	if strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// TestRunEnvironmentIsNoFlag: what run tells the command must not be read as a
// setting by a postroom in it, but for the addresses.
func TestRunEnvironmentIsNoFlag(t *testing.T) {
	t.Parallel()
	s := settings{smtp: "127.0.0.1:0", pop3: "127.0.0.1:0", http: "127.0.0.1:0", tls: tlsSettings{smtps: "off", pop3s: "off", https: "off"}}
	ls, err := s.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ls.close()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.flags(flags)
	for _, e := range ls.environment(nil) {
		name, _, _ := strings.Cut(e, "=")
		flags.VisitAll(func(f *pflag.Flag) {
			if name == envName(f.Name) && f.Name != "smtp" && f.Name != "pop3" && f.Name != "http" {
				t.Errorf("%s is the twin of --%s", name, f.Name)
			}
		})
	}
}
