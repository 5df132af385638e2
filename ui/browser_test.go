package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime/ugly"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
)

const storyTime = 4 * time.Minute // for one story; a loaded machine is slow

// A post is a catcher with the page in front of it, at an address that stays the
// same when it is started again.
type post struct {
	t       testing.TB
	clock   clock.Clock
	base    string // prefix of its paths
	access  ui.Access
	address string
	catcher *catcher.Catcher
	stop    func()
}

func newPost(t testing.TB, clock clock.Clock) *post {
	t.Helper()
	return newPostUnder(t, clock, "")
}

// newPostUnder has a prefix before its paths.
func newPostUnder(t testing.TB, clock clock.Clock, base string) *post {
	t.Helper()
	return begin(&post{t: t, clock: clock, base: base})
}

// newLockedPost is only for the users of an Access.
func newLockedPost(t testing.TB, access ui.Access) *post {
	t.Helper()
	return begin(&post{t: t, access: access})
}

func begin(p *post) *post {
	p.t.Helper()
	p.address = "127.0.0.1:0"
	p.start()
	p.t.Cleanup(func() { p.stop() })
	return p
}

func (p *post) start() {
	p.t.Helper()
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.address = l.Addr().String()
	c, err := catcher.New(catcher.Config{Clock: p.clock})
	if err != nil {
		p.t.Fatal(err)
	}
	p.catcher = c
	server := &ui.Server{
		Backend: c, Access: p.access, Settings: &oneLimit{}, Page: ui.Page(p.base), BasePath: p.base, Version: "test", SMTP: "127.0.0.1:1025", POP3: "127.0.0.1:1110",
		Grace: 100 * time.Millisecond,
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 2)
	go func() { served <- server.Serve(ctx, l) }()
	go func() { served <- c.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		for range 2 {
			if err := <-served; err != nil {
				p.t.Errorf("serve: %v", err)
			}
		}
		if err := c.Close(); err != nil {
			p.t.Errorf("close: %v", err)
		}
	})
}

func (p *post) url(path string) string { return "http://" + p.address + path }

// deliver takes in a mail and returns its ID.
func (p *post) deliver(source, from string, to ...string) string {
	p.t.Helper()
	env := mail.Envelope{From: from, Session: &mail.Session{
		ID: "S1", Started: time.Now().Add(-time.Second), Protocol: "ESMTPS", Remote: "127.0.0.1:51744", Local: "127.0.0.1:1025",
		Helo: "app-7.internal", User: "shop", Mechanism: "PLAIN", TLS: "TLS 1.3 TLS_AES_128_GCM_SHA256",
	}}
	for _, address := range to {
		env.To = append(env.To, mail.Rcpt{Address: address})
	}
	source = strings.ReplaceAll(source, "\n", "\r\n")
	receipt, err := p.catcher.Accept(context.Background(), env, strings.NewReader(source))
	if err != nil {
		p.t.Fatal(err)
	}
	return receipt.ID.String()
}

func (p *post) note(subject string, to ...string) string {
	p.t.Helper()
	return p.deliver(fmt.Sprintf("From: App <app@example.test>\nTo: %s\nSubject: %s\n\nA note about %s.\n", to[0], subject, subject),
		"app@example.test", to...)
}

func testMail(t *testing.T, name string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "page", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// newBrowser starts a browser; each tab made from its context is in the same one.
func newBrowser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	binary := os.Getenv("POSTROOM_CHROMIUM")
	if binary == "" {
		binary = catchertest.NeedProgram(t, "chromium", "chromium-browser", "google-chrome")
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(binary), chromedp.UserDataDir(profile(t)), chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.NoSandbox,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	}, more...)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(browser, 10*time.Second)
		defer cancel()
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("stop %s: %v", binary, err)
		}
	})
	return browser
}

// profile makes a directory for the browser. Unlike t.TempDir it is removed with
// patience: the browser's helpers write to it for a moment after its end.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postroom-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for deadline := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil; {
			if time.Now().After(deadline) {
				t.Errorf("cannot remove %s", dir)
				return
			}
		}
	})
	return dir
}

// A tab is one page in the browser. What the page throws is an error of the test.
type tab struct {
	t   testing.TB
	ctx context.Context
}

func newTab(t testing.TB, browser context.Context) *tab {
	t.Helper()
	page, closeTab := chromedp.NewContext(browser)
	b := &tab{t: t, ctx: page}
	b.do(chromedp.EmulateViewport(1440, 900))
	ctx, cancel := context.WithTimeout(page, storyTime)
	b.ctx = ctx

	var reading sync.WaitGroup
	messages := chromedp.Console(page)
	reading.Go(func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			if message.IsException() || message.Source == "security" || strings.Contains(message.Text, "Content Security Policy") {
				t.Errorf("console: %s", message)
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		closeTab()
		reading.Wait()
	})
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// evaluate gives the value of a JavaScript expression.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// run runs JavaScript for what it does.
func (b *tab) run(script string) {
	b.t.Helper()
	evaluate[bool](b, `(() => { `+script+`; return true; })()`)
}

// until waits for a JavaScript expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	b.waitFor(expression, func() bool {
		value, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		return err == nil && value // there is an error while a page is being left
	})
}

