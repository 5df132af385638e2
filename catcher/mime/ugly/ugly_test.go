package ugly

import (
	"bytes"
	"regexp"
	"testing"
)

func TestCorpusKeepsItsPromises(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)
	cases, seen, total := All(), map[string]bool{}, 0
	if len(cases) < 70 {
		t.Errorf("%d cases, want at least 70", len(cases))
	}
	for _, c := range cases {
		if !name.MatchString(c.Name) || seen[c.Name] {
			t.Errorf("%s: a name of another form, or given twice", c.Name)
		}
		seen[c.Name] = true
		if !c.Binary && !bytes.HasSuffix(c.Body, []byte("\r\n")) {
			t.Errorf("%s: not binary, but does not end in CRLF", c.Name)
		}
		if len(c.Body) > 2<<20 {
			t.Errorf("%s: %d octets are too many", c.Name, len(c.Body))
		}
		total += len(c.Body)
	}
	if total > 12<<20 {
		t.Errorf("%d octets in all are too many", total)
	}
}

func TestCorpusIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	again := All()
	for i, c := range All() {
		if c.Name != again[i].Name || !bytes.Equal(c.Body, again[i].Body) {
			t.Errorf("%s differs the second time", c.Name)
		}
	}
}
