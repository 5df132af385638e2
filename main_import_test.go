package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/smtpd"
	"github.com/postroom/postroom/catcher/store"
)

// kept lists what a catcher has, the oldest first: "from > to to: body".
func kept(t *testing.T, c *catchertest.Catcher) []string {
	t.Helper()
	page, err := c.List(t.Context(), store.Query{Oldest: true})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range page.Messages {
		r, err := c.Open(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		var body strings.Builder
		if _, err := r.WriteTo(&body); err != nil {
			t.Fatal(err)
		}
		r.Close()
		list = append(list, m.Envelope.From+" > "+recipients(m)+": "+body.String())
	}
	return list
}

func wantKept(t *testing.T, c *catchertest.Catcher, want ...string) {
	t.Helper()
	got := kept(t, c)
	if strings.Join(got, "\n--\n") != strings.Join(want, "\n--\n") {
		t.Errorf("there is %.2000q, want %.2000q", got, want)
	}
}

// folderOf makes a folder with files.
func folderOf(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImportUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"import"}, "nothing to import"},
		{[]string{"import", "--server", "x:1", "--http", "x:2", "x"}, "--http and --server exclude"},
		{[]string{"import", "--data=d", "--http", "x:2", "x"}, "--http and --data exclude"},
		{[]string{"export", "--data=d", "--http", "x:2", "x"}, "--http and --data exclude"},
		{[]string{"export", "--data", "/no/such/folder", "x"}, "no mail is kept there"},
		{[]string{"import", "--jobs", "0", "x"}, "--jobs must not be 0"},
		{[]string{"import", "--to", "a b", "x"}, `"a b"`},
		{[]string{"import", "--from", "a@b, c@d", "x"}, "not one address"},
		{[]string{"export"}, "one path"},
		{[]string{"export", "a", "b"}, "one path"},
		{[]string{"export", "--format", "zip", "x"}, `"zip"`},
		{[]string{"export", "-"}, "--format mbox"},
		{[]string{"export", "--http", "off", "x"}, "--http is off"},
	} {
		status, stdout, stderr := call(t, nil, "", tc.args...)
		wantFailure(t, status, stdout, stderr, exitUsage, tc.want)
	}
}

func TestNobodyToImportInto(t *testing.T) {
	t.Parallel()
	gone := deserted(t)
	for _, args := range [][]string{{"import", "--server", gone}, {"import", "--http", gone}, {"export", "--http", gone}} {
		path := filepath.Join(t.TempDir(), "x.eml")
		status, stdout, stderr := call(t, nil, "", append(args, path)...)
		wantFailure(t, status, stdout, stderr, exitFailed, "connection refused")
		if _, err := os.Stat(path); err == nil {
			t.Error("a target was made")
		}
	}
}

// TestImportReadsAll: every kind of file, in order, each octet as it is.
func TestImportReadsAll(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	dir := folderOf(t, map[string]string{
		"a.eml":          "From: A <a@a.test>\nTo: b@b.test\n\nbare LF, no end",
		"box":            "From x\nTo: c@b.test\n\n>From me\n\nFrom y\nTo: d@b.test\r\n\r\n.\r\n",
		"mail/cur/1:2,S": "Return-Path: <>\r\nTo: e@b.test\r\n\r\n",
		"mail/new/2":     "Delivered-To: f@b.test\nTo: g@b.test\n\n",
		"mail/tmp/3":     "To: h@b.test\n\n", "note.txt": "no mail",
	})
	status, stdout, stderr := call(t, nil, "To: i@b.test\n\nstdin", "import", "--server", c.SMTPAddr(), "--jobs", "1", dir, "-")
	if status != exitOK || stdout != "" || !strings.HasPrefix(stderr, "imported 6 messages (") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	wantKept(t, c,
		"a@a.test > b@b.test: From: A <a@a.test>\nTo: b@b.test\n\nbare LF, no end",
		" > c@b.test: To: c@b.test\n\nFrom me\n",
		" > d@b.test: To: d@b.test\r\n\r\n.\r\n",
		" > e@b.test: Return-Path: <>\r\nTo: e@b.test\r\n\r\n",
		" > f@b.test: Delivered-To: f@b.test\nTo: g@b.test\n\n",
		" > i@b.test: To: i@b.test\n\nstdin")
}

