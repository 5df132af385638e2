package rule

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/dsn"
	"github.com/postroom/postroom/catcher/mail"
)

var update = flag.Bool("update", false, "write the golden file anew")

func mustParse(t testing.TB, line string) Rule {
	t.Helper()
	r, err := Parse(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return r
}

func TestParse(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Rule{
		`rcpt    to=*@slow.test first=2          reply 451 4.7.1 "Greylisted, try again later"`: {
			At: Rcpt, Match: []Term{{Field: "to", Any: []string{"*@slow.test"}}}, Times: Times{First: 2},
			Do: []Action{{Kind: Reply, Reply: mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "Greylisted, try again later"}}},
		},
		`dot     from=*@shop.test nth=3          drop after-store          # stored, but the 250 never arrives`: {
			At: Dot, Match: []Term{{Field: "from", Any: []string{"*@shop.test"}}}, Times: Times{Nth: 3}, Do: []Action{{Kind: Drop, Stored: true}},
		},
		`route   to=*@dead.test                  bounce 550 5.1.1 "User unknown" dialect=gmail after=5m`: {
			At: Route, Match: []Term{{Field: "to", Any: []string{"*@dead.test"}}},
			Do: []Action{{Kind: Bounce, Reply: mail.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "User unknown"}, Dialect: "gmail", After: 5 * time.Minute}},
		},
		`connect chance=5% seed=7 per=all client=10.0.0.0/8 expires=2026-01-02T03:04:05+01:00 owner="a b" delay 2s drip 1kB/s reply 421 "one" "" "a \"\\" close`: {
			At: Connect, Owner: "a b", Expires: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC),
			Match: []Term{{Field: "client", Any: []string{"10.0.0.0/8"}}}, Times: Times{Chance: 5, Seed: 7, Per: []string{"all"}},
			Do: []Action{{Kind: Delay, For: 2 * time.Second}, {Kind: Drip, Rate: 1000}, {Kind: Reply, Close: true, Reply: mail.Reply{Code: 421, Text: "one\n\na \"\\"}}},
		},
		`rcpt to=a to!=c to=b until=1d12h after=90s rate=20/min pass`: {
			At: Rcpt, Match: []Term{{Field: "to", Any: []string{"a", "b"}}, {Field: "to", Not: true, Any: []string{"c"}}},
			Times: Times{Until: 36 * time.Hour, After: 90 * time.Second, Rate: 20, RateTime: time.Minute}, Do: []Action{{Kind: Pass}},
		},
		`ehlo hide pipelining "delay" offer "SIZE 1000" X=1 reply 250`: {
			At: Ehlo, Do: []Action{{Kind: Hide, Keywords: []string{"PIPELINING", "DELAY"}}, {Kind: Offer, Keywords: []string{"SIZE 1000", "X=1"}}, {Kind: Reply, Reply: mail.Reply{Code: 250}}},
		},
		`handshake sni=*.shop.test port=1465 first=2 delay 1s tls wrong-name`: {
			At: Handshake, Match: []Term{{Field: "sni", Any: []string{"*.shop.test"}}, {Field: "port", Any: []string{"1465"}}}, Times: Times{First: 2},
			Do: []Action{{Kind: Delay, For: time.Second}, {Kind: TLS, Flaw: WrongName}},
		},
		`data drop rst after=10k`: {At: Data, Do: []Action{{Kind: Drop, Reset: true, Octets: 10000}}},
		`route autoreply "Gone" "fishing" after=1h`: {
			At: Route, Do: []Action{{Kind: AutoReply, Text: "Gone\nfishing", After: time.Hour}},
		},
	} {
		if got := mustParse(t, line); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, want)
		}
	}
}

