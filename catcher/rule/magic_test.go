package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func decide(s *Set, at Stage, to ...string) string {
	d := s.Decide(facts(at, to...))
	var b strings.Builder
	for _, a := range d.Do {
		b.WriteString(" " + a.String())
	}
	return strings.TrimPrefix(b.String(), " ")
}

// Each address of the table does what is said of it, at its stage and nowhere else.
func TestMagicTable(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"success@sim.test":                        `keep`,
		"550@sim.test":                            `reply 550 "Mailbox unavailable"`,
		"450-4.2.1@sim.test":                      `reply 450 4.2.1 "Mailbox disabled, not accepting messages"`,
		"bounce@sim.test":                         `bounce 550 5.1.1 "User unknown"`,
		"bounce-5.2.2@sim.test":                   `bounce 550 5.2.2 "Mailbox full"`,
		"bounce-gmail@sim.test":                   `bounce 550 5.1.1 "User unknown" dialect=gmail`,
		"late-bounce-5m@sim.test":                 `bounce 550 5.1.1 "User unknown" after=5m`,
		"suppressionlist@sim.test":                `bounce 550 5.1.1 "Recipient address is on the suppression list"`,
		"complaint@sim.test":                      `complain`,
		"ooto@sim.test":                           `autoreply`,
		"delay@sim.test":                          `warn 451 4.4.1 "No answer from host"`,
		"discard@sim.test":                        `discard`,
		"lose@sim.test":                           `lose 554 5.0.0 "Transaction failed"`,
		"hold@sim.test":                           `hold`,
		"defer@sim.test":                          `defer 451 4.4.1 "No answer from host"`,
		"greylist-2@sim.test":                     `reply 450 4.2.0 "<greylist-2@sim.test>: Recipient address rejected: Greylisted"`,
		"greylist-5m@sim.test":                    `reply 450 4.2.0 "<greylist-5m@sim.test>: Recipient address rejected: Greylisted"`,
		"slow-3s@sim.test":                        `delay 3s`,
		"drip@sim.test":                           `drip 200B/s`,
		"drop@sim.test":                           `drop`,
		"drop-rst@sim.test":                       `drop rst`,
		"drop-data@sim.test":                      `drop after=10`,
		"drop-dot@sim.test":                       `drop after-store`,
		"drop-dot-lost@sim.test":                  `drop`,
		"hang@sim.test":                           `hang`,
		"garbage@sim.test":                        `garbage 1000`,
		"multiline@sim.test":                      `reply 550 5.7.1 "The first line" "The second line" "The last line"`,
		"full@sim.test":                           `reply 552 5.2.2 "Mailbox full"`,
		"disabled@sim.test":                       `reply 550 5.2.1 "Mailbox disabled, not accepting messages"`,
		"moved@sim.test":                          `reply 551 5.1.6 "User not local; please try <success@sim.test>"`,
		"toomany@sim.test":                        `reply 452 4.5.3 "Too many recipients"`,
		"spam@sim.test":                           `reply 554 5.7.1 "Message rejected as spam"`,
		"large@sim.test":                          `reply 552 5.3.4 "Message too big for system"`,
		"dmarc@sim.test":                          `reply 550 5.7.26 "Unauthenticated email from shop.test is not accepted due to domain's DMARC policy"`,
		"ratelimit@sim.test":                      `reply 450 4.7.1 "Too many messages, slow down"`,
		"gmail-rate@sim.test":                     `reply 421 4.7.28 "Gmail has detected an unusual rate of mail originating from your IP address 10.1.2.3"`,
		"success@simulator.amazonses.com":         `keep`,
		"bounce@simulator.amazonses.com":          `bounce 550 5.1.1 "User unknown"`,
		"complaint@simulator.amazonses.com":       `complain`,
		"ooto@simulator.amazonses.com":            `autoreply`,
		"suppressionlist@simulator.amazonses.com": `bounce 550 5.1.1 "Recipient address is on the suppression list"`,
	}
	table := MagicAddresses()
	if len(table) != len(want) {
		t.Errorf("%d addresses, %d expected", len(table), len(want))
	}
	for _, row := range table {
		s := NewSet(Options{Magic: true})
		if row.Example == "ratelimit@sim.test" {
			for range 3 {
				decide(s, row.Stage, row.Example)
			}
		}
		for _, at := range stages() {
			expected := ""
			if at == row.Stage {
				expected = want[row.Example]
			}
			if got := decide(s, at, row.Example); got != expected {
				t.Errorf("%s at %s: %s, want %s", row.Example, at, got, expected)
			}
		}
		if row.What == "" || row.Address == "" {
			t.Errorf("%+v", row)
		}
	}
}

func TestMagicAddresses(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	for _, tc := range []struct {
		at   Stage
		to   string
		rule string
	}{
		{Rcpt, "550+x@SIM.Test", "magic:550@sim.test"},
		{Rcpt, "FULL@sim.test", "magic:full@sim.test"},
		{Rcpt, "421@sim.test", "magic:421@sim.test"},
		{Route, "BOUNCE+1@simulator.amazonses.com", "magic:bounce@simulator.amazonses.com"},
		{Rcpt, "full@simulator.amazonses.com", ""},
		{Rcpt, "alice@sim.test", ""},
		{Rcpt, "250@sim.test", ""},
		{Rcpt, "greylist-0@sim.test", ""},
		{Rcpt, "greylist-x@sim.test", ""},
		{Rcpt, "550-9.1.1@sim.test", ""},
		{Rcpt, "550@sim.test.example", ""},
		{Rcpt, "550@a.sim.test", ""},
		{Rcpt, "full", ""},
		{Rcpt, "@sim.test", ""},
		{Route, "bounce-nobody@sim.test", ""},
		{Route, "bounce-163@sim.test", "magic:bounce-163@sim.test"},
		{Rcpt, "yahoo-rate@sim.test", "magic:yahoo-rate@sim.test"},
		{Rcpt, "outlook-rate@sim.test", "magic:outlook-rate@sim.test"},
		{Rcpt, "qq-rate@sim.test", "magic:qq-rate@sim.test"},
	} {
		if got := s.Decide(facts(tc.at, tc.to)).Rule; got != tc.rule {
			t.Errorf("%s: %q, want %q", tc.to, got, tc.rule)
		}
	}
	if got := NewSet(Options{}).Decide(facts(Rcpt, "550@sim.test")); got.Rule != "" {
		t.Errorf("without magic: %+v", got)
	}
}

