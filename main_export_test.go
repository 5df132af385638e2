package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/archive"
	"github.com/postroom/postroom/catcher/mime/ugly"
	"github.com/postroom/postroom/ui/api"
)

// exports are the ways to write mail into a path.
func exports() map[string][]string {
	return map[string][]string{"eml": {"--format", "eml"}, "mbox": {"--format", "mbox"}, "maildir": {"--format", "maildir"}}
}

// httpAddress is that of a process's HTTP API.
func (p *process) httpAddress() string {
	return strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/")
}

// envelopeOf is the envelope of a message as one line.
func envelopeOf(m api.Summary) string {
	return fmt.Sprintf("<%s> to <%s>", m.Envelope.From, strings.Join(m.Envelope.To, "> <"))
}

// TestCorpusInFiles: all bad mails, out of one server and into others, in each
// format and by both doors.
func TestCorpusInFiles(t *testing.T) {
	t.Parallel()
	from, cases := start(t), ugly.All()
	for _, c := range cases {
		w := dialSMTP(t, from.smtp)
		w.sendBinary("a@a.test", c.Name+"@corpus.test", string(c.Body), 1<<20)
		w.ask("221", "QUIT")
	}
	for format, flags := range exports() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "archive")
			o := execute(t, "", nil, binary(t), slices.Concat([]string{"export", "--http", from.httpAddress()}, flags, []string{path})...)
			if want := fmt.Sprintf("exported %d messages (", len(cases)); o.status != exitOK || o.stdout != "" || !strings.HasPrefix(o.stderr, want) {
				t.Fatalf("export: %+v", o)
			}
			data := filepath.Join(t.TempDir(), "data")
			if o := execute(t, "", nil, binary(t), "import", "--data", data, path); o.status != exitOK {
				t.Errorf("import into a folder: %+v", o)
			}
			bySMTP, byHTTP, onDisk := start(t), start(t), start(t, "--data", data)
			if o := execute(t, "", nil, binary(t), "import", "--server", bySMTP.smtp, path); o.status != exitOK {
				t.Errorf("import by SMTP: %+v", o)
			}
			// The API wants mail that is not empty.
			if o := execute(t, "", nil, binary(t), "import", "--http", byHTTP.httpAddress(), path); o.status != exitFailed || !strings.Contains(o.stderr, "There is no mail") || !strings.Contains(o.stderr, "; 1 failed") {
				t.Errorf("import by HTTP: %+v", o)
			}
			for _, c := range cases {
				wantCase(t, bySMTP, c)
				wantCase(t, onDisk, c)
				if len(c.Body) > 0 {
					wantCase(t, byHTTP, c)
				}
			}
		})
	}
}

// wantCase wants a case in its mailbox, once and as it was.
func wantCase(t *testing.T, p *process, c ugly.Case) {
	t.Helper()
	list := p.list(t, c.Name+"@corpus.test")
	if len(list) != 1 || envelopeOf(list[0]) != "<a@a.test> to <"+c.Name+"@corpus.test>" {
		t.Errorf("%s: %d messages, %+v", c.Name, len(list), list)
		return
	}
	wantBytes(t, c.Name, p.raw(t, list[0].ID), string(c.Body))
}

// TestEnvelopeInFiles: whom a message was for comes back in each format, though
// no header says it; and of one mailbox only that.
func TestEnvelopeInFiles(t *testing.T) {
	t.Parallel()
	p := start(t)
	w := dialSMTP(t, p.smtp)
	for _, line := range []string{"MAIL FROM:<>", "RCPT TO:<\"Two Words\"@b.test>", "RCPT TO:<Alice@b.test>", "RCPT TO:<alice@b.test>", "RCPT TO:<../x@b.test>"} {
		w.ask("250", line)
	}
	w.ask("354", "DATA")
	w.ask("250", "From me\r\n.")
	w.ask("221", "QUIT")
	for format, flags := range exports() {
		for box, want := range map[string]string{"": `<> to <"Two Words"@b.test> <Alice@b.test> <../x@b.test>`, "ALICE@b.test": "<> to <Alice@b.test>"} {
			t.Run(format+box, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "archive")
				must(t, "", binary(t), slices.Concat([]string{"export", "--http", p.httpAddress(), "--mailbox", box}, flags, []string{path})...)
				to := start(t)
				must(t, "", binary(t), "import", "--server", to.smtp, path)
				list := to.list(t, "")
				if len(list) != 1 || envelopeOf(list[0]) != want {
					t.Fatalf("%d messages, %+v; want %s", len(list), list, want)
				}
				wantBytes(t, "body", to.raw(t, list[0].ID), "From me\r\n")
			})
		}
	}
}

