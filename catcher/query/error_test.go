package query

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestErrors marks the place of each error below the query.
func TestErrors(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, text := range []string{
		`form:bob`, `a Form:bob`, `fro:x`, `ot:x`, `subjct:"a b"`, `attachement:x`, `header-x form：“x y”`,
		`sender:bob`, `size:10`, `older:2d`, `recipient:x`, `text:x`, `filename:x`, `in:x`, `newer:2d`, `since:2d`, `until:2d`, `too:x`, `hass:html`, `has:atachment`, `hsa:html`, `si:unread`,
		`from:`, `from: bob`, `subject:""`, `subject:" "`, `from:)`, `header:`, `header:=x`, `header:X=`, `header:X=""`, `header:X:y`, `header:Ünder=x`, `mailbox://`,
		`"`, `a "b c`, `“b c`, `"a\"`, `""`, `" 　"`, "\u0301", `from:` + "\u200b", `12"`,
		`/`, `//`, `/abc`, `/a/b`, `/usr/bin/env`, `/a\/`, `/[a/`, strings.Repeat(`/x{999}/ `, 6), `/a(/`, `/a)/`, `/*a/`, `/a{1001}/`, `/\8/`, `subject:/(?<n/`, "/\xff/", `/(?=a)/`,
		`(`, `()`, `a (b`, `a (b OR (c)`, `)`, `a)`, `(a))`, `f()`, `( OR a)`, `(a OR)`,
		`OR`, `OR a`, `a OR`, `a OR OR b`, `AND`, `AND a`, `a AND`, `a OR AND b`, `a AND OR b`,
		`-`, `a - b`, `--a`, `-)`, `(-)`, `-OR`, `a OR -`, `-form:x`,
		`larger:`, `larger:big`, `larger:-1`, `larger:10kk`, `larger:1.5`, `larger:1e3`, `larger:.`, `larger:1..2k`, `larger:i`, `larger:10iB`, `larger:10bb`, `larger:10kkb`, `smaller:99999999999G`, `smaller:/1/`,
		`before:yesterday`, `before:2026-13-01`, `before:2026-02-30`, `before:2026-01-02T10:00`, `after:5`, `after:h`, `after:-2h`, `after:2y`, `after:300000d`, `after:99999999999999999999h`, `after:9999-12-31T23:59:59-01:00`, `after:0000-01-01`,
		`id:1`, `id:01HZX3Q6P5J8K9M0N1P2Q3R4SU`, `id:/a/`, `is:unred`, `is:/x/`, `has:text`, `has:"a b"`,
		`今天 的 form:x`, strings.Repeat("(", 51) + "a", strings.Repeat("a", 4097),
	} {
		_, err := Parse(text, now)
		e := (*Error)(nil)
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) {
			t.Fatalf("%q: octets %d and %d more", text, e.Offset, e.Length)
		}
		if len(text) > 60 {
			text = text[:60] + "…"
			e.Length = min(e.Length, 1)
		}
		end := min(e.Offset+e.Length, len(text))
		fmt.Fprintf(&b, "%q\n", text)
		if e.Offset < len(text) {
			fmt.Fprintf(&b, "  at %q\n", text[e.Offset:end])
		}
		fmt.Fprintf(&b, "  %v\n", err)
	}
	golden := "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the errors are not those of %s (-update writes it):\n%s", golden, b.String())
	}
}
