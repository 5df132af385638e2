package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime/ugly"
)

// nthID is the ID of the message number n.
func nthID(n int) (id mail.ID) {
	binary.BigEndian.PutUint32(id[2:], uint32(n)+1)
	return id
}

// factsOf are those of message number n.
func factsOf(n int, boxes ...string) Facts {
	f := Facts{
		ID: nthID(n), From: fmt.Sprintf("sender%d@a.test", n), To: []string{"Alice@a.test", "bob@b.test"},
		Received:  time.Date(2026, 3, 5, 10, 20, n, 123456789, time.UTC),
		Mailboxes: boxes, Seen: n%2 == 1,
	}
	if n%5 == 0 {
		f.From = ""
	}
	return f
}

// texts are messages that a format could damage: the corpus, and worse.
func texts() []string {
	list := []string{
		"\n", "\r\n", "\r", "\n\n\n", "\r\n\r\n", "\n\r\n", "x\r\n\n", "x\n\r", ">", ">>>", "x\n>>>",
		"From ", "From a\n\nFrom b\n\n", "\nFrom x", ">From x\n>>From y\r\n", "x\n >From z\nFrom\nFROM x\n", "a\rFrom b\n",
		strings.Repeat(">", 100_000) + "From x\n" + strings.Repeat(">", 100_000),
		"\n" + strings.Repeat("x", 64<<10-1) + "From x" + strings.Repeat("From y", 64<<10),
		strings.Repeat("From x\n", 20_000), strings.Repeat("\n", 100_000),
		"Subject: \x00\x00\nFrom \x00\n", strings.Repeat("\x00", 100_000),
	}
	for _, c := range ugly.All() {
		list = append(list, string(c.Body))
	}
	return list
}

// formats makes an archive of each kind at a path of its own.
func formats(t *testing.T) map[string]func(path string, force bool) (Writer, error) {
	t.Helper()
	return map[string]func(string, bool) (Writer, error){"tree": CreateTree, "maildir": CreateMaildir, "mbox": CreateMbox}
}

// put makes an archive of messages in the mailbox of their number modulo 3.
func put(t *testing.T, w Writer, err error, texts ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if err := w.Add(factsOf(i, "alice@a.test", fmt.Sprintf("box%d@b.test", i%3)), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A found is a message as it was read.
type found struct {
	Message
	text string
}

// get reads all messages of a path, which have to be good.
func get(t *testing.T, path string) []found {
	t.Helper()
	var list []found
	for m, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found{m, textOf(t, m)})
	}
	return list
}

func textOf(t *testing.T, m Message) string {
	t.Helper()
	r, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	return string(text)
}

// TestNothingIsLost: each message comes back once, octet by octet, with all that
// was known of it.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	want := texts()
	for name, create := range formats(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "archive")
			w, err := create(path, false)
			put(t, w, err, want...)
			list := get(t, path)
			if len(list) != len(want) {
				t.Fatalf("%d messages, want %d", len(list), len(want))
			}
			for i, m := range list {
				if m.text != want[i] {
					t.Errorf("%s: %d octets %.80q, want %d octets %.80q", m.Name, len(m.text), m.text, len(want[i]), want[i])
				}
				if facts := factsOf(i, "alice@a.test", fmt.Sprintf("box%d@b.test", i%3)); m.Facts == nil || !reflect.DeepEqual(*m.Facts, facts) {
					t.Errorf("%s: facts %+v, want %+v", m.Name, m.Facts, facts)
				}
			}
		})
	}
}

// TestManyRecipients: neither the line before a message nor the line of an index
// is bounded.
func TestManyRecipients(t *testing.T) {
	t.Parallel()
	facts := factsOf(1, "box@a.test")
	for i := range 20_000 {
		facts.To = append(facts.To, fmt.Sprintf("%d ü@a.test", i))
	}
	for name, create := range formats(t) {
		path := filepath.Join(t.TempDir(), name)
		w, err := create(path, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Add(facts, strings.NewReader("x")), w.Close()); err != nil {
			t.Fatal(err)
		}
		if list := get(t, path); len(list) != 1 || list[0].text != "x" || list[0].Facts == nil || !reflect.DeepEqual(*list[0].Facts, facts) {
			t.Errorf("%s: %d messages", name, len(list))
		}
	}
}

