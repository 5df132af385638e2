package ui_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui"
)

const many = 1_000_000

// A crowd is a backend with many messages of long ago, which are made when somebody
// asks for them, below those of a real one. Message n is called "mail n.".
type crowd struct{ ui.Backend }

// crowdID is the ID of message n, and crowdNumber the way back.
func crowdID(n int) (id mail.ID) {
	id[1] = 1 // far older than all real ones
	binary.BigEndian.PutUint64(id[8:], uint64(n+1))
	return id
}

func crowdNumber(id mail.ID) int { return int(binary.BigEndian.Uint64(id[8:])) - 1 }

func crowdMessage(n int) mail.Message {
	id, rcpt := crowdID(n), mail.Rcpt{Address: "alice@example.test"}
	return mail.Message{
		ID: id, Received: time.Unix(int64(n), 0), Size: 100, Envelope: mail.Envelope{From: "app@example.test", To: []mail.Rcpt{rcpt}},
		Deliveries: []mail.Delivery{{ID: mail.DeliveryID{Message: id}, Box: rcpt.Address, Rcpt: rcpt, State: mail.Delivered, Seen: n%3 != 0}},
	}
}

func (c *crowd) List(ctx context.Context, q store.Query) (store.Page, error) {
	real, err := c.Backend.List(ctx, store.Query{Before: q.Before, After: q.After})
	messages := real.Messages
	skip := min(q.Skip, len(messages))
	messages = messages[skip:]
	from := many - 1 - (q.Skip - skip)
	if !q.Before.IsZero() && q.Before[0] == 0 {
		messages, from = nil, crowdNumber(q.Before)-1
	}
	for n := from; n >= 0 && len(messages) <= q.Limit && crowdID(n).Compare(q.After) > 0; n-- {
		messages = append(messages, crowdMessage(n))
	}
	if len(messages) > q.Limit {
		return store.Page{Messages: messages[:q.Limit], More: true}, err
	}
	return store.Page{Messages: messages}, err
}

func (c *crowd) Box(ctx context.Context, name string) (store.Box, error) {
	box, err := c.Backend.Box(ctx, name)
	box.Messages += many
	return box, err
}

func (c *crowd) Get(ctx context.Context, id mail.ID) (mail.Message, error) {
	if id[0] != 0 {
		return c.Backend.Get(ctx, id)
	}
	return crowdMessage(crowdNumber(id)), nil
}

func (c *crowd) Open(ctx context.Context, id mail.ID) (store.Reader, error) {
	if id[0] != 0 {
		return c.Backend.Open(ctx, id)
	}
	var body store.Body
	fmt.Fprintf(&body, "From: App <app@example.test>\r\nTo: alice@example.test\r\nSubject: mail %d.\r\n\r\nOne of many.\r\n", crowdNumber(id))
	return body.Reader(), nil
}

func (c *crowd) SetSeen(context.Context, bool, ...mail.DeliveryID) error { return nil }

// openMany opens the list of many messages, and returns where new ones come in.
func openMany(t testing.TB, b *tab) *post {
	t.Helper()
	p := newPost(t, nil)
	server := httptest.NewServer((&ui.Server{Backend: &crowd{p.catcher}, Page: ui.Page("")}).Handler())
	t.Cleanup(server.Close)
	t.Cleanup(func() { b.do(chromedp.Navigate("about:blank")) }) // or its websocket would keep the server
	b.open(server.URL)
	b.until(live)
	b.shows(".row .subject", fmt.Sprintf("mail %d.", many-1))
	return p
}

// number is that of the message in a row, and place where the row says it is.
const (
	number = `Number((/mail (\d+)\./.exec(%s.querySelector('.subject').innerText) ?? [0, -1])[1])`
	inView = `[...document.querySelectorAll('.row:not(.blank)')].filter((e) => e.getBoundingClientRect().bottom > document.querySelector('.rows').getBoundingClientRect().top)`
)

