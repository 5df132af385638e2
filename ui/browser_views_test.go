package ui_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postroom/postroom/catcher/clock"
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
	busy := newPost(t, nil)
	bounced := busyWith(t, busy)
	return []view{
		{"welcome", "/", "", empty, `document.querySelector('.welcome')`},
		{"list", "/", "", full, `document.querySelector('.row')`},
		{"search", "/?q=build", "", full, `document.querySelector('.row')`},
		{"search-message", "/message/" + ids["order"] + "?q=order", "#tab-preview", full, `document.querySelector('iframe')`},
		{"search-none", "/mailbox/alice@example.test?q=penguin", "", full, `document.querySelector('.list .nothing')`},
		{"search-wrong", "/?q=invoice+form:shop", "", full, `document.querySelector('.list .nothing')`},
		{"search-help", "/?q=build", ".search [popovertarget]", full, `document.querySelector('.row')`},
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
		{"ask", "/", ".list [aria-label='Delete all mail']", full, `document.querySelector('dialog[open]')`},
		{"setup", "/", "#settings .more button", full, `document.querySelector('dialog[open]')`},
		{"keys", "/", "#settings .more button:last-child", full, `document.querySelector('.key-groups')`},
		{"palette", "/", ".palette-button", full, `document.querySelector('dialog[open] #palette-list')`},
		{"settings", "/", ".topbar [popovertarget=settings]", full, `document.querySelector('#settings:popover-open')`},
		{"compare-rendered", "/compare?a=" + ids["reset"] + "&b=" + ids["order"], ".compare .choice button", full, `document.querySelector('.compare iframe')`},
		{"compare-headers", "/compare?a=" + ids["reset"] + "&b=" + ids["order"], ".compare .choice button:nth-child(4)", full, `document.querySelector('.lines')`},
	}
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
		"chinese":    p.deliver(testMail(t, "chinese"), "service@qingshi.example", "lilei@example.test"),
		"reset":      p.deliver(testMail(t, "reset"), "no-reply@parceldesk.example", "bob@example.test"),
	}
	ids["order"] = p.deliver(testMail(t, "order"), "bounces+4f2a@mailer.harbour-books.example", "alice@example.test", "audit@example.test")
	return ids
}