func TestForeignMboxes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"one", "From a@b Thu Mar  5 10:20:30 2026\nSubject: x\n\nbody\n\n", []string{"Subject: x\n\nbody\n"}},
		{"no empty line at the end", "From a\nA: b\n\nbody\n", []string{"A: b\n\nbody\n"}},
		{"no line end at the end", "From a\nbody", []string{"body"}},
		{"CRLF", "From a\r\nA: b\r\n\r\none\r\n\r\nFrom b\r\ntwo\r\n\r\n", []string{"A: b\r\n\r\none\r\n", "two\r\n"}},
		{"lone separator", "From a\n", []string{""}},
		{"empty messages", "From a\n\nFrom b\n\n", []string{"", ""}},
		{"not after an empty line", "From a\nFrom b\nx\nFrom c\n", []string{"From b\nx\nFrom c\n"}},
		{"quoted", "From a\n>From b\n>>From c\n> From d\n>From\n\n", []string{"From b\n>From c\n> From d\n>From\n"}},
		{"empty lines stay", "From a\n\n\nx\n\n\n\nFrom b\ny\n", []string{"\n\nx\n\n\n", "y\n"}},
		{"no word of the sender", "From \nx\n", []string{"x\n"}},
		{"facts that are none", "From a postroom:%zz\nx\n", []string{"x\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "inbox")
			writeFile(t, path, tc.text)
			var texts []string
			for _, m := range get(t, path) {
				texts = append(texts, m.text)
				if want := fmt.Sprintf("%s#%d", path, len(texts)); m.Name != want || m.Facts != nil {
					t.Errorf("name %q, want %q; facts %+v", m.Name, want, m.Facts)
				}
			}
			if !slices.Equal(texts, tc.want) {
				t.Errorf("read %q, want %q", texts, tc.want)
			}
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsMail: what is read of a directory, and in which order.
func TestWhatIsMail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, text := range map[string]string{
		"10.eml": "10", "2.EML": "2", "a.txt": "no mail", "README": "From me", ".hidden.eml": "no", ".git/x.eml": "no",
		"archive/inbox": "From a\nfirst\n\nFrom b\nsecond\n", "archive/empty": "", "empty.eml": "", "from.eml": "From x\n",
		"m/cur/3.a:2,S": "seen", "m/new/1.a": "new", "m/new/.x": "no", "m/tmp/2.a": "no", "m/dovecot.index": "no",
		"m/.Sent/cur/1": "sent", "m/.Sent/new/2": "From sent\n", "m/.Sent/tmp/3": "no", "m/.Sent.Old/new/4": "", "m/.Sent.Old/cur/5": "",
		"new/x.eml": "in a folder of that name", "new/y": "no mail",
	} {
		writeFile(t, filepath.Join(dir, path), text)
	}
	if err := os.Symlink("..", filepath.Join(dir, "archive", "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a.txt"), filepath.Join(dir, "linked.eml")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range get(t, dir) {
		name, err := filepath.Rel(dir, m.Name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(name)+" "+strings.TrimSpace(m.text))
	}
	want := []string{
		"10.eml 10", "2.EML 2", "README#1", "archive/inbox#1 first", "archive/inbox#2 second", "empty.eml ", "from.eml From x", "linked.eml no mail",
		"m/new/1.a new", "m/cur/3.a:2,S seen", "m/.Sent/cur/1 sent", "m/.Sent/new/2 From sent", "m/.Sent.Old/new/4 ", "m/.Sent.Old/cur/5 ", "new/x.eml in a folder of that name",
	}
	for i := range want {
		want[i] = strings.TrimSpace(want[i])
	}
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	if !slices.Equal(got, want) {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNamedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"message": "Subject: x\n", "empty": "", "empty.eml": "", "box": "From a\nx\n", "box.eml": "From a\nx\n"} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	for name, want := range map[string]string{"message": "[Subject: x\n]", "empty": "[]", "empty.eml": "[]", "box": "[x\n]", "box.eml": "[From a\nx\n]"} {
		list := get(t, filepath.Join(dir, name))
		texts := []string{}
		for _, m := range list {
			texts = append(texts, m.text)
		}
		if got := fmt.Sprint(texts); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if list := get(t, filepath.Join(dir, "empty.eml")); len(list) != 1 {
		t.Errorf("an empty .eml file is %d messages, want 1", len(list))
	}
}

// TestReadGoesOn: what cannot be read is an error, and the rest follows.
func TestReadGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a", indexName), "{\"id\":\"00000000000000000000000001\",\"from\":\"a@a.test\"}\nnonsense\n")
	writeFile(t, filepath.Join(dir, "a", nthID(0).String()+".eml"), "a")
	writeFile(t, filepath.Join(dir, "b.eml"), "b")
	var errs, names []string
	for m, err := range Read(dir) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		names = append(names, filepath.Base(m.Name))
	}
	if len(errs) != 1 || !strings.Contains(errs[0], indexName) || len(names) != 2 {
		t.Errorf("errors %q, messages %q", errs, names)
	}
	for _, err := range Read(filepath.Join(dir, "missing")) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("missing: %v", err)
		}
	}
}

