package main

// Bad days of the program as a whole: what the tests of rules, queue and bounces
// have in common, the story that README tells, and its tables.

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

var update = flag.Bool("update", false, "write the tables of README anew")

// await asks again and again until something has happened.
func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !happened(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// post asks with JSON; the answer must have a status of success.
func (p *process) post(t *testing.T, path string, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.client.Post("http://localhost"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said bytes.Buffer
	if _, err := said.ReadFrom(resp.Body); err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("POST %s %s: status %d: %s, %v", path, text, resp.StatusCode, &said, err)
	}
	return said.String()
}

// advance moves the clock, and what fell due on the way is done.
func (p *process) advance(t *testing.T, by string) {
	t.Helper()
	p.post(t, "/v1/clock", map[string]any{"advance": by})
}

// addRules adds rules, a line each.
func (p *process) addRules(t *testing.T, rules ...string) {
	t.Helper()
	for _, text := range rules {
		p.post(t, "/v1/rules", map[string]any{"text": text})
	}
}

// attempts are those that a query string asks for, oldest first.
func (p *process) attempts(t *testing.T, query string) []api.Attempt {
	t.Helper()
	list := decode[api.Attempts](t, p.get(t, "/v1/attempts?limit=1000&"+query)).Attempts
	slices.Reverse(list)
	return list
}

// count says how many messages are in a mailbox.
func (p *process) count(t *testing.T, box string) int {
	t.Helper()
	return decode[api.Messages](t, p.get(t, "/v1/messages?limit=1&mailbox="+url.QueryEscape(box))).Total
}

// awaitCount waits for a mailbox to have at least so many messages.
func (p *process) awaitCount(t *testing.T, box string, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d messages in %q", n, box), func() bool { return p.count(t, box) >= n })
}

// trails are those of all deliveries in a mailbox, by recipient, as the words for
// what happened.
func (p *process) trails(t *testing.T, box string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, m := range p.list(t, box) {
		for _, d := range m.Deliveries {
			var did []string
			for _, s := range d.Trail {
				did = append(did, s.Did)
			}
			if d.Mailbox == box {
				all[d.Rcpt] = strings.Join(did, " ")
			}
		}
	}
	return all
}

// sendMail sends a mail that is to be accepted.
func (p *process) sendMail(t *testing.T, from, body string, to ...string) {
	t.Helper()
	if err := smtp.SendMail(p.smtp, nil, from, to, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// wantParts wants text to have all of these in it.
func wantParts(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: no %q in\n%.3000s", what, part, text)
		}
	}
}

// readmeBlock is the block of code in README that has a text in it.
func readmeBlock(t *testing.T, with string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(text), "```") {
		if i%2 == 1 && strings.Contains(block, with) {
			_, code, _ := strings.Cut(block, "\n")
			return strings.Split(strings.TrimSpace(code), "\n")
		}
	}
	t.Fatalf("README has no block of code with %q", with)
	return nil
}

// shell runs a line of README against the program.
func (p *process) shell(t *testing.T, line string) string {
	t.Helper()
	line = strings.ReplaceAll(line, "127.0.0.1:1025", p.smtp)
	o := execute(t, "", []string{"API=" + strings.TrimSuffix(p.page, "/") + "/v1"}, "sh", "-c", line)
	if o.status != 0 {
		t.Errorf("%s\nended with status %d\n%s%s", line, o.status, o.stdout, o.stderr)
	}
	return o.stdout
}

