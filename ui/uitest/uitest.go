// Package uitest runs programs of Node against a Postroom with all its listeners.
package uitest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui"
)

// A Post is a Postroom on free ports of the loopback interface.
type Post struct {
	*catchertest.Catcher
	URL string // of its HTTP interface
}

// Start starts one, which ends with the test.
func Start(tb testing.TB) *Post {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	c := catchertest.Start(tb)
	server := &ui.Server{Backend: c.Catcher, Page: ui.Page(""), SMTP: c.SMTPAddr(), Version: "test", Grace: 100 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			tb.Errorf("uitest: %v", err)
		}
	})
	return &Post{c, "http://" + l.Addr().String()}
}

// Env are the variables by which programs find it.
func (p *Post) Env() []string {
	host, port, _ := net.SplitHostPort(p.SMTPAddr()) // a listener's address has both
	return []string{"POSTROOM_URL=" + p.URL, "SMTP_HOST=" + host, "SMTP_PORT=" + port}
}

// Modules returns the node_modules folder that POSTROOM_NODE_MODULES names, with
// the given packages in it. Without them the test is skipped, or fails, by the rule
// of catchertest.NeedProgram.
func Modules(tb testing.TB, packages ...string) string {
	tb.Helper()
	modules := os.Getenv("POSTROOM_NODE_MODULES")
	for _, name := range packages {
		if _, err := os.Stat(filepath.Join(modules, name, "package.json")); modules != "" && err == nil {
			continue
		}
		const text = "needs POSTROOM_NODE_MODULES to name a node_modules folder with %s in it"
		if os.Getenv("POSTROOM_TEST_ALL") != "" {
			tb.Fatalf(text, name)
		}
		tb.Skipf(text, name)
	}
	return modules
}

// Project copies a folder to one that goes with the test, where programs of Node
// find the packages of a node_modules folder, and the client as the package
// postroom.
func Project(tb testing.TB, dir, client, modules string) string {
	tb.Helper()
	project := tb.TempDir()
	if err := os.CopyFS(project, os.DirFS(dir)); err != nil {
		tb.Fatal(err)
	}
	names, err := os.ReadDir(modules)
	if err != nil {
		tb.Fatal(err)
	}
	link(tb, client, filepath.Join(project, "node_modules", "postroom"))
	for _, name := range names {
		link(tb, filepath.Join(modules, name.Name()), filepath.Join(project, "node_modules", name.Name()))
	}
	return project
}

func link(tb testing.TB, target, name string) {
	tb.Helper()
	target, err := filepath.Abs(target)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		tb.Fatal(err)
	}
}

// Run runs a program in a folder with variables besides those there are, and
// returns what it prints. The test fails when the program does, or takes longer
// than limit.
func Run(tb testing.TB, dir string, env []string, limit time.Duration, program string, args ...string) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, out)
	}
	return string(out)
}
