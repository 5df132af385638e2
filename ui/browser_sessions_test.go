package ui_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// smtp serves the catcher on a free port until the test ends.
func (p *post) smtp() string {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.catcher.ServeSMTP(ctx, l) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			p.t.Error(err)
		}
	})
	return l.Addr().String()
}

// A dialogue is an SMTP client that talks by hand.
type dialogue struct {
	t *testing.T
	*textproto.Conn
}

func dial(t *testing.T, addr string) *dialogue {
	t.Helper()
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d := &dialogue{t, c}
	d.hears(220)
	return d
}

func (d *dialogue) hears(code int) {
	d.t.Helper()
	if _, _, err := d.ReadResponse(code); err != nil {
		d.t.Fatal(err)
	}
}

func (d *dialogue) asks(code int, command string) {
	d.t.Helper()
	if err := d.PrintfLine("%s", command); err != nil {
		d.t.Fatal(err)
	}
	d.hears(code)
}

// quits says good-bye and waits for the end.
func (d *dialogue) quits() {
	d.t.Helper()
	d.asks(221, "QUIT")
	if _, err := d.ReadLine(); err != io.EOF {
		d.t.Fatalf("after QUIT: %v", err)
	}
}

func sessions(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	addr := p.smtp()
	p.rules(`rcpt to=full@* name=full reply 552 5.2.2 "<b>Mailbox</b> full"`)
	b.open(p.url("/"))
	b.click(".place[href='/sessions']")
	b.isAt("/sessions")
	b.shows(".sessions .copyable", "swaks --server 127.0.0.1:1025")

	shop := dial(t, addr)
	b.shows(".talk .sign[data-kind=open]", "open")
	shop.asks(250, "EHLO shop.example")
	shop.asks(235, "AUTH PLAIN AHNob3AAc2VjcmV0")
	b.shows(".talk .client b", "shop.example")
	b.shows(".talk .client", "· shop")
	b.press("j")
	b.press(kb.Enter)
	b.shows(".session h2", "shop.example")
	b.shows(".script [data-from=client] .text", "EHLO shop.example")
	b.shows(".script [data-from=server] .text", "250-PIPELINING")
	b.shows(".script .turn", "Client…")
	b.run(`window.marker = 'same page'`)

	shop.asks(250, "MAIL FROM:<shop@shop.example>")
	shop.asks(552, "RCPT TO:<full@example.test>")
	b.shows(".script [data-class='5'] .text", "552 5.2.2 <b>Mailbox</b> full")
	b.shows(".script [data-class='5'] a[href='/attempts']", "permanent")
	b.shows(".script [data-from=note]", "rule full: reply")
	b.until(`document.querySelector('.script [data-from=note] a').pathname === '/rules'`)
	b.shows(".talk .reply[data-class='5']", "552 5.2.2")
	b.until(`(() => { const s = document.querySelector('.script'); return s.scrollTop + s.clientHeight >= s.scrollHeight - 8; })()`)

	shop.asks(250, "RCPT TO:<alice@example.test>")
	shop.asks(354, "DATA")
	shop.asks(250, "Subject: from a session\r\n\r\nThe body.\r\n.")
	b.shows(".session .facts", "1 message")
	b.hides(".script", "The body.")
	b.hides(".script", "AHNob3A")
	shop.quits()
	b.shows(".talk .sign[data-kind=wrong]", "1 error")
	b.shows(".session .facts", "ended")
	b.until(`!document.querySelector('.script .turn') && window.marker === 'same page'`)

	b.click(".script a[href^='/message/']")
	b.shows("h1", "from a session")
	b.press(kb.Escape)
	b.shows(".session h2", "shop.example")
	here := evaluate[string](b, `location.pathname`)
	b.press(kb.Escape)
	b.isAt("/sessions")
	b.until(`!document.querySelector('.session')`)

	other := dial(t, addr)
	other.asks(250, "HELO other.example")
	b.shows(".talk .client b", "other.example")
	pick := func(name string, rows int) {
		t.Helper()
		b.run(fmt.Sprintf(`[...document.querySelectorAll('.sessions [role=radio]')].find((e) => e.innerText === %q).click()`, name))
		b.until(fmt.Sprintf(`document.querySelectorAll('.talk').length === %d`, rows))
	}
	b.until(`document.querySelectorAll('.talk').length === 2`)
	pick("With errors", 1)
	b.shows(".talk .client b", "shop.example")
	pick("Open", 1)
	b.shows(".talk .client b", "other.example")
	other.Close() // without a word
	b.shows(".sessions .nothing", "Nothing found")
	pick("All", 2)
	b.shows(".talk .sign[data-kind=left]", "left")
	b.run(`const field = document.querySelector('.sessions .filter input'); field.value = 'SHOP'; field.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.until(`document.querySelectorAll('.talk').length === 1`)

	b.open(p.url(here)) // a deep link
	b.shows(".session h2", "shop.example")
	b.shows(".script [data-from=client] .text", "QUIT")
	b.until(`document.querySelector('.talk[aria-current] b').innerText === 'shop.example'`)
	b.press(kb.Escape)
	b.isAt("/sessions")
	b.press("j")
	b.press("j")
	b.press(kb.Enter)
	b.isAt(here)
	b.press("k")
	b.shows(".session h2", "other.example")
	b.click(".talk[href='" + here + "']")
	b.shows(".session h2", "shop.example")
	b.press(kb.Escape) // one has taken the place of the other
	b.isAt("/sessions")
	b.open(p.url("/sessions/nonsense"))
	b.shows(".session .failure", "The session is not known")
	b.open(p.url("/attempts"))
	b.click(".attempt .links a[href^='/sessions/']")
	b.isAt(here)

	b.do(chromedp.EmulateViewport(390, 844))
	b.until(`!document.querySelector('.talk') && document.documentElement.scrollWidth <= 390`)
	b.click(".session [aria-label='Back']")
	b.isAt("/attempts")
}
