package main

// What the end-to-end tests have in common: the program, built once and run as a
// process, and what they ask it over HTTP.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/api"
)

// patience is how long anything in these tests may take: much longer than it does.
const patience = 2 * time.Minute

// buildDir is where the program is built; TestMain makes and removes it.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "postroom-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// build makes the program as it is released, when the first test needs it.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "postroom")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// binary is the path of the program.
func binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A process is the program as it serves.
type process struct {
	cmd                 *exec.Cmd
	smtp, pop3, page    string // as announced; "" for those that are off
	smtps, pop3s, https string
	errors              *record // stderr
	client              *http.Client
	ended               chan error // gives the end of the process, once
}

// A record is what a process says, and can be read while that goes on.
type record struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// onFreePorts are the flags with which serve disturbs nobody.
func onFreePorts() []string {
	return []string{"--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0", "--http", "127.0.0.1:0"}
}

// start runs the program on free ports until the test ends, which it has to do
// with status 0 when told to. Flags given later win.
func start(t *testing.T, flags ...string) *process {
	t.Helper()
	flags = slices.Concat(onFreePorts(), []string{"--log-level", "warn"}, flags)
	cmd := exec.Command(binary(t), flags...)
	cmd.Env = bareEnv(t)
	return launch(t, cmd)
}

// launch is start for a command that becomes the program.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, errors: &record{}, ended: make(chan error, 1)}
	p.cmd.Stderr = p.errors
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	announced := p.readAnnouncement(lines, listening(cmd.Args))
	go func() {
		for lines.Scan() { // whatever else it has to say
		}
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.stop(t)
		if said := p.errors.String(); said != "" && t.Failed() {
			t.Logf("the program said:\n%s", said)
		}
	})
	if !announced {
		t.Fatal("the program did not say where it listens")
	}
	p.client = &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: p.dialPage}}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// listening counts the doors that these flags leave open.
func listening(flags []string) int {
	n := 3
	for i, f := range flags {
		if f == "off" && slices.Contains([]string{"--smtp", "--pop3", "--http"}, flags[i-1]) {
			n--
		}
		if f == "--smtps" || f == "--pop3s" || f == "--https" {
			n++
		}
	}
	return n
}

// readAnnouncement reads where the doors are, and returns false when the output
// ends before that.
func (p *process) readAnnouncement(lines *bufio.Scanner, doors int) bool {
	for ; doors > 0 && lines.Scan(); doors-- {
		words := strings.Fields(lines.Text() + " - -")
		switch words[0] {
		case "SMTP":
			p.smtp = words[1]
		case "POP3":
			p.pop3 = words[1]
		case "Page":
			p.page = words[1]
		case "SMTPS":
			p.smtps = words[1]
		case "POP3S":
			p.pop3s = words[1]
		case "HTTPS":
			p.https = words[1]
		}
	}
	return doors == 0
}

// terminate tells the process to end.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// stop ends the process. Twice is fine.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.terminate(t)
	p.wait(t)
}

// wait wants the process to end by itself with status 0.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the program ended with %v\n%s", err, p.errors)
		}
	case <-time.After(patience):
		p.cmd.Process.Kill()
		t.Errorf("the program did not end: %v\n%s", <-p.ended, p.errors)
	}
	p.ended <- nil
}

// dialPage reaches the page on TCP or on a socket file.
func (p *process) dialPage(ctx context.Context, _, _ string) (net.Conn, error) {
	network, address := splitAddress(strings.TrimSuffix(strings.TrimPrefix(p.page, "http://"), "/"))
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// get asks the HTTP API, and returns what it answers with status 200.
func (p *process) get(t *testing.T, path string) []byte {
	t.Helper()
	status, body := p.ask(t, path)
	if status != http.StatusOK {
		t.Fatalf("GET %s: status %d: %.500s", path, status, body)
	}
	return body
}

func (p *process) ask(t *testing.T, path string) (status int, body []byte) {
	t.Helper()
	resp, err := p.client.Get("http://localhost" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return resp.StatusCode, body
}

// decode reads JSON and knows all of its fields.
func decode[V any](t *testing.T, data []byte) (v V) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.500s", err, data)
	}
	return v
}

// list returns the messages of a mailbox, or with "" all, the oldest first.
func (p *process) list(t *testing.T, box string) []api.Summary {
	t.Helper()
	v := decode[api.Messages](t, p.get(t, "/v1/messages?limit=1000&mailbox="+url.QueryEscape(box)))
	slices.Reverse(v.Messages)
	return v.Messages
}

// only returns the one message that a mailbox has to hold.
func (p *process) only(t *testing.T, box string) api.Message {
	t.Helper()
	list := p.list(t, box)
	if len(list) != 1 {
		t.Fatalf("%d messages in <%s>, want 1", len(list), box)
	}
	return p.message(t, list[0].ID)
}

