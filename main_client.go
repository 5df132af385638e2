package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mime"
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
	conn, err := dial(ctx, server)
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

// writeStuffed writes the message with a dot doubled where a line starts with it,
// and the final dot. Only CRLF ends a line here: RFC 5321 §4.5.2.
func writeStuffed(w *bufio.Writer, body []byte) error {
	lineStart := true
	for line := range bytes.Lines(body) {
		if lineStart && line[0] == '.' {
			w.WriteByte('.')
		}
		w.Write(line)
		lineStart = bytes.HasSuffix(line, []byte("\r\n"))
	}
	if !lineStart {
		w.WriteString("\r\n")
	}
	w.WriteString(".\r\n")
	return w.Flush()
}

// crlf gives each line the end that mail wants.
func crlf(message []byte) []byte {
	var out []byte
	for line := range bytes.Lines(message) {
		if text, ok := bytes.CutSuffix(line, []byte("\n")); ok {
			line = slices.Concat(bytes.TrimSuffix(text, []byte("\r")), []byte("\r\n"))
		}
		out = append(out, line...)
	}
	return out
}

// parse reads a message as the page would.
func parse(message []byte) *mime.Message {
	return mime.Parse(bytes.NewReader(message), int64(len(message)))
}

func ascii(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c >= 0x80 })
}
