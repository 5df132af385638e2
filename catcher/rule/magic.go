package rule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Domains of magic addresses.
const (
	simDomain = "sim.test"
	sesDomain = "simulator.amazonses.com" // Amazon's, for the names that it has
)

// Magic is a kind of address that makes something happen to mail for it. Between
// local part and @ there may be a +label: it changes nothing, but what is counted
// is counted for the whole address. In Address, N is a number, CODE a reply code,
// x.y.z a status code, TIME a time such as 5m, DIALECT that of a report. Local
// parts that are none of these are kept like any mail.
type Magic struct {
	Address string // pattern, such as "greylist-N@sim.test"
	Example string // an address of it
	Stage   Stage  // where it happens
	What    string // what happens

	pattern string // of the address
	rule    string // what it does; $1… are what the pattern has found
	ses     bool   // Amazon has it too
}

// standardText is replaced by what fits the code.
const standardText = "{standard}"

// MagicAddresses are all magic addresses, and what they do: there is no other
// table. A local part goes by the first that fits.
func MagicAddresses() []Magic {
	list := []Magic{
		{"success", "", Route, "is kept", `success`, `route keep`, true},
		{"CODE", "550", Rcpt, "refused with that code (400 to 599) and a text that fits", `([45]\d\d)`, `rcpt reply $1 "{standard}"`, false},
		{"CODE-x.y.z", "450-4.2.1", Rcpt, "refused with both codes and a text that fits", `([45]\d\d)-([245]\.\d+\.\d+)`, `rcpt reply $1 $2 "{standard}"`, false},
		{"bounce", "", Route, "accepted, and comes back: 550 5.1.1", `bounce`, `route bounce 550 5.1.1 "{standard}"`, true},
		{"bounce-x.y.z", "bounce-5.2.2", Route, "accepted, and comes back with that status", `bounce-(5\.\d+\.\d+)`, `route bounce 550 $1 "{standard}"`, false},
		{"bounce-DIALECT", "bounce-gmail", Route, "accepted, and comes back as that server writes: " + listOf(dialects()), `bounce-([a-z0-9]+)`, `route bounce 550 5.1.1 "{standard}" dialect=$1`, false},
		{"late-bounce-TIME", "late-bounce-5m", Route, "accepted, and comes back so much later", `late-bounce-(\w+)`, `route bounce 550 5.1.1 "{standard}" after=$1`, false},
		{"suppressionlist", "", Route, "accepted, and comes back: the address is on a suppression list", `suppressionlist`, `route bounce 550 5.1.1 "Recipient address is on the suppression list"`, true},
		{"complaint", "", Route, "is kept, and an abuse complaint comes", `complaint`, `route complain`, true},
		{"ooto", "", Route, "is kept, and an out-of-office reply comes", `ooto`, `route autoreply`, true},
		{"delay", "", Route, "is kept, and is reported as delayed", `delay`, `route warn 451 4.4.1 "{standard}"`, false},
		{"discard", "", Route, "accepted, and kept nowhere", `discard`, `route discard`, false},
		{"lose", "", Route, "accepted, and ends in Badmail", `lose`, `route lose 554 5.0.0 "{standard}"`, false},
		{"hold", "", Route, "waits in the queue until somebody lets it go", `hold`, `route hold`, false},
		{"defer", "", Route, "is tried in vain until it expires: 451 4.4.1", `defer`, `route defer 451 4.4.1 "{standard}"`, false},
		{"greylist-N", "greylist-2", Rcpt, "the first N tries are refused for now", `greylist-(\d+)`, `rcpt first=$1 reply 450 4.2.0 "<{to}>: Recipient address rejected: Greylisted"`, false},
		{"greylist-TIME", "greylist-5m", Rcpt, "refused for now until TIME after the first try of that client, sender, recipient", `greylist-(\w+)`, `rcpt until=$1 reply 450 4.2.0 "<{to}>: Recipient address rejected: Greylisted"`, false},
		{"slow-TIME", "slow-3s", Rcpt, "the reply to RCPT comes so much later", `slow-(\w+)`, `rcpt delay $1`, false},
		{"drip", "", Data, "the message is read at 200 octets a second", `drip`, `data drip 200B/s`, false},
		{"drop", "", Rcpt, "the connection is closed in place of the reply to RCPT", `drop`, `rcpt drop`, false},
		{"drop-rst", "", Rcpt, "so it is, with RST", `drop-rst`, `rcpt drop rst`, false},
		{"drop-data", "", Data, "the connection is closed within the message, after 10 octets", `drop-data`, `data drop after=10`, false},
		{"drop-dot", "", Dot, "the mail is stored, and the connection closed in place of the 250", `drop-dot`, `dot drop after-store`, false},
		{"drop-dot-lost", "", Dot, "the connection is closed in place of the 250, and nothing is stored", `drop-dot-lost`, `dot drop`, false},
		{"hang", "", Rcpt, "there is never a reply to RCPT", `hang`, `rcpt hang`, false},
		{"garbage", "", Rcpt, "the reply to RCPT is 1000 octets of nonsense", `garbage`, `rcpt garbage 1000`, false},
		{"multiline", "", Rcpt, "refused in three lines: 550 5.7.1", `multiline`, `rcpt reply 550 5.7.1 "The first line" "The second line" "The last line"`, false},
		{"full", "", Rcpt, "refused: 552 5.2.2", `full`, `rcpt reply 552 5.2.2 "{standard}"`, false},
		{"disabled", "", Rcpt, "refused: 550 5.2.1", `disabled`, `rcpt reply 550 5.2.1 "{standard}"`, false},
		{"moved", "", Rcpt, "refused: 551 5.1.6", `moved`, `rcpt reply 551 5.1.6 "User not local; please try <success@sim.test>"`, false},
		{"toomany", "", Rcpt, "refused for now: 452 4.5.3", `toomany`, `rcpt reply 452 4.5.3 "{standard}"`, false},
		{"spam", "", Dot, "refused after the dot: 554 5.7.1", `spam`, `dot reply 554 5.7.1 "Message rejected as spam"`, false},
		{"large", "", Dot, "refused after the dot: 552 5.3.4", `large`, `dot reply 552 5.3.4 "{standard}"`, false},
		{"dmarc", "", Dot, "refused after the dot: 550 5.7.26, as Gmail says it", `dmarc`, `dot reply gmail-dmarc`, false},
		{"ratelimit", "", Rcpt, "three an hour pass, more are refused for now: 450 4.7.1", `ratelimit`, `rcpt rate=3/h reply 450 4.7.1 "Too many messages, slow down"`, false},
		{"PRESET", "gmail-rate", Rcpt, "refused with that preset, such as gmail-rate, yahoo-rate, outlook-rate, qq-rate", `(` + strings.Join(presetNames(), "|") + `)`, `rcpt reply $1`, false},
	}
	var all []Magic
	for _, m := range list {
		all = append(all, m.within(simDomain))
	}
	for _, m := range list {
		if m.ses {
			all = append(all, m.within(sesDomain))
		}
	}
	return all
}