// waitFor waits for anything to become true.
func (b *tab) waitFor(what string, done func() bool) {
	b.t.Helper()
	for !done() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-b.ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
			defer cancel()
			text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText`))
			b.t.Fatalf("waited in vain until %s\nthe page (error %v):\n%s", what, err, text)
		}
	}
}

// shows waits for a text in an element.
func (b *tab) shows(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))`, selector, text))
}

func (b *tab) hides(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`![...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))`, selector, text))
}

// click is by script: the pointer stays where it is, as the list minds it.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	b.run(fmt.Sprintf(`document.querySelector(%q).click()`, selector))
}

func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

const live = `document.querySelector('.link')?.dataset.state === 'live'`

func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	browser := newBrowser(t)
	stories := []struct {
		name string
		tell func(*testing.T, context.Context)
	}{
		{"mail shows as it arrives", arrives},
		{"mail shows after the server was started again", survivesRestart},
		{"first visit teaches", teaches},
		{"hostile HTML does nothing", hostile},
		{"tabs show the message", tabs},
		{"deleting", deletes},
		{"deep links and back", links},
		{"keyboard", keyboard},
		{"search finds mail", searches},
		{"a search stands in the address", searchLinks},
		{"a search that cannot be read", searchUnreadable},
		{"results are live", searchLive},
		{"only the latest search counts", searchLatest},
		{"more results come page by page", searchPages},
		{"in Chinese", chinese},
		{"new mail does not move what is read", holdsStill},
		{"older mail comes page by page", pages},
		{"a flood is shown in bounded space", flood},
		{"a million messages are scrolled through", million},
		{"a mailbox that shrinks below the reader", shrinks},
		{"mail that comes and goes while pages are on their way", crosses},
		{"many results are gone through and back", searchesFar},
		{"many messages are chosen", chooses},
		{"a deletion is undone, or is final", undoes},
		{"a message is dragged out", dragsOut},
		{"rows are compact", compacts},
		{"a big message is shown in part", big},
		{"ugly mail is shown", ugliness},
		{"one pane at a time", narrow},
		{"choices are remembered", remembers},
		{"the queue and what is done to it", queues},
		{"mail in the queue opens beside it", queueOpens},
		{"Badmail says why", badmail},
		{"attempts show as they fail", attempting},
		{"rules are written and counted", ruling},
		{"a rule is completed by keyboard", completing},
		{"rules to begin with", starting},
		{"a rule is tried against an attempt", trying},
		{"names and links of rules", naming},
		{"SMTP sessions are seen live", sessions},
		{"the clock is moved", clocks},
		{"the pipeline counts", pipelines},
		{"dots travel when something moves", travels},
		{"the axis of coming tries", axes},
		{"the strip at the foot", strips},
		{"a lost connection is caught up", reconnects},
		{"a timeline leads to the bounce and back", timelines},
		{"a caught mail is released", releases},
		{"a mail is written and sent", composes},
		{"replied to, sent again, released", sendsOn},
		{"text can be read in both themes", contrast},
		{"under a prefix, behind proxies", prefixed},
		{"a page that comes in part", comesInPart},
		{"a preview in every size", previews},
		{"codes, links and files are at hand", finds},
		{"source is read and searched", sources},
		{"parts are opened", structures},
		{"what was said in the session", sessionTab},
		{"checks lead to the place", checks},
		{"bounces from elsewhere", relates},
		{"calendars, cards and octets are read", modules},
		{"commands by keys and sequences", commandKeys},
		{"the palette finds what is meant", palette},
		{"the palette and the pane with many mailboxes", manyMailboxes},
		{"searches are completed and remembered", completes},
		{"mailboxes by domain, and pinned", domains},
		{"settings", settings},
		{"how the server is set up", setUp},
		{"logging in and out", logsIn},
		{"news for a tab in the background", notifies},
		{"two messages are compared", compares},
		{"differences, completions and fuzzy matches", pureModules},
		{"other sites change and read nothing", foreign},
		{"every view is accessible", accessible},
		{"the page opens while mail comes", begins},
		{"messages whose answers are late", lateMessages},
		{"lists whose answers are late", lateLists},
		{"forms whose answers are late", lateForms},
		{"screenshots", screenshots},
	}
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) { story.tell(t, browser) })
	}
}

func arrives(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	b.run(`window.marker = 'same page'`)
	p.note("the first", "alice@example.test")
	b.shows(".row .subject", "the first")
	b.shows(".box", "alice@example.test")
	b.shows(".status", "1 message")
	p.note("the second", "alice@example.test", "bob@example.test")
	b.shows(".slot:first-child .row .subject", "the second")
	b.shows(".row .whom", "alice@example.test +1")
	b.shows(".box[href='/mailbox/alice%40example.test'] .count", "2")
	b.until(`document.title === '(2) Postroom'`)
	b.until(`window.marker === 'same page'`)
}

