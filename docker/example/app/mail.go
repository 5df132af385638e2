package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"text/template"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	sendTimeout = 30 * time.Second
)

// A mailer sends by way of an SMTP server.
type mailer struct {
	server string // host:port
	from   string
}

// A welcome is what the confirmation mail says.
type welcome struct {
	To, Code, Link string
}

const plainText = `Welcome to Kettle!

Your confirmation code is {{.Code}}

Enter it where you signed up, or follow this link:

{{.Link}}

You have not signed up? Then ignore this mail, and nothing will happen.
`

//go:embed mail.html
var richText string

// send hands the mail in. An error of the server is a *textproto.Error.
func (m mailer) send(ctx context.Context, w welcome) error {
	body, err := m.compose(w)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", m.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(sendTimeout))
	c, err := smtp.NewClient(conn, m.server)
	if err != nil {
		return err
	}
	return m.talk(c, w.To, body)
}

func (m mailer) talk(c *smtp.Client, to string, body []byte) error {
	if err := c.Mail(m.from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	c.Quit() // the mail is sent, whatever comes of this
	return nil
}

// refused says whether the server will never take the mail, and what it said.
func refused(err error) (string, bool) {
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code >= 500 {
		return reply.Msg, true
	}
	return "", false
}

// compose writes the mail: the same as text and as HTML, for the reader's program
// to choose (RFC 2046, 5.1.4).
func (m mailer) compose(w welcome) ([]byte, error) {
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	fmt.Fprintf(&out, "From: Kettle <%s>\r\nTo: <%s>\r\nSubject: Welcome to Kettle: please confirm\r\n", m.from, w.To)
	fmt.Fprintf(&out, "Date: %s\r\nMessage-ID: <%s@kettle.test>\r\n", time.Now().Format(time.RFC1123Z), rand.Text())
	fmt.Fprintf(&out, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=%s\r\n\r\n", parts.Boundary())

	var plain, rich strings.Builder
	if err := errors.Join(
		template.Must(template.New("text").Parse(plainText)).Execute(&plain, w),
		htmltemplate.Must(htmltemplate.New("html").Parse(richText)).Execute(&rich, w),
		addPart(parts, "text/plain", plain.String()),
		addPart(parts, "text/html", rich.String()),
		parts.Close(),
	); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func addPart(parts *multipart.Writer, kind, text string) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	_, err = q.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return errors.Join(err, q.Close())
}