// A MagicName is a name of the server that makes something happen to whoever asks for
// it when TLS begins.
type MagicName struct {
	Name string // "expired.tls.test"; with magicNames' other suffix it is the same
	Flaw Flaw
	What string // what happens
}

// MagicNames are all of them.
func MagicNames() (list []MagicName) {
	for _, f := range flaws() {
		list = append(list, MagicName{string(f) + tlsDomain, f, flawMeaning(f)})
	}
	return list
}

// Suffixes of magic names. Some programs find localhost below the second by themselves.
const (
	tlsDomain      = ".tls.test"
	tlsDomainLocal = ".tls.localhost"
)

// within completes a row of the table for a domain.
func (m Magic) within(domain string) Magic {
	if m.Example == "" {
		m.Example = m.Address
	}
	m.Address += "@" + domain
	m.Example += "@" + domain
	m.pattern = `^` + m.pattern + `@` + regexp.QuoteMeta(domain) + `$`
	return m
}

// fitting is the usual text for a code: by its detail, or else by the code itself.
func fitting(code int, enhanced [3]int) string {
	texts := map[string]string{
		"1.1": "User unknown", "1.2": "Bad destination system address", "1.3": "Bad destination mailbox address syntax",
		"1.6": "Mailbox has moved", "1.8": "Bad sender's system address", "1.10": "Recipient address has null MX",
		"2.0": "Mailbox unavailable, try again later", "2.1": "Mailbox disabled, not accepting messages", "2.2": "Mailbox full",
		"2.3": "Message length exceeds administrative limit", "3.1": "Insufficient system storage",
		"3.2": "System not accepting network messages", "3.4": "Message too big for system", "4.1": "No answer from host",
		"4.2": "Bad connection", "4.4": "Unable to route", "4.6": "Routing loop detected", "4.7": "Delivery time expired",
		"5.1": "Invalid command", "5.3": "Too many recipients", "6.7": "Non-ASCII addresses not permitted", "7.0": "Authentication required",
		"7.1": "Delivery not authorized, message refused", "7.8": "Authentication credentials invalid", "7.25": "Reverse DNS validation failed",
		"7.26": "Multiple authentication checks failed", "7.28": "Mail flood detected",
		"421": "Service not available, closing transmission channel", "450": "Mailbox unavailable, try again later",
		"451": "Local error in processing, try again later", "452": "Insufficient system storage", "454": "Temporary failure, try again later",
		"500": "Command not recognized", "501": "Syntax error in parameters", "502": "Command not implemented", "503": "Bad sequence of commands",
		"504": "Parameter not implemented", "521": "Host does not accept mail", "530": "Authentication required", "535": "Authentication credentials invalid",
		"550": "Mailbox unavailable", "551": "User not local", "552": "Mailbox full", "553": "Mailbox name not allowed",
		"554": "Transaction failed", "555": "Parameters not recognized", "556": "Domain does not accept mail",
	}
	detail := strconv.Itoa(enhanced[1]) + "." + strconv.Itoa(enhanced[2])
	if text := texts[detail]; text != "" {
		return text
	}
	if text := texts[strconv.Itoa(code)]; text != "" {
		return text
	}
	if code < 500 {
		return "Try again later"
	}
	return "Refused"
}

