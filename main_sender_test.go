package main

// Postfix as the sender on bad days: its own queue has to get over them.

import (
	"fmt"
	"strings"
	"testing"
)

// hasty makes Postfix try again every two seconds.
const hasty = `
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
`

// through makes Postfix bring the mail for each domain to a process of its own.
func through(t *testing.T, domains map[string]*process) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("transport_maps = inline:{")
	for domain, p := range domains {
		_, port := hostPort(t, p.smtp)
		fmt.Fprintf(&b, " { %s = smtp:[127.0.0.1]:%s }", domain, port)
	}
	return b.String() + " }\n"
}

// TestPostfixBadDays: Postfix meets greylisting, a rate limit, a lost 250, broken
// connections and refusals, and does what it does with real servers.
func TestPostfixBadDays(t *testing.T) {
	t.Parallel()
	p := start(t, "--rules", write(t, "rules", lines(
		`rcpt to=grey@b.test first=2          reply 451 4.7.1 "Greylisted," "try again later"`,
		`mail from=burst@a.test rate=4/s      reply gmail-rate`,
		`dot  from=lost@a.test nth=1          drop after-store`,
		`data from=cut@a.test nth=1           drop after=100`,
		`dot  from=unsure@a.test nth=1        drop rst`,
		`rcpt to=gone@b.test                  reply 550 5.1.1 "Nobody here" "of this name"`,
		`dot  to=spam@b.test                  reply 554 5.7.1 "We take no spam"`)))
	simple := start(t, "--rules", write(t, "rules", `ehlo hide PIPELINING 8BITMIME SIZE ENHANCEDSTATUSCODES DSN CHUNKING SMTPUTF8`))
	old := start(t, "--rules", write(t, "rules", `ehlo nth=1 reply 502 5.5.1 "Command not implemented"`))
	busy := start(t, "--rules", write(t, "rules", `connect first=2 reply 421 4.3.2 "Too busy"`))
	long := start(t, "--rules", write(t, "rules", `banner reply 220 "several.test ESMTP" "of several lines"`))
	relay := startPostfix(t, p.smtp, map[string]string{"main.cf": hasty +
		through(t, map[string]*process{"simple.test": simple, "old.test": old, "busy.test": busy, "long.test": long})})

	const text = "From: a@a.test\r\nSubject: bad day\r\n\r\n.\r\nline\r\n"
	send := func(from, to string) { relay.send(t, text, "-f", from, to) }
	const burst = 15
	for range burst {
		send("burst@a.test", "burst@b.test")
	}
	for _, name := range []string{"grey", "lost", "cut", "unsure", "gone", "spam"} {
		send(name+"@a.test", name+"@b.test")
	}
	for _, domain := range []string{"simple.test", "old.test", "busy.test", "long.test"} {
		send("a@a.test", "box@"+domain)
	}

	for _, c := range []struct {
		box      string
		mails    int
		attempts string // a query for them
		n        int
		did      string
	}{
		{"grey@b.test", 1, "to=grey@b.test", 2, "refused"},
		{"lost@b.test", 2, "from=lost@a.test", 1, "dropped"},
		{"cut@b.test", 1, "from=cut@a.test", 1, "dropped"},
		{"unsure@b.test", 1, "from=unsure@a.test", 1, "dropped"},
		{"gone@a.test", 1, "to=gone@b.test", 1, "refused"},
		{"spam@a.test", 1, "to=spam@b.test", 1, "refused"},
	} {
		p.awaitCount(t, c.box, c.mails)
		attempts := p.attempts(t, c.attempts)
		if n := p.count(t, c.box); n != c.mails || len(attempts) != c.n || attempts[0].Did != c.did {
			t.Errorf("%d mails in %s, want %d; attempts %+v, want %d that were %s", n, c.box, c.mails, attempts, c.n, c.did)
		}
	}
	lost := p.list(t, "lost@b.test")
	if a := p.attempts(t, "from=lost@a.test")[0]; a.Message != lost[0].ID || a.Reply != nil {
		t.Errorf("the attempt %+v does not name the message %s", a, lost[0].ID)
	}
	if a, b := p.message(t, lost[0].ID), p.message(t, lost[1].ID); a.MessageID != b.MessageID || a.Session.ID == b.Session.ID {
		t.Errorf("messages %s and %s, sessions %s and %s", a.MessageID, b.MessageID, a.Session.ID, b.Session.ID)
	}
	wantParts(t, "the bounce of the first", p.raw(t, p.list(t, "gone@a.test")[0].ID), "Final-Recipient: rfc822; gone@b.test", "Status: 5.1.1", "550-5.1.1", "Nobody here", "of this name")
	wantParts(t, "the bounce of the other", p.raw(t, p.list(t, "spam@a.test")[0].ID), "Status: 5.7.1", "We take no spam")

	p.awaitCount(t, "burst@b.test", burst)
	limited := p.attempts(t, "from=burst@a.test")
	if n := p.count(t, "burst@b.test"); n != burst || len(limited) == 0 || limited[0].Reply.Enhanced != "4.7.28" {
		t.Errorf("%d of a burst of %d came, after %d attempts", n, burst, len(limited))
	}

	for _, c := range []struct {
		p        *process
		box      string
		protocol string
		attempts int
	}{
		{simple, "box@simple.test", "ESMTP", 0},
		{old, "box@old.test", "SMTP", 1},
		{busy, "box@busy.test", "ESMTP", 2},
		{long, "box@long.test", "ESMTP", 0},
	} {
		c.p.awaitCount(t, c.box, 1)
		if m := c.p.only(t, c.box); m.Session.Protocol != c.protocol || !strings.HasSuffix(c.p.raw(t, m.ID), "\r\n\r\n.\r\nline\r\n") {
			t.Errorf("%s: by %s:\n%s", c.box, m.Session.Protocol, c.p.raw(t, m.ID))
		}
		if attempts := c.p.attempts(t, ""); len(attempts) != c.attempts {
			t.Errorf("%s: attempts %+v, want %d", c.box, attempts, c.attempts)
		}
	}
}
