package catcher_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/queue"
	"github.com/postroom/postroom/catcher/store"
)

// accept brings a mail in and returns it as it is a moment later.
func accept(t *testing.T, m *catchertest.Catcher, env mail.Envelope) mail.ID {
	t.Helper()
	receipt, err := m.Accept(t.Context(), env, strings.NewReader("Subject: Hello\r\nMessage-ID: <1@app.test>\r\n\r\nHi.\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, m)
	return receipt.ID
}

// settle returns when the queue has done what is due.
func settle(t *testing.T, m *catchertest.Catcher) { t.Helper(); advance(t, m, 0) }

func get(t *testing.T, m *catchertest.Catcher, id mail.ID) mail.Message {
	t.Helper()
	got, err := m.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// where says where the deliveries of a message lie, and in which state.
func where(m mail.Message) string {
	var list []string
	for _, d := range m.Deliveries {
		list = append(list, d.Box+" "+string(d.State))
	}
	return strings.Join(list, ", ")
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule, where string
		reply       []string // in the mail that the sender gets; none: there is none
	}{
		{"keep", "bob@x.test delivered", nil},
		{"keep after=1h", "@queue queued", nil},
		{"hold", "@queue held", nil},
		{"defer 451 4.4.1 \"Later\"", "@queue queued", nil},
		{"lose 554 5.0.0 \"Gone\"", "@badmail lost", nil},
		{"bounce 550 5.1.1 \"User unknown\"", "@done bounced", []string{"Action: failed", "Status: 5.1.1", "550 5.1.1 User unknown"}},
		{"bounce 550 5.1.1 \"User unknown\" dialect=iis", "@done bounced", []string{"X-DSNContext:"}},
		{"bounce 550 5.1.1 \"User unknown\" after=1h", "@queue queued", nil},
		{"warn 451 4.4.1 \"Slow\"", "bob@x.test delivered, @done reported", []string{"Action: delayed"}},
		{"autoreply \"On holiday\"", "bob@x.test delivered, @done reported", []string{"Auto-Submitted: auto-replied", "On holiday"}},
		{"complain", "bob@x.test delivered, @done reported", []string{"Feedback-Type: abuse"}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			m := catchertest.Start(t)
			addRule(t, m, "route to=*@x.test name=r "+tc.rule)
			got := get(t, m, accept(t, m, envelope("Bob@X.test")))
			if where(got) != tc.where {
				t.Errorf("it lies in %q, want %q", where(got), tc.where)
			}
			if got.Deliveries[len(got.Deliveries)-1].Trail[0].Rule != "r" {
				t.Errorf("trail: %+v", got.Deliveries[0].Trail)
			}
			answers := list(t, m, "app@app.test")
			if len(answers) != min(len(tc.reply), 1) {
				t.Fatalf("the sender got %d mails", len(answers))
			}
			if tc.reply != nil {
				wantText(t, m, answers[0], tc.reply...)
			}
		})
	}
}

func TestRoutesOfEachRecipient(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	addRule(t, m, "route to=*@lost.test bounce 550 5.1.1 \"No such user\"", "route to=thrown@* discard")
	id := accept(t, m, envelope("a@lost.test", "b@b.test", "A@lost.test", "thrown@away.test", "c@lost.test"))
	if got := where(get(t, m, id)); got != "@done bounced, b@b.test delivered, @done bounced" {
		t.Error(got)
	}
	// One bounce tells of both.
	wantText(t, m, only(t, m, "app@app.test"), "Final-Recipient: rfc822; a@lost.test", "Final-Recipient: rfc822; c@lost.test")
	tried := m.Attempts(mail.ID{}, 0, nil)
	if len(tried) != 1 || tried[0].Did != "discarded" || tried[0].Message != id || tried[0].To[0] != "thrown@away.test" {
		t.Errorf("%+v", tried)
	}
}

// TestDiscardedMailIsAnAttempt: it is accepted, kept nowhere, and can be looked at.
func TestDiscardedMailIsAnAttempt(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	id := accept(t, m, envelope("discard@sim.test"))
	if all, err := m.Box(t.Context(), ""); err != nil || all.Messages != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	a, body, err := m.Attempt(id)
	if err != nil || a.Did != "discarded" || a.Rule != "magic:discard@sim.test" || a.From != "app@app.test" {
		t.Fatalf("%+v, %v", a, err)
	}
	if text, err := io.ReadAll(body); err != nil || !strings.HasSuffix(string(text), "Hi.\r\n") {
		t.Errorf("%q, %v", text, err)
	}
	if n := m.ClearAttempts(); n != 1 {
		t.Errorf("%d attempts", n)
	}
	if _, _, err := m.Attempt(id); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

// TestReportsHonourNotify: RFC 3461 §4.1.
func TestReportsHonourNotify(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		to     string
		notify mail.Notify
		from   string
		where  string
		got    string // in the report; "" for none
	}{
		{"bounce@sim.test", 0, "app@app.test", "@done bounced", "Action: failed"},
		{"bounce@sim.test", mail.NotifyFailure, "app@app.test", "@done bounced", "Action: failed"},
		{"bounce@sim.test", mail.NotifyNever, "app@app.test", "@badmail lost", ""},
		{"bounce@sim.test", mail.NotifySuccess | mail.NotifyDelay, "app@app.test", "@badmail lost", ""},
		{"bounce@sim.test", 0, "", "@badmail lost", ""},
		{"a@a.test", mail.NotifySuccess, "app@app.test", "a@a.test delivered, @done reported", "Action: delivered"},
		{"a@a.test", mail.NotifySuccess, "", "a@a.test delivered", ""},
		{"a@a.test", mail.NotifyFailure, "app@app.test", "a@a.test delivered", ""},
	} {
		m := catchertest.Start(t)
		env := mail.Envelope{From: tc.from, To: []mail.Rcpt{{Address: tc.to, Notify: tc.notify, ORcpt: "rfc822;first@a.test"}}, EnvID: "env-7"}
		got := get(t, m, accept(t, m, env))
		if where(got) != tc.where {
			t.Errorf("%+v: it lies in %q", tc, where(got))
		}
		reports := list(t, m, "app@app.test")
		if len(reports) != min(len(tc.got), 1) {
			t.Errorf("%+v: %d reports", tc, len(reports))
		}
		if tc.got != "" && len(reports) == 1 {
			wantText(t, m, reports[0], tc.got, "Original-Envelope-Id: env-7", "Original-Recipient: rfc822; first@a.test")
			if reports[0].Envelope.From != "" {
				t.Errorf("%+v: the report has a sender", tc)
			}
		}
	}
}

// TestNoReportOfAReport: neither bounces nor out-of-office replies chase each
// other.
func TestNoReportOfAReport(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t, catchertest.Config(catcher.Config{Queue: catcher.Queue{CopyBounces: "watch@a.test"}}))
	env := envelope("bounce@sim.test")
	env.From = "bounce+again@sim.test" // where the bounce goes, which cannot be delivered either
	accept(t, m, env)
	bad := only(t, m, mail.BadmailBox)
	wantText(t, m, bad, "Action: failed")
	wantText(t, m, only(t, m, "watch@a.test"), "Action: failed")
	env = envelope("ooto@sim.test")
	env.From = "ooto+two@sim.test"
	accept(t, m, env)
	if n := len(list(t, m, "ooto+two@sim.test")); n != 1 {
		t.Errorf("%d replies", n)
	}
	if n := len(list(t, m, "ooto@sim.test")); n != 1 {
		t.Errorf("%d mails for who is out of office", n)
	}
}