// maxMagic is how many magic addresses, labels apart, are remembered with what they
// have counted; then all are forgotten.
const maxMagic = 1000

// magic gives magic addresses their rules.
type magic struct {
	table    []Magic
	patterns []*regexp.Regexp

	mu    sync.Mutex        // guards rules
	rules map[string]*entry // by address without label
}

func newMagic() *magic {
	m := &magic{table: MagicAddresses(), rules: make(map[string]*entry)}
	for _, row := range m.table {
		m.patterns = append(m.patterns, regexp.MustCompile(row.pattern))
	}
	return m
}

func (m *magic) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.rules)
}

// forName is the rule of the server name that TLS is asked for; nil when it is not
// magic.
func (m *magic) forName(f *Facts) *entry {
	name := strings.ToLower(f.SNI)
	flaw, ok := strings.CutSuffix(name, tlsDomain)
	if !ok {
		flaw, ok = strings.CutSuffix(name, tlsDomainLocal)
	}
	if f.Stage != Handshake || !ok || !slices.Contains(flaws(), Flaw(flaw)) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.rules[name]
	if e == nil {
		e, _ = newEntry(Rule{Name: "magic:" + name, At: Handshake, Do: []Action{{Kind: TLS, Flaw: Flaw(flaw)}}}, "") // without conditions it cannot fail
		m.rules[name] = e
	}
	return e
}

// decide asks for the first recipient that has something to say.
func (m *magic) decide(s *Set, f *Facts) Decision {
	if e := m.forName(f); e != nil && s.applies(e, f) {
		return s.decision(e, f)
	}
	for _, to := range f.To {
		address, ok := cutMagic(to)
		if !ok {
			continue
		}
		e := m.find(address)
		if e == nil || e.rule.At != f.Stage {
			continue
		}
		one := *f
		one.To = []string{to}
		if s.applies(e, &one) {
			return s.decision(e, &one)
		}
	}
	return Decision{}
}

// cutMagic takes the label off an address. It is false when the domain is not magic.
func cutMagic(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !strings.EqualFold(address[at+1:], simDomain) && !strings.EqualFold(address[at+1:], sesDomain) {
		return "", false
	}
	local, _, _ := strings.Cut(address[:at], "+")
	return strings.ToLower(local + address[at:]), true
}

// find returns the rule of an address without label; it is made once.
func (m *magic) find(address string) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.rules[address]
	if ok {
		return e
	}
	if e = m.compile(address); e == nil {
		return nil
	}
	if len(m.rules) >= maxMagic {
		clear(m.rules)
	}
	m.rules[address] = e
	return e
}

// compile makes the rule of an address; nil when it is not magic.
func (m *magic) compile(address string) *entry {
	for i, row := range m.table {
		found := m.patterns[i].FindStringSubmatchIndex(address)
		if found == nil {
			continue
		}
		r, err := Parse(string(m.patterns[i].ExpandString(nil, row.rule, address, found)))
		if err != nil {
			continue // "bounce-nobody" looks like a dialect, and is none
		}
		r.Name = "magic:" + address
		for j := range r.Do {
			if reply := &r.Do[j].Reply; reply.Text == standardText {
				reply.Text = fitting(reply.Code, reply.Enhanced)
			}
		}
		if e, err := newEntry(r, ""); err == nil {
			return e
		}
	}
	return nil
}
