package ui_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A trap is all hosts under trap.test, for a browser started with rules. Whoever
// connects is noted under the first label of the name that it asks for.
type trap struct {
	net.Listener
	mu   sync.Mutex
	hits map[string][]string // what for: the Sec-Fetch-Dest of requests, "tls", or "connection"
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	trap := &trap{Listener: l, hits: map[string][]string{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { trap.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return trap
}

// rules lead a browser to the trap, and to nothing else but this machine.
func (tr *trap) rules() chromedp.ExecAllocatorOption {
	return chromedp.Flag("host-resolver-rules", fmt.Sprintf("MAP *.trap.test %s, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", tr.Addr()))
}

func (tr *trap) note(host, what string) {
	name, _, _ := strings.Cut(host, ".")
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.hits[name] = append(tr.hits[name], what)
}

// forget takes back what was noted last.
func (tr *trap) forget(name string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if n := len(tr.hits[name]); n > 1 {
		tr.hits[name] = tr.hits[name][:n-1]
	} else {
		delete(tr.hits, name)
	}
}

// caught empties the trap.
func (tr *trap) caught() map[string][]string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	hits := tr.hits
	tr.hits = map[string][]string{}
	return hits
}

func (tr *trap) has(name string) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.hits[name]) > 0
}

// A read is a connection of which something was read before.
type read struct {
	net.Conn
	from io.Reader
}

func (c read) Read(b []byte) (int, error) { return c.from.Read(b) }

func (tr *trap) serve(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	from := bufio.NewReader(conn)
	tr.note("nobody", "connection") // until it is known who
	first, err := from.Peek(1)
	if err != nil {
		return
	}
	tr.forget("nobody")
	if first[0] == 0x16 { // a TLS handshake
		tls.Server(read{conn, from}, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			tr.note(hello.ServerName, "tls")
			return nil, errors.New("no more is needed")
		}}).Handshake()
		return
	}
	r, err := http.ReadRequest(from)
	if err != nil {
		tr.note("nobody", "noise")
		return
	}
	host, what := r.Host, r.Header.Get("Sec-Fetch-Dest")
	if host == tr.Addr().String() {
		host = strings.Trim(r.URL.Path, "/")
	}
	if what == "" { // plain HTTP from a name that is no secure context has none
		what = r.Header.Get("Accept")
	}
	tr.note(host, what)
	const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(gif), gif)
}

// watching notes what tells on itself, and which frames have loaded.
const watching = `if (window === top) {
	window.pwned = [];
	window.loaded = [];
	addEventListener('message', ({ data }) => { if (String(data).startsWith('pwned-')) pwned.push(data.slice(6)); });
	document.addEventListener('load', ({ target }) => { if (target.tagName === 'IFRAME') loaded.push(target.src); }, true);
}`

