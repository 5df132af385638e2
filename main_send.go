package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	netmail "net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

const sendIntro = `Send a mail by SMTP: one made from flags, or, with none of --subject, --text,
--html, --attach and --header, the raw message on stdin. Prints the server's
reply.

Usage:
  postroom send --to alice@a.test --subject Hello --text Hi \
    --attach report.pdf
  postroom send --to alice@a.test < message.eml

Lines of a raw message get CRLF ends unless its first line has one. Without --to
a raw message goes to whom its To, Cc and Bcc name.

Exit status: 0 sent, 1 not sent, 2 bad usage.`

// A draft is the flags of send.
type draft struct {
	server, from        string
	to, cc, bcc         []string
	subject, text, html string
	attach, extra       []string
	raw                 bool // none of those that make a message is given
}

func (p program) send(ctx context.Context, args []string) error {
	var d draft
	flags := p.newFlags("send", sendIntro)
	flags.StringVar(&d.server, "server", "127.0.0.1:1025", "`address` of the SMTP server, host:port or unix:PATH")
	flags.StringVar(&d.from, "from", "postroom@localhost", "sender `address`; <> is the null sender")
	flags.StringArrayVar(&d.to, "to", nil, "recipient `address`, \"Name <a@b.test>\" too; give it again for more")
	flags.StringArrayVar(&d.cc, "cc", nil, "recipient `address` for Cc")
	flags.StringArrayVar(&d.bcc, "bcc", nil, "recipient `address` that no header shows")
	flags.StringVar(&d.subject, "subject", "", "subject")
	flags.StringVar(&d.text, "text", "", "plain text")
	flags.StringVar(&d.html, "html", "", "HTML")
	flags.StringArrayVar(&d.attach, "attach", nil, "`file` to attach; give it again for more")
	flags.StringArrayVar(&d.extra, "header", nil, "further header, `\"Name: value\"`; give it again for more")
	if err := p.parseFlags(flags, args); err != nil {
		return err
	}
	if err := noArguments(flags); err != nil {
		return err
	}
	d.raw = !slices.ContainsFunc([]string{"subject", "text", "html", "attach", "header"}, flags.Changed)
	l, err := p.letter(d)
	if err != nil {
		return err
	}
	reply, err := l.deliver(ctx, d.server)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, reply)
	return nil
}

// letter makes what is to be sent of the flags and stdin.
func (p program) letter(d draft) (letter, error) {
	from, err := senderAddress(d.from)
	if err != nil {
		return letter{}, err
	}
	l := letter{from: from}
	for _, list := range [][]string{d.to, d.cc, d.bcc} {
		to, err := addresses(list)
		if err != nil {
			return letter{}, err
		}
		l.to = append(l.to, to...)
	}
	if d.raw {
		if l.body, err = p.readMessage(); err != nil {
			return letter{}, err
		}
		if len(l.to) == 0 {
			if l.to, err = headerRecipients(l.body); err != nil {
				return letter{}, err
			}
		}
	}
	if len(l.to) == 0 {
		return letter{}, usagef("no recipient: give --to")
	}
	if !d.raw {
		l.body, err = d.compose(time.Now())
	}
	return l, err
}

// readMessage reads stdin, unless that is a person's keyboard.
func (p program) readMessage() ([]byte, error) {
	if f, ok := p.stdin.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, usagef("nothing to send: give --subject, --text, --html or --attach, or a message on stdin")
		}
	}
	body, err := io.ReadAll(p.stdin)
	if err != nil {
		return nil, fmt.Errorf("read the message from stdin: %w", err)
	}
	if len(body) == 0 {
		return nil, usagef("the message on stdin is empty")
	}
	if i := bytes.IndexByte(body, '\n'); i > 0 && body[i-1] == '\r' {
		return body, nil
	}
	return crlf(body), nil
}

func senderAddress(s string) (string, error) {
	if s == "" || s == "<>" {
		return "", nil
	}
	list, err := addresses([]string{s})
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", usagef("%q is not one address", s)
	}
	return list[0], nil
}

// addresses takes "a@b", "Name <a@b>" and lists of them.
func addresses(list []string) ([]string, error) {
	var out []string
	for _, s := range list {
		if a, err := mail.ParseAddress(strings.TrimSpace(s)); err == nil {
			out = append(out, a.String())
			continue
		}
		parsed, err := netmail.ParseAddressList(s)
		if err != nil {
			return nil, usagef("%q is no address", s)
		}
		for _, a := range parsed {
			out = append(out, a.Address)
		}
	}
	return out, nil
}

