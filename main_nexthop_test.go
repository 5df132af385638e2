package main

// What is relayed by rules: to Postfix, and to another Postroom on its bad days.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/ui/api"
)

// A nextHop is a Postfix that takes mail for partner.test.
type nextHop struct {
	postfix
	address string
}

// startNextHop starts one that puts all mail into one Maildir, offers STARTTLS with
// a certificate of its own, refuses gone@, and refuses late@ for now.
func startNextHop(t *testing.T) nextHop {
	t.Helper()
	address := deserted(t)
	h := nextHop{startPostfix(t, address, map[string]string{
		"master.cf": "\n" + address + " inet n - n - - smtpd -o max_use=1\ntlsmgr unix - - n 1000? 1 tlsmgr\nvirtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\n",
		"main.cf": `
virtual_mailbox_domains = partner.test
virtual_mailbox_base = {{DIR}}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
message_size_limit = 100000
smtpd_recipient_restrictions = check_recipient_access texthash:{{DIR}}/etc/access, permit_mynetworks, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = {{DIR}}/etc/cert.pem
smtpd_tls_key_file = {{DIR}}/etc/cert.pem
`}), address}
	h.refuse(t, "gone@partner.test 550 5.1.1 Nobody of this name\nlate@partner.test 450 4.2.0 Greylisted here\n")
	if err := os.WriteFile(filepath.Join(h.dir, "etc", "cert.pem"), selfSigned(t, time.Hour), 0o600); err != nil {
		t.Fatal(err)
	}
	all := filepath.Join(h.dir, "mail")
	if err := os.Mkdir(all, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(all, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	await(t, "Postfix to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return h
}

// refuse says whom the next session of Postfix refuses.
func (h nextHop) refuse(t *testing.T, table string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, "etc", "access"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mails are those that arrived for a recipient.
func (h nextHop) mails(t *testing.T, rcpt string) []string {
	t.Helper()
	var all []string
	for _, path := range found(t, filepath.Join(h.dir, "mail", "all", "new", "*")) {
		if text := read(t, path); strings.Contains(text, "\nDelivered-To: "+rcpt+"\n") {
			all = append(all, text)
		}
	}
	return all
}

// awaitMails waits for so many mails for a recipient.
func (h nextHop) awaitMails(t *testing.T, rcpt string, n int) []string {
	t.Helper()
	await(t, fmt.Sprintf("%d mails for %s at Postfix", n, rcpt), func() bool { return len(h.mails(t, rcpt)) >= n })
	return h.mails(t, rcpt)
}

// log are all lines of Postfix's log so far that a pattern is found in, as what
// its group is.
func (h nextHop) log(t *testing.T, pattern string) []string {
	t.Helper()
	var all []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, filepath.Join(h.dir, "log")), -1) {
		all = append(all, match[1])
	}
	return all
}

// selfSigned is a certificate with its key, as PEM.
func selfSigned(t *testing.T, lasts time.Duration) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(lasts), DNSNames: []string{"client.test"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
}

// belowTrace is what stands below the header that Postroom adds.
func belowTrace(text string) string {
	_, rest, _ := strings.Cut(text, " (Postroom) with ")
	_, rest, _ = strings.Cut(rest, ";\n\t")
	_, rest, _ = strings.Cut(rest, "\n")
	return rest
}

// TestPostfixIsNextHop: Postfix takes what is relayed, byte for byte; its refusals
// become bounces, or are tried again.
func TestPostfixIsNextHop(t *testing.T) {
	t.Parallel()
	h := startNextHop(t)
	p := start(t)
	relay := func(to, options string) string { return "route to=" + to + " relay smtp://" + h.address + options }
	p.addRules(t, relay("strict@partner.test", "?tls=required"), relay("secret@partner.test", "?tls=required&verify=no"),
		relay("open@partner.test", "?tls=none"), relay("*@partner.test", ""))

	const body = "From: App <app@a.test>\r\nTo: bob@partner.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
		"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@a.test>\r\n\r\n.\r\n..\r\n.dot\r\n\ttab and space \r\n\r\n\r\n"
	p.sendMail(t, "app@a.test", body, "bob@partner.test", "gone@partner.test", "late@partner.test")
	got := h.awaitMails(t, "bob@partner.test", 1)
	wantBytes(t, "what Postfix has", belowTrace(got[0]), unix(body))
	wantParts(t, "what Postfix has", got[0], "Return-Path: <app@a.test>\n", " (Postfix) with ESMTPS id ")

	p.awaitCount(t, "app@a.test", 1)
	bounce := p.only(t, "app@a.test")
	wantParts(t, "the bounce", p.raw(t, bounce.ID), "Final-Recipient: rfc822; gone@partner.test", "Action: failed", "Status: 5.1.1",
		"Diagnostic-Code: smtp; 550 5.1.1", "Nobody of this name", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=")

	p.advance(t, "15m")
	if trail := p.trails(t, "@queue")["late@partner.test"]; trail != "queued deferred deferred" {
		t.Errorf("trail of what is greylisted: %s", trail)
	}
	h.refuse(t, "")
	p.advance(t, "30m")
	wantBytes(t, "what came late", belowTrace(h.awaitMails(t, "late@partner.test", 1)[0]), unix(body))
	if trail := p.trails(t, "@done")["late@partner.test"]; trail != "queued deferred deferred relayed" {
		t.Errorf("trail of what came late: %s", trail)
	}

	p.sendMail(t, "large@a.test", "Subject: large\r\n\r\n"+strings.Repeat("0123456789abcdef\r\n", 10_000), "bob@partner.test")
	p.awaitCount(t, "large@a.test", 1)
	wantParts(t, "the bounce of what is too large", p.raw(t, p.only(t, "large@a.test").ID), "Status: 5.3.4", "bob@partner.test")

	p.sendMail(t, "app@a.test", body, "strict@partner.test", "secret@partner.test", "open@partner.test")
	wantParts(t, "with TLS", h.awaitMails(t, "secret@partner.test", 1)[0], " (Postfix) with ESMTPS id ")
	if text := h.awaitMails(t, "open@partner.test", 1)[0]; !strings.Contains(text, " (Postfix) with ESMTP id ") {
		t.Errorf("with tls=none:\n%s", text)
	}
	p.advance(t, "1s")
	if trail := p.trails(t, "@queue")["strict@partner.test"]; trail != "queued deferred" {
		t.Errorf("trail of what is not sent to a stranger: %s", trail)
	}
}

// TestPostfixIsNextHopOfMany: a message for many goes in few transactions, and
// many messages over some connections.
func TestPostfixIsNextHopOfMany(t *testing.T) {
	t.Parallel()
	h := startNextHop(t)
	p := start(t, "--rules", write(t, "rules", "route to=*@partner.test relay smtp://"+h.address))
	const crowd, mails = 150, 45
	var to []string
	for n := range crowd {
		to = append(to, fmt.Sprintf("crowd%d@partner.test", n))
	}
	p.sendMail(t, "crowd@a.test", "Subject: crowd\r\n\r\n", to...)
	for n := range mails {
		p.sendMail(t, "many@a.test", fmt.Sprintf("Subject: mail %d\r\n\r\n", n), "bob@partner.test")
	}
	h.awaitMails(t, "bob@partner.test", mails)
	await(t, "the crowd's mails", func() bool {
		return len(found(t, filepath.Join(h.dir, "mail", "all", "new", "*"))) == crowd+mails
	})
	if n := h.log(t, `from=<crowd@a.test>, size=\d+, nrcpt=(\d+)`); !slices.Equal(n, []string{"100", "50"}) && !slices.Equal(n, []string{"50", "100"}) {
		t.Errorf("recipients of the transactions for the crowd: %v", n)
	}
	p.advance(t, "1s")
	connections := func() []string { return h.log(t, `disconnect from localhost\[127\.0\.0\.1\].* mail=(\d+)`) }
	await(t, "Postfix to count its sessions", func() bool {
		sum := 0
		for _, n := range connections() {
			count, _ := strconv.Atoi(n)
			sum += count
		}
		return sum == mails+2
	})
	for _, n := range connections() {
		if count, _ := strconv.Atoi(n); count > 20 {
			t.Errorf("%s messages over one connection", n)
		}
	}
	if n := len(connections()); n < 3 || n > 10+2 {
		t.Errorf("%d connections, want 3 at least", n)
	}
	for _, hop := range decode[api.Queue](t, p.get(t, "/v1/queue")).Hops {
		if hop.Waiting != 0 {
			t.Errorf("left: %+v", hop)
		}
	}
}

// TestNextHopBadDays: another Postroom is the next hop, and has a bad day. Nothing
// is lost, and nothing comes twice but where a 250 was lost.
func TestNextHopBadDays(t *testing.T) {
	for _, c := range []struct {
		name    string
		rules   []string       // of the next hop
		want    map[string]int // mails there after all
		bounced string         // to be found in the one bounce; "" for none
		again   bool           // the first attempt does not do
	}{
		{"nothing wrong", nil, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", false},
		{"421 after a while", []string{`connect first=1 delay 200ms reply 421 4.3.2 "Too busy"`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"drop at connect", []string{`connect first=1 drop rst`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"554 at connect", []string{`connect reply 554 5.3.2 "We take no mail"`}, map[string]int{"a@hop.test": 0, "b@hop.test": 0}, "We take no mail", false},
		{"no EHLO", []string{`ehlo nth=1 reply 502 5.5.1 "What?"`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", false},
		{"nothing offered", []string{`ehlo hide PIPELINING SIZE 8BITMIME DSN CHUNKING ENHANCEDSTATUSCODES`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", false},
		{"sender refused for now", []string{`mail nth=1 reply 451 4.7.1 "Later"`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"one refused", []string{`rcpt to=a@hop.test reply 550 5.1.1 "Never heard of a"`}, map[string]int{"a@hop.test": 0, "b@hop.test": 1}, "Never heard of a", false},
		{"one refused for now", []string{`rcpt to=a@hop.test first=1 reply 450 4.2.1 "Come back"`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"garbage", []string{`rcpt to=a@hop.test nth=1 garbage 1000`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"drop at RCPT", []string{`rcpt to=b@hop.test nth=1 drop`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"DATA refused for now", []string{`data nth=1 reply 452 4.3.1 "No room"`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"drop within DATA", []string{`data nth=1 drop after=5000`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"drop at the dot", []string{`dot nth=1 drop`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"lost 250", []string{`dot nth=1 drop after-store`}, map[string]int{"a@hop.test": 2, "b@hop.test": 2}, "", true},
		{"no reply to the dot", []string{`dot nth=1 hang`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", true},
		{"refused at the dot", []string{`dot reply 554 5.7.1 "Spam"`}, map[string]int{"a@hop.test": 0, "b@hop.test": 0}, "Spam", false},
		{"drop at QUIT", []string{`quit drop rst`}, map[string]int{"a@hop.test": 1, "b@hop.test": 1}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			hop := start(t, "--rules", write(t, "rules", strings.Join(c.rules, "\n")))
			p := start(t, "--relay-timeout", "2s", "--relay-data-timeout", "2s", "--rules", write(t, "rules", "route to=*@hop.test relay smtp://"+hop.smtp))
			body := "From: app@a.test\r\nSubject: bad day\r\n\r\n" + strings.Repeat("a line of some text\r\n.\r\n", 1000)
			p.sendMail(t, "app@a.test", body, "a@hop.test", "b@hop.test")
			p.advance(t, "1s")
			trails := p.trails(t, "@queue")
			if waits := len(trails) > 0; waits != c.again {
				t.Errorf("after the first attempt: %v\n%s", trails, p.get(t, "/v1/queue"))
			}
			p.advance(t, "15m")
			if left := p.trails(t, "@queue"); len(left) > 0 {
				t.Errorf("still there: %v", left)
			}
			for box, want := range c.want {
				list := hop.list(t, box)
				if len(list) != want {
					t.Errorf("%d mails for %s, want %d", len(list), box, want)
				}
				for _, m := range list {
					wantBytes(t, box, unix(belowTrace(unix(hop.raw(t, m.ID)))), unix(body))
				}
			}
			reports := p.list(t, "app@a.test")
			if want := c.bounced != ""; want != (len(reports) == 1) || len(reports) > 1 {
				t.Fatalf("%d reports", len(reports))
			}
			if c.bounced != "" {
				wantParts(t, "bounce", p.raw(t, reports[0].ID), c.bounced, "Action: failed")
			}
		})
	}
}

// TestNextHopComesUp: mail waits for a next hop that is down.
func TestNextHopComesUp(t *testing.T) {
	t.Parallel()
	address := deserted(t)
	p := start(t, "--rules", write(t, "rules", "route to=*@hop.test relay smtp://"+address))
	p.sendMail(t, "app@a.test", "Subject: early\r\n\r\n", "a@hop.test")
	p.advance(t, "15m")
	if trail := p.trails(t, "@queue")["a@hop.test"]; trail != "queued deferred deferred" {
		t.Errorf("trail: %s", trail)
	}
	hop := start(t, "--smtp", address)
	p.post(t, "/v1/queue", map[string]any{"do": "retry", "hop": "smtp://" + address})
	hop.awaitCount(t, "a@hop.test", 1)
	p.advance(t, "1s")
	if trail := p.trails(t, "@done")["a@hop.test"]; trail != "queued deferred deferred relayed" && trail != "queued deferred deferred retried relayed" {
		t.Errorf("trail: %s", trail)
	}
}

// TestRelaySettings: what next hops see of us, and who gets copies of bounces.
func TestRelaySettings(t *testing.T) {
	t.Parallel()
	hop := start(t, "--rules", write(t, "rules", `rcpt to=gone@hop.test reply 550 5.1.1 "Gone"`))
	p := start(t, "--domain", "inner.test", "--relay-helo", "outer.test", "--masquerade", "public.test", "--bounce-copy", "copies@a.test",
		"--rules", write(t, "rules", "route to=*@hop.test relay smtp://alice:secret@"+hop.smtp))
	p.sendMail(t, "app@inner.test", "Subject: from within\r\n\r\n", "box@hop.test", "gone@hop.test")
	p.sendMail(t, "app@a.test", "Subject: from elsewhere\r\n\r\n", "other@hop.test")
	p.advance(t, "1s")
	m := hop.only(t, "box@hop.test")
	if m.Envelope.From != "app@public.test" || m.Session.Helo != "outer.test" || m.Session.User != "alice" {
		t.Errorf("from <%s> by %q, who logged in as %q", m.Envelope.From, m.Session.Helo, m.Session.User)
	}
	if m := hop.only(t, "other@hop.test"); m.Envelope.From != "app@a.test" {
		t.Errorf("from <%s>", m.Envelope.From)
	}
	for _, box := range []string{"app@inner.test", "copies@a.test"} {
		wantParts(t, box, p.raw(t, p.only(t, box).ID), "Final-Recipient: rfc822; gone@hop.test")
	}
	if queue := string(p.get(t, "/v1/messages?mailbox=@done")); strings.Contains(queue, "secret") {
		t.Errorf("the password is shown: %s", queue)
	}
}

// TestMailLoop: mail that is relayed in a circle is given up.
func TestMailLoop(t *testing.T) {
	t.Parallel()
	p := start(t, "--max-hops", "5")
	p.addRules(t, "route to=*@loop.test relay smtp://"+p.smtp)
	p.sendMail(t, "app@a.test", "Subject: round and round\r\n\r\n", "box@loop.test")
	p.awaitCount(t, "app@a.test", 1)
	wantParts(t, "bounce", p.raw(t, p.only(t, "app@a.test").ID), "Status: 5.4.6", "Final-Recipient: rfc822; box@loop.test")
	if n := p.count(t, "@done"); n != 7 {
		t.Errorf("%d are done, want those with 0 to 5 Received headers, and the one that came back", n)
	}
}

// TestReleaseByHand: caught mail is sent on to other recipients, as README shows it.
func TestReleaseByHand(t *testing.T) {
	t.Parallel()
	catchertest.NeedProgram(t, "curl")
	hop, p := start(t), start(t)
	const body = "Subject: caught\r\n\r\n.\r\n"
	p.sendMail(t, "app@a.test", body, "bob@b.test")
	id := p.only(t, "bob@b.test").ID
	line := strings.NewReplacer("ID", id, "mail:25", hop.smtp).Replace(readmeBlock(t, "/release")[1])
	wantParts(t, line, p.shell(t, line), `"id":"`)
	hop.awaitCount(t, "me@real.example", 1)
	m := hop.only(t, "me@real.example")
	wantBytes(t, "what was released", unix(belowTrace(unix(hop.raw(t, m.ID)))), unix(body))
	if m.Envelope.From != "app@a.test" || p.count(t, "bob@b.test") != 1 {
		t.Errorf("from <%s>; %d are left here", m.Envelope.From, p.count(t, "bob@b.test"))
	}
}

// TestQueueActions: what waits can be let go, given another way, given up with
// and without a word, and brought back.
func TestQueueActions(t *testing.T) {
	t.Parallel()
	hop := start(t)
	p := start(t, "--rules", write(t, "rules", "route to=*@held.test hold\nroute to=*@lost.test lose"))
	ids := map[string]string{}
	for _, name := range []string{"thaw@held.test", "reroute@held.test", "bounce@held.test", "delete@held.test", "requeue@lost.test"} {
		p.sendMail(t, "app@a.test", "Subject: held\r\n\r\n", name)
	}
	for _, box := range []string{"@queue", "@badmail"} {
		for _, m := range p.list(t, box) {
			ids[m.Envelope.To[0]] = m.ID
		}
	}
	act := func(do, to, route string) {
		body := map[string]any{"do": do, "ids": []string{ids[to]}}
		if route != "" {
			body["route"] = route
		}
		if said := p.post(t, "/v1/queue", body); said != "{\"done\":1}\n" && said != `{"done":1}` {
			t.Errorf("%s: %s", do, said)
		}
	}
	act("thaw", "thaw@held.test", "")
	act("reroute", "reroute@held.test", "relay smtp://"+hop.smtp)
	act("thaw", "reroute@held.test", "")
	act("bounce", "bounce@held.test", "")
	act("delete", "delete@held.test", "")
	act("requeue", "requeue@lost.test", "")
	p.advance(t, "1s")
	for box, want := range map[string]string{
		"thaw@held.test": "held", "reroute@held.test": "", "bounce@held.test": "", "app@a.test": "Delivery failed", "delete@held.test": "", "requeue@lost.test": "held",
	} {
		if got := slices.Collect(maps.Keys(p.subjects(t, box))); want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%s has %q, want %q", box, got, want)
		}
	}
	hop.only(t, "reroute@held.test")
	if left := p.trails(t, "@queue"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
