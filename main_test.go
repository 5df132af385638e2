package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// call runs the program with a world of its own.
func call(t *testing.T, env map[string]string, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := program{"postroom", func(name string) string { return env[name] }, strings.NewReader(stdin), &out, &errs}
	status = p.run(t.Context(), append([]string{"postroom"}, args...))
	return status, out.String(), errs.String()
}

func wantFailure(t *testing.T, status int, stdout, stderr string, wantStatus int, wantText string) {
	t.Helper()
	if status != wantStatus || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, wantText) || stdout != "" {
		t.Errorf("status %d (want %d), stdout %q, stderr %q (want one line with %q)", status, wantStatus, stdout, stderr, wantText)
	}
}

func TestBadUsageIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	port := taken.Addr().String()
	missing := filepath.Join(t.TempDir(), "no", "such.sock")
	for _, tc := range []struct {
		args []string
		env  map[string]string
		want string
	}{
		{[]string{"--no-such"}, nil, "--no-such"},
		{[]string{"dance"}, nil, `"dance"`},
		{[]string{"serve", "extra"}, nil, `"extra"`},
		{[]string{"--smtp", port}, nil, "--smtp " + port + ": already in use"},
		{[]string{"--smtp=off", "--pop3", port}, nil, "--pop3 " + port},
		{[]string{"--smtp=off", "--pop3=off", "--http", port}, nil, "--http " + port},
		{[]string{"--smtp=off", "--pop3=off", "--http=off"}, nil, "nothing to do"},
		{[]string{"--smtp", "unix:" + missing}, nil, "--smtp unix:"},
		{[]string{"--tls", "on"}, nil, `--tls "on": want auto or off`},
		{[]string{"--tls-cert", missing}, nil, "--tls-cert and --tls-key go together"},
		{[]string{"--tls-cert", missing, "--tls-key", missing}, nil, "TLS: open " + missing},
		{[]string{"--accounts", missing}, nil, "--accounts: open " + missing},
		{[]string{"--accounts", missing, "--pop3-password", "x"}, nil, "--accounts and --pop3-password exclude each other"},
		{[]string{"--require-tls"}, nil, "--require-tls needs --tls auto"},
		{[]string{"--smtps", "127.0.0.1:0"}, nil, "--smtps, --pop3s and --https need --tls auto"},
		{[]string{"--tls=auto", "--https", port}, nil, "--https " + port + ": already in use"},
		{[]string{"--http-host", "https://mail.dev.example"}, nil, `--http-host "https://mail.dev.example": want a name`},
		{[]string{"--http-host", "mail.dev.example:8443"}, nil, "without https:// and port"},
		{[]string{"--base-path", "mail"}, nil, `--base-path "mail": want a path such as /mail`},
		{[]string{"--base-path", "/v1"}, nil, `--base-path "/v1": the page and the API have paths of their own`},
		{nil, map[string]string{"POSTROOM_BASE_PATH": "/a b"}, `--base-path "/a b": want`},
		{[]string{"--smtp", "nonsense"}, nil, "--smtp nonsense"},
		{[]string{"--smtp", ""}, nil, "want host:port"},
		{[]string{"--smtp=off", "--pop3", "unix:"}, nil, "want host:port"},
		{[]string{"--max-bytes", "lots"}, nil, "want a size"},
		{[]string{"--max-messages", "-1"}, nil, "not negative"},
		{[]string{"--max-age", "old"}, nil, "want a duration"},
		{[]string{"--max-message-size", "0"}, nil, "--max-message-size must not be 0"},
		{[]string{"--grace", "0"}, nil, "--grace must not be 0"},
		{[]string{"--log-level", "loud"}, nil, `"loud"`},
		{[]string{"--domain", "two words"}, nil, "no domain name"},
		{nil, map[string]string{"POSTROOM_MAX_BYTES": "x"}, "POSTROOM_MAX_BYTES"},
		{[]string{"send"}, nil, "stdin is empty"},
		{[]string{"send", "--subject", "x"}, nil, "--to"},
		{[]string{"send", "--to", "nobody", "--subject", "x", "--attach", missing}, nil, "--attach"},
		{[]string{"send", "--to", "a b c", "--subject", "x"}, nil, `"a b c"`},
		{[]string{"send", "--to", "a@b", "--header", "none"}, nil, "--header"},
		{[]string{"health", "--http=off", "--smtp=off"}, nil, "nobody to ask"},
		{[]string{"version", "x"}, nil, `"x"`},
	} {
		status, stdout, stderr := call(t, tc.env, "", tc.args...)
		t.Log(tc.args, stderr)
		wantFailure(t, status, stdout, stderr, exitUsage, tc.want)
	}
}

