package ui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	gomime "mime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/ui/api"
)

// A letter is a draft that was found to be in order.
type letter struct {
	env            mail.Envelope
	head           []field // those that are given, in their order
	domain         string  // of the Message-ID
	text, html     string
	inline, attach []leaf
}

// A field is one of a header, its value encoded and not yet folded.
type field struct{ name, value string }

// readDraft checks all of a draft. The error is a problem that names each field at
// fault.
func readDraft(d *api.Draft) (*letter, error) {
	var r draftReader
	l := &letter{text: d.Text, html: d.HTML}
	from := r.addresses("body.from", []string{d.From})
	if len(from) > 1 {
		r.fault("body.from", "There can be only one sender.", d.From)
	}
	to, cc, bcc := r.addresses("body.to", d.To), r.addresses("body.cc", d.Cc), r.addresses("body.bcc", d.Bcc)
	l.head = []field{
		{"From", addressList(from)}, {"To", addressList(to)}, {"Cc", addressList(cc)},
		{"Reply-To", addressList(r.addresses("body.replyTo", d.ReplyTo))},
		{"Subject", encodeText(r.line("body.subject", d.Subject))},
	}
	r.headers(l, d.Headers)
	for i := range d.Attachments {
		r.attachment(l, fmt.Sprintf("body.attachments[%d]", i), &d.Attachments[i])
	}
	if len(from) > 0 {
		l.env.From = from[0].Address
		l.domain = l.env.From[strings.LastIndexByte(l.env.From, '@')+1:]
	}
	r.envelope(l, d.Envelope, slices.Concat(to, cc, bcc))
	l.env.UTF8 = !plainASCII(l.env) || slices.ContainsFunc(l.head, func(f field) bool { return !isASCII(f.value) })
	return l, r.problem()
}

// A draftReader collects what is wrong with a draft.
type draftReader struct{ faults []error }

func (r *draftReader) fault(where, what string, value any) {
	r.faults = append(r.faults, &huma.ErrorDetail{Message: what, Location: where, Value: value})
}

func (r *draftReader) problem() error {
	if len(r.faults) == 0 {
		return nil
	}
	return huma.Error422UnprocessableEntity(r.faults[0].(*huma.ErrorDetail).Message, r.faults...)
}

// line refuses what would end a line of the header and begin another.
func (r *draftReader) line(where, text string) string {
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		r.fault(where, "Line breaks and control characters cannot stand here.", text)
		return ""
	}
	return text
}

// addresses reads texts of which each may be a list.
func (r *draftReader) addresses(where string, texts []string) []mime.Address {
	var list []mime.Address
	for _, text := range texts {
		if r.line(where, text) != text {
			continue
		}
		found := mime.ParseAddresses(text)
		if len(found) == 0 {
			r.fault(where, "An address is missing.", text)
		}
		for _, a := range found {
			p, err := parsePath(a.Address)
			if err == nil && p != "" {
				list = append(list, mime.Address{Name: a.Name, Address: p})
			} else if err == nil {
				r.fault(where, "An address is empty.", text)
			} else {
				r.fault(where, notAddress(err), a.Address)
			}
		}
	}
	return list
}

func (r *draftReader) envelope(l *letter, e *api.DraftEnvelope, named []mime.Address) {
	if e != nil && e.From != nil {
		p, err := parsePath(*e.From)
		if err != nil {
			r.fault("body.envelope.from", notAddress(err), *e.From)
		}
		l.env.From = p
	}
	if e != nil && len(e.To) > 0 {
		for _, a := range r.addresses("body.envelope.to", e.To) {
			l.env.To = append(l.env.To, mail.Rcpt{Address: a.Address})
		}
		return
	}
	known := map[string]bool{}
	for _, a := range named {
		if box := mail.Box(a.Address); !known[box] {
			known[box] = true
			l.env.To = append(l.env.To, mail.Rcpt{Address: a.Address})
		}
	}
	if len(named) == 0 && len(r.faults) == 0 {
		r.fault("body.to", "There is no recipient.", nil)
	}
}

// headers takes further fields, but not those that a draft has a place for, or that
// describe its body.
func (r *draftReader) headers(l *letter, list []api.DraftHeader) {
	own := []string{"from", "to", "cc", "bcc", "reply-to", "subject", "mime-version"}
	for i, f := range list {
		where := fmt.Sprintf("body.headers[%d].", i)
		lower := strings.ToLower(f.Name)
		bad := strings.ContainsFunc(f.Name, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ':' })
		switch {
		case bad || f.Name == "" || len(f.Name) > 200:
			r.fault(where+"name", "This is not the name of a header.", f.Name)
		case slices.Contains(own, lower) || strings.HasPrefix(lower, "content-"):
			r.fault(where+"name", "This header is made from the other fields.", f.Name)
		default:
			l.head = append(l.head, field{f.Name, encodeText(r.line(where+"value", f.Value))})
		}
	}
}

