package catchertest_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/catcher/mail"
)

// An app is what is tested: it sends a mail to who signs up.
type app struct{ server *catchertest.Catcher }

func (a app) signUp(address string) error {
	message := strings.Join([]string{
		"From: The Shop <hello@shop.test>", "To: " + address, "Subject: Confirm your address",
		"MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="="`, "",
		"--=", "Content-Type: text/html; charset=utf-8", "",
		`<p>Your verification code is <b>482913</b>.</p><p><a href="https://shop.test/confirm?token=x7">Confirm</a>
		or <a href="https://shop.test/help">get help</a>.</p>`,
		"--=", "Content-Type: text/plain", `Content-Disposition: attachment; filename="terms.txt"`, "",
		"Be nice.",
		"--=--", "",
	}, "\r\n")
	return a.server.SendRaw("hello@shop.test", []string{address}, []byte(message))
}

// TestSignUpStory is what a test of an application looks like: one mail with a code
// and a link, exactly one, and none to a second address.
func TestSignUpStory(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	address := m.Address("signup")
	if err := (app{m}).signUp(address); err != nil {
		t.Fatal(err)
	}

	confirm := m.Expect(t, expect.Want{
		To:      address,
		Match:   []expect.Test{{Field: "subject", Contains: "Confirm"}},
		Count:   expect.Count{Exactly: 1},
		Extract: []expect.Extract{{Name: "token", Spec: "html:/token=([a-z0-9]+)/"}},
	})
	if code, link := confirm.Code(t), confirm.Link(t, "confirm"); code != "482913" || link != "https://shop.test/confirm?token=x7" {
		t.Errorf("code %q, link %q", code, link)
	}
	if token := confirm.Value(t, "token"); token != "x7" {
		t.Errorf("token %q", token)
	}
	if terms := string(confirm.Attachment(t, "terms*")); strings.TrimSpace(terms) != "Be nice." {
		t.Errorf("terms: %q", terms)
	}
	if confirm.From != "The Shop <hello@shop.test>" || confirm.Envelope.From != "hello@shop.test" || confirm.Header("To") != address {
		t.Errorf("%+v", confirm)
	}
	m.ExpectNone(t, expect.Want{To: "second@a.test", Settle: 50 * time.Millisecond})
}

// TestBadDayStory: the server refuses twice, the clock moves on, and a next hop that
// is down leads to a bounce two days later.
func TestBadDayStory(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t, catchertest.Rules("route to=*@partner.test relay smtp://127.0.0.1:1"))
	greylist := m.Rule(`rcpt to=bob@a.test first=2 reply 451 4.7.1 "Greylisted"`)
	for i := range 3 {
		err := m.Send("app@shop.test", "bob@a.test", "Hello", "Hi Bob")
		var reply *textproto.Error
		if refused := errors.As(err, &reply); refused != (i < 2) || refused && reply.Code != 451 {
			t.Errorf("try %d: %v", i, err)
		}
	}
	if n := greylist.Applied(); n != 2 {
		t.Errorf("applied %d times", n)
	}
	greylist.Remove()

	if err := m.Send("app@shop.test", "carol@partner.test", "Order", "Thank you"); err != nil {
		t.Fatal(err)
	}
	if n := m.Mailbox(mail.QueueBox).Len(); n != 1 {
		t.Errorf("%d wait", n)
	}
	m.Clock.Advance(49 * time.Hour)
	bounces := m.Mailbox("app@shop.test").All()
	if len(bounces) != 2 || !strings.Contains(m.Mailbox("app@shop.test").Latest().Text, "carol@partner.test") {
		t.Errorf("%d reports", len(bounces))
	}
	m.Mailbox("").Clear()
	if n := m.Mailbox("").Len(); n != 0 {
		t.Errorf("%d left", n)
	}
}

func TestClockCanBeHeld(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	m := catchertest.Start(t, catchertest.Config(catcher.Config{Domain: "here.test"}), catchertest.Frozen(day))
	if now := m.Clock.Now(); !now.Equal(day) {
		t.Error(now)
	}
	m.Clock.Resume()
	m.Clock.SetSpeed(2)
	m.Clock.Freeze()
	m.Clock.Advance(time.Hour)
	if ahead := m.Clock.Now().Sub(day); ahead < time.Hour || ahead > 2*time.Hour {
		t.Error(ahead)
	}
	if err := m.Send("app@shop.test", "postmaster", "Hello", "Hi"); err != nil {
		t.Error(err)
	}
	if at := m.Mailbox("postmaster@here.test").Latest().Received.Sub(day); at < time.Hour {
		t.Error(at)
	}
}

