package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		done, failed, total int
		since               time.Duration
		want                string
	}{
		{0, 0, 0, 0, "0  0/s"},
		{1234, 1, 0, time.Second, "1,235  1,235/s"},
		{0, 0, 10, time.Second, "0 of 10  [                    ]   0%  0/s"},
		{400, 100, 1000, 10 * time.Second, "500 of 1,000  [##########          ]  50%  50/s  0:10 left"},
		{1, 0, 7501, time.Second, "1 of 7,501  [                    ]   0%  1/s  125:00 left"},
		{1000, 0, 1000, time.Second, "1,000 of 1,000  [####################] 100%  1,000/s"},
		{20, 0, 10, time.Second, "20 of 10  [####################] 100%  20/s"},
		{12_345_678, 0, 99_999_999, 1000 * time.Second, "12,345,678 of 99,999,999  [##                  ]  12%  12,345/s  118:20 left"},
	} {
		p := progress{done: tc.done, failed: tc.failed, total: tc.total}
		if got := p.line(tc.since); got != tc.want || len(got) > 79 {
			t.Errorf("%+v: %q (%d columns), want %q", tc, got, len(got), tc.want)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 56_000_000: "56 MB", 1 << 62: "4611686 TB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestProgressBar: at most ten times a second, out of the way of other lines, and
// gone at the end.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	var out strings.Builder
	p := &progress{did: "imported", out: &out, bar: true, now: func() time.Time { return now }, start: now}
	for range 10 {
		now = now.Add(20 * time.Millisecond)
		p.add(1000)
	}
	p.fail("x.eml", errors.New("no\ngood"))
	if err := p.end(nil); err == nil || err.Error() != "imported 10 messages (10 kB) in 0.2 s; 1 failed" {
		t.Errorf("the end: %v", err)
	}
	want := "\r1  50/s\x1b[K" + "\r6  50/s\x1b[K" + "\r\x1b[K" + "postroom: x.eml: no good\n" + "\r11  55/s\x1b[K" + "\r\x1b[K"
	if out.String() != want {
		t.Errorf("drawn %q, want %q", out.String(), want)
	}
}

func TestManyFailures(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &progress{did: "exported", out: &out, now: time.Now, start: time.Now(), quiet: true}
	for range maxTold + 5 {
		p.fail("x", errors.New("bad"))
	}
	if err := p.end(errors.New("gone")); err == nil || !strings.HasPrefix(err.Error(), "gone; exported 0 messages (0 B) in 0.0 s; 25 failed") {
		t.Errorf("the end: %v", err)
	}
	if got := strings.Count(out.String(), "postroom: x: bad\n"); got != maxTold || strings.Count(out.String(), "\n") != maxTold {
		t.Errorf("told %q", out.String())
	}
}

// TestProgressOnTerminal: script gives the program a terminal.
func TestProgressOnTerminal(t *testing.T) {
	t.Parallel()
	script := catchertest.NeedProgram(t, "script")
	c := catchertest.Start(t)
	dir := folderOf(t, map[string]string{"a.eml": "To: b@b\n\n"})
	cmd := exec.Command(script, "-qec", binary(t)+" import --server "+c.SMTPAddr()+" "+dir, "/dev/null")
	cmd.Env = append(bareEnv(t), "TERM=xterm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	if !strings.Contains(text, "/s\x1b[K") || !strings.Contains(text, "\r\x1b[Kimported 1 message (9 B) in ") {
		t.Errorf("on a terminal: %q", text)
	}
}