func survivesRestart(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	p.note("before", "alice@example.test")
	b.shows(".row .subject", "before")
	b.click(".row")
	b.shows(".message h1", "before")
	b.run(`window.marker = 'same page'`)
	p.stop()
	b.shows(".link", "Reconnecting")
	p.start()
	p.note("after", "bob@example.test")
	b.shows(".row .subject", "after")
	b.hides(".row .subject", "before") // it was kept in memory only
	b.shows(".message", "This message is gone")
	b.until(live)
	p.note("later", "bob@example.test")
	b.shows(".row .subject", "later")
	b.until(`window.marker === 'same page'`)
}

func teaches(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.shows(".welcome", "127.0.0.1:1025")
	b.shows(".welcome", "127.0.0.1:1110")
	b.shows(".welcome pre", "nodemailer.createTransport")
	b.run(`[...document.querySelectorAll('.welcome .choice button')].find((e) => e.innerText === 'Django').click()`)
	b.shows(".welcome pre", "EMAIL_PORT = 1025")
	b.until(live)
	b.click("#sample")
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.until(`!document.querySelector('.welcome')`)
}

// hostile shows a mail that tries to run scripts and to phone home.
func hostile(t *testing.T, browser context.Context) {
	var mu sync.Mutex
	var fetched []string
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fetched = append(fetched, r.URL.Path)
		http.NotFound(w, r)
	}))
	defer remote.Close()
	requests := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(fetched)
	}

	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(strings.ReplaceAll(testMail(t, "hostile"), "{{REMOTE}}", remote.URL), "mallory@hostile.example", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.run(`window.marker = 'untouched'`)
	b.shows("h1", `<img src=x onerror=`)
	b.frameLoaded("/html")
	b.clickInFrame(20)
	b.shows(".remote", "blocked")
	b.unharmed()
	if got := requests(); len(got) > 0 {
		t.Errorf("fetched before the reader asked for it: %q", got)
	}

	b.click(".remote button")
	b.shows(".remote", "loaded")
	b.waitFor("the remote picture is fetched", func() bool { return slices.Contains(requests(), "/picture.png") })
	b.frameLoaded("/html?remote=1")
	// A frame takes no clicks until it is painted, so there may be some in vain;
	// the honest link shows when they arrive.
	followed := func() bool { return slices.Contains(requests(), "/link") }
	for !followed() {
		b.clickInFrame(20)
		b.clickInFrame(60)
		b.mayTake(time.Second, followed)
	}
	b.unharmed()
	for _, path := range requests() {
		if strings.Contains(path, "script") || path == "/onerror" || path == "/form" {
			t.Errorf("fetched %s", path)
		}
	}
}

// mayTake waits for something for a while.
func (b *tab) mayTake(duration time.Duration, done func() bool) {
	b.t.Helper()
	for over := time.After(duration); !done(); {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-over:
			return
		case <-b.ctx.Done():
			b.t.Fatal(b.ctx.Err())
		}
	}
}

// frameLoaded waits until the frame with the mail is there.
func (b *tab) frameLoaded(suffix string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`performance.getEntriesByType('resource').some((e) => e.initiatorType === 'iframe' && e.name.endsWith(%q))`, suffix))
}

// clickInFrame clicks with the mouse, so many pixels below the frame's top edge.
func (b *tab) clickInFrame(y float64) {
	b.t.Helper()
	x := evaluate[float64](b, `document.querySelector('iframe').getBoundingClientRect().x`)
	top := evaluate[float64](b, `document.querySelector('iframe').getBoundingClientRect().y`)
	b.do(chromedp.MouseClickXY(x+100, top+y))
}

// unharmed checks that nothing of a mail has run in the page or led it away.
func (b *tab) unharmed() {
	b.t.Helper()
	title, marker, path := evaluate[string](b, `document.title`), evaluate[string](b, `window.marker`), evaluate[string](b, `location.pathname`)
	if strings.Contains(title, "pwned") || marker != "untouched" || !strings.HasPrefix(path, "/message/") {
		b.t.Errorf("a mail has acted: title %q, marker %q, at %q", title, marker, path)
	}
}

