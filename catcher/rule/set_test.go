package rule

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// facts are those of a recipient.
func facts(at Stage, to ...string) *Facts {
	return &Facts{Stage: at, Now: start, Client: "10.1.2.3", From: "app@shop.test", Known: true, To: to}
}

// setOf is a set with these rules.
func setOf(t testing.TB, lines ...string) *Set {
	t.Helper()
	s := NewSet(Options{Rand: strings.NewReader(strings.Repeat("seedseed", 100))})
	add(t, s, lines...)
	return s
}

func add(t testing.TB, s *Set, lines ...string) []Rule {
	t.Helper()
	var rules []Rule
	for _, line := range lines {
		rules = append(rules, mustParse(t, line))
	}
	rules, err := s.Add(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestConditions(t *testing.T) {
	t.Parallel()
	message := &query.Document{
		Message: &mail.Message{},
		Load:    func() (*query.Content, error) { return &query.Content{Subject: "Your invoice"}, nil },
	}
	broken := &query.Document{Message: &mail.Message{}, Load: func() (*query.Content, error) { return nil, errors.New("gone") }}
	for _, tc := range []struct {
		condition string
		facts     Facts
		want      bool
	}{
		{`to=*@a.test`, Facts{To: []string{"Bob@A.test"}}, true},
		{`to=*@a.test`, Facts{To: []string{"bob@a.test.b"}}, false},
		{`to=b?b@*`, Facts{To: []string{"bob@a.test"}}, true},
		{`to=b?b@*`, Facts{To: []string{"boob@a.test"}}, false},
		{`to=*a*b*c`, Facts{To: []string{"xaxbxbxc"}}, true},
		{`to=bob*`, Facts{To: []string{"bob"}}, true},
		{`to=bob?`, Facts{To: []string{"bob"}}, false},
		{`to=*a*b*c`, Facts{To: []string{"xaxbxbxcx"}}, false},
		{`to=a to=b`, Facts{To: []string{"b"}}, true},
		{`to=b`, Facts{To: []string{"a", "b"}}, true},
		{`to!=b`, Facts{To: []string{"a", "b"}}, false},
		{`to!=b to!=c`, Facts{To: []string{"a"}}, true},
		{`to!=b`, Facts{}, false},
		{`to=x@BÜCHER.test`, Facts{To: []string{"x@xn--bcher-kva.test"}}, true},
		{`to=/^a\d+@/`, Facts{To: []string{"A12@b"}}, true},
		{`to=/^a\d+@/`, Facts{To: []string{"ab@b"}}, false},
		{`from="<>"`, Facts{Known: true}, true},
		{`from="<>"`, Facts{Known: true, From: "a@b"}, false},
		{`from="<>"`, Facts{}, false},
		{`from!="<>"`, Facts{}, false},
		{`from!="<>"`, Facts{Known: true, From: "a@b"}, true},
		{`from=*`, Facts{Known: true}, true},
		{`client=10.0.0.0/8`, Facts{Client: "10.9.9.9"}, true},
		{`client=10.0.0.0/8`, Facts{Client: "::ffff:10.9.9.9"}, true},
		{`client=10.0.0.0/8`, Facts{Client: "11.9.9.9"}, false},
		{`client!=10.0.0.0/8`, Facts{Client: "unix"}, true},
		{`client!=10.0.0.0/8`, Facts{}, false},
		{`client=10.*`, Facts{Client: "10.9.9.9"}, true},
		{`helo=*.test`, Facts{Helo: "MX.test"}, true},
		{`helo=*`, Facts{}, false},
		{`helo=/.*/`, Facts{}, false},
		{`user=bob`, Facts{User: "bob"}, true},
		{`user!=*`, Facts{User: "bob"}, false},
		{`user!=*`, Facts{}, true},
		{`tls=yes`, Facts{TLS: "TLS 1.3"}, true},
		{`tls=yes`, Facts{}, false},
		{`tls=no`, Facts{}, true},
		{`tls!=no`, Facts{}, false},
		{`tls="TLS 1.2*"`, Facts{TLS: "TLS 1.3 x"}, false},
		{`tls="TLS 1.3*"`, Facts{TLS: "TLS 1.3 x"}, true},
		{`size=>10k`, Facts{Size: 10001}, true},
		{`size=>10k`, Facts{Size: 10000}, false},
		{`size=<1KiB`, Facts{Size: 1023}, true},
		{`size=<1KiB`, Facts{Size: 1024}, false},
		{`size=<1KiB`, Facts{}, false},
		{`size!=>10k size=>1k`, Facts{Size: 5000}, true},
		{`size!=>10k size=>1k`, Facts{Size: 500}, false},
		{`query=subject:invoice`, Facts{Message: message}, true},
		{`query=subject:order`, Facts{Message: message}, false},
		{`query!=subject:order`, Facts{Message: message}, true},
		{`query!=subject:order`, Facts{}, false},
		{`query!=subject:order`, Facts{Message: broken}, false},
	} {
		tc.facts.Stage = Dot
		got := setOf(t, "dot "+tc.condition+" pass").Decide(&tc.facts)
		if (got.Rule != "") != tc.want {
			t.Errorf("%s: %+v, want %v, facts %+v", tc.condition, got, tc.want, tc.facts)
		}
	}
}

// Each row asks at those minutes after the start, and lists when the rule applied.
func TestCounting(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`rcpt pass`:                                    "+++++++++",
		`rcpt first=2 pass`:                            "++-------",
		`rcpt nth=3 pass`:                              "--+------",
		`rcpt every=3 pass`:                            "--+--+--+",
		`rcpt until=3m pass`:                           "+++------",
		`rcpt after=3m pass`:                           "---++++++",
		`rcpt first=5 after=3m pass`:                   "---++----",
		`rcpt rate=2/h pass`:                           "--+++++-+",
		`rcpt rate=1/min pass`:                         "---------",
		`rcpt rate=1/d pass`:                           "-++++++++",
		`rcpt chance=100% pass`:                        "+++++++++",
		`rcpt to=x@* first=2 pass`:                     "---------",
		`rcpt chance=50% seed=7 pass`:                  chances(7, 50, 9),
		`rcpt chance=50% seed=8 pass`:                  chances(8, 50, 9),
		`rcpt until=3m chance=100% pass`:               "+++------",
		`rcpt nth=1 expires=2026-01-02T03:04:05Z pass`: "---------",
		`rcpt expires=2026-01-02T03:06:05Z pass`:       "++-------",
	} {
		s, got := setOf(t, rule), ""
		for _, minute := range []int{0, 1, 2, 3, 4, 5, 29, 30, 31} {
			f := facts(Rcpt, "a@b")
			f.Now = start.Add(time.Duration(minute) * time.Minute)
			got += mark(s.Decide(f).Rule != "")
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", rule, got, want)
		}
	}
}

func mark(applies bool) string {
	if applies {
		return "+"
	}
	return "-"
}

func chances(seed uint64, percent float64, n uint64) string {
	var marks strings.Builder
	for i := range n {
		marks.WriteString(mark(chance(seed, i+1, percent)))
	}
	return marks.String()
}

// The row must stay what it is: a seed that was printed is to do the same again.
func TestChanceIsDecidedByTheSeed(t *testing.T) {
	t.Parallel()
	if got, want := chances(7, 50, 20), "++--+++++++------+--"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, percent := range []float64{0.5, 5, 50, 99} {
		hits := strings.Count(chances(42, percent, 100_000), "+")
		if want := percent * 1000; float64(hits) < want*0.9 || float64(hits) > want*1.1 {
			t.Errorf("%v %%: %d of 100000", percent, hits)
		}
	}
}

// Which of a list of askers has a count of its own, under first=1.
func TestPer(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`rcpt first=1 pass`:                    "+-+---",
		`rcpt first=1 per=all pass`:            "+-----",
		`rcpt first=1 per=client pass`:         "+--+--",
		`rcpt first=1 per=from pass`:           "+---+-",
		`rcpt first=1 per=user pass`:           "+----+",
		`rcpt first=1 per=helo pass`:           "+----+",
		`rcpt first=1 per=client,from,to pass`: "+-+++-",
		`rcpt first=1 until=5m pass`:           "+-+++-",
		`route first=1 keep`:                   "+-+---",
		`mail first=1 pass`:                    "+---+-",
		`data first=1 pass`:                    "+---+-",
		`dot first=1 pass`:                     "+---+-",
		`data until=5m first=1 pass`:           "+-+++-",
		`mail until=5m first=1 pass`:           "+--++-",
		`connect first=1 pass`:                 "+--+--",
		`connect first=1 after=1s pass`:        "------",
		`auth first=1 pass`:                    "+----+",
		`login first=1 pass`:                   "+----+",
		`quit first=1 pass`:                    "+--+--",
	} {
		r := mustParse(t, rule)
		s, got := setOf(t, rule), ""
		for _, f := range []Facts{
			{Client: "1", From: "a", To: []string{"b"}},
			{Client: "1", From: "A", To: []string{"B"}},
			{Client: "1", From: "a", To: []string{"c"}},
			{Client: "2", From: "a", To: []string{"b"}},
			{Client: "1", From: "d", To: []string{"b"}},
			{Client: "1", From: "a", To: []string{"b"}, User: "u", Helo: "h"},
		} {
			f.Stage, f.Now, f.Known = r.At, start, true
			got += mark(s.Decide(&f).Rule != "")
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", rule, got, want)
		}
	}
}

