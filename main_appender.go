package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// An appender takes mail in, as catcher.Catcher does. It is safe for concurrent
// use. With lostError the mail may or may not be there.
type appender interface {
	Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error)
}

// A lostError says that a connection was lost; another one may do.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// An unreachableError says that there is no server.
type unreachableError struct{ error }

func (e unreachableError) Unwrap() error { return e.error }

// An httpAppender is a server's HTTP API.
type httpAppender struct{ client *http.Client }

func (a httpAppender) Accept(ctx context.Context, env mail.Envelope, body io.Reader) (mail.Receipt, error) {
	query := url.Values{"from": {env.From}}
	for _, rcpt := range env.To {
		query.Add("to", rcpt.Address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/v1/messages?"+query.Encode(), io.NopCloser(body))
	if err != nil {
		return mail.Receipt{}, err
	}
	req.Header.Set("Content-Type", "message/rfc822")
	_, err = fetch(a.client, req)
	return mail.Receipt{}, err
}

// clientFor asks the server at an address, whatever host a URL names.
func clientFor(address string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, address)
			if err != nil {
				return nil, unreachableError{err}
			}
			return conn, nil
		},
	}}
}

// fetch returns what a server answers, or as an error what it says is wrong.
func fetch(client *http.Client, req *http.Request) ([]byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, lostError{err}
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	body.Grow(int(min(max(resp.ContentLength, 0), 64<<20)) + bytes.MinRead) // so that it need not grow again
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, lostError{err}
	}
	if resp.StatusCode/100 != 2 {
		return nil, problem(resp.Status, body.Bytes())
	}
	return body.Bytes(), nil
}

// problem makes an error of an answer of RFC 9457.
func problem(status string, body []byte) error {
	var p struct {
		Detail string
		Errors []struct{ Message string }
	}
	if json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return errors.New(status)
	}
	text := status + ": " + p.Detail
	for _, e := range p.Errors {
		text += " " + e.Message
	}
	return errors.New(text)
}

// An smtpAppender is a server's SMTP. It has as many connections as there were
// callers at once.
type smtpAppender struct {
	server  string
	idle    chan *smtpConn
	changed atomic.Int64 // messages whose line ends were changed
}

// newSMTPAppender connects once. The caller must close it.
func newSMTPAppender(ctx context.Context, server string, jobs int) (*smtpAppender, error) {
	a := &smtpAppender{server: server, idle: make(chan *smtpConn, jobs)}
	c, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	a.idle <- c
	return a, nil
}

func (a *smtpAppender) connect(ctx context.Context) (*smtpConn, error) {
	conn, err := dial(ctx, a.server)
	if err != nil {
		return nil, unreachableError{fmt.Errorf("cannot reach the SMTP server: %w", err)}
	}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	conn.SetDeadline(time.Now().Add(sendLimit))
	c, err := smtp.NewClient(conn, "localhost")
	if err == nil {
		err = c.Hello("localhost")
	}
	if err != nil {
		conn.Close()
		return nil, unreachableError{fmt.Errorf("greeting of %s: %w", a.server, err)}
	}
	return newSMTPConn(conn, c), nil
}

func (a *smtpAppender) Accept(ctx context.Context, env mail.Envelope, body io.Reader) (r mail.Receipt, err error) {
	var c *smtpConn
	select {
	case c = <-a.idle:
	default:
		if c, err = a.connect(ctx); err != nil {
			return r, err
		}
	}
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	c.conn.SetDeadline(time.Now().Add(sendLimit))
	err = c.send(env, body)
	if !stop() || !c.clean {
		c.conn.Close()
		a.drop() // they may have been lost likewise
		return r, err
	}
	if c.changed {
		a.changed.Add(1)
	}
	a.idle <- c
	return r, err
}

// drop closes the connections that nobody uses.
func (a *smtpAppender) drop() {
	for {
		select {
		case c := <-a.idle:
			c.conn.Close()
		default:
			return
		}
	}
}

// close says goodbye on the connections; nobody may use them any more.
func (a *smtpAppender) close() {
	for {
		select {
		case c := <-a.idle:
			c.conn.SetDeadline(time.Now().Add(time.Second))
			c.client.Quit()
			c.conn.Close()
		default:
			return
		}
	}
}

// chunkSize is how much goes into one BDAT.
const chunkSize = 256 << 10

// An smtpConn brings in one message after the other. As far as the server lets
// it, it sends commands in groups (RFC 2920) and bodies as they are (RFC 3030).
type smtpConn struct {
	conn   net.Conn
	client *smtp.Client
	text   *textproto.Conn
	buffer []byte

	pipelining, chunking, utf8, eightBit bool

	clean   bool // the last message is through, or the server has forgotten it
	changed bool // its line ends were changed
}

func newSMTPConn(conn net.Conn, client *smtp.Client) *smtpConn {
	c := &smtpConn{conn: conn, client: client, text: client.Text, buffer: make([]byte, chunkSize)}
	for name, has := range map[string]*bool{"PIPELINING": &c.pipelining, "CHUNKING": &c.chunking, "SMTPUTF8": &c.utf8, "8BITMIME": &c.eightBit} {
		*has, _ = client.Extension(name)
	}
	return c
}