func tabs(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "order"), "bounces+4f2a@mailer.harbour-books.example", "alice@example.test", "audit@example.test")
	b.open(p.url("/"))
	b.click(".row")
	b.until(fmt.Sprintf(`location.pathname === '/message/%s'`, id))
	b.shows("h1", "Your order #20417 is confirmed")
	b.shows(".people .sender", "Harbour Books")
	b.shows(".people .sender .tag", "bounces+4f2a@mailer.harbour-books.example")
	b.shows(".recipient", "alice@example.test")
	b.until(`[...document.querySelectorAll('.recipient')].filter((e) => e.querySelector('.tag')).map((e) => e.innerText.replace(/\s+/g, ' ')).join() === 'audit@example.test Bcc'`)
	b.frameLoaded("/html")
	b.until(`document.querySelector('iframe').getAttribute('sandbox') === 'allow-popups allow-popups-to-escape-sandbox'`)
	b.until(`document.querySelectorAll('.row[data-unread]').length === 0`)
	b.waitFor("the opened message is seen in the store, too", func() bool {
		m, err := p.catcher.List(b.ctx, store.Query{})
		return err == nil && m.Messages[0].Deliveries[0].Seen
	})

	b.click("#tab-text")
	b.shows(".source", "A Field Guide to Letters   2 x  14.50")
	b.click("#tab-headers")
	b.shows(".fields dd", "storefront/8.3.1")
	b.shows(".envelope", "<audit@example.test> Bcc")
	b.run(`document.querySelector('.headers .choice button:last-child').click()`)
	b.shows(".headers .source", "Message-ID: <20417.4f2a91c@harbour-books.example>")
	b.click("#tab-session")
	b.shows(".session-tab .fields", "app-7.internal")
	b.click("#tab-structure")
	b.shows(".structure nav .name", "Invoice 20417.pdf")
	b.shows(".structure nav .name", "order-20417.csv")
	b.click("#tab-raw")
	b.shows(".source", "--mixed-1--")

	// What turns the direction of writing ends with the name, or the subject, that it is in.
	id = p.deliver("From: \u202etset.knab <mallory@hostile.example>\nTo: alice@example.test\nSubject: \u202egpj.exe\n\nRun this.\n", "mallory@hostile.example", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.shows(".row .subject", "gpj.exe")
	b.shows(".people .sender", "mallory@hostile.example")
	for _, selector := range []string{".people .sender span", ".row .snippet"} {
		b.run(`
			const text = document.querySelector("` + selector + `").firstChild, range = document.createRange();
			window.left = (at) => { range.setStart(text, at); range.setEnd(text, at + 1); return range.getBoundingClientRect().left; };
			window.turned = left(0) > left(text.length - 1)`)
		if evaluate[bool](b, `turned`) {
			t.Errorf("%s is written backwards", selector)
		}
	}
}

func deletes(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("stays", "alice@example.test")
	p.note("goes with its mailbox", "bob@example.test", "alice@example.test")
	id := p.note("goes", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.shows("h1", "goes")
	b.click(".message [aria-label^='Delete']")
	b.hides(".row .subject", "goes\n")
	b.until(`document.querySelectorAll('.row').length === 2`)

	b.open(p.url("/mailbox/bob@example.test"))
	b.click(".list [aria-label='Empty mailbox']")
	b.shows("dialog[open]", "Empty bob@example.test?")
	b.shows("dialog[open]", "What other mailboxes hold stays.")
	b.press(kb.Escape)
	b.until(`!document.querySelector('dialog').open && document.querySelectorAll('.row').length === 1`)
	b.click(".list [aria-label='Empty mailbox']")
	b.click("dialog .primary")
	b.shows(".list .nothing", "No mail yet")
	b.click(".box[href='/']")
	b.until(`document.querySelectorAll('.row').length === 2`)

	b.click(".list [aria-label='Delete all mail']")
	b.shows("dialog[open]", "2 messages will be deleted from all mailboxes, and from the queue.")
	b.click("dialog .primary")
	b.shows(".list", "No mail yet")
	b.shows(".status", "0 messages")
}

func links(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("for alice", "alice@example.test")
	id := p.note("for bob", "bob/x@example.test")
	b.open(p.url("/message/" + id))
	b.shows("h1", "for bob")
	b.open(p.url("/mailbox/bob%2Fx@example.test"))
	b.shows(".list h1", "bob/x@example.test")
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.click(".row")
	b.shows("h1", "for bob")
	b.click(".box[href='/']")
	b.until(`location.pathname === '/' && document.querySelectorAll('.row').length === 2`)
	b.run(`history.back()`)
	b.shows("h1", "for bob")
	b.shows(".list h1", "bob/x@example.test")
	b.run(`history.back()`)
	b.until(`location.pathname.startsWith('/mailbox/') && !document.querySelector('.message h1')`)
	b.shows(".list h1", "bob/x@example.test")

	b.click(".row")
	b.shows("h1", "for bob")
	b.run(`const escape = () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })); escape(); escape()`) // faster than the browser
	b.until(`location.pathname.startsWith('/mailbox/') && !document.querySelector('.message h1')`)
	b.run(`history.forward()`)
	b.shows("h1", "for bob")

	b.open(p.url("/message/01J00000000000000000000000"))
	b.shows(".message", "This message is gone")
}

func keyboard(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("one", "alice@example.test")
	p.note("two", "alice@example.test")
	p.note("three", "bob@example.test")
	b.open(p.url("/"))
	b.until(`document.querySelectorAll('.row').length === 3`)
	b.press("j")
	b.press("j")
	b.press(kb.Enter)
	b.shows("h1", "two")
	b.press("j")
	b.shows("h1", "one")
	b.press("u")
	b.until(`document.querySelector('.row[aria-selected=true]').hasAttribute('data-unread')`)
	b.press("k")
	b.shows("h1", "two")
	b.press("#")
	b.shows("h1", "one")
	b.until(`document.querySelectorAll('.row').length === 2`)
	b.press(kb.Escape)
	b.until(`location.pathname === '/' && !document.querySelector('.message h1')`)
	b.key("f")
	b.until(`document.activeElement.id === 'filter'`)
	b.press("bo")
	b.until(`document.querySelectorAll('.windowed .box').length === 1`)
	b.press(kb.Enter)
	b.shows(".list h1", "bob@example.test")
	b.press("?")
	b.shows("dialog[open]", "Keyboard")
	b.press(kb.Escape)
	b.click(".list [aria-label='Mark all as read']")
	b.until(`document.querySelectorAll('.row').length === 1 && document.querySelectorAll('.row[data-unread]').length === 0`)
}

// key presses a key that leads into a field; the protocol would type it there as well.
func (b *tab) key(name string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.body.dispatchEvent(new KeyboardEvent('keydown', { key: %q, bubbles: true }))`, name))
}

// search types a query into the field.
func (b *tab) search(query string) {
	b.t.Helper()
	b.key("/")
	b.until(`document.activeElement.id === 'search'`)
	b.press(query)
}

// lists waits until the list has just these subjects.
func (b *tab) lists(subjects ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll('.row .subject')].map((e) => e.innerText).join() === %q`, strings.Join(subjects, ",")))
}

