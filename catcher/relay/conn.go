package relay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
)

// A Conn is a connection to a next hop, for one message after another. It is not
// safe for concurrent use.
type Conn struct {
	raw    net.Conn
	client *smtp.Client
	host   string
	dead   *mail.Reply // why nothing more can be said; nil as long as it can
}

// A Result is what has become of one recipient.
type Result struct {
	Rcpt  int         // index in the envelope's To
	Reply *mail.Reply // the hop's, or our own in place of one; 250 when it took the mail
	Host  string      // host:port
	DSN   bool        // the hop reports about this recipient from now on: RFC 3461 §5.2
	Err   error       // what lies behind a Reply of our own, for the operator
}

// Alive says whether the connection can still be used.
func (c *Conn) Alive() bool { return c.dead == nil }

// Close says QUIT, when there is somebody to say it to, and closes the
// connection. Twice is fine.
func (c *Conn) Close() {
	if c.dead == nil {
		c.client.CommandTimeout = min(c.client.CommandTimeout, 5*time.Second)
		_ = c.client.Quit() // RFC 5321 §4.1.1.10: we have our replies
		c.dead = lost(net.ErrClosed)
	}
	c.raw.Close()
}

// Send hands a message on to the recipients of env in one transaction, and gives
// a result for each, in their order. What the hop does not offer is left out of
// the commands, but for SMTPUTF8: mail that needs it fails without. Lines end in
// CRLF on the wire, whatever they ended in before. When ctx ends, the connection
// is closed at once.
func (c *Conn) Send(ctx context.Context, env mail.Envelope, body io.Reader, size int64) []Result {
	t := &transaction{conn: c, env: env, body: bufio.NewReaderSize(body, 64<<10), size: size, results: make([]Result, len(env.To))}
	defer context.AfterFunc(ctx, func() { c.raw.Close() })()
	t.run()
	return t.results
}

// A transaction is one MAIL, RCPT…, DATA.
type transaction struct {
	conn    *Conn
	env     mail.Envelope
	body    *bufio.Reader
	size    int64
	dsn     bool
	results []Result // those without Reply are still open
}

func (t *transaction) run() {
	if t.conn.dead != nil {
		t.end(t.conn.dead)
		return
	}
	if !t.fits() {
		return
	}
	if err := t.conn.client.Mail(t.env.From, t.mailOptions()); err != nil {
		t.end(err)
		return
	}
	if t.recipients() == 0 {
		t.reset()
		return
	}
	data, err := t.conn.client.Data()
	if err != nil {
		t.end(err)
		t.reset()
		return
	}
	t.message(data)
}

// fits sees whether the hop can take the message at all; those whom it cannot
// are given up. It says whether any are left.
func (t *transaction) fits() bool {
	if most, ok := t.conn.client.MaxMessageSize(); ok && most > 0 && t.size > int64(most) {
		t.end(&mail.Reply{Code: 552, Enhanced: [3]int{5, 3, 4}, Text: "Message too large for the next hop, which takes " + strconv.Itoa(most) + " octets"})
		return false
	}
	t.dsn, _ = t.conn.client.Extension("DSN")
	if ok, _ := t.conn.client.Extension("SMTPUTF8"); ok {
		return true
	}
	unable := &mail.Reply{Code: 550, Enhanced: [3]int{5, 6, 7}, Text: "SMTPUTF8 is required, and the next hop does not offer it"}
	if !isASCII(t.env.From) || t.env.UTF8 && !isASCII(string(t.header())) {
		t.end(unable)
		return false
	}
	for i, rcpt := range t.env.To {
		if !isASCII(rcpt.Address) {
			t.results[i] = Result{Rcpt: i, Reply: unable, Host: t.conn.host}
		}
	}
	return len(t.open()) > 0
}

// header is the start of the body as far as the empty line, or as it is looked at.
func (t *transaction) header() []byte {
	start, _ := t.body.Peek(t.body.Size())
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(start, []byte(end)); i >= 0 {
			return start[:i]
		}
	}
	return start
}

// needsUTF8 says whether the envelope has to be spoken in SMTPUTF8.
func (t *transaction) needsUTF8() bool {
	ok, _ := t.conn.client.Extension("SMTPUTF8")
	need := t.env.UTF8 || !isASCII(t.env.From)
	for _, rcpt := range t.env.To {
		need = need || !isASCII(rcpt.Address)
	}
	return ok && need
}

func (t *transaction) mailOptions() *smtp.MailOptions {
	opts := &smtp.MailOptions{Size: t.size, UTF8: t.needsUTF8(), Return: smtp.DSNReturn(t.env.Ret)}
	if isPrintable(t.env.EnvID) {
		opts.EnvelopeID = t.env.EnvID
	}
	return opts
}

// recipients names all that are open, and says how many the hop took.
func (t *transaction) recipients() int {
	for _, i := range t.open() {
		err := t.conn.client.Rcpt(t.env.To[i].Address, rcptOptions(t.env.To[i]))
		if err == nil {
			continue
		}
		t.results[i] = t.conn.result(i, err)
		if t.conn.dead != nil {
			t.end(t.conn.dead)
			break
		}
	}
	return len(t.open())
}