func (p *process) message(t *testing.T, id string) api.Message {
	t.Helper()
	return decode[api.Message](t, p.get(t, "/v1/messages/"+id))
}

func (p *process) raw(t *testing.T, id string) string {
	t.Helper()
	return string(p.get(t, "/v1/messages/"+id+"/raw"))
}

// part returns a part of a message, decoded.
func (p *process) part(t *testing.T, m api.Message, part string) string {
	t.Helper()
	return string(p.get(t, "/v1/messages/"+m.ID+"/parts/"+part))
}

// events follows what has happened from the first event on until ctx, the test or
// the server ends; then the channel is closed.
func (p *process) events(ctx context.Context, t *testing.T) <-chan api.Event {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/v1/events?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan api.Event)
	go func() {
		defer close(events)
		defer resp.Body.Close()
		in := bufio.NewScanner(resp.Body)
		in.Buffer(nil, 64<<20)
		for in.Scan() {
			var frame []api.Event
			if data, ok := strings.CutPrefix(in.Text(), "data: "); ok && json.Unmarshal([]byte(data), &frame) != nil {
				return
			}
			for _, e := range frame {
				select {
				case events <- e:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return events
}

// awaitMail waits until so many messages have come in since the program started.
func (p *process) awaitMail(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for e := range p.events(ctx, t) {
		if e.Type == "lagged" {
			t.Fatal("events were missed")
		}
		if e.Type == "added" {
			n--
		}
		if n == 0 {
			return
		}
	}
	t.Fatalf("the events ended, with %d messages still to come", n)
}

// said writes the envelope and the session of a message as the client must have
// said them, one fact a line.
func said(m api.Message) string {
	var b strings.Builder
	e, s := m.Envelope, m.Session
	fmt.Fprintf(&b, "with %s", s.Protocol)
	if s.User != "" || s.Mechanism != "" {
		fmt.Fprintf(&b, " %s %s", s.Mechanism, s.User)
	}
	fmt.Fprintf(&b, "\nfrom <%s>", e.From)
	for _, p := range []struct{ name, value string }{{"BODY", e.Body}, {"RET", e.Ret}, {"ENVID", e.EnvID}} {
		if p.value != "" {
			fmt.Fprintf(&b, " %s=%s", p.name, p.value)
		}
	}
	if e.SMTPUTF8 {
		b.WriteString(" SMTPUTF8")
	}
	for _, r := range e.To {
		fmt.Fprintf(&b, "\nto <%s>", r.Address)
		if len(r.Notify) > 0 {
			fmt.Fprintf(&b, " NOTIFY=%s", strings.Join(r.Notify, ","))
		}
		if r.ORcpt != "" {
			fmt.Fprintf(&b, " ORCPT=%s", r.ORcpt)
		}
	}
	return b.String()
}

// lines joins lines as the test writes them.
func lines(l ...string) string { return strings.Join(l, "\n") }

// wantSaid compares what said tells.
func wantSaid(t *testing.T, m api.Message, want ...string) {
	t.Helper()
	if got := said(m); got != lines(want...) {
		t.Errorf("envelope and session:\n%s\nwant:\n%s", got, lines(want...))
	}
}

// wantBytes compares bodies and shows where they part.
func wantBytes(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: %d octets, want %d; from octet %d on\n %.200q\nwant\n %.200q", what, len(got), len(want), i, got[i:], want[i:])
}

// An outcome is how a program ended.
type outcome struct {
	status         int
	stdout, stderr string
}

// execute runs a program with a home of its own.
func execute(t *testing.T, stdin string, env []string, name string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience) // clean-ups call it too
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	cmd.Env = append(bareEnv(t), env...)
	cmd.WaitDelay = 10 * time.Second // a daemon that it leaves behind may hold its output
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	if cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, &stdout, &stderr)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// must runs a program that has to succeed, and returns its output.
func must(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	o := execute(t, stdin, nil, name, args...)
	if o.status != 0 {
		t.Fatalf("%s %q ended with status %d\n%s%s", filepath.Base(name), args, o.status, o.stdout, o.stderr)
	}
	return o.stdout
}

// bareEnv is an environment in which no settings of this machine's users count:
// neither clients' configuration files nor POSTROOM_ variables.
func bareEnv(t *testing.T) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "TZ=UTC", "LOGNAME=tester", "USER=tester"}
}

// skip leaves a test out, unless nothing may be left out.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("POSTROOM_TEST_ALL") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// needPython returns a Python 3 with the modules that it has always had.
func needPython(t *testing.T) string {
	t.Helper()
	return catchertest.NeedProgram(t, "python3")
}

// write makes a file for a client and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostPort splits an announced address.
func hostPort(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}