func TestKeysLongestUnusedAreForgotten(t *testing.T) {
	t.Parallel()
	s := setOf(t, "rcpt first=1 pass")
	ask := func(i int) bool { return s.Decide(facts(Rcpt, strconv.Itoa(i))).Rule != "" }
	for i := range maxKeys {
		ask(i)
	}
	if ask(0) || !ask(maxKeys) || ask(0) || ask(2) || !ask(1) {
		t.Error("not the one longest unused was forgotten")
	}
	if n := len((*s.now.Load())[Rcpt][0].counter.keys); n != maxKeys {
		t.Error(n, "keys")
	}
}

func TestFirstRuleWins(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	expect := func(want string) {
		t.Helper()
		if got := s.Decide(facts(Rcpt, "550@sim.test")).Rule; got != want {
			t.Errorf("%q decides, want %q", got, want)
		}
	}
	expect("magic:550@sim.test")
	if _, err := s.SetFile(mustParse(t, "rcpt pass")); err != nil {
		t.Fatal(err)
	}
	expect("f1")
	add(t, s, "rcpt pass", "rcpt to=*@sim.test name=mine pass")
	expect("r1")
	if _, err := s.AddFirst(mustParse(t, "rcpt nth=2 pass"), mustParse(t, "route keep")); err != nil {
		t.Fatal(err)
	}
	expect("r1")
	expect("r3")
	if n := s.Remove("r1", "r3", "f1", "r99"); n != 2 {
		t.Error(n, "removed")
	}
	expect("mine")
	if _, err := s.SetAll(mustParse(t, "rcpt owner=t name=new pass"), mustParse(t, "route owner=t keep"), mustParse(t, "rcpt owner=u to=x pass")); err != nil {
		t.Fatal(err)
	}
	expect("new")
	if n := s.RemoveOwner("t"); n != 2 {
		t.Error(n, "removed")
	}
	expect("f1")
	if list := s.List(start); len(list) != 2 || list[0].Rule.ID != "r7" || list[0].Origin != "added" || list[1].Rule.ID != "f1" || list[1].Origin != "file" {
		t.Errorf("%+v", list)
	}
}

