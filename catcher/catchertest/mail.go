package catchertest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/store"
)

// A Mail is one message, taken apart. What it does not have fails the test that asks
// for it, which is told what there is instead.
type Mail struct {
	mail.Message // envelope, deliveries, time of receipt
	Subject      string
	From         string // the From header, decoded
	To           string // the To header, decoded
	Text         string // the text for reading; "" when there is none
	HTML         string // the HTML as sent; "" when there is none
	Raw          []byte // as received

	values []expect.Value
	parsed *mime.Message
}

func parse(raw []byte) *mime.Message { return mime.Parse(bytes.NewReader(raw), int64(len(raw))) }

// read takes a message apart.
func (m *Catcher) read(tb testing.TB, msg mail.Message, values []expect.Value) Mail {
	tb.Helper()
	raw, err := m.raw(msg.ID)
	if err != nil {
		tb.Fatalf("catchertest: read %s: %v", msg.ID, err)
	}
	p := parse(raw)
	v := Mail{Message: msg, Subject: p.Get("Subject"), From: p.Get("From"), To: p.Get("To"), Raw: raw, values: values, parsed: p}
	v.Text, _ = p.Text()
	v.HTML, _ = p.HTML()
	return v
}

// Header is the decoded value of the first header of that name; "" when there is
// none.
func (v Mail) Header(name string) string { return v.parsed.Get(name) }

// Value is what Want.Extract has taken out, by its name.
func (v Mail) Value(tb testing.TB, name string) string {
	tb.Helper()
	var names []string
	for _, value := range v.values {
		if value.Name == name {
			return value.Text
		}
		names = append(names, value.Name)
	}
	tb.Fatalf("catchertest: nothing called %q was extracted, but %q", name, names)
	return ""
}

// Link is the target of the only link whose text contains the given one, whatever its
// case; with "" the only link that is not about the subscription.
func (v Mail) Link(tb testing.TB, text string) string {
	tb.Helper()
	return v.extract(tb, strings.TrimSuffix("link:"+text, ":"))
}

// Code is the one-time code that the mail announces.
func (v Mail) Code(tb testing.TB) string {
	tb.Helper()
	return v.extract(tb, "code")
}

// Attachment is the content of the only attachment with that file name, in which *
// stands for anything; with "" that of the only attachment.
func (v Mail) Attachment(tb testing.TB, name string) []byte {
	tb.Helper()
	return []byte(v.extract(tb, strings.TrimSuffix("attachment:"+name, ":")))
}

func (v Mail) extract(tb testing.TB, spec string) string {
	tb.Helper()
	value, err := expect.Take(&v.Message, v.Raw, expect.Extract{Spec: spec})
	if err != nil {
		tb.Fatalf("catchertest: %s of %q: %v", spec, v.Subject, err)
	}
	return value.Text
}

// Expect waits for the mail that is wanted and returns the newest of it. When it does
// not come in time, or a second before the test's own deadline, the test fails at once,
// with a report of what came instead.
func (m *Catcher) Expect(tb testing.TB, w expect.Want) Mail {
	tb.Helper()
	if w.Count.None {
		tb.Fatal("catchertest: Expect is for mail that comes; use ExpectNone")
	}
	all := m.ExpectAll(tb, w)
	return all[len(all)-1]
}

// deadlineSpare is how long before the deadline of the whole test Expect gives up, so
// that its report is seen.
const deadlineSpare = time.Second

// waiting is the Want, so that it does not outlast the test.
func waiting(tb testing.TB, w expect.Want) expect.Want {
	t, ok := tb.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return w
	}
	within := cmp.Or(w.Within, expect.DefaultWithin)
	if w.Count.None {
		within = cmp.Or(w.Within, expect.DefaultQuiet)
	}
	if deadline, ok := t.Deadline(); ok && time.Until(deadline) < within+deadlineSpare {
		w.Within = max(time.Until(deadline)-deadlineSpare, 1)
	}
	return w
}

