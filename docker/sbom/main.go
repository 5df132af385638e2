// Command sbom tells what a Postroom binary is made of, as a CycloneDX 1.5 document: the
// Go modules and the Go of its build info, and the libraries of the page that are
// embedded in it, from the table that is kept beside them.
//
//	go run ./docker/sbom -version 1.2.3 dist/postroom
//
// It is run at the top of the repository. The same binary gives the same document.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

const libraries = "ui/static/vendor/README.md"

func main() {
	version := flag.String("version", "", "of Postroom")
	flag.Parse()
	if err := run(os.Stdout, flag.Arg(0), *version); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, binary, version string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	table, err := os.ReadFile(libraries)
	if err != nil {
		return err
	}
	scripts, err := pageLibraries(string(table))
	if err != nil {
		return err
	}
	d, err := describe(info, filepath.Base(binary), version, sha256.Sum256(content))
	if err != nil {
		return err
	}
	d.add(scripts...)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(d)
}

// A document is what CycloneDX calls a BOM.
type document struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp  string     `json:"timestamp,omitempty"` // of the commit
	Component  component  `json:"component"`
	Properties []property `json:"properties"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licenses   []licensed `json:"licenses,omitempty"`
	PackageURL string     `json:"purl,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licensed struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func license(id string) (l licensed) {
	l.License.ID = id
	return l
}

// describe makes the document of a binary with that sum.
func describe(info *debug.BuildInfo, name, version string, sum [sha256.Size]byte) (*document, error) {
	root := component{
		Ref: "pkg:golang/" + info.Main.Path + "@" + version, Type: "application", Name: name, Version: version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}, Licenses: []licensed{license("MIT")},
		PackageURL: "pkg:golang/" + info.Main.Path + "@" + version,
	}
	d := &document{
		Schema: "http://cyclonedx.org/schema/bom-1.5.schema.json", Format: "CycloneDX", SpecVersion: "1.5",
		Serial: serial(sum), Version: 1, Metadata: metadata{Component: root},
		Dependencies: []dependency{{Ref: root.Ref, DependsOn: []string{}}},
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.time":
			d.Metadata.Timestamp = s.Value
		case "GOOS", "GOARCH", "CGO_ENABLED", "vcs.revision":
			d.Metadata.Properties = append(d.Metadata.Properties, property{"build:" + s.Key, s.Value})
		}
	}
	compiler := strings.TrimPrefix(strings.Fields(info.GoVersion)[0], "go")
	d.add(component{Ref: "pkg:golang/std@" + compiler, Type: "library", Name: "std", Version: compiler,
		Licenses: []licensed{license("BSD-3-Clause")}, PackageURL: "pkg:golang/std@" + compiler})
	for _, m := range info.Deps {
		c, err := module(m)
		if err != nil {
			return nil, err
		}
		d.add(c)
	}
	return d, nil
}

// add adds what Postroom needs.
func (d *document) add(components ...component) {
	for _, c := range components {
		d.Components = append(d.Components, c)
		d.Dependencies[0].DependsOn = append(d.Dependencies[0].DependsOn, c.Ref)
	}
}

// serial is a UUID of version 8 (RFC 9562 §5.8) made of a sum.
func serial(sum [sha256.Size]byte) string {
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// module has the sum of go.sum, which is a SHA-256 of the module's files.
func module(m *debug.Module) (component, error) {
	if m.Replace != nil {
		return component{}, fmt.Errorf("%s is replaced: a release has what go.mod says", m.Path)
	}
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil || len(sum) != sha256.Size {
		return component{}, fmt.Errorf("%s has the sum %q", m.Path, m.Sum)
	}
	at := "pkg:golang/" + m.Path + "@" + m.Version
	return component{Ref: at, Type: "library", Name: m.Path, Version: m.Version, PackageURL: at,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum)}}}, nil
}

// row is one of the table: file, package, version, licence, and the file's sum.
var row = regexp.MustCompile("(?m)^\\| \\S+ \\| `(@?[^` ]+)` [^|]*\\| ([0-9][^ |]*) \\| ([^ |]+) \\| `([0-9a-f]{64})` \\|$")

// pageLibraries reads the table.
func pageLibraries(table string) (found []component, err error) {
	for _, f := range row.FindAllStringSubmatch(table, -1) {
		at := "pkg:npm/" + strings.Replace(f[1], "@", "%40", 1) + "@" + f[2]
		if n := len(found); n > 0 && found[n-1].Ref == at {
			continue // a package of several files
		}
		found = append(found, component{Ref: at, Type: "library", Name: f[1], Version: f[2],
			Licenses: []licensed{license(f[3])}, PackageURL: at})
	}
	if len(found) == 0 {
		return nil, errors.New(libraries + " has no table of libraries")
	}
	return found, nil
}
