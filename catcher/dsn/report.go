package dsn

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"mime"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/postroom/postroom/catcher/mail"
)

const (
	dateForm     = "Mon, 2 Jan 2006 15:04:05 -0700"
	maxMessageID = 500 // octets: longer ones are not referred to
)

// tidy is a copy in which every string is safe to be written as one line.
func (r *Report) tidy() *Report {
	t := *r
	if !slices.Contains([]Action{Delayed, Delivered, Relayed}, r.Action) {
		t.Action = Failed
	}
	t.Host, t.ID = cleanHost(r.Host), cleanID(r.ID)
	t.Original = r.Original.tidy()
	t.Recipients = nil
	for _, rc := range r.Recipients {
		rc.Rcpt.Address, rc.Rcpt.ORcpt = clean(rc.Rcpt.Address), clean(rc.Rcpt.ORcpt)
		switch {
		case !rc.coded():
			rc.Remote = "" // it was not there to say anything: RFC 3464 §2.3.5
		case rc.Remote != "":
			rc.Remote = cleanHost(rc.Remote)
		}
		if rc.Reply != nil {
			reply := *rc.Reply
			reply.Text = clean(reply.Text)
			rc.Reply = &reply
		}
		rc.Status = rc.status(t.Action)
		t.Recipients = append(t.Recipients, rc)
	}
	return &t
}

func (o Original) tidy() Original {
	o.Envelope.From, o.Envelope.EnvID = clean(o.Envelope.From), clean(o.Envelope.EnvID)
	return o
}

// cleanHost leaves the name or address of a host, without port.
func cleanHost(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && ip.Zone() == "" {
		return "[" + ip.String() + "]"
	}
	if ascii, err := idna.ToASCII(clean(s)); err == nil {
		s = ascii
	}
	s = strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == '_' || isAlnum(r) {
			return r
		}
		return -1
	}, s)
	return cmp.Or(s[:min(len(s), 255)], "localhost")
}

func cleanID(s string) string {
	s = strings.Map(func(r rune) rune {
		if isAlnum(r) {
			return r
		}
		return -1
	}, s)
	return cmp.Or(s[:min(len(s), 40)], "0")
}