// ExpectAll is Expect, but returns all mail that counts, oldest first: at least, or
// exactly, as many as Count says.
func (m *Catcher) ExpectAll(tb testing.TB, w expect.Want) []Mail {
	tb.Helper()
	res, err := m.Catcher.Expect(tb.Context(), waiting(tb, w))
	if err != nil {
		tb.Fatalf("catchertest: expect: %v", err)
	}
	if !res.Met {
		var report strings.Builder
		if err := res.Report.WriteText(&report, nil); err != nil {
			tb.Fatal(err)
		}
		tb.Fatal(report.String())
	}
	var all []Mail
	for _, found := range res.Mails {
		all = append(all, m.read(tb, found.Message, found.Values))
	}
	return all
}

// ExpectNone fails the test when such mail is there, or comes before the quiet span
// of Want.Settle has passed: a second, if neither that nor Within is given.
func (m *Catcher) ExpectNone(tb testing.TB, w expect.Want) {
	tb.Helper()
	w.Count = expect.Count{None: true}
	m.ExpectAll(tb, w)
}

// A Mailbox is that of one address.
type Mailbox struct {
	m   *Catcher
	box string
}

// Mailbox gives access to the mail for an address, or in @queue, @badmail and @done;
// "" is all mail.
func (m *Catcher) Mailbox(address string) Mailbox {
	return Mailbox{m, mail.Box(address)}
}

// All is the mail in it now, newest first.
func (b Mailbox) All() []Mail {
	b.m.tb.Helper()
	page, err := b.m.list(b.box, 0)
	if err != nil {
		b.m.tb.Fatalf("catchertest: list %s: %v", b.box, err)
	}
	var all []Mail
	for _, msg := range page.Messages {
		all = append(all, b.m.read(b.m.tb, msg, nil))
	}
	return all
}

// Len is how many messages are in it.
func (b Mailbox) Len() int {
	b.m.tb.Helper()
	box, err := b.m.Box(b.m.tb.Context(), b.box)
	if err != nil {
		b.m.tb.Fatalf("catchertest: %s: %v", b.box, err)
	}
	return box.Messages
}

// Latest is the newest mail in it. Without any the test fails.
func (b Mailbox) Latest() Mail {
	b.m.tb.Helper()
	page, err := b.m.list(b.box, 1)
	if err != nil || len(page.Messages) == 0 {
		b.m.tb.Fatalf("catchertest: no mail in %s (%v)", cmp.Or(b.box, "any mailbox"), err)
	}
	return b.m.read(b.m.tb, page.Messages[0], nil)
}

// Clear removes all of it.
func (b Mailbox) Clear() {
	b.m.tb.Helper()
	if _, err := b.m.Clear(b.m.tb.Context(), b.box); err != nil {
		b.m.tb.Fatalf("catchertest: clear %s: %v", b.box, err)
	}
}

func (m *Catcher) list(box string, limit int) (store.Page, error) {
	return m.List(context.Background(), store.Query{Box: box, Limit: limit})
}

// sendLimit is how long SendRaw takes at most.
const sendLimit = time.Minute

// SendRaw is Send, of a whole message to any number of recipients. Lines that end in
// LF alone get a CR.
func (m *Catcher) SendRaw(from string, to []string, message []byte) (err error) {
	conn, err := net.DialTimeout("tcp", m.smtp, sendLimit)
	if err != nil {
		return fmt.Errorf("reach the catcher: %w", err)
	}
	if err := conn.SetDeadline(time.Now().Add(sendLimit)); err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		conn.Close()
		return fmt.Errorf("greeting: %w", err)
	}
	defer c.Close()
	if err := c.Mail(from); err != nil {
		return fmt.Errorf("MAIL: %w", err)
	}
	for _, rcpt := range to {
		if err := c.Rcpt(rcpt); err != nil {
			return fmt.Errorf("RCPT %s: %w", rcpt, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	_, werr := io.Copy(w, bytes.NewReader(message))
	if err := errors.Join(werr, w.Close()); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	return c.Quit()
}