func (b *tab) isAt(path string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`decodeURIComponent(location.pathname + location.search) === %q`, path))
}

func searches(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.deliver(testMail(t, "chinese"), "service@qingshi.example", "lilei@example.test")
	p.note("Your invoice", "alice@example.test")
	p.note("Your parcel", "alice@example.test")
	id := p.note("Another invoice", "bob@example.test")
	b.open(p.url("/"))
	b.until(`document.querySelectorAll('.row').length === 4`)
	b.search("invoice")
	b.lists("Another invoice", "Your invoice")
	b.isAt("/?q=invoice")
	b.shows(".list h1", "2 found")
	b.until(`!document.querySelector(".list [aria-label^='Mark all'], .list [aria-label^='Delete']")`)
	b.press(kb.Enter)
	b.until(`document.activeElement.id !== 'search'`)
	b.press("j")
	b.press("o")
	b.shows("h1", "Another invoice")
	b.isAt("/message/" + id + "?q=invoice")
	b.press("j")
	b.shows("h1", "Your invoice")
	b.press(kb.Escape)
	b.isAt("/?q=invoice")

	b.click(".box[href^='/mailbox/alice']") // the search goes along
	b.lists("Your invoice")
	b.isAt("/mailbox/alice@example.test?q=invoice")
	b.search("another") // in place of what is there
	b.shows(".list .nothing", "Nothing found")
	b.click(".list .nothing .button")
	b.lists("Another invoice")
	b.isAt("/?q=another")

	b.search("李雷")
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.shows(".row .subject", "SF1029384756")
	b.press(kb.Escape)
	b.isAt("/")
	b.until(`document.querySelector('#search').value === '' && document.activeElement.id === 'search'`)
	b.until(`document.querySelectorAll('.row').length === 4`)
	b.press(kb.Escape)
	b.until(`document.activeElement.id !== 'search'`)

	b.key("/") // the field tells its language
	b.shows("#search-list", "Sender, in the header or the envelope")
}

func searchLinks(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for _, subject := range []string{"one", "two", "three"} {
		p.note(subject, "alice@example.test")
	}
	b.open(p.url("/mailbox/alice@example.test"))
	b.lists("three", "two", "one")
	b.search("subject:t")
	b.lists("three", "two")
	b.press("w") // takes the place of what was typed before
	b.lists("two")
	b.isAt("/mailbox/alice@example.test?q=subject:tw")
	b.run(`window.marker = 'old page'`)
	b.do(chromedp.Reload())
	b.until(`!window.marker`)
	b.lists("two")
	b.until(`document.querySelector('#search').value === 'subject:tw'`)
	b.press(kb.Escape)
	b.run(`history.back()`)
	b.isAt("/mailbox/alice@example.test")
	b.lists("three", "two", "one")
	b.until(`document.querySelector('#search').value === ''`)

	b.search("one")
	b.lists("one")
	b.press(kb.Escape) // what was not kept leaves nothing behind
	b.lists("three", "two", "one")
	b.until(`!history.state?.depth`)

	b.search("two")
	b.press(kb.Enter) // kept: Back leads here
	b.isAt("/mailbox/alice@example.test?q=two")
	b.search("one")
	b.press(kb.Enter)
	b.lists("one")
	b.run(`history.back()`)
	b.lists("two")
	b.run(`history.back()`)
	b.lists("three", "two", "one")

	b.open(p.url("/?q=" + `"two"+OR+three`))
	b.lists("three", "two")
	b.until(`document.querySelector('#search').value === '"two" OR three'`)
	b.click(".search [aria-label='Clear search']")
	b.lists("three", "two", "one")
	b.run(`history.back()`)
	b.lists("three", "two")
}