// headerRecipients reads To, Cc and Bcc, which may be less than correct.
func headerRecipients(message []byte) ([]string, error) {
	m := parse(message)
	var out []string
	for _, name := range []string{"To", "Cc", "Bcc"} {
		list := m.Addresses(name)
		if value := strings.TrimSpace(m.Get(name)); value != "" && len(list) == 0 && !strings.HasSuffix(value, ";") { // a group may be empty
			return nil, usagef("%s of the message: no address in %.40q", name, value)
		}
		for _, a := range list {
			address, err := mail.ParseAddress(a.Address)
			if err != nil {
				return nil, usagef("%s of the message: %q is no address", name, a.Address)
			}
			out = append(out, address.String())
		}
	}
	return out, nil
}

// compose writes the message.
func (d draft) compose(now time.Time) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Date: %s\r\n", now.Format(time.RFC1123Z))
	fmt.Fprintf(&b, "Message-ID: <%s@localhost>\r\n", strings.ToLower(rand.Text()))
	for _, h := range []struct{ name, value string }{
		{"From", headerAddress(d.from)},
		{"To", headerAddress(d.to...)},
		{"Cc", headerAddress(d.cc...)},
		{"Subject", mime.QEncoding.Encode("utf-8", d.subject)},
	} {
		if h.value != "" {
			writeField(&b, h.name, h.value)
		}
	}
	for _, line := range d.extra {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(line, "\r\n") || name == "" || strings.ContainsAny(name, " \t") {
			return nil, usagef("--header %q: want \"Name: value\"", line)
		}
		writeField(&b, name, mime.QEncoding.Encode("utf-8", strings.TrimSpace(value)))
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	if err := d.writeBody(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// A content is one part of a message: its header and how to write its body.
type content struct {
	header textproto.MIMEHeader
	write  func(io.Writer) error
}

// writeBody writes text, HTML and attachments in as few multiparts as they need,
// after the header so far.
func (d draft) writeBody(b *bytes.Buffer) error {
	var bodies []content
	if d.text != "" || d.html == "" {
		bodies = append(bodies, textContent("text/plain", d.text))
	}
	if d.html != "" {
		bodies = append(bodies, textContent("text/html", d.html))
	}
	whole := together("alternative", bodies)
	if len(d.attach) > 0 {
		parts := []content{whole}
		for _, path := range d.attach {
			c, err := fileContent(path)
			if err != nil {
				return err
			}
			parts = append(parts, c)
		}
		whole = together("mixed", parts)
	}
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		if v := whole.header.Get(name); v != "" {
			fmt.Fprintf(b, "%s: %s\r\n", name, v)
		}
	}
	b.WriteString("\r\n")
	return whole.write(b)
}

func textContent(kind, text string) content {
	return content{textproto.MIMEHeader{
		"Content-Type":              {kind + "; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	}, func(w io.Writer) error {
		q := quotedprintable.NewWriter(w)
		io.WriteString(q, strings.TrimSuffix(text, "\n")+"\n")
		return q.Close()
	}}
}

func fileContent(path string) (content, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return content{}, usagef("--attach: %w", err)
	}
	name := filepath.Base(path)
	kind := mime.TypeByExtension(filepath.Ext(name))
	if kind == "" {
		kind = http.DetectContentType(data)
	}
	return content{textproto.MIMEHeader{
		"Content-Type":              {kind},
		"Content-Transfer-Encoding": {"base64"},
		"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": name})},
	}, func(w io.Writer) error {
		text := base64.StdEncoding.EncodeToString(data)
		for len(text) > 76 {
			io.WriteString(w, text[:76]+"\r\n")
			text = text[76:]
		}
		_, err := io.WriteString(w, text+"\r\n")
		return err
	}}, nil
}

// together makes a multipart of several parts, and leaves one alone.
func together(subtype string, parts []content) content {
	if len(parts) == 1 {
		return parts[0]
	}
	boundary := rand.Text()
	return content{textproto.MIMEHeader{
		"Content-Type": {mime.FormatMediaType("multipart/"+subtype, map[string]string{"boundary": boundary})},
	}, func(w io.Writer) error {
		m := multipart.NewWriter(w)
		if err := m.SetBoundary(boundary); err != nil {
			return err
		}
		for _, part := range parts {
			pw, err := m.CreatePart(part.header)
			if err != nil {
				return err
			}
			if err := part.write(pw); err != nil {
				return err
			}
		}
		return m.Close()
	}}
}

// headerAddress encodes names; what is no address list stands as it is.
func headerAddress(list ...string) string {
	joined := strings.Join(list, ", ")
	if joined == "" || joined == "<>" || strings.ContainsAny(joined, "\r\n") {
		return ""
	}
	parsed, err := netmail.ParseAddressList(joined)
	if err != nil {
		return joined
	}
	var out []string
	for _, a := range parsed {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// writeField writes a header field, folded at spaces into lines of at most 78
// octets where it can: RFC 5322 §2.1.1.
func writeField(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	column := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && word != "" && column+1+len(word) > 78 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\r\n")
}
