package main

// The corpus of bad mail through all doors: nothing is refused, nothing is
// changed, and whatever asks for it gets an answer.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mime/ugly"
	"github.com/postroom/postroom/ui/api"
)

func TestCorpus(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range ugly.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			box, body := c.Name+"@corpus.test", string(c.Body)
			id := sendCase(t, p, c, box)
			wantBytes(t, "raw", p.raw(t, id), body)
			checkPOP3(t, p, box, terminated(body))
			if list := p.list(t, box); len(list) != 1 || list[0].ID != id || list[0].Size != int64(len(body)) {
				t.Errorf("listed as %+v", list)
			}
			checkViews(t, p, id)
		})
	}
}

// sendCase brings a case in as the client that made it would have.
func sendCase(t *testing.T, p *process, c ugly.Case, box string) (id string) {
	t.Helper()
	w := dialSMTP(t, p.smtp)
	if c.Binary {
		id = w.sendBinary("a@a.test", box, string(c.Body), 1000)
	} else {
		id = w.send("a@a.test", box, string(c.Body))
	}
	w.ask("221", "QUIT")
	return id
}

// terminated is what POP3 makes of a message: the last line ends in CRLF.
func terminated(body string) string {
	if body != "" && !strings.HasSuffix(body, "\r\n") {
		body += "\r\n"
	}
	return body
}

// checkPOP3 wants the message from RETR and from TOP with all lines, and LIST
// and STAT to know its size.
func checkPOP3(t *testing.T, p *process, box, want string) {
	t.Helper()
	c := dialPOP3(t, p.pop3)
	c.login(box)
	if got := c.ask("STAT"); got != fmt.Sprintf("+OK 1 %d", len(want)) {
		t.Errorf("STAT says %q, want %d octets", got, len(want))
	}
	if got := c.ask("LIST 1"); got != fmt.Sprintf("+OK 1 %d", len(want)) {
		t.Errorf("LIST says %q, want %d octets", got, len(want))
	}
	c.write("RETR 1\r\n")
	wantBytes(t, "RETR", c.multi(), want)
	c.write("TOP 1 1000000\r\n")
	wantBytes(t, "TOP", c.multi(), want)
	c.ask("QUIT")
	c.end()
}

// checkViews wants every view of the message to answer.
func checkViews(t *testing.T, p *process, id string) {
	t.Helper()
	path := "/v1/messages/" + id
	m := p.message(t, id)
	for _, name := range []string{"/html", "/html?remote=1", "/text", "/transcript"} {
		if status, body := p.ask(t, path+name); status != http.StatusOK && status != http.StatusNotFound {
			t.Errorf("GET %s: status %d: %.200s", name, status, body)
		}
	}
	if status, _ := p.ask(t, path+"/text"); (status == http.StatusOK) != (m.Text != nil) {
		t.Errorf("GET /text: status %d, but the text is %v", status, m.Text)
	}
	if status, _ := p.ask(t, path+"/html"); (status == http.StatusOK) != (m.HTML != nil) {
		t.Errorf("GET /html: status %d, but the HTML is %v", status, m.HTML)
	}
	checkParts(t, p, path, m.Structure, 50)
}

// checkParts wants an answer for each part, as far as so many go, and returns how
// many are left to go.
func checkParts(t *testing.T, p *process, path string, part api.Part, left int) int {
	t.Helper()
	if left == 0 {
		return 0
	}
	if part.Part != "" { // a multipart as a whole has no number
		if status, body := p.ask(t, path+"/parts/"+part.Part); status != http.StatusOK {
			t.Errorf("GET part %q: status %d: %.200s", part.Part, status, body)
		}
		left--
	}
	for _, child := range part.Children {
		left = checkParts(t, p, path, child, left)
	}
	return left
}

// TestCorpusList: a list of all of it is valid JSON, and complete.
func TestCorpusList(t *testing.T) {
	t.Parallel()
	p := start(t)
	var ids []string
	for _, c := range ugly.All() {
		ids = append(ids, sendCase(t, p, c, "all@corpus.test"))
	}
	var got []string
	for next := ""; ; {
		page := p.get(t, "/v1/messages?limit=7&mailbox=all@corpus.test&before="+next)
		if !json.Valid(page) {
			t.Fatalf("no JSON: %.200q", page)
		}
		v := decode[api.Messages](t, page)
		for _, s := range v.Messages {
			got = append([]string{s.ID}, got...)
		}
		if next = v.Next; next == "" {
			break
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("listed\n%v\nwant\n%v", got, ids)
	}
}

// TestCorpusForeign: foreign clients get those that they can stand: poplib has a
// limit for lines, and both take LF for the end of one.
func TestCorpusForeign(t *testing.T) {
	curl, python := catchertest.NeedProgram(t, "curl"), needPython(t)
	chosen := map[string]bool{
		"dots-at-line-starts": true, "dots-at-very-start": true, "dots-only-body": true, "dots-crlf-dot-dot-crlf": true,
		"dots-two-at-very-start": true, "blank-lines-only-in-body": true, "blanks-at-line-ends": true, "nul-octets-in-body": true,
		"8bit-junk-in-body": true, "dots-half-a-megabyte": true, "no-line-end-at-end": true,
	}
	for _, c := range ugly.All() {
		if !chosen[c.Name] {
			continue
		}
		delete(chosen, c.Name)
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			box, want := "foreign@corpus.test", terminated(string(c.Body))
			sendCase(t, p, c, box)
			got := must(t, "", curl, "--silent", "--show-error", "--user", box+":x", "pop3://"+p.pop3+"/1")
			wantBytes(t, "curl", got, want)
			host, port := hostPort(t, p.pop3)
			got = must(t, "", python, "catcher/catchertest/testdata/poplib_fetch.py", host, port, box, "x", "fetch")
			wantBytes(t, "poplib", got, fmt.Sprintf("%d\n%s", len(want), want))
		})
	}
	if len(chosen) > 0 {
		t.Errorf("not in the corpus: %v", chosen)
	}
}

// TestCorpusPipelined: all of it in one POP3 session, all commands sent before the
// first reply is read.
func TestCorpusPipelined(t *testing.T) {
	t.Parallel()
	p := start(t)
	const box = "all@corpus.test"
	var want []string
	var commands strings.Builder
	for i, c := range ugly.All() {
		sendCase(t, p, c, box)
		want = append(want, terminated(string(c.Body)))
		fmt.Fprintf(&commands, "RETR %d\r\nDELE %d\r\n", i+1, i+1)
	}
	c := dialPOP3(t, p.pop3)
	c.login(box)
	c.write(commands.String() + "QUIT\r\n")
	for i := range want {
		wantBytes(t, fmt.Sprintf("message %d", i+1), c.multi(), want[i])
		c.line()
	}
	c.line()
	c.end()
	if n := len(p.list(t, box)); n != 0 {
		t.Errorf("%d messages left", n)
	}
}
