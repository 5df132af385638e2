package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/textproto"
	"os"
	"os/user"
	"strings"
	"time"

	"crypto/rand"
)

// Exit statuses that callers of sendmail know, from sysexits.h.
const (
	sysUsage       = 64
	sysDataErr     = 65
	sysUnavailable = 69
	sysTempFail    = 75
)

const sendmailHelp = `Send the message on stdin, as /usr/sbin/sendmail does.

Usage:
  postroom sendmail [options] [recipient ...] < message
  (the same when the program is called by the name sendmail)

  -t               recipients are those of To, Cc and Bcc; Bcc is removed
  -f, -r ADDRESS   envelope sender; "<>" or "" is the null sender
  -F NAME          full name for a From header that is missing
  -i, -oi          a line with a single dot does not end the message
  -S ADDRESS       SMTP server, host:port or unix:PATH
                   (else POSTROOM_SERVER, else 127.0.0.1:1025)
  -v               say on stderr what the server replied
  -bs              speak SMTP on stdin and stdout; it is the server that answers
  -bm, -B, -N, -R, -V, -L, -q, -o…, -O, -d, -C, -G, -h, -n, -m, -U
                   are taken and ignored

Date, Message-ID and From are added when they are missing. Exit status as in
sysexits.h: 64 bad usage, 65 bad message, 69 refused, 75 try again later.`

// A sendmailCall is its command line.
type sendmailCall struct {
	server, from, name   string
	fromGiven            bool
	to                   []string
	headers, dots, voice bool
	dialog               bool // -bs
	help                 bool
}

func (p program) sendmail(ctx context.Context, args []string) int {
	call, err := parseSendmail(args)
	if err != nil {
		return p.sendmailFailed(sysUsage, err)
	}
	if call.help {
		fmt.Fprintln(p.stdout, sendmailHelp)
		return exitOK
	}
	if call.server == "" {
		call.server = p.env("POSTROOM_SERVER")
	}
	if call.server == "" {
		call.server = "127.0.0.1:1025"
	}
	if call.dialog {
		if err := p.relayDialog(ctx, call.server); err != nil {
			return p.sendmailFailed(sysTempFail, err)
		}
		return exitOK
	}
	message, err := readSendmail(p.stdin, call.dots)
	if err != nil {
		return p.sendmailFailed(sysDataErr, err)
	}
	l, status, err := call.letter(message)
	if err != nil {
		return p.sendmailFailed(status, err)
	}
	reply, err := l.deliver(ctx, call.server)
	if err != nil {
		return p.sendmailFailed(refusalStatus(err), err)
	}
	if call.voice {
		fmt.Fprintln(p.stderr, "sendmail:", reply)
	}
	return exitOK
}

// relayDialog connects stdin and stdout with the server, until that closes. The
// copy of stdin may outlive it: a read from stdin cannot be ended.
func (p program) relayDialog(ctx context.Context, server string) error {
	conn, err := dial(ctx, server)
	if err != nil {
		return fmt.Errorf("cannot reach the SMTP server: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	go func() {
		io.Copy(conn, p.stdin)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	if _, err = io.Copy(p.stdout, conn); err != nil {
		return fmt.Errorf("connection to the SMTP server: %w", err)
	}
	return nil
}

func (p program) sendmailFailed(status int, err error) int {
	fmt.Fprintln(p.stderr, "sendmail:", oneLine(err))
	return status
}

// refusalStatus: what the server refused for good is "unavailable", all else may
// pass.
func refusalStatus(err error) int {
	var refusal *textproto.Error
	if errors.As(err, &refusal) && refusal.Code >= 500 {
		return sysUnavailable
	}
	return sysTempFail
}

// parseSendmail reads the options by hand: they follow no library's idea of
// flags (-oi, -bm, -fADDRESS, options after recipients).
func parseSendmail(args []string) (call sendmailCall, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			call.to = append(call.to, args...)
			break
		}
		if arg == "--help" {
			call.help = true
			continue
		}
		if len(arg) < 2 || arg[0] != '-' {
			call.to = append(call.to, arg)
			continue
		}
		letter, value := arg[1], arg[2:]
		if strings.IndexByte("frFSBNRVLOCXh", letter) >= 0 && value == "" {
			if len(args) == 0 {
				return call, fmt.Errorf("option %s needs a value", arg)
			}
			value, args = args[0], args[1:]
		}
		if err := call.option(letter, value); err != nil {
			return call, err
		}
	}
	if len(call.to) == 0 && !call.headers && !call.help && !call.dialog {
		return call, errors.New("no recipients: name them, or use -t")
	}
	return call, nil
}