func (r *draftReader) attachment(l *letter, where string, a *api.DraftAttachment) {
	content, err := base64.StdEncoding.DecodeString(a.Content)
	if err != nil {
		r.fault(where+".content", "This is not base64.", nil)
	}
	kind := a.ContentType
	if kind == "" {
		kind = "application/octet-stream"
	}
	encoding := "base64"
	if strings.HasPrefix(strings.ToLower(kind), "message/") { // RFC 2046 §5.2.1: in no encoding
		if encoding = "8bit"; !fitsLines(content) {
			kind, encoding = "application/octet-stream", "base64"
		}
	}
	base, params, err := gomime.ParseMediaType(kind)
	if err != nil || !strings.Contains(base, "/") || strings.HasPrefix(base, "multipart/") {
		r.fault(where+".contentType", "This is not a content type for a file.", a.ContentType)
		return
	}
	disposition := "attachment"
	if a.ContentID != "" {
		disposition = "inline"
	}
	named := map[string]string{}
	if name := r.line(where+".filename", a.Filename); name != "" {
		params["name"], named["filename"] = name, name
	}
	file := leaf{gomime.FormatMediaType(base, params), encoding, gomime.FormatMediaType(disposition, named), "", content}
	if a.ContentID == "" {
		l.attach = append(l.attach, file)
		return
	}
	if strings.ContainsFunc(a.ContentID, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '<' || c == '>' }) {
		r.fault(where+".contentId", "This is not a content ID.", a.ContentID)
	}
	file.contentID = "<" + a.ContentID + ">"
	l.inline = append(l.inline, file)
}

// fitsLines says whether content can stand in a mail as it is: RFC 5322 §2.1.1.
func fitsLines(content []byte) bool {
	if bytes.IndexByte(content, 0) >= 0 {
		return false
	}
	for line := range bytes.Lines(content) {
		text, _ := bytes.CutSuffix(line, []byte("\r\n"))
		if len(text) > 998 || bytes.ContainsAny(text, "\r\n") {
			return false
		}
	}
	return true
}

// write writes the mail: mixed(related(alternative(text, HTML), inline), attached),
// of which only those are there that hold more than one part.
func (l *letter) write(w io.Writer, now time.Time, ids *mail.IDs) error {
	id, err := ids.Next(now)
	if err != nil {
		return err
	}
	unique := strings.ToLower(id.String())
	body, err := l.body(unique)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, f := range l.fields(unique, now) {
		foldField(&b, f)
	}
	for _, f := range []field{{"Content-Type", body.contentType}, {"Content-Transfer-Encoding", body.encoding}, {"Content-Disposition", body.disposition}} {
		if f.value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", f.name, f.value)
		}
	}
	b.WriteString("\r\n")
	if err := body.encode(&b); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// fields are the given ones, and those that every mail has.
func (l *letter) fields(unique string, now time.Time) []field {
	domain := l.domain
	if domain == "" || !isASCII(domain) {
		domain = "localhost"
	}
	list := slices.DeleteFunc(slices.Clone(l.head), func(f field) bool { return f.value == "" })
	for _, f := range []field{{"Date", now.Format(time.RFC1123Z)}, {"Message-ID", "<" + unique + "@" + domain + ">"}} {
		if !slices.ContainsFunc(list, func(g field) bool { return strings.EqualFold(g.name, f.name) }) {
			list = append(list, f)
		}
	}
	return append(list, field{"MIME-Version", "1.0"})
}

func (l *letter) body(unique string) (leaf, error) {
	var texts []leaf
	if l.text != "" || l.html == "" {
		texts = append(texts, textLeaf("text/plain", l.text))
	}
	if l.html != "" {
		texts = append(texts, textLeaf("text/html", l.html))
	}
	body, err := together("alternative", unique, texts)
	if err == nil {
		body, err = together("related", unique, slices.Concat([]leaf{body}, l.inline))
	}
	if err == nil {
		body, err = together("mixed", unique, slices.Concat([]leaf{body}, l.attach))
	}
	return body, err
}

func textLeaf(kind, text string) leaf {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return leaf{kind + "; charset=utf-8", "quoted-printable", "", "", []byte(strings.TrimSuffix(text, "\n") + "\n")}
}

// together makes a multipart of several parts, and leaves one alone.
func together(subtype, unique string, parts []leaf) (leaf, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	boundary := subtype + "-" + unique
	content, err := multi(boundary, parts...)
	return leaf{"multipart/" + subtype + "; boundary=" + boundary, "", "", "", content}, err
}

// foldField writes a field in lines of at most 78 octets where blanks let it: RFC
// 5322 §2.1.1.
func foldField(b *bytes.Buffer, f field) {
	b.WriteString(f.name + ":")
	column := len(f.name) + 1
	for i, word := range strings.Split(f.value, " ") {
		if i > 0 && word != "" && column+1+len(word) > 78 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\r\n")
}

// encodeText makes encoded words (RFC 2047) of what is not ASCII, so short that each
// fits beside the name of its header.
func encodeText(s string) string {
	const octets = 42
	if isASCII(s) {
		return s
	}
	var words []string
	for s != "" {
		n := min(octets, len(s))
		for n < len(s) && n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// addressList is a list as it stands in a header.
func addressList(list []mime.Address) string {
	texts := each(list, func(a mime.Address) string {
		if !isASCII(a.Name) {
			return encodeText(a.Name) + " <" + a.Address + ">"
		}
		return nameAddr(a)
	})
	return strings.Join(texts, ", ")
}

// nameAddr writes an address with its name, quoted where it must be.
func nameAddr(a mime.Address) string {
	switch {
	case a.Name == "":
		return a.Address
	case strings.ContainsAny(a.Name, `()<>[]:;@\,."`) || strings.Contains(a.Name, "=?"):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" <` + a.Address + ">"
	}
	return a.Name + " <" + a.Address + ">"
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf })
}