func TestLabelsCountApart(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	var got []string
	for _, to := range []string{"greylist-1@sim.test", "greylist-1+a@sim.test", "Greylist-1+A@sim.test", "greylist-1+b@sim.test", "greylist-1@sim.test"} {
		got = append(got, mark(decide(s, Rcpt, to) != ""))
	}
	if want := []string{"+", "+", "-", "+", "-"}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
	s.ResetCounters()
	if decide(s, Rcpt, "greylist-1@sim.test") == "" {
		t.Error("goes on counting")
	}
}

func TestGreylistingByTimeEnds(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	got := ""
	for _, minutes := range []int{0, 4, 5} {
		f := facts(Rcpt, "greylist-5m@sim.test")
		f.Now = start.Add(time.Duration(minutes) * time.Minute)
		got += mark(s.Decide(f).Rule != "")
	}
	if got != "++-" {
		t.Error(got)
	}
}

func TestFirstMagicRecipientWithSomethingToSayWins(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	if got := decide(s, Dot, "bob@a.test", "slow-3s@sim.test", "large@sim.test", "spam@sim.test"); got != `reply 552 5.3.4 "Message too big for system"` {
		t.Error(got)
	}
}

func TestCodesHaveFittingTexts(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	for to, want := range map[string]string{
		"421@sim.test":          `reply 421 "Service not available, closing transmission channel"`,
		"499@sim.test":          `reply 499 "Try again later"`,
		"599@sim.test":          `reply 599 "Refused"`,
		"550-5.9.9@sim.test":    `reply 550 5.9.9 "Mailbox unavailable"`,
		"552-5.2.2@sim.test":    `reply 552 5.2.2 "Mailbox full"`,
		"550-5.1.1000@sim.test": ``,
	} {
		if got := decide(s, Rcpt, to); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
}

func TestMagicAddressesAreForgottenAtLast(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	decide(s, Rcpt, "greylist-1@sim.test")
	for i := range maxMagic - 1 {
		decide(s, Rcpt, "450-4.2."+strconv.Itoa(i)+"@sim.test")
	}
	if got := decide(s, Rcpt, "greylist-1@sim.test"); got != "" {
		t.Error("too early:", got)
	}
	decide(s, Rcpt, "550@sim.test")
	if n := len(s.magic.rules); n != 1 {
		t.Error(n, "are remembered")
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, p := range Presets() {
		a, err := ParseAction("reply " + p.Name)
		if err != nil || a.Reply != p.Reply || seen[p.Name] || p.From == "" || p.Reply.Text == "" {
			t.Errorf("%+v, %v", p, err)
		}
		seen[p.Name] = true
	}
}

// TestOrdinaryAddressesDoNotWipeCounters: mail for any number of names that mean
// nothing leaves the counts of those that do.
func TestOrdinaryAddressesDoNotWipeCounters(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	refused := func(to string) bool {
		return len(s.Decide(&Facts{Stage: Rcpt, To: []string{to}}).Do) > 0
	}
	if !refused("greylist-1@sim.test") {
		t.Fatal("the first try is not refused")
	}
	for i := range 2 * maxMagic {
		if refused(fmt.Sprintf("user%d@sim.test", i)) {
			t.Fatal("an ordinary address is refused")
		}
	}
	if refused("greylist-1@sim.test") {
		t.Error("the second try is refused")
	}
}

// Each magic server name does what it is called after, when TLS begins and at no
// other time; case does not count.
func TestMagicNames(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	ask := func(s *Set, at Stage, sni string) string {
		f := &Facts{Stage: at, SNI: sni}
		d := s.Decide(f)
		if told := s.Explain(f); (d.Rule == "") != (len(told) == 0) {
			t.Errorf("%s: %q decides, %v explains", sni, d.Rule, told)
		}
		if len(d.Do) == 0 {
			return d.Rule
		}
		return d.Rule + " " + d.Do[0].String()
	}
	for _, m := range MagicNames() {
		if got, want := ask(s, Handshake, m.Name), "magic:"+m.Name+" tls "+string(m.Flaw); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for sni, want := range map[string]string{
		"EXPIRED.tls.Localhost": "magic:expired.tls.localhost tls expired",
		"red.tls.test":          "",
		"expired.test":          "",
		".tls.test":             "",
		"":                      "",
	} {
		if got := ask(s, Handshake, sni); got != want {
			t.Errorf("%q: got %q, want %q", sni, got, want)
		}
	}
	if got := ask(s, Connect, "expired.tls.test") + ask(NewSet(Options{}), Handshake, "expired.tls.test"); got != "" {
		t.Errorf("got %s", got)
	}
	if _, err := s.Add(mustParse(t, "handshake sni=expired.tls.test pass")); err != nil {
		t.Fatal(err)
	}
	if got := ask(s, Handshake, "expired.tls.test"); got != "r1 pass" {
		t.Errorf("an exception has no effect: %s", got)
	}
}
