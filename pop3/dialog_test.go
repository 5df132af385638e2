package pop3

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// TestDialogs plays the scripts of testdata. Each line of a script is one of
//
//	# …                     a comment
//	mail BOX… "BODY"        a mail comes in, for one or several mailboxes
//	gone N                  somebody else deletes the Nth mail
//	secret BOX WORD         the mailbox gets a secret
//	broken METHOD           from now on the store fails to list, open or delete; none: nothing fails
//	box BOX N               the mailbox has N deliveries now
//	rule STAGE ACTION…      a rule for the next time; see table.add
//	asked STAGE CLIENT USER SIZE  the rules were asked with these facts
//	waited TIME             so long the server was to wait in all
//	S! reset                the server resets the connection
//	C: TEXT                 the client sends TEXT and CRLF
//	C" TEXT"                the client sends the octets of this Go string, and nothing else
//	S: TEXT                 the server sends TEXT and CRLF; … stands for anything, {id N} for
//	                        the ID of the Nth mail
//	S" TEXT"                the server sends the octets of this Go string
//	S! closed               the server closes the connection, having sent nothing more
//	apop BOX WORD           the client sends APOP with the digest for this secret, which may be missing
//	account NAME WORD HOME PATTERN  there are accounts, and this is one; HOME may be -; PATTERN is a mailbox, or *
//	tls                     there is TLS; required: it is required; at once: clients begin with it
//	H: NAME                 the client begins TLS, trusting our authority, and asks for a name
//	H! NAME WHY             it does so in vain; WHY is as for S:
//	drop BOX                the client goes away, and the server has noticed: BOX is free
//
// Lines that start with C2, S2 and so on are about a second connection.
func TestDialogs(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.dialog")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".dialog"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			newPlay(t).perform(string(script))
		})
	}
}

// A play is one performance of a script, with a stage of its own.
type play struct {
	t       *testing.T
	backend *backend
	addr    string
	secrets map[string]string // must be complete before the first client
	mails   []mail.Message
	clients map[string]*client
	srv     *Server
	rules   *table
	where   string

	implicit bool // clients begin with TLS
}

func newPlay(t *testing.T) *play {
	p := &play{t: t, backend: newBackend(t), secrets: map[string]string{}, clients: map[string]*client{}, rules: &table{}}
	p.srv = &Server{Backend: p.backend, Domain: "post.test", Rules: p.rules, wait: p.rules.wait}
	return p
}

var stageDirection = regexp.MustCompile(`^(C|S|H|drop|apop)(\d*)([:"!]?)(?: (.*))?$`)

func (p *play) perform(script string) {
	for i, line := range strings.Split(script, "\n") {
		p.where = fmt.Sprintf("line %d: %s", i+1, line)
		if line == "" || line[0] == '#' {
			continue
		}
		if m := stageDirection.FindStringSubmatch(line); m != nil {
			p.talk(m[1]+m[3], p.client(m[2]), m[4])
			continue
		}
		p.prepare(strings.Fields(line), line)
	}
}

// prepare does what happens behind the scenes.
func (p *play) prepare(words []string, line string) {
	switch words[0] {
	case "mail":
		to, body, _ := strings.Cut(line, `"`)
		p.mails = append(p.mails, p.backend.put(p.t, p.unquote(body), strings.Fields(to)[1:]...))
	case "gone":
		m := p.mails[p.number(words[1])-1]
		for _, d := range m.Deliveries {
			p.backend.Store.Delete(p.t.Context(), d.ID)
		}
	case "account":
		accounts, _ := p.srv.Accounts.(someAccounts)
		p.srv.Accounts = append(accounts, [4]string(words[1:5]))
	case "tls":
		p.srv.TLS, p.srv.RequireTLS, p.implicit = testKeeper(), line == "tls required", line == "tls at once"
	case "secret":
		p.secrets[words[1]] = words[2]
		p.srv.Secret = func(user string) (string, bool) { s, ok := p.secrets[user]; return s, ok }
	case "rule":
		p.rules.mu.Lock()
		defer p.rules.mu.Unlock()
		p.rules.add(strings.TrimPrefix(line, "rule "))
	case "asked", "waited":
		p.rules.mu.Lock()
		defer p.rules.mu.Unlock()
		text := strings.Join(words[1:], " ")
		if words[0] == "waited" && p.rules.waited.String() != text || words[0] == "asked" && !slices.Contains(p.rules.asked, text) {
			p.t.Fatalf("%s: waited %s, asked %q", p.where, p.rules.waited, p.rules.asked)
		}
	case "broken":
		p.backend.broken.Store(words[1])
	case "box":
		if got, want := p.backend.count(p.t, words[1]), p.number(words[2]); got != want {
			p.t.Fatalf("%s: there are %d", p.where, got)
		}
	default:
		p.t.Fatalf("%s: not understood", p.where)
	}
}