// TestReadStops: who has seen enough gets no more, wherever that is.
func TestReadStops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"a.eml", "b/c.eml", "m/cur/1", "m/new/2", "m/.x/cur/3", "m/.x/new/4"} {
		writeFile(t, filepath.Join(dir, path), "x")
	}
	writeFile(t, filepath.Join(dir, "b", "inbox"), "From a\nx\n\nFrom b\ny\n")
	for want := 1; want <= 8; want++ {
		n := 0
		for range Read(dir) {
			if n++; n == want {
				break
			}
		}
		if n != want {
			t.Errorf("%d messages, want %d", n, want)
		}
	}
}

// TestCopiesWithoutIndex: only the index says that files are copies.
func TestCopiesWithoutIndex(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tree")
	w, err := CreateTree(dir, false)
	put(t, w, err, "one", "two")
	if list := get(t, dir); len(list) != 2 {
		t.Errorf("%d messages, want 2", len(list))
	}
	if err := os.Remove(filepath.Join(dir, indexName)); err != nil {
		t.Fatal(err)
	}
	if list := get(t, dir); len(list) != 4 || list[0].Facts != nil {
		t.Errorf("%d messages without the index, want 4", len(list))
	}
}

// TestMaildirFlags: a mail program moves and renames what is new.
func TestMaildirFlags(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "maildir")
	w, err := CreateMaildir(dir, false)
	put(t, w, err, "one", "two")
	fresh, err := filepath.Glob(filepath.Join(dir, "new", "*"))
	if err != nil || len(fresh) != 1 {
		t.Fatalf("new: %q, %v", fresh, err)
	}
	if err := os.Rename(fresh[0], filepath.Join(dir, "cur", filepath.Base(fresh[0])+":2,FS")); err != nil {
		t.Fatal(err)
	}
	for i, m := range get(t, dir) {
		if m.Facts == nil || m.Facts.ID != nthID(i) {
			t.Errorf("%s: %+v", m.Name, m.Facts)
		}
	}
}

// TestTargets: nothing is overwritten that is not to be, and nothing is left of
// what did not come to be.
func TestTargets(t *testing.T) {
	t.Parallel()
	for name, create := range formats(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "archive")
			w, err := create(path, false)
			put(t, w, err, "one", "two")
			if _, err := create(path, false); !errors.Is(err, ErrExists) {
				t.Errorf("a second time: %v", err)
			}
			if list := get(t, path); len(list) != 2 || list[1].text != "two" {
				t.Errorf("%d messages afterwards", len(list))
			}
			w, err = create(path, true)
			put(t, w, err, "ONE")
			want := map[string]string{"tree": "ONE two", "maildir": "ONE two", "mbox": "ONE"}[name]
			var texts []string
			for _, m := range get(t, path) {
				if texts = append(texts, m.text); m.Facts == nil {
					t.Errorf("%s: nothing is known", m.Name)
				}
			}
			if got := strings.Join(texts, " "); got != want {
				t.Errorf("with force %q, want %q", got, want)
			}
			w, err = create(path, true)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Add(factsOf(7, "box"), strings.NewReader("seven")), w.Abort()); err != nil {
				t.Fatal(err)
			}
			if list := get(t, path); name == "mbox" && len(list) != 1 || name != "mbox" && len(list) != 3 {
				t.Errorf("%d messages after Abort", len(list))
			}
			noTemporaries(t, dir)
		})
	}
}

