// Package example_test runs the examples.
package example_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/uitest"
)

const (
	limit  = 4 * time.Minute // for one program; a loaded machine is slow
	client = "../../ui/client"
)

// start starts a Postroom and the application, which end with the test, and gives
// the variables by which the examples find them.
func start(t *testing.T) []string {
	t.Helper()
	env := uitest.Start(t).Env()
	binary := filepath.Join(t.TempDir(), "app")
	uitest.Run(t, "app", nil, limit, catchertest.NeedProgram(t, "go"), "build", "-o", binary, ".")
	ctx, cancel := context.WithCancel(context.Background())
	app := exec.CommandContext(ctx, binary, "-listen", "127.0.0.1:0")
	app.Env = env
	out, err := app.StdoutPipe()
	if err == nil {
		err = app.Start()
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		app.Wait() // killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "Listening on ")
	if !ok {
		t.Fatalf("the application says %q, %v", line, err)
	}
	return append(env, "APP_URL="+url)
}

func TestPlaywright(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "@playwright/test"), catchertest.NeedProgram(t, "node")
	browser := os.Getenv("POSTROOM_CHROMIUM")
	if browser == "" {
		browser = catchertest.NeedProgram(t, "chromium", "chromium-browser", "google-chrome")
	}
	project := uitest.Project(t, "playwright", client, modules)
	out := uitest.Run(t, project, append(start(t), "CHROMIUM="+browser), limit,
		node, filepath.Join(modules, "@playwright/test/cli.js"), "test", "--workers=1")
	if !strings.Contains(out, "3 passed") {
		t.Errorf("not all has passed:\n%s", out)
	}
}

// TestCypressTasks runs what Cypress would run beside the browser. Cypress itself
// is no npm package and cannot be had everywhere.
func TestCypressTasks(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "cypress"), catchertest.NeedProgram(t, "node")
	project := uitest.Project(t, "cypress", client, modules)
	out := uitest.Run(t, project, start(t), limit, node, "--test", "--test-reporter=tap", "tasks.test.js")
	if !strings.Contains(out, "\n# pass 3\n") {
		t.Errorf("not all has passed:\n%s", out)
	}
}

// TestCheck runs the test that has a container of its own.
func TestCheck(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "check")
	uitest.Run(t, "check", nil, limit, catchertest.NeedProgram(t, "go"), "build", "-o", binary, ".")
	env := start(t)
	if out := uitest.Run(t, ".", env, limit, binary); !strings.HasPrefix(out, "1 passed") {
		t.Errorf("it says %q", out)
	}
}

// TestTypes checks what the examples ask of the client, Playwright and Cypress.
func TestTypes(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "typescript", "@types/node", "@playwright/test", "cypress"), catchertest.NeedProgram(t, "node")
	for _, c := range []struct {
		dir   string
		files []string
	}{
		{"playwright", []string{"playwright.config.js", "sign-up.spec.js"}},
		{"cypress", []string{"cypress.config.js", "tasks.test.js", "e2e/sign-up.cy.js"}},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Parallel()
			project := uitest.Project(t, c.dir, client, modules)
			args := []string{filepath.Join(modules, "typescript/bin/tsc"), "--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck",
				"--maxNodeModuleJsDepth", "0", "--target", "es2022", "--module", "nodenext", "--types", "node"}
			uitest.Run(t, project, nil, limit, node, append(args, c.files...)...)
		})
	}
}
