package ui_test

import (
	"context"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui"
)

// station waits until a station of the picture is read aloud so.
func (b *tab) station(name, label string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector('.station[data-name=%s]')?.textContent.replace(/\s+/g, ' ').trim() === %q`, name, label))
}

// refuse has an SMTP client fail at the addresses.
func (p *post) refuse(addresses ...string) {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.catcher.ServeSMTP(ctx, l) }()
	for _, to := range addresses {
		if smtp.SendMail(l.Addr().String(), nil, "app@example.test", []string{to}, []byte("Subject: x\r\n\r\nx\r\n")) == nil {
			p.t.Errorf("%s was not refused", to)
		}
	}
	cancel()
	if err := <-served; err != nil {
		p.t.Error(err)
	}
}

func pipelines(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/queue"))
	b.until(live)
	b.station("senders", "Senders 0 received")
	b.station("pickup", "Pickup off --pickup FOLDER")
	b.station("drop", "Drop off --drop FOLDER")
	b.station("rules", "Rules 0 active")

	p.rules("route to=*@partner.test relay smtp://"+deserted(t), "route to=*@held.test hold", "route to=*@lost.test lose", "rcpt to=*@full.test reply 552")
	p.note("one", "alice@example.test", "bob@example.test")
	b.station("senders", "Senders 1 received")
	b.station("mailboxes", "Mailboxes 2 kept 2 mailboxes")
	p.note("two", "carol@partner.test", "dave@held.test")
	b.station("queue", "Queue 2 waiting 1 held")
	p.note("three", "erin@lost.test")
	b.station("badmail", "Badmail 1 lost")
	p.refuse("frank@full.test", "grace@full.test")
	b.station("refused", "Refused 2 refused")
	b.station("rules", "Rules 4 active 5 applied")
	p.advance(49 * time.Hour)
	b.station("queue", "Queue 1 waiting 1 held")
	b.station("relayed", "Next hops 0 relayed 1 bounced")

	b.run(`document.querySelector('.view-body').scrollTop = 0; document.querySelector('.view .clock-row button').focus()`)
	for _, name := range []string{"badmail", "relayed", "mailboxes", "queue", "refused", "rules"} {
		b.until(`document.activeElement !== null`)
		b.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(cdpShift)))
		if name == "rules" {
			b.until(`document.activeElement.closest('.station')?.dataset.name === 'rules'`)
			break
		}
		b.until(fmt.Sprintf(`document.activeElement.closest('.station')?.dataset.name === %q`, name))
	}
	b.press(kb.Enter)
	b.isAt("/rules")
	b.run(`history.back()`)
	for name, path := range map[string]string{"badmail": "/badmail", "mailboxes": "/", "relayed": "/mailbox/@done", "refused": "/attempts"} {
		b.until(`document.querySelector('.station') !== null`)
		b.run(fmt.Sprintf(`document.querySelector('.station[data-name=%s] a').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))`, name))
		b.isAt(path)
		b.run(`history.back()`)
		b.isAt("/queue")
	}
	b.until(`document.querySelector('.station') !== null`)
	b.run(`document.querySelector('.station[data-name=queue] a').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))`)
	b.until(`document.activeElement.id === 'queue'`)

	b.do(chromedp.EmulateViewport(390, 844))
	b.until(`document.documentElement.scrollWidth <= 390 && [...document.querySelectorAll('.station rect')].every((e) => e.getBoundingClientRect().right <= 390 && e.getBoundingClientRect().left >= 0)`)
	b.until(`document.querySelector('.pipeline svg').getBoundingClientRect().height > 400`)
}

// cdpShift is the modifier of the shift key.
const cdpShift = 8

// watch remembers the edges on which dots travel.
func (b *tab) watch() {
	b.t.Helper()
	b.run(`
		window.edges = []; window.most = 0; window.many = false;
		new MutationObserver(() => {
			const now = [...document.querySelectorAll('.traveller')];
			window.most = Math.max(window.most, now.length);
			for (const one of now) {
				if (!window.edges.includes(one.dataset.edge)) window.edges.push(one.dataset.edge);
				if (one.textContent.includes('×')) window.many = true;
			}
		}).observe(document.querySelector('.pipeline'), { childList: true, subtree: true })`)
}

func travels(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.rules("route to=*@partner.test relay smtp://"+deserted(t), "route to=*@lost.test lose", "rcpt to=*@full.test reply 552")
	b.open(p.url("/queue"))
	b.until(live)
	b.station("senders", "Senders 0 received")
	b.watch()
	p.catcher.Clock().(*clock.Movable).Freeze() // an event with which no mail moves
	b.shows(".clock-row .state", "frozen")
	if got := evaluate[[]string](b, `window.edges`); len(got) > 0 {
		t.Errorf("something travels on %q while nothing moves", got)
	}
	expect := func(what string, want ...string) {
		t.Helper()
		b.until(fmt.Sprintf(`window.edges.length >= %d && !document.querySelector('.traveller')`, len(want)))
		if got := evaluate[[]string](b, `window.edges.splice(0)`); !slices.Equal(got, want) {
			t.Errorf("%s: dots travelled on %q, want %q", what, got, want)
		}
	}
	p.note("one", "alice@example.test")
	expect("a delivery", "sent", "delivered")
	p.note("two", "bob@partner.test")
	expect("into the queue", "sent", "queued")
	p.note("three", "carol@lost.test")
	expect("lost", "sent", "lost")
	p.refuse("dave@full.test")
	expect("refused", "sent", "refused")
	if _, err := p.catcher.Accept(context.Background(), picked, strings.NewReader("Subject: x\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	expect("picked up", "picked", "delivered")
	p.catcher.Clock().(*clock.Movable).Resume()
	p.advance(49 * time.Hour) // the report of the bounce comes back
	expect("returned", "kept")
	for i := range 60 {
		p.note(fmt.Sprintf("burst %d", i), "alice@example.test")
	}
	b.until(`window.many`)
	b.until(`!document.querySelector('.traveller')`)
	if most := evaluate[int](b, `window.most`); most > 6 {
		t.Errorf("%d dots at once", most)
	}

	b.stills()
	b.run(`
		window.moved = [];
		new MutationObserver(() => document.querySelectorAll('.traveller').forEach((one) => {
			const { animationName, offsetDistance } = getComputedStyle(one);
			window.moved.push(animationName + ' ' + offsetDistance);
		})).observe(document.querySelector('.pipeline'), { childList: true, subtree: true })`)
	p.note("still", "alice@example.test")
	b.until(`window.moved.length > 1 && !document.querySelector('.traveller')`)
	if got := evaluate[[]string](b, `window.moved.filter((how) => how !== 'none 100%')`); len(got) > 0 {
		t.Errorf("something moves where nothing may: %q", got)
	}
}

// picked is the envelope of a mail from a Pickup folder.
var picked = mail.Envelope{From: "app@example.test", To: []mail.Rcpt{{Address: "eve@example.test"}}, Session: &mail.Session{ID: "S2", Protocol: "PICKUP"}}

// stills makes the browser ask for pages in which nothing moves.
func (b *tab) stills() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

func axes(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	hop := deserted(t)
	p.rules("route to=*@partner.test relay smtp://"+hop, "route to=*@held.test hold")
	p.note("one", "alice@partner.test", "bob@partner.test", "carol@partner.test", "dave@partner.test", "erin@held.test")
	p.catcher.Clock().(*clock.Movable).Freeze()
	p.advance(time.Second) // the first try, at a time that stands still
	b.open(p.url("/queue"))
	b.until(live)
	b.shows(".lane li button", "4")
	b.shows(".ticks span", "30 min")
	b.until(`document.querySelector('.lane button').ariaLabel.startsWith('4, in 1') && document.querySelector('.lane button').title.endsWith('alice@partner.test, bob@partner.test, carol@partner.test +1')`)
	b.shows(".hop .numbers", "1 held")
	b.run(`document.querySelector('.clock-row button').focus()`)
	for range 40 { // the keyboard comes to the mark
		b.press(kb.Tab)
		if evaluate[bool](b, `document.activeElement.closest('.lane') !== null`) {
			break
		}
	}
	b.until(`document.activeElement.matches('.lane button:focus-visible')`)

	b.shows(".coming li", "alice@partner.test +3")
	b.shows(".coming li", "smtp://"+hop)
	const place = `new DOMMatrix(getComputedStyle(document.querySelector('.lane li')).transform).e`
	before := evaluate[float64](b, place)
	b.push(".clock-row", "Thaw")
	b.click(".clock-row [data-change='15m']:enabled")
	b.shows(".delivery .numbers", "deferred 2×")
	b.until(fmt.Sprintf(`%s > %f`, place, before)) // the second try is further off
	b.until(`document.querySelectorAll('.lane li').length === 1`)
	at := evaluate[float64](b, place)
	p.advance(5 * time.Minute)
	b.until(fmt.Sprintf(`%s < %f`, place, at))

	b.push(".hop:has(.lane)", "Freeze")
	b.shows(".hop .frozen", "frozen")
	b.until(`document.querySelector('.lane [data-frozen]') !== null && document.querySelectorAll('.coming li').length === 0`)
	b.shows(".clock-row .where", "Nothing will fall due")
	b.push(".hop[data-frozen]", "Thaw")
	b.click(".clock-row [data-change=next]:enabled")
	b.shows(".delivery .numbers", "deferred 3×")
	b.click(".clock-row [data-change='2d']:enabled")
	b.station("relayed", "Next hops 0 relayed 4 bounced")
	b.until(`document.querySelectorAll('.lane li').length === 0`)
}

func strips(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.until(live)
	b.shows(".status .active-rules", "0 rules")
	b.shows(".status .depth", "0 queued")
	still := evaluate[string](b, `document.querySelector('.rate polyline').getAttribute('points')`)
	p.rules("route to=*@partner.test relay smtp://" + deserted(t))
	p.note("one", "alice@partner.test")
	b.shows(".status .active-rules", "1 rule")
	b.shows(".status .active-rules", "1×")
	b.shows(".status .depth", "1 queued")
	b.shows(".status .stored", "1 message")
	b.until(fmt.Sprintf(`document.querySelector('.rate polyline').getAttribute('points') !== %q`, still))
	b.until(`!document.querySelector('.strip-clock[data-unreal]')`)
	p.advance(time.Hour)
	b.shows(".status .depth", "next in")
	b.shows(".strip-clock[data-unreal]", "1 h ahead")
	b.shows(".unreal", "1 h ahead")
	b.click(".status .depth")
	b.isAt("/queue")
	b.click(".status .active-rules")
	b.isAt("/rules")
	b.click(".status .stored")
	b.isAt("/")
	b.click(".strip-clock")
	b.until(`document.querySelector('#clock:popover-open') !== null`)
	b.do(chromedp.EmulateViewport(390, 844))
	b.until(`document.querySelector('.status').scrollWidth <= 390 && document.querySelector('.status .stored').offsetWidth === 0 && document.querySelector('.status .depth').offsetWidth > 0`)
}

// reconnects cuts the page off while mail comes in, and a second time while none does.
func reconnects(t *testing.T, browser context.Context) {
	p := &post{t: t}
	c, err := catcher.New(catcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p.catcher = c
	t.Cleanup(func() { c.Close() })
	server := func() *ui.Server {
		return &ui.Server{Backend: c, Page: ui.Page(""), SMTP: "127.0.0.1:1025", Grace: time.Millisecond}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	stop := serveAt(t, server(), address)
	b := newTab(t, browser)
	b.open("http://" + address + "/")
	b.until(live)
	for _, c := range []struct {
		mails int
		says  string
	}{{3, "caught up, 3 events"}, {0, "caught up, 0 events"}, {1, "caught up, 1 event"}} {
		b.until(`!document.querySelector('.toast')`)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		b.shows(".link", "Reconnecting")
		for i := range c.mails {
			p.note(fmt.Sprintf("meanwhile %d", i), "alice@example.test")
		}
		stop = serveAt(t, server(), address)
		b.shows(".toast", c.says)
	}
	b.until(`document.querySelectorAll('.row').length === 4`)
}

// serveAt serves at an address that was used before, until stop or the test ends.
func serveAt(t *testing.T, s *ui.Server, address string) (stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-served
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}