// placed wants all rows that are shown to be where they say, and returns the number
// of the first one in view.
func (b *tab) placed() int {
	b.t.Helper()
	b.until(`!document.querySelector('.row.blank') && document.querySelectorAll('.row').length > 10 && ` + inView + `.length > 5`) // those of before may still be there, out of view
	wrong := evaluate[[]string](b, `[...document.querySelectorAll('.row')].filter((e) => /^mail/.test(e.querySelector('.subject').innerText) &&
		`+fmt.Sprintf(number, "e")+` + Number(e.getAttribute('aria-posinset')) !== Number(e.getAttribute('aria-setsize'))).map((e) => e.getAttribute('aria-posinset') + ': ' + e.innerText)`)
	if len(wrong) > 0 {
		b.t.Errorf("rows are not where they say: %q", wrong)
	}
	return evaluate[int](b, fmt.Sprintf(number, inView+"[0]"))
}

// heap is what scripts of the page hold when all garbage is gone.
func (b *tab) heap() (used float64) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		usage, err := cdp.Call(ctx, target, runtime.GetHeapUsage, cdp.Empty{})
		used = usage.UsedSize
		return err
	}))
	return used
}

func (b *tab) wheel(y float64) {
	b.t.Helper()
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, 400, 400, func(p *input.DispatchMouseEventParams) {
		p.DeltaX, p.DeltaY = 1e-9, y // zero would be left out, and is missed
	}))
}

func million(t *testing.T, browser context.Context) {
	b := newTab(t, browser)
	p := openMany(t, b)
	b.until(`document.querySelector('.rows .content').clientHeight === 15_000_000`)
	b.placed()

	b.run(`document.querySelector('.rows').focus()`)
	b.press(kb.End)
	b.shows(".row .subject", "mail 0.")
	b.placed()
	b.run(`document.querySelector('.rows').scrollTop = 7_499_700`)
	b.until(`/mail (49|50)\d{4}\./.test(document.querySelector('.row .subject')?.innerText)`)
	middle := b.placed()

	// A wheel moves as far as it does in any list.
	b.wheel(520)
	b.until(fmt.Sprintf(number, inView+"[0]") + fmt.Sprintf(` === %d`, middle-10))
	b.placed()

	// New mail waits, and moves nothing.
	p.note("news", "alice@example.test")
	b.shows(".pill", "1 new")
	if at := b.placed(); at != middle-10 {
		t.Errorf("message %d is at the top after new mail, not %d", at, middle-10)
	}

	// The cursor goes from row to row, further than the rows that were there.
	b.run(`
		const key = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
		window.walk = (name, n) => { window.walked = false; let i = 0; const step = () => { key(name); if (++i < n) i % 2 ? step() : requestAnimationFrame(step); else window.walked = true; }; step(); };
		window.walk('j', 1)`)
	start := evaluate[int](b, fmt.Sprintf(number, "document.querySelector('.row[data-cursor]')"))
	if start < middle-40 || start > middle {
		t.Errorf("the cursor comes to message %d, which is not in view", start)
	}
	for _, walk := range []struct {
		key  string
		n    int
		last int
	}{{"j", 400, start - 400}, {"k", 800, start + 400}} {
		b.run(fmt.Sprintf(`window.walk(%q, %d)`, walk.key, walk.n))
		b.until(`window.walked`)
		b.until(fmt.Sprintf(number, "document.querySelector('.row[data-cursor]')") + fmt.Sprintf(` === %d`, walk.last))
	}
	b.placed()

	// However far one scrolls, no more is held.
	b.run(`
		window.travel = (far, n) => { window.arrived = false; let i = 0; const step = () => { document.querySelector('.rows').scrollTop += far; ++i < n ? requestAnimationFrame(step) : window.arrived = true; }; step(); };
		window.travel(1500, 30)`)
	b.until(`window.arrived`)
	b.placed()
	nodes, before := evaluate[int](b, `document.querySelectorAll('*').length`), b.heap()
	b.run(`window.travel(1500, 250)`)
	b.until(`window.arrived`)
	b.placed()
	if after := evaluate[int](b, `document.querySelectorAll('*').length`); after > nodes+100 {
		t.Errorf("%d elements, before %d", after, nodes)
	}
	if after := b.heap(); after > before+2e6 {
		t.Errorf("scripts hold %.1f MB, before %.1f", after/1e6, before/1e6)
	}

	b.click(".pill")
	b.shows(".slot:first-child .row .subject", "news")
	b.placed()
}