func (call *sendmailCall) option(letter byte, value string) error {
	switch letter {
	case 't':
		call.headers = true
		for i := range len(value) { // -ti
			if err := call.option(value[i], ""); err != nil {
				return err
			}
		}
	case 'i':
		call.dots = true
		if value != "" { // -it
			return call.option(value[0], value[1:])
		}
	case 'f', 'r':
		call.from, call.fromGiven = value, true
	case 'F':
		call.name = value
	case 'S':
		call.server = value
	case 'v':
		call.voice = true
	case 'o':
		call.dots = call.dots || value == "i"
	case 'b':
		if call.dialog = value == "s"; value != "m" && value != "s" {
			return fmt.Errorf("mode -b%s is not offered", value)
		}
	case 'B', 'N', 'R', 'V', 'L', 'O', 'C', 'X', 'h', 'q', 'd', 'G', 'n', 'm', 'U', 'e', 'E':
	default:
		return fmt.Errorf("unknown option -%c", letter)
	}
	return nil
}

// readSendmail reads the message: to the end, or to a line with a single dot.
func readSendmail(stdin io.Reader, dots bool) ([]byte, error) {
	var b bytes.Buffer
	r := bufio.NewReader(stdin)
	for {
		line, err := r.ReadBytes('\n')
		if !dots && string(bytes.TrimRight(line, "\r\n")) == "." {
			break
		}
		b.Write(line)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the message from stdin: %w", err)
		}
	}
	return crlf(b.Bytes()), nil
}

// letter completes the message and finds its envelope.
func (call sendmailCall) letter(message []byte) (l letter, status int, err error) {
	if bytes.HasPrefix(message, []byte("From ")) { // of a mailbox file
		_, message, _ = bytes.Cut(message, []byte("\r\n"))
	}
	if l.to, err = addresses(call.to); err != nil {
		return l, sysUsage, err
	}
	if call.headers {
		more, err := headerRecipients(message)
		if err != nil {
			return l, sysDataErr, err
		}
		l.to = append(l.to, more...)
		message = withoutBcc(message)
	}
	if len(l.to) == 0 {
		return l, sysUsage, errors.New("no recipients")
	}
	if !call.fromGiven {
		call.from = loginAddress()
	}
	if l.from, err = senderAddress(call.from); err != nil {
		return l, sysUsage, err
	}
	l.body = append(call.missing(message, time.Now()), message...)
	return l, 0, nil
}

// missing writes the header fields that a message needs and has not.
func (call sendmailCall) missing(message []byte, now time.Time) []byte {
	m := parse(message)
	var b bytes.Buffer
	if m.Get("Date") == "" {
		fmt.Fprintf(&b, "Date: %s\r\n", now.Format(time.RFC1123Z))
	}
	if m.Get("Message-ID") == "" {
		fmt.Fprintf(&b, "Message-ID: <%s@%s>\r\n", strings.ToLower(rand.Text()), hostname())
	}
	if m.Get("From") == "" {
		from := call.from
		if from == "" || from == "<>" {
			from = "MAILER-DAEMON@" + hostname()
		}
		if call.name != "" {
			from = mime.QEncoding.Encode("utf-8", call.name) + " <" + from + ">"
		}
		writeField(&b, "From", from)
	}
	if b.Len() > 0 && len(m.Headers) == 0 && !bytes.HasPrefix(message, []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// withoutBcc removes Bcc fields, folds included.
func withoutBcc(message []byte) []byte {
	var out []byte
	drop, inHeader := false, true
	for line := range bytes.Lines(message) {
		blank := len(bytes.TrimRight(line, "\r\n")) == 0
		inHeader = inHeader && !blank
		if inHeader && line[0] != ' ' && line[0] != '\t' {
			drop = len(line) > 4 && strings.EqualFold(string(line[:4]), "bcc:")
		}
		if !inHeader || !drop {
			out = append(out, line...)
		}
	}
	return out
}

func loginAddress() string {
	name := "nobody"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	}
	return name + "@" + hostname()
}

func hostname() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}