// Canonical forms, and JSON: each says the same rule.
func TestRulesComeBack(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`rcpt    to=*@slow.test first=2          reply 451 4.7.1 "Greylisted, try again later"`:                 `rcpt to=*@slow.test first=2 reply 451 4.7.1 "Greylisted, try again later"`,
		`rcpt    to=full@*                       reply 552 5.2.2 "Mailbox full"`:                                `rcpt to=full@* reply 552 5.2.2 "Mailbox full"`,
		`connect chance=5% seed=7                reply 421 4.3.2 "Too busy"`:                                    `connect chance=5% seed=7 reply 421 4.3.2 "Too busy"`,
		`dot     from=*@shop.test nth=3          drop after-store          # stored, but the 250 never arrives`: `dot from=*@shop.test nth=3 drop after-store`,
		`data    to=*@drip.test                  drip 200B/s`:                                                   `data to=*@drip.test drip 200B/s`,
		`route   to=*@partner.test               relay smtp://mail:2525`:                                        `route to=*@partner.test relay smtp://mail:2525`,
		`route   to=*@dead.test                  bounce 550 5.1.1 "User unknown" dialect=gmail after=5m`:        `route to=*@dead.test bounce 550 5.1.1 "User unknown" dialect=gmail after=5m`,
		`route   to=*                            keep`:                                                          `route to=* keep`,
		`mail user!=* tls=no reply 530 5.7.0 "Must issue a STARTTLS command first"`:                             `mail user!=* tls=no reply 530 5.7.0 "Must issue a STARTTLS command first"`,
		`mail from="<>" from=/^a\d+@/ size=>10k reply gmail-rate close`:                                         `mail from=<> from=/^a\d+@/ size=>10k reply gmail-rate close`,
		`route query="subject:\"two words\"" lose`:                                                              `route query="subject:\"two words\"" lose`,
		`rset until=48h after=60m every=3 per=client,helo hang 120s`:                                            `rset every=3 until=2d after=1h per=client,helo hang 2m`,
		`quit name="x y" owner=me expires=2030-01-01T00:00:00Z garbage 1k`:                                      `quit name="x y" owner=me expires=2030-01-01T00:00:00Z garbage 1000`,
		`route warn 451 4.4.1 dialect=163`:                                                                      `route warn 451 4.4.1 dialect=163`,
		`route defer 451 4.4.1 "x" dialect=ses`:                                                                 `route defer 451 4.4.1 "x" dialect=ses`,
		`ehlo hide "DELAY" "delay" offer "A=B" "keep"`:                                                          `ehlo hide DELAY DELAY offer "A=B" "keep"`,
		`login rate=3/h reply 535`:                                                                              `login rate=3/h reply 535`,
		`retr query=has:html drop rst`:                                                                          `retr query=has:html drop rst`,
		`handshake sni!=* helo=app port!=465 tls not-yet-valid`:                                                 `handshake sni!=* helo=app port!=465 tls not-yet-valid`,
		`connect port=1025 port=2025 reply 421`:                                                                 `connect port=1025 port=2025 reply 421`,
		`route complain dialect=yahoo after=1h30m`:                                                              `route complain dialect=yahoo after=1h30m`,
	} {
		r := mustParse(t, line)
		if r.String() != want {
			t.Errorf("%s\n got %s\nwant %s", line, r, want)
		}
		comesBack(t, r)
	}
}

