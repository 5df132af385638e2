package main

// What the documents say is so.

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDependenciesAreJustified: each module that go.mod asks for has its row.
func TestDependenciesAreJustified(t *testing.T) {
	t.Parallel()
	table := readFile(t, "SECURITY.md")
	direct := regexp.MustCompile(`(?m)^(?:require |\t)(\S+) v\S+$`).FindAllStringSubmatch(readFile(t, "go.mod"), -1)
	if len(direct) == 0 {
		t.Fatal("go.mod asks for nothing")
	}
	for _, m := range direct {
		if !strings.Contains(table, "\n| `"+m[1]+"` | ") {
			t.Errorf("SECURITY.md does not say what %s is for", m[1])
		}
	}
}

// TestNamedTestsExist: SECURITY.md names tests.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			source.WriteString(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, "SECURITY.md")
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(source.String(), "func "+name[1]+"(") {
			t.Errorf("SECURITY.md names %s, which there is not", name[1])
		}
	}
}
