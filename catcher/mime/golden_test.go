package mime

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mime/ugly"
)

var update = flag.Bool("update", false, "write testdata/corpus.golden anew")

const goldenFile = "testdata/corpus.golden"

// TestCorpus compares what is read of each ugly mail with what a person has
// looked at once.
func TestCorpus(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	var all strings.Builder
	for _, c := range ugly.All() {
		got[c.Name] = describeMessage(c.Body)
		fmt.Fprintf(&all, "== %s\n%s", c.Name, got[c.Name])
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, block := range strings.Split(string(file), "== ")[1:] {
		name, text, _ := strings.Cut(block, "\n")
		want[name] = text
		if _, ok := got[name]; !ok {
			t.Errorf("%s is in the golden file but not in the corpus", name)
		}
	}
	for name, text := range got {
		if text != want[name] {
			t.Errorf("%s: got\n%swant\n%s", name, text, want[name])
		}
	}
}

// describeMessage writes all that a message says, long texts cut.
func describeMessage(body []byte) string {
	var b strings.Builder
	r := bytes.NewReader(body)
	m := Parse(r, int64(len(body)))
	s := Summarize(r, int64(len(body)))
	fmt.Fprintf(&b, "subject %s\n", short(s.Subject))
	for _, name := range [...]string{"From", "To", "Cc", "Bcc", "Reply-To"} {
		list := m.Addresses(name)
		for i, a := range list {
			if i < 8 {
				fmt.Fprintf(&b, "%s %q <%s>\n", strings.ToLower(name), a.Name, short(a.Address))
			}
		}
		if len(list) > 8 {
			fmt.Fprintf(&b, "%s and %d more\n", strings.ToLower(name), len(list)-8)
		}
	}
	if !s.Date.IsZero() {
		fmt.Fprintf(&b, "date %s\n", s.Date.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "snippet %s\n", short(s.Snippet))
	if text, ok := m.Text(); ok {
		fmt.Fprintf(&b, "text %s\n", short(text))
	}
	if html, ok := m.HTML(); ok {
		fmt.Fprintf(&b, "html %s\n", short(html))
	}
	fmt.Fprintf(&b, "%d headers, %d attachments\n", len(m.Headers), len(m.Attachments()))
	describeParts(&b, m)
	for i, d := range m.Defects {
		if i < 12 {
			fmt.Fprintf(&b, "defect %s part %q at %d: %s\n", d.Kind, d.Part, d.Offset, d.Text)
		}
	}
	if n := len(m.Defects); n > 12 {
		fmt.Fprintf(&b, "and %d more defects\n", n-12)
	}
	return b.String()
}

func describeParts(b *strings.Builder, m *Message) {
	n := 0
	for p := range m.Parts() {
		if n++; n > 20 {
			continue
		}
		fmt.Fprintf(b, "part %q %s %d+%d", p.ID, short(p.ContentType), p.Offset, p.Length)
		for _, s := range [...]struct{ name, value string }{
			{"charset", p.Charset}, {"encoding", p.Encoding}, {"disposition", p.Disposition},
			{"file", p.Filename}, {"cid", p.ContentID},
		} {
			if s.value != "" {
				fmt.Fprintf(b, " %s=%s", s.name, short(s.value))
			}
		}
		fmt.Fprintln(b)
	}
	if n > 20 {
		fmt.Fprintf(b, "and %d more parts\n", n-20)
	}
}

func short(s string) string {
	r := []rune(s)
	if len(r) > 150 {
		return fmt.Sprintf("%q… (%d)", string(r[:150]), len(r))
	}
	return fmt.Sprintf("%q", s)
}