// TestReadmeStory: the next hop is down. The commands are those of README.
func TestReadmeStory(t *testing.T) {
	t.Parallel()
	catchertest.NeedProgram(t, "curl")
	swaks := catchertest.NeedProgram(t, "swaks")
	p := start(t)
	p.addRules(t, "route to=*@partner.test relay smtp://"+deserted(t))
	must(t, "", swaks, "--server", p.smtp, "--from", "<>", "--to", "carol@partner.test")
	for i, want := range [][]string{
		{"queued as"},
		{"bob@partner.test", `"state":"queued"`, "carol@partner.test"},
		{`"ahead":"12h0m`},
		{`"total":1`, "Delivery delayed"},
		{`"ahead":"48h0m`},
		{`"total":2`},
		{`"frozen":true`},
	} {
		line := readmeBlock(t, `"advance":"12h"`)[i]
		wantParts(t, line, p.shell(t, line), want...)
	}

	reports := p.list(t, "app@shop.test")
	wantParts(t, "the first report", p.raw(t, reports[0].ID), "Action: delayed", "Final-Recipient: rfc822; bob@partner.test", "Status: 4.4.1")
	wantParts(t, "the second report", p.raw(t, reports[1].ID), "Action: failed", "Final-Recipient: rfc822; bob@partner.test", "Status: 5.4.7")
	if trail := p.trails(t, "@done")["bob@partner.test"]; !strings.HasPrefix(trail, "queued deferred deferred") || !strings.Contains(trail, " warned ") || !strings.HasSuffix(trail, " bounced") {
		t.Errorf("trail of what was returned: %s", trail)
	}
	bad := p.only(t, "@badmail")
	if bad.Envelope.From != "" || bad.Deliveries[0].Rcpt != "carol@partner.test" || bad.Deliveries[0].State != "lost" {
		t.Errorf("in Badmail: %+v", bad.Deliveries)
	}
	wantParts(t, "what is Badmail", p.trails(t, "@badmail")["carol@partner.test"], "queued deferred", "lost")
	if n := p.count(t, "@queue"); n != 0 {
		t.Errorf("%d still wait", n)
	}
	curl := catchertest.NeedProgram(t, "curl")
	wantBytes(t, "Badmail by POP3", must(t, "", curl, "--silent", "--user", "@badmail:x", "pop3://"+p.pop3+"/1"), p.raw(t, bad.ID))
}

// TestReadmeRules: the commands of README that add a rule, show it and take it away.
func TestReadmeRules(t *testing.T) {
	t.Parallel()
	catchertest.NeedProgram(t, "curl")
	swaks := catchertest.NeedProgram(t, "swaks")
	p := start(t)
	send := func() string {
		return execute(t, "", nil, swaks, "--server", p.smtp, "--from", "a@a.test", "--to", "bob@slow.test").stdout
	}
	block := readmeBlock(t, "$API/attempts?to=bob@slow.test")
	add, show, remove, check, attempts := block[0], block[1], block[2], block[3], block[5]
	wantParts(t, add, p.shell(t, add), `"owner":"test-7"`)
	wantParts(t, "the first try", send(), "451 4.7.1 Greylisted")
	wantParts(t, show, p.shell(t, show), `"asked":1`, `"applied":1`)
	wantParts(t, remove, p.shell(t, remove), `"deleted":1`)
	wantParts(t, "the second try", send(), "250 2.0.0 OK: queued as")
	wantParts(t, check, p.shell(t, check), `"ok":false`, `"column":18`)
	wantParts(t, attempts, p.shell(t, attempts), `"did":"refused"`, `"enhanced":"4.7.1"`, `"stage":"rcpt"`)
	if n := len(p.attempts(t, "to=bob@slow.test")); n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
}

// TestReadmeRulesParse: each example of a rule is one.
func TestReadmeRulesParse(t *testing.T) {
	t.Parallel()
	for _, with := range []string{"reply 451 4.7.1 \"Greylisted, try again later\"", "handshake sni="} {
		block := readmeBlock(t, with)
		rules, err := rule.ParseFile(strings.Join(block, "\n"))
		if err != nil || len(rules) != len(block) {
			t.Errorf("%d of %d rules: %v", len(rules), len(block), err)
		}
	}
}

// TestReadmeTables: README has the tables of magic addresses, presets and magic names as
// the code has them.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	var b, names strings.Builder
	b.WriteString("\n| address | what happens |\n|---|---|\n")
	for _, m := range rule.MagicAddresses() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", m.Address, m.What)
	}
	b.WriteString("\nReal providers' replies, for rules (`reply NAME`) and as addresses (`NAME@sim.test`):\n\n| preset | reply |\n|---|---|\n")
	for _, p := range rule.Presets() {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", p.Name, p.Reply.Error())
	}
	names.WriteString("\n| name | what happens | as a rule does it |\n|---|---|---|\n")
	for _, m := range rule.MagicNames() {
		fmt.Fprintf(&names, "| `%s` | %s | `tls %s` |\n", m.Name, m.What, m.Flaw)
	}
	wantTable(t, "magic", b.String()+"\n")
	wantTable(t, "names", names.String()+"\n")
}