// watch makes a tab that watches. It may be led astray, so the console is no error.
func watch(t *testing.T, chromium context.Context) *tab {
	t.Helper()
	at, closeTab := chromedp.NewContext(chromium)
	ctx, cancel := context.WithTimeout(at, storyTime)
	t.Cleanup(func() {
		cancel()
		closeTab()
	})
	b := &tab{t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(1440, 900), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
		return err
	}))
	err := chromedp.Listen(ctx, func(event any) {
		if dialog, ok := event.(*page.EventJavascriptDialogOpening); ok {
			t.Errorf("a dialog says %q", dialog.Message)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// settled waits until what a document does by itself has been done. A page that
// lies behind a tab that should not be there gets no frames.
func (b *tab) settled() {
	b.t.Helper()
	b.run(`const calm = window.calm = { over: false };
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { calm.over = true; }, 20)));
		setTimeout(() => { calm.over = true; }, 2000)`)
	b.until(`window.calm.over`)
}

// pressFrame clicks into the frame until the click has arrived there.
func (b *tab) pressFrame() {
	b.t.Helper()
	b.until(`document.querySelector('iframe').getBoundingClientRect().height > 50`)
	b.waitFor("the click arrives in the frame", func() bool {
		b.clickInFrame(40)
		return evaluate[bool](b, `document.activeElement?.tagName === 'IFRAME'`)
	})
}

// A trial is one mail of the corpus: payloads, or a mail of its own kind.
type trial struct {
	name, source string
	payloads     []payload
	click, mail  bool
}

const together = 10 // payloads in one mail

func trials(trap string) (all []trial) {
	var group []payload
	flush := func() {
		if len(group) > 0 {
			all = append(all, newTrial(trap, group...))
		}
		group = nil
	}
	for _, p := range payloads() {
		if p.alone || p.click {
			all = append(all, newTrial(trap, p))
			continue
		}
		if group = append(group, p); len(group) == together {
			flush()
		}
	}
	flush()
	mails := hostileMails()
	for _, name := range slices.Sorted(maps.Keys(mails)) {
		all = append(all, trial{name: name, source: fill4(mails[name], name, trap), mail: true})
	}
	return all
}

// newTrial puts payloads into one mail.
func newTrial(trap string, of ...payload) trial {
	var body strings.Builder
	for _, p := range of {
		body.WriteString(p.filled(trap) + "\n")
	}
	return trial{name: of[0].name, source: body.String(), payloads: of, click: of[0].click}
}

func (c trial) deliver(p *post) (id string) {
	source := c.source
	if !c.mail {
		source = "Subject: " + c.name + "\nContent-Type: text/html; charset=utf-8\n\n" + source
	}
	return p.deliver(source, "mallory@hostile.example", "alice@example.test")
}

// TestHostileMail opens all of the corpus in the page and by itself in a tab.
// Nothing of it may run, lead away, open or load anything.
func TestHostileMail(t *testing.T) {
	t.Parallel()
	trap := newTrap(t)
	cases := trials(trap.Addr().String())
	if n := len(payloads()) + len(hostileMails()); n < 90 {
		t.Errorf("only %d payloads", n)
	}
	t.Run("without protection it acts", unprotected)
	chromium := newBrowser(t, trap.rules())
	b := watch(t, chromium)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, chromedp.FromContext(ctx).Browser, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny})
		return err
	}))
	p := newPost(t, nil)
	ids := make([]string, len(cases))
	for i, c := range cases {
		ids[i] = c.deliver(p)
	}
	t.Run("in the page", func(t *testing.T) { inPage(t, chromium, p, trap, cases, ids) })
	t.Run("opened by itself", func(t *testing.T) { byItself(t, chromium, p, trap, cases, ids) })
	t.Run("with remote content", func(t *testing.T) { withRemote(t, chromium, p, trap, cases, ids) })
}

// unprotected shows the payloads in a frame without sandbox and policies, as they
// came: each that is not dead must be noticed, or the rest of the test proves nothing.
func unprotected(t *testing.T) {
	trap := newTrap(t)
	cases, b := trials(trap.Addr().String()), watch(t, newBrowser(t, trap.rules()))
	mux := http.NewServeMux()
	for i, c := range cases {
		mux.HandleFunc(fmt.Sprintf("/frame/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html") // a charset in the mail counts
			io.WriteString(w, c.source)
		})
		mux.HandleFunc(fmt.Sprintf("/page/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><body><iframe src="/frame/%d" width=800 height=600></iframe>`, i)
		})
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	for i, c := range cases {
		if !c.mail && slices.ContainsFunc(c.payloads, func(p payload) bool { return !p.dead }) {
			b.open(fmt.Sprintf("%s/page/%d", server.URL, i))
			b.acts(c, trap)
		}
	}
}

// acts waits for all payloads of a case that are not dead to be noticed.
func (b *tab) acts(c trial, trap *trap) {
	b.t.Helper()
	var missing []string
	unnoticed := func() bool {
		if c.click {
			b.clickInFrame(40)
		}
		told := evaluate[string](b, `(window.pwned ?? []).join(' ')`)
		missing = nil
		for _, p := range c.payloads {
			if !p.dead && !trap.has(p.name) && !slices.Contains(strings.Fields(told), p.name) {
				missing = append(missing, p.name)
			}
		}
		return len(missing) == 0
	}
	b.mayTake(5*time.Second, unnoticed)
	if len(missing) > 0 {
		b.t.Errorf("%v: not noticed, though nothing kept it", missing)
	}
}