// shrinks has mail go above and below what the reader looks at, and all that is
// there.
func shrinks(t *testing.T, browser context.Context) {
	const n = 3000
	p, b := newPost(t, nil), newTab(t, browser)
	ids := make([]string, n)
	for i := range n {
		ids[i] = p.note(fmt.Sprintf("mail %d.", i), "alice@example.test")
	}
	b.open(p.url("/"))
	b.until(live)
	b.shows(".row .subject", fmt.Sprintf("mail %d.", n-1))
	b.run(`document.querySelector('.rows').scrollTop = 52 * 1500`)
	b.shows(".row .subject", "mail 1490.")
	b.placed()
	const at = `document.querySelector('.row[id="row-%s"]').getBoundingClientRect().top`
	before := evaluate[float64](b, fmt.Sprintf(at, ids[1490]))
	remove := func(from, to int) {
		var gone []mail.DeliveryID
		for _, text := range ids[from:to] {
			id, err := mail.ParseID(text)
			if err != nil {
				t.Fatal(err)
			}
			gone = append(gone, mail.DeliveryID{Message: id})
		}
		if _, err := p.catcher.Delete(b.ctx, gone...); err != nil {
			t.Fatal(err)
		}
	}
	remove(2900, n)
	b.until(fmt.Sprintf(`document.querySelector('.rows .content').clientHeight === 52 * %d`, n-100))
	remove(0, 50)
	b.until(fmt.Sprintf(`document.querySelector('.rows .content').clientHeight === 52 * %d`, n-150))
	if after := evaluate[float64](b, fmt.Sprintf(at, ids[1490])); after != before {
		t.Errorf("the row has moved from %v to %v", before, after)
	}
	b.until(fmt.Sprintf(`document.querySelector('.row[id="row-%s"]').getAttribute('aria-posinset') === '%d'`, ids[1490], n-100-1490))
	if _, err := p.catcher.Clear(b.ctx, "alice@example.test"); err != nil {
		t.Fatal(err)
	}
	b.shows(".list", "No mail yet")
	p.note("mail 1.", "alice@example.test")
	b.lists("mail 1.")
}