func rcptOptions(rcpt mail.Rcpt) *smtp.RcptOptions {
	opts := &smtp.RcptOptions{}
	for _, name := range rcpt.Notify.Names() {
		opts.Notify = append(opts.Notify, smtp.DSNNotify(name))
	}
	kind, address, _ := strings.Cut(rcpt.ORcpt, ";")
	switch {
	case strings.EqualFold(kind, "rfc822") && isPrintable(address):
		opts.OriginalRecipientType, opts.OriginalRecipient = smtp.DSNAddressTypeRFC822, address
	case strings.EqualFold(kind, "utf-8"):
		opts.OriginalRecipientType, opts.OriginalRecipient = smtp.DSNAddressTypeUTF8, address
	}
	return opts
}

// message sends the body and takes the reply to the dot. A body that cannot be
// read to its end must not get one: the connection is broken off.
func (t *transaction) message(data *smtp.DataCommand) {
	source := &failing{r: t.body}
	if _, err := io.Copy(data, source); err != nil {
		if source.err != nil {
			t.conn.dead = &mail.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "The message cannot be read here"}
			err = fmt.Errorf("read the message: %w", source.err)
		} else {
			t.conn.dead = lost(err)
		}
		t.conn.raw.Close()
		for _, i := range t.open() {
			t.results[i] = Result{Rcpt: i, Reply: t.conn.dead, Host: t.conn.host, Err: err}
		}
		return
	}
	response, err := data.CloseWithResponse()
	if err != nil {
		t.end(err)
		return
	}
	reply := &mail.Reply{Code: 250}
	reply.Enhanced, reply.Text = cutEnhanced(response.StatusText)
	for _, i := range t.open() {
		t.results[i] = Result{Rcpt: i, Reply: reply, Host: t.conn.host, DSN: t.dsn}
	}
}

// end gives all that are open the same result.
func (t *transaction) end(err error) {
	for _, i := range t.open() {
		t.results[i] = t.conn.result(i, err)
	}
}

// reset makes the connection ready for the next message.
func (t *transaction) reset() {
	if t.conn.dead != nil {
		return
	}
	if err := t.conn.client.Reset(); err != nil {
		t.conn.dead = lost(err)
	}
}

func (t *transaction) open() []int {
	var open []int
	for i := range t.results {
		if t.results[i].Reply == nil {
			open = append(open, i)
		}
	}
	return open
}

// result makes an error of the conversation the result of a recipient. When the
// connection is of no use any more, it notes so.
func (c *Conn) result(i int, err error) Result {
	reply, spoken := replyTo(err)
	if !spoken || reply.Code == 421 {
		c.dead = reply
	}
	r := Result{Rcpt: i, Reply: reply, Host: c.host}
	if !spoken {
		r.Err = err
	}
	return r
}

// replyTo finds the reply in an error of the conversation, or makes one up, which
// is temporary. It says whether it is one that was spoken or meant.
func replyTo(err error) (reply *mail.Reply, spoken bool) {
	var own *mail.Reply
	if errors.As(err, &own) {
		return own, true
	}
	var dial *dialError
	var handshake *handshakeError
	var said *smtp.SMTPError
	switch {
	case errors.As(err, &dial):
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 1}, Text: "No answer from the next hop"}, false
	case errors.As(err, &handshake):
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 5}, Text: "No TLS with the next hop"}, false
	case errors.As(err, &said) && (said.Code/100 == 4 || said.Code/100 == 5):
		return hopReply(said), true
	}
	return lost(err), false
}

// lost is the reply that we give ourselves when the hop does not.
func lost(err error) *mail.Reply {
	var network net.Error
	var said *smtp.SMTPError
	switch {
	case errors.As(err, &said):
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 5, 0}, Text: "Reply of the next hop out of place: " + hopReply(said).Error()}
	case errors.As(err, &network) && network.Timeout():
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 2}, Text: "Timed out waiting for the next hop"}
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 2}, Text: "Connection to the next hop lost"}
	}
	return &mail.Reply{Code: 451, Enhanced: [3]int{4, 5, 0}, Text: "The next hop does not talk SMTP"}
}

func hopReply(e *smtp.SMTPError) *mail.Reply {
	return &mail.Reply{Code: e.Code, Enhanced: e.EnhancedCode, Text: strings.ToValidUTF8(e.Message, "\uFFFD")}
}

// cutEnhanced takes the enhanced status code of a positive reply off its text:
// RFC 2034 §4.
func cutEnhanced(text string) (enhanced [3]int, rest string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	code, rest, _ := strings.Cut(text, " ")
	parts := strings.Split(code, ".")
	if len(parts) != 3 || parts[0] != "2" {
		return enhanced, text
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 10)
		if err != nil {
			return [3]int{}, text
		}
		enhanced[i] = int(n)
	}
	return enhanced, strings.ReplaceAll(rest, "\n"+code+" ", "\n")
}

// failing keeps the error of a reader apart from that of whom it is copied to.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func isPrintable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