func isAlnum(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// status is the enhanced code of RFC 3463 that the recipient gets.
func (rc *Recipient) status(action Action) [3]int {
	if valid(rc.Status) {
		return rc.Status
	}
	if rc.Reply != nil && valid(rc.Reply.Enhanced) {
		return rc.Reply.Enhanced
	}
	if rc.Reply != nil && valid([3]int{rc.Reply.Code / 100}) {
		return [3]int{rc.Reply.Code / 100}
	}
	switch action {
	case Failed:
		return [3]int{5, 0, 0}
	case Delayed:
		return [3]int{4, 4, 7}
	}
	return [3]int{2, 0, 0}
}

func valid(s [3]int) bool {
	return (s[0] == 2 || s[0] == 4 || s[0] == 5) && s[1] >= 0 && s[1] <= 999 && s[2] >= 0 && s[2] <= 999
}

func dotted(s [3]int) string { return fmt.Sprintf("%d.%d.%d", s[0], s[1], s[2]) }

// said is the reply in one line, "" for none.
func (rc *Recipient) said() string {
	switch {
	case rc.Reply == nil:
		return ""
	case !rc.coded():
		return rc.Reply.Text
	case valid(rc.Reply.Enhanced):
		return strings.TrimSpace(fmt.Sprintf("%d %s %s", rc.Reply.Code, dotted(rc.Reply.Enhanced), rc.Reply.Text))
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", rc.Reply.Code, rc.Reply.Text))
}

// coded says whether there is a reply with a code of SMTP.
func (rc *Recipient) coded() bool {
	return rc.Reply != nil && rc.Reply.Code >= 200 && rc.Reply.Code <= 599
}

// reason is what people are told; never empty.
func (rc *Recipient) reason(action Action) string {
	switch {
	case rc.said() != "":
		return rc.said()
	case action == Failed:
		return "delivery failed"
	case action == Delayed:
		return "delivery is delayed"
	}
	return "delivery succeeded"
}

// Values of fields. The gap goes between a type and what it is the type of: some
// servers write a space there and some do not.

func optional(name, value string) []field {
	if value == "" {
		return nil
	}
	return []field{{name: name, value: value}}
}

func optionalTime(name string, t time.Time) []field {
	if t.IsZero() {
		return nil
	}
	return optional(name, t.Format(dateForm))
}

// receivedFrom names the client that brought the original.
func (r *Report) receivedFrom(gap string) []field {
	s := r.Original.Envelope.Session
	if s == nil || s.Helo == "" {
		return nil
	}
	return optional("Received-From-MTA", "dns;"+gap+cleanHost(s.Helo))
}

// finalRecipient is of type utf-8 when it has to be: RFC 6533 §3.
func (r *Report) finalRecipient(rc *Recipient, gap string) field {
	return field{name: "Final-Recipient", value: r.typed("rfc822", rc.Rcpt.Address, gap)}
}

// originalRecipient is there only if the sender gave ORCPT: RFC 3464 §2.3.1.
func (r *Report) originalRecipient(rc *Recipient, gap string) []field {
	kind, address, _ := strings.Cut(rc.Rcpt.ORcpt, ";")
	address = strings.TrimSpace(address)
	isAtom := kind != "" && strings.IndexFunc(kind, func(c rune) bool { return c != '-' && !isAlnum(c) }) < 0
	if !isAtom || address == "" {
		return nil
	}
	return optional("Original-Recipient", r.typed(kind, address, gap))
}

func (r *Report) typed(kind, address, gap string) string {
	if isASCII(address) {
		return kind + ";" + gap + address
	}
	if !r.Original.Envelope.UTF8 {
		address = addressXtext(address)
	}
	return "utf-8;" + gap + address
}

// addressXtext is the ASCII form of RFC 6533 §3: utf-8-addr-xtext.
func addressXtext(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c > ' ' && c <= '~' && c != '\\' && c != '+' && c != '=' {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\x{%02X}`, c)
		}
	}
	return b.String()
}

func (rc *Recipient) diagnostic(gap string) []field {
	if rc.said() == "" {
		return nil
	}
	kind := "smtp;"
	if !rc.coded() {
		kind = "x-unspecified;" // such as a time-out, of which no peer has said anything
	}
	return optional("Diagnostic-Code", kind+gap+rc.said())
}

func (rc *Recipient) remote(gap string) []field {
	if rc.Remote == "" {
		return nil
	}
	return optional("Remote-MTA", "dns;"+gap+rc.Remote)
}

// retryTill is for those that are still being tried.
func (r *Report) retryTill(rc *Recipient) []field {
	if r.Action != Delayed {
		return nil
	}
	return optionalTime("Will-Retry-Until", rc.RetryTill)
}

// statusPart is the part for machines: one group of fields for the message, then
// one for each recipient.
func (r *Report) statusPart(groups ...[]field) part {
	utf8, name := r.Original.Envelope.UTF8, "message/delivery-status"
	if utf8 {
		name = "message/global-delivery-status"
	}
	var list []string
	for _, group := range groups {
		for i := range group {
			group[i].raw = utf8
		}
		list = append(list, fieldLines(group))
	}
	body := []byte(strings.Join(list, "\r\n"))
	return part{append([]field{{name: "Content-Type", value: name}}, eightBit(body)...), body}
}

// whole says whether the original is returned with its body: RFC 3461 §4.3.
func (r *Report) whole() bool {
	o := &r.Original
	if r.Action != Failed || o.Envelope.Ret == "HDRS" || int64(len(o.Body)) < o.Size {
		return false
	}
	return o.Envelope.Ret == "FULL" || len(o.Body) <= MaxOriginal
}

// returned is what of the original is sent back.
func (r *Report) returned() []byte {
	if r.whole() {
		return r.Original.Body
	}
	return r.Original.header()
}

// returnedPart is the last part of a report. Lines in prefix go before the original.
func (r *Report) returnedPart(prefix string) part {
	name := "text/rfc822-headers"
	switch {
	case r.Original.Envelope.UTF8 && r.whole():
		name = "message/global"
	case r.Original.Envelope.UTF8:
		name = "message/global-headers"
	case r.whole():
		name = "message/rfc822"
	}
	body := append([]byte(prefix), r.returned()...)
	return part{append([]field{{name: "Content-Type", value: name}}, eightBit(body)...), body}
}

// header is that of the original, with the line that ends it if it has one.
func (o *Original) header() []byte {
	for at := 0; at < len(o.Body); {
		line, _, _ := bytes.Cut(o.Body[at:], []byte("\n"))
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return o.Body[:at]
		}
		at += len(line) + 1
	}
	return o.Body
}

// get is the first field of that name, unfolded and clean; "" for none.
func (o *Original) get(name string) string {
	value, found := "", false
	for line := range strings.Lines(string(o.header())) {
		if line[0] == ' ' || line[0] == '\t' {
			if found {
				value += line
			}
			continue
		}
		if found {
			break
		}
		key, rest, ok := strings.Cut(line, ":")
		if found = ok && strings.EqualFold(strings.TrimSpace(key), name); found {
			value = rest
		}
	}
	return clean(strings.NewReplacer("\r", "", "\n", "").Replace(value))
}

// subject is the original's, as people read it.
func (o *Original) subject() string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(r), nil
	}}
	s := o.get("Subject")
	if decoded, err := decoder.DecodeHeader(s); err == nil {
		s = decoded
	}
	return clean(s)
}

// messageID is the original's if it can be referred to; else "".
func (o *Original) messageID() string {
	id := o.get("Message-ID")
	inner, opened := strings.CutPrefix(id, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	if !opened || !closed || inner == "" || len(id) > maxMessageID || !isASCII(id) || strings.ContainsAny(inner, "<> ") {
		return ""
	}
	return id
}

// refer makes mail programs show the report beside the original.
func (o *Original) refer() []field {
	id := o.messageID()
	return append(optional("In-Reply-To", id), optional("References", id)...)
}

// to addresses the report to the one who sent the original.
func (o *Original) to() field { return addressField("To", o.Envelope.UTF8, o.Envelope.From) }

// addressField lists addresses. Those that a header cannot carry are left out.
func addressField(name string, utf8 bool, addresses ...string) field {
	var list []string
	for _, s := range addresses {
		a, err := mail.ParseAddress(s)
		if err == nil && (utf8 || isASCII(s)) {
			list = append(list, a.String())
		}
	}
	if len(list) == 0 {
		return field{name: name, value: "undisclosed-recipients:;"}
	}
	return field{name: name, value: strings.Join(list, ", "), raw: true}
}

// failed is the field by which many recognise a failure.
func (r *Report) failed() []field {
	if r.Action != Failed {
		return nil
	}
	var list []string
	for _, rc := range r.Recipients {
		list = append(list, rc.Rcpt.Address)
	}
	f := addressField("X-Failed-Recipients", r.Original.Envelope.UTF8, list...)
	if !f.raw {
		return nil
	}
	return []field{f}
}

func (r *Report) messageID(host string) field {
	return field{name: "Message-ID", value: "<" + r.ID + "@" + host + ">"}
}

func (r *Report) date() field { return field{name: "Date", value: r.Now.Format(dateForm)} }
