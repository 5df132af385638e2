package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// messagePane opens mail of many kinds and goes through what the pane tells of it.
// previews changes how a mail is shown: the choices hold for the next one.
func previews(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "invitation"), "marta@tidewater.example", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.frameLoaded("/html")
	b.shows(".tools .choice [aria-checked=true]", "Full")
	const frame = `document.querySelector('.device iframe').getBoundingClientRect()`
	b.push(".tools", "Phone")
	b.until(frame + `.width === 390 && document.querySelector('.device iframe').clientWidth === 390`)
	zoom := func(percent string) {
		t.Helper()
		b.run(fmt.Sprintf(`const zoom = document.querySelector('.tools select'); zoom.value = %q; zoom.dispatchEvent(new Event('change', { bubbles: true }))`, percent))
	}
	zoom("150")
	b.until(frame + `.width === 585 && document.querySelector('.device iframe').clientWidth === 390`)
	b.push(".tools", "Dark")
	b.until(`document.querySelector('.device iframe').style.colorScheme === 'dark'`)

	other := p.deliver(testMail(t, "order"), "orders@harbour-books.example", "bob@example.test")
	b.open(p.url("/message/" + other))
	b.until(`document.querySelector('.tools select').value === '150'`)
	b.shows(".tools .choice [aria-checked=true]", "Phone")
	b.until(`document.querySelector('.device iframe').style.colorScheme === 'dark'`)
	zoom("100")
	b.until(frame + `.width === 390`)
	b.until(`(() => { const a = document.querySelector(".tools a[href$='/html']"); return a.target === '_blank' && a.rel === 'noopener noreferrer'; })()`)
}

// finds has the code and the link of a mail at hand, and its files.
func finds(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	reset := p.deliver(testMail(t, "reset"), "no-reply@parceldesk.example", "bob@example.test")
	b.open(p.url("/message/" + reset))
	b.shows(".found .code .value", "482913")
	b.shows(".found .link-chip a", "Choose a new password")
	b.until(`(() => { const a = document.querySelector('.found .link-chip a'); return a.href === 'https://parceldesk.example/reset?token=6b1f0c9e2d' && a.target === '_blank' && a.rel === 'noopener noreferrer'; })()`)
	b.run(`Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })`)
	b.click(".found .code button")
	b.until(`window.copied === '482913'`)
	b.click(".found .link-chip [aria-label='Copy']")
	b.until(`window.copied === 'https://parceldesk.example/reset?token=6b1f0c9e2d'`)

	b.click("#tab-text")
	b.until(`document.querySelector('.source a')?.href === 'https://parceldesk.example/reset?token=6b1f0c9e2d'`)
	tricky := p.deliver("From: a@example.test\nSubject: tricky\n\nSee (https://a.test/x), https://a.test/w_(y). javascript:alert(1) mailto:b@a.test, http://[bad http://a.test/end?!...)))\n看 https://a.test/码。完\n",
		"a@example.test", "b@example.test")
	b.open(p.url("/message/" + tricky))
	b.until(`[...document.querySelectorAll('.source a')].map((e) => e.getAttribute('href')).join(' ') === 'https://a.test/x https://a.test/w_(y) mailto:b@a.test http://a.test/end https://a.test/码'`)
	b.until(`[...document.querySelectorAll('.source a')].every((e) => e.rel === 'noopener noreferrer' && e.target === '_blank')`)

	invitation := p.deliver(testMail(t, "invitation"), "marta@tidewater.example", "alice@example.test")
	b.open(p.url("/message/" + invitation))
	b.shows(".found .link-chip a", "Accept the invitation")
	b.shows(".found .file", "agenda.pdf")
	b.run(`[...document.querySelectorAll('.found .file button')].find((e) => e.innerText.includes('tides')).click()`)
	b.shows(".structure [aria-current=true] .name", "tides.bin")
}