func TestHelpGoesToStdout(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"help"}, {"send", "--help"}, {"sendmail", "--help"}, {"import", "--help"}, {"export", "--help"}, {"health", "-h"}, {"version", "--help"}} {
		status, stdout, stderr := call(t, nil, "", args...)
		if status != exitOK || !strings.Contains(stdout, "Usage:") || stderr != "" {
			t.Errorf("%v: status %d, stdout %q, stderr %q", args, status, stdout, stderr)
		}
	}
	if status, stdout, _ := call(t, nil, "", "version"); status != exitOK || !strings.HasPrefix(stdout, "postroom "+version) {
		t.Errorf("version: %d, %q", status, stdout)
	}
}

func TestFlagBeatsEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"POSTROOM_MAX_AGE": "1h", "POSTROOM_MAX_BYTES": "2KiB"}
	p := program{env: func(name string) string { return env[name] }}
	var s settings
	flags := p.newFlags("serve", "")
	s.flags(flags)
	if err := p.parseFlags(flags, []string{"--max-age=7d"}); err != nil {
		t.Fatal(err)
	}
	if time.Duration(s.maxAge) != 7*24*time.Hour || s.maxBytes != 2048 {
		t.Errorf("max-age %v, max-bytes %v", s.maxAge, s.maxBytes)
	}
}

// TestFlagValues: what is shown can be set again, and means the same.
func TestFlagValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		v        pflag.Value
		set, get string
	}{
		{new(octets), "1024", "1KiB"}, {new(octets), "50MiB", "50MiB"}, {new(octets), "1GB", "1000000000"},
		{new(octets), "1.5G", ""}, {new(octets), "-1", ""}, {new(octets), "9999999TiB", ""}, {new(octets), "MB", ""}, {new(octets), "1X", ""},
		{new(octets), "0", "0"}, {new(octets), "3 k", "3KiB"}, {new(octets), "1iB", ""},
		{new(span), "7d", "7d"}, {new(span), "90s", "1m30s"}, {new(span), "36h", "36h"}, {new(span), "5m", "5m"}, {new(span), "0", "0"},
		{new(span), "d", ""}, {new(span), "-1h", ""}, {new(span), "-1d", ""}, {new(span), "999999999d", ""},
		{new(count), "7", "7"}, {new(count), "-7", ""}, {new(count), "7.5", ""},
	} {
		err := tc.v.Set(tc.set)
		if (err != nil) != (tc.get == "") {
			t.Errorf("%T %q: %v", tc.v, tc.set, err)
		}
		if err == nil && tc.v.String() != tc.get {
			t.Errorf("%T %q is shown as %q, want %q", tc.v, tc.set, tc.v.String(), tc.get)
		}
	}
}

