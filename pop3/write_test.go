package pop3

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// chop writes text to w in pieces of the given size, until one fails.
func chop(w io.Writer, text string, size int) error {
	for piece := range slices.Chunk([]byte(text), size) {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// stuffed returns the reply that a message becomes.
func stuffed(t testing.TB, text string, size int) string {
	t.Helper()
	var b strings.Builder
	s := newStuffer(&b)
	if err := chop(s, text, size); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unstuffed reads a reply as its reader has to: a dot at the start of a line, after any
// LF, is dropped.
func unstuffed(t testing.TB, reply string) string {
	t.Helper()
	text, ok := strings.CutSuffix(reply, ".\r\n")
	if !ok || text != "" && !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("no end: %.100q", reply)
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if line != "" && line[0] == '.' {
			if line = line[1:]; line == "" || line[0] != '.' {
				t.Fatalf("a single dot starts a line: %.100q", reply)
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// topOf says what TOP has to send of a message, in the plainest way.
func topOf(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	blank := slices.IndexFunc(lines, func(line string) bool { return line == "\n" || line == "\r\n" })
	if blank < 0 || n > strings.Count(strings.Join(lines[blank+1:], ""), "\n") {
		return terminated(text)
	}
	top := strings.Join(lines[:blank+1+n], "")
	return strings.TrimSuffix(strings.TrimSuffix(top, "\n"), "\r") + "\r\n"
}

// topped returns the reply that TOP gives.
func topped(t testing.TB, text string, n, size int) string {
	t.Helper()
	var b strings.Builder
	s := newStuffer(&b)
	if err := chop(&topper{to: s, left: n}, text, size); err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStuffing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", ".\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{"a", "a\r\n.\r\n"},
		{"a\n", "a\n\r\n.\r\n"},
		{"a\r", "a\r\r\n.\r\n"},
		{"\n", "\n\r\n.\r\n"},
		{".", "..\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"..\r\n", "...\r\n.\r\n"},
		{"a\n.\nb\r\n.c\r\n", "a\n..\nb\r\n..c\r\n.\r\n"},
		{"a\r.\r\n", "a\r.\r\n.\r\n"}, // a CR alone ends no line
		{"\n.\n.\n.\r\n", "\n..\n..\n..\r\n.\r\n"},
	} {
		for size := 1; size <= 4; size++ {
			if got := stuffed(t, c.text, size); got != c.want {
				t.Errorf("%q in pieces of %d: %q, want %q", c.text, size, got, c.want)
			}
		}
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	const crlf = "a: b\r\nc: d\r\n\r\n1\r\n.2\r\n\r\n4\r\n"
	for _, c := range []struct {
		name, text string
		n          int
		want       string
	}{
		{"header only", crlf, 0, "a: b\r\nc: d\r\n\r\n.\r\n"},
		{"one line", crlf, 1, "a: b\r\nc: d\r\n\r\n1\r\n.\r\n"},
		{"a stuffed line", crlf, 2, "a: b\r\nc: d\r\n\r\n1\r\n..2\r\n.\r\n"},
		{"a blank line in the body", crlf, 3, "a: b\r\nc: d\r\n\r\n1\r\n..2\r\n\r\n.\r\n"},
		{"all", crlf, 4, "a: b\r\nc: d\r\n\r\n1\r\n..2\r\n\r\n4\r\n.\r\n"},
		{"more than all", crlf, 1 << 62, "a: b\r\nc: d\r\n\r\n1\r\n..2\r\n\r\n4\r\n.\r\n"},
		{"bare LF, header only", "a: b\n\n1\n2\n", 0, "a: b\n\r\n.\r\n"},
		{"bare LF, one line", "a: b\n\n1\n2\n", 1, "a: b\n\n1\r\n.\r\n"},
		{"bare LF, all lines", "a: b\n\n1\n2\n", 2, "a: b\n\n1\n2\r\n.\r\n"},
		{"bare LF, more than all", "a: b\n\n1\n2\n", 3, "a: b\n\n1\n2\n\r\n.\r\n"},
		{"last line without end", "a: b\r\n\r\n1\r\n2", 2, "a: b\r\n\r\n1\r\n2\r\n.\r\n"},
		{"no blank line", "a: b\r\nc: d\r\n", 0, "a: b\r\nc: d\r\n.\r\n"},
		{"no header", "\r\n1\r\n2\r\n", 1, "\r\n1\r\n.\r\n"},
		{"no header, bare LF", "\n1\r\n2\r\n", 0, "\r\n.\r\n"},
		{"empty", "", 5, ".\r\n"},
		{"a CR more is not blank", "a: b\r\n\r\r\n\r\n1\r\n", 0, "a: b\r\n\r\r\n\r\n.\r\n"},
		{"a letter is not blank", "a: b\nx\n\n1\n", 0, "a: b\nx\n\r\n.\r\n"},
		{"a space is not blank", "a: b\r\n \r\n\r\n1\r\n", 0, "a: b\r\n \r\n\r\n.\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for size := 1; size <= 5; size++ {
				if got := topped(t, c.text, c.n, size); got != c.want {
					t.Errorf("in pieces of %d: %q, want %q", size, got, c.want)
				}
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
		ok   bool
	}{
		{"0", 0, true}, {"1", 1, true}, {"007", 7, true}, {"99999999999999999999", 1<<63 - 1, true},
		{"", 0, false}, {"-1", 0, false}, {"+1", 0, false}, {"1x", 0, false}, {"0x1", 0, false}, {"1_0", 0, false},
	} {
		if got, ok := number(c.text); got != c.want || ok != c.ok {
			t.Errorf("number(%q) = %d, %v; want %d, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func FuzzStuff(f *testing.F) {
	for _, body := range uglyBodies() {
		if len(body) < 1000 {
			f.Add(body, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		reply := stuffed(t, text, int(size)+1)
		if got := unstuffed(t, reply); got != terminated(text) {
			t.Errorf("%q became %q", text, got)
		}
		// Whoever takes a bare LF for the end of a line must find the end where it is, too.
		for at := 0; ; {
			i := strings.Index(reply[at:], ".")
			if i < 0 {
				break
			}
			at += i
			end := strings.HasPrefix(reply[at+1:], "\n") || strings.HasPrefix(reply[at+1:], "\r\n")
			if end && (at == 0 || reply[at-1] == '\n') && at != len(reply)-3 {
				t.Fatalf("%q ends at %d of %d", reply, at, len(reply))
			}
			at++
		}
	})
}

func FuzzTop(f *testing.F) {
	for _, body := range uglyBodies() {
		if len(body) < 1000 {
			f.Add(body, uint8(2), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, text string, n, size uint8) {
		got := unstuffed(t, topped(t, text, int(n), int(size)+1))
		if want := topOf(text, int(n)); got != want {
			t.Errorf("TOP %d of %q: %q, want %q", n, text, got, want)
		}
	})
}
