package ui_test

import (
	"context"
	"fmt"
	"net/smtp"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// sender returns what sends a small mail over SMTP.
func (p *post) sender() (send func(to string)) {
	addr := p.smtp()
	return func(to string) {
		smtp.SendMail(addr, nil, "app@example.test", []string{to}, []byte("Subject: Invoice 7\r\n\r\nx\r\n"))
	}
}

const ruleField = ".desk .editor input"

// types types into the field, which must have the focus.
func (b *tab) types(text string) {
	b.t.Helper()
	for _, r := range text {
		b.press(string(r))
	}
}

// enter presses the key as a keyboard does: what prevents its default also prevents
// that a form is sent. The character that press sends apart would send it.
func (b *tab) enter() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13})
			return err
		}))
	}
}

func (b *tab) fieldIs(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q).value === %q`, ruleField, text))
}

// completing writes a rule with the keyboard alone.
func completing(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("hello", "bob@slow.test")
	b.open(p.url("/"))
	b.until(live)
	b.shows(".box", "bob@slow.test")
	b.run(`{
		const ask = window.fetch, late = new Promise((come) => { window.wordsCome = come; });
		window.fetch = async (path, ...rest) => {
			if (String(path).endsWith('/rules/language')) await late;
			return ask(path, ...rest);
		};
	}`)
	b.click(".place[href='/rules']")
	b.until(fmt.Sprintf(`document.querySelector(%q) !== null`, ruleField))
	b.run(fmt.Sprintf(`document.querySelector(%q).focus()`, ruleField))
	b.press(kb.ArrowDown)
	b.run(`wordsCome()`) // the words come after they were asked for
	b.shows(".words [role=option]", "RCPT TO")
	b.press(kb.Escape)
	b.until(`document.querySelector('.words') === null`)
	b.types("rc")
	b.shows(".words [role=option]", "rcpt")
	b.press(kb.Tab)
	b.fieldIs("rcpt ")
	b.shows(".words [role=option]", "to=")
	b.types("to=*@s")
	b.shows(".words [role=option]", "*@slow.test") // of a mailbox that there is
	b.press(kb.ArrowDown)
	b.until(`document.querySelector('.desk .editor [role=combobox]').getAttribute('aria-activedescendant') === document.querySelector('.words [aria-selected=true]').id`)
	b.enter()
	b.fieldIs("rcpt to=*@slow.test ")
	b.shows(".editor .unfinished", "no action")
	b.types("fir")
	b.press(kb.Tab)
	b.types("2 rep")
	b.press(kb.Tab)
	b.shows(".words [role=option]", "gmail-rate")
	b.types("451")
	b.press(kb.Tab)
	b.fieldIs(`rcpt to=*@slow.test first=2 reply 451 4.7.1 "Try again later" `)
	b.shows(".editor .says", "At RCPT, to *@slow.test, only the first 2: 451 4.7.1 Try again later")
	b.press(kb.Escape) // closes what is offered, and keeps what is written
	b.enter()
	b.shows(".rule code", `first=2 reply 451 4.7.1 "Try again later"`)
	b.shows(".rule .plain", "only the first 2")
	b.fieldIs("")

	b.types("rcpt to=x jump drop")
	b.shows(".editor .wrong", "jump")
	b.until(`document.querySelector('.editor .caret').textContent.trim() === '^^^^' && document.querySelector('.editor .caret').textContent.indexOf('^') === 10`)
	b.until(`document.querySelector('.desk .editor input').getAttribute('aria-invalid') === 'true'`)
}

// starting fills the editor with each of the rules to begin with.
func starting(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("hello", "bob@slow.test")
	b.open(p.url("/mailbox/bob@slow.test"))
	b.click(".place[href='/rules']")
	b.until(`document.querySelectorAll('.start').length >= 8`)
	n := evaluate[int](b, `document.querySelectorAll('.start').length`)
	for i := range n {
		before := evaluate[string](b, `document.querySelector('.desk .editor input').value`)
		b.run(fmt.Sprintf(`document.querySelectorAll('.start')[%d].click()`, i))
		b.until(fmt.Sprintf(`document.querySelector('.desk .editor input').value !== %q`, before))
		b.shows(".editor .says", ":")
		text := evaluate[string](b, `document.querySelector('.desk .editor input').value`)
		p.rules(text) // fails the test when it is none
		b.until(`document.querySelector('.editor .wrong, .editor .unfinished') === null`)
	}
	b.until(`document.querySelector('.desk .editor input').value.includes('to=bob@slow.test')`)
	b.until(`document.getSelection().toString() === 'bob@slow.test'`)
}

// trying asks what rules would have said to an attempt.
func trying(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	send := p.sender()
	p.rules(`dot to=*@policy.test name=policy reply 554 5.7.1 "<b>No</b>"`)
	send("judy@policy.test")
	b.open(p.url("/attempts"))
	b.shows(".attempt .reply", "<b>No</b>")
	b.until(live)
	b.click(".attempt .links a:last-child")
	b.until(`location.pathname === '/rules' && location.search.startsWith('?attempt=')`)
	b.until(`document.querySelector('.trial select').selectedOptions[0].text.includes('judy@policy.test')`)
	b.shows(".told .why a[href='/rules?rule=policy']", "policy")
	b.shows(".told .why", "554 5.7.1 <b>No</b>")
	b.push(".starts", "Rejected as spam")
	b.fieldIs(`dot to=judy@policy.test reply 554 5.7.1 "Message rejected as spam"`)
	b.shows(".told .chip[data-verdict=yes]", "applies")
	b.run(fmt.Sprintf(`document.querySelector(%q).select()`, ruleField))
	b.types(`dot from=shop@* query=subject:invoice drop`)
	b.shows(".told .chip[data-verdict=no]", "no match")
	b.shows(".told .why", "from=shop@* does not hold: it was app@example.test")
	b.run(`const field = document.querySelector('.desk .editor input'); field.value = 'dot from=app@* query=subject:invoice first=1 reply 451 "Wait, {to}"'; field.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.shows(".told .chip[data-verdict=counts]", "would count")
	b.shows(".told .why", "451 Wait, judy@policy.test")
	b.shows(".rule .hits", "1×") // that of the mail: trying does not count
	b.run(`const past = document.querySelector('.trial select'); past.selectedIndex = 0; past.dispatchEvent(new Event('change', { bubbles: true }))`)
	b.until(`location.search === '' && document.querySelector('.told') === null`)

	id := p.note("a message", "bob@example.test")
	b.open(p.url("/rules?message=" + id)) // a link that somebody sent
	b.until(`document.querySelector('.trial select').value === 'message=` + id + `'`)
	b.shows(".trial", "No rule has anything")
	b.until(`document.querySelector('.trial select').selectedOptions[0].text.includes('a message · bob@example.test')`)
	b.open(p.url("/rules?attempt=01J00000000000000000000000"))
	b.shows(".trial .wrong", "no longer known")
}

// naming finds magic addresses, and a rule by its link.
func naming(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	send := p.sender()
	b.open(p.url("/attempts"))
	b.shows(".nothing", "550@sim.test")
	b.until(live)
	p.rules("mail name=a drop", `rcpt to=*@slow.test name=grey reply 451 "Later"`)
	p.catcher.Rules().Remove("r1")
	send("bob@slow.test")
	b.click(".attempt .by a")
	b.isAt("/rules?rule=grey")
	b.shows(".rule[data-marked] code", "name=grey")
	b.click(".names summary")
	b.shows(".names[open]", "greylist-2@sim.test")
	b.shows(".names[open]", "hold@sim.test")
	b.do(chromedp.EmulateViewport(390, 844))
	b.until(`document.querySelector('.rules') !== null && document.documentElement.scrollWidth <= 390`)
}