// comesBack writes a rule, and its actions, in each way, and reads them again.
func comesBack(t *testing.T, r Rule) {
	t.Helper()
	again, err := Parse(r.String())
	if err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("text %s\n%+v\n%+v, %v", r, r, again, err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Rule
	if err := json.Unmarshal(data, &decoded); err != nil || !reflect.DeepEqual(decoded, r) {
		t.Errorf("json %s\n%+v\n%+v, %v", data, r, decoded, err)
	}
	for _, a := range r.Do {
		if b, err := ParseAction(a.String()); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("action %s\n%+v\n%+v, %v", a, a, b, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"at":"rcpt","match":[{"field":"to","not":false,"any":["*@slow.test"]}],"times":{"first":2,"per":["to"]},"do":[{"action":"reply","code":451,"enhanced":"4.7.1","text":["Greylisted, try again later"]}]}`: `rcpt to=*@slow.test first=2 per=to reply 451 4.7.1 "Greylisted, try again later"`,
		`{"text":"rcpt to=a reply 550","owner":"me","name":"n","expires":"2030-01-01T00:00:00Z"}`:                                                                                                                  `rcpt to=a name=n owner=me expires=2030-01-01T00:00:00Z reply 550`,
		`{"at":"connect","times":{"rate":"20/min","chance":2.5,"until":"5m"},"do":[{"action":"delay","for":"2s"}]}`:                                                                                                `connect until=5m rate=20/min chance=2.5% delay 2s`,
		`{"at":"rcpt","do":[{"action":"reply","preset":"qq-rate"}]}`:                                                                                                                                               `rcpt reply qq-rate`,
		`{"at":"rcpt","do":[{"action":"reply","preset":"qq-rate","code":550}]}`:                                                                                                                                    `! preset "qq-rate" has a reply of its own`,
		`{"at":"rcpt","dod":[]}`:                                                                                                    `! json: unknown field "dod"`,
		`{"at":"rcpt","do":[{"action":"reply","code":550,"cod":1}]}`:                                                                `! json: unknown field "cod"`,
		`{"at":"rcpt","do":[{"action":"delay","for":"x"}]}`:                                                                         `! "x" is no time; it should be like 90s, 5m, 4h or 2d`,
		`{"at":"rcpt","do":[{"action":"pass","rate":5}]}`:                                                                           `! an action pass is more than "pass"`,
		`{"at":"rcpt","do":[{"action":"pass drip"}]}`:                                                                               `! "pass drip" is no action`,
		`{"at":"rcpt","match":[{"field":"to=a owner","any":["x"]}],"do":[{"action":"pass"}]}`:                                       `! no condition is called "to=a owner"`,
		`{"at":"rcpt","match":[{"field":"to","any":[]}],"do":[{"action":"pass"}]}`:                                                  `! condition "to" has no value`,
		`{"at":"rcpt","do":[{"action":"reply","code":550,"enhanced":"5"}]}`:                                                         `! "5" is no enhanced status code`,
		`{"at":"mail","match":[{"field":"size","any":[">1k"]},{"field":"size","any":["<5k"]}],"do":[{"action":"pass"}]}`:            `! a condition comes twice`,
		`{"at":"mail","match":[{"field":"size","any":[">1k"]},{"field":"size","not":true,"any":[">5k"]}],"do":[{"action":"pass"}]}`: `mail size=>1k size!=>5k pass`,
		`{"at":"ehlo","do":[{"action":"hide","keywords":["dsn"]}]}`:                                                                 `ehlo hide DSN`,
		`{"at":"handshake","do":[{"action":"tls","flaw":"self-signed"}]}`:                                                           `handshake tls self-signed`,
		`{"at":"handshake","do":[{"action":"tls","flaw":"red"}]}`:                                                                   `! column 15: tls red: it should be what is wrong with it`,
		`{"at":"handshake","do":[{"action":"drop","flaw":"expired"}]}`:                                                              `! an action drop is more than "drop"`,
		`{"at":"rcpt"}`:                              `! column 5: no action`,
		`{"text":"rcpt pass","at":"rcpt"}`:           `! "text" stands in place`,
		`{"text":"rcpt pass","times":{"first":2}}`:   `! "text" stands in place`,
		`{"text":"rcpt pas"}`:                        `! column 6: "pas" is neither`,
		`{"at":"rcpt","times":{"rate":"5"},"do":[]}`: `! "5" is no rate`,
	} {
		var r Rule
		err := json.Unmarshal([]byte(text), &r)
		got := r.String()
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want && !(strings.HasPrefix(want, "!") && strings.HasPrefix(got, want)) {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestIDIsInJSONOnly(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "rcpt pass")
	r.ID = "r7"
	data, err := json.Marshal(r)
	if want := `{"id":"r7","at":"rcpt","do":[{"action":"pass"}]}`; string(data) != want || err != nil {
		t.Errorf("%s, %v", data, err)
	}
	if r.String() != "rcpt pass" {
		t.Error(r)
	}
}

func TestParseFile(t *testing.T) {
	t.Parallel()
	rules, err := ParseFile("\ufeff# faults\r\n\r\nrcpt pass # all\r\n  \nroute keep")
	if err != nil || len(rules) != 2 || rules[0].ID != "f3" || rules[1].ID != "f5" || rules[1].At != Route {
		t.Errorf("%+v, %v", rules, err)
	}
	rules, err = ParseFile("rcpt pass\n\nrcpt to=a pas\n\"\n")
	want := "line 3, column 11: \"pas\" is neither a condition, such as to=*@a.test, nor an action\nline 4, column 1: unclosed quote"
	if rules != nil || err == nil || err.Error() != want {
		t.Errorf("%v, %v", rules, err)
	}
}

// TestErrors marks the place of each error below the rule.
func TestErrors(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, text := range []string{
		``, `# x`, `recpt pass`, `rcpt`, `rcpt to=a`, `rcpt "pass"`, `rcpt pass pass`, `rcpt reply 550 delay 2s`, `rcpt delay 1s delay 2s`,
		`connect to=a pass`, `login from=a pass`, `rcpt query=x pass`, `dot query="form:x" pass`, `dot query=after:2h pass`, `rcpt t=a pass`, `rcpt !=a pass`,
		`rcpt to= pass`, `rcpt to=/a pass`, `rcpt to=/a(/ pass`, `rcpt client=10.0.0.0/99 pass`, `mail size=10 pass`, `mail size=>10x pass`,
		`rcpt first=0 pass`, `rcpt first=x pass`, `rcpt first=1 first=2 pass`, `rcpt first!=1 pass`, `rcpt until=5 pass`, `rcpt until=-5m pass`, `rcpt until=0s pass`, `rcpt after=99999999d pass`,
		`rcpt rate=5 pass`, `rcpt rate=0/s pass`, `rcpt rate=5/week pass`, `rcpt chance=5 pass`, `rcpt chance=0% pass`, `rcpt chance=101% pass`, `rcpt seed=7 pass`, `rcpt chance=NaN% pass`,
		`rcpt per=x pass`, `mail per=to pass`, `rcpt per=all,to pass`, `rcpt per=to,to pass`, `rcpt name= pass`, `rcpt expires=tomorrow pass`,
		`rcpt reply`, `rcpt reply 99`, `rcpt reply 600`, `rcpt reply 550 busy`, `rcpt reply 550 "a" 5.1.1`, `rcpt reply 550 3.1.1`, `rcpt reply gmail-fast`, `rcpt reply gmail-rate "x"`, `rcpt reply 550 close close`, `rcpt reply 550 dialect=gmail`,
		`rcpt delay`, `rcpt delay x`, `rcpt delay 1s 2s`, `rcpt delay after=1s`, `data drip 200`, `data drip fast`, `rcpt hang 1s 2s`, `rcpt hang x`, `rcpt garbage`, `rcpt garbage 0`,
		`rcpt drop now`, `rcpt drop after=10`, `data drop after=x`, `data drop after=1 after=2`, `data drop after-store`, `rcpt hide X`, `ehlo hide`, `ehlo offer ""`, `rcpt pass x`,
		`rcpt keep`, `route pass`, `route relay`, `route relay mail`, `route bounce`, `route bounce 250`, `route bounce 550 dialect=gmial`, `route bounce 550 after=soon`, `route lose 250`, `route defer 550`, `route warn 550`, `route hold after=5m`, `route keep after=1s after=2s`, `route autoreply x`,
		`rcpt name="x pass`, "rcpt \x01 pass", "rcpt name=\xff pass", "handshake tls", "handshake tls red", "handshake tls expired broken", "handshake reply 421", "handshake tls expired drop", "starttls sni=x pass", "connect tls expired", "handshake per=sni tls expired", "handshake drop after=10k",
		`größe`, `rcpt name=größe x`, strings.Repeat("x", 8193),
	} {
		_, err := Parse(text)
		e := (*Error)(nil)
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(text) {
			t.Fatalf("%q: octets %d and %d more", text, e.Offset, e.Length)
		}
		if len(text) > 200 {
			text, e.Length = text[:60]+"…", 0
			e.Offset = 0
		}
		fmt.Fprintf(&b, "%q\n  at %q\n  %v\n", text, text[e.Offset:e.Offset+e.Length], err)
	}
	golden := "testdata/errors.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the errors are not those of %s (-update writes it):\n%s", golden, b.String())
	}
}