// only returns the one message in a catcher and its body.
func only(t *testing.T, c *catchertest.Catcher) (mail.Message, string) {
	t.Helper()
	page, err := c.List(t.Context(), store.Query{})
	if err != nil || len(page.Messages) != 1 {
		t.Fatalf("%d messages, %v", len(page.Messages), err)
	}
	r, err := c.Open(t.Context(), page.Messages[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return page.Messages[0], string(body)
}

func recipients(m mail.Message) string {
	var to []string
	for _, r := range m.Envelope.To {
		to = append(to, r.Address)
	}
	return strings.Join(to, " ")
}

func TestSendComposes(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	file := filepath.Join(t.TempDir(), "größe.txt")
	if err := os.WriteFile(file, bytes.Repeat([]byte("data "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := call(t, nil, "", "send", "--server", c.SMTPAddr(), "--from", "Jürgen <j@a.test>",
		"--to", "Alice <alice@a.test>", "--to", "bob@a.test", "--cc", "carol@a.test", "--bcc", "eve@a.test",
		"--subject", "Grüße 你好", "--text", "Text ü\n.\n", "--html", "<b>ü</b>", "--attach", file, "--header", "X-Test: ja")
	m, body := only(t, c)
	if status != exitOK || stderr != "" || !strings.Contains(stdout, m.ID.String()) {
		t.Fatalf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if m.Envelope.From != "j@a.test" || recipients(m) != "alice@a.test bob@a.test carol@a.test eve@a.test" {
		t.Errorf("envelope %+v", m.Envelope)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": "=?utf-8?q?J=C3=BCrgen?= <j@a.test>", "To": `"Alice" <alice@a.test>, <bob@a.test>`,
		"Cc": "<carol@a.test>", "Bcc": "", "X-Test": "ja", "Subject": "=?utf-8?q?Gr=C3=BC=C3=9Fe_=E4=BD=A0=E5=A5=BD?=",
	} {
		if got := parsed.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, part := range []string{"multipart/mixed", "multipart/alternative", "Text =C3=BC\r\n", "<b>=C3=BC</b>", "filename*=utf-8''gr%C3%B6%C3%9Fe.txt", "ZGF0YSBkYXRhI"} {
		if !strings.Contains(body, part) {
			t.Errorf("%q is missing in\n%s", part, body)
		}
	}
	for line := range strings.Lines(body) {
		if len(line) > 78 || !strings.HasSuffix(line, "\r\n") {
			t.Errorf("line %q", line)
		}
	}
}

// TestSendmailSpeaksSMTP: what Symfony's Mailer does by default.
func TestSendmailSpeaksSMTP(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	talk := "EHLO app\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n"
	status, out, stderr := call(t, nil, talk, "sendmail", "-bs", "-S", c.SMTPAddr())
	m, body := only(t, c)
	if status != exitOK || stderr != "" || !strings.Contains(out, "queued as "+m.ID.String()) || body != "Subject: x\r\n\r\n.\r\n" {
		t.Errorf("status %d, stderr %q, body %q, said %s", status, stderr, body, out)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	again, err := listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := listen(t.Context(), "unix:"+path); err == nil {
		l.Close()
		t.Error("an ordinary file was replaced")
	}
}

func TestCallName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/usr/local/bin/postroom": "postroom", "postroom": "postroom",
		filepath.Join(os.TempDir(), "go-build123", "b001", "exe", "postroom"): "go run .",
	} {
		if got := callName(path); got != want {
			t.Errorf("callName(%q) = %q", path, got)
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		":8025": "localhost:8025", "0.0.0.0:1": "localhost:1", "[::]:1": "localhost:1",
		"127.0.0.1:1": "127.0.0.1:1", "host:1": "host:1", "/path": "/path",
	} {
		if got := reachable(in); got != want {
			t.Errorf("reachable(%q) = %q", in, got)
		}
	}
}

func TestGroupTellsTheFirstFailure(t *testing.T) {
	t.Parallel()
	g, cancel := newGroup(t.Context())
	defer cancel()
	boom := errors.New("boom")
	g.run(func(ctx context.Context) error { <-ctx.Done(); return nil })
	g.run(func(context.Context) error { return boom })
	if err := g.wait(); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	g, cancel = newGroup(t.Context())
	g.run(func(ctx context.Context) error { <-ctx.Done(); return nil })
	cancel()
	if err := g.wait(); err != nil {
		t.Errorf("got %v", err)
	}
}
