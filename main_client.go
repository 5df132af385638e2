package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// sendLimit is the time that sending one mail may take in all.
const sendLimit = 5 * time.Minute

// A letter is a message and its envelope, ready to go.
type letter struct {
	from string
	to   []string
	body []byte
}

// deliver hands the letter to the SMTP server and returns the last reply's text.
// A refusal is a *textproto.Error.
func (l letter) deliver(ctx context.Context, server string) (string, error) {
	network, address := splitAddress(server)
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return "", fmt.Errorf("cannot reach the SMTP server: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	conn.SetDeadline(time.Now().Add(sendLimit))
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return "", fmt.Errorf("greeting of %s: %w", server, err)
	}
	reply, err := l.talk(c)
	if err == nil {
		c.Quit()
	}
	return reply, err
}

// talk uses the connection under smtp.Client for the commands: its own Data
// keeps the final reply to itself, and its Mail adds parameters of its choice.
func (l letter) talk(c *smtp.Client) (string, error) {
	if err := c.Hello("localhost"); err != nil {
		return "", fmt.Errorf("EHLO: %w", err)
	}
	mail := "MAIL FROM:<" + l.from + ">"
	if utf8, _ := c.Extension("SMTPUTF8"); utf8 && !ascii(l.from+strings.Join(l.to, "")) {
		mail += " SMTPUTF8"
	}
	if err := ask(c, 250, mail); err != nil {
		return "", fmt.Errorf("sender <%s>: %w", l.from, err)
	}
	for _, to := range l.to {
		if err := ask(c, 25, "RCPT TO:<"+to+">"); err != nil {
			return "", fmt.Errorf("recipient <%s>: %w", to, err)
		}
	}
	if err := ask(c, 354, "DATA"); err != nil {
		return "", fmt.Errorf("DATA: %w", err)
	}
	if err := writeStuffed(c.Text.W, l.body); err != nil {
		return "", fmt.Errorf("send the message: %w", err)
	}
	_, reply, err := c.Text.ReadResponse(250)
	return reply, err
}

// ask sends a command and wants a reply whose code begins with the digits of want.
func ask(c *smtp.Client, want int, command string) error {
	if strings.ContainsAny(command, "\r\n") {
		return errors.New("line break in an address")
	}
	id, err := c.Text.Cmd("%s", command)
	if err != nil {
		return err
	}
	c.Text.StartResponse(id)
	defer c.Text.EndResponse(id)
	_, _, err = c.Text.ReadResponse(want)
	return err
}

// writeStuffed writes the message with dots doubled at the start of lines, and
// the final dot. RFC 5321 §4.5.2.
func writeStuffed(w *bufio.Writer, body []byte) error {
	for line := range bytes.Lines(body) {
		if line[0] == '.' {
			w.WriteByte('.')
		}
		w.Write(line)
	}
	if len(body) > 0 && !bytes.HasSuffix(body, []byte("\r\n")) {
		w.WriteString("\r\n")
	}
	w.WriteString(".\r\n")
	return w.Flush()
}

// crlf gives each line the end that mail wants. A message whose first line ends
// in CRLF is left alone.
func crlf(message []byte) []byte {
	if i := bytes.IndexByte(message, '\n'); i > 0 && message[i-1] == '\r' {
		return message
	}
	return bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
}

// header returns the header section of a message, as far as it parses.
func header(message []byte) textproto.MIMEHeader {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(message))).ReadMIMEHeader()
	return h
}

func ascii(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c >= 0x80 })
}
