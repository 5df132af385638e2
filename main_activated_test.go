//go:build unix

package main

// Listeners that are handed to the program by who starts it.

import (
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
)

func TestDescriptor(t *testing.T) {
	t.Parallel()
	names := []string{"smtp", "pop3", "http"}
	for _, c := range []struct {
		name string
		n    int
		want int // 0: an error
	}{
		{"smtp", 3, 3}, {"http", 3, 5}, {"3", 3, 3}, {"5", 3, 5},
		{"http", 2, 0}, {"imap", 3, 0}, {"", 3, 0}, {"2", 3, 0}, {"6", 3, 0}, {"-1", 3, 0},
	} {
		got, err := descriptor(c.name, c.n, names)
		if got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%q of %d: %d, %v, want %d", c.name, c.n, got, err, c.want)
		}
	}
	if _, err := descriptor("", 1, []string{""}); err == nil {
		t.Error("a descriptor without a name has one")
	}
}

// handed makes a command that starts the program with listeners from descriptor 3 on.
func handed(t *testing.T, names string, listeners []net.Listener, flags ...string) *exec.Cmd {
	t.Helper()
	script := fmt.Sprintf(`export LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES=%s; exec "$0" "$@"`, len(listeners), names)
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, binary(t), "--log-level", "warn"}, flags...)...)
	cmd.Env = bareEnv(t)
	for _, l := range listeners {
		file, err := l.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	return cmd
}

func newListener(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestActivated: the mail of a client that came before the program was started is
// taken, and all doors are those that were handed in, by name or number.
func TestActivated(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "pop3")
	doors := []net.Listener{newListener(t, "tcp", "127.0.0.1:0"), newListener(t, "unix", socket), newListener(t, "tcp", "127.0.0.1:0")}
	early, err := net.Dial("tcp", doors[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()

	p := launch(t, handed(t, "smtp:pop3:http", doors, "--smtp", "fd:smtp", "--pop3", "fd:pop3", "--http", "fd:5"))
	if p.smtp != doors[0].Addr().String() || p.pop3 != "unix:"+socket || p.page != "http://"+doors[2].Addr().String()+"/" {
		t.Errorf("announced are %s, %s and %s", p.smtp, p.pop3, p.page)
	}
	c, err := smtp.NewClient(early, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
	p.sendMail(t, "app@a.test", "Subject: x\r\n\r\ny\r\n", "alice@a.test")
	if n := p.count(t, "alice@a.test"); n != 1 {
		t.Errorf("%d mails", n)
	}
	p.stop(t)
	if _, err := os.Lstat(socket); err != nil {
		t.Errorf("the socket of who started the program is gone with it: %v", err)
	}
}

func TestActivatedRefuses(t *testing.T) {
	t.Parallel()
	door := newListener(t, "tcp", "127.0.0.1:0")
	for _, c := range []struct {
		flags []string
		words []string
	}{
		{[]string{"--smtp", "fd:imap"}, []string{"--smtp", "fd:imap", "smtp"}},
		{[]string{"--smtp", "fd:4"}, []string{"--smtp", "3"}},
		{[]string{"--smtp", "fd:smtp", "--http", "fd:smtp"}, []string{"--http", "fd:smtp", "twice"}},
	} {
		cmd := handed(t, "smtp", []net.Listener{door}, append([]string{"--pop3", "off", "--http", "off"}, c.flags...)...)
		var said strings.Builder
		cmd.Stderr = &said
		cmd.Run() // its status is looked at
		wantOneLine(t, outcome{status: cmd.ProcessState.ExitCode(), stderr: said.String()}, exitUsage, "postroom: ", c.words...)
	}
	o := execute(t, "", []string{"LISTEN_PID=1", "LISTEN_FDS=1"}, binary(t), "--smtp", "fd:smtp", "--pop3", "off", "--http", "off")
	wantOneLine(t, o, exitUsage, "postroom: ", "--smtp", "not started by socket activation")
}

// TestSystemdActivates has systemd's own tool start the program when the first client comes.
func TestSystemdActivates(t *testing.T) {
	t.Parallel()
	tool := catchertest.NeedProgram(t, "systemd-socket-activate")
	dir := t.TempDir()
	door := func(name string) string { return filepath.Join(dir, name) }
	cmd := exec.Command(tool, "-l", door("smtp"), "-l", door("pop3"), "-l", door("http"), "--fdname", "smtp:pop3:http",
		binary(t), "--smtp", "fd:smtp", "--pop3", "fd:pop3", "--http", "fd:http", "--log-level", "off")
	cmd.Env = bareEnv(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait() // killed
	})
	await(t, "the sockets", func() bool {
		_, err := os.Lstat(door("http"))
		return err == nil
	})
	must(t, "", binary(t), "send", "--server", "unix:"+door("smtp"), "--to", "alice@a.test", "--subject", "Hello", "--text", "x")
	must(t, "", binary(t), "expect", "--http", "unix:"+door("http"), "--to", "alice@a.test", "--subject", "Hello")
}
