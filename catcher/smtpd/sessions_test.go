package smtpd

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// facts writes what is counted of a session as one line.
func facts(t mail.Talk) string {
	text := fmt.Sprintf("%s %s, %s, commands %d, messages %d, refused %d, errors %d", t.State, t.End, t.Command, t.Commands, t.Messages, t.Refused, t.Errors)
	if t.Error != nil {
		text += ", " + strings.ReplaceAll(t.Error.Error(), "\n", `\n`)
	}
	return text
}

func TestSessionsTellWhatCameOfThem(t *testing.T) {
	t.Parallel()
	const begin = "EHLO me.test\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\n"
	for _, tc := range []struct{ name, rules, said, want string }{
		{"a mail", "", begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", "ended quit, QUIT, commands 5, messages 1, refused 0, errors 0"},
		{"two mails", "", begin + "DATA\r\nx\r\n.\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nBDAT 1\r\nxBDAT 0 LAST\r\nQUIT\r\n", "ended quit, QUIT, commands 9, messages 2, refused 0, errors 0"},
		{"nothing said", "", "", "ended left, , commands 0, messages 0, refused 0, errors 0"},
		{"no good-bye", "", begin + "DATA\r\nx\r\n.\r\n", "ended left, DATA, commands 4, messages 1, refused 0, errors 0"},
		{"cut off in the message", "", begin + "DATA\r\nx\r\n", "ended left, DATA, commands 4, messages 0, refused 0, errors 1, 421 4.4.2 Connection lost within the message"},
		{"a bad recipient", "", "EHLO me.test\r\nMAIL FROM:<a@a>\r\nRCPT TO:<@>\r\nRCPT TO:<>\r\nRCPT TO:<c@c>\r\nQUIT\r\n", "ended quit, QUIT, commands 6, messages 0, refused 2, errors 2, 501 5.1.3 *"},
		{"a refused recipient", `rcpt to=b@b reply 550 5.1.1 No\nsuch user`, begin + "QUIT\r\n", `ended quit, QUIT, commands 4, messages 0, refused 1, errors 1, 550 5.1.1 No\nsuch user`},
		{"a reply without text", "rcpt reply 450 ", begin + "QUIT\r\n", "ended quit, QUIT, commands 4, messages 0, refused 1, errors 1, 450 "},
		{"the last error", "", "EHLO me.test\r\nDATA\r\nFROB\r\nQUIT\r\n", "ended quit, QUIT, commands 4, messages 0, refused 0, errors 2, 500 5.5.2 *"},
		{"too many errors", "", "A\r\nB\r\nC\r\nD\r\nE\r\nQUIT\r\n", "ended closed, D, commands 4, messages 0, refused 0, errors 5, 421 4.7.0 Too many errors*"},
		{"a secret", "", "EHLO me.test\r\nAUTH LOGIN\r\nam9l\r\nc2VjcmV0\r\nQUIT\r\n", "ended quit, QUIT, commands 3, messages 0, refused 0, errors 0"},
		{"a verb that is none", "", strings.Repeat("x\x01", 50) + " y\r\n", "ended left, " + strings.Repeat("X\uFFFD", 8) + ", commands 1, messages 0, refused 0, errors 1, *"},
		{"dropped by a rule", "rcpt drop", begin + "QUIT\r\n", "ended rule, RCPT, commands 3, messages 0, refused 0, errors 0"},
		{"cut off by a rule", "data drop 1", begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", "ended rule, DATA, commands 4, messages 0, refused 0, errors 0"},
		{"dropped once stored", "dot drop stored", begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", "ended rule, DATA, commands 4, messages 1, refused 0, errors 0"},
		{"closed by a rule", "mail reply 421 4.3.2 Later", begin, "ended rule, MAIL, commands 2, messages 0, refused 0, errors 1, 421 4.3.2 Later"},
		{"not welcome", "connect reply 554 5.7.1 No", "EHLO me.test\r\nQUIT\r\n", "ended rule, , commands 0, messages 0, refused 0, errors 1, 554 5.7.1 No"},
		{"no good-bye by a rule", "quit drop", "EHLO me.test\r\nQUIT\r\n", "ended rule, QUIT, commands 2, messages 0, refused 0, errors 0"},
		{"garbage", "ehlo garbage 10", "EHLO me.test\r\nQUIT\r\n", "ended quit, QUIT, commands 2, messages 0, refused 0, errors 0"},
		{"hung up by a rule", "ehlo hang 1s", "EHLO me.test\r\nQUIT\r\n", "ended rule, EHLO, commands 1, messages 0, refused 0, errors 0"},
		{"after the dot", "dot reply 554 5.7.1 Spam", begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", "ended quit, QUIT, commands 5, messages 0, refused 0, errors 1, 554 5.7.1 Spam"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer()
			st := &stage{table: &table{}, attempts: make(chan string, 100)}
			s.wait = st.wait
			if tc.rules != "" {
				if err := st.table.add(tc.rules); err != nil {
					t.Fatal(err)
				}
				s.Rules = st.table
			}
			heard := talk(s, []byte(tc.said), 1000)
			list := s.Sessions("", 9, all)
			if len(list) != 1 || !match(tc.want, facts(list[0])) {
				t.Fatalf("%d sessions\nwant %s\ngot  %s", len(list), tc.want, facts(list[0]))
			}
			if got := list[0]; got.In > int64(len(tc.said)) || got.In == 0 && tc.said != "" && got.Commands > 0 || got.Out < int64(len(heard)) {
				t.Errorf("%d octets of %d came, %d were sent", got.In, len(tc.said), got.Out)
			}
		})
	}
}

func TestSessionsThatTheServerEnds(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	s.IdleTimeout = 30 * time.Millisecond
	addr, _ := serve(t, s)
	silent := hello(t, addr)
	silent.expect("421 4.4.2 *")
	io.Copy(io.Discard, silent.r)

	s2, _ := newServer()
	addr, stop := serve(t, s2)
	hello(t, addr)
	stop()
	if got := s2.Sessions("", 1, all)[0]; got.End != "shutdown" || got.Wrong() != (got.Errors > 0) {
		t.Errorf("at the end of the server: %s", facts(got))
	}
	got := ended(t, s)
	if got.End != "timeout" || !got.Wrong() || got.Ended.Before(got.Started) {
		t.Errorf("a silent client: %s", facts(got))
	}
}

// ended waits for the only session to end.
func ended(t *testing.T, s *Server) mail.Talk {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if list := s.Sessions("", 1, func(t *mail.Talk) bool { return !open(t) }); len(list) > 0 {
			return list[0]
		}
		if time.Now().After(deadline) {
			t.Fatal("the session does not end")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSessionsHaveTimings(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.UnixMilli(1_000_000))
	s, in := newServer()
	s.Clock = now
	in.fail = func(mail.Envelope) error {
		now.Advance(3 * time.Second)
		return errors.New("not today")
	}
	addr, stop := serve(t, s)
	c := connect(t, addr)
	c.expect("220 *")
	if got := s.Sessions("", 1, all)[0]; got.First >= 0 || got.Answer >= 0 {
		t.Errorf("first %s, answer %s before anything was said", got.First, got.Answer)
	}
	now.Advance(2 * time.Second)
	c.ask("EHLO me.test", "250 *")
	c.ask("MAIL FROM:<a@a>", "250 *")
	if got := s.Sessions("", 1, all)[0]; got.State != "transaction" || got.Command != "MAIL" {
		t.Errorf("in the transaction: %s", facts(got))
	}
	c.ask("RCPT TO:<b@b>", "250 *")
	c.ask("DATA", "354 *")
	c.ask("x\r\n.", "451 *")
	in.fail = nil
	c.ask("MAIL FROM:<a@a>", "250 *")
	c.ask("RCPT TO:<b@b>", "250 *")
	c.ask("DATA", "354 *")
	if got := s.Sessions("", 1, all)[0]; got.State != "message" {
		t.Errorf("in the message: %s", facts(got))
	}
	reply := c.ask("x\r\n.", "250 *")
	c.ask("QUIT", "221 *")
	stop()
	got, lines, ok := s.Session(lastSession(s))
	if !ok || got.First != 2*time.Second || got.Answer != 3*time.Second || got.Ended.Sub(got.Started) != 5*time.Second {
		t.Errorf("first %s, answer %s, total %s", got.First, got.Answer, got.Ended.Sub(got.Started))
	}
	at := slices.IndexFunc(lines, func(l mail.Line) bool { return !l.Message.IsZero() })
	if at < 0 || !strings.HasSuffix(reply, lines[at].Message.String()) || lines[at].From != "server" || lines[at].At != 5*time.Second {
		t.Errorf("no line tells of the message: %+v", lines)
	}
	if first := lines[1]; first.From != "client" || first.Text != "EHLO me.test" || first.At != 2*time.Second {
		t.Errorf("the first command: %+v", first)
	}
	if last := lines[len(lines)-1]; last.From != "note" || last.Text != "closed" {
		t.Errorf("the last line: %+v", last)
	}
}

// A rule may say something else than our reply, which names the message.
func TestSessionNamesWhatARuleHides(t *testing.T) {
	t.Parallel()
	for _, do := range []string{"dot reply 250 Thanks", "dot drop stored"} {
		s, in := newServer()
		rules := &table{}
		if err := rules.add(do); err != nil {
			t.Fatal(err)
		}
		s.Rules = rules
		talk(s, []byte("EHLO me.test\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"), 1000)
		_, lines, _ := s.Session(lastSession(s))
		if len(in.all()) != 1 || !slices.ContainsFunc(lines, func(l mail.Line) bool { return !l.Message.IsZero() && l.From == "note" }) {
			t.Errorf("%s: %d messages, %+v", do, len(in.all()), lines)
		}
	}
}

func TestClientsCannotNameMessages(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	talk(s, []byte("NOOP queued as 01ARZ3NDEKTSV4RRFFQ69G5FAV\r\nNOOP\xff\x07\r\n"), 1000)
	_, lines, _ := s.Session(lastSession(s))
	for _, l := range lines {
		if !l.Message.IsZero() || strings.Contains(l.Text, "\a") || !utf8.ValidString(l.Text) {
			t.Errorf("%+v", l)
		}
	}
}

func TestOldSessionsMakeRoom(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	first := ""
	for i := range keepSessions + 3 {
		talk(s, fmt.Appendf(nil, "EHLO c%d.test\r\nQUIT\r\n", i), 1000)
		if i == 0 {
			first = lastSession(s)
		}
	}
	list := s.Sessions("", 1000, all)
	if len(list) != keepSessions || list[0].Helo != fmt.Sprintf("c%d.test", keepSessions+2) || list[keepSessions-1].Helo != "c3.test" {
		t.Errorf("%d sessions from %s to %s", len(list), list[len(list)-1].Helo, list[0].Helo)
	}
	if _, _, ok := s.Session(first); ok {
		t.Error("the first one is still known")
	}
	var paged []mail.Talk
	for before := ""; ; {
		page := s.Sessions(before, 100, all)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		before = page[len(page)-1].ID
	}
	if !slices.EqualFunc(paged, list, func(a, b mail.Talk) bool { return a.ID == b.ID }) {
		t.Errorf("%d sessions page by page", len(paged))
	}
	if got := s.Sessions("", 2, func(t *mail.Talk) bool { return strings.HasSuffix(t.Helo, "7.test") }); len(got) != 2 || got[0].Helo != "c257.test" || got[1].Helo != "c247.test" {
		t.Errorf("those that were chosen: %+v", got)
	}
}

// The middle of a long session is left out of its lines, and counted all the same.
func TestLongSessionsAreCounted(t *testing.T) {
	t.Parallel()
	s, _ := newServer()
	const n = 3000
	talk(s, []byte("EHLO me.test\r\n"+strings.Repeat("RCPT TO:<b@b>\r\n", n)+"QUIT\r\n"), 1000)
	got, lines, _ := s.Session(lastSession(s))
	if got.Commands != n+2 || got.Refused != n || got.Errors != n || len(lines) > n/2 {
		t.Errorf("%s in %d lines", facts(got), len(lines))
	}
	if !slices.ContainsFunc(lines, func(l mail.Line) bool { return l.From == "note" && strings.Contains(l.Text, "lines left out") }) {
		t.Error("nothing says that lines are left out")
	}
	if !slices.IsSortedFunc(lines, func(a, b mail.Line) int { return int(a.At - b.At) }) {
		t.Error("the lines are not in their order")
	}
}

// Sessions are looked at while they are at work.
func TestSessionsAreReadWhileTheyTalk(t *testing.T) {
	t.Parallel()
	s, in := newServer()
	addr, stop := serve(t, s)
	done := make(chan struct{})
	var readers, clients sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, one := range s.Sessions("", 100, all) {
					s.Session(one.ID)
					s.Transcript(one.ID)
				}
			}
		})
	}
	const count, each = 8, 10
	for range count {
		clients.Go(func() {
			c := hello(t, addr)
			for range each {
				c.ask("MAIL FROM:<a@a>", "250 *")
				c.ask("RCPT TO:<b@b>", "250 *")
				c.ask("RCPT TO:<>", "501 *")
				c.ask("DATA", "354 *")
				c.ask("x\r\n.", "250 *")
			}
			c.ask("QUIT", "221 *")
		})
	}
	clients.Wait()
	close(done)
	readers.Wait()
	stop()
	messages, refused := 0, 0
	for _, one := range s.Sessions("", 100, all) {
		messages, refused = messages+one.Messages, refused+one.Refused
	}
	if messages != count*each || refused != count*each || len(in.all()) != messages {
		t.Errorf("%d messages, %d recipients refused", messages, refused)
	}
}