func searchUnreadable(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("one", "alice@example.test")
	p.note("two", "alice@example.test")
	b.open(p.url("/"))
	b.lists("two", "one")
	b.search("one")
	b.lists("one")
	b.press(" form:app")
	b.shows("#search-problem", `column 5: unknown operator "form:"; did you mean "from:"?`)
	b.lists("one")
	b.search("from:app")
	b.lists("two", "one")
	b.until(`document.querySelector('#search-problem').hidden`)

	b.open(p.url("/?q=form:app"))
	b.shows("#search-problem", `did you mean "from:"?`)
	b.click(".nothing .examples button")
	b.isAt("/?q=from:app subject:invoice")
	b.shows(".nothing", "Nothing found")
}

func searchLive(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("invoice 1", "alice@example.test")
	p.note("parcel", "alice@example.test")
	b.open(p.url("/?q=invoice+is:unread"))
	b.until(live)
	b.lists("invoice 1")
	p.note("another parcel", "alice@example.test")
	p.note("invoice 2", "alice@example.test")
	b.lists("invoice 2", "invoice 1")
	b.shows(".list h1", "2 found")

	b.click(".row") // what is open stays, though it is read now
	b.shows("h1", "invoice 2")
	b.until(`document.querySelectorAll('.row[data-unread]').length === 1`)
	p.note("invoice 3", "alice@example.test")
	b.lists("invoice 3", "invoice 2", "invoice 1")
	b.press("#")
	b.lists("invoice 3", "invoice 1")
}

// searchLatest has the first of two searches answered last.
func searchLatest(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("slow", "alice@example.test")
	p.note("quick", "alice@example.test")
	b.open(p.url("/"))
	b.lists("quick", "slow")
	b.run(`
		const fetched = window.fetch;
		window.slow = { asked: 0, aborted: 0, told: false, held: new Promise((resolve) => { window.answer = resolve; }) };
		window.fetch = async (path, init) => {
			if (!path.includes('q=slow')) return fetched(path, init);
			slow.asked++;
			init.signal.addEventListener('abort', () => slow.aborted++);
			const page = await (await fetched(path, { ...init, signal: undefined })).json();
			await slow.held;
			return { ok: true, json: async () => { setTimeout(() => { slow.told = true; }); return page; } };
		};`)
	b.search("slow")
	b.until(`window.slow.asked === 1`)
	b.until(`getComputedStyle(document.querySelector('.progress')).visibility === 'visible'`)
	b.lists("quick", "slow")
	b.search("quick")
	b.lists("quick")
	b.until(`window.slow.aborted === 1 && !document.querySelector('.progress')`)
	b.run(`window.answer()`)
	b.until(`window.slow.told`)
	b.lists("quick")
}

func searchPages(t *testing.T, browser context.Context) {
	const n = 240
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range n {
		p.note(fmt.Sprintf("%s %d.", []string{"odd", "even"}[i%2], i), "alice@example.test")
	}
	b.open(p.url("/?q=subject:odd"))
	b.until(live)
	b.shows(".list h1", "+ found")
	b.run(`window.timer = setInterval(() => { document.querySelector('.rows').scrollTop += 5000; }, 20)`)
	b.shows(".row .subject", "odd 0.")
	b.run(`clearInterval(window.timer)`)
	b.shows(".list h1", "120 found")

	const older = `performance.getEntriesByType('resource').filter((e) => e.name.includes('before=')).length`
	asked := evaluate[int](b, older)
	p.note("odd, and new", "alice@example.test") // the first page is asked for again; the reader stays
	b.shows(".pill", "1 new")
	b.shows(".row .subject", "odd 0.")
	b.shows(".list h1", "121 found")
	if again := evaluate[int](b, older) - asked; again > 0 {
		t.Errorf("older results were asked for again, %d times", again)
	}
}

// chinese has the page in its other language, which has a word for all that English has one for.
func chinese(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.deliver(testMail(t, "chinese"), "service@qingshi.example", "lilei@example.test")
	b.speak("zh-CN")
	b.open(p.url("/?q=李雷"))
	b.shows(".list h1", "找到 1 封")
	b.until(`document.documentElement.lang === 'zh-CN' && document.querySelector('#search').placeholder === '搜索邮件'`)
	b.key("/")
	b.press(kb.Escape)
	b.press(kb.ArrowDown)
	b.shows("#search-list", "附件的文件名或内容类型")
	b.run(`
		const shape = (value) => (value && typeof value === 'object' ? Object.keys(value).map((key) => key + ':' + shape(value[key])).join() : typeof value);
		const read = (name) => import('/static/js/strings/' + name + '.js').then((file) => shape(file.default).split(','));
		Promise.all([read('en'), read('zh')]).then(([en, zh]) => { window.different = en.filter((one, i) => one !== zh[i]).concat(zh.slice(en.length)); });`)
	b.until(`window.different !== undefined`)
	if different := evaluate[[]string](b, `window.different`); len(different) > 0 {
		t.Errorf("zh.js is not like en.js from %s on", different[0])
	}
}

// speak makes the browser ask for pages in a language.
func (b *tab) speak(language string) {
	b.t.Helper()
	agent := evaluate[string](b, `navigator.userAgent`)
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
		return err
	}))
}