func TestImportQuietly(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	status, stdout, stderr := call(t, nil, "", "import", "--server", c.SMTPAddr(), "--quiet", folderOf(t, map[string]string{"a.eml": "To: a@b\n\n"}))
	if status != exitOK || stdout+stderr != "" {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

// TestEnvelopeOfImport: who is asked first for sender and recipients.
func TestEnvelopeOfImport(t *testing.T) {
	t.Parallel()
	all := "X-Envelope-From: <1@a.test>\nReturn-Path: <2@a.test>\nFrom: X <3@a.test>\n" +
		"X-Envelope-To: 4@a.test, 5@a.test\nDelivered-To: 6@a.test\nX-Original-To: 7@a.test\nTo: 8@a.test\nCc: 9@a.test\nBcc: 8@A.test\n\n"
	without := func(names ...string) string {
		var b strings.Builder
		for line := range strings.Lines(all) {
			name, _, _ := strings.Cut(line, ":")
			if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
				b.WriteString(line)
			}
		}
		return b.String()
	}
	facts := &archive.Facts{From: "f@a.test", To: []string{"g@a.test", "ü@a.test"}}
	for _, tc := range []struct {
		name, text string
		call       importCall
		facts      *archive.Facts
		want       string
	}{
		{"flags", all, importCall{from: "x@a.test", fromGiven: true, to: []string{"y@a.test"}}, facts, "x@a.test > y@a.test"},
		{"null sender by flag", all, importCall{fromGiven: true}, facts, " > g@a.test ü@a.test UTF8"},
		{"facts", all, importCall{}, facts, "f@a.test > g@a.test ü@a.test UTF8"},
		{"facts of the null sender", all, importCall{to: []string{"y@a.test"}}, &archive.Facts{}, " > y@a.test"},
		{"facts without recipients", all, importCall{}, &archive.Facts{}, "1@a.test > 4@a.test 5@a.test"},
		{"facts that are no address", all, importCall{}, &archive.Facts{To: []string{"a@b\r\nDATA"}}, "malformed domain"},
		{"envelope headers", all, importCall{}, nil, "1@a.test > 4@a.test 5@a.test"},
		{"recipients by flag", all, importCall{to: []string{"y@a.test"}}, nil, "1@a.test > y@a.test"},
		{"Return-Path, Delivered-To", without("X-Envelope-From", "X-Envelope-To"), importCall{}, nil, "2@a.test > 6@a.test"},
		{"X-Original-To", without("X-Envelope-From", "X-Envelope-To", "Delivered-To"), importCall{}, nil, "2@a.test > 7@a.test"},
		{"header", without("X-Envelope-From", "Return-Path", "X-Envelope-To", "Delivered-To", "X-Original-To"), importCall{}, nil, "3@a.test > 8@a.test 9@a.test"},
		{"null sender", "Return-Path: <>\r\nFrom: a@a.test\r\nTo: b@a.test\r\n\r\n", importCall{}, nil, " > b@a.test"},
		{"not in the body", "Subject: x\r\n\r\nTo: b@a.test\r\n", importCall{}, nil, "give --to"},
		{"what is no address is passed over", "From: no body\nTo: undisclosed-recipients:;\nCc: a b, c@a.test\n\n", importCall{}, nil, " > c@a.test"},
		{"empty", "", importCall{}, nil, "give --to"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for m, err := range archive.Read(filepath.Join(folderOf(t, map[string]string{"m.eml": tc.text}), "m.eml")) {
				if err != nil {
					t.Fatal(err)
				}
				m.Facts = tc.facts
				env, err := tc.call.envelope(m)
				got := env.From + " > " + recipients(mail.Message{Envelope: env})
				if env.UTF8 {
					got += " UTF8"
				}
				if err != nil {
					got = err.Error()
				}
				if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// TestImportGoesOn: what is refused or cannot be read is told, and the rest is
// there.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t, catchertest.Config(catcher.Config{Limits: smtpd.Limits{MaxMessageSize: 1 << 20}}))
	head := "From: a@a.test\r\nTo: b@b.test\r\n\r\n"
	large := head + strings.Repeat("large \xe4\r\n", 100_000)
	dir := folderOf(t, map[string]string{"1.eml": head + "1", "2.eml": head + strings.Repeat("too large\r\n", 100_000), "3.eml": "Subject: nobody\r\n\r\n", "4.eml": large, "5.eml": head + "5"})
	status, stdout, stderr := call(t, nil, "", "import", "--server", c.SMTPAddr(), "--jobs", "1", dir, filepath.Join(dir, "missing"))
	told := strings.Split(strings.TrimSpace(stderr), "\n")
	if status != exitFailed || stdout != "" || len(told) != 4 {
		t.Fatalf("status %d, stdout %q, stderr\n%s", status, stdout, stderr)
	}
	for i, want := range [][]string{{"2.eml", "552"}, {"3.eml", "give --to"}, {"missing", "no such file"}, {"postroom: imported 3 messages (900 kB) in ", "; 3 failed"}} {
		for _, part := range want {
			if !strings.Contains(told[i], part) {
				t.Errorf("line %d: %q, want %q in it", i, told[i], part)
			}
		}
	}
	wantKept(t, c, "a@a.test > b@b.test: "+head+"1", "a@a.test > b@b.test: "+large, "a@a.test > b@b.test: "+head+"5")
}

// TestImportInParallel: each message once, whoever sends it.
func TestImportInParallel(t *testing.T) {
	t.Parallel()
	c := catchertest.Start(t)
	var box strings.Builder
	want := map[string]bool{}
	for i := range 1000 {
		text := fmt.Sprintf("From: a@a.test\nTo: b@b.test\n\n%d\n", i)
		want["a@a.test > b@b.test: "+text] = true
		box.WriteString("From x\n" + text + "\n")
	}
	status, _, stderr := call(t, nil, "", "import", "--server", c.SMTPAddr(), "--jobs", "8", folderOf(t, map[string]string{"box": box.String()}))
	if status != exitOK || !strings.HasPrefix(stderr, "imported 1,000 messages (") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	for _, m := range kept(t, c) {
		if !want[m] {
			t.Errorf("%q is there, or is there twice", m)
		}
		delete(want, m)
	}
	if len(want) > 0 {
		t.Errorf("%d messages are missing", len(want))
	}
}

// A plainServer speaks SMTP without extensions, as far as the tests need it. It
// refuses recipients that are called no, and calls hook for each command first;
// when that returns false the connection ends.
type plainServer struct {
	net.Listener
	greeting string // of EHLO; "" is the bare one
	hook     func(line string) bool

	mu       sync.Mutex
	messages []string // as they came, dots and all
}

func startPlain(t *testing.T, s *plainServer) *plainServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Listener = l
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return s
}

func (s *plainServer) serve(conn net.Conn) {
	defer conn.Close()
	fmt.Fprint(conn, "220 plain\r\n")
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadString('\n')
		if err != nil || s.hook != nil && !s.hook(line) {
			return
		}
		switch {
		case strings.HasPrefix(line, "EHLO"):
			fmt.Fprintf(conn, "250%s plain\r\n", s.greeting)
		case strings.HasPrefix(line, "RCPT TO:<no"):
			fmt.Fprint(conn, "550 5.1.1 No\r\n")
		case strings.HasPrefix(line, "DATA"):
			fmt.Fprint(conn, "354 Go on\r\n")
			var message strings.Builder
			for line != ".\r\n" && err == nil {
				line, err = in.ReadString('\n')
				message.WriteString(line)
			}
			s.mu.Lock()
			s.messages = append(s.messages, message.String())
			s.mu.Unlock()
			fmt.Fprint(conn, "250 OK\r\n")
		default:
			fmt.Fprint(conn, "250 OK\r\n")
		}
	}
}

// TestImportByDATA: a server that has nothing but RFC 821 gets lines.
func TestImportByDATA(t *testing.T) {
	t.Parallel()
	s := startPlain(t, &plainServer{})
	dir := folderOf(t, map[string]string{
		"1.eml": "To: a@b\n\n.\n..x\nend",
		"2.eml": "To: a@b\r\n\r\nfine\r\n",
		"3.eml": "To: no@b, yes@b\r\n\r\n",
		"4.eml": "To: a@b\r\n\r\n" + strings.Repeat("0123456789\n", 60_000),
	})
	status, _, stderr := call(t, nil, "", "import", "--server", s.Addr().String(), "--jobs", "1", dir)
	if status != exitFailed || strings.Count(stderr, "\n") != 3 {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"3.eml: recipient <no@b>: 550 \"5.1.1 No\" (other recipients have it)\n", "line ends of 2 messages were changed to CRLF", "imported 3 messages (", "; 1 failed"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr %q, want %q", stderr, want)
		}
	}
	want := []string{
		"To: a@b\r\n\r\n..\r\n...x\r\nend\r\n.\r\n", "To: a@b\r\n\r\nfine\r\n.\r\n", "To: no@b, yes@b\r\n\r\n.\r\n",
		"To: a@b\r\n\r\n" + strings.Repeat("0123456789\r\n", 60_000) + ".\r\n",
	}
	if got := strings.Join(s.messages, "|"); got != strings.Join(want, "|") {
		t.Errorf("sent %.300q", got)
	}
}

// TestImportReconnects: one lost connection is made good, a second for the same
// message is a failure, and then the next one comes.
func TestImportReconnects(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	left := map[string]int{"MAIL FROM:<once@a>\r\n": 1, "MAIL FROM:<twice@a>\r\n": 2}
	s := startPlain(t, &plainServer{hook: func(line string) bool {
		mu.Lock()
		defer mu.Unlock()
		left[line]--
		return left[line] < 0
	}})
	dir := folderOf(t, map[string]string{"1.eml": "From: once@a\nTo: b@b\n\n", "2.eml": "From: twice@a\nTo: b@b\n\n", "3.eml": "From: fine@a\nTo: b@b\n\n"})
	status, _, stderr := call(t, nil, "", "import", "--server", s.Addr().String(), "--jobs", "1", dir)
	if status != exitFailed || !strings.Contains(stderr, "2.eml: sender <twice@a>: EOF\n") || !strings.Contains(stderr, "imported 2 messages") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if len(s.messages) != 2 {
		t.Errorf("sent %q", s.messages)
	}
}

// TestImportStopsWithoutServer: when there is no server any more, that is said
// once, not for each message.
func TestImportStopsWithoutServer(t *testing.T) {
	t.Parallel()
	var s *plainServer
	s = startPlain(t, &plainServer{hook: func(line string) bool {
		if strings.HasPrefix(line, "MAIL") {
			s.Close()
			return false
		}
		return true
	}})
	texts := map[string]string{}
	for i := range 100 {
		texts[fmt.Sprintf("%d.eml", i)] = "To: b@b\n\n"
	}
	status, stdout, stderr := call(t, nil, "", "import", "--server", s.Addr().String(), folderOf(t, texts))
	wantFailure(t, status, stdout, stderr, exitFailed, "; imported 0 messages")
}

// TestImportInterrupted: it ends while the server keeps it waiting.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	s := startPlain(t, &plainServer{hook: func(line string) bool {
		if strings.HasPrefix(line, "MAIL") {
			n++
		}
		if n == 3 {
			cancel()
			<-t.Context().Done()
		}
		return true
	}})
	texts := map[string]string{}
	for i := range 100 {
		texts[fmt.Sprintf("%d.eml", i)] = "To: b@b\r\n\r\n"
	}
	var out, errs strings.Builder
	p := program{"postroom", func(string) string { return "" }, strings.NewReader(""), &out, &errs}
	status := p.run(ctx, []string{"postroom", "import", "--jobs", "1", "--server", s.Addr().String(), folderOf(t, texts)})
	wantFailure(t, status, out.String(), errs.String(), exitFailed, "interrupted; imported 2 messages (22 B)")
}
