package main

// The report in HTML, in a browser.

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/postroom/postroom/catcher/catchertest"
)

// reportOf writes the report of an expectation that is met.
func reportOf(t *testing.T, p *process, args ...string) (path, page string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "report.html")
	must(t, "", binary(t), append([]string{"expect", "--http", p.httpAddress(), "--within", "0s", "--report", path}, args...)...)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, string(text)
}

// TestReportHostile: nothing of a mail runs in the report, or is fetched for it,
// even when somebody clicks.
func TestReportHostile(t *testing.T) {
	t.Parallel()
	chromium := os.Getenv("POSTROOM_CHROMIUM")
	if chromium == "" {
		chromium = catchertest.NeedProgram(t, "chromium", "chromium-browser", "google-chrome")
	}
	remote, fetched := recorder(t)
	source, err := os.ReadFile(filepath.Join("ui", "testdata", "page", "hostile.eml"))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t)
	must(t, strings.ReplaceAll(string(source), "{{REMOTE}}", remote), binary(t), "send", "--server", p.smtp, "--to", "alice@a.test")
	path, page := reportOf(t, p, "--name", "untouched")
	if !strings.Contains(page, "hostile mail is shown") {
		t.Fatal("the mail is not in the report")
	}
	// In the frame a copy without what the server takes out of HTML: the sandbox and
	// the policies have to do.
	bare := filepath.Join(t.TempDir(), "bare.html")
	if err := os.WriteFile(bare, []byte(strings.ReplaceAll(page, "&lt;p id=", "&lt;script src=&#34;"+remote+"/script.js&#34;&gt;&lt;/script&gt;&lt;p id=")), 0o600); err != nil {
		t.Fatal(err)
	}

	ctx := browser(t, chromium)
	for _, file := range []string{path, bare} {
		top := openReport(t, ctx, "file://"+file)
		for _, y := range []float64{20, 60} { // the links of the mail
			if err := chromedp.Do(ctx, chromedp.MouseClickXY(200, top+y)); err != nil {
				t.Fatal(err)
			}
		}
		is, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title + ' ' + window.marker + ' ' + location.protocol`))
		if err != nil || is != "Met: untouched untouched file:" {
			t.Errorf("a mail has acted: %q, %v", is, err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(remote+"/control")); err != nil {
		t.Fatal(err)
	}
	if got := slices.DeleteFunc(fetched(), func(path string) bool { return path == "/favicon.ico" }); !slices.Equal(got, []string{"/control"}) {
		t.Errorf("fetched %q", got)
	}
}

// openReport returns where the frame of the mail begins, once it is painted.
func openReport(t *testing.T, ctx context.Context, url string) (top float64) {
	t.Helper()
	const begin = `(() => {
		window.marker = 'untouched';
		document.querySelector('iframe').scrollIntoView();
		requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true; }));
		return true;
	})()`
	err := chromedp.Do(ctx, chromedp.EmulateViewport(1000, 1200), chromedp.Navigate(url))
	for expression := begin; err == nil; expression = `window.painted === true` {
		var done bool
		if done, err = chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); done && expression != begin {
			break
		}
	}
	if err == nil {
		top, err = chromedp.Run(ctx, chromedp.Evaluate[float64](`document.querySelector('iframe').getBoundingClientRect().y`))
	}
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// recorder is a server that remembers what was fetched.
func recorder(t *testing.T) (url string, fetched func() []string) {
	var mu sync.Mutex // guards paths
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.URL.Path)
		w.Write([]byte("<p>control"))
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(paths)
	}
}

// browser starts one with a tab.
func browser(t *testing.T, binary string) context.Context {
	t.Helper()
	dir, err := os.MkdirTemp(buildDir, "browser-") // TestMain removes it: the browser's helpers write to it for a moment after its end
	if err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	allocator, stop := chromedp.NewExecAllocator(limited,
		chromedp.ExecPath(binary), chromedp.UserDataDir(dir), chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.NoSandbox,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	return ctx
}

// TestReportsTellAll: met, not met, and after a command that failed.
func TestReportsTellAll(t *testing.T) {
	t.Parallel()
	p := start(t, "--rules", write(t, "rules", "rcpt to=bob@a.test reply 550 5.1.1\nroute to=*@hop.test defer 451 4.4.1"))
	dialSMTP(t, p.smtp).send("shop@a.test", "alice@a.test", signUp)
	dialSMTP(t, p.smtp).send("shop@a.test", "carol@hop.test", plainMail)
	execute(t, "", nil, binary(t), "send", "--server", p.smtp, "--to", "bob@a.test", "--text", "x")
	path := filepath.Join(t.TempDir(), "r.html")
	for _, c := range []struct {
		args  string
		words []string
	}{
		{"expect|--to|alice@a.test|--extract|code", []string{"Met", "482913", "Welcome, Alice", "X-Job: 7", "data.bin", "bob@a.test", "carol@hop.test"}},
		{"expect|--to|alice@a.test|--subject|welcome|--within|1ms", []string{"Not met", "Welcome, Alice", "bob@a.test", "carol@hop.test"}},
		{"run|--http|127.0.0.1:0", []string{"exit status 1", "Refused and dropped"}},
	} {
		args := append(strings.Split(c.args, "|"), "--report", path)
		if args[0] == "run" {
			args = append(args, "--", "false")
		} else {
			args = append(args, "--http", p.httpAddress())
		}
		execute(t, "", nil, binary(t), args...)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range c.words {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s: the report has no %q", c.args, word)
			}
		}
		os.Remove(path)
	}
}
