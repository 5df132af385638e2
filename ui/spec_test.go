package ui

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const specFile = "testdata/openapi.json"

func TestSpecIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	h := (&Server{}).handler()
	if *update {
		if err := os.WriteFile(specFile, h.spec, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(specFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(h.spec, want) {
		t.Errorf("the description of the routes has changed: look at it, then run the test with -update and commit %s", specFile)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	h := (&Server{}).handler()
	var spec struct {
		Paths      map[string]map[string]struct{ OperationID, Summary string }
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(h.spec, &spec); err != nil {
		t.Fatal(err)
	}
	if len(h.router.patterns) < 20 {
		t.Fatalf("only %d routes", len(h.router.patterns))
	}
	for _, pattern := range h.router.patterns {
		method, path, _ := strings.Cut(pattern, " ")
		op := spec.Paths[path][strings.ToLower(method)]
		if op.OperationID == "" || op.Summary == "" {
			t.Errorf("%s is not described", pattern)
		}
	}
	for _, ref := range strings.Split(string(h.spec), `"$ref": "#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if spec.Components.Schemas[name] == nil {
			t.Errorf("schema %s is referred to and missing", name)
		}
	}
}
