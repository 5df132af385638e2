package archive_test

// Python's mailbox module reads what we write, and we read what it writes.

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime/ugly"
)

// python runs a program with arguments and returns what it prints as JSON.
func python[V any](t *testing.T, program string, args ...string) (v V) {
	t.Helper()
	cmd := exec.Command(catchertest.NeedProgram(t, "python3"), append([]string{"-c", program}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("%v in %.200q", err, out)
	}
	return v
}

// A foreign message is one as Python has it.
type foreign struct {
	Key   string
	Body  []byte
	From  string
	Flags string
	Date  string
}

const readMbox = `
import base64, json, mailbox, sys
box = mailbox.mbox(sys.argv[1], create=False)
print(json.dumps([{"Body": base64.b64encode(box.get_bytes(key)).decode(), "From": box.get_message(key).get_from()} for key in box.iterkeys()]))
`

const readMaildir = `
import base64, json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=False)
print(json.dumps([{"Key": key, "Body": base64.b64encode(box.get_bytes(key)).decode(),
  "Flags": box.get_message(key).get_flags() + box.get_message(key).get_subdir()} for key in sorted(box.iterkeys())]))
`

// corpus writes all bad mails into an archive.
func corpus(t *testing.T, w archive.Writer, err error) []ugly.Case {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	cases := ugly.All()
	for i, c := range cases {
		facts := archive.Facts{ID: mail.ID{15: byte(i)}, From: "a b@a.test", To: []string{"b@b.test"}, Received: time.Unix(1772704830, 0), Seen: i%2 == 0}
		if i == 0 {
			facts.From = ""
		}
		if err := w.Add(facts, bytes.NewReader(c.Body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return cases
}

// quoted is how a message stands in an mbox for those who do not undo it.
func quoted(body []byte) []byte {
	var out []byte
	for line := range bytes.Lines(body) {
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			out = append(out, '>')
		}
		out = append(out, line...)
	}
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return out
}

func TestPythonReadsOurMbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mbox")
	w, err := archive.CreateMbox(path, false)
	cases := corpus(t, w, err)
	list := python[[]foreign](t, readMbox, path)
	if len(list) != len(cases) {
		t.Fatalf("Python finds %d messages, want %d", len(list), len(cases))
	}
	for i, m := range list {
		if want := quoted(cases[i].Body); !bytes.Equal(m.Body, want) {
			t.Errorf("%s: %d octets, want %d", cases[i].Name, len(m.Body), len(want))
		}
		words := strings.Fields(m.From)
		sender := "a%20b@a.test"
		if i == 0 {
			sender = "MAILER-DAEMON"
		}
		if len(words) != 7 || strings.Join(words[:6], " ") != sender+" Thu Mar 5 10:00:30 2026" {
			t.Errorf("%s: separator %q", cases[i].Name, m.From)
		}
	}
}

func TestPythonReadsOurMaildir(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "maildir")
	w, err := archive.CreateMaildir(path, false)
	cases := corpus(t, w, err)
	list := python[[]foreign](t, readMaildir, path)
	if len(list) != len(cases) {
		t.Fatalf("Python finds %d messages, want %d", len(list), len(cases))
	}
	for i, m := range list {
		if !bytes.Equal(m.Body, cases[i].Body) {
			t.Errorf("%s: %d octets, want %d", cases[i].Name, len(m.Body), len(cases[i].Body))
		}
		if want := []string{"Scur", "new"}[i%2]; m.Flags != want {
			t.Errorf("%s: %s, want %s", cases[i].Name, m.Flags, want)
		}
	}
}

const writeBoth = `
import json, mailbox, sys
texts = [b"Subject: one\n\nFrom me\n>From you\n", b"Subject: two\n\nno end", b"Subject: three\n\n\n\n", b"A: b\n\nx\n\nFrom y\n"]
box = mailbox.mbox(sys.argv[1] + "/mbox")
for text in texts: box.add(text)
box.close()
folder = mailbox.Maildir(sys.argv[1] + "/maildir")
folder.add(texts[0])
m = mailbox.MaildirMessage(texts[1])
m.set_subdir("cur"); m.set_flags("FRS")
folder.add(m)
folder.add_folder("Sent.Old").add(texts[2])
print(json.dumps(None))
`

func TestWeReadPythons(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	python[any](t, writeBoth, dir)
	for name, want := range map[string][]string{
		// Python puts no second ">" before a line that has one.
		"mbox":    {"Subject: one\n\nFrom me\nFrom you\n", "Subject: two\n\nno end\n", "Subject: three\n\n\n\n", "A: b\n\nx\n\nFrom y\n"},
		"maildir": {"Subject: one\n\nFrom me\n>From you\n", "Subject: two\n\nno end", "Subject: three\n\n\n\n"},
	} {
		var texts []string
		for m, err := range archive.Read(filepath.Join(dir, name)) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			texts = append(texts, string(text))
		}
		if !slices.Equal(texts, want) {
			t.Errorf("%s: read %q, want %q", name, texts, want)
		}
	}
}