// crosses has mail come and go while pages of the list are on their way: what they
// say is older than what the events have told, or newer than what has come of them.
func crosses(t *testing.T, browser context.Context) {
	const n = 3000
	p, b := newPost(t, nil), newTab(t, browser)
	var ids []mail.DeliveryID
	for i := range n {
		id, err := mail.ParseID(p.note(fmt.Sprintf("mail %d.", i), "alice@example.test"))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, mail.DeliveryID{Message: id})
	}
	b.open(p.url("/"))
	b.until(live)
	b.shows(".row .subject", fmt.Sprintf("mail %d.", n-1))
	b.run(`
		import(document.querySelector('script[type=module]').src.replace('main.js', 'state/feed.js')).then(({ feed }) => { window.feed = feed; });
		window.held = [];
		window.hold = '';
		const fetched = window.fetch, frame = window.requestAnimationFrame.bind(window);
		window.fetch = async (path, init) => {
			const answer = await fetched(path, init);
			if (!path.includes('/messages?')) return answer;
			window.answered++;
			if (hold === 'nothing') throw new TypeError('no');
			if (hold === 'pages') await new Promise((go) => held.push(go));
			return answer;
		};
		window.requestAnimationFrame = (show) => (hold === 'events' ? held.push(() => frame(show)) : frame(show)); // events are told then
		window.letGo = () => { hold = ''; for (const go of held.splice(0)) go(); };`)
	b.until(`window.feed !== undefined`)
	scroll := func(place int) {
		t.Helper()
		b.run(fmt.Sprintf(`document.querySelector('.rows').scrollTop = 52 * %d`, place))
	}
	height := func(rows int) string {
		return fmt.Sprintf(`document.querySelector('.rows .content').clientHeight === 52 * %d`, rows)
	}
	placed := func(sum int) string {
		return fmt.Sprintf(`[...document.querySelectorAll('.row:not(.blank)')].every((e) => `+number+` + Number(e.getAttribute('aria-posinset')) === %d)`, "e", sum)
	}
	newest, oldest, fresh := n, 0, 0
	remove := func(from, to int) {
		t.Helper()
		if _, err := p.catcher.Delete(b.ctx, ids[from:to]...); err != nil {
			t.Fatal(err)
		}
	}
	for i, hold := range []string{"pages", "pages", "events", "events"} {
		at, step := 600+600*i, []int{250, -150}[i%2] // a page below those that are there is missing, or one above
		scroll(at)
		b.until(fmt.Sprintf(`feed.value.more === 'idle' && feed.value.first <= %d && feed.value.first + feed.value.rows.length >= %d`, at-150, at+170))
		b.run(fmt.Sprintf(`hold = %q; window.answered = 0`, hold))
		if hold == "pages" {
			scroll(at + step)
			b.until(`answered > 0`)
		}
		p.note("news", "alice@example.test")
		fresh++
		remove(newest-20, newest)
		remove(oldest, oldest+10)
		newest, oldest = newest-20, oldest+10
		if hold == "pages" {
			b.until(height(newest - oldest))
			b.shows(".pill", fmt.Sprintf("%d new", fresh))
		} else {
			scroll(at + step)
			b.until(`answered > 0`)
		}
		b.run(`letGo()`)
		b.shows(".pill", fmt.Sprintf("%d new", fresh))
		b.until(`feed.value.more === 'idle' && ` + height(newest-oldest))
		b.until(placed(newest))
	}
	scroll(n)
	b.shows(".row .subject", fmt.Sprintf("mail %d.", oldest))
	b.click(".pill")
	b.shows(".slot:first-child .row .subject", "news")
	b.until(height(newest - oldest + fresh))

	// So do those that the reader deletes far above, and those that come back.
	b.click(".slot:first-child .pick")
	b.shows(".list h1", "1 selected")
	scroll(1500)
	b.until(`feed.value.more === 'idle' && feed.value.first > 100`)
	b.press("#")
	b.until(height(newest - oldest + fresh - 1))
	b.until(placed(newest + fresh - 1))
	b.press("z")
	b.until(height(newest - oldest + fresh))
	b.until(placed(newest + fresh))

	// What could not be had is asked for again.
	b.run(`hold = 'nothing'; window.answered = 0`)
	scroll(700)
	b.until(`answered > 0`)
	b.run(`hold = ''`)
	b.until(`document.querySelector('.row:not(.blank)') !== null`)
	b.until(placed(newest + fresh))

	// All is all, also above what is there.
	b.click(".list [aria-label='Delete all mail']")
	b.click("dialog .primary")
	b.shows(".list", "No mail yet")
	b.open("about:blank")
	b.waitFor("nothing is left", func() bool {
		all, err := p.catcher.Box(b.ctx, "")
		return err == nil && all.Messages == 0
	})
}

// searchesFar goes through more results than are held, to the end and back.
func searchesFar(t *testing.T, browser context.Context) {
	const n = 1500
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range n {
		p.note(fmt.Sprintf("mail %d.", i), "alice@example.test")
	}
	b.open(p.url("/?q=subject:mail"))
	b.until(live)
	b.shows(".row .subject", fmt.Sprintf("mail %d.", n-1))
	b.run(`window.go = 4000; window.timer = setInterval(() => { document.querySelector('.rows').scrollTop += window.go; }, 20)`)
	b.shows(".row .subject", "mail 0.")
	b.shows(".list h1", "1,500 found")
	b.run(`window.go = 0; document.querySelector('.rows').scrollTop = 52 * 700`)
	b.until(`document.querySelector('.rows .content').clientHeight === 52 * 1500`)
	b.shows(".row .subject", "mail 795.")
	b.placed()
	b.run(`window.go = -4000`)
	b.shows(".slot:first-child .row .subject", fmt.Sprintf("mail %d.", n-1))
	b.placed()
	b.run(`window.go = 0; document.querySelector('.rows').scrollTop = 52 * 1400`)
	b.shows(".row .subject", "mail 90.")
	b.placed()
	b.run(`clearInterval(window.timer)`)
}