// inPage goes through the mails in one page, and through the tabs of each.
func inPage(t *testing.T, chromium context.Context, p *post, trap *trap, cases []trial, ids []string) {
	b := watch(t, chromium)
	b.open(p.url("/"))
	b.until(live)
	b.run(`window.marker = 'untouched'`)
	for i, c := range cases {
		b.visit(ids[i])
		if b.frames(ids[i]) {
			b.settled()
			if c.click {
				b.pressFrame()
				b.settled()
			}
		}
		if !c.click && (c.mail || len(c.payloads) > 1) {
			b.eachTab()
		}
		b.harmless(c.name, trap)
	}
	b.alone(p.url("/"))
}

// visit leads the page to a message.
func (b *tab) visit(id string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`window.loaded.length = 0; history.pushState({}, '', '/message/%s'); dispatchEvent(new PopStateEvent('popstate'))`, id))
	b.until(fmt.Sprintf(`document.querySelector('.message h1') && document.querySelector('.message a[href*=%q]') !== null`, id))
}

// frames says whether the message is shown in a frame, once that is loaded.
func (b *tab) frames(id string) bool {
	b.t.Helper()
	if !evaluate[bool](b, `document.querySelector('#tab-preview') && !document.querySelector('#tab-preview').disabled`) {
		return false
	}
	b.run(`document.querySelector('#tab-preview').click()`)
	b.until(fmt.Sprintf(`window.loaded.some((src) => src.includes(%q))`, id))
	return true
}

func (b *tab) eachTab() {
	b.t.Helper()
	for _, name := range strings.Fields(evaluate[string](b, `[...document.querySelectorAll('[role=tab][id]:not([disabled])')].map((e) => e.id).join(' ')`)) {
		b.run(fmt.Sprintf(`document.getElementById(%q).click()`, name))
		b.settled()
	}
}

// harmless says which payload has done something to the page or elsewhere.
func (b *tab) harmless(name string, trap *trap) {
	b.t.Helper()
	if told := evaluate[string](b, `(window.pwned ?? []).splice(0).join(' ')`); told != "" {
		b.t.Errorf("in %s: ran: %s", name, told)
	}
	if hits := trap.caught(); len(hits) > 0 {
		b.t.Errorf("in %s: went out: %v", name, hits)
	}
	state := evaluate[string](b, `[window.marker, document.title.includes('pwned'), location.pathname.startsWith('/message/')].join()`)
	if state != "untouched,false,true" {
		b.t.Fatalf("in %s: the page was changed or left: %s at %s", name, state, evaluate[string](b, `location.href`))
	}
}

// alone checks that no tab was opened or led away.
func (b *tab) alone(under string) {
	b.t.Helper()
	targets, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, target := range targets {
		ours := target.URL == "about:blank" || target.URL == "" || strings.HasPrefix(target.URL, under) || strings.HasPrefix(target.URL, "chrome")
		if target.Type == "page" && (!ours || strings.Contains(target.Title, "pwned")) {
			b.t.Errorf("there is a tab %q at %.100s", target.Title, target.URL)
		}
	}
}

// byItself opens everything that the server gives out of a mail.
func byItself(t *testing.T, chromium context.Context, p *post, trap *trap, cases []trial, ids []string) {
	b := watch(t, chromium)
	for i, c := range cases {
		names := []string{"html"}
		if c.mail {
			names = []string{"html", "parts/1", "parts/2", "parts/3", "parts/4", "parts/5", "parts/6", "parts/2.1"}
		}
		if !strings.Contains(c.name, "-") { // of whatever mail, these come in the same way
			names = append(names, "text", "raw", "transcript")
		}
		for _, name := range names {
			url := p.url("/v1/messages/" + ids[i] + "/" + name)
			if !isThere(t, url) {
				continue
			}
			err := chromedp.Do(b.ctx, chromedp.Navigate(url))
			if err != nil && !strings.Contains(err.Error(), "ERR_ABORTED") { // a download
				t.Errorf("%s of %s: %v", name, c.name, err)
				continue
			}
			b.kept(c.name, name, p.url(""))
		}
		if hits := trap.caught(); len(hits) > 0 {
			t.Errorf("in %s: went out: %v", c.name, hits)
		}
	}
	b.alone(p.url("/"))
}