func TestAddIsAllOrNone(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{})
	good := mustParse(t, "rcpt pass")
	for _, bad := range []Rule{
		{},
		{At: Rcpt, Do: []Action{{Kind: Keep}}},
		{At: Rcpt, Do: []Action{{Kind: Pass, Rate: 5}}},
		{At: "rcpt to=a", Do: []Action{{Kind: Drip, Rate: -5}}},
		{At: Rcpt, Match: []Term{{Field: "subject", Any: []string{"a"}}}, Do: good.Do},
		{At: Rcpt, Name: "a\r\nb", Do: good.Do},
	} {
		if _, err := s.Add(good, bad); err == nil {
			t.Errorf("%+v was added", bad)
		}
	}
	if list := s.List(start); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if got := add(t, s, "rcpt pass"); got[0].ID != "r1" {
		t.Error(got)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	s := setOf(t, "rcpt first=1 pass", "rcpt to=z pass")
	s.Decide(facts(Rcpt, "a"))
	if r, err := s.Replace("r1", mustParse(t, "rcpt first=1 name=n pass")); err != nil || r.ID != "r1" {
		t.Error(r, err)
	}
	if got := s.Decide(facts(Rcpt, "a")).Rule; got != "n" {
		t.Error(got)
	}
	if _, err := s.Replace("r3", mustParse(t, "rcpt pass")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Replace("r1", Rule{}); err == nil || errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.SetFile(Rule{}); err == nil {
		t.Error("a file with a rule that is none")
	}
}

func TestFileRulesGoOnCounting(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{})
	set := func(text string) []Rule {
		t.Helper()
		rules, err := ParseFile(text)
		if err != nil {
			t.Fatal(err)
		}
		if rules, err = s.SetFile(rules...); err != nil {
			t.Fatal(err)
		}
		return rules
	}
	before := set("rcpt to=a first=1 reply 550\nrcpt to=b first=1 reply 550\nroute chance=5% keep")
	for _, to := range []string{"a", "b"} {
		s.Decide(facts(Rcpt, to))
	}
	after := set("# more\nrcpt to=a first=1 reply 550\nrcpt to=b first=1 reply 551\nroute chance=5% keep")
	if got := s.Decide(facts(Rcpt, "a")).Rule; got != "" {
		t.Error("counts anew:", got)
	}
	if got := s.Decide(facts(Rcpt, "b")).Rule; got != "f3" {
		t.Error("goes on counting:", got)
	}
	if after[2].Times.Seed == 0 || !reflect.DeepEqual(after[2].Times, before[2].Times) || after[2].ID != "f4" {
		t.Errorf("%+v, then %+v", before[2], after[2])
	}
	set("rcpt to=c first=1 reply 550")
	s.Decide(facts(Rcpt, "c"))
	set("rcpt to=c first=1 reply 550\nrcpt to=c first=1 reply 550")
	if a, b := s.Decide(facts(Rcpt, "c")).Rule, s.Decide(facts(Rcpt, "c")).Rule; a != "f2" || b != "" {
		t.Error("two rules of the same text count together:", a, b)
	}
}

