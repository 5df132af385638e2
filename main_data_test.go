package main

import (
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/api"
)

// kill ends the process without notice.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	p.ended <- nil
}

// search lists the subjects of what a query finds, newest first.
func (p *process) search(t *testing.T, query string) []string {
	t.Helper()
	page := decode[api.Messages](t, p.get(t, "/v1/messages?limit=1000&q="+url.QueryEscape(query)))
	subjects := []string{}
	for _, m := range page.Messages {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// TestKilledWithData: ten senders are in the middle of it when the program is
// killed. What was acknowledged is there afterwards, can be searched and read by
// POP3, and what was deleted stays so.
func TestKilledWithData(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	p := start(t, "--data", data)
	var sending sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	enough := make(chan struct{})
	for k := range 10 {
		sending.Go(func() {
			for i := 0; ; i++ {
				subject := fmt.Sprintf("mail-%d-%d", k, i)
				if smtp.SendMail(p.smtp, nil, "app@app.test", []string{fmt.Sprintf("user%d@a.test", k)}, []byte("Subject: "+subject+"\r\n\r\n订单 text\r\n")) != nil {
					return
				}
				mu.Lock()
				acknowledged[subject] = true
				if len(acknowledged) == 300 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	gone := p.list(t, "user3@a.test")[0]
	p.delete(t, "/v1/messages/"+gone.ID)
	p.kill(t)
	sending.Wait()
	delete(acknowledged, gone.Subject)

	p = start(t, "--data", data)
	found := p.search(t, `subject:mail- 订单`)
	for subject := range acknowledged {
		if !slices.Contains(found, subject) {
			t.Errorf("%s is lost", subject)
		}
	}
	if slices.Contains(found, gone.Subject) || len(found) > len(acknowledged)+10 {
		t.Errorf("%d found of %d; the deleted one too? %v", len(found), len(acknowledged), slices.Contains(found, gone.Subject))
	}
	inbox := p.list(t, "user5@a.test")
	w := dialWire(t, p.pop3)
	for i, command := range []string{"", "USER user5@a.test\r\n", "PASS x\r\n", "STAT\r\n"} {
		w.write(command)
		if line := w.raw(); !strings.HasPrefix(line, "+OK") || i == 3 && !strings.HasPrefix(line, fmt.Sprintf("+OK %d ", len(inbox))) {
			t.Errorf("%q: %q, with %d messages in the list", command, line, len(inbox))
		}
	}
}

func (p *process) delete(t *testing.T, path string) {
	t.Helper()
	if status, body := p.request(t, "DELETE", path, ""); status != 200 {
		t.Fatalf("DELETE %s: %d %s", path, status, body)
	}
}

// request gives the status and the body of the answer; header has names and values by turns.
func (p *process) request(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// TestDataFull: SMTP says 452 4.3.1 while the disk is full, the API 507; deleting
// by the API makes room.
func TestDataFull(t *testing.T) {
	t.Parallel()
	root := catchertest.SmallDisk(t, "20m")
	p := start(t, "--data", filepath.Join(root, "data"))
	w := dialSMTP(t, p.smtp)
	text := strings.Repeat(strings.Repeat("x", 78)+"\r\n", 5000)
	send := func() string {
		w.ask("250", "MAIL FROM:<a@a.test>")
		w.ask("250", "RCPT TO:<b@b.test>")
		w.ask("354", "DATA")
		w.write(text + ".\r\n")
		return w.reply("")
	}
	kept := 0
	reply := send()
	for ; strings.HasPrefix(reply, "250") && kept < 1000; reply = send() {
		kept++
	}
	if !strings.HasPrefix(reply, "452 4.3.1 ") || kept < 10 {
		t.Fatalf("%d messages, then %q", kept, reply)
	}
	if n := len(p.list(t, "b@b.test")); n != kept {
		t.Errorf("%d messages of %d", n, kept)
	}
	status, body := p.request(t, "POST", "/v1/messages?to=c@c.test", text)
	for more := 0; status == 201 && more < 100; more++ { // the index may have let some room go meanwhile
		status, body = p.request(t, "POST", "/v1/messages?to=c@c.test", text)
	}
	if status != 507 {
		t.Errorf("POST: %d %s", status, body)
	}
	p.delete(t, "/v1/messages?all=true")
	for again := 0; again < 100; again++ {
		if reply = send(); strings.HasPrefix(reply, "250") {
			return
		}
	}
	t.Errorf("no mail after room was made: %q", reply)
}

// TestImportIntoData writes to a folder without a server, and exports from it.
func TestImportIntoData(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	mail := folderOf(t, map[string]string{
		"1.eml": "From: a@a.test\r\nTo: b@b.test\r\nSubject: one\r\n\r\nfirst\r\n",
		"2.eml": "From: a@a.test\r\nTo: c@c.test\r\nSubject: two\r\n\r\nsecond\r\n",
	})
	for _, args := range [][]string{
		{"import", "--data", data, mail},
		{"export", "--data", data, "--query", "subject:two", filepath.Join(mail, "out")},
		{"export", "--data", data, "--mailbox", "b@b.test", "--format", "mbox", filepath.Join(mail, "b.mbox")},
	} {
		if status, _, stderr := call(t, nil, "", args...); status != exitOK {
			t.Fatalf("%v: %d %s", args, status, stderr)
		}
	}
	files, err := filepath.Glob(filepath.Join(mail, "out", "*", "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.HasSuffix(string(text), "second\r\n") {
		t.Errorf("%q, %v", text, err)
	}
	mbox, err := os.ReadFile(filepath.Join(mail, "b.mbox"))
	if err != nil || !strings.Contains(string(mbox), "first\r\n") || strings.Contains(string(mbox), "second") {
		t.Errorf("%q, %v", mbox, err)
	}
}

// TestChosenPlace: the command line beats the environment, in which several places
// may be named.
func TestChosenPlace(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	file := write(t, "x.eml", "To: b@b.test\r\n\r\n\r\n")
	env := map[string]string{"POSTROOM_HTTP": deserted(t), "POSTROOM_SERVER": deserted(t)}
	if status, _, stderr := call(t, env, "", "import", "--data", data, file); status != exitOK {
		t.Errorf("--data beside POSTROOM_HTTP: %d %s", status, stderr)
	}
	if status, _, stderr := call(t, env, "", "import", file); status == exitOK || !strings.Contains(stderr, "HTTP API") {
		t.Errorf("POSTROOM_HTTP beside POSTROOM_SERVER: %d %s", status, stderr)
	}
	env = map[string]string{"POSTROOM_HTTP": "off", "POSTROOM_DATA": data}
	if status, _, stderr := call(t, env, "", "export", filepath.Join(t.TempDir(), "out")); status != exitOK || !strings.Contains(stderr, "exported 1 message") {
		t.Errorf("POSTROOM_DATA with POSTROOM_HTTP off: %d %s", status, stderr)
	}
}