// sources looks at a mail as it was written, and searches in it.
func sources(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "order"), "bounces+4f2a@mailer.harbour-books.example", "alice@example.test", "audit@example.test")
	b.open(p.url("/message/" + id))
	b.until(`document.querySelector('#tab-preview') !== null`)
	b.press("3")
	b.until(`document.querySelector('#tab-source').getAttribute('aria-selected') === 'true'`)
	b.until(`document.querySelector('.source').textContent.split('\r\n')[1] === 'body{margin:0;background:#f6f3ee;font-family:Georgia,serif;color:#2a2a28}'`)
	b.run(`document.querySelector('.tools input').focus()`)
	b.press("QUAY")
	b.shows(".finds", "1 / 1")
	b.until(`[...CSS.highlights.get('found-now')][0].toString() === 'Quay'`)

	b.press(kb.Escape)
	b.until(`document.querySelector('.tools input').value === '' && !CSS.highlights.has('found')`)
	b.until(`location.pathname.startsWith('/message/')`)
	b.click("#tab-raw")
	b.shows(".source", "--alt-1")
	b.run(`document.querySelector('.tools input').focus()`)
	b.press("--alt-1")
	b.shows(".finds", "1 / 3")
	b.press(kb.Enter)
	b.shows(".finds", "2 / 3")
	b.push(".tools", "Previous (Shift Enter)")
	b.push(".tools", "Previous (Shift Enter)")
	b.shows(".finds", "3 / 3")
	b.until(`[...CSS.highlights.get('found')].length === 3`)
	b.until(`(() => { const r = [...CSS.highlights.get('found-now')][0].getBoundingClientRect(), s = document.querySelector('.source').getBoundingClientRect(); return r.top >= s.top && r.bottom <= s.bottom; })()`)
	b.run(`document.querySelector('.tools input').select()`)
	b.press("[no such")
	b.shows(".finds", "Nothing found")

	b.click("#tab-headers")
	b.shows(".fields .tag", "envelope bounces+4f2a@mailer.harbour-books.example")
	b.run(`const field = document.querySelector('.headers input'); field.value = 'MAILER'; field.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.until(`[...document.querySelectorAll('.headers dt')].map((e) => e.innerText).join() === 'Return-Path,Received,X-Mailer'`)
	b.run(`Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })`)
	b.click(".headers .bar [aria-label='Copy']")
	b.until(`window.copied.startsWith('Return-Path: ') && window.copied.endsWith('X-Mailer: storefront/8.3.1\n')`)
}

// structures opens a part of each kind.
func structures(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "invitation"), "marta@tidewater.example", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.until(`document.querySelector('#tab-preview') !== null`)
	b.press("5")
	choose := func(name string) {
		t.Helper()
		find := fmt.Sprintf(`[...document.querySelectorAll('.structure nav button')].find((e) => e.querySelector('.name').innerText === %q)`, name)
		b.until(find + ` !== undefined`)
		b.run(find + `.click()`)
		b.until(find + `.getAttribute('aria-current') === 'true'`)
	}
	choose("text/calendar")
	b.shows(".part .fields", "utf-8")
	b.shows(".card h3", "Planning, week 49: harbour tour")
	b.shows(".card .fields", "30 November 2026")
	b.shows(".card .fields", "14:30 Europe/Lisbon")
	b.shows(".card .fields", "16:00 Europe/Lisbon")
	b.shows(".card .fields", "Room 4, 12 Quay Street")
	b.shows(".card .fields", "REQUEST")
	b.shows(".card .fields", "CONFIRMED")
	b.shows(".card .fields", "Bob · bob@example.test · NEEDS-ACTION")
	b.shows(".card .fields", "Marta Reis; office · marta@tidewater.example")
	b.until(`document.querySelector('.card .fields a').href === 'https://tidewater.example/plans/49'`)
	choose("marta.vcf")
	b.shows(".card h3", "Marta Reis")
	b.shows(".card", "Tidewater Tours, Operations")
	b.shows(".card", "+351-21-555-0134")
	choose("quay.png")
	b.until(`document.querySelector('.picture img').naturalWidth === 120`)
	choose("tides.bin")
	b.shows(".part", "Download it to look at it.")
	choose("before.eml")
	b.shows(".part .fields", "João <joao@tidewater.example>")
	b.shows(".part .fields", "Numbers for week 48")
	b.shows(".part .source", "Forty-one tours, 613 guests.")
	choose("tours.csv")
	b.shows(".part .source", "mon,7")
	choose("multipart/mixed")
	choose("agenda.pdf")
	b.until(`document.querySelector('.part iframe, .part .hint') !== null`)
	b.until(`document.querySelector(".part a[download='agenda.pdf']").href.endsWith('/parts/3?download=1')`)

	b.do(chromedp.EmulateViewport(390, 844))
	choose("text/html") // the tree is above, so the part comes into view
	b.until(`Math.abs(document.querySelector('.part').getBoundingClientRect().top - document.querySelector('.structure').getBoundingClientRect().top) < 2`)
	b.run(`localStorage.setItem('postroom.tab', '"no such"')`)
	b.do(chromedp.Reload())
	b.until(`document.querySelector('#tab-preview')?.getAttribute('aria-selected') === 'true'`)
}

// sessionTab shows what was said, and says why there is nothing.
func sessionTab(t *testing.T, browser context.Context) {
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
	p.rules(`rcpt to=full@example.test reply 552 5.2.2 "Mailbox full"`)
	talk := func() error {
		c, err := smtp.Dial(l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Mail("app@example.test"); err != nil {
			return err
		}
		c.Rcpt("full@example.test") // is refused
		if err := c.Rcpt("alice@example.test"); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		fmt.Fprint(w, "From: app@example.test\r\nSubject: by wire\r\n\r\nx\r\n")
		return w.Close()
	}
	if err := talk(); err != nil {
		t.Fatal(err)
	}
	id := p.in("alice@example.test")[0].ID.String()
	b.open(p.url("/message/" + id))
	b.until(`document.querySelector('#tab-session') !== null`)
	b.press("7")
	b.shows(".script li[data-from=client]", "RCPT TO:<full@example.test>")
	b.shows(".script li[data-from=server][data-class='5']", "552 5.2.2 Mailbox full")
	b.shows(".script li[data-from=server] .unseen", "Server")
	b.shows(".track.steps", "delivered")

	b.open(p.url("/message/" + p.note("not by wire", "alice@example.test")))
	b.shows(".tab-body", "The transcript is gone")
}

// checks tells what is wrong with a mail, and leads to where it is.
func checks(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	id := p.deliver(testMail(t, "broken"), "", "alice@example.test")
	b.open(p.url("/message/" + id))
	b.click(".facts .defects")
	b.until(`document.querySelector('#tab-checks').getAttribute('aria-selected') === 'true'`)
	b.shows(".checks", "There is no Message-ID header.")
	b.shows(".checks", "the envelope says <>")
	const junk = `[...document.querySelectorAll('.checks .defect')].find((e) => e.title === 'junk-header-line')`
	b.until(junk + ` !== undefined`)
	b.run(junk + `.querySelector('button:last-child').click()`)
	b.until(`CSS.highlights.has('place') && [...CSS.highlights.get('place')][0].toString().trim() === 'this line is no header'`)

	far := p.deliver("From: a@example.test\nSubject: far\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n"+strings.Repeat("a line of a long text\n", 20_000)+
		"--x\nContent-Transfer-Encoding: base64\n\nYWJj*\n--x--\n", "a@example.test", "b@example.test")
	b.open(p.url("/message/" + far))
	b.click("#tab-checks")
	b.until(`document.querySelector(".checks .defect[title='bad-base64']") !== null`)
	b.run(`document.querySelector(".checks .defect[title='bad-base64'] button:last-child").click()`)
	b.until(`CSS.highlights.has('place') && [...CSS.highlights.get('place')][0].toString().trim() === 'YWJj*'`)

	b.open(p.url("/message/" + p.deliver(testMail(t, "invitation"), "marta@tidewater.example", "alice@example.test")))
	b.click("#tab-checks")
	b.shows(".checks", "carol@example.test")
	b.shows(".checks", "1 link is unencrypted")
	b.shows(".checks li a", "http://tidewater.example/rsvp?e=49")
	b.open(p.url("/message/" + p.deliver("From: a@example.test\nTo: b@example.test\nSubject: fine\nDate: Mon, 23 Nov 2026 09:00:04 +0000\nMessage-ID: <1@example.test>\n\nAll is well.\n", "a@example.test", "b@example.test")))
	b.shows(".checks", "Nothing was found to be wrong.")
}

// relates leads from a bounce that came from elsewhere to its message here, and back.
func relates(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	order := p.deliver(testMail(t, "order"), "orders@harbour-books.example", "alice@example.test")
	bounce := p.deliver(bounceOf("20417.4f2a91c@harbour-books.example"), "", "orders@harbour-books.example")
	b.open(p.url("/message/" + bounce))
	b.shows(".origin", "A report on")
	b.click(".origin a")
	b.isAt("/message/" + order)
	b.shows(".origin", "Reported on by")
	b.click(".origin a")
	b.isAt("/message/" + bounce)

	b.do(chromedp.EmulateViewport(390, 844))
	for _, tab := range []string{"text", "headers", "structure", "raw", "session", "checks"} {
		b.click("#tab-" + tab)
		b.until(`document.documentElement.scrollWidth <= 390`)
	}
}

func bounceOf(id string) string {
	return `From: MAILER-DAEMON@mx.far.example