func TestPOP3(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	if err := m.Send("app@shop.test", "alice@a.test", "Hello", "Hi"); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", m.POP3Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "USER alice@a.test\r\nPASS any\r\nSTAT\r\nQUIT\r\n")
	lines := bufio.NewScanner(conn)
	var all []string
	for lines.Scan() {
		all = append(all, lines.Text())
	}
	if len(all) != 5 || !strings.HasPrefix(all[3], "+OK 1 ") {
		t.Errorf("%q", all)
	}
}

// A failure is a testing.TB that fails without failing the test.
type failure struct {
	testing.TB
	said strings.Builder
}

func (f *failure) Helper()      {}
func (f *failure) Failed() bool { return f.said.Len() > 0 }
func (f *failure) Log(args ...any) {
	fmt.Fprintln(&f.said, args...)
}

func (f *failure) Fatal(args ...any) {
	fmt.Fprintln(&f.said, args...)
	panic(f)
}
func (f *failure) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// said returns what a test says that fails, or "" when it does not.
func said(t *testing.T, test func(tb testing.TB)) string {
	f := &failure{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(f) {
				panic(r)
			}
		}()
		test(f)
	}()
	return f.said.String()
}

func TestWhatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	if err := (app{m}).signUp("alice@a.test"); err != nil {
		t.Fatal(err)
	}
	latest := m.Mailbox("alice@a.test").Latest()
	now := -time.Second
	for want, test := range map[string]func(tb testing.TB){
		`is "Confirm your address"`: func(tb testing.TB) {
			m.Expect(tb, expect.Want{Within: now, Match: []expect.Test{{Field: "subject", Contains: "Welcome"}}})
		},
		"1 message came to alice@a.test, and none was wanted": func(tb testing.TB) {
			m.ExpectNone(tb, expect.Want{To: "alice@a.test"})
		},
		"ExpectNone":                       func(tb testing.TB) { m.Expect(tb, expect.Want{Count: expect.Count{None: true}}) },
		"query: ":                          func(tb testing.TB) { m.Expect(tb, expect.Want{Query: "(("}) },
		"https://shop.test/help":           func(tb testing.TB) { latest.Link(tb, "Unknown") },
		"terms.txt":                        func(tb testing.TB) { latest.Attachment(tb, "*.pdf") },
		`nothing called "x" was extracted`: func(tb testing.TB) { latest.Value(tb, "x") },
	} {
		if got := said(t, test); !strings.Contains(got, want) {
			t.Errorf("said %q, want %q in it", got, want)
		}
	}
}

// A test that has failed is told what mail there was.
func TestFailedTestSeesTheMail(t *testing.T) {
	t.Parallel()
	f := &failure{}
	t.Run("inner", func(t *testing.T) {
		f.TB = t
		m := catchertest.Start(f, catchertest.Rules("rcpt to=bob@a.test reply 550 5.1.1 \"Unknown user\""))
		if err := (app{m}).signUp("alice@a.test"); err != nil {
			t.Error(err)
		}
		if err := (app{m}).signUp("bob@a.test"); err == nil {
			t.Error("taken")
		}
		f.Log("it failed")
	})
	for _, want := range []string{"Confirm your address", "delivered for <alice@a.test>", "refused at rcpt", "550 5.1.1 Unknown user"} {
		if got := f.said.String(); !strings.Contains(got, want) {
			t.Errorf("said %q, want %q in it", got, want)
		}
	}
}

// TestThousand: each has mail of its own.
func TestThousand(t *testing.T) {
	t.Parallel()
	var starting sync.WaitGroup
	for range 1000 {
		starting.Go(func() {
			m := catchertest.Start(t)
			if err := m.Send("app@shop.test", "alice@a.test", "Hello", "Hi"); err != nil {
				t.Error(err)
				return
			}
			m.Expect(t, expect.Want{To: "alice@a.test"})
			if n := m.Mailbox("").Len(); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
	starting.Wait()
}

// What a test imports is small: no database, no flags, no page.
func TestImportsAreFew(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(catchertest.NeedProgram(t, "go"), "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"modernc.org", "spf13", "danielgtaylor", "gorilla", "fsnotify", "postroom/ui", "net/http\n"} {
		if bytes.Contains(out, []byte(module)) {
			t.Errorf("catchertest imports %s", module)
		}
	}
	if !bytes.Contains(out, []byte("emersion/go-smtp")) {
		t.Errorf("not what was asked: %s", out)
	}
}

// An owner is a testing.TB whose cleanup comes when it is told.
type owner struct {
	testing.TB
	cleanups []func()
}

func (o *owner) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		o := &owner{TB: b}
		catchertest.Start(o)
		b.StopTimer()
		for i := len(o.cleanups) - 1; i >= 0; i-- {
			o.cleanups[i]()
		}
		b.StartTimer()
	}
}
