package pop3

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// FuzzSession lets a client say anything: the session ends, its reply lines are not
// over 512 octets (RFC 2449 §4), and without a QUIT nothing is deleted.
func FuzzSession(f *testing.F) {
	const in = "USER " + alice + "\r\nPASS x\r\n"
	for _, input := range []string{
		in + "STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n",
		in + "DELE 1\r\nDELE 2\nLIST 1\nUIDL 2",
		"CAPA\r\nLANG\r\nLANG *\r\nUTF8\r\nAUTH\r\nAUTH PLAIN\r\nAGFsaWNlQGV4YW1wbGUudGVzdAB4\r\nDELE 1\r\n",
		"AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB4\r\nNOOP\r\nXYZ\r\n" + strings.Repeat("x", 300) + "\r\nSTAT\r\n",
		"APOP " + alice + " 00000000000000000000000000000000\r\n",
		"USER " + strings.Repeat("a", 240) + "\r\nUSER @all\r\nPASS\r\nDELE 1\r\n quit \r\n",
		strings.Repeat("\n", 30),
		"USER " + alice + "*all\r\nPASS x\r\nSTAT\r\nQUIT\r\n",
		"CAPA\r\nSTLS\r\n" + in + "DELE 1\r\nQUIT\r\n",
		in + "STLS\r\nSTLS x\r\nQUIT\r\n",
	} {
		f.Add(input, true, "")
		f.Add(input, false, "\x00\x21\x00\x12\x05\x33")
	}
	f.Fuzz(func(t *testing.T, input string, secrets bool, faults string) {
		b := newBackend(t)
		b.put(t, "Subject: one\r\n\r\nfirst\r\n.\r\n", alice, "bob@example.test")
		b.put(t, "Subject: two\n\nsecond", alice)
		rules := &randomRules{choices: faults}
		s := &Server{Backend: b, TLS: testKeeper(), Rules: rules, wait: func(context.Context, time.Duration) {}}
		if len(input)%3 == 0 {
			s.Accounts = someAccounts{{alice, "x", alice, alice}, {"all", "x", "-", "*"}}
		}
		if secrets {
			s.Secret = func(user string) (string, bool) { return "x", user == alice }
		}
		c := converse(s, input)
		heard, _, _ := strings.Cut(c.out.String(), "+OK begin TLS\r\n") // what may follow is an alert of TLS
		for line := range strings.SplitAfterSeq(heard, "\n") {
			if len(line) > 512 {
				t.Fatalf("a line of %d octets: %q", len(line), line)
			}
		}
		if !strings.HasPrefix(c.out.String(), "+OK ") || !rules.applied && heard != "" && !strings.HasSuffix(heard, "\n") {
			t.Fatalf("replies: %q", c.out.String())
		}
		if b.deleted.Load() > 0 && !hasQuit(input) {
			t.Fatal("deleted without QUIT")
		}
		if len(s.locks) > 0 {
			t.Fatal("a mailbox stays locked")
		}
	})
}

// randomRules take what is to be done from the fuzzer's input, an octet for each
// decision, as long as there is any.
type randomRules struct {
	choices string
	applied bool
}

func (r *randomRules) Decide(*rule.Facts) rule.Decision {
	if r.choices == "" {
		return rule.Decision{}
	}
	choice := r.choices[0]
	r.choices = r.choices[1:]
	kinds := []rule.Kind{rule.Pass, rule.Reply, rule.Delay, rule.Drip, rule.Hang, rule.Drop, rule.Garbage, rule.Hide}
	octets := int64(choice >> 3)
	r.applied = true
	return rule.Decision{Rule: "r", Do: []rule.Action{{Kind: kinds[choice&7], For: time.Duration(octets), Rate: octets, Octets: octets, Reset: octets&1 > 0, Close: octets&2 > 0}}}
}

// hasQuit says whether a whole line of the input is QUIT.
func hasQuit(input string) bool {
	lines := strings.Split(input, "\n")
	for _, line := range lines[:len(lines)-1] {
		if strings.EqualFold(strings.Trim(strings.TrimSuffix(line, "\r"), " "), "QUIT") {
			return true
		}
	}
	return false
}

// benchmarkSession runs a session of these commands over n messages.
func benchmarkSession(b *testing.B, n int, body string, commands string) {
	back := newBackend(b)
	for range n {
		back.put(b, body, alice)
	}
	s := &Server{Backend: back}
	input := "USER " + alice + "\r\nPASS x\r\n" + commands + "QUIT\r\n"
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		s.session(b.Context(), b.Context(), &discard{in: strings.NewReader(input)}, false)
	}
}

func BenchmarkLogin100000(b *testing.B) { benchmarkSession(b, 100_000, "a: b\r\n", "") }
func BenchmarkList100000(b *testing.B)  { benchmarkSession(b, 100_000, "a: b\r\n", "LIST\r\n") }
func BenchmarkUidl100000(b *testing.B)  { benchmarkSession(b, 100_000, "a: b\r\n", "UIDL\r\n") }

func BenchmarkRetr10000Pipelined(b *testing.B) {
	const n = 10_000
	body := "Subject: one\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", 32)
	b.SetBytes(int64(n * len(body)))
	benchmarkSession(b, n, body, allOf("RETR", n))
}

// allOf is one command for each of n messages.
func allOf(verb string, n int) string {
	var commands strings.Builder
	for i := range n {
		commands.WriteString(verb + " " + strconv.Itoa(i+1) + "\r\n")
	}
	return commands.String()
}
