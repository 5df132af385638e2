package ui_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// prefixed uses the page as it is shown by proxies that keep the prefix and that
// take it away, and directly.
func prefixed(t *testing.T, browser context.Context) {
	p := newPostUnder(t, nil, "/mail")
	id := p.deliver(testMail(t, "order"), "shop@example.test", "al/ice@example.test")
	fronts := map[string]string{
		"kept": proxy(t, p.url(""), false, false) + "/mail", "stripped": proxy(t, p.url(""), true, true) + "/mail", "direct": p.url(""),
	}
	for name, front := range fronts {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, browser)
			b.open(front + "/message/" + id)
			b.until(live)
			b.shows("h1", "Your order #20417 is confirmed")
			b.frameLoaded("/mail/v1/messages/" + id + "/html")
			b.until(`performance.getEntriesByType('resource').every((e) => new URL(e.name).pathname.startsWith('/mail/'))`)
			b.open(front + "/mailbox/al%2Fice@example.test")
			b.shows(".list h1", "al/ice@example.test")
			b.click(".row")
			b.isAt("/mail/message/" + id)
			b.run(`history.back()`)
			b.until(`!document.querySelector('.message h1')`)
			b.shows(".list h1", "al/ice@example.test")
			b.click(".brand")
			b.isAt("/mail/")
			b.press("g")
			subject := "news for " + name
			p.note(subject, "bob@example.test")
			b.shows(".row .subject", subject)
			b.click(".row")
			b.shows("h1", subject)
			b.click(".message [aria-label^='Delete']")
			b.hides(".row .subject", subject)
		})
	}
}

// block keeps the tab from what matches a pattern; without one it gets all.
func (b *tab) block(patterns ...string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		var list []*network.BlockPattern
		for _, pattern := range patterns {
			list = append(list, &network.BlockPattern{URLPattern: pattern, Block: true})
		}
		_, err := cdp.Call(ctx, target, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: list})
		return err
	}))
}

// comesInPart keeps a module from the page, which says so and comes when it can.
func comesInPart(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.note("one", "alice@example.test")
	b.block("*://*:*/*/list.js")
	b.open(p.url("/message/" + id))
	b.shows(".topbar a", "try again")
	b.until(`performance.getEntriesByType('navigation')[0].type === 'reload'`)
	b.block()
	b.click(".topbar a")
	b.until(live)
	b.shows("h1", "one")
}

// marks notes when the first row of the list is in the document.
const marks = `new MutationObserver((_, observer) => {
	if (!document.querySelector('.row')) return;
	window.firstRow = performance.now();
	observer.disconnect();
}).observe(document, { childList: true, subtree: true })`

// BenchmarkPageOpens opens the page over 100,000 messages, in a browser that has
// never seen it (first) and in one that has (again), and reports the time
// until something is painted and until there are messages to click on: the median, and
// the least, which says more on a machine that is busy.
func BenchmarkPageOpens(b *testing.B) {
	browser, p := newBrowser(b), newPost(b, nil)
	for i := range 100_000 {
		address := fmt.Sprintf("user-%d@example.test", i%200)
		p.deliver(fmt.Sprintf("From: Shop <shop@example.test>\nTo: %s\nSubject: Order %d is on its way\n"+
			"Content-Type: text/html; charset=utf-8\n\n<h1>Order %d</h1><p>It comes tomorrow between 9 and 12.</p>\n", address, i, i),
			"shop@example.test", address)
	}
	b.Run("first", func(b *testing.B) { opens(b, browser, p, true) })
	b.Run("again", func(b *testing.B) { opens(b, browser, p, false) })
}

func opens(b *testing.B, browser context.Context, p *post, fresh bool) {
	var painted, listed []float64
	for b.Loop() {
		tab := newTab(b, browser)
		tab.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: marks})
			if err == nil && fresh {
				_, err = cdp.Call(ctx, target, network.ClearBrowserCache, cdp.Empty{})
			}
			return err
		}))
		tab.open(p.url("/"))
		tab.until(`window.firstRow > 0 && performance.getEntriesByName('first-contentful-paint').length > 0`)
		painted = append(painted, evaluate[float64](tab, `performance.getEntriesByName('first-contentful-paint')[0].startTime`))
		listed = append(listed, evaluate[float64](tab, `window.firstRow`))
	}
	for name, times := range map[string][]float64{"paint": painted, "row": listed} {
		slices.Sort(times)
		b.ReportMetric(times[0], name+"-least-ms")
		b.ReportMetric(times[len(times)/2], name+"-ms")
	}
}
