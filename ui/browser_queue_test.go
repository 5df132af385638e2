package ui_test

import (
	"context"
	"fmt"
	"net"
	"net/smtp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// rules adds rules to the catcher.
func (p *post) rules(lines ...string) {
	p.t.Helper()
	for _, line := range lines {
		r, err := rule.Parse(line)
		if err == nil {
			_, err = p.catcher.Rules().Add(r)
		}
		if err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
	}
}

// deserted is an address at which nobody listens.
func deserted(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *post) advance(d time.Duration) {
	p.t.Helper()
	if err := p.catcher.Advance(context.Background(), d); err != nil {
		p.t.Fatal(err)
	}
}

// in gives the messages of a mailbox.
func (p *post) in(box string) []mail.Message {
	p.t.Helper()
	page, err := p.catcher.List(context.Background(), store.Query{Box: box})
	if err != nil {
		p.t.Fatal(err)
	}
	return page.Messages
}

// answer fills in the dialog's first field, if a text is given, and says yes.
func (b *tab) answer(text string) {
	b.t.Helper()
	b.until(`document.querySelector('dialog[open] .primary') !== null`)
	if text != "" {
		b.run(fmt.Sprintf(`document.querySelector('dialog[open] input').value = %q`, text))
	}
	b.click("dialog[open] .primary")
}

// push presses the button with a name, in the first element that the selector finds.
func (b *tab) push(selector, name string) {
	b.t.Helper()
	button := fmt.Sprintf(`[...document.querySelectorAll(%q)].find((e) => e.title === %q || e.innerText === %q)`, selector+" button", name, name)
	b.until(`Boolean(` + button + `)`)
	b.run(button + `.click()`)
}

func queues(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	hop := "smtp://" + deserted(t)
	b.open(p.url("/queue"))
	b.shows(".queue .nothing", "Nothing is waiting")
	b.until(live)

	p.rules("route to=*@partner.test relay "+hop, "route to=*@held.test hold")
	p.note("<b>order</b> 1", "bob@partner.test")
	b.shows(".hop .name", hop)
	b.shows(".hop .numbers", "1 waiting")
	b.shows(".delivery .what", "<b>order</b> 1")
	b.shows(".place[href='/queue'] .count", "1")
	p.note("order 2", "carol@partner.test", "dave@partner.test", "erin@held.test")
	b.until(`document.querySelectorAll('.delivery').length === 4`)
	b.shows(".delivery .chip[data-state=held]", "held")
	b.hides(".windowed .box", "@queue")

	p.advance(time.Minute) // the first try fails
	b.shows(".delivery .numbers", "deferred 1×")
	b.shows(".hop .reply", "4.4.1")
	b.shows(".delivery time", "in 1") // 14 or 15 minutes by the moved clock

	b.push(".hop", "Freeze")
	b.shows(".hop .frozen", "frozen")
	b.push(".hop[data-frozen]", "Thaw")
	b.until(`!document.querySelector('.hop[data-frozen]')`)

	b.press("j") // the newest message's first delivery
	b.press("x")
	b.shows(".selection", "1 selected")
	b.click(".selection input")
	b.push(".selection", "Delete")
	b.answer("")
	b.shows(".queue .nothing", "Nothing is waiting")
	b.until(`!document.querySelector(".place[href='/queue'] .count")`)

	p.note("order 3", "bob@partner.test")
	b.click(".hop .name")
	b.shows(".hop [aria-pressed=true]", hop)
	p.rules("route to=*@other.test relay smtp://" + deserted(t))
	p.note("to another hop", "dora@other.test")
	b.until(`document.querySelectorAll('.hop').length === 2 && document.querySelectorAll('.delivery').length === 1`)
	b.push(".delivery", "Delete")
	b.answer("")
	b.shows(".delivery .what", "to another hop") // nothing waits any more for the one that was chosen
	b.until(`document.querySelector('.hop [aria-pressed=true]') === null`)
	b.click(".delivery input")
	b.push(".selection", "Delete")
	b.answer("")
	b.shows(".queue .nothing", "Nothing is waiting")
	p.note("order 4", "bob@partner.test")
	b.push(".delivery", "Bounce")
	b.answer("")
	b.shows(".queue .nothing", "Nothing is waiting")
	b.shows(".windowed .box", "app@example.test") // has the bounce
}

func queueOpens(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.rules("route to=*@held.test hold")
	id := p.note("held", "bob@held.test")
	p.note("later", "carol@held.test")
	b.open(p.url("/queue"))
	b.until(`document.querySelectorAll('.delivery').length === 2`)
	b.press("j")
	b.press("j")
	b.press(kb.Enter)
	b.shows("h1", "held")
	b.isAt("/message/" + id)
	b.until(`document.querySelector('.queue') !== null && document.querySelector('.delivery[data-open]') !== null`)
	b.press(kb.Escape)
	b.isAt("/queue")
	b.do(chromedp.EmulateViewport(390, 844))
	b.click(".delivery .what")
	b.until(`!document.querySelector('.queue') && document.querySelector('.message h1') !== null`)
	b.click(".message [aria-label='Back']")
	b.isAt("/queue")
	b.until(`document.querySelector('.queue') !== null && document.documentElement.scrollWidth <= 390`)
	b.open(p.url("/mailbox/@queue"))
	b.until(`document.querySelectorAll('.delivery').length === 2`)
}

func badmail(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/badmail"))
	b.shows(".list .nothing", "neither delivered nor returned")
	b.until(live)
	p.rules(`route to=*@dead.test lose 550 5.1.1 "Nobody <i>here</i>"`)
	p.note("lost 1", "bob@dead.test")
	p.note("lost 2", "carol@dead.test")
	b.shows(".list h1", "Badmail")
	b.lists("lost 2", "lost 1")
	b.shows(".row .reason", "550 5.1.1 Nobody <i>here</i>")
	b.shows(".row .whom", "carol@dead.test")
	b.shows(".place[href='/badmail'] .count", "2")

	b.click(".slot:first-child .pick")
	b.click(".chosen [aria-label^='Requeue']")
	b.shows(".toast", "Requeue: 1 delivery")
	b.lists("lost 1")
	b.click(".row")
	b.shows("h1", "lost 1")
	b.shows(".track .chip", "Badmail")
	b.press("#")
	b.shows(".list .nothing", "neither delivered nor returned")
	b.until(`!document.querySelector(".place[href='/badmail'] .count")`)
}

func attempting(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.catcher.ServeSMTP(ctx, l) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	send := func(to string) {
		smtp.SendMail(l.Addr().String(), nil, "app@example.test", []string{to}, []byte("Subject: x\r\n\r\nx\r\n"))
	}
	p.rules(`rcpt to=*@slow.test name=grey reply 451 4.7.1 "<b>Later</b>"`, `dot to=*@dot.test reply 554 5.6.0 "Not this"`)
	send("before@slow.test")
	b.open(p.url("/attempts"))
	b.shows(".attempt .whom", "app@example.test → before@slow.test")
	b.shows(".attempt .reply", "451 4.7.1 <b>Later</b>")
	b.shows(".attempt .by", "rule grey")
	b.until(live)
	send("after@dot.test")
	b.shows("li.attempt:first-child .whom", "after@dot.test")
	b.shows("li.attempt:first-child .verdict", "refused")
	b.until(`document.querySelector('li.attempt:first-child .links a[href$="/raw"]') !== null`)
	b.shows(".place[href='/attempts'] .count", "2")

	b.run(`const field = document.querySelector('.attempts .filter input'); field.value = 'before'; field.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.until(`document.querySelectorAll('.attempt').length === 1`)
	send("before2@slow.test")
	b.until(`document.querySelectorAll('.attempt').length === 2`)

	b.click(".attempts [aria-label='Clear']")
	b.answer("")
	b.until(`document.querySelectorAll('.attempt').length === 0 && !document.querySelector(".place[href='/attempts'] .count")`)
}

func ruling(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/rules"))
	b.shows(".rules .hint", "No rules")
	b.click(".names summary")
	b.shows(".names", "@sim.test")
	write := func(text string) {
		t.Helper()
		b.run(fmt.Sprintf(`const form = document.querySelector('.editor'), input = form.querySelector('input'); input.value = %q; input.dispatchEvent(new Event('input', { bubbles: true })); form.requestSubmit()`, text))
	}
	write("rcpt too=*@full.test reply 552")
	b.shows(".toast", "column 6")
	b.shows(".editor .wrong", "too")
	b.until(`document.querySelector('.editor .caret').textContent.indexOf('^') === 5`)
	write(`route to=*@full.test bounce 552 5.2.2 "<u>Full</u>"`)
	b.shows(".rule code", `bounce 552 5.2.2 "<u>Full</u>"`)
	b.until(`!document.querySelector('.editor .wrong') && document.querySelector('.desk .editor input').value === ''`)
	b.until(live)
	p.note("one", "bob@full.test")
	b.shows(".rule .hits", "1×")
	b.click(".rule [aria-label='Reset counters']")
	b.shows(".rule .hits", "0×")
	b.click(".rule [aria-label='Edit']")
	b.until(`document.activeElement.value.includes('bounce 552')`)
	write("route to=*@full.test discard")
	b.shows(".rule code", "discard")
	b.click(".rule [aria-label='Delete']")
	b.answer("")
	b.shows(".rules .hint", "No rules")
	if left := p.catcher.Rules().List(time.Now()); len(left) > 0 {
		t.Errorf("rules left: %v", left)
	}
}

func clocks(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.rules("route to=*@partner.test relay smtp://" + deserted(t))
	id := p.note("two days", "bob@partner.test")
	b.open(p.url("/queue"))
	b.shows(".delivery .what", "two days")
	b.until(live)
	b.until(`!document.querySelector('.unreal')`)
	b.press("c")
	b.until(`document.querySelector('#clock:popover-open') !== null && document.activeElement.id === 'clock'`)
	b.click("#clock [data-change='15m']")
	b.shows(".unreal .how", "ahead")
	b.shows(".delivery .numbers", "deferred")
	b.shows(".strip-clock", "15 min ahead")
	b.click("#clock [data-change='2d']:enabled")
	b.shows(".queue .nothing", "Nothing is waiting")
	b.shows("#clock .state", "2 days ahead")
	b.click("#clock [data-change=freeze]:enabled")
	b.shows("#clock .state", "frozen")
	b.click("#clock [data-change=resume]:enabled")
	b.push("#clock", "60×")
	b.shows("#clock .state", "60× as fast")
	b.push("#clock", "1×")
	b.until(`!document.querySelector('#clock .state').innerText.includes('as fast')`)
	p.advance(4 * time.Hour) // by somebody else: an event tells
	p.note("now", "alice@example.test")
	b.shows("#clock .state", "2 days 4 h ahead")

	b.open(p.url("/message/" + id)) // ages are by the moved clock
	b.hides(".message .facts", "now")
}

func timelines(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.rules("route to=*@partner.test name=partner relay smtp://" + deserted(t))
	id := p.note("an order", "bob@partner.test", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.shows(".track .rcpt", "bob@partner.test")
	b.shows(".track .chip", "queued")
	b.until(live)
	p.advance(49 * time.Hour)
	b.shows(".track .chip", "bounced")
	b.shows(".track .steps", "deferred ×")
	b.shows(".track summary .reply", "4.4.1")
	b.click(".track summary")
	b.shows(".track li", "rule partner")
	b.shows(".track li .reply", "4.4.1")
	b.click(".track li[data-did=bounced] a[href^='/message/']")
	b.shows(".origin", "A report on")
	b.click(".origin a")
	b.isAt("/message/" + id)
	b.shows("h1", "an order")
	b.open(p.url("/"))
	b.shows(".row .chip", "bounced")
}

func releases(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.note("caught", "bob@example.test")
	b.open(p.url("/message/" + id))
	b.push(".message", "Release…")
	b.run(`const at = (name) => document.querySelector('dialog input[name=' + name + ']'); at('to').value = 'x@real.test, y@real.test'; at('hop').value = 'nonsense'; at('from').value = ''`)
	b.answer("")
	b.until(`document.querySelector('dialog[open] .wrong') !== null`)
	b.run(`document.querySelector('dialog input[name=hop]').value = 'smtp://` + deserted(t) + `'`)
	b.answer("")
	b.shows(".toast", "In the queue for smtp:")
	b.until(fmt.Sprintf(`location.pathname.startsWith('/message/') && !location.pathname.endsWith(%q)`, id))
	b.shows(".track .rcpt", "y@real.test")
	b.shows(".track .chip", "queued")
	sent := p.in(mail.QueueBox)
	if len(sent) != 1 || sent[0].Envelope.From != "" || len(sent[0].Deliveries) != 2 {
		t.Errorf("in the queue: %+v", sent)
	}
}

// busyWith brings in mail that fares in every way, and returns the ID of one that
// was bounced.
func busyWith(t *testing.T, p *post) string {
	down, slow := deserted(t), deserted(t)
	p.rules(
		"rcpt to=*@slow.test first=2 name=greylist reply 451 4.7.1 \"Greylisted, try again later\"",
		"rcpt to=full@* reply 552 5.2.2 \"Mailbox full\"",
		"dot to=*@policy.test owner=checkout-test reply 554 5.7.1 \"Message rejected due to content restrictions\"",
		"route to=*@partner.test name=partner relay smtp://"+down,
		"route to=*@archive.test relay smtp://backup:secret@"+slow,
		"route to=*@dead.test bounce 550 5.1.1 \"User unknown\" dialect=gmail",
		"route to=*@lost.test lose 550 5.1.1 \"No such user here\"",
		"route to=*@review.test hold",
	)
	id := p.note("Your order #20417 is confirmed", "bob@partner.test", "alice@example.test")
	p.note("Welcome aboard", "nobody@dead.test")
	p.note("Password reset", "ghost@lost.test")
	p.note("Invoice 2026-118", "billing@lost.test")
	p.advance(49 * time.Hour)
	p.note("Shipping notice", "carol@partner.test", "dave@partner.test", "erin@archive.test")
	p.note("Newsletter, week 48", "frank@review.test", "grace@partner.test")
	p.note("A very long subject that tells the whole story of an order which was changed twice before it was shipped", "heidi@archive.test")
	p.advance(20 * time.Minute)
	p.note("Build 1844 passed", "ops@example.test")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.catcher.ServeSMTP(ctx, l) }()
	for _, to := range []string{"ivan@slow.test", "ivan@slow.test", "full@example.test", "judy@policy.test", "450-4.2.1@sim.test"} {
		smtp.SendMail(l.Addr().String(), nil, "shop@example.test", []string{to}, []byte("Subject: Your parcel\r\n\r\nIt is on its way.\r\n"))
	}
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return id
}
