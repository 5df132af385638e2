// Package client_test checks the client for JavaScript against the server.
package client_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/uitest"
)

const limit = 3 * time.Minute // for one program; a loaded machine is slow

var update = flag.Bool("update", false, "write api.d.ts anew")

// TestTypesAreThoseOfTheServer makes api.d.ts from what the server says of itself.
func TestTypesAreThoseOfTheServer(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "openapi-typescript"), catchertest.NeedProgram(t, "node")
	made := filepath.Join(t.TempDir(), "api.d.ts")
	uitest.Run(t, "", nil, limit, node, filepath.Join(modules, "openapi-typescript", "bin", "cli.js"),
		uitest.Start(t).URL+"/v1/openapi.json", "--output", made)
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("api.d.ts", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("api.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("api.d.ts is not of this server: run the test with -update and commit it")
	}
}

// TestTypes checks the code against its types, and both against how they are used.
func TestTypes(t *testing.T) {
	t.Parallel()
	modules, node := uitest.Modules(t, "typescript", "@types/node", "nodemailer"), catchertest.NeedProgram(t, "node")
	project := uitest.Project(t, ".", ".", modules)
	uitest.Run(t, project, nil, limit, node, filepath.Join(modules, "typescript", "bin", "tsc"), "--project", "test")
}

func TestClient(t *testing.T) {
	modules, node := uitest.Modules(t, "nodemailer"), catchertest.NeedProgram(t, "node")
	files, err := filepath.Glob("test/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			project := uitest.Project(t, ".", ".", modules)
			out := uitest.Run(t, project, uitest.Start(t).Env(), limit, node, "--test", "--test-reporter=tap", file)
			if !strings.Contains(out, "\n# fail 0\n") || strings.Contains(out, "\n# pass 0\n") {
				t.Errorf("not all has passed:\n%s", out)
			}
		})
	}
}
