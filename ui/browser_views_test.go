package ui_test

import (
	"context"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/ui/uitest"
)

// A view is a place of the page as one finds it: an address, what is clicked
// there, and what is in the document when it is there.
type view struct {
	name, path, click string
	post              *post
	ready             string
}

// views are all places of the page, with mail as one finds it.
func views(t *testing.T) []view {
	past := clock.NewManual(time.Now().Add(-4 * 24 * time.Hour))
	empty, full := newPost(t, nil), newPost(t, past)
	ids := fill(t, full, past)
	past.Advance(time.Since(past.Now()))
	past.Resume()
	busy := newPost(t, nil)
	bounced := busyWith(t, busy)
	said := spoken(t, full)
	return []view{
		{"welcome", "/", "", empty, `document.querySelector('.welcome')`},
		{"list", "/", "", full, `document.querySelector('.row')`},
		{"search", "/?q=build", "", full, `document.querySelector('.row')`},
		{"search-message", "/message/" + ids["order"] + "?q=order", "#tab-preview", full, `document.querySelector('iframe')`},
		{"search-none", "/mailbox/alice@example.test?q=penguin", "", full, `document.querySelector('.list .nothing')`},
		{"search-wrong", "/?q=invoice+form:shop", "", full, `document.querySelector('.list .nothing')`},
		{"mailboxes", "/", ".list [aria-label='Mailboxes']", full, `document.querySelector('.row, .windowed .box')`},
		{"order-html", "/message/" + ids["order"], "#tab-preview", full, `document.querySelector('iframe')`},
		{"order-structure", "/message/" + ids["order"], "#tab-structure", full, `document.querySelector('.structure .part')`},
		{"newsletter-html", "/message/" + ids["newsletter"], "#tab-preview", full, `document.querySelector('.remote')`},
		{"reset-html", "/message/" + ids["reset"], "#tab-preview", full, `document.querySelector('iframe')`},
		{"order-headers", "/message/" + ids["order"], "#tab-headers", full, `document.querySelector('.headers-tab')`},
		{"chinese-text", "/message/" + ids["chinese"], "#tab-text", full, `document.querySelector('.source')`},
		{"broken-checks", "/message/" + ids["broken"], ".defects", full, `document.querySelector('.checks .defect')`},
		{"broken-raw", "/message/" + ids["broken"], "#tab-raw", full, `document.querySelector('.source')`},
		{"queue", "/queue", "", busy, `document.querySelectorAll('.delivery').length > 3`},
		{"queue-empty", "/queue", "", empty, `document.querySelector('.queue .nothing')`},
		{"queue-selected", "/queue", ".selection input", busy, `document.querySelector('.selection .buttons')`},
		{"badmail", "/badmail", "", busy, `document.querySelector('.row .reason')`},
		{"attempts", "/attempts", "", busy, `document.querySelectorAll('.attempt').length > 2`},
		{"rules", "/rules", "", busy, `document.querySelectorAll('.rule').length > 3 && document.querySelector('.names')`},
		{"timeline", "/message/" + bounced, ".track summary", busy, `document.querySelector('.track[open]')`},
		{"states", "/", "", busy, `document.querySelector('.row .chip')`},
		{"release", "/message/" + bounced, ".message [aria-label='Release…']", busy, `document.querySelector('dialog[open]')`},
		{"clock", "/queue", ".unreal", busy, `document.querySelector('#clock:popover-open')`},
		{"order-source", "/message/" + ids["order"], "#tab-source", full, `document.querySelector('.source')`},
		{"invitation-structure", "/message/" + ids["invitation"], "#tab-structure", full, `document.querySelector('.structure .part')`},
		{"spoken-session", "/message/" + said, "#tab-session", full, `document.querySelector('#tab-body li')`},
		{"sessions", "/sessions", "", busy, `document.querySelectorAll('.talk').length > 3`},
		{"session", "/sessions", ".talk", busy, `document.querySelector('.script')`},
		{"compose", "/", ".topbar [title=Compose]", full, `document.querySelector('.compose')`},
		{"ask", "/", ".list [aria-label='Delete all mail']", full, `document.querySelector('dialog[open]')`},
		{"setup", "/", "#settings .quiet-button", full, `document.querySelector('dialog[open]')`},
		{"keys", "/", "#settings .quiet-button:last-child", full, `document.querySelector('.key-groups')`},
		{"palette", "/", ".palette-button", full, `document.querySelector('dialog[open] #palette-list')`},
		{"settings", "/", ".topbar [popovertarget=settings]", full, `document.querySelector('#settings:popover-open')`},
		{"compare-rendered", "/compare?a=" + ids["reset"] + "&b=" + ids["order"], ".compare .choice button", full, `document.querySelector('.compare iframe')`},
		{"compare-headers", "/compare?a=" + ids["reset"] + "&b=" + ids["order"], ".compare .choice button:last-child", full, `document.querySelector('.lines')`},
	}
}