func chooses(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range 12 {
		p.note(fmt.Sprintf("mail %d.", i), "alice@example.test")
	}
	b.open(p.url("/"))
	b.until(live)
	b.until(`document.querySelectorAll('.row').length === 12`)
	chosen := func(want string) {
		t.Helper()
		b.until(fmt.Sprintf(`[...document.querySelectorAll('.row[data-chosen][aria-selected=true] .subject')].map((e) => /\d+/.exec(e.innerText)[0]).join() === %q`, want))
	}
	click := func(n int, what, with string) {
		t.Helper()
		b.run(fmt.Sprintf(`const row = [...document.querySelectorAll('.row')].find((e) => e.innerText.includes('mail %d.'));
			(%q ? row.querySelector(%q) : row).dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, %s }))`, n, what, what, with))
	}
	b.press("j")
	b.press("x")
	chosen("11")
	b.shows(".list h1", "1 selected")
	b.key("J")
	b.key("J")
	chosen("11,10,9")
	click(5, "", "ctrlKey: true")
	chosen("11,10,9,5")
	click(3, "", "shiftKey: true")
	chosen("11,10,9,5,4,3")
	click(4, ".pick", "")
	chosen("11,10,9,5,3")
	b.until(`location.pathname === '/'`)
	b.press("u")
	b.until(`document.querySelectorAll('.row:not([data-unread])').length === 5`)
	b.shows(".status", "7 unread")
	b.press("u")
	b.shows(".status", "12 unread")
	b.press(kb.Escape)
	chosen("")
	b.shows(".list h1", "All mail")

	b.run(`document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', ctrlKey: true, bubbles: true }))`)
	b.shows(".list h1", "12 selected")
	b.press(kb.Escape)
	click(7, "", "metaKey: true")
	click(6, "", "metaKey: true")
	b.until(`document.querySelector('.chosen [aria-label=Compare]') !== null`)
	b.click(".chosen [aria-label^='Delete']")
	b.shows(".toast", "2 messages deleted")
	b.until(`document.querySelectorAll('.row').length === 10`)

	// By finger: its mark, then taps.
	b.do(chromedp.EmulateViewport(390, 844))
	click(11, ".pick", "")
	chosen("11")
	click(9, "", "")
	chosen("11,9")
}

