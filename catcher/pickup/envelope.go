package pickup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

// errMalformed is wrapped by what is wrong with a file.
var errMalformed = errors.New("file cannot be sent")

// parse finds envelope and message in a file.
//
// Lines at its start are the envelope, and no part of the message: "x-sender:"
// (one) and "x-receiver:" (any number), in any case, each with a mailbox as in a
// header, then perhaps ESMTP parameters, as Exchange writes them. With a line
// "X-EndOfInjectedXHeaders:" all X- lines before it go too. What they do not say
// the header does: the sender is Sender or else From, the recipients are To, Cc
// and Bcc, or those of the topmost Resent- block (RFC 5322 §3.6.6). Bcc is taken
// out then, since it names those to whom this very message goes; with x-receiver
// lines a Bcc is what its writer wants to be seen. All else stays byte for byte.
//
// No sender at all is the null sender; no recipients are an error.
func parse(text, domain string, unstuff bool) (mail.Envelope, string, error) {
	p := parser{domain: domain}
	body := p.lines(text)
	if unstuff {
		body = undot(body)
	}
	if p.err == nil && (!p.sender || len(p.env.To) == 0) {
		body = p.headers(body)
	}
	if p.err == nil && len(p.env.To) == 0 {
		p.fail("no recipients")
	}
	if p.err != nil {
		return mail.Envelope{}, "", p.err
	}
	return p.env, body, nil
}

// A parser builds an envelope.
type parser struct {
	domain string
	env    mail.Envelope
	sender bool  // env.From is known
	err    error // the first
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
	}
}

// lines reads the envelope at the start of a file and returns the rest.
func (p *parser) lines(text string) string {
	start := strings.TrimPrefix(text, "\ufeff")
	injected := 0 // where a block of Exchange's ends
	for rest := start; ; {
		name, _, after := cutField(rest)
		if len(name) < 2 || !strings.EqualFold(name[:2], "x-") {
			break
		}
		rest = after
		if strings.EqualFold(name, "X-EndOfInjectedXHeaders") {
			injected = len(start) - len(rest)
			break
		}
	}
	rest := start
	for p.err == nil {
		name, value, after := cutField(rest)
		switch strings.ToLower(name) {
		case "x-sender":
			p.senderLine(value)
		case "x-receiver":
			p.receiverLine(value)
		default:
			if len(start)-len(rest) >= injected {
				if rest == start {
					return text // with its byte order mark
				}
				return rest
			}
		}
		rest = after
	}
	return rest
}

// cutField cuts a header field, folded lines included, from the start of a
// message. The name is "" when there is none.
func cutField(text string) (name, value, rest string) {
	rest = text
	for {
		i := strings.IndexByte(rest, '\n') + 1
		if i == 0 {
			i = len(rest)
		}
		rest = rest[i:]
		if rest == "" || rest[0] != ' ' && rest[0] != '\t' {
			break
		}
	}
	name, value, ok := strings.Cut(text[:len(text)-len(rest)], ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || strings.ContainsAny(name, " \t\r\n") {
		return "", "", rest
	}
	return name, strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(value)), rest
}

func (p *parser) senderLine(value string) {
	if p.sender {
		p.fail("more than one x-sender")
		return
	}
	p.sender = true
	if value == "" {
		return
	}
	address, params := p.mailbox("x-sender", value)
	p.env.From = address
	for key, value := range parameters(params) {
		switch upper := strings.ToUpper(value); key {
		case "BODY":
			p.env.Body = upper
			p.check(key, value, upper == "7BIT" || upper == "8BITMIME" || upper == "BINARYMIME")
		case "RET":
			p.env.Ret = upper
			p.check(key, value, upper == "FULL" || upper == "HDRS")
		case "ENVID":
			p.env.EnvID = p.xtext(key, value)
		case "SMTPUTF8":
			p.env.UTF8 = true
		}
	}
}

func (p *parser) receiverLine(value string) {
	address, params := p.mailbox("x-receiver", value)
	if address == "" {
		p.fail("x-receiver without address: %.80q", value)
	}
	rcpt := mail.Rcpt{Address: address}
	for key, value := range parameters(params) {
		switch key {
		case "NOTIFY":
			rcpt.Notify = p.notify(value)
		case "ORCPT":
			if !strings.Contains(value, ";") {
				value = "rfc822;" + value // as Exchange leaves it out
			}
			rcpt.ORcpt = p.xtext(key, value)
		}
	}
	p.env.To = append(p.env.To, rcpt)
}

// mailbox reads a mailbox and returns what follows it. RFC 5322 §3.4; its display
// name means nothing to us.
func (p *parser) mailbox(line, value string) (address, params string) {
	a, rest, err := mail.CutPath(value[angle(value):])
	if err != nil {
		p.fail("%s: %.80q: %v", line, value, err)
	}
	return p.address(a), rest
}

