package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

const runIntro = `Run a command with a Postroom of its own: in memory, on free ports of the
loopback, and gone with the command. The exit status is that of the command:
128 and the signal's number if one ended it, 127 if there is no such command,
126 if it cannot be run, 1 if Postroom fails.

Usage:
  postroom run [flags] -- COMMAND ARGUMENTS…
  postroom run -- npm test

The command finds it by these variables of its environment:

  POSTROOM_SMTP, POSTROOM_POP3, POSTROOM_HTTP
      host:port; for "postroom expect" and its like
  POSTROOM_SERVER
      host:port of SMTP; for "postroom send" and sendmail
  POSTROOM_URL
      of the page and the HTTP API
  POSTROOM_SMTP_HOST, POSTROOM_SMTP_PORT, POSTROOM_POP3_HOST,
  POSTROOM_POP3_PORT, POSTROOM_HTTP_PORT
      the same in parts
  SMTP_HOST, SMTP_PORT, MAIL_HOST, MAIL_PORT, EMAIL_HOST, EMAIL_PORT
      as applications name them

Flags are those of serve. Of their twins in the environment those of --smtp,
--pop3, --http, --smtps, --pop3s, --https and --data do not count here.`

// stopLimit is how long a command gets to end when Postroom has failed.
const stopLimit = 10 * time.Second

func (p program) runCommand(ctx context.Context, args []string) error {
	var s settings
	var report string
	flags := p.newFlags("run", runIntro)
	flags.SetInterspersed(false)
	s.flags(flags)
	for name, value := range map[string]string{"smtp": "127.0.0.1:0", "pop3": "127.0.0.1:0", "http": "127.0.0.1:0", "log-level": "warn"} {
		f := flags.Lookup(name)
		f.DefValue = value
		if err := f.Value.Set(value); err != nil {
			return err
		}
	}
	flags.StringVar(&report, "report", "", "HTML `file` to write about all mail, should the command fail")
	fresh := p
	fresh.env = func(name string) string {
		if slices.Contains([]string{"POSTROOM_SMTP", "POSTROOM_POP3", "POSTROOM_HTTP", "POSTROOM_SMTPS", "POSTROOM_POP3S", "POSTROOM_HTTPS", "POSTROOM_DATA", "POSTROOM_REPORT"}, name) {
			return ""
		}
		return p.env(name)
	}
	if err := fresh.parseFlags(flags, args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return usagef("no command: want postroom run -- COMMAND")
	}
	if err := mayMake(report); report != "" && err != nil {
		return usagef("--report %s: %w", report, err)
	}
	if report != "" && s.http == "off" {
		return usagef("--report needs --http")
	}
	log, err := s.ready(p, flags)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 4) // before the doors open, so that none is lost
	signal.Notify(signals, passedSignals()...)
	defer signal.Stop(signals)
	room, err := s.open(ctx, log)
	if err != nil {
		return err
	}
	return p.around(ctx, &s, room, log, childCommand{flags.Args(), report, signals})
}

// A childCommand is what is run.
type childCommand struct {
	args    []string
	report  string
	signals <-chan os.Signal
}

// around serves for as long as the command runs.
func (p program) around(ctx context.Context, s *settings, room room, log *slog.Logger, c childCommand) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx)) // signals are for the command
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- s.run(serving, room, log) }()
	child := exec.Command(c.args[0], c.args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = p.stdin, p.stdout, p.stderr
	child.Env = room.listeners.environment(os.Environ())
	if err := child.Start(); err != nil {
		stop()
		return both(cannotRun(c.args[0], err), <-failed)
	}
	err, down := c.attend(child, failed)
	if down {
		return fmt.Errorf("the server failed, and the command was stopped: %w", err)
	}
	if err != nil && c.report != "" {
		client := clientFor(where(room.listeners.http))
		defer client.CloseIdleConnections()
		err = both(err, c.write(serving, client, where(room.listeners.http), child.ProcessState.String()))
	}
	stop()
	return both(err, <-failed)
}

// attend waits for the command. Down says that Postroom ended before it.
func (c childCommand) attend(child *exec.Cmd, failed <-chan error) (err error, down bool) {
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for told := false; ; {
		select {
		case err := <-ended:
			return statusOf(child.ProcessState, err), false
		case err := <-failed:
			stopChild(child, ended)
			return err, true
		case sig := <-c.signals:
			switch {
			case told:
				child.Process.Kill()
			case sig != os.Interrupt || !inForeground(): // a terminal has told it already
				passOn(child, sig)
			}
			told = true
		}
	}
}

func stopChild(child *exec.Cmd, ended <-chan error) {
	passOn(child, syscall.SIGTERM)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		child.Process.Kill()
		<-ended
	}
}

// passOn sends a signal, or kills where there are none.
func passOn(child *exec.Cmd, sig os.Signal) {
	if err := child.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		child.Process.Kill()
	}
}

// statusOf is how a command ended, as a shell would say it.
func statusOf(state *os.ProcessState, err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return err
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitError{128 + int(status.Signal()), nil}
	}
	return exitError{state.ExitCode(), nil}
}

func cannotRun(name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return exitError{127, fmt.Errorf("%s: no such command", name)}
	}
	return exitError{126, fmt.Errorf("cannot run %s: %w", name, err)}
}

// environment is env, changed so that it tells a command where the doors are, and
// of no other mail server: mail must not leave because one of ours is off.
func (ls listeners) environment(env []string) []string {
	set := func(value string, names ...string) {
		env = slices.DeleteFunc(env, func(old string) bool {
			name, _, _ := strings.Cut(old, "=")
			return slices.Contains(names, name)
		})
		for _, name := range names {
			if value != "" {
				env = append(env, name+"="+value)
			}
		}
	}
	door := func(l net.Listener, names, hosts, ports []string) (hostPort string) {
		address, host, port := "off", "", ""
		if l != nil {
			address = where(l)
		}
		if l != nil && l.Addr().Network() != "unix" {
			host, port, _ = net.SplitHostPort(address)
			hostPort = address
		}
		set(address, names...)
		set(host, hosts...)
		set(port, ports...)
		return hostPort
	}
	door(ls.smtp, []string{"POSTROOM_SMTP", "POSTROOM_SERVER"},
		[]string{"POSTROOM_SMTP_HOST", "SMTP_HOST", "MAIL_HOST", "EMAIL_HOST"}, []string{"POSTROOM_SMTP_PORT", "SMTP_PORT", "MAIL_PORT", "EMAIL_PORT"})
	door(ls.pop3, []string{"POSTROOM_POP3"}, []string{"POSTROOM_POP3_HOST"}, []string{"POSTROOM_POP3_PORT"})
	page := door(ls.http, []string{"POSTROOM_HTTP"}, nil, []string{"POSTROOM_HTTP_PORT"}) // POSTROOM_HTTP_HOST is a flag's twin
	if page != "" {
		page = "http://" + page
	}
	set(page, "POSTROOM_URL")
	return env
}

// write tells of all mail after a command that failed.
func (c childCommand) write(ctx context.Context, client *http.Client, address, why string) error {
	r := &report{Title: strings.Join(c.args, " "), Verdict: "Failed", Why: why, Now: time.Now()}
	if err := r.write(ctx, client, address, c.report, nil); err != nil {
		return fmt.Errorf("--report %s: %w", c.report, err)
	}
	return nil
}
