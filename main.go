// Postroom catches all mail that an application sends, and shows it: over POP3,
// over an HTTP API and in a live page.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
)

// version is that of the next or present release. It is a variable for the linker only
// (-X main.version=1.2.3), and nothing assigns it: what is built without git, as in a
// container, has no version in its build info that could be read in its place.
var version = "0.1.0"

// Exit statuses. The sendmail subcommand has others: those of sysexits.h.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNoServer    = 3
	exitInterrupted = 130
)

// A usageError is the user's: a bad flag, a bad value, a taken port.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// An exitError ends the program with a status of its own. With a nil error there is
// nothing to say.
type exitError struct {
	status int
	error
}

func (e exitError) Unwrap() error { return e.error }

func (e exitError) Error() string {
	if e.error == nil {
		return fmt.Sprintf("status %d", e.status)
	}
	return e.error.Error()
}

// A program is what a subcommand gets of the world.
type program struct {
	name           string // by which the user can call it again
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	p := program{callName(os.Args[0]), os.Getenv, os.Stdin, os.Stdout, os.Stderr}
	os.Exit(p.run(ctx, os.Args))
}

// callName is "go run ." for what that has built in a place of its own.
func callName(path string) string {
	if strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ."
	}
	return "postroom"
}

// run does what the command line says and returns the exit status.
func (p program) run(ctx context.Context, args []string) int {
	if strings.TrimSuffix(filepath.Base(args[0]), ".exe") == "sendmail" {
		return p.sendmail(ctx, args[1:])
	}
	name, rest := "serve", args[1:]
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		name, rest = rest[0], rest[1:]
	}
	switch name {
	case "serve":
		return p.finish(p.serve(ctx, rest))
	case "send":
		return p.finish(p.send(ctx, rest))
	case "expect":
		return p.finish(p.expect(ctx, rest))
	case "cursor":
		return p.finish(p.cursor(ctx, rest))
	case "address":
		return p.finish(p.address(ctx, rest))
	case "run":
		return p.finish(p.runCommand(ctx, rest))
	case "sendmail":
		return p.sendmail(ctx, rest)
	case "import":
		return p.finish(p.importMail(ctx, rest))
	case "export":
		return p.finish(p.export(ctx, rest))
	case "health":
		return p.finish(p.health(ctx, rest))
	case "version":
		return p.finish(p.version(rest))
	case "help":
		return p.finish(p.serve(ctx, []string{"--help"}))
	}
	return p.finish(usagef("no such subcommand: %q (serve, send, expect, address, cursor, run, sendmail, import, export, health, version)", name))
}

// finish says on one line what went wrong and returns the exit status.
func (p program) finish(err error) int {
	var usage usageError
	var exit exitError
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintln(p.stderr, "postroom:", oneLine(err))
		return exitUsage
	case errors.As(err, &exit) && error(exit) == err && exit.error == nil:
		return exit.status
	case errors.As(err, &exit):
		fmt.Fprintln(p.stderr, "postroom:", oneLine(err))
		return exit.status
	}
	fmt.Fprintln(p.stderr, "postroom:", oneLine(err))
	return exitFailed
}

// both joins errors where there are two: an exitError stays what it is.
func both(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