// wantTable compares a part of README, which stands between two comments.
func wantTable(t *testing.T, name, want string) {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	table, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("README has no place for the tables between %s and %s", begin, end)
	}
	if *update {
		table = want
		if err := os.WriteFile("README.md", []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if table != want {
		t.Errorf("the tables %q in README are not those of the code: run this test with -update", name)
	}
}

// A fate is what a magic address has to do to one mail, and what is there two
// days later.
type fate struct {
	says   string // is among what swaks shows
	kept   int    // in the recipient's mailbox
	report string // is in a report to the sender; "" when there is none
	did    string // of the first attempt; "" when there is none
	box    string // where else it lies; "" for nowhere
}

// fates are those of the examples of magic addresses, without their domains.
func fates() map[string]fate {
	const ok = "250 2.0.0 OK: queued as"
	return map[string]fate{
		"success":         {ok, 1, "", "", ""},
		"550":             {"<** 550 ", 0, "", "refused", ""},
		"450-4.2.1":       {"<** 450 4.2.1 ", 0, "", "refused", ""},
		"bounce":          {ok, 0, "Status: 5.1.1", "", "@done"},
		"bounce-5.2.2":    {ok, 0, "Status: 5.2.2", "", "@done"},
		"bounce-gmail":    {ok, 0, "Subject: Delivery Status Notification (Failure)", "", "@done"},
		"late-bounce-5m":  {ok, 0, "Status: 5.1.1", "", "@done"},
		"suppressionlist": {ok, 0, "suppression list", "", "@done"},
		"complaint":       {ok, 1, "Feedback-Type: abuse", "", "@done"},
		"ooto":            {ok, 1, "Auto-Submitted: auto-replied", "", "@done"},
		"delay":           {ok, 1, "Action: delayed", "", "@done"},
		"discard":         {ok, 0, "", "discarded", ""},
		"lose":            {ok, 0, "", "", "@badmail"},
		"hold":            {ok, 0, "", "", "@queue"},
		"defer":           {ok, 0, "Action: failed", "", "@done"},
		"greylist-2":      {"<** 450 4.2.0 ", 0, "", "refused", ""},
		"greylist-5m":     {"<** 450 4.2.0 ", 0, "", "refused", ""},
		"slow-3s":         {ok, 1, "", "", ""},
		"drip":            {ok, 1, "", "", ""},
		"drop":            {"closed connection", 0, "", "dropped", ""},
		"drop-rst":        {"RCPT TO:<drop-rst@", 0, "", "dropped", ""},
		"drop-data":       {"<-  354 ", 0, "", "dropped", ""},
		"drop-dot":        {"closed connection", 1, "", "dropped", ""},
		"drop-dot-lost":   {"closed connection", 0, "", "dropped", ""},
		"hang":            {"Timeout", 0, "", "hung", ""},
		"garbage":         {"RCPT TO:<garbage@", 0, "", "garbled", ""},
		"multiline":       {"<** 550-5.7.1 The first line\n<** 550-5.7.1 The second line\n<** 550 5.7.1 The last line\n", 0, "", "refused", ""},
		"full":            {"<** 552 5.2.2 Mailbox full", 0, "", "refused", ""},
		"disabled":        {"<** 550 5.2.1 ", 0, "", "refused", ""},
		"moved":           {"<** 551 5.1.6 User not local; please try <success@sim.test>", 0, "", "refused", ""},
		"toomany":         {"<** 452 4.5.3 ", 0, "", "refused", ""},
		"spam":            {"<** 554 5.7.1 ", 0, "", "refused", ""},
		"large":           {"<** 552 5.3.4 ", 0, "", "refused", ""},
		"dmarc":           {"<** 550 5.7.26 Unauthenticated email from app.test ", 0, "", "refused", ""},
		"ratelimit":       {ok, 1, "", "", ""},
		"gmail-rate":      {"<** 421 4.7.28 Gmail has detected", 0, "", "refused", ""},
	}
}

// TestMagicAddresses sends a mail to each by swaks, lets two days go by, and looks
// at what has become of it.
func TestMagicAddresses(t *testing.T) {
	t.Parallel()
	swaks := catchertest.NeedProgram(t, "swaks")
	p := start(t)
	wanted := fates()
	said, local := map[string]string{}, map[string]string{}
	var mu sync.Mutex
	var sending sync.WaitGroup
	rooms := make(chan struct{}, 4) // so many at once
	for i, m := range rule.MagicAddresses() {
		name, _, _ := strings.Cut(m.Example, "@")
		if _, ok := wanted[name]; !ok {
			t.Errorf("the test does not know what %s does", m.Example)
		}
		address := strings.Replace(m.Example, "@", "+label@", 1) // which changes nothing
		local[address] = name
		sending.Go(func() {
			rooms <- struct{}{}
			defer func() { <-rooms }()
			o := execute(t, "", nil, swaks, "--server", p.smtp, "--timeout", "10", "--from", sender(name, i), "--to", address,
				"--header", "Subject: "+address, "--body", strings.Repeat("text ", 40))
			mu.Lock()
			defer mu.Unlock()
			said[address] = strings.ReplaceAll(strings.ReplaceAll(o.stdout+o.stderr, "\r\n", "\n"), "+label@", "@")
		})
	}
	sending.Wait()
	p.advance(t, "49h")
	for i, m := range rule.MagicAddresses() {
		address := strings.Replace(m.Example, "@", "+label@", 1)
		p.wantFate(t, address, sender(local[address], i), said[address], wanted[local[address]])
	}
}

// sender is another for each address.
func sender(name string, i int) string { return name + strconv.Itoa(i) + "@app.test" }

func (p *process) wantFate(t *testing.T, address, from, said string, want fate) {
	t.Helper()
	wantParts(t, "swaks to "+address, said, want.says)
	if n := p.count(t, address); n != want.kept {
		t.Errorf("%s: %d are kept, want %d", address, n, want.kept)
	}
	reports := ""
	for _, m := range p.list(t, from) {
		reports += p.raw(t, m.ID)
	}
	if want.report == "" && reports != "" || !strings.Contains(reports, want.report) {
		t.Errorf("%s: want reports with %q, got\n%.2000s", address, want.report, reports)
	}
	did := ""
	if attempts := p.attempts(t, "to="+url.QueryEscape(address)); len(attempts) > 0 {
		did = attempts[0].Did
		if got := attempts[0].Rule; !strings.HasPrefix(got, "magic:") {
			t.Errorf("%s: the attempt names the rule %q", address, got)
		}
		if stored := attempts[0].Message != ""; stored != (want.kept > 0) {
			t.Errorf("%s: the attempt names message %q, and %d are kept", address, attempts[0].Message, want.kept)
		}
	}
	if did != want.did {
		t.Errorf("%s: attempt %q, want %q", address, did, want.did)
	}
	for _, box := range []string{"@queue", "@done", "@badmail"} {
		if _, in := p.trails(t, box)[address]; in != (box == want.box) {
			t.Errorf("%s: in %s? %v", address, box, in)
		}
	}
}

// TestMagicAgain: addresses that count, and the clock that they count by. The
// client is Python's smtplib.
func TestMagicAgain(t *testing.T) {
	t.Parallel()
	python := needPython(t)
	p := start(t)
	host, port := hostPort(t, p.smtp)
	const script = `
import smtplib, sys
for to in sys.argv[3:]:
    try:
        with smtplib.SMTP(sys.argv[1], int(sys.argv[2])) as s:
            s.sendmail("a@a.test", [to], "Subject: again\r\n\r\n")
        print(to, 250)
    except smtplib.SMTPRecipientsRefused as e:
        print(to, e.recipients[to][0])
    except smtplib.SMTPResponseException as e:
        print(to, e.smtp_code)
`
	send := func(to ...string) string {
		return must(t, script, python, append([]string{"-", host, port}, to...)...)
	}
	const grey, late, rate = "greylist-2@sim.test", "greylist-5m@sim.test", "ratelimit@sim.test"
	first := send(grey, late, rate, grey, late, rate, grey, late, rate, rate)
	wantBytes(t, "the first row", first, lines(grey+" 450", late+" 450", rate+" 250", grey+" 450", late+" 450", rate+" 250", grey+" 250", late+" 450", rate+" 250", rate+" 450", ""))
	p.advance(t, "5m")
	wantBytes(t, "after five minutes", send(late, rate), lines(late+" 250", rate+" 450", ""))
	p.advance(t, "20m")
	wantBytes(t, "after twenty-five minutes", send(rate, rate), lines(rate+" 250", rate+" 450", ""))
	counts := map[string]int{}
	for _, a := range p.attempts(t, "did=refused") {
		counts[a.To[0]]++
	}
	if want := map[string]int{grey: 2, late: 3, rate: 3}; !maps.Equal(counts, want) {
		t.Errorf("attempts %v, want %v", counts, want)
	}
}

// TestMagicOff: then nobody's address is special.
func TestMagicOff(t *testing.T) {
	t.Parallel()
	p := start(t, "--magic", "off")
	p.sendMail(t, "a@a.test", "Subject: plain\r\n\r\n", "550@sim.test", "bounce@simulator.amazonses.com")
	p.only(t, "550@sim.test")
	p.only(t, "bounce@simulator.amazonses.com")
}

// TestRulesPOP3: mailboxes that are locked, and downloads that break, for curl
// and poplib.
func TestRulesPOP3(t *testing.T) {
	t.Parallel()
	python, curl := needPython(t), catchertest.NeedProgram(t, "curl")
	p := start(t, "--rules", write(t, "rules", lines(
		`login user=locked@b.test first=2 reply 450 "[IN-USE] Somebody reads it"`,
		`retr  user=cut@b.test   nth=1   drop after=50`,
		`retr  query="subject:secret"   reply 550 "[SYS/PERM] Not this one"`)))
	host, port := hostPort(t, p.pop3)
	body := "Subject: hello\r\n\r\n" + strings.Repeat("a line of text\r\n", 20)
	p.sendMail(t, "a@a.test", body, "locked@b.test", "cut@b.test")
	p.sendMail(t, "a@a.test", "Subject: secret\r\n\r\n", "secret@b.test")

	const script = `
import poplib, sys
p = poplib.POP3(sys.argv[1], int(sys.argv[2]))
try:
    p.user("locked@b.test"); print(p.pass_("x").decode())
except poplib.error_proto as e:
    print(e.args[0].decode())
`
	login := func() string { return must(t, script, python, "-", host, port) }
	for range 2 {
		wantParts(t, "poplib", login(), "-ERR [IN-USE] Somebody reads it")
	}
	wantParts(t, "poplib at last", login(), "+OK")
	fetch := func(box string) outcome {
		return execute(t, "", nil, curl, "--silent", "--show-error", "--user", box+":x", "pop3://"+p.pop3+"/1")
	}
	if o := fetch("cut@b.test"); len(o.stdout) > 50 { // the status of curl is 0 all the same
		t.Errorf("curl got %d octets, want no more than 50", len(o.stdout))
	}
	if o := fetch("cut@b.test"); o.stdout != body {
		t.Errorf("the second time %d octets, want %d", len(o.stdout), len(body))
	}
	if o := fetch("secret@b.test"); o.status == 0 || o.stdout != "" {
		t.Errorf("curl ended with status %d and %q", o.status, o.stdout)
	}
}

// TestRulesFile: a file of rules is read again when it changes; with a mistake in
// it the old rules stay.
func TestRulesFile(t *testing.T) {
	t.Parallel()
	path := write(t, "rules", "# nothing yet\n\nrcpt to=one@b.test reply 550 5.1.1 \"first\"\n")
	p := start(t, "--rules", path)
	change := func(text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(to, with string) bool {
		err := smtp.SendMail(p.smtp, nil, "a@a.test", []string{to}, []byte("Subject: x\r\n\r\n"))
		return err != nil && strings.Contains(err.Error(), with)
	}
	if !refused("one@b.test", "first") {
		t.Error("the rule of the file does not apply")
	}
	change("rcpt to=one@b.test reply 550 5.1.1 \"second\"\n")
	await(t, "the new rule", func() bool { return refused("one@b.test", "second") })
	change("# fine\n  rcpt to=one@b.test replay 550\n")
	await(t, "the complaint", func() bool { return strings.Contains(p.errors.String(), "line 2, column 22: ") })
	if !refused("one@b.test", "second") {
		t.Error("the old rule does not apply any more")
	}
	p.addRules(t, `rcpt to=one@b.test reply 550 5.1.1 "added"`)
	if !refused("one@b.test", "added") {
		t.Error("the rule that was added does not come first")
	}
	change("rcpt to=two@b.test reply 550 5.1.1 \"third\"\n")
	await(t, "the third rule", func() bool { return refused("two@b.test", "third") })
	list := decode[api.Rules](t, p.get(t, "/v1/rules")).Rules
	if len(list) != 2 || list[0].Origin != "added" || list[1].Origin != "file" {
		t.Errorf("rules %+v", list)
	}
	if status, body := p.request(t, http.MethodDelete, "/v1/rules/"+list[1].ID, ""); status != http.StatusConflict {
		t.Errorf("DELETE of a rule of the file: %d %s", status, body)
	}
}

// TestDaysRefuse: what cannot be, in the flags of this file's subjects, is one line.
func TestDaysRefuse(t *testing.T) {
	program := binary(t)
	dir := t.TempDir()
	bad := write(t, "rules", "rcpt to=a@a.test reply 550\n# next\nroute to=*  rely smtp://mail\n")
	for _, c := range []struct {
		flags []string
		words []string
	}{
		{[]string{"--rules", bad}, []string{bad, "line 3, column 13: "}},
		{[]string{"--rules", dir + "/none"}, []string{dir + "/none", "no such file"}},
		{[]string{"--pickup", dir, "--drop", dir}, []string{dir, "same"}},
		{[]string{"--pickup", dir, "--badmail", dir + "/bad"}, []string{dir, "inside"}},
		{[]string{"--drop", dir + "/x/..", "--badmail", dir}, []string{dir, "same"}},
		{[]string{"--magic", "maybe"}, []string{"--magic", "maybe"}},
		{[]string{"--queue-retries", "15m,0"}, []string{"--queue-retries", "0"}},
		{[]string{"--queue-retries", "15m,,1h"}, []string{"--queue-retries"}},
		{[]string{"--queue-retries", "soon"}, []string{"--queue-retries", "soon"}},
		{[]string{"--queue-warn", "0"}, []string{"--queue-warn"}},
		{[]string{"--queue-expire", "-2d"}, []string{"--queue-expire", "-2d"}},
		{[]string{"--max-hops", "0"}, []string{"--max-hops"}},
		{[]string{"--relay-connections", "0"}, []string{"--relay-connections"}},
		{[]string{"--relay-connections-per-hop", "many"}, []string{"--relay-connections-per-hop", "many"}},
		{[]string{"--relay-messages", "0"}, []string{"--relay-messages"}},
		{[]string{"--relay-connect-timeout", "0"}, []string{"--relay-connect-timeout"}},
		{[]string{"--relay-timeout", "x"}, []string{"--relay-timeout", "x"}},
		{[]string{"--relay-data-timeout", "0s"}, []string{"--relay-data-timeout"}},
		{[]string{"--relay-helo", "a b"}, []string{"--relay-helo", "a b"}},
		{[]string{"--masquerade", "a b"}, []string{"--masquerade", "a b"}},
		{[]string{"--bounce-copy", "no one"}, []string{"--bounce-copy", "no one"}},
	} {
		t.Run(strings.Join(c.flags, " "), func(t *testing.T) {
			t.Parallel()
			wantOneLine(t, execute(t, "", nil, program, append(onFreePorts(), c.flags...)...), exitUsage, "postroom: ", c.words...)
		})
	}
}