func holdsStill(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range 50 {
		p.note(fmt.Sprintf("old %d", i), "alice@example.test")
	}
	b.open(p.url("/"))
	b.until(live)
	b.until(`document.querySelectorAll('.row').length > 10`)
	b.run(`document.querySelector('.rows').scrollTop = 520`)
	b.shows(".row .subject", "old 39")
	const place = `document.querySelector('.row[id="' + window.watched + '"]').getBoundingClientRect().top`
	b.run(`window.watched = [...document.querySelectorAll('.row')].find((e) => e.innerText.includes('old 39')).id`)
	before := evaluate[float64](b, place)
	for i := range 3 {
		p.note(fmt.Sprintf("new %d", i), "alice@example.test")
	}
	b.shows(".pill", "3 new")
	if after := evaluate[float64](b, place); before != after {
		t.Errorf("the row has moved from %v to %v", before, after)
	}
	b.click(".pill")
	b.shows(".slot:first-child .row .subject", "new 2")
	b.until(`!document.querySelector('.pill') && document.querySelector('.rows').scrollTop === 0`)

	// A row under the pointer stays there as well, once it has arrived.
	b.until(`document.getAnimations().length === 0`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 400, 120))
	b.until(`document.querySelector('.row:hover') !== null`)
	b.run(`addEventListener('mousemove', () => { window.moved = true; }, { once: true })`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 402, 121))
	b.until(`window.moved`) // the browser takes its time to tell
	p.note("newest", "alice@example.test")
	b.shows(".pill", "1 new")
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 1000, 500))
	b.shows(".slot:first-child .row .subject", "newest")
}

func pages(t *testing.T, browser context.Context) {
	const n = 650
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range n {
		p.note(fmt.Sprintf("mail %d.", i), "alice@example.test")
	}
	b.open(p.url("/"))
	b.shows(".slot:first-child .row .subject", fmt.Sprintf("mail %d.", n-1))
	b.run(`window.timer = setInterval(() => { document.querySelector('.rows').scrollTop += 5000; }, 20)`)
	b.shows(".row .subject", "mail 0.")
	b.run(`clearInterval(window.timer)`)
	if rows := evaluate[int](b, `document.querySelectorAll('.row').length`); rows > 60 {
		t.Errorf("%d rows are in the document: only those in view should be", rows)
	}
}

// ugliness opens every mail of the corpus and each of its tabs. None may fail, or
// take so long that the reader thinks it has.
func ugliness(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	var ids []string
	for _, c := range ugly.All() {
		env := mail.Envelope{From: "a@example.test", To: []mail.Rcpt{{Address: "ugly@example.test"}}}
		receipt, err := p.catcher.Accept(context.Background(), env, bytes.NewReader(c.Body))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, fmt.Sprintf("%q", receipt.ID))
	}
	b.open(p.url("/"))
	b.until(live)
	b.run(`
		const frame = () => new Promise(requestAnimationFrame);
		const until = async (true_) => { while (!true_()) await frame(); };
		const page = (selector) => document.querySelector('.message ' + selector);
		window.tour = { at: '', seen: 0, problems: [] };
		(async () => {
			for (const id of [` + strings.Join(ids, ",") + `]) {
				history.pushState({}, '', '/message/' + id);
				dispatchEvent(new PopStateEvent('popstate'));
				await until(() => page('a[download="' + id + '.eml"]') && page('[role=tab]'));
				for (const name of ['text', 'source', 'headers', 'structure', 'raw', 'session', 'checks', 'preview']) {
					const start = performance.now();
					tour.at = id + ' ' + name;
					page('#tab-' + name).click();
					await frame();
					await until(() => !page('.tab-body .loading'));
					if (page('.failure')) tour.problems.push(tour.at + ': ' + page('.failure').innerText);
					if (performance.now() - start > 20_000) tour.problems.push(tour.at + ' is slow');
				}
				tour.seen++;
			}
		})().catch((error) => tour.problems.push(tour.at + ': ' + error));`)
	b.until(fmt.Sprintf(`window.tour.seen === %d || window.tour.problems.length > 0`, len(ids)))
	if problems := evaluate[[]string](b, `window.tour.problems`); len(problems) > 0 {
		t.Error(problems)
	}
}

func flood(t *testing.T, browser context.Context) {
	const n = 5000
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	for i := range n {
		p.note(fmt.Sprintf("mail %d.", i), fmt.Sprintf("user%d@example.test", i%300))
	}
	b.shows(".slot:first-child .row .subject", fmt.Sprintf("mail %d.", n-1))
	b.shows(".status", "5,000 messages")
	b.shows(".box[href='/'] .count", "5,000")
	b.until(`document.querySelectorAll('.row').length < 60 && document.querySelectorAll('.box').length < 80`)
	b.until(`document.querySelector('.rows .content').clientHeight === 5000 * 52`)
}

