package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/ui"
	"github.com/postroom/postroom/ui/api"
)

// imported gives what an asynchronous function returns whose body is the script;
// it may import modules of the page.
func imported[T any](b *tab, script string) T {
	b.t.Helper()
	b.run(`window.answer = undefined; (async () => {` + script + `})().then((value) => { window.answer = { value }; }, (error) => { window.answer = { error: String(error?.stack ?? error) }; })`)
	b.until(`window.answer !== undefined`)
	if problem := evaluate[string](b, `window.answer.error ?? ''`); problem != "" {
		b.t.Fatalf("%s: %s", script, problem)
	}
	return evaluate[T](b, `window.answer.value`)
}

// strike presses a key as a keyboard of another layout does.
func (b *tab) strike(key, code, more string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: %q, code: %q, bubbles: true, cancelable: true, %s }))`, key, code, more))
}

func (b *tab) openPalette(typed string) {
	b.t.Helper()
	b.strike("k", "KeyK", "ctrlKey: true")
	b.until(`document.activeElement.getAttribute('aria-controls') === 'palette-list'`)
	b.press(typed)
	b.until(fmt.Sprintf(`document.activeElement.value === %q`, typed))
}

func commandKeys(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("one", "alice@example.test")
	p.note("two", "alice@example.test")
	b.open(p.url("/"))
	b.lists("two", "one")
	for _, one := range [][2]string{{"gq", "/queue"}, {"gb", "/badmail"}, {"ga", "/attempts"}, {"gr", "/rules"}, {"gi", "/"}} {
		b.press(one[0])
		b.isAt(one[1])
	}
	b.press("g")
	b.press(kb.Escape) // is for the g
	b.press("q")
	b.isAt("/")
	b.press("gx") // is nothing
	b.press("q")
	b.isAt("/")
	b.press("gm")
	b.until(`document.activeElement.id === 'filter'`)
	b.press(kb.Escape)

	b.lists("two", "one")
	b.strike("о", "KeyJ", "") // j on a Russian keyboard
	b.until(`document.querySelectorAll('.row[data-cursor]').length === 1`)
	b.strike("o", "KeyO", "isComposing: true")
	b.strike("Process", "KeyO", "")
	b.strike("o", "KeyO", "altKey: true")
	b.isAt("/")
	b.strike("л", "KeyK", "ctrlKey: true")
	b.shows("dialog[open]", "Go to")
	b.strike("k", "KeyK", "metaKey: true")
	b.until(`!document.querySelector('dialog').open`)

	b.press("?")
	b.shows("dialog[open] .key-groups", "Go to")
	b.press(kb.Escape)
	wrong := imported[[]string](b, `
		const { commands } = await import('/static/js/commands.js');
		const wrong = [], names = new Set();
		for (const lang of ['en', 'zh']) {
			const t = (await import('/static/js/strings/' + lang + '.js')).default;
			for (const { name, words, place } of commands) {
				if (!words && !(t.commands[name] ?? t.places[name] ?? t.actions[name])) wrong.push(lang + ' has no words for ' + name);
				if (!t.keys[place]) wrong.push(lang + ' has no words for ' + place);
			}
		}
		for (const { name, keys } of commands) {
			if (names.has(name)) wrong.push('two commands ' + name);
			names.add(name);
			if (keys.some((key) => typeof key !== 'string')) wrong.push('keys of ' + name);
		}
		return wrong;`)
	if len(wrong) > 0 {
		t.Error(strings.Join(wrong, "; "))
	}
}

func palette(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("Your invoice for October", "alice@example.test")
	p.note("Parcel on its way", "bob.builder@example.test")
	b.open(p.url("/"))
	b.lists("Parcel on its way", "Your invoice for October")
	b.openPalette("queu")
	b.until(`document.querySelector('#palette-list [aria-selected=true]').innerText.includes('Queue')`)
	b.press(kb.Enter)
	b.isAt("/queue")
	b.openPalette("bobu") // letters of a mailbox
	b.until(`document.querySelector('#palette-list [aria-selected=true]').innerText.includes('bob.builder@example.test')`)
	b.press(kb.Enter)
	b.isAt("/mailbox/bob.builder@example.test")
	b.press("gi")
	b.lists("Parcel on its way", "Your invoice for October")
	b.openPalette("october")
	b.until(`document.querySelector('#palette-list li').innerText.includes('Message')`)
	b.press(kb.Enter)
	b.shows("h1", "Your invoice for October")
	b.press(kb.Escape)
	b.isAt("/")
	b.click(".palette-button")
	b.until(`document.querySelector('dialog').open`)
	b.press("parcel")
	b.press(kb.ArrowUp) // the last one: what was typed is searched for
	b.shows("#palette-list [aria-selected=true]", "Search mail: parcel")
	b.press(kb.Enter)
	b.isAt("/?q=parcel")
	b.lists("Parcel on its way")
	b.openPalette("theme dark")
	b.press(kb.Enter)
	b.until(`document.documentElement.dataset.theme === 'dark'`)
	b.openPalette("")
	b.shows("#palette-list", "parcel") // searched for before
	b.press(kb.Escape)
	b.until(`!document.querySelector('dialog').open`)
	b.openPalette("search")
	b.until(`document.querySelector('#palette-list [aria-selected=true]').innerText.includes('/')`)
	b.press(kb.Enter)
	b.until(`document.activeElement.id === 'search'`)
}

// manyMailboxes has 10,000 of them.
func manyMailboxes(t *testing.T, browser context.Context) {
	const n, each = 10_000, 500
	p, b := newPost(t, nil), newTab(t, browser)
	for i := 0; i < n; i += each {
		to := make([]string, each)
		for j := range to {
			to[j] = fmt.Sprintf("user%05d@d%02d.example.test", i+j, (i+j)%40)
		}
		p.note("to many", to...)
	}
	b.open(p.url("/"))
	b.shows(".tree", "d00.example.test")
	b.until(`document.querySelectorAll('.treeitem').length < 80`)
	b.openPalette("user07777")
	b.until(`document.querySelector('#palette-list [aria-selected=true]').innerText.includes('user07777@d17.example.test')`)
	b.press(kb.Enter)
	b.isAt("/mailbox/user07777@d17.example.test")
	b.until(`document.querySelector('.treeitem[aria-selected=true]') !== null`) // brought into view
}

func completes(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("one", "alice@example.test")
	p.note("two", "bob@example.test")
	b.open(p.url("/"))
	b.lists("two", "one")
	option := func(text string) {
		t.Helper()
		b.shows("#search-list [role=option]", text)
	}
	b.search("-fr")
	option("-from:")
	b.press(kb.ArrowDown)
	b.until(`document.querySelector('#search').getAttribute('aria-activedescendant') === 'search-0'`)
	b.press(kb.Enter)
	option("app@example.test")
	b.until(`document.querySelector('#search').value === '-from:'`)
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.until(`document.querySelector('#search').value === '-from:app@example.test '`)
	b.shows(".list .nothing", "Nothing found")
	b.press(kb.Escape)
	b.lists("two", "one")

	b.press("rcpt:bo")
	option("bob@example.test")
	b.press(kb.Enter) // nothing was chosen: what was typed is searched for
	b.isAt("/?q=rcpt:bo")
	b.lists("two")
	b.until(`document.querySelector('#search-list').hidden`)
	b.search("is:un")
	option("unread")
	b.run(`document.querySelector('#search-list li').click()`)
	b.until(`document.querySelector('#search').value === 'is:unread '`)
	b.press("-has:a")
	option("attachment")
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.until(`document.querySelector('#search').value === 'is:unread -has:attachment '`)
	b.press(kb.Enter)
	b.isAt("/?q=is:unread -has:attachment")
	b.do(chromedp.Reload())
	b.until(live)
	b.key("/")
	b.press(kb.Escape)
	b.press(kb.ArrowDown)
	option("rcpt:bo") // searched for before
	b.press(kb.ArrowDown)
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.isAt("/?q=rcpt:bo")
	b.press(kb.Escape)
	b.until(`document.querySelector('#search').value === ''`)
	b.openPalette("forget earlier")
	b.press(kb.Enter)
	b.until(`localStorage['postroom.searches'] === '[]'`)
}

func domains(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range 7 {
		p.note("mail", fmt.Sprintf("u%d@one.test", i), fmt.Sprintf("u%d@two.test", i))
	}
	b.open(p.url("/"))
	b.until(live)
	items := func(want ...string) {
		t.Helper()
		b.until(fmt.Sprintf(`[...document.querySelectorAll('.treeitem')].map((e) => e.getAttribute('aria-level') + e.querySelector('.name').innerText).slice(0, %d).join() === %q`, len(want), strings.Join(want, ",")))
	}
	items("1one.test", "2u0", "2u1", "2u2")
	b.shows(".group .count", "7")
	b.until(`document.querySelector('.treeitem[aria-level="2"]').getAttribute('aria-setsize') === '7'`)
	b.run(`document.querySelector('.tree').focus()`)
	b.press(kb.ArrowLeft)
	items("1one.test", "1two.test", "2u0")
	b.press(kb.End)
	b.press(kb.Enter)
	b.isAt("/mailbox/u6@two.test")
	b.run(`document.querySelector('.tree').focus()`)
	b.press("p")
	items("1u6@two.test", "1one.test", "1two.test", "2u0")
	b.until(`getComputedStyle(document.querySelector('.treeitem .box')).paddingLeft === '8px'`) // not as far in as it was
	b.until(`JSON.parse(localStorage['postroom.pinned']).join() === 'u6@two.test'`)
	b.openPalette("pin this")
	b.press(kb.Enter)
	items("1one.test", "1two.test", "2u0")
	b.click(".treeitem:last-child .pin")
	b.until(`document.querySelector('.treeitem .pin[aria-pressed=true]') !== null`)
	b.key("f")
	b.until(`document.activeElement.id === 'filter'`)
	b.press("u3@") // what is folded away is found
	b.until(`[...document.querySelectorAll('.treeitem .box')].map((e) => e.innerText.trim().split(/\s/)[0]).join() === 'one.test,u3,two.test,u3'`)
	b.press(kb.Escape)
	b.click("#settings [aria-label='Group by domain'] button:last-child")
	b.until(`document.querySelectorAll('.treeitem').length === 14 && !document.querySelector('.group')`)
	b.do(chromedp.Reload())
	b.until(`document.querySelectorAll('.treeitem').length === 14 && !document.querySelector('.group')`)
}

// oneLimit are settings of which one can be changed, to sizes.
type oneLimit struct {
	mu    sync.Mutex
	value string // "" as long as nobody has changed it; mu guards it
}

func (o *oneLimit) List() []api.Setting {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := exampleSettings{}.List()
	if o.value == "" {
		list[1].Value, list[1].Source = "50MiB", "default"
	} else {
		list[1].Value = o.value
	}
	return list
}

func (o *oneLimit) Change(values map[string]string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, value := range values {
		if !strings.HasSuffix(value, "MiB") {
			return ui.SettingError{Name: name, Problem: "no size: " + value}
		}
		o.value = value
	}
	return nil
}

// setUp reads and changes the settings of the server.
func setUp(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	b.press(",")
	b.push("#settings", "Server settings")
	b.isAt("/settings")
	b.shows(".flag", "--pop3-password")
	b.shows(".flag[data-source=environment]", "•••")
	b.shows(".settings h2", "Limits")
	b.until(`document.querySelector('.flag input').value === '50MiB'`)
	change := func(value string) {
		b.run(fmt.Sprintf(`const e = document.querySelector('.flag input'); e.value = %q; e.dispatchEvent(new Event('change', { bubbles: true }))`, value))
	}
	change("much")
	b.shows(".toast", "no size: much")
	b.until(`document.querySelector('.flag input').value === '50MiB'`)
	b.holdBack("PATCH .*/settings")
	change("20MiB")
	b.answered()
	b.run(`document.querySelector('.flag input').value = '3'`) // one goes on typing
	b.letGo()
	b.shows(".flag[data-source=api]", "changed here")
	b.until(`document.querySelector('.flag input').value === '3'`)
	change("no")
	b.shows(".toast", "no size: no")
	b.until(`document.querySelector('.flag input').value === '20MiB'`)
	b.run(`const e = document.querySelector('.settings [type=search]'); e.value = 'APOP'; e.dispatchEvent(new InputEvent('input', { bubbles: true }))`)
	b.until(`document.querySelectorAll('.flag').length === 1`)
	b.open(p.url("/"))
	b.until(live)
	b.press("ge")
	b.until(`document.querySelector('.flag input')?.value === '20MiB'`)
}

// logIn fills in the form.
func (b *tab) logIn(name, password string) {
	b.t.Helper()
	b.until(`document.querySelector('#password') !== null`)
	b.run(fmt.Sprintf(`document.querySelector('#name').value = %q; document.querySelector('#password').value = %q; document.querySelector('form').requestSubmit()`, name, password))
}

// logsIn comes to the page by the login, leaves it, and is shown out.
func logsIn(t *testing.T, browser context.Context) {
	k := &keys{}
	p, b := newLockedPost(t, k), newTab(t, browser)
	id := p.note("one", "alice@a.test")
	b.open(p.url("/message/" + id))
	b.until(`location.pathname === '/login' && document.title === 'Log in to Postroom'`)
	b.logIn("root", "wrong")
	b.shows("[role=alert]", "wrong")
	b.logIn("root", password)
	b.isAt("/message/" + id)
	b.shows("h1", "one")
	b.until(live)
	b.press(",")
	b.push("#settings", "Log out (root)")
	b.until(`location.pathname === '/login'`)

	b.logIn("alice@a.test", password)
	b.until(live)
	p.note("of others", "bob@b.test")
	p.note("two", "alice@a.test")
	b.shows(".row .subject", "two")
	b.hides("body", "of others")
	k.remove("alice@a.test")
	b.press("ga")
	b.until(`location.pathname + location.search === '/login?next=%2Fattempts'`)
}

func settings(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.note("one", "alice@example.test")
	b.open(p.url("/message/" + id + "?q=one"))
	b.shows("h1", "one")
	b.press(",")
	b.until(`document.querySelector('#settings:popover-open') !== null`)
	b.click("#settings [aria-label='Times'] button:last-child")
	b.until(`/^\d\d:\d\d:\d\d$/.test(document.querySelector('.row time').innerText)`)
	b.run(`[...document.querySelectorAll('#settings button')].find((e) => e.innerText === '简体中文').click()`)
	b.until(`document.documentElement.lang === 'zh-CN'`)
	b.isAt("/message/" + id + "?q=one")
	b.shows("h1", "one")
	b.openPalette("English")
	b.press(kb.Enter)
	b.until(`document.documentElement.lang === 'en'`)
	b.click("#settings [aria-label='Rows'] button:last-child")
	b.until(`document.querySelector('.slot .treeitem').clientHeight === 24`)
	b.click("#settings .quiet-button")
	b.shows("dialog[open]", "How to send mail here")
}

// notifies hides the tab, as far as the page can tell.
func notifies(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	b.run(`
		window.notes = [];
		window.Notification = class { constructor(title, { body }) { notes.push([title, body]); window.note = this; } close() {} static permission = 'default';
			static async requestPermission() { return (this.permission = 'granted'); } };
		window.away = (hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); };
		away(true);`)
	p.note("before it was asked for", "alice@example.test")
	b.until(`document.title === '(1) Postroom'`)
	b.run(`away(false)`)
	b.click("#settings [aria-label='Notifications'] button:nth-child(2)")
	b.until(`Notification.permission === 'granted'`)
	p.note("while one looks", "alice@example.test")
	b.shows(".row .subject", "while one looks")
	b.run(`away(true)`)
	p.note("the first", "alice@example.test")
	b.until(`notes.length === 1`)
	for i := range 5 {
		p.note(fmt.Sprintf("more %d", i), "alice@example.test")
	}
	b.until(`notes.length === 2`) // together, a while later
	if got := fmt.Sprint(evaluate[[][]string](b, `window.notes`)); got != "[[App the first] [5 new messages more 4]]" {
		t.Errorf("notifications: %s", got)
	}
	b.run(`away(false)`)
	b.open(p.url("/"))
	b.until(live)
	b.run(`
		window.notes = [];
		window.Notification = class { constructor(title, { body }) { notes.push(body); window.note = this; } close() {} static permission = 'granted'; };
		Object.defineProperty(document, 'hidden', { value: true, configurable: true });`)
	id := p.note("alone", "bob@example.test")
	b.until(`notes.join() === 'alone'`)
	b.run(`window.note.onclick()`)
	b.isAt("/message/" + id)
	b.shows("h1", "alone")
}

func compares(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	order := func(n int, colour, price string) string {
		body := fmt.Sprintf("<html><body style=\"margin:0;background:%s\"><h1>Order %d</h1>\n%s<p>You pay <b>%s</b> now</p></body></html>\n", colour, n, strings.Repeat("<p>the same</p>\n", 40), price)
		return p.deliver("From: Shop <shop@example.test>\nTo: alice@example.test\nSubject: Your order\nX-Template: v"+fmt.Sprint(n)+"\nContent-Type: text/html\n\n"+body, "shop@example.test", "alice@example.test")
	}
	a := order(1, "#ffffff", "14.50")
	p.note("something else", "alice@example.test")
	c := order(2, "#ff0000", "15.00")
	b.open(p.url("/message/" + c))
	b.shows("h1", "Your order")
	b.press("d")
	b.shows(".picking", "Open the message to compare “Your order” with")
	b.click(".picking .primary") // the earlier one of the same subject
	b.isAt("/compare?a=" + a + "&b=" + c)
	b.until(`document.querySelectorAll('.compare iframe').length === 2`)

	tab := func(i int) {
		t.Helper()
		b.click(fmt.Sprintf(".compare .choice button:nth-child(%d)", i))
	}
	tab(4)
	b.shows(".compare [role=status]", "3 lines differ")
	b.shows(".lines .gone mark", "14")
	b.shows(".lines .come mark", "15")
	b.shows(".fold", "equal lines")
	before := evaluate[int](b, `document.querySelectorAll('.lines [role=row]').length`)
	b.click(".fold button")
	b.until(fmt.Sprintf(`document.querySelectorAll('.lines [role=row]').length > %d && !document.querySelector('.fold')`, before+20))
	tab(5)
	b.shows(".lines .come", "X-Template: v2")
	b.open(p.url("/compare?a=" + c + "&b=" + a))
	b.shows(".lines .gone", "X-Template: v2") // the address and the tab say what is shown
	tab(3)
	b.shows(".compare .hint", "no text part")

	tab(2)
	b.overlaid("white and red differ in green and blue", func(red, green, blue uint32) bool { return red < 9 && green > 240 && blue > 240 })
	b.open(p.url("/compare?a=" + a + "&b=" + a))
	b.overlaid("what is equal is black", func(red, green, blue uint32) bool { return red+green+blue < 9 })

	b.open(p.url("/message/" + c))
	b.shows("h1", "Your order")
	b.press("d")
	b.click(".slot:nth-child(2) .row") // the next that is opened
	b.until(`location.pathname === '/compare'`)
	b.shows(".heads", "something else")
	b.press(kb.Escape)
	b.shows("h1", "Your order")
	b.press("d")
	b.shows(".picking", "Your order")
	b.press(kb.Escape)
	b.until(`!document.querySelector('.picking').innerText`)
	b.shows("h1", "Your order")
}

// overlaid waits until the colour in the frames is right.
func (b *tab) overlaid(what string, right func(red, green, blue uint32) bool) {
	b.t.Helper()
	b.until(`document.querySelectorAll('.over iframe').length === 2`)
	at := evaluate[[]float64](b, `(({ right, bottom }) => [right - 40, bottom - 40])(document.querySelector('.rendered').getBoundingClientRect())`)
	b.waitFor(what, func() bool {
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return false
		}
		image, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			b.t.Fatal(err)
		}
		red, green, blue, _ := image.At(int(math.Round(at[0])), int(math.Round(at[1]))).RGBA()
		return right(red>>8, green>>8, blue>>8)
	})
}

// pureModules are those that need no page; the browser runs them.
func pureModules(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	t.Run("diff", func(t *testing.T) { diffs(t, b) })
	t.Run("diff of anything leads from one to the other", func(t *testing.T) { anyDiff(t, b) })
	t.Run("diff does not freeze", func(t *testing.T) { longDiff(t, b) })
	t.Run("fuzzy", func(t *testing.T) { fuzzy(t, b) })
	t.Run("complete", func(t *testing.T) { completions(t, b) })
	t.Run("what is offered parses", func(t *testing.T) { offersParse(t, b) })
}

func diffs(t *testing.T, b *tab) {
	for _, test := range []struct{ a, b, want string }{
		{"", "", "[]"},
		{"a b", "a b", "[[0,0],[1,1]]"},
		{"", "a", "[]"},
		{"a", "", "[]"},
		{"a", "b", "[]"},
		{"a b c", "a c", "[[0,0],[2,1]]"},
		{"a c", "a b c", "[[0,0],[1,2]]"},
		{"a b c", "a x c", "[[0,0],[2,2]]"},
		{"a b c a b b a", "c b a b a c", "4"}, // are the same where the script is shortest, as in Myers' paper
	} {
		script := fmt.Sprintf(`
			const { diff, inTurns } = await import('/static/js/diff.js');
			const list = (text) => text.split(' ').filter(Boolean);
			const found = await inTurns(diff(list(%q), list(%q)));
			return %v ? String(found.length) : JSON.stringify(found);`, test.a, test.b, len(test.want) == 1)
		if got := imported[string](b, script); got != test.want {
			t.Errorf("diff of %q and %q: %s, want %s", test.a, test.b, got, test.want)
		}
	}
	got := imported[string](b, `
		const { inTurns, rows } = await import('/static/js/diff.js');
		return JSON.stringify(await inTurns(rows(['same', 'You pay 14.50 now', 'X-A: 1', 'X-B: gone'], ['same', 'X-New: yes', 'You pay 15.50 now', 'X-A: 2'])));`)
	want := `[{"same":true,"a":0,"b":0,"left":[[false,"same"]],"right":[[false,"same"]]},` +
		`{"same":false,"a":-1,"b":1,"left":[[false,""]],"right":[[false,"X-New: yes"]]},` +
		`{"same":false,"a":1,"b":2,"left":[[false,"You pay "],[true,"14"],[false,".50 now"]],"right":[[false,"You pay "],[true,"15"],[false,".50 now"]]},` +
		`{"same":false,"a":2,"b":3,"left":[[false,"X-A: "],[true,"1"]],"right":[[false,"X-A: "],[true,"2"]]},` +
		`{"same":false,"a":3,"b":-1,"left":[[false,"X-B: gone"]],"right":[[false,""]]}]`
	if got != want {
		t.Errorf("rows: %s, want %s", got, want)
	}
}

// anyDiff checks by a fixed sequence of lists, also where one begins anew on the way.
func anyDiff(t *testing.T, b *tab) {
	wrong := imported[[]string](b, `
		const { diff, inTurns, rows } = await import('/static/js/diff.js');
		const wrong = [];
		let seed = 7;
		const random = (n) => (seed = seed * 48271 % 2147483647) % n;
		for (let round = 0; round < 400; round++) {
			const a = Array.from({ length: random(40) }, () => 'l' + random(6)), b = Array.from({ length: random(40) }, () => 'l' + random(6));
			for (const limit of [1200, 2]) {
				let i = -1, j = -1;
				for (const [x, y] of await inTurns(diff(a, b, limit))) {
					if (x <= i || y <= j || x >= a.length || y >= b.length || a[x] !== b[y]) wrong.push(a + ' / ' + b + ' at ' + x);
					[i, j] = [x, y];
				}
			}
			const list = await inTurns(rows(a, b)), numbers = (side) => list.map((row) => row[side]).filter((at) => at >= 0).join();
			if (numbers('a') !== [...a.keys()].join() || numbers('b') !== [...b.keys()].join()) wrong.push(a + ' / ' + b + ': not all lines in their order');
			const text = (side) => list.map((row) => row[side].map(([, piece]) => piece).join('')).filter(Boolean).join();
			if (text('left') !== a.join() || text('right') !== b.join()) wrong.push(a + ' / ' + b + ': another text');
		}
		return wrong;`)
	if len(wrong) > 0 {
		t.Errorf("%d wrong, the first: %s", len(wrong), wrong[0])
	}
}

func longDiff(t *testing.T, b *tab) {
	turns := imported[int](b, `
		const { inTurns, rows } = await import('/static/js/diff.js');
		const a = Array.from({ length: 60000 }, (_, i) => 'line ' + i * 7919 % 50021), b = Array.from({ length: 60000 }, (_, i) => 'line ' + i * 104729 % 50021);
		let turns = 0;
		const timer = setInterval(() => { turns++; });
		const list = await inTurns(rows(a, b));
		clearInterval(timer);
		if (list.length < 60000) throw new Error('only ' + list.length);
		return turns;`)
	if turns < 10 {
		t.Errorf("others had %d turns on the page meanwhile", turns)
	}
}

func fuzzy(t *testing.T, b *tab) {
	for _, test := range []struct{ typed, list, want string }{
		{"que", "Unique|Queue", "Queue|Unique"},
		{"b", "All badmail|Badmail", "Badmail|All badmail"},
		{"bob", "robobob|bobby@x.test|bob@x.test|alice", "bob@x.test|bobby@x.test|robobob"},
		{"mr", "Mark all as read|Summer", "Mark all as read"},
		{"read mark", "Mark all as read|Mark", "Mark all as read"},
		{"发票", "您的发票|Invoice", "您的发票"},
		{"QU", "queue", "queue"},
		{"zzz", "queue", ""},
	} {
		got := imported[string](b, fmt.Sprintf(`
			const { rank } = await import('/static/js/fuzzy.js');
			return rank(%q, %q.split('|').map((label) => ({ label })), 9).map(({ label }) => label).join('|');`, test.typed, test.list))
		if got != test.want {
			t.Errorf("%q in %s: %s, want %s", test.typed, test.list, got, test.want)
		}
	}
}

func completions(t *testing.T, b *tab) {
	for _, test := range []struct{ text, want string }{ // | is the caret
		{"|", "old one"},
		{"fr|", "from:"},
		{"-fr|", "-from:"},
		{"-|", "all"},
		{"ol|", "old one"},
		{"invoice s|", "invoice subject:,invoice smaller:"},
		{"is:|", "is:unread ,is:read ,is:bounce "},
		{"(is:b|", "(is:bounce "},
		{"IS:un|", "is:unread ,is:bounce "},
		{"is:unread|", ""},
		{"has：|", "has:attachment ,has:html "},
		{"from:sh|", "from:shop@example.test "},
		{"to:o|", `to:"odd one"@x.test ,to:bob@x.test `},
		{"x OR mailbox:b|ob y", "x OR mailbox:bob@x.test y"},
		{`"in quotes fr|`, ""},
		{"nothing:|", ""},
		{"12:30|", ""},
	} {
		got := imported[string](b, fmt.Sprintf(`
			const { suggest, operators } = await import('/static/js/complete.js');
			const [before, after] = %q.split('|'), text = before + after;
			const known = { senders: ['shop@example.test'], mailboxes: ['odd one@x.test', 'bob@x.test'], searches: ['old one', 'is:x'] };
			const options = suggest(text, before.length, known);
			if (options.length === Object.keys(operators).length) return 'all';
			return options.map((one) => one.text).join();`, test.text))
		want := strings.ReplaceAll(test.want, `"odd one"@x.test`, `"odd one@x.test"`)
		if test.text == "|" {
			got, want = strings.Join(strings.Split(got, ",")[:3], ","), "old one,is:x,from:"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", test.text, got, want)
		}
	}
}

