package ui_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

// write puts text into a field of the sheet, as one who types would.
func (b *tab) write(field, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector('.compose [name="%s"]') !== null`, field))
	b.run(fmt.Sprintf(`const e = document.querySelector('.compose [name="%s"]'); e.value = %q; e.dispatchEvent(new InputEvent('input', { bubbles: true }))`, field, text))
}

// read gives the message of a mailbox, the only one, and its parts.
func (p *post) read(box string) (mail.Message, *mime.Message) {
	p.t.Helper()
	in := p.in(box)
	if len(in) != 1 {
		p.t.Fatalf("%d messages in %s", len(in), box)
	}
	body, err := p.catcher.Open(context.Background(), in[0].ID)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { body.Close() })
	return in[0], mime.Parse(body, in[0].Size)
}

func composes(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	p.note("hello", "alice@example.test")
	file := filepath.Join(t.TempDir(), "发票.pdf")
	if err := os.WriteFile(file, []byte("%PDF \x00\xff\r\n.\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.open(p.url("/mailbox/alice@example.test"))
	b.shows(".row .subject", "hello")
	b.press("n")
	b.until(`document.activeElement?.name === 'from'`) // alice is who it is to
	b.until(`document.querySelector('.compose [name=to]').value === 'alice@example.test'`)
	b.write("from", "王小明 <ming@@app.test>")
	b.until(`[...document.querySelectorAll('#known option')].some((e) => e.value === 'alice@example.test')`)
	b.write("subject", "订单 4711")
	b.write("text", "Grüße\n")
	b.write("html", "<p>Grüße</p>")
	b.press(kb.Escape)
	b.until(`!document.querySelector('dialog').open`)
	b.open(p.url("/queue")) // nothing is lost by going elsewhere
	b.push(".topbar", "Compose •")
	b.until(`document.querySelector('.compose [name=html]').value === '<p>Grüße</p>'`)
	const asks = `!dispatchEvent(new Event('beforeunload', { cancelable: true }))`
	b.until(`!(` + asks + `)`)
	b.do(chromedp.SetUploadFiles(`.compose input[type=file]`, []string{file, file}))
	b.until(`document.querySelectorAll('.compose li').length === 2 && ` + asks) // files would be lost
	b.push(".compose", "Remove 发票.pdf")
	b.until(`document.querySelectorAll('.compose li').length === 1`)
	b.shows(".compose li", "发票.pdf")
	b.run(`document.querySelector('.compose [name=subject]').focus()`)
	b.do(chromedp.KeyEvent(kb.Enter)) // alone does not send

	b.click(".compose .primary")
	b.shows(".compose .wrong", "not an address")
	b.until(`document.activeElement?.name === 'from' && document.activeElement.ariaInvalid === 'true'`)
	b.write("from", "王小明 <ming@app.test>")
	b.until(`document.querySelector('.compose [name=from]').ariaInvalid === null`)
	b.write("to", "new@example.test")
	b.write("envelope.to", "@")
	b.click(".compose .primary")
	b.until(`document.activeElement?.name === 'envelope.to' && document.querySelector('.compose details').open`)
	b.write("envelope.to", "other@example.test, list@example.test")
	b.write("envelope.from", "<>")
	b.write("headers", "X-Campaign: spring\nAuto-Submitted: auto-generated")
	b.run(`document.querySelector('.compose [name=headers]').focus()`)
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2))) // ctrl
	b.shows(".toast", "Sent")
	b.until(`document.querySelector('.compose') === null`)
	b.until(`!(` + asks + `)`)
	b.push(".toast", "Show")
	b.shows(".message h1", "订单 4711")

	m, parsed := p.read("list@example.test")
	if m.Envelope.From != "" || len(m.Envelope.To) != 2 || parsed.Get("X-Campaign") != "spring" || parsed.Get("From") != "王小明 <ming@app.test>" || parsed.Get("To") != "new@example.test" {
		t.Errorf("envelope %+v, headers %+v", m.Envelope, parsed.Headers)
	}
	files := parsed.Attachments()
	if len(files) != 1 || files[0].Filename != "发票.pdf" || len(parsed.Defects) > 0 {
		t.Fatalf("attachments %+v, defects %v", files, parsed.Defects)
	}
	if text, _ := parsed.Text(); text != "Grüße\r\n" {
		t.Errorf("text %q", text)
	}

	b.press("n")
	b.write("subject", "second thoughts")
	b.push(".compose", "Discard draft")
	b.push(".toast", "Undo")
	b.until(`document.querySelector('.compose [name=subject]')?.value === 'second thoughts'`)
	b.push(".compose", "Discard draft")
	b.open(p.url("/"))
	b.shows(".row .subject", "hello")
	b.push(".topbar", "Compose") // no draft
}

// sendsOn replies to a mail, sends it again and releases it; an application takes
// what leaves.
func sendsOn(t *testing.T, browser context.Context) {
	app := catchertest.Start(t)
	hop := "smtp://" + app.SMTPAddr()
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver("From: Shop <shop@app.test>\nTo: Ann <ann@example.test>, bob@example.test\nMessage-ID: <2@app.test>\nReferences: <1@app.test>\nSubject: Your order\n\nHow was it?\n",
		"bounce@app.test", "ann@example.test", "bob@example.test")
	b.open(p.url("/message/" + id))
	b.shows(".message h1", "Your order")
	b.press("a")
	b.until(`document.activeElement?.name === 'text'`)
	b.until(`document.querySelector('.compose [name=from]').value === 'Ann <ann@example.test>'`)
	b.write("from", "bob@example.test")
	b.run(`const e = document.querySelector('.compose [name=text]'); e.setRangeText('Fine, thanks.'); e.dispatchEvent(new InputEvent('input', { bubbles: true }))`)
	b.write("hop", "nonsense")
	b.click(".compose .primary")
	b.shows(".compose .wrong", "not a next hop")
	b.write("hop", hop)
	b.click(".compose .primary")
	b.shows(".toast", "In the queue for "+hop)
	reply := app.Expect(t, expect.Want{To: "shop@app.test", Within: storyTime})
	if reply.Envelope.From != "bob@example.test" || reply.Subject != "Re: Your order" || reply.Header("In-Reply-To") != "<2@app.test>" ||
		reply.Header("References") != "<1@app.test> <2@app.test>" || !strings.Contains(reply.Text, "Fine, thanks.") || !strings.Contains(reply.Text, "> How was it?") {
		t.Errorf("reply %+v", reply)
	}

	b.push(".message", "Send again…")
	b.shows("dialog[open]", "Rules say")
	b.answer("carol@example.test")
	b.shows(".toast", "Sent")
	b.shows(".box", "carol@example.test")
	if m, _ := p.read("carol@example.test"); m.Envelope.From != "bounce@app.test" {
		t.Errorf("sent again as %+v", m.Envelope)
	}

	b.push(".message", "Release…")
	b.shows("dialog[open]", "leaves Postroom")
	b.until(fmt.Sprintf(`document.querySelector('dialog input[name=hop]').value === %q`, hop)) // it is remembered
	b.answer("real@app.test")
	b.shows(".toast", "In the queue for "+hop)
	app.Expect(t, expect.Want{To: "real@app.test", Within: storyTime})
}
