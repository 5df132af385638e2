package ui_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
)

// holdBack keeps answers from the page, once the server has given them, until letGo:
// those to requests "METHOD path" that a pattern finds.
func (b *tab) holdBack(pattern string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`
		const ask = window.fetch, held = new RegExp(%q), gone = new Promise((go) => {
			window.letGo = () => { window.fetch = ask; go(); };
		});
		window.asked = window.taken = 0;
		window.fetch = async (path, init) => {
			const answer = await ask(path, init);
			if (!held.test((init?.method ?? 'GET') + ' ' + path)) return answer;
			window.asked++;
			await gone;
			for (const name of ['json', 'text']) {
				const read = answer[name].bind(answer);
				answer[name] = () => read().finally(() => setTimeout(() => { window.taken++; }));
			}
			return answer;
		};`, pattern))
}

func (b *tab) answered() {
	b.t.Helper()
	b.until(`window.asked > 0`)
}

// letGo returns when the page has taken what was held back.
func (b *tab) letGo() {
	b.t.Helper()
	b.run(`letGo()`)
	b.until(`taken === asked`)
}

// fail lets no request through that a pattern finds, n times.
func (b *tab) fail(pattern string, n int) {
	b.t.Helper()
	b.run(fmt.Sprintf(`
		const ask = window.fetch, wanted = new RegExp(%q);
		window.left = %d;
		window.fetch = (path, init) => (window.left > 0 && wanted.test((init?.method ?? 'GET') + ' ' + path) ? Promise.reject(new TypeError('no ' + window.left--)) : ask(path, init));`, pattern, n))
}

