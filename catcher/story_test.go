package catcher_test

import (
	"io"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

// TestTheNextHopIsDown is the whole story of mail that cannot be delivered: it
// waits in the queue, is reported as delayed after 12 hours, and given up after 2
// days. What has no sender to be told ends in Badmail. It takes milliseconds.
func TestTheNextHopIsDown(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := catchertest.Start(t)
	addRule(t, m, "route to=*@partner.test relay smtp://"+deserted(t))

	send(t, m, "app@shop.test", "bob@partner.test", "Subject: Your order\r\n\r\nThank you.\r\n")
	send(t, m, "", "carol@partner.test", "Subject: A bounce of somebody's\r\n\r\n")
	waiting := list(t, m, mail.QueueBox)
	if len(waiting) != 2 {
		t.Fatalf("%d messages wait in the queue, want 2", len(waiting))
	}

	advance(t, m, 12*time.Hour)
	warning := only(t, m, "app@shop.test")
	wantText(t, m, warning, "Action: delayed", "Final-Recipient: rfc822; bob@partner.test", "Will-Retry-Until:", "Status: 4.4.1")

	advance(t, m, 36*time.Hour)
	if left := list(t, m, mail.QueueBox); len(left) != 0 {
		t.Fatalf("%d messages still wait", len(left))
	}
	reports := list(t, m, "app@shop.test")
	if len(reports) != 2 {
		t.Fatalf("the sender got %d reports, want 2", len(reports))
	}
	wantText(t, m, reports[0], "Action: failed", "Status: 5.4.7", "Subject: Your order")

	bad := only(t, m, mail.BadmailBox)
	if d := bad.Deliveries[0]; bad.Envelope.From != "" || d.Rcpt.Address != "carol@partner.test" || d.State != mail.Lost {
		t.Errorf("in Badmail: %+v", d)
	}

	done := only(t, m, mail.DoneBox).Deliveries[0]
	if done.State != mail.Bounced {
		t.Errorf("state %s, want bounced", done.State)
	}
	var did []string
	var tries []time.Duration
	for _, step := range done.Trail {
		did = append(did, step.Did)
		if step.Did == "deferred" {
			tries = append(tries, step.At.Sub(waiting[1].Received).Round(time.Minute))
		}
	}
	// At once, 15, 30, 60 minutes later, then every 4 hours, and for the last time at the end.
	want := []time.Duration{0, 15 * time.Minute, 45 * time.Minute, 105 * time.Minute}
	for next := 345 * time.Minute; next < 48*time.Hour; next += 4 * time.Hour {
		want = append(want, next)
	}
	if want = append(want, 48*time.Hour); !slices.Equal(tries, want) {
		t.Errorf("tried at %v, want %v", tries, want)
	}
	if did[0] != "queued" || !slices.Contains(did, "warned") || did[len(did)-1] != "bounced" {
		t.Errorf("trail: %v", did)
	}
	if ref := done.Trail[len(done.Trail)-1].Ref; ref != reports[0].ID {
		t.Errorf("the trail leads to %s, want the report %s", ref, reports[0].ID)
	}
	if _, err := m.Get(ctx, reports[0].ID); err != nil {
		t.Error(err)
	}
}

func addRule(t *testing.T, m *catchertest.Catcher, lines ...string) {
	t.Helper()
	for _, line := range lines {
		r, err := rule.Parse(line)
		if err == nil {
			_, err = m.Rules().Add(r)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// deserted is an address at which nobody listens.
func deserted(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func send(t *testing.T, m *catchertest.Catcher, from, to, text string) {
	t.Helper()
	if err := smtp.SendMail(m.SMTPAddr(), nil, from, []string{to}, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func advance(t *testing.T, m *catchertest.Catcher, d time.Duration) {
	t.Helper()
	if err := m.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, m *catchertest.Catcher, box string) []mail.Message {
	t.Helper()
	page, err := m.List(t.Context(), store.Query{Box: box})
	if err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

func only(t *testing.T, m *catchertest.Catcher, box string) mail.Message {
	t.Helper()
	messages := list(t, m, box)
	if len(messages) != 1 {
		t.Fatalf("%d messages in %s, want 1", len(messages), box)
	}
	return messages[0]
}

func wantText(t *testing.T, m *catchertest.Catcher, of mail.Message, words ...string) {
	t.Helper()
	r, err := m.Open(t.Context(), of.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if !strings.Contains(string(text), word) {
			t.Errorf("no %q in\n%s", word, text)
		}
	}
}