func big(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver("From: a@example.test\nSubject: long\n\n"+strings.Repeat("a line of a long text\n", 50_000), "a@example.test", "b@example.test")
	b.open(p.url("/message/" + id))
	b.click("#tab-raw")
	b.shows(".bar", "The first 262 kB of 1.2 MB")
	if shown := evaluate[int](b, `document.querySelector('.source').textContent.replaceAll('\n', '\r\n').length`); shown > 300<<10 {
		t.Errorf("%d characters of source are in the page", shown)
	}
	b.click("#tab-text")
	b.shows(".bar", "The first 262 kB of")

	long := strings.Repeat("a", 100_000)
	p.deliver("From: "+long+" <"+long+"@example.test>\nTo: b@example.test\nSubject: "+strings.Repeat("S", 100_000)+"\n\nx\n", "a@example.test", "b@example.test")
	b.shows(".slot:first-child .row .subject", "SSS")
	b.click(".slot:first-child .row")
	b.until(`document.querySelector('.message h1')?.textContent.startsWith('SSS')`)
	for _, selector := range []string{".message h1", ".people b", ".people .sender > span", ".row .subject", ".row b"} {
		if n := evaluate[int](b, fmt.Sprintf(`document.querySelector(%q).textContent.length`, selector)); n > 1000 {
			t.Errorf("%s has %d characters", selector, n)
		}
	}
	b.click("#tab-headers")
	for i, selector := range []string{".headers .fields", ".headers .source"} {
		b.run(fmt.Sprintf(`document.querySelectorAll('.headers .choice button')[%d].click()`, i))
		b.until(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes('SSS')`, selector))
		if n := evaluate[int](b, fmt.Sprintf(`document.querySelector(%q).textContent.length`, selector)); n > 31_000 {
			t.Errorf("%s has %d characters", selector, n)
		}
	}
}

func narrow(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("for alice", "alice@example.test")
	p.note("for bob", "bob@example.test")
	b.do(chromedp.EmulateViewport(390, 844))
	panes := func(want string) {
		t.Helper()
		b.until(fmt.Sprintf(`[...document.querySelectorAll('.boxes, .list, .message')].map((e) => e.classList[0]).join() === %q`, want))
	}
	b.open(p.url("/"))
	panes("list")
	b.click(".row")
	b.shows("h1", "for bob")
	panes("message")
	b.click(".message [aria-label='Back']")
	panes("list")
	b.click(".list [aria-label='Mailboxes']")
	panes("boxes")
	b.click(".box[href='/mailbox/alice%40example.test']")
	panes("list")
	b.shows(".list h1", "alice@example.test")
	b.run(`history.back()`)
	panes("boxes")
}

func remembers(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "reset"), "no-reply@parceldesk.example", "bob@example.test")
	b.open(p.url("/message/" + id))
	b.click("#tab-text")
	width := evaluate[float64](b, `document.querySelector('.boxes').clientWidth`)
	b.do(
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, width, 400, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, width+40, 400, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, width+60, 400, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	)
	wider := fmt.Sprintf(`document.querySelector('.boxes').clientWidth > %v`, width+30)
	b.until(wider)
	b.click("#settings [aria-label='Theme'] button:last-child")
	b.until(`document.documentElement.dataset.theme === 'dark'`)

	b.open(p.url("/"))
	b.until(wider)
	b.until(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.documentElement).colorScheme === 'dark'`)
	b.click(".row")
	b.shows(".source", "482 913")
}

// contrast checks that text has at least the contrast that WCAG 2.2 asks for at
// level AA (1.4.3), on each ground, in both themes.
func contrast(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	for _, theme := range []string{"light", "dark"} {
		b.prefer(theme)
		low := evaluate[[]string](b, `(() => {
			const canvas = new OffscreenCanvas(1, 1).getContext('2d');
			const probe = document.body.appendChild(document.createElement('i'));
			const luminance = (token) => {
				probe.style.color = 'var(--' + token + ')';
				canvas.fillStyle = getComputedStyle(probe).color;
				canvas.fillRect(0, 0, 1, 1);
				const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
				return 0.2126 * r + 0.7152 * g + 0.0722 * b;
			};
			const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			const pairs = [['on-accent', 'accent-fill'], ['on-accent', 'accent-fill-hover']];
			for (const ground of ['ground', 'side', 'bar', 'raised']) {
				for (const text of ['text', 'text-2', 'text-3', 'link', 'amber', 'accent', 'green']) pairs.push([text, ground]);
			}
			return pairs.map(([text, ground]) => [text, ground, ratio(luminance(text), luminance(ground))])
				.filter(([, , value]) => !(value >= 4.5)).map(([text, ground, value]) => text + ' on ' + ground + ': ' + value.toFixed(2));
		})()`)
		if len(low) > 0 {
			t.Errorf("%s: %s", theme, strings.Join(low, "; "))
		}
	}
}

// prefer makes the browser ask for light or dark pages.
func (b *tab) prefer(theme string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return err
	}))
}

// settle waits until frames are loaded and nothing moves.
func (b *tab) settle() {
	b.t.Helper()
	b.until(`(() => {
		const frame = document.querySelector('iframe');
		const loaded = !frame || performance.getEntriesByType('resource').some((e) => e.name === frame.src);
		return loaded && !document.querySelector('.loading') && document.getAnimations().every((a) => a.playState === 'finished');
	})()`)
	b.run(`window.painted = false; requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = true; }))`)
	b.until(`window.painted`)
}

func (b *tab) capture(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
}