// beforePage runs a script in each page to come, before those of the page.
func (b *tab) beforePage(script string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// begins opens the page while mail comes: what is listed and what is told leave no gap.
func begins(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("before", "alice@example.test")
	b.beforePage(`
		const ask = window.fetch, counting = new Promise((go) => { window.count = go; });
		window.fetch = async (path, init) => {
			if (path.endsWith('/mailboxes')) {
				window.toCount = true;
				await counting;
			}
			const list = path.includes('/messages?');
			if (list) window.listing = true;
			const answer = await ask(path, init);
			if (list) window.listed = true;
			return answer;
		};`)
	b.open(p.url("/"))
	b.until(`window.toCount && (!window.listing || window.listed)`)
	b.key("/")
	b.press("to:al")
	p.note("meanwhile", "alice@example.test")
	b.run(`count()`)
	b.shows("#search-list [role=option]", "alice@example.test") // is known by now
	b.press(kb.Escape)
	b.press(kb.Escape)
	b.until(live)
	p.note("after", "alice@example.test")
	b.lists("after", "meanwhile", "before")
	b.shows(".list h1", "All mail")
	b.shows(".status", "3 messages")
}

// lateMessages opens messages, and what is done to them crosses the answers.
func lateMessages(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.rules("route to=*@held.test hold")
	goes, stays := p.note("goes", "bob@held.test"), p.note("stays", "carol@held.test")
	other := p.note("other", "dave@held.test")
	b.open(p.url("/queue"))
	b.until(live)
	b.until(`document.querySelectorAll('.delivery').length === 3`)
	open := func(id string) {
		t.Helper()
		b.click(".delivery .what[href='/message/" + id + "']")
	}
	remove := func(id string) {
		t.Helper()
		list, err := p.catcher.List(b.ctx, store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list.Messages {
			if m.ID.String() == id {
				if _, err := p.catcher.Delete(b.ctx, mail.DeliveryID{Message: m.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}

	// One that goes before the page has the answer is gone.
	b.holdBack("GET .*/messages/" + goes + "$")
	open(goes)
	b.answered()
	remove(goes)
	b.until(`document.querySelectorAll('.delivery').length === 2`)
	b.letGo()
	b.shows(".message", "This message is gone")

	// What was deleted does not close what is open by then.
	open(stays)
	b.shows(".message h1", "stays")
	b.holdBack("DELETE .*/messages/")
	b.press("#")
	b.answered()
	open(other)
	b.shows(".message h1", "other")
	b.letGo()
	b.shows(".toast", "1 message deleted")
	b.isAt("/message/" + other)

	// A deletion that fails takes nobody to where it was begun.
	first, second := p.note("first", "erin@example.test"), p.note("second", "erin@example.test")
	b.open(p.url("/mailbox/erin@example.test"))
	b.until(live)
	b.lists("second", "first")
	b.click("#row-" + second)
	b.shows(".message h1", "second")
	b.fail("POST .*/messages/delete", 1)
	b.press("#")
	b.shows(".message h1", "first")
	b.run(`dispatchEvent(new Event('pagehide'))`)
	b.shows(".toast", "That did not work")
	b.lists("second", "first")
	b.isAt("/message/" + first)

	// What was to be loaded again and failed is asked for again.
	b.fail("GET .*/rules$", 1)
	p.note("third", "frank@held.test")
	b.until(`left === 0`)
	b.shows(".status .active-rules", "4×")
}

// lateLists asks for attempts and deliveries while there are more of them.
func lateLists(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	send := p.sender()
	p.rules(`rcpt to=*@slow.test reply 451 "Later"`, "route to=*@held.test hold")
	send("one@slow.test")
	b.open(p.url("/attempts"))
	b.shows(".attempt .whom", "one@slow.test")
	b.until(live)
	b.holdBack("GET .*/attempts")
	b.run(`document.querySelector('.attempts .filter input').dispatchEvent(new Event('input', { bubbles: true }))`)
	b.answered()
	send("two@slow.test")
	b.shows(".status .active-rules", "2×")
	b.letGo()
	send("three@slow.test")
	b.shows("li.attempt:nth-child(1) .whom", "three@slow.test")
	b.shows("li.attempt:nth-child(2) .whom", "two@slow.test")
	b.shows("li.attempt:nth-child(3) .whom", "one@slow.test")

	// More deliveries than one page may have.
	for i := range 3 {
		to := make([]string, 400)
		for j := range to {
			to[j] = fmt.Sprintf("u%d-%d@held.test", i, j)
		}
		p.note("to many", to...)
	}
	b.press("gq")
	for n := 400; n < 1200; n += 400 {
		b.until(fmt.Sprintf(`document.querySelectorAll('.delivery').length === %d`, n))
		b.push(".queue .hint", "Show more")
	}
	b.until(`document.querySelectorAll('.delivery').length === 1200`)
	p.note("one more", "erin@held.test")
	b.shows(".delivery .what", "one more")
}

// lateForms has answers come when the reader has closed what was sent, and writes something else.
func lateForms(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.note("hello", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.until(live)
	b.shows(".message h1", "hello")
	const open, closed = `document.querySelector('dialog').open`, `document.querySelector('dialog').children.length === 0`
	subject := func(want string) {
		t.Helper()
		b.until(fmt.Sprintf(`document.querySelector('.compose [name=subject]')?.value === %q`, want))
	}

	// A reply that comes late does not take the place of a mail that was begun.
	b.holdBack("GET .*/reply")
	b.press("a")
	b.answered()
	b.press("n")
	b.write("subject", "mine")
	b.letGo()
	subject("mine")
	b.until(`document.querySelector('.topbar [title="Compose •"]') !== null`)

	// Nor does one that was sent take along what is written by then. It is sent once.
	b.write("from", "ann@app.test")
	b.write("to", "bob@example.test")
	b.holdBack("POST .*/compose")
	b.click(".compose .primary")
	b.answered()
	b.run(`document.querySelector('.compose [name=subject]').focus()`)
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2))) // ctrl
	b.press(kb.Escape)
	b.until(closed)
	b.press("n")
	b.write("subject", "another")
	b.letGo()
	b.shows(".toast", "Sent")
	subject("another")
	b.shows(".status", "2 messages")

	// That it failed is told when the dialog is closed, too.
	b.fail("POST .*/compose", 1)
	b.run(`const ask = window.fetch; window.fetch = async (...request) => { window.sending = true; await new Promise((go) => { window.go = go; }); return ask(...request); }`)
	b.click(".compose .primary")
	b.until(`window.sending`)
	b.press(kb.Escape)
	b.until(closed)
	b.run(`go()`)
	b.shows(".toast[data-kind=failed]", "That did not work")
	b.until(`document.querySelector('.topbar [title="Compose •"]') !== null`)

	// A sample closes the dialog that it was asked for in.
	b.open(p.url("/"))
	b.until(live)
	b.holdBack("POST .*/sample")
	b.press(",")
	b.push("#settings", "How to send mail here")
	b.click("dialog #sample")
	b.answered()
	b.press(kb.Escape)
	b.until(closed)
	b.press("n")
	b.until(open)
	b.letGo()
	b.shows(".status", "3 messages")
	subject("another")

	// A rule that is added does not take along what is written by then. It is added once.
	b.open(p.url("/rules"))
	b.until(live)
	b.holdBack("POST .*/rules$")
	write := func(text, then string) {
		t.Helper()
		b.run(fmt.Sprintf(`const form = document.querySelector('.editor'), input = form.querySelector('input'); input.value = %q; input.dispatchEvent(new Event('input', { bubbles: true })); %s`, text, then))
	}
	write("mail drop", "form.requestSubmit(); form.requestSubmit()")
	b.answered()
	write("rcpt from", "")
	b.letGo()
	b.shows(".rule code", "mail drop")
	b.fieldIs("rcpt from")
	b.until(`document.querySelectorAll('.rule').length === 1`)
}