To: orders@harbour-books.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <b1@mx.far.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r

It could not be delivered.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.far.example

Final-Recipient: rfc822; alice@example.test
Action: failed
Status: 5.1.1
--r
Content-Type: text/rfc822-headers

Subject: Your order
Message-ID: <` + id + `>
--r--
`
}

// modules imports what reads calendars, address cards and octets, and gives it good and bad input.
func modules(t *testing.T, browser context.Context) {
	p, b := newPost(t, nil), newTab(t, browser)
	b.open(p.url("/"))
	b.run(`
		window.modules = null;
		Promise.all(['cards', 'source'].map((name) => import(new URL('/static/js/views/' + name + '.js', location.href))))
			.then(([cards, source]) => { window.modules = { ...cards, ...source }; });`)
	b.until(`window.modules !== null`)
	const fields = `cards(input)[0].fields.map((field) => field.join('=')).join('|')`
	event := func(lines string) string {
		return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + lines + "\r\nEND:VEVENT\r\nEND:VCALENDAR"
	}
	for _, test := range []struct{ do, input, want string }{
		{`cards(input).map((c) => c.title).join()`, event(`SUMMARY:a\, b\; c\\n\nd`), "a, b; c\\n\nd"},
		{`cards(input).map((c) => c.title).join()`, event("SUMMARY:fold\r\n ed li\r\n\tne"), "folded line"},
		{`cards(input).map((c) => c.title).join()`, "BEGIN:VEVENT\nSUMMARY:bare\nEND:VEVENT", "bare"},
		{fields, "BEGIN:VCALENDAR\nMETHOD:cancel\nBEGIN:VEVENT\nSTATUS:CANCELLED\nEND:VEVENT", "METHOD=CANCEL|STATUS=CANCELLED"},
		{fields, event("DTSTART:20261130T143000Z"), "DTSTART=Monday, 30 November 2026 at 14:30 UTC"},
		{fields, event(`DTSTART;TZID="America/New_York":20261130T143000`), "DTSTART=Monday, 30 November 2026 at 14:30 America/New_York"},
		{fields, event("DTSTART;VALUE=DATE:20261130"), "DTSTART=Monday, 30 November 2026"},
		{fields, event("DTSTART:20260230T143000"), "DTSTART=20260230T143000"},
		{fields, event("DTSTART:20261130T256000Z"), "DTSTART=20261130T256000Z"},
		{fields, event("DTEND:tomorrow"), "DTEND=tomorrow"},
		{fields, event("DESCRIPTION:mine\r\nBEGIN:VALARM\r\nDESCRIPTION:alarm\r\nEND:VALARM"), "DESCRIPTION=mine"},
		{fields, event(`ATTENDEE;CN="A; B: C";PARTSTAT=DECLINED:MAILTO:a@b.test`), "ATTENDEE=A; B: C · a@b.test · DECLINED"},
		{fields, event("RRULE:FREQ=WEEKLY;COUNT=3\r\nUID:no"), "RRULE=FREQ=WEEKLY;COUNT=3"},
		{`String(cards(input).length)`, strings.Repeat(event("SUMMARY:x")+"\n", 60), "50"},
		{`String(cards(input).length)`, "\x00\x01END:VEVENT\nEND:\n:::\n;;\nBEGIN", "0"},
		{`String(cards(input).length)`, strings.Repeat("BEGIN:VCALENDAR\n", 1000), "0"},
		{`String(cards(input).length)`, "ATTENDEE" + strings.Repeat(`;X="`, 20_000), "0"},
		{`String(cards(input).length)`, "ATTENDEE" + strings.Repeat(`;A=b`, 20_000), "0"},
		{`String(cards(input).length)`, "", "0"},
		{`cards(input)[0].title + '|' + ` + fields, "BEGIN:VCARD\nitem1.FN:A B\nORG:X\\;Y;Z\nitem2.EMAIL;TYPE=work:a@b.test\nTEL:tel:+1\nKEY:no\nEND:VCARD", "A B|ORG=X;Y, Z|EMAIL=a@b.test|TEL=+1"},
		{`cards(input).map((c) => c.title).join()`, "BEGIN:VCARD\nN:Reis;Marta;;;\nEND:VCARD\nFN:outside\nBEGIN:VCARD\nFN:two", "Reis, Marta,two"},
		{`String(cards(input).length)`, "END:VCARD\nFN:x\n;;;:\n\\", "0"},
		{`decode(new Uint8Array([0xe9]), 'utf-8') + decode(new Uint8Array([0xe9]), 'koi8-r') + decode(new Uint8Array([0x41]), 'no-such') + decode(new Uint8Array([0x42, 0xe9]), '', true)`, "", "éИAB"},
	} {
		got := evaluate[string](b, fmt.Sprintf(`((input) => { const { cards, decode } = window.modules; return %s; })(%s)`, test.do, quoted(t, test.input)))
		if got != test.want {
			t.Errorf("%s of %.80q: got %q, want %q", test.do, test.input, got, test.want)
		}
	}
}

// quoted writes a string for JavaScript.
func quoted(t *testing.T, s string) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