func noTemporaries(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), ".postroom") || filepath.Base(filepath.Dir(path)) == "tmp" {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoDevice: an mbox takes the place of a file only.
func TestNoDevice(t *testing.T) {
	t.Parallel()
	for _, path := range []string{os.DevNull, t.TempDir()} {
		if _, err := CreateMbox(path, true); err == nil {
			t.Errorf("%s would be replaced", path)
		}
	}
	if _, err := CreateTree(os.DevNull, true); err == nil {
		t.Error("a tree in a device")
	}
}

// A broken reader fails after a while.
type broken struct{ *strings.Reader }

func (b broken) Read(p []byte) (int, error) {
	if b.Len() < 10 {
		return 0, errors.New("boom")
	}
	return b.Reader.Read(p[:1])
}

func (b broken) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{b}) }

// TestBrokenBody: half a message is nowhere.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	for name, create := range formats(t) {
		dir := t.TempDir()
		path := filepath.Join(dir, "archive")
		w, err := create(path, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(factsOf(0, "box"), broken{strings.NewReader(strings.Repeat("x\n", 100))}); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
		noTemporaries(t, dir)
		if _, err := os.Stat(path); name == "mbox" {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the mbox: %v", err)
			}
		} else if list := get(t, path); len(list) != 0 {
			t.Errorf("%s: %d messages", name, len(list))
		}
	}
}

// FuzzMbox: what is written is read again, and whatever is read as an mbox has
// its messages in order and within the file.
func FuzzMbox(f *testing.F) {
	for _, text := range texts() {
		f.Add([]byte(text[:min(len(text), 1000)]), byte('\n'))
	}
	f.Add([]byte("From a\nx\n\nFrom b\n"), byte('x'))
	f.Fuzz(func(t *testing.T, data []byte, cut byte) {
		bodies := bytes.Split(data, []byte{cut})
		var box bytes.Buffer
		w := NewMbox(&box)
		for i, body := range bodies {
			if err := w.Add(factsOf(i%1000), bytes.NewReader(body)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		n := 0
		err := scan(bytes.NewReader(box.Bytes()), func(facts *Facts, start, end int64) bool {
			text, err := io.ReadAll(&requoter{in: bufio.NewReader(bytes.NewReader(box.Bytes()[start:end])), by: -1})
			if err != nil || n >= len(bodies) || !bytes.Equal(text, bodies[n]) || facts == nil || facts.ID != nthID(n%1000) {
				t.Errorf("message %d of %d: read %q %+v, %v", n, len(bodies), text, facts, err)
			}
			n++
			return true
		})
		if err != nil || n != len(bodies) {
			t.Fatalf("%d messages, want %d: %q, %v", n, len(bodies), box.Bytes(), err)
		}
		last := int64(0)
		err = scan(bytes.NewReader(data), func(_ *Facts, start, end int64) bool {
			if start <= last && last > 0 || end < start || end > int64(len(data)) {
				t.Errorf("a message from %d to %d after %d, of %d octets", start, end, last, len(data))
			}
			last = end
			return true
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	var box bytes.Buffer
	w := NewMbox(&box)
	for i := range 1000 {
		w.Add(factsOf(i, "box@a.test"), strings.NewReader(strings.Repeat("a line of some more words, as mail has them\r\n", 45)))
	}
	w.Close()
	b.SetBytes(int64(box.Len()))
	for b.Loop() {
		n := 0
		scan(bytes.NewReader(box.Bytes()), func(*Facts, int64, int64) bool { n++; return true })
		if n != 1000 {
			b.Fatal(n)
		}
	}
}