// TestExportedTree: what is where.
func TestExportedTree(t *testing.T) {
	t.Parallel()
	p := start(t)
	w := dialSMTP(t, p.smtp)
	first, second := w.send("a@a.test", "b@b.test", plainMail), w.send("a@a.test", "../c@b.test", plainMail)
	dir := t.TempDir()
	must(t, "", binary(t), "export", "--http", p.httpAddress(), dir)
	got, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	want := []string{filepath.Join(dir, "%2E.%2Fc@b.test", second+".eml"), filepath.Join(dir, "b@b.test", first+".eml")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	again := execute(t, "", nil, binary(t), "export", "--http", p.httpAddress(), dir)
	wantOneLine(t, again, exitUsage, "postroom: ", dir, "--force")
	must(t, "", binary(t), "export", "--http", p.httpAddress(), "--force", dir)
}

// TestExportIntoImport: through a pipe nothing is lost either.
func TestExportIntoImport(t *testing.T) {
	t.Parallel()
	p, to := start(t), start(t)
	for i := range 30 {
		dialSMTP(t, p.smtp).sendBinary("a@a.test", fmt.Sprintf("box%d@b.test", i), fmt.Sprintf("%d, no line end", i), 100)
	}
	box := must(t, "", binary(t), "export", "--http", p.httpAddress(), "--format", "mbox", "-")
	must(t, box, binary(t), "import", "--server", to.smtp, "--jobs", "1", "-")
	list := to.list(t, "")
	if len(list) != 30 {
		t.Fatalf("%d messages", len(list))
	}
	for i, m := range list {
		if want := fmt.Sprintf("<a@a.test> to <box%d@b.test>", i); envelopeOf(m) != want {
			t.Errorf("%s, want %s", envelopeOf(m), want)
		}
		wantBytes(t, "body", to.raw(t, m.ID), fmt.Sprintf("%d, no line end", i))
	}
}

// lists serves a list of messages, two on a page, to who asks for a certain
// search, and raw for each. It returns the IDs, the oldest first.
func lists(t *testing.T, n int, raw http.HandlerFunc) (address string, ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("%026d", i))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/messages", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("q") != "subject:a b" || q.Get("mailbox") != "B@b.test" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"detail":"Not this.","errors":[{"message":"But that."}]}`)
			return
		}
		var page api.Messages
		rest := ids
		if before := q.Get("before"); before != "" {
			rest = ids[:slices.Index(ids, before)]
		}
		for len(rest) > 0 && len(page.Messages) < 2 {
			page.Next = rest[len(rest)-1]
			page.Messages = append(page.Messages, api.Summary{About: api.About{ID: page.Next, Deliveries: []api.Delivery{{Mailbox: "b@b.test", Rcpt: "b@b.test"}, {Mailbox: "c@b.test"}}}})
			rest = rest[:len(rest)-1]
		}
		if len(rest) == 0 {
			page.Next = ""
		}
		json.NewEncoder(w).Encode(page)
	})
	mux.HandleFunc("GET /v1/messages/{id}/raw", raw)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), ids
}

// ofSearch are the flags for what lists serves.
func ofSearch(address string, args ...string) []string {
	return append([]string{"export", "--http", address, "--query", "subject:a b", "--mailbox", "B@b.test"}, args...)
}

// TestExportOfSearch: all pages, the oldest message first, and only what is of
// the mailbox; what went away meanwhile is told.
func TestExportOfSearch(t *testing.T) {
	t.Parallel()
	address, ids := lists(t, 9, func(w http.ResponseWriter, r *http.Request) {
		if id := r.PathValue("id"); strings.HasSuffix(id, "4") {
			w.WriteHeader(http.StatusNotFound)
		} else {
			io.WriteString(w, id)
		}
	})
	path := filepath.Join(t.TempDir(), "box")
	status, stdout, stderr := call(t, nil, "", ofSearch(address, "--format", "mbox", path)...)
	told := strings.Split(strings.TrimSpace(stderr), "\n")
	if status != exitFailed || stdout != "" || len(told) != 2 || told[0] != "postroom: "+ids[4]+": 404 Not Found" || !strings.Contains(told[1], "exported 8 messages (208 B) in ") || !strings.HasSuffix(told[1], "; 1 failed") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	var got []string
	for m, err := range archive.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Facts == nil || strings.Join(m.Facts.To, " ")+strings.Join(m.Facts.Mailboxes, " ") != "b@b.testb@b.test" {
			t.Errorf("%s: %+v", m.Name, m.Facts)
		}
		got = append(got, m.Facts.ID.String())
	}
	if want := slices.Delete(slices.Clone(ids), 4, 5); !slices.Equal(got, want) {
		t.Errorf("messages %q, want %q", got, want)
	}
}

func TestExportOfBadSearch(t *testing.T) {
	t.Parallel()
	address, _ := lists(t, 1, http.NotFound)
	path := filepath.Join(t.TempDir(), "tree")
	status, stdout, stderr := call(t, nil, "", "export", "--http", address, "--query", "(", path)
	wantFailure(t, status, stdout, stderr, exitFailed, "list the messages: 400 Bad Request: Not this. But that.")
	if _, err := os.Stat(path); err == nil {
		t.Error("a target was made")
	}
}

// TestExportInterrupted: files that were written are whole and stay; an mbox does
// not come to be.
func TestExportInterrupted(t *testing.T) {
	t.Parallel()
	for format, flags := range exports() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		address, ids := lists(t, 9, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "3/raw") {
				cancel()
				<-r.Context().Done()
			}
			io.WriteString(w, r.PathValue("id"))
		})
		path := filepath.Join(t.TempDir(), "archive")
		var out, errs strings.Builder
		p := program{"postroom", func(string) string { return "" }, strings.NewReader(""), &out, &errs}
		status := p.run(ctx, append([]string{"postroom"}, ofSearch(address, append(flags, path)...)...))
		wantFailure(t, status, out.String(), errs.String(), exitFailed, "interrupted; exported ")
		if format == "mbox" {
			if _, err := os.Stat(path); err == nil {
				t.Error("there is half an mbox")
			}
			continue
		}
		n := 0
		for m, err := range archive.Read(path) {
			if err != nil || m.Facts == nil || m.Facts.ID.String() != ids[n] || n >= 3 {
				t.Errorf("%s: message %d is %+v, %v", format, n, m, err)
			}
			n++
		}
	}
}
