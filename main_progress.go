package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// redraw is how often a progress bar is drawn at most.
	redraw = 100 * time.Millisecond
	// maxTold is how many failures get a line each.
	maxTold = 20
)

// A progress tells on stderr how far a long task is: as a bar when that is a
// terminal, and in one line at the end. It is safe for concurrent use.
type progress struct {
	did   string // "imported"
	out   io.Writer
	bar   bool
	quiet bool
	now   func() time.Time

	mu           sync.Mutex // guards all below
	start, drawn time.Time
	done, failed int
	total        int // 0: not known
	bytes        int64
}

func (p program) newProgress(did string, quiet bool) *progress {
	return &progress{
		did: did, out: p.stderr, now: time.Now, start: time.Now(),
		quiet: quiet, bar: !quiet && isTerminal(p.stderr) && p.env("TERM") != "dumb",
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// of says how many messages there are in all.
func (p *progress) of(total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
	p.draw()
}

// add counts a message of so many octets.
func (p *progress) add(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.bytes += size
	p.draw()
}

// fail counts a message that failed, and tells why.
func (p *progress) fail(what string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed++; p.failed <= maxTold {
		p.tell(oneLine(fmt.Errorf("%s: %w", what, err)))
	}
	p.draw()
}

// tell prints a line where the bar is.
func (p *progress) tell(line string) {
	p.clear()
	fmt.Fprintln(p.out, "postroom:", line)
}

func (p *progress) clear() {
	if p.bar && !p.drawn.IsZero() {
		io.WriteString(p.out, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}

func (p *progress) draw() {
	if now := p.now(); p.bar && now.Sub(p.drawn) >= redraw {
		p.drawn = now
		io.WriteString(p.out, "\r"+p.line(now.Sub(p.start))+"\x1b[K")
	}
}

// line is the bar as it is after so long. It fits into 79 columns.
func (p *progress) line(since time.Duration) string {
	n := p.done + p.failed
	rate := float64(n) / max(since.Seconds(), 0.001)
	if p.total == 0 {
		return fmt.Sprintf("%s  %s/s", thousands(n), thousands(int(rate)))
	}
	const width = 20
	part := min(float64(n)/float64(p.total), 1)
	full := int(part * width)
	text := fmt.Sprintf("%s of %s  [%s%s] %3d%%  %s/s", thousands(n), thousands(p.total),
		strings.Repeat("#", full), strings.Repeat(" ", width-full), int(part*100), thousands(int(rate)))
	if left := p.total - n; n > 0 && left > 0 {
		seconds := int(float64(left)/rate + 0.5)
		text += fmt.Sprintf("  %d:%02d left", seconds/60, seconds%60)
	}
	return text
}

// end tells what was done. If all went well, it does so unless it is to be
// quiet; else in the error that it returns. Why is the reason to end early, or
// nil.
func (p *progress) end(why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	text := p.summary(p.now().Sub(p.start))
	switch {
	case errors.Is(why, context.Canceled):
		return fmt.Errorf("interrupted; %s", text)
	case why != nil:
		return fmt.Errorf("%w; %s", why, text)
	case p.failed > 0:
		return errors.New(text)
	case !p.quiet:
		fmt.Fprintln(p.out, text)
	}
	return nil
}

func (p *progress) summary(since time.Duration) string {
	plural := "s"
	if p.done == 1 {
		plural = ""
	}
	text := fmt.Sprintf("%s %s message%s (%s) in %.1f s", p.did, thousands(p.done), plural, size(p.bytes), since.Seconds())
	if p.failed > 0 {
		text += fmt.Sprintf("; %s failed", thousands(p.failed))
	}
	return text
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// size writes a number of octets as people do: 56 MB.
func size(n int64) string {
	v, units := float64(n), []string{"B", "kB", "MB", "GB", "TB"}
	for len(units) > 1 && v >= 999.5 {
		v /= 1000
		units = units[1:]
	}
	if v < 9.95 && units[0] != "B" {
		return fmt.Sprintf("%.1f %s", v, units[0])
	}
	return fmt.Sprintf("%.0f %s", v, units[0])
}