func (p *parser) address(a mail.Address) string {
	text := a.Within(p.domain).String()
	p.env.UTF8 = p.env.UTF8 || strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
	return text
}

// angle finds the "<" that is not in a quoted string, or else the start.
func angle(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '<' && !quoted:
			return i
		}
	}
	return 0
}

// parameters reads ESMTP parameters, keywords in upper case. RFC 5321 §4.1.2.
func parameters(s string) map[string]string {
	set := map[string]string{}
	for word := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(word, "=")
		set[strings.ToUpper(key)] = value
	}
	return set
}

func (p *parser) check(key, value string, ok bool) {
	if !ok {
		p.fail("malformed %s: %.80q", key, value)
	}
}

// notify reads RFC 3461 §4.1.
func (p *parser) notify(value string) mail.Notify {
	var set mail.Notify
	for name := range strings.SplitSeq(strings.ToUpper(value), ",") {
		before := set
		for n := mail.NotifyNever; n <= mail.NotifyDelay; n <<= 1 {
			if n.Names()[0] == name {
				set |= n
			}
		}
		p.check("NOTIFY", value, set != before)
	}
	p.check("NOTIFY", value, set&mail.NotifyNever == 0 || set == mail.NotifyNever)
	return set
}

// xtext decodes RFC 3461 §4; what is not encoded well stays as it is.
func (p *parser) xtext(key, value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '+' && i+3 <= len(value) {
			if v, err := strconv.ParseUint(value[i+1:i+3], 16, 8); err == nil {
				c, i = byte(v), i+2
			}
		}
		b.WriteByte(c)
	}
	text := b.String()
	p.check(key, value, text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }))
	return text
}

// headers takes from the header what the envelope lacks, and returns the message
// without Bcc if it gave the recipients.
func (p *parser) headers(body string) string {
	m := mime.Skim(strings.NewReader(body), int64(len(body)))
	prefix := ""
	if block := resent(m.Headers); len(block) > 0 {
		m, prefix = &mime.Message{Headers: block}, "Resent-"
	}
	if !p.sender {
		p.senderHeader(append(m.Addresses(prefix+"Sender"), m.Addresses(prefix+"From")...))
	}
	if len(p.env.To) > 0 {
		return body
	}
	seen := map[string]bool{}
	for _, name := range []string{"To", "Cc", "Bcc"} {
		for _, a := range m.Addresses(prefix + name) {
			address := p.path(a.Address)
			if box := mail.Box(address); !seen[box] {
				seen[box] = true
				p.env.To = append(p.env.To, mail.Rcpt{Address: address})
			}
		}
	}
	return withoutBcc(body)
}

func (p *parser) senderHeader(list []mime.Address) {
	if len(list) > 0 {
		p.env.From = p.path(list[0].Address)
	}
}

// path reads the address of a header.
func (p *parser) path(text string) string {
	a, rest, err := mail.CutPath("<" + text + ">")
	if err != nil || rest != "" || a == (mail.Address{}) {
		p.fail("not an address: %.80q", text)
	}
	return p.address(a)
}

// resent is the topmost block of Resent- fields if it names recipients. A name
// that comes again begins the next block.
func resent(headers []mime.Header) []mime.Header {
	var block []mime.Header
	seen, recipients := map[string]bool{}, false
	for _, h := range headers {
		kind, ok := strings.CutPrefix(strings.ToLower(h.Name), "resent-")
		if seen[kind] || !ok && len(block) > 0 {
			break
		}
		if ok {
			seen[kind] = true
			recipients = recipients || kind == "to" || kind == "cc" || kind == "bcc"
			block = append(block, h)
		}
	}
	if !recipients {
		return nil
	}
	return block
}

// withoutBcc takes Bcc and Resent-Bcc out of the header.
func withoutBcc(body string) string {
	var b strings.Builder
	rest := body
	for rest != "" {
		name, _, after := cutField(rest)
		field := rest[:len(rest)-len(after)]
		if strings.Trim(field, " \t\r\n") == "" || strings.HasPrefix(field, "\n") || strings.HasPrefix(field, "\r") {
			break
		}
		if lower := strings.ToLower(name); lower != "bcc" && lower != "resent-bcc" {
			b.WriteString(field)
		}
		rest = after
	}
	if b.Len()+len(rest) == len(body) {
		return body
	}
	return b.String() + rest
}

// undot takes the dots off that RFC 5321 §4.5.2 puts before lines that begin with
// one, and the line that ends a message there.
func undot(body string) string {
	var b strings.Builder
	left := len(body)
	for line := range strings.Lines(body) {
		left -= len(line)
		if line[0] == '.' {
			line = line[1:]
			if left == 0 && strings.Trim(line, "\r\n") == "" {
				break
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