func TestParseActionTakesOne(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `# x`, `to=a`, `"keep"`, `delay 1s keep`, `relay`, `"`} {
		if a, err := ParseAction(text); err == nil {
			t.Errorf("%q is %+v", text, a)
		}
	}
}

func TestDialectsAreThoseOfReports(t *testing.T) {
	t.Parallel()
	var want []string
	for _, d := range []dsn.Dialect{dsn.Standard, dsn.Postfix, dsn.Exchange, dsn.IIS, dsn.Gmail, dsn.Yahoo, dsn.Exim, dsn.Qmail, dsn.SES, dsn.Net163} {
		want = append(want, string(d))
	}
	if !reflect.DeepEqual(dialects(), want) {
		t.Error(dialects(), want)
	}
}

// The documentation's table of stages, and each example in it, is what Parse takes.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "# The language")
	language, rest, _ := strings.Cut(rest, "# Stages")
	table, _, _ := strings.Cut(rest, "# Conditions")
	examples, documented := 0, 0
	for line := range strings.Lines(language) {
		if example, ok := strings.CutPrefix(line, "//\t"); ok {
			mustParse(t, strings.TrimSpace(example))
			examples++
		}
	}
	for line := range strings.Lines(table) {
		names, conditions, ok := strings.Cut(strings.TrimSpace(strings.ReplaceAll(line, "(POP3)", "")), "   ")
		if !ok || !strings.HasPrefix(names, "//\t") {
			continue
		}
		for _, name := range strings.Fields(names[len("//\t"):]) {
			if got := strings.Fields(conditions); !reflect.DeepEqual(got, known(Stage(name))) {
				t.Errorf("%s: documented are %v, known %v", name, got, known(Stage(name)))
			}
			documented++
		}
	}
	if examples != 5 || documented != len(stages()) {
		t.Errorf("%d examples, %d stages", examples, documented)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{
		`connect chance=5% seed=7 per=all client=10.0.0.0/8 expires=2026-01-02T03:04:05+01:00 owner="a b" delay 2s drip 1kB/s reply 421 "one" "" "a \"\\" close`,
		`ehlo hide pipelining "delay" offer "SIZE 1000" X=1 #x`, `route bounce 550 5.1.1 "x" dialect=gmail after=1d`, `data first=2 until=3m to=/a b/ drop rst after=1k`,
		`dot query="subject:x" size=>1k rate=3/min reply gmail-rate`, `route relay smtp://a:b@c/?d=e#f`, `route autoreply "" ""`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if r, err := Parse(line); err == nil && len(r.String()) <= maxLine {
			comesBack(t, r)
		}
	})
}

func FuzzParseAction(f *testing.F) {
	for _, text := range []string{`relay smtp://mail:2525`, `reply 550 5.1.1 "a" "b" close`, `bounce gmail-dmarc dialect=163 after=3h`, `offer "A=B" "keep"`, `hang`, `drip 1.5kB/s`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAction(text)
		if err != nil || len(a.String()) > maxLine {
			return
		}
		if b, err := ParseAction(a.String()); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%q\n%+v\n%q\n%+v, %v", text, a, a.String(), b, err)
		}
	})
}
