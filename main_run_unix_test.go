//go:build !windows

package main

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestRunPassesSignalsOn: the command decides how it ends, and is waited for.
func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		cmd, out := runInBackground(t, "trap 'echo told; exit 9' INT TERM; echo ready; while :; do sleep 0.01; done")
		if line := out(); line != "ready" {
			t.Fatalf("%q", line)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if line := out(); line != "told" {
			t.Errorf("%v: the command says %q", sig, line)
		}
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != 9 {
			t.Errorf("%v: status %d", sig, status)
		}
	}
}

// runInBackground runs a shell script under run; out gives its lines.
func runInBackground(t *testing.T, script string) (cmd *exec.Cmd, out func() string) {
	t.Helper()
	cmd = exec.Command(binary(t), "run", "--", "sh", "-c", script)
	cmd.Env, cmd.SysProcAttr = bareEnv(t), &syscall.SysProcAttr{Setsid: true} // no terminal
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	return cmd, func() string { lines.Scan(); return lines.Text() }
}