func isThere(t *testing.T, url string) bool {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode == 200
}

// kept checks a document that was opened by itself.
func (b *tab) kept(name, what, under string) {
	b.t.Helper()
	state := evaluate[string](b, `document.title + ' ' + (window.pwned ?? []).join(' ')`)
	if strings.Contains(state, "pwned-") {
		b.t.Errorf("%s of %s: %s", what, name, state)
	}
	if at := evaluate[string](b, `location.href`); at != "about:blank" && !strings.HasPrefix(at, under) {
		b.t.Errorf("%s of %s: led away to %s", what, name, at)
	}
}

// withRemote lets remote content in: what is loaded then is pictures, styles,
// fonts, sound and film, and still nothing runs.
func withRemote(t *testing.T, chromium context.Context, p *post, trap *trap, cases []trial, ids []string) {
	b := watch(t, chromium)
	b.open(p.url("/"))
	b.until(live)
	hits := map[string][]string{}
	for i, c := range cases {
		if c.mail || c.click {
			continue
		}
		b.visit(ids[i])
		b.frames(ids[i])
		if !evaluate[bool](b, `document.querySelector('.remote button') !== null`) {
			continue
		}
		b.click(".remote button")
		b.until(`window.loaded.some((src) => src.includes('remote=1'))`)
		b.settled()
		maps.Copy(hits, trap.caught())
		if told := evaluate[string](b, `window.pwned.splice(0).join(' ')`); told != "" {
			t.Errorf("in %s: ran: %s", c.name, told)
		}
	}
	for name, what := range hits {
		if wrong := regexp.MustCompile(`^(?:script|iframe|frame|object|embed|meta-refresh|base|nobody|amp|link-pre|link-mod|svg-script)`); wrong.MatchString(name) {
			t.Errorf("%s went out: %v", name, what)
		}
	}
	for _, name := range []string{"img-src", "img-https", "css-url", "css-import", "css-font-face", "video-poster", "link-stylesheet", "picture"} {
		if hits[name] == nil {
			t.Errorf("%s was not loaded when it was asked for", name)
		}
	}
}