// spoken brings in a mail by SMTP and returns its ID.
func spoken(t *testing.T, p *post) string {
	body := []byte("Subject: Your parcel\r\n\r\nIt is on its way.\r\n")
	if err := smtp.SendMail(p.smtp(), nil, "shop@example.test", []string{"kim@example.test"}, body); err != nil {
		t.Fatal(err)
	}
	return p.in("kim@example.test")[0].ID.String()
}

// show brings a tab to a view.
func (b *tab) show(v view, width int64) {
	b.t.Helper()
	b.open(v.post.url(v.path))
	b.until(live)
	if v.click != "" && (v.name != "mailboxes" || width < 700) {
		b.click(v.click)
	}
	b.until(`Boolean(` + v.ready + `)`)
	b.settle()
}

// screenshots writes pictures of the views, for people to look at, when the
// environment names a directory for them.
func screenshots(t *testing.T, browser context.Context) {
	dir := os.Getenv("POSTROOM_SCREENSHOTS")
	if dir == "" {
		t.Skip("POSTROOM_SCREENSHOTS is not set")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	all := views(t)
	for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
		for _, theme := range []string{"light", "dark"} {
			b := newTab(t, browser)
			b.do(chromedp.EmulateViewport(size[0], size[1]))
			b.prefer(theme)
			for _, v := range all {
				b.show(v, size[0])
				b.capture(filepath.Join(dir, fmt.Sprintf("%d-%s-%s.png", size[0], theme, v.name)))
			}
		}
	}
}

// accessible has axe-core look at all views, on a desk and on a phone.
func accessible(t *testing.T, browser context.Context) {
	axe, err := os.ReadFile(filepath.Join(uitest.Modules(t, "axe-core"), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	all := views(t)
	for _, look := range []struct {
		width, height int64
		theme         string
	}{{1440, 900, "light"}, {1440, 900, "dark"}, {390, 844, "light"}} {
		b := newTab(t, browser)
		b.do(chromedp.EmulateViewport(look.width, look.height))
		b.prefer(look.theme)
		for _, v := range all {
			b.show(v, look.width)
			b.run(string(axe))
			for _, fault := range b.violations() {
				t.Errorf("%s, %d wide, %s: %s", v.name, look.width, look.theme, fault)
			}
		}
	}
}

// violations are what axe-core has against the page as it stands. Frames are other
// people's mail.
func (b *tab) violations() []string {
	b.t.Helper()
	b.run(`window.faults = null; axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) => {
		window.faults = violations.map((v) => v.id + ': ' + v.help + v.nodes.slice(0, 3).map((n) => '\n\t' + n.html.slice(0, 200) + '\n\t\t' + n.failureSummary.replaceAll('\n', ' ').slice(0, 300)).join(''));
	}, (error) => { window.faults = [String(error)]; })`)
	b.until(`window.faults !== null`)
	return evaluate[[]string](b, `window.faults`)
}

// fill brings in mail as one finds it, and returns the IDs by name.
func fill(t *testing.T, p *post, past *clock.Movable) map[string]string {
	people := []string{"alice", "bob", "carol", "dave", "erin+tickets", "frank", "grace", "heidi", "ops", "qa"}
	for i, subject := range []string{
		"Build 1842 passed", "Your invoice for October", "Welcome to Parcel Desk", "New sign-in from Lisbon", "Shift plan, week 48",
		"Ticket #3391: printer on floor 2", "Build 1843 failed: 2 tests", "Your export is ready", "Confirm your address", "Weekly report",
		"Stock is low: rye flour", "Payment received", "Build 1844 passed", "Your trial ends in 3 days", "Someone mentioned you",
	} {
		p.note(subject, people[i%len(people)]+"@example.test")
		past.Advance(time.Until(past.Now()) / -2) // ever closer to now
	}
	ids := map[string]string{
		"newsletter": p.deliver(testMail(t, "newsletter"), "bounce-48@slow-weekly.example", "alice@example.test", "bob@example.test", "carol@example.test"),
		"broken":     p.deliver(testMail(t, "broken"), "", "alice@example.test"),
		"invitation": p.deliver(testMail(t, "invitation"), "calendar@example.test", "alice@example.test"),
		"chinese":    p.deliver(testMail(t, "chinese"), "service@qingshi.example", "lilei@example.test"),
		"reset":      p.deliver(testMail(t, "reset"), "no-reply@parceldesk.example", "bob@example.test"),
	}
	ids["order"] = p.deliver(testMail(t, "order"), "bounces+4f2a@mailer.harbour-books.example", "alice@example.test", "audit@example.test")
	return ids
}