// send brings in one message. When some recipients are refused, the others get
// it and the error says so.
func (c *smtpConn) send(env mail.Envelope, body io.Reader) error {
	c.clean, c.changed = false, false
	chunk, last, err := c.chunk(body)
	if err != nil {
		c.clean = true // nothing was said so far
		return err
	}
	commands := c.envelope(env, last && ascii(string(chunk)))
	if c.chunking {
		commands = append(commands, bdat(chunk, last))
	} else {
		commands = append(commands, command{what: "DATA", line: "DATA", want: 354})
	}
	refused, final, err := c.exchange(commands)
	switch {
	case err != nil:
		return err
	case final != nil:
		return c.reset(refused)
	case !c.chunking:
		err = c.data(io.MultiReader(bytes.NewReader(chunk), body))
	case !last:
		err = c.chunks(body)
	}
	if err != nil {
		return err
	}
	c.clean = true
	if refused != nil {
		return fmt.Errorf("%w (other recipients have it)", refused)
	}
	return nil
}

// chunk reads the next piece of a body.
func (c *smtpConn) chunk(body io.Reader) (chunk []byte, last bool, err error) {
	n, err := io.ReadFull(body, c.buffer)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return c.buffer[:n], true, nil
	}
	return c.buffer[:n], false, err
}

// A command is one with what follows it on the wire.
type command struct {
	what string // for errors
	line string
	data []byte
	want int // how the reply's code has to begin
}

func (c *smtpConn) envelope(env mail.Envelope, plain bool) []command {
	from := "MAIL FROM:<" + env.From + ">"
	if env.UTF8 && c.utf8 {
		from += " SMTPUTF8"
	}
	if !plain && c.eightBit {
		from += " BODY=8BITMIME"
	}
	list := []command{{what: "sender <" + env.From + ">", line: from, want: 250}}
	for _, rcpt := range env.To {
		list = append(list, command{what: "recipient <" + rcpt.Address + ">", line: "RCPT TO:<" + rcpt.Address + ">", want: 25})
	}
	return list
}

func bdat(chunk []byte, last bool) command {
	line := fmt.Sprintf("BDAT %d", len(chunk))
	if last {
		line += " LAST"
	}
	return command{what: "message", line: line, data: chunk, want: 250}
}

// maxGroup is how many commands are sent before replies are read: more of those
// than the network holds would stop both sides.
const maxGroup = 100

// exchange sends commands and returns the first refusal, and the one of the last
// command. The error is a lost connection.
func (c *smtpConn) exchange(commands []command) (refused, final, err error) {
	asked := 0
	for i, command := range commands {
		c.text.W.WriteString(command.line + "\r\n")
		c.text.W.Write(command.data)
		if c.pipelining && i < len(commands)-1 && i-asked < maxGroup {
			continue
		}
		if err := c.text.W.Flush(); err != nil {
			return nil, nil, lostError{err}
		}
		for ; asked <= i; asked++ {
			if final, err = c.reply(commands[asked]); err != nil {
				return nil, nil, err
			}
			if refused == nil {
				refused = final
			}
		}
	}
	return refused, final, nil
}

// reply reads the reply to a command. A server that says 421 is gone.
func (c *smtpConn) reply(to command) (refusal, err error) {
	_, _, err = c.text.ReadResponse(to.want)
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code != 421 {
		return fmt.Errorf("%s: %w", to.what, err), nil
	}
	if err != nil {
		return nil, lostError{fmt.Errorf("%s: %w", to.what, err)}
	}
	return nil, nil
}

// reset makes the server forget the message, and returns why.
func (c *smtpConn) reset(why error) error {
	refused, _, err := c.exchange([]command{{what: "RSET", line: "RSET", want: 250}})
	c.clean = refused == nil && err == nil
	return why
}

// chunks sends the rest of a body.
func (c *smtpConn) chunks(body io.Reader) error {
	for last := false; !last; {
		chunk, end, err := c.chunk(body)
		if err != nil {
			return c.reset(err)
		}
		refused, _, err := c.exchange([]command{bdat(chunk, end)})
		if err != nil {
			return err
		}
		if refused != nil {
			return c.reset(refused)
		}
		last = end
	}
	return nil
}

// data sends a body line by line, after the server has said 354.
func (c *smtpConn) data(body io.Reader) error {
	lines := &lineEnds{in: body}
	w := c.text.DotWriter()
	_, err := io.Copy(w, lines)
	if lines.err != nil {
		return lines.err // and not the final dot
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return lostError{err}
	}
	refused, err := c.reply(command{what: "message", want: 250})
	if refused != nil {
		return c.reset(refused)
	}
	c.changed = err == nil && (lines.bare || lines.last != '\n')
	return err
}

// A lineEnds looks for line ends that are not CRLF.
type lineEnds struct {
	in   io.Reader
	last byte
	bare bool  // there was an LF without CR
	err  error // of in, but for io.EOF
}

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for _, b := range p[:n] {
		l.bare = l.bare || b == '\n' && l.last != '\r'
		l.last = b
	}
	if err != io.EOF {
		l.err = err
	}
	return n, err
}