func TestSeedIsGivenAndPrinted(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Rand: bytes.NewReader([]byte{0, 0, 1, 0, 9, 9, 9, 9})})
	rule := mustParse(t, "connect chance=5% drop")
	got := add(t, s, "connect chance=5% seed=3 drop", "connect chance=5% drop")
	if got[0].Times.Seed != 3 || got[1].String() != "connect chance=5% seed=257 drop" {
		t.Error(got)
	}
	if _, err := s.Add(rule); err == nil {
		t.Error("a seed of no randomness")
	}
}

func TestListTellsWhatRulesDid(t *testing.T) {
	t.Parallel()
	s := setOf(t, "rcpt to=a nth=2 pass", "rcpt expires=2026-01-02T03:04:06Z pass")
	for range 3 {
		s.Decide(facts(Rcpt, "a"))
	}
	list := s.List(start)
	if len(list) != 2 || list[0].Asked != 3 || list[0].Applied != 1 || !list[0].LastApplied.Equal(start) || list[1].Applied != 2 {
		t.Errorf("%+v", list)
	}
	s.ResetCounters("r1")
	if list = s.List(start.Add(time.Second)); len(list) != 1 || list[0].Asked != 0 || list[0].Applied != 0 || !list[0].LastApplied.IsZero() {
		t.Errorf("%+v", list)
	}
	s.Decide(facts(Rcpt, "a"))
	if got := s.Decide(facts(Rcpt, "a")).Rule; got != "r1" {
		t.Error("the second one after a reset:", got)
	}
}

