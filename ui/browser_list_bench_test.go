package ui_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/postroom/postroom/catcher/mail"
)

// report gives the middle and nearly the worst of some times in milliseconds.
func report(b *testing.B, what string, times []float64) {
	b.Helper()
	if len(times) == 0 {
		b.Fatalf("no %s was measured", what)
	}
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2], what+"-p50-ms")
	b.ReportMetric(times[len(times)*95/100], what+"-p95-ms")
}

// busy is for how many seconds the page's main thread has worked so far, which does
// not depend on what else the machine does.
func (b *tab) busy() (seconds float64) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"}); err != nil {
			return err
		}
		found, err := cdp.Call(ctx, target, performance.GetMetrics, cdp.Empty{})
		for _, metric := range found.Metrics {
			if metric.Name == "TaskDuration" {
				seconds = metric.Value
			}
		}
		return err
	}))
	return seconds
}

// BenchmarkPageScroll scrolls through 1,000,000 messages, a step each frame, and
// reports how long frames take, and for how long the page works on each.
func BenchmarkPageScroll(b *testing.B) {
	page := newTab(b, newBrowser(b))
	openMany(b, page)
	page.run(`document.querySelector('.rows').scrollTop = 7_000_000`)
	page.until(`!document.querySelector('.row.blank')`)
	b.ReportMetric(0, "ns/op")
	for b.Loop() {
		busy := page.busy()
		page.run(`
			window.frames_ = [];
			let last = 0;
			const step = (now) => {
				if (last) frames_.push(now - last);
				last = now;
				document.querySelector('.rows').scrollTop += 400;
				if (frames_.length < 300) requestAnimationFrame(step);
			};
			requestAnimationFrame(step)`)
		page.until(`window.frames_.length === 300`)
		report(b, "frame", evaluate[[]float64](page, `window.frames_`))
		b.ReportMetric((page.busy()-busy)/300*1000, "work-ms/frame")
		b.ReportMetric(evaluate[float64](page, `document.querySelectorAll('.row.blank').length`), "blank-rows")
	}
	b.ReportMetric(page.heap()/1e6, "heap-MB")
}

// BenchmarkPageLive has mail come at a rate, and reports how long after its
// beginning each is in the document, and what the page's scripts hold before and
// after.
func BenchmarkPageLive(b *testing.B) {
	browser := newBrowser(b)
	for _, rate := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d", rate), func(b *testing.B) {
			p, page := newPost(b, nil), newTab(b, browser)
			page.open(p.url("/"))
			page.until(live)
			p.timed(1)
			page.until(`document.querySelector('.row') !== null`)
			page.run(`
				window.late = [];
				new MutationObserver((records) => {
					const now = performance.timeOrigin + performance.now();
					for (const { addedNodes } of records) for (const node of addedNodes) {
						const sent = /sent (\d+)/.exec(node.querySelector?.('.subject')?.textContent)?.[1];
						if (sent) late.push(now - Number(sent) / 1000);
					}
				}).observe(document.querySelector('.rows .content'), { childList: true });
				window.gaps = [];
				let last = 0;
				const frame = (now) => { if (last) gaps.push(now - last); last = now; requestAnimationFrame(frame); };
				requestAnimationFrame(frame)`)
			p.pour(rate, time.Second)
			before := page.heap()
			b.ReportMetric(0, "ns/op")
			for b.Loop() {
				page.run(`late.length = gaps.length = 0`)
				busy := page.busy()
				p.pour(rate, 5*time.Second)
				page.until(`[...document.querySelectorAll('.row .subject')].some((e) => e.textContent.includes('the last'))`)
				report(b, "late", evaluate[[]float64](page, `window.late`))
				report(b, "frame", evaluate[[]float64](page, `window.gaps`))
				b.ReportMetric((page.busy()-busy)/5*1000, "work-ms/s")
			}
			page.run(`late.length = gaps.length = 0`)
			b.ReportMetric(before/1e6, "heap-before-MB")
			b.ReportMetric(page.heap()/1e6, "heap-after-MB")
		})
	}
}

// pour brings in mail at a rate for a while; what is behind is made up for.
func (p *post) pour(rate int, duration time.Duration) {
	p.t.Helper()
	start, n := time.Now(), 0
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := int(duration.Seconds() * float64(rate)); n < end; <-tick.C {
		for due := min(end, int(time.Since(start).Seconds()*float64(rate))); n < due; n++ {
			p.timed(n)
		}
	}
	p.note("the last", "alice@example.test")
}

// timed takes in a mail that says when, in microseconds.
func (p *post) timed(n int) {
	p.t.Helper()
	to := fmt.Sprintf("user%d@example.test", n%50)
	env := mail.Envelope{From: "app@example.test", To: []mail.Rcpt{{Address: to}}}
	source := fmt.Sprintf("From: App <app@example.test>\r\nTo: %s\r\nSubject: sent %d\r\n\r\nA note.\r\n", to, time.Now().UnixMicro())
	if _, err := p.catcher.Accept(context.Background(), env, strings.NewReader(source)); err != nil {
		p.t.Fatal(err)
	}
}