func undoes(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for _, subject := range []string{"one", "two", "three", "four"} {
		p.note(subject, "alice@example.test", "bob@example.test")
	}
	kept := func(box string, want int) {
		t.Helper()
		b.waitFor(fmt.Sprintf("%d messages in %s", want, box), func() bool {
			found, err := p.catcher.Box(b.ctx, box)
			return err == nil && found.Messages == want
		})
	}
	b.open(p.url("/mailbox/alice@example.test"))
	b.until(live)
	b.lists("four", "three", "two", "one")
	b.press("j")
	b.press("#")
	b.lists("three", "two", "one")
	b.shows(".toast", "1 message deleted")
	b.shows(".box[href^='/mailbox/alice'] .count", "3")
	b.shows(".box[href='/'] .count", "4") // bob has it still
	kept("alice@example.test", 4)
	b.push(".toast", "Undo")
	b.lists("four", "three", "two", "one")
	b.shows(".box[href^='/mailbox/alice'] .count", "4")

	b.press("#") // the cursor is back as well
	b.lists("three", "two", "one")
	b.press("z")
	b.lists("four", "three", "two", "one")
	b.press("#")
	b.press("#") // another makes the first one final
	b.lists("two", "one")
	kept("alice@example.test", 3)
	b.click(".box[href='/']") // and so does leaving
	b.lists("four", "three", "two", "one")
	kept("alice@example.test", 2)
	kept("bob@example.test", 4)

	b.open(p.url("/mailbox/bob@example.test"))
	b.until(live)
	b.lists("four", "three", "two", "one")
	b.click(".list [aria-label='Empty mailbox']")
	b.click("dialog .primary")
	b.shows(".list .nothing", "No mail yet")
	p.note("new", "bob@example.test")
	b.lists("new")
	b.shows(".box[href^='/mailbox/bob'] .count", "1")
	kept("bob@example.test", 5)
	b.push(".toast", "Undo")
	b.lists("new", "four", "three", "two", "one")
	b.click(".list [aria-label='Empty mailbox']")
	b.click("dialog .primary")
	b.shows(".list .nothing", "No mail yet")
	p.note("newer", "bob@example.test")
	b.lists("newer")
	b.open("about:blank") // what the page was to do it does at its end
	kept("bob@example.test", 1)

	// A failure brings the mail back.
	p.note("stays", "bob@example.test")
	b.open(p.url("/mailbox/bob@example.test"))
	b.until(live)
	b.lists("stays", "newer")
	b.run(`const fetched = window.fetch; window.fetch = (path, init) => (init?.method === 'POST' ? Promise.reject(new TypeError('no')) : fetched(path, init))`)
	b.press("j")
	b.press("#")
	b.lists("newer")
	b.run(`dispatchEvent(new Event('pagehide'))`)
	b.shows(".toast", "That did not work")
	b.lists("stays", "newer")
	kept("bob@example.test", 2)
}

func dragsOut(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	first, second := p.note("a/b: first", "alice@example.test"), p.note("second", "alice@example.test")
	b.open(p.url("/"))
	b.lists("second", "a/b: first")
	drag := func(n int) string {
		return evaluate[string](b, fmt.Sprintf(`(() => {
			const dataTransfer = new DataTransfer();
			document.querySelectorAll('.row')[%d].dispatchEvent(new DragEvent('dragstart', { dataTransfer, bubbles: true }));
			return ['DownloadURL', 'text/uri-list', 'text/plain'].map((type) => dataTransfer.getData(type)).join('|');
		})()`, n))
	}
	one, two := p.url("/v1/messages/"+first+"/raw"), p.url("/v1/messages/"+second+"/raw")
	if got, want := drag(1), "message/rfc822:a b first.eml:"+one+"|"+one+"|"+one; got != want {
		t.Errorf("one: %q, want %q", got, want)
	}
	b.run(`for (const pick of document.querySelectorAll('.pick')) pick.click()`)
	b.shows(".list h1", "2 selected")
	if got, want := drag(1), strings.Join([]string{"message/rfc822:second.eml:" + two, two + "\r\n" + one, two + "\n" + one}, "|"); got != want {
		t.Errorf("two: %q, want %q", got, want)
	}
}

func compacts(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	for i := range 300 {
		p.note(fmt.Sprintf("mail %d.", i), "alice@example.test")
	}
	b.open(p.url("/"))
	b.shows(".row .subject", "mail 299.")
	b.run(`document.querySelector('.rows').scrollTop = 100 * 52`)
	b.shows(".row .subject", "mail 199.")
	top := `(() => { const at = document.querySelector('.rows').getBoundingClientRect(); return document.elementFromPoint(at.x + 200, at.y + 10).closest('.row').innerText; })()`
	b.until(top + `.includes('mail 199.')`)
	b.click("#settings [aria-label='Rows'] button:last-child")
	b.until(`document.querySelector('.row').offsetHeight === 30 && ` + top + `.includes('mail 199.')`)
	b.do(chromedp.Reload())
	b.until(`document.querySelector('.row')?.offsetHeight === 30`)
	b.click("#settings [aria-label='Rows'] button:first-child")
	b.until(`document.querySelector('.row').offsetHeight === 52`)
}