// attempts are what a page of another site may try; each gives "" when it came to
// nothing, or what it got.
const attempts = `
const at = new URL(location.hash.slice(1));
const url = (path) => new URL(path, at).href;
const element = (name, properties) => new Promise((done) => {
	const e = document.createElement(name);
	e.onload = () => done('loaded');
	e.onerror = () => done('');
	Object.assign(e, properties);
	document.body.append(e);
});
const json = { 'Content-Type': 'application/json' };
const asked = (path, init) => fetch(url(path), init).then(async (r) => (await r.text().catch(() => '')) || (r.type === 'opaque' ? '' : 'answered ' + r.status), () => '');
const post = (enctype, name, value, path) => new Promise((done) => {
	const frame = document.createElement('iframe'), form = document.createElement('form'), field = document.createElement('input');
	frame.name = 'f' + Math.random();
	Object.assign(form, { method: 'post', action: url(path), enctype, target: frame.name });
	Object.assign(field, { name, value });
	form.append(field);
	document.body.append(frame, form);
	frame.onload = () => { let text = ''; try { text = frame.contentDocument?.body.innerText ?? ''; } catch {} done(text); };
	form.submit();
});
const attempts = {
	fetch: () => asked('/v1/messages'),
	opaque: () => asked('/v1/messages', { mode: 'no-cors' }),
	credentials: () => asked('/v1/messages', { credentials: 'include' }),
	page: () => asked('/'),
	module: () => import(url('/static/js/main.js')).then(() => 'imported', () => ''),
	post: () => asked('/v1/messages/sample', { method: 'POST' }),
	postOpaque: () => asked('/v1/messages/sample', { method: 'POST', mode: 'no-cors' }),
	postText: () => asked('/v1/messages/seen', { method: 'POST', mode: 'no-cors', body: '{"seen":true}', headers: { 'Content-Type': 'text/plain' } }),
	postJSON: () => asked('/v1/messages/seen', { method: 'POST', body: '{"seen":true}', headers: json }),
	clock: () => asked('/v1/clock', { method: 'POST', mode: 'no-cors', body: '{"ahead":"4h"}' }),
	rule: () => asked('/v1/rules', { method: 'POST', mode: 'no-cors', body: 'rcpt refuse' }),
	put: () => asked('/v1/rules', { method: 'PUT', body: 'rcpt refuse', headers: { 'Content-Type': 'text/plain' } }),
	delete: () => asked('/v1/messages?all=true', { method: 'DELETE' }),
	beacon: async () => { navigator.sendBeacon(url('/v1/messages/sample'), '{}'); return ''; },
	formURL: () => post('application/x-www-form-urlencoded', 'a', 'b', '/v1/messages/sample'),
	formText: () => post('text/plain', '{"seen":true,"x":"', '"}', '/v1/messages/seen'),
	formMultipart: () => post('multipart/form-data', 'a', 'b', '/v1/messages/sample'),
	websocket: () => new Promise((done) => {
		const socket = new WebSocket(url('/v1/events').replace('http', 'ws'));
		socket.onopen = socket.onmessage = () => done('open');
		socket.onerror = () => done('');
	}),
	events: () => new Promise((done) => {
		const source = new EventSource(url('/v1/events'));
		source.onopen = source.onmessage = () => done('open');
		source.onerror = () => { source.close(); done(''); };
	}),
	script: () => element('script', { src: url('/v1/messages') }),
	image: () => element('img', { src: url('/v1/messages') }),
	favicon: () => element('img', { src: url('/static/favicon.svg') }),
	style: () => element('link', { rel: 'stylesheet', href: url('/v1/messages') }),
	pageStyle: () => element('link', { rel: 'stylesheet', href: url('/static/css/base.css') }),
	frame: async () => {
		const frame = document.createElement('iframe');
		frame.src = url('/');
		const loaded = new Promise((done) => { frame.onload = done; });
		document.body.append(frame);
		await loaded;
		try { return frame.contentDocument.body.innerText; } catch { return ''; }
	},
};
(async () => {
	const got = [];
	for (const [name, attempt] of Object.entries(attempts)) {
		const result = await attempt().catch(() => '');
		if (result) got.push(name + ': ' + result.slice(0, 100));
	}
	window.got = got;
})();`

// foreign is a page of another site, and one of another port beside us: what they
// try changes nothing, and they read nothing.
func foreign(t *testing.T, chromium context.Context) {
	p := newPost(t, nil)
	p.note("a secret", "alice@example.test")
	before := p.state()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!doctype html><body><script>"+attempts+"</script>")
	}))
	defer site.Close()
	for name, at := range map[string]string{"another site": strings.Replace(site.URL, "127.0.0.1", "localhost", 1), "another port": site.URL} {
		b := watch(t, chromium)
		b.open(at + "/#" + p.url("/"))
		b.until(`Array.isArray(window.got)`)
		if got := evaluate[string](b, `window.got.join('\n')`); got != "" {
			t.Errorf("%s got %s", name, got)
		}
		if after := p.state(); after != before {
			t.Errorf("%s changed it from %s to %s", name, before, after)
		}
	}

	// The page itself may do all that, or the attempts are no attempts.
	b := newTab(t, chromium)
	b.open(p.url("/"))
	b.until(live)
	b.run(`fetch('/v1/messages/sample', { method: 'POST' })`)
	b.waitFor("the page's own request changes it", func() bool { return p.state() != before })
}

// state is all that a foreign page may want to change.
func (p *post) state() string {
	p.t.Helper()
	var all strings.Builder
	for _, path := range []string{"/v1/messages", "/v1/rules"} { // with the number of the last event
		resp, err := http.Get(p.url(path))
		if err != nil {
			p.t.Fatal(err)
		}
		io.Copy(&all, resp.Body)
		resp.Body.Close()
	}
	resp, err := http.Get(p.url("/v1/clock"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var now struct{ AheadSeconds float64 }
	if err := json.NewDecoder(resp.Body).Decode(&now); err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprintf(&all, "%.0f s ahead", now.AheadSeconds)
	return all.String()
}