// talk does what one client says or hears.
func (p *play) talk(kind string, c *client, text string) {
	switch kind {
	case "C:":
		c.send(text + "\r\n")
	case `C"`:
		c.send(p.unquote(text))
	case "S:":
		c.expect(p.where, p.pattern(text))
	case `S"`:
		c.expectExactly(p.where, p.unquote(text))
	case "S!":
		if text == "reset" {
			if _, err := io.ReadAll(c.in); !errors.Is(err, syscall.ECONNRESET) {
				p.t.Fatalf("%s: got %v", p.where, err)
			}
			return
		}
		c.expectClosed(p.where)
	case "H:":
		if err := c.beginTLS(text); err != nil {
			p.t.Fatalf("%s: %v", p.where, err)
		}
	case "H!":
		name, why, _ := strings.Cut(text, " ")
		if err := c.beginTLS(name); err == nil || !p.pattern(why).MatchString(err.Error()) {
			p.t.Fatalf("%s: got %v", p.where, err)
		}
	case "drop":
		c.conn.Close()
		waitUntilFree(p.t, p.srv, text)
	case "apop":
		box, secret, _ := strings.Cut(text, " ")
		digest := md5.Sum([]byte(c.stamp + secret))
		c.send("APOP " + box + " " + hex.EncodeToString(digest[:]) + "\r\n")
	default:
		p.t.Fatalf("%s: not understood", p.where)
	}
}

// waitUntilFree waits until the server has let go of a mailbox.
func waitUntilFree(t *testing.T, s *Server, box string) {
	t.Helper()
	s.mu.Lock()
	held := s.locks[box]
	s.mu.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s is still locked", box)
	}
}

var idPlaceholder = regexp.MustCompile(`\{id (\d+)\}`)

// pattern turns what a script says into a regular expression for a line.
func (p *play) pattern(text string) *regexp.Regexp {
	text = idPlaceholder.ReplaceAllStringFunc(text, func(s string) string {
		return p.mails[p.number(idPlaceholder.FindStringSubmatch(s)[1])-1].ID.String()
	})
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*") + "$")
}

func (p *play) unquote(text string) string {
	s, err := strconv.Unquote(`"` + strings.TrimSuffix(text, `"`) + `"`)
	if err != nil {
		p.t.Fatalf("%s: %v", p.where, err)
	}
	return s
}

func (p *play) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		p.t.Fatalf("%s: %v", p.where, err)
	}
	return n
}

// client returns a connection, made when it is first mentioned.
func (p *play) client(name string) *client {
	if p.addr == "" {
		p.addr = serveHow(p.t, p.srv, p.implicit)
	}
	if p.clients[name] == nil {
		p.clients[name] = dial(p.t, p.addr)
	}
	return p.clients[name]
}

// serve runs the server until the test ends, and returns its address.
func serve(t testing.TB, s *Server) string { return serveHow(t, s, false) }

// serveHow is serve, for clients that begin with TLS perhaps.
func serveHow(t testing.TB, s *Server, implicit bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, l, implicit) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error("Serve:", err)
		}
	})
	return l.Addr().String()
}

// A client speaks POP3 as badly as the test wants.
type client struct {
	t     testing.TB
	conn  net.Conn
	in    *bufio.Reader
	stamp string // of the greeting, once it was read
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{t: t, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
}

// login reads the greeting and logs in.
func login(t testing.TB, addr, user string) *client {
	t.Helper()
	c := dial(t, addr)
	c.line()
	c.ok("USER " + user)
	c.ok("PASS any")
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatalf("send %.60q: %v", text, err)
	}
}

// line reads one line and returns it with its CRLF.
func (c *client) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("after %q: %v", line, err)
	}
	if i := strings.IndexByte(line, '<'); c.stamp == "" && i >= 0 {
		c.stamp = strings.TrimSpace(line[i:])
	}
	return line
}

// ok sends a command that must succeed and returns the first line of the reply.
func (c *client) ok(command string) string {
	c.t.Helper()
	c.send(command + "\r\n")
	line := c.line()
	if !strings.HasPrefix(line, "+OK") {
		c.t.Fatalf("%s: %q", command, line)
	}
	return line
}

// body reads the rest of a multi-line reply as a strict client does, for which lines
// end with CRLF only, and undoes the stuffing after every LF, as it was done.
func (c *client) body() string {
	c.t.Helper()
	var b bytes.Buffer
	for {
		line := c.line()
		whole := b.Len() == 0 || bytes.HasSuffix(b.Bytes(), []byte("\r\n"))
		if line == ".\r\n" && whole {
			return b.String()
		}
		if line[0] == '.' {
			line = line[1:]
		}
		b.WriteString(line)
	}
}

func (c *client) expect(where string, pattern *regexp.Regexp) {
	c.t.Helper()
	line, ok := strings.CutSuffix(c.line(), "\r\n")
	if !ok || !pattern.MatchString(line) {
		c.t.Fatalf("%s: got %q", where, line)
	}
}

func (c *client) expectExactly(where, want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c.in, got)
	if err != nil || string(got) != want {
		c.t.Fatalf("%s: got %q, %v", where, got[:n], err)
	}
}

func (c *client) expectClosed(where string) {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Fatalf("%s: got %.200q, %v", where, rest, err)
	}
}
