package smtpd_test

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/smtpd"
)

// faults are a Judge: what is done at a stage, always.
type faults map[rule.Stage]rule.Action

func (f faults) Decide(facts *rule.Facts) rule.Decision {
	if a, ok := f[facts.Stage]; ok {
		return rule.Decision{Rule: "fault", Do: []rule.Action{a}}
	}
	return rule.Decision{}
}

// A counter accepts all and counts.
type counter struct{ atomic.Int64 }

func (c *counter) Accept(context.Context, mail.Envelope, io.Reader) (mail.Receipt, error) {
	c.Add(1)
	return mail.Receipt{}, nil
}

func say(code int, enhanced [3]int, text string) rule.Action {
	return rule.Action{Kind: rule.Reply, Reply: mail.Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// TestForeignClients: curl and swaks take our faults for what they are.
func TestForeignClients(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		faults   faults
		fails    bool
		accepted int64
		swaks    string // what it shows
	}{
		{"busy", faults{rule.Connect: say(421, [3]int{4, 3, 2}, "Too busy")}, true, 0, "421 4.3.2 Too busy"},
		{"greeting of lines", faults{rule.Banner: say(220, [3]int{}, "mx.test ESMTP\nNo junk")}, false, 1, "220 No junk"},
		{"EHLO unknown", faults{rule.Ehlo: say(500, [3]int{}, "What")}, false, 1, " -> HELO "},
		{"mailbox full", faults{rule.Rcpt: say(552, [3]int{5, 2, 2}, "Mailbox full\nCome again")}, true, 0, "552 5.2.2 Come again"},
		{"spam", faults{rule.Dot: say(554, [3]int{5, 7, 1}, "Spam")}, true, 0, "554 5.7.1 Spam"},
		{"lost 250", faults{rule.Dot: {Kind: rule.Drop, Stored: true}}, true, 1, "Remote host closed connection"},
		{"drop in DATA", faults{rule.Data: {Kind: rule.Drop, Octets: 20}}, true, 0, "354 "},
		{"drips", faults{rule.Data: {Kind: rule.Drip, Rate: 1 << 20}, rule.Mail: {Kind: rule.Drip, Rate: 1000}}, false, 1, "250 2.1.0 Sender OK"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, program := range []string{"swaks", "curl"} {
				t.Run(program, func(t *testing.T) {
					t.Parallel()
					out, failed, accepted := send(t, catchertest.NeedProgram(t, program), tc.faults)
					if failed != tc.fails || accepted != tc.accepted || program == "swaks" && !strings.Contains(out, tc.swaks) {
						t.Errorf("failed: %t, accepted %d\n%s", failed, accepted, out)
					}
				})
			}
		})
	}
}

// send has a program send a mail to a server with faults.
func send(t *testing.T, program string, rules faults) (out string, failed bool, accepted int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var in counter
	s := &smtpd.Server{Acceptor: &in, IDs: mail.NewIDs(rand.Reader), Rules: rules}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()

	args := []string{"--server", l.Addr().String(), "--from", "a@a.test", "--to", "b@b.test", "--helo", "client.test"}
	cmd := exec.Command(program, args...)
	if strings.HasSuffix(program, "curl") {
		cmd = exec.Command(program, "--silent", "--verbose", "smtp://"+l.Addr().String()+"/client.test",
			"--mail-from", "a@a.test", "--mail-rcpt", "b@b.test", "--upload-file", "-")
		cmd.Stdin = strings.NewReader("Subject: test\r\n\r\nA mail of more than twenty octets.\r\n")
	}
	text, err := cmd.CombinedOutput()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return string(text), err != nil, in.Load()
}