// TestTheSendersReportGoesWhereRulesSay: a bounce is mail like any other.
func TestTheSendersReportGoesWhereRulesSay(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	addRule(t, m, "route to=app@app.test hold")
	accept(t, m, envelope("bounce@sim.test"))
	held := only(t, m, mail.QueueBox)
	if held.Envelope.From != "" || held.Deliveries[0].State != mail.Held {
		t.Fatalf("%+v", held)
	}
	if _, err := m.ActOnMail(t.Context(), mail.ThawMail, "", held.Deliveries[0].ID); err != nil {
		t.Fatal(err)
	}
	settle(t, m)
	wantText(t, m, only(t, m, "app@app.test"), "Action: failed")
}

// TestActions: what the user does to mail in the queue.
func TestActions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := catchertest.Start(t)
	addRule(t, m, "route to=*@x.test defer 451 4.4.1 \"Later\"")
	id := mail.DeliveryID{Message: accept(t, m, envelope("a@x.test"))}
	act := func(do mail.QueueAction, route string) {
		t.Helper()
		if _, err := m.ActOnMail(ctx, do, route, id); err != nil {
			t.Fatalf("%s: %v", do, err)
		}
		settle(t, m)
	}
	act(mail.RetryMail, "")
	act(mail.FreezeMail, "")
	advance(t, m, 100*time.Hour)
	if got := where(get(t, m, id.Message)); got != "@queue held" {
		t.Fatal(got)
	}
	act(mail.BounceMail, "")
	if got := where(get(t, m, id.Message)); got != "@done bounced" {
		t.Fatal(got)
	}
	act(mail.RequeueMail, "")
	act(mail.RerouteMail, "keep")
	d := get(t, m, id.Message).Deliveries[0]
	if d.Box != "a@x.test" || d.State != mail.Delivered {
		t.Fatalf("%+v", d)
	}
	var did []string
	for _, step := range d.Trail {
		did = append(did, step.Did)
	}
	if got := strings.Join(did, " "); got != "queued deferred retried deferred held failed bounced queued deferred rerouted delivered" {
		t.Errorf("trail: %s", got)
	}
	if _, err := m.ActOnMail(ctx, mail.RetryMail, "", id); !errors.Is(err, queue.ErrNotQueued) {
		t.Error(err)
	}
	for _, bad := range []string{"", "nonsense", "discard", "relay http://x", "relay mx:"} {
		if _, err := m.ActOnMail(ctx, mail.RerouteMail, bad, id); err == nil || errors.Is(err, queue.ErrNotQueued) {
			t.Errorf("route %q: %v", bad, err)
		}
	}
	if _, err := m.ActOnHop(ctx, mail.RetryMail, "", "smtp://nowhere.test"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

// TestHops: what waits for a next hop is acted on as a whole. Passwords are not
// shown.
func TestHops(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := catchertest.Start(t)
	at := deserted(t)
	addRule(t, m, "route to=*@x.test relay smtp://me:secret@"+at)
	accept(t, m, envelope("a@x.test"))
	accept(t, m, envelope("b@x.test"))
	hops := m.Hops()
	if len(hops) != 1 || hops[0].Name != "smtp://me:***@"+at || hops[0].Waiting != 2 || hops[0].Last == nil || hops[0].Next.IsZero() {
		t.Fatalf("%+v", hops)
	}
	for _, do := range []mail.QueueAction{mail.FreezeMail, mail.RetryMail, mail.ThawMail} {
		if n, err := m.ActOnHop(ctx, do, "", hops[0].Name); n != 2 || err != nil {
			t.Errorf("%s: %d, %v", do, n, err)
		}
	}
	if _, err := m.ActOnHop(ctx, mail.RerouteMail, "relay http://x", hops[0].Name); err == nil {
		t.Error("rerouted to nowhere")
	}
	if n, err := m.ActOnHop(ctx, mail.RerouteMail, "relay smtp://"+at, hops[0].Name); n != 2 || err != nil {
		t.Errorf("reroute: %d, %v", n, err)
	}
	settle(t, m)
	hops = m.Hops()
	if len(hops) != 1 || hops[0].Name != "smtp://"+at || hops[0].Waiting != 2 {
		t.Fatalf("rerouted: %+v", hops)
	}
	if n, err := m.ActOnHop(ctx, mail.BounceMail, "", hops[0].Name); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	settle(t, m)
	if n := len(list(t, m, "app@app.test")); n != 2 {
		t.Errorf("%d bounces", n)
	}
}

// TestRelayed: the next hop gets the mail as it came, below our trace header, and
// from whom we say.
func TestRelayed(t *testing.T) {
	t.Parallel()
	hop := catchertest.Start(t)
	m := catchertest.Start(t, catchertest.Config(catcher.Config{Domain: "inside.test", Queue: catcher.Queue{Helo: "relay.test", Masquerade: "outside.test"}}))
	addRule(t, m, "route to=*@x.test relay smtp://"+hop.SMTPAddr())
	env := envelope("a@x.test", "b@x.test", "c@c.test")
	env.From = "app@inside.test"
	id := accept(t, m, env)
	if got := where(get(t, m, id)); got != "@done relayed, @done relayed, c@c.test delivered" {
		t.Fatal(got)
	}
	if d := get(t, m, id).Deliveries[0]; d.Trail[1].Host != hop.SMTPAddr() || d.Trail[1].Reply.Code != 250 || !strings.Contains(d.Trail[1].Reply.Text, "queued as") {
		t.Errorf("%+v", d.Trail)
	}
	got := only(t, hop, "a@x.test")
	if got.Envelope.From != "app@outside.test" || len(got.Deliveries) != 2 || got.Envelope.Session.Helo != "relay.test" {
		t.Errorf("%+v", got.Envelope)
	}
	r, err := hop.Open(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text := bufio.NewReader(r)
	first, _ := text.ReadString('\n')
	rest, _ := io.ReadAll(text)
	if !strings.HasPrefix(first, "Received: from unknown") || !strings.HasSuffix(string(rest), "Subject: Hello\r\nMessage-ID: <1@app.test>\r\n\r\nHi.\r\n") {
		t.Errorf("%q %q", first, rest)
	}
}

// TestRelease sends a mail on by hand, and changes nothing about the original.
func TestRelease(t *testing.T) {
	t.Parallel()
	hop := catchertest.Start(t)
	m := catchertest.Start(t)
	addRule(t, m, "route to=* bounce 550 5.1.1 \"Not by rule\"", "route to=* keep")
	id := accept(t, m, envelope("ooto@sim.test"))
	to := []mail.Rcpt{{Address: "real@example.test"}}
	receipt, err := m.Release(t.Context(), id, "me@a.test", to, "smtp://"+hop.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	settle(t, m)
	if got := get(t, m, receipt.ID); where(got) != "@done relayed" || got.Deliveries[0].Trail[0].Ref != id {
		t.Errorf("%s %+v", where(got), got.Deliveries)
	}
	if got := only(t, hop, "real@example.test"); got.Envelope.From != "me@a.test" {
		t.Errorf("%+v", got.Envelope)
	}
	if _, err := m.Release(t.Context(), mail.ID{1}, "", to, "smtp://x.test"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", "http://x.test", "mx:"} {
		if _, err := m.Release(t.Context(), id, "", to, bad); err == nil {
			t.Errorf("%q is taken for a hop", bad)
		}
	}
}

// TestDispatch sends a mail of our own to a hop, past rules that would keep it here.
func TestDispatch(t *testing.T) {
	t.Parallel()
	hop := catchertest.Start(t)
	m := catchertest.Start(t)
	addRule(t, m, "route to=* keep")
	receipt, err := m.Dispatch(t.Context(), envelope("app@example.test"), strings.NewReader("Subject: reply\r\n\r\nYes.\r\n"), "smtp://"+hop.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	settle(t, m)
	if got := get(t, m, receipt.ID); where(got) != "@done relayed" || got.Deliveries[0].Trail[0].Did != "queued" {
		t.Errorf("%s %+v", where(got), got.Deliveries)
	}
	only(t, hop, "app@example.test")
	if _, err := m.Dispatch(t.Context(), envelope("app@example.test"), strings.NewReader(""), "http://x.test"); err == nil {
		t.Error("http is taken for a hop")
	}
}

// TestLateBounce: after=5m follows the clock, and survives nothing less.
func TestLateBounce(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	accept(t, m, envelope("late-bounce-5m@sim.test"))
	advance(t, m, 5*time.Minute-time.Second)
	if n := len(list(t, m, "app@app.test")); n != 0 {
		t.Fatalf("%d bounces too early", n)
	}
	advance(t, m, time.Second)
	wantText(t, m, only(t, m, "app@app.test"), "Action: failed")
}

// TestAgesFollowTheClock: what is too old goes when the clock is moved.
func TestAgesFollowTheClock(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t, catchertest.Config(catcher.Config{Caps: store.Caps{Age: 7 * 24 * time.Hour}}))
	accept(t, m, envelope("a@a.test"))
	advance(t, m, 8*24*time.Hour)
	if n := len(list(t, m, "a@a.test")); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// TestHangingHop: a hop that takes connections and says nothing costs its
// time-out, and nothing else waits for it.
func TestHangingHop(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := catchertest.Start(t, catchertest.Config(catcher.Config{Queue: catcher.Queue{CommandTimeout: 50 * time.Millisecond}}))
	addRule(t, m, "route to=*@x.test relay smtp://"+l.Addr().String())
	id := accept(t, m, envelope("a@x.test"))
	d := get(t, m, id).Deliveries[0]
	if last := d.Trail[len(d.Trail)-1]; last.Did != "deferred" || last.Reply.Code/100 != 4 {
		t.Errorf("%+v", d.Trail)
	}
}
