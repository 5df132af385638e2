package main

// Clients of our own that put exact bytes on the wire and show exact bytes from it.

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A wire is a connection that fails the test when something goes wrong on it.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dialWire connects to an announced address until the test ends.
func dialWire(t *testing.T, address string) *wire {
	t.Helper()
	network, address := splitAddress(address)
	conn, err := net.DialTimeout(network, address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &wire{t, conn, bufio.NewReader(conn)}
}

func (w *wire) write(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.conn, text); err != nil {
		w.t.Fatalf("write %.80q: %v", text, err)
	}
}

// raw reads a line with its end.
func (w *wire) raw() string {
	w.t.Helper()
	line, err := w.in.ReadString('\n')
	if err != nil {
		w.t.Fatalf("read a line after %.80q: %v", line, err)
	}
	return line
}

// end wants the other side to close.
func (w *wire) end() {
	w.t.Helper()
	if rest, err := io.ReadAll(w.in); err != nil || len(rest) > 0 {
		w.t.Errorf("at the end %.200q, %v", rest, err)
	}
}

// An smtpWire speaks SMTP.
type smtpWire struct{ *wire }

// dialSMTP connects and says EHLO.
func dialSMTP(t *testing.T, address string) smtpWire {
	t.Helper()
	c := smtpWire{dialWire(t, address)}
	c.reply("220")
	c.ask("250", "EHLO client.test")
	return c
}

// reply reads a reply, which has to begin so, and returns its last line.
func (c smtpWire) reply(want string) string {
	c.t.Helper()
	for {
		line := strings.TrimSuffix(c.raw(), "\r\n")
		if !strings.HasPrefix(line, want) {
			c.t.Fatalf("reply %q, want %s", line, want)
		}
		if len(line) < 4 || line[3] != '-' {
			return line
		}
	}
}

func (c smtpWire) ask(want, command string) string {
	c.t.Helper()
	c.write(command + "\r\n")
	return c.reply(want)
}

// send sends a mail by DATA and returns its ID. The body must end in CRLF.
func (c smtpWire) send(from, to, body string) string {
	c.t.Helper()
	c.ask("250", "MAIL FROM:<"+from+">")
	c.ask("250", "RCPT TO:<"+to+">")
	c.ask("354", "DATA")
	c.write(stuffed(body) + ".\r\n")
	return queuedAs(c.reply("250 2.0.0 OK: queued as "))
}

// sendBinary sends a mail of any octets, in chunks of up to size octets.
func (c smtpWire) sendBinary(from, to, body string, size int) string {
	c.t.Helper()
	c.ask("250", "MAIL FROM:<"+from+"> BODY=BINARYMIME")
	c.ask("250", "RCPT TO:<"+to+">")
	for len(body) > size {
		c.write("BDAT " + strconv.Itoa(size) + "\r\n" + body[:size])
		c.reply("250")
		body = body[size:]
	}
	c.write("BDAT " + strconv.Itoa(len(body)) + " LAST\r\n" + body)
	return queuedAs(c.reply("250 2.0.0 OK: queued as "))
}

func queuedAs(reply string) string { return reply[strings.LastIndexByte(reply, ' ')+1:] }

// stuffed doubles dots at the start of lines that end in CRLF: RFC 5321 §4.5.2.
func stuffed(body string) string {
	if strings.HasPrefix(body, ".") {
		body = "." + body
	}
	return strings.ReplaceAll(body, "\r\n.", "\r\n..")
}

// unstuffed takes off what stuffed puts there.
func unstuffed(body string) string {
	return strings.ReplaceAll("\r\n"+body, "\r\n.", "\r\n")[2:]
}

// A pop3Wire speaks POP3.
type pop3Wire struct{ *wire }

func dialPOP3(t *testing.T, address string) pop3Wire {
	t.Helper()
	c := pop3Wire{dialWire(t, address)}
	c.line()
	return c
}

// login opens a mailbox.
func (c pop3Wire) login(box string) {
	c.t.Helper()
	c.ask("USER " + box)
	c.ask("PASS x")
}

// line reads a reply of one line, which has to be good, and returns it.
func (c pop3Wire) line() string {
	c.t.Helper()
	line := c.raw()
	if !strings.HasPrefix(line, "+OK") || !strings.HasSuffix(line, "\r\n") {
		c.t.Fatalf("reply %q", line)
	}
	return line[:len(line)-2]
}

func (c pop3Wire) ask(command string) string {
	c.t.Helper()
	c.write(command + "\r\n")
	return c.line()
}

// multi reads a reply of many lines and returns what is in it. A dot was put
// before each line that starts with one, and a line begins after CRLF or LF.
func (c pop3Wire) multi() string {
	c.t.Helper()
	c.line()
	var b strings.Builder
	for {
		line := c.raw()
		if line == ".\r\n" {
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}