func TestExpiredRulesAreDroppedOnTheWay(t *testing.T) {
	t.Parallel()
	s := setOf(t, "rcpt expires=2026-01-02T03:04:06Z pass")
	f := facts(Rcpt, "a")
	f.Now = start.Add(time.Second)
	if got := s.Decide(f); got.Rule != "" || len((*s.now.Load())[Rcpt]) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	s := setOf(t, `rcpt to=a reply gmail-rate`, `rcpt reply 550 "{from} at {from-domain} to {to}" "{x}"`)
	for to, want := range map[string]string{
		"a": "Gmail has detected an unusual rate of mail originating from your IP address 10.1.2.3",
		"b": "app@shop.test at shop.test to b\n{x}",
	} {
		for range 2 {
			if got := s.Decide(facts(Rcpt, to)).Do[0].Reply.Text; got != want {
				t.Errorf("%s: %q", to, got)
			}
		}
	}
	d := s.Decide(facts(Rcpt, "a")).Do[0]
	if a, err := ParseAction(d.String()); err != nil || a.Reply != d.Reply {
		t.Errorf("%s is %+v, %v", d, a, err)
	}
	f := facts(Rcpt, "b")
	f.From = ""
	if got := s.Decide(f).Do[0].Reply.Text; got != " at  to b\n{x}" {
		t.Errorf("%q", got)
	}
}

func TestSetIsUsedConcurrently(t *testing.T) {
	t.Parallel()
	s := NewSet(Options{Magic: true})
	if _, err := s.SetFile(mustParse(t, "rcpt first=100 reply 450")); err != nil {
		t.Fatal(err)
	}
	var applied [4]int
	var wg sync.WaitGroup
	for i := range applied {
		wg.Go(func() {
			for n := range 100 {
				if s.Decide(facts(Rcpt, "a@b")).Rule == "f1" {
					applied[i]++
				}
				s.Decide(facts(Rcpt, fmt.Sprintf("greylist-%d@sim.test", n)))
				rules, err := s.Add(mustParse(t, "route keep"))
				if err != nil || s.Remove(rules[0].ID) != 1 {
					t.Error(rules, err)
				}
				s.List(start)
			}
		})
	}
	wg.Wait()
	if n := applied[0] + applied[1] + applied[2] + applied[3]; n != 100 {
		t.Error(n, "of the first 100")
	}
}

func BenchmarkDecide(b *testing.B) {
	s := NewSet(Options{Magic: true})
	add(b, s, "dot pass")
	b.Run("no rules at the stage", func(b *testing.B) {
		f := facts(Rcpt, "bob@example.test")
		b.ReportAllocs()
		for b.Loop() {
			s.Decide(f)
		}
	})
	many := NewSet(Options{})
	for i := range 100 {
		add(b, many, fmt.Sprintf("rcpt to=*@host%d.test reply 550", i))
	}
	b.Run("100 rules that do not match", func(b *testing.B) {
		f := facts(Rcpt, "bob@example.test")
		b.ReportAllocs()
		for b.Loop() {
			many.Decide(f)
		}
	})
	b.Run("magic", func(b *testing.B) {
		f := facts(Rcpt, "greylist-2+x@sim.test")
		b.ReportAllocs()
		for b.Loop() {
			s.Decide(f)
		}
	})
}

func TestNothingIsAllocatedWithoutRules(t *testing.T) {
	s := NewSet(Options{Magic: true})
	f := facts(Rcpt, "bob@example.test")
	if n := testing.AllocsPerRun(100, func() { s.Decide(f) }); n != 0 {
		t.Error(n, "allocations")
	}
}
