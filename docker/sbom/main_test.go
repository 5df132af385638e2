package main

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/uitest"
)

const aSum = "h1:35ff6f8f2dacc412456aea4f96d8572ff1f2dbe2eeA="

func built() *debug.BuildInfo {
	return &debug.BuildInfo{
		GoVersion: "go1.26.8 X:none",
		Main:      debug.Module{Path: "github.com/postroom/postroom"},
		Deps:      []*debug.Module{{Path: "a.test/x", Version: "v1.2.3", Sum: aSum}},
		Settings:  []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.time", Value: "2026-01-31T12:00:00Z"}, {Key: "-trimpath", Value: "true"}},
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	d, err := describe(built(), "postroom", "1.2.3", sha256.Sum256([]byte("binary")))
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, c := range d.Components {
		refs = append(refs, c.Ref)
	}
	if want := []string{"pkg:golang/std@1.26.8", "pkg:golang/a.test/x@v1.2.3"}; !slices.Equal(refs, want) || !slices.Equal(d.Dependencies[0].DependsOn, want) {
		t.Errorf("components %v, dependencies %v, want %v", refs, d.Dependencies[0].DependsOn, want)
	}
	if d.Metadata.Component.Version != "1.2.3" || d.Metadata.Timestamp != "2026-01-31T12:00:00Z" || len(d.Metadata.Properties) != 1 {
		t.Errorf("metadata: %+v", d.Metadata)
	}
	again, _ := describe(built(), "postroom", "1.2.3", sha256.Sum256([]byte("binary")))
	one, _ := json.Marshal(d)
	two, _ := json.Marshal(again)
	if string(one) != string(two) {
		t.Errorf("the same binary is described as\n%s\nand\n%s", one, two)
	}
}

// TestDocumentIsValid asks CycloneDX's own library, by the strict schema.
func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	modules := uitest.Modules(t, "@cyclonedx/cyclonedx-library", "ajv", "ajv-formats", "ajv-formats-draft2019")
	node := catchertest.NeedProgram(t, "node")
	d, err := describe(built(), "postroom", "1.2.3", sha256.Sum256([]byte("binary")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("../..", libraries))
	if err != nil {
		t.Fatal(err)
	}
	found, err := pageLibraries(string(text))
	if err != nil {
		t.Fatal(err)
	}
	d.add(found...)
	document, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	const script = `
		const { Validation, Spec } = require('@cyclonedx/cyclonedx-library')
		new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(process.argv[1]).then(e => console.log(e === null ? 'valid' : JSON.stringify(e)))`
	if said := uitest.Run(t, ".", []string{"NODE_PATH=" + modules}, time.Minute, node, "-e", script, string(document)); said != "valid\n" {
		t.Errorf("the library says %s of\n%s", said, document)
	}
}

func TestWhatIsNoRelease(t *testing.T) {
	t.Parallel()
	replaced, unknown := built(), built()
	replaced.Deps[0].Replace = &debug.Module{Path: "../x"}
	unknown.Deps[0].Sum = ""
	for _, info := range []*debug.BuildInfo{replaced, unknown} {
		if _, err := describe(info, "postroom", "1.2.3", [32]byte{}); err == nil || !strings.Contains(err.Error(), "a.test/x") {
			t.Errorf("%v", err)
		}
	}
}

// TestPageLibraries reads the table that there is: a component for each folder.
func TestPageLibraries(t *testing.T) {
	t.Parallel()
	table := filepath.Join("../..", libraries)
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pageLibraries(string(text))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(filepath.Dir(table), "*/"))
	if err != nil || len(folders) != len(found)+1 { // and the table
		t.Errorf("%d libraries in %v: %v", len(found), folders, err)
	}
	if i := slices.IndexFunc(found, func(c component) bool { return c.Name == "@preact/signals" }); i < 0 || !strings.HasPrefix(found[i].PackageURL, "pkg:npm/%40preact/signals@") {
		t.Errorf("%+v", found)
	}
	if _, err := pageLibraries("nothing"); err == nil {
		t.Error("a table without rows is taken")
	}
}