// offersParse holds what the page offers and explains against the language itself.
func offersParse(t *testing.T, b *tab) {
	var offered map[string][]string
	if err := json.Unmarshal([]byte(imported[string](b, `return JSON.stringify((await import('/static/js/complete.js')).operators)`)), &offered); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	parses := func(text string) {
		t.Helper()
		if _, err := query.Parse(text, now); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	const id = "01J00000000000000000000000"
	for operator, values := range offered {
		if operator == "id" {
			values = []string{id}
		}
		for _, value := range append(values, map[bool][]string{true: {"x"}}[len(values) == 0]...) {
			parses(operator + ":" + value)
			parses("-" + operator + ":" + value)
		}
		if q, err := query.Parse(operator+`:"a b"`, now); err == nil && !strings.Contains(q.String(), operator+":") {
			t.Errorf("%s: is no operator", operator)
		}
	}
	for _, lang := range []string{"en", "zh"} {
		words := "(await import('/static/js/strings/" + lang + ".js')).default.search"
		explained := map[string][]string{}
		for _, operator := range imported[[]string](b, `return Object.keys(`+words+`.operators)`) {
			explained[operator] = offered[operator]
		}
		if !reflect.DeepEqual(offered, explained) {
			t.Errorf("offered: %v; explained: %v", offered, explained)
		}
		for _, example := range imported[[]string](b, `return `+words+`.examples`) {
			parses(example)
		}
	}
}

// BenchmarkPaletteRanks ranks 10,000 mailboxes for what is typed, in a browser.
func BenchmarkPaletteRanks(b *testing.B) {
	p, tab := newPost(b, nil), newTab(b, newBrowser(b))
	tab.open(p.url("/"))
	tab.until(live)
	ms := imported[float64](tab, fmt.Sprintf(`
		const { rank } = await import('/static/js/fuzzy.js');
		const items = Array.from({ length: 10_000 }, (_, i) => ({ label: 'user' + String(i).padStart(5, '0') + '@d' + i %% 40 + '.example.test' }));
		const start = performance.now();
		for (let i = 0; i < %d; i++) for (const typed of ['u', 'us77', 'user07777', 'd17 777']) rank(typed, items, 50);
		return performance.now() - start;`, b.N))
	b.ReportMetric(ms/4/float64(b.N), "ms/key")
}
