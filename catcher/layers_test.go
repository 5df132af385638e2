package catcher_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/postroom/postroom"

// mayImport is the table in doc.go: for each package, those of the project that
// it may import, besides any below itself.
func mayImport() map[string][]string {
	layer0 := []string{"catcher/mail", "catcher/clock", "catcher/limit"}
	layer1 := slices.Concat(layer0, []string{"catcher/event", "catcher/store", "catcher/mime", "catcher/query", "catcher/rule", "catcher/dsn", "catcher/expect", "catcher/certs"})
	layer2 := slices.Concat(layer1, []string{"catcher/smtpd", "catcher/search", "catcher/queue", "catcher/relay"})
	return map[string][]string{
		"catcher/mail":            nil,
		"catcher/clock":           nil,
		"catcher/limit":           nil,
		"catcher/event":           layer0,
		"catcher/store":           layer0,
		"catcher/mime":            layer0,
		"catcher/query":           layer0,
		"catcher/mime/ugly":       nil,
		"catcher/store/storetest": slices.Concat(layer0, []string{"catcher/store"}),
		"catcher/search":          slices.Concat(layer0, []string{"catcher/store", "catcher/query", "catcher/mime"}),
		"catcher/store/disk":      slices.Concat(layer0, []string{"catcher/store"}),
		"catcher/archive":         layer0,
		"catcher/rule":            slices.Concat(layer0, []string{"catcher/query"}),
		"catcher/dsn":             layer0,
		"catcher/accounts":        layer0,
		"catcher/certs":           slices.Concat(layer0, []string{"catcher/rule"}),
		"catcher/expect":          slices.Concat(layer0, []string{"catcher/event", "catcher/store", "catcher/mime", "catcher/query"}),
		"catcher/queue":           slices.Concat(layer0, []string{"catcher/store", "catcher/rule"}),
		"catcher/relay":           layer0,
		"catcher/pickup":          slices.Concat(layer0, []string{"catcher/mime"}),
		"catcher/drop":            slices.Concat(layer0, []string{"catcher/store", "catcher/event", "catcher/archive"}),
		"catcher/smtpd":           slices.Concat(layer0, []string{"catcher/store", "catcher/rule", "catcher/query", "catcher/certs"}),
		"pop3":                    layer1,
		"ui":                      layer1,
		"ui/metrics":              layer0,
		"ui/uitest":               {"catcher/catchertest", "ui"},
		"catcher":                 layer2,
		"catcher/catchertest":     slices.Concat(layer2, []string{"catcher", "pop3"}),
		".":                       slices.Concat(layer2, []string{"catcher", "catcher/accounts", "catcher/store/disk", "catcher/archive", "catcher/pickup", "catcher/drop", "pop3", "ui", "ui/api", "ui/metrics"}),
	}
}

// ownedBy says which heavy modules are imported where, and nowhere else.
func ownedBy() map[string][]string {
	return map[string][]string{
		"github.com/emersion/go-smtp":      {"catcher/smtpd", "catcher/relay"},
		"github.com/emersion/go-sasl":      {"catcher/smtpd", "catcher/relay"},
		"github.com/fsnotify/fsnotify":     {"catcher/pickup"},
		"github.com/danielgtaylor/huma/v2": {"ui"},
		"github.com/gorilla/websocket":     {"ui"},
		"github.com/spf13/pflag":           {"."},
		"golang.org/x/crypto":              {"catcher/accounts"},
		"modernc.org/sqlite":               {"catcher/store/disk"},
		"pgregory.net/rapid":               {"catcher/store/storetest"},
		"github.com/prometheus":            {"ui/metrics"},
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	allowed, owned, packages := mayImport(), ownedBy(), 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg, err := filepath.Rel("..", filepath.Dir(path))
		if err != nil {
			return err
		}
		packages++
		home := homeOf(filepath.ToSlash(pkg), allowed)
		for _, imported := range importsOf(t, path) {
			checkImport(t, path, home, imported, allowed, owned)
		}
		return nil
	})
	if err != nil || packages < 20 {
		t.Fatalf("%d files, %v", packages, err)
	}
}

// homeOf finds the line of the table for a package: its own, or that of the
// nearest one above it.
func homeOf(pkg string, allowed map[string][]string) string {
	for {
		if _, ok := allowed[pkg]; ok || pkg == "." {
			return pkg
		}
		pkg = filepath.ToSlash(filepath.Dir(pkg))
	}
}

func importsOf(t *testing.T, path string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, name)
	}
	return list
}

func checkImport(t *testing.T, file, home, imported string, allowed, owned map[string][]string) {
	for owner, homes := range owned {
		if (imported == owner || strings.HasPrefix(imported, owner+"/")) && !slices.Contains(homes, home) {
			t.Errorf("%s imports %s, which belongs to %v", file, imported, homes)
		}
	}
	own, ok := strings.CutPrefix(imported, module+"/")
	if !ok || own == home || strings.HasPrefix(own, home+"/") && home != "catcher" {
		return
	}
	if !slices.Contains(allowed[home], own) {
		t.Errorf("%s: %s must not import %s", file, home, own)
	}
}
