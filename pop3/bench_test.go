package pop3

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// benchBody is a message of 2 KB in which nothing has to be stuffed.
var benchBody = "Subject: one\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", 32)

// BenchmarkLoopback is what a client sees over TCP on this machine.
func BenchmarkLoopback(b *testing.B) {
	for name, bench := range map[string]struct {
		messages, replies int
		commands          string
	}{
		"Login100000":         {100_000, 0, ""},
		"List100000":          {100_000, 1, "LIST\r\n"},
		"Uidl100000":          {100_000, 1, "UIDL\r\n"},
		"Retr10000Pipelined":  {10_000, 10_000, allOf("RETR", 10_000)},
		"Top0Of10000Together": {10_000, 10_000, strings.ReplaceAll(allOf("TOP", 10_000), "\r\n", " 0\r\n")},
	} {
		b.Run(name, func(b *testing.B) {
			addr := serveFull(b, bench.messages)
			for b.Loop() {
				login, commands := converseOver(b, addr, bench.commands, bench.replies)
				b.ReportMetric(float64(login.Milliseconds()), "login-ms")
				b.ReportMetric(float64(commands.Milliseconds()), "commands-ms")
			}
		})
	}
}

// serveFull serves a mailbox with so many messages.
func serveFull(b *testing.B, messages int) (addr string) {
	b.Helper()
	back := newBackend(b)
	for range messages {
		back.put(b, benchBody, alice)
	}
	return serve(b, &Server{Backend: back})
}

// converseOver logs in, sends all commands at once and reads so many replies of
// several lines. It returns how long the login took, and the commands.
func converseOver(b *testing.B, addr, commands string, replies int) (login, rest time.Duration) {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 256<<10)
	start := time.Now()
	for _, command := range []string{"", "USER " + alice + "\r\n", "PASS x\r\n"} {
		conn.Write([]byte(command))
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
			b.Fatalf("%q: %q, %v", command, line, err)
		}
	}
	login, start = time.Since(start), time.Now()
	var sending sync.WaitGroup
	sending.Go(func() { conn.Write([]byte(commands)) })
	defer sending.Wait()
	if err := skipReplies(r, replies); err != nil {
		b.Fatal(err)
	}
	rest = time.Since(start)
	conn.Write([]byte("QUIT\r\n"))
	r.ReadString('\n')
	return login, rest
}

// skipReplies looks only for the ends of the replies, so that it is the server
// that is measured.
func skipReplies(r *bufio.Reader, count int) error {
	end := []byte("\r\n.\r\n")
	for count > 0 {
		if _, err := r.Peek(len(end)); err != nil {
			return fmt.Errorf("%d replies are missing: %w", count, err)
		}
		text, _ := r.Peek(r.Buffered())
		n := bytes.Count(text, end)
		count -= n
		used := len(text) - len(end) + 1 // the start of an end may be among the last
		if last := bytes.LastIndex(text, end); last >= 0 {
			used = max(used, last+len(end))
		}
		r.Discard(used)
	}
	return nil
}

// BenchmarkRetrBesideDovecot has the same mail read by the same client, in turn
// from here and from Dovecot with a Maildir. Above 1, "dovecot/ours" says how many
// times as long Dovecot takes.
func BenchmarkRetrBesideDovecot(b *testing.B) {
	const messages = 10_000
	dovecot := startDovecot(b, messages)
	ours := serveFull(b, messages)
	commands := allOf("RETR", messages)
	retr := func(addr string) float64 {
		_, took := converseOver(b, addr, commands, messages)
		return took.Seconds() * 1000
	}
	retr(dovecot) // makes its index
	retr(ours)
	var theirs, own, ratios []float64
	for b.Loop() {
		theirs, own = append(theirs, retr(dovecot)), append(own, retr(ours))
		ratios = append(ratios, theirs[len(theirs)-1]/own[len(own)-1])
	}
	b.ReportMetric(median(own), "ours-ms")
	b.ReportMetric(median(theirs), "dovecot-ms")
	b.ReportMetric(median(ratios), "dovecot/ours")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// startDovecot runs a Dovecot of its own, with all it writes in a directory that
// goes with the benchmark. Run by root it needs another user for the mail, since
// Dovecot gives none to root.
func startDovecot(b *testing.B, messages int) (addr string) {
	b.Helper()
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/dovecot")
	}
	if err != nil {
		b.Skip("Dovecot is not installed: ", err)
	}
	owner, err := user.Current()
	if err == nil && owner.Uid == "0" {
		owner, err = user.Lookup("nobody")
	}
	if err != nil {
		b.Skip("no user to run Dovecot as: ", err)
	}
	dir := dovecotHome(b, owner, messages)
	port := freePort(b)
	conf := filepath.Join(dir, "dovecot.conf")
	if err := os.WriteFile(conf, []byte(dovecotConf(dir, owner, port)), 0o644); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "-F", "-c", conf)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	addr = "127.0.0.1:" + port
	if !answers(addr) {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		b.Skipf("Dovecot does not start here: %s", log)
	}
	return addr
}

// dovecotHome makes a directory with a Maildir of alice's that belongs to owner.
func dovecotHome(b *testing.B, owner *user.User, messages int) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "dovecot") // short: sockets will be in it
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	maildir := filepath.Join(dir, "mail", alice)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(maildir, sub), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	// Named and written as Dovecot itself does it: with both sizes, and LF.
	text := []byte(strings.ReplaceAll(benchBody, "\r\n", "\n"))
	for i := range messages {
		name := fmt.Sprintf("1700000000.M%06dP1.bench,S=%d,W=%d:2,", i, len(text), len(benchBody))
		if err := os.WriteFile(filepath.Join(maildir, "cur", name), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

func dovecotConf(dir string, owner *user.User, port string) string {
	group := owner.Gid
	if g, err := user.LookupGroupId(owner.Gid); err == nil {
		group = g.Name
	}
	return strings.NewReplacer("DIR", dir, "PORT", port, "USER", owner.Username, "GROUP", group, "UID", owner.Uid, "GID", owner.Gid).Replace(`
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = USER
default_internal_group = GROUP
default_login_user = USER
mail_location = maildir:DIR/mail/%u
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/mail/%u
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = PORT
  }
}
service anvil {
  chroot =
}
`)
}

func freePort(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answers waits for the greeting of a server that is just starting.
func answers(addr string) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		conn.SetDeadline(end)
		line, _ := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if strings.HasPrefix(line, "+OK") {
			return true
		}
	}
	return false
}
