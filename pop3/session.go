package pop3

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
)

const (
	maxCommand = 255   // octets of a command with its end: RFC 2449 §4
	maxSASL    = 12288 // octets of a line within AUTH, which that limit is not for (RFC 5034 §4); as in RFC 4954 §4
)

// The ways in which a line from the client can be no command.
var (
	errLong    = errors.New("line too long")
	errControl = errors.New("control character in line")
)

// A session is one connection. One goroutine runs it.
type session struct {
	srv    *Server
	limits *Limits
	conn   net.Conn // the wire, or TLS on it
	wire   net.Conn
	tls    string // version and cipher suite; "" for plain text
	name   string // of the session, in the log
	log    *slog.Logger
	in     *bufio.Reader
	out    writer
	stop   context.Context // when it ends, no further command is taken

	line  []byte    // what readLine has read
	stamp string    // timestamp for APOP; "" when that is not offered
	user  string    // what the last command, USER, named: a mailbox or an account; else ""
	drop  *maildrop // nil in the AUTHORIZATION state
	bad   int       // bad commands, and failed logins, so far
	over  bool      // no further command is taken
	torn  bool      // the connection breaks, without a good-bye of TLS
}

// session talks to one client until it leaves, or stop ends; when hard ends too,
// the command in progress is given up. The caller closes the connection.
func (s *Server) session(stop, hard context.Context, conn net.Conn, implicit bool) {
	log := s.log().With("remote", conn.RemoteAddr().String())
	nonce, err := s.nonce()
	if err != nil {
		log.Error("no POP3 session", "err", err)
		return
	}
	limits := s.present()
	c := &session{
		srv:    s,
		limits: limits,
		conn:   conn,
		wire:   conn,
		name:   nonce,
		log:    log.With("session", nonce),
		in:     bufio.NewReader(conn),
		out:    newWriter(conn, limits.IdleTimeout),
		stop:   stop,
	}
	if s.Secret != nil && s.Accounts == nil {
		c.stamp = "<" + nonce + "@" + s.domain() + ">"
	}
	c.begin(implicit)
	for !c.over { // once the client is gone, readLine says so
		c.guarded(hard)
	}
	c.release()   // before the client learns that it is over, as it may come back at once
	c.out.Flush() // the error could only be that the client is gone
	if c.tls != "" && !c.torn {
		c.conn.Close()
	}
}

// begin is what comes before the first command: TLS when it is implicit, and the
// greeting.
func (c *session) begin(implicit bool) {
	defer c.rescue()
	if implicit {
		c.handshake()
	}
	if !c.over {
		c.greet()
	}
}

// greet sends the first line; the timestamp in it says that APOP is offered.
func (c *session) greet() {
	text := "Postroom POP3 ready"
	if c.stamp != "" {
		text += " " + c.stamp
	}
	c.out.ok(text)
}

// guarded is next for a session that shall not take the others along when it panics.
func (c *session) guarded(ctx context.Context) {
	defer c.rescue()
	c.next(ctx)
}

// next reads one command and answers it.
func (c *session) next(ctx context.Context) {
	line, err := c.readLine(maxCommand)
	switch {
	case errors.Is(err, errLong):
		c.reject("command line too long, 255 octets at most")
	case errors.Is(err, errControl):
		c.reject("control character in command")
	case err != nil:
		c.leave(err)
	default:
		verb, arg := cutVerb(line)
		c.do(ctx, verb, arg)
	}
}

// leave ends a session whose client does not send commands any more, or is not to.
// RFC 1939 §3: after a time-out nothing is sent and nothing is deleted.
func (c *session) leave(err error) {
	c.over = true
	switch {
	case c.stop.Err() != nil:
		c.out.fail("[SYS/TEMP] server is shutting down")
	case errors.Is(err, io.EOF):
		c.log.Debug("POP3 client left without QUIT")
	default:
		c.log.Debug("POP3 session ended", "err", err)
	}
}

// readLine reads a line and returns it without its end, LF or CRLF. A line that is
// too long is skipped to its end, so that the next one is a command again. Before it
// would have to wait, it sends the replies that are due: RFC 2449 §6.6.
func (c *session) readLine(limit int) (string, error) {
	if b, _ := c.in.Peek(c.in.Buffered()); bytes.IndexByte(b, '\n') < 0 {
		if err := c.out.Flush(); err != nil {
			return "", err
		}
		if err := c.conn.SetReadDeadline(time.Now().Add(c.limits.IdleTimeout)); err != nil {
			return "", err
		}
	}
	// Only now: whoever ends stop after this look ends the read as well.
	if err := c.stop.Err(); err != nil {
		return "", err
	}
	raw, err := c.readRaw(limit)
	if err != nil {
		return "", err
	}
	line := bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errControl
	}
	return string(line), nil
}

// readRaw reads to the next LF; what it returns is good until it is called again.
// Of a line that is too long it keeps no more than the limit.
func (c *session) readRaw(limit int) ([]byte, error) {
	c.line = c.line[:0]
	for size := 0; ; {
		piece, err := c.in.ReadSlice('\n')
		if size += len(piece); size <= limit {
			c.line = append(c.line, piece...)
		}
		switch {
		case err == nil && size > limit:
			return nil, errLong
		case err == nil:
			return c.line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// cutVerb splits a command into its keyword, in upper case, and the rest of the line
// behind one space. Only PASS takes the rest as it is.
func cutVerb(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(strings.TrimLeft(line, " "), " ")
	return strings.ToUpper(verb), arg
}

// do answers one command.
func (c *session) do(ctx context.Context, verb, arg string) {
	user := c.user
	c.user = ""
	switch verb {
	case "QUIT":
		c.plain(arg, func() { c.quit(ctx) })
	case "CAPA":
		c.plain(arg, c.capa)
	case "LANG":
		c.lang(strings.TrimSpace(arg))
	case "STLS":
		c.plain(arg, c.stls)
	case "USER", "PASS", "APOP", "AUTH", "UTF8":
		if c.drop != nil {
			c.reject("already logged in")
			return
		}
		c.authorization(ctx, verb, arg, user)
	case "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET":
		if c.drop == nil {
			c.reject("log in first")
			return
		}
		c.transaction(ctx, verb, arg)
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT":
		// A page on the web can make a browser send this here, with commands of its
		// choice behind the HTTP header.
		c.over = true
		c.out.fail("this is POP3, not HTTP")
	default:
		c.reject("unknown command")
	}
}

// authorization answers the commands of the AUTHORIZATION state: RFC 1939 §4. User is
// what USER named when that was the command before this one.
func (c *session) authorization(ctx context.Context, verb, arg, user string) {
	if c.wantsTLS() && verb != "UTF8" {
		c.reject("no password before TLS, use STLS first")
		return
	}
	switch verb {
	case "USER":
		c.nameUser(arg)
	case "PASS":
		c.pass(ctx, user, arg)
	case "APOP":
		c.apop(ctx, strings.TrimSpace(arg))
	case "AUTH":
		c.auth(ctx, strings.Fields(arg))
	case "UTF8":
		// Names are taken in UTF-8 and messages sent as they are anyhow. RFC 6856 §2.
		c.plain(arg, func() { c.out.ok("UTF-8 it is") })
	}
}

// transaction answers the commands of the TRANSACTION state: RFC 1939 §5.
func (c *session) transaction(ctx context.Context, verb, arg string) {
	args := strings.Fields(arg)
	switch verb {
	case "STAT":
		c.plain(arg, func() { c.out.ok(fmt.Sprintf("%d %d", c.drop.live, c.drop.octets)) })
	case "LIST":
		c.list(args, func(b []byte, it *item) []byte { return strconv.AppendInt(b, it.size, 10) })
	case "UIDL":
		c.list(args, func(b []byte, it *item) []byte { return it.appendUID(b) })
	case "RETR":
		c.retr(ctx, args)
	case "TOP":
		c.top(ctx, args)
	case "DELE":
		c.dele(args)
	case "NOOP":
		c.plain(arg, func() { c.out.ok("nothing done") })
	case "RSET":
		c.plain(arg, c.rset)
	}
}

// plain runs a command that takes no argument.
func (c *session) plain(arg string, run func()) {
	if strings.TrimSpace(arg) != "" {
		c.reject("this command takes no argument")
		return
	}
	run()
}

// reject answers a bad command; with the last that is borne, the session ends.
func (c *session) reject(text string) {
	c.user = ""
	if c.bad++; c.bad < c.limits.Errors {
		c.out.fail(text)
		return
	}
	c.out.fail("too many bad commands, good-bye")
	c.log.Warn("POP3 session ended after too many bad commands")
	c.over = true
}

// capa lists what we can, all but STLS the same in both states: clients such as mutt
// and JavaMail ask before they log in, and believe the answer ever after. RFC 2449 §5.
func (c *session) capa() {
	c.out.ok("what this server can do")
	capabilities := []string{
		"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING",
		"EXPIRE NEVER", "UTF8 USER", "LANG", "IMPLEMENTATION Postroom",
	}
	if !c.wantsTLS() {
		capabilities = slices.Insert(capabilities, 2, "USER", "SASL PLAIN")
	}
	if c.mayTLS() {
		capabilities = append(capabilities, "STLS")
	}
	for _, capability := range capabilities {
		c.out.line(capability)
	}
	c.out.end()
}

// lang lists or sets the language of our texts, which is English: RFC 6856 §3.
func (c *session) lang(arg string) {
	tag, _, _ := strings.Cut(strings.ToLower(arg), "-")
	switch {
	case arg == "":
		c.out.ok("languages")
		c.out.line("en English")
		c.out.line("i-default English")
		c.out.end()
	case strings.EqualFold(arg, "i-default"):
		c.out.ok("i-default English it is")
	case arg == "*", tag == "en":
		c.out.ok("en English it is")
	default:
		c.out.fail("only en and i-default are spoken here")
	}
}

// release lets others have the mailbox.
func (c *session) release() {
	if c.drop != nil {
		c.srv.unlock(c.drop.box)
		c.drop = nil
	}
}

// summary is what LIST says before the listing; RFC 1939 has it elsewhere too.
func (c *session) summary() string {
	return fmt.Sprintf("%d messages (%d octets)", c.drop.live, c.drop.octets)
}

// list answers LIST and UIDL, which differ in what they say of a message.
func (c *session) list(args []string, about func([]byte, *item) []byte) {
	var buf [64]byte
	switch len(args) {
	case 0:
		c.out.ok(c.summary())
		for i := range c.drop.all {
			if it := &c.drop.all[i]; !it.deleted {
				c.out.pair(i+1, about(buf[:0], it))
			}
		}
		c.out.end()
	case 1:
		if n, it := c.message(args[0]); it != nil {
			c.out.ok(fmt.Sprintf("%d %s", n, about(buf[:0], it)))
		}
	default:
		c.reject("one message number at most")
	}
}

// message returns the message that an argument names; when there is none it has
// said so and returns nil.
func (c *session) message(arg string) (int, *item) {
	n, ok := number(arg)
	if !ok {
		c.reject("not a message number")
		return 0, nil
	}
	it, err := c.drop.find(n)
	if err != nil {
		c.out.fail(err.Error())
		return 0, nil
	}
	return n, it
}

func (c *session) retr(ctx context.Context, args []string) {
	if len(args) != 1 {
		c.reject("RETR takes a message number")
		return
	}
	n, it := c.message(args[0])
	if it == nil {
		return
	}
	l, ok := c.judge(ctx, rule.Retr, c.drop.box, it)
	if !ok {
		return
	}
	if body := c.body(ctx, n, it); body != nil {
		defer body.Close()
		c.out.ok(strconv.FormatInt(it.size, 10) + " octets")
		to := newStuffer(c.out)
		c.send(it, body, l, to, to)
	}
}

func (c *session) top(ctx context.Context, args []string) {
	if len(args) != 2 {
		c.reject("TOP takes a message number and a number of lines")
		return
	}
	lines, ok := number(args[1])
	if !ok {
		c.reject("not a number of lines")
		return
	}
	n, it := c.message(args[0])
	if it == nil {
		return
	}
	l, ok := c.judge(ctx, rule.Retr, c.drop.box, it)
	if !ok {
		return
	}
	if body := c.body(ctx, n, it); body != nil {
		defer body.Close()
		c.out.ok("top of message follows")
		to := newStuffer(c.out)
		c.send(it, body, l, &topper{to: to, left: lines}, to)
	}
}

// body opens a message, or says why it cannot and returns nil. A client that asks
// again and again for a message that somebody else has deleted would never end.
func (c *session) body(ctx context.Context, n int, it *item) store.Reader {
	body, err := c.srv.Backend.Open(ctx, it.id)
	switch {
	case err == nil:
		return body
	case !errors.Is(err, store.ErrNotFound):
		c.log.Error("cannot open a message", "message", it.id, "err", err)
		c.out.fail(fmt.Sprintf("[SYS/TEMP] message %d cannot be read now", n))
	case it.gone:
		c.reject(fmt.Sprintf("[SYS/PERM] message %d is gone", n))
	default:
		it.gone = true
		c.out.fail(fmt.Sprintf("[SYS/PERM] message %d is gone", n))
	}
	return nil
}

// send streams a message, as a rule limits it, through what stands before the stuffer. When reading fails
// half-way there is no way to say so but to end the connection without the final
// dot: the client must not take a part for the whole.
func (c *session) send(it *item, body store.Reader, l *brake, through io.Writer, to *stuffer) {
	_, err := body.WriteTo(l.before(through))
	switch {
	case err == nil, errors.Is(err, errEnough):
		to.end() // an error sticks to c.out, as any before
	case errors.Is(err, errCut):
		c.cut(l.drop)
	case c.out.err() != nil, l != nil && l.gone:
		c.over = true
		c.log.Debug("POP3 client left within a message", "message", it.id, "err", err)
	default:
		c.over = true
		c.log.Error("cannot read a message to its end", "message", it.id, "err", err)
	}
}

func (c *session) dele(args []string) {
	if len(args) != 1 {
		c.reject("DELE takes a message number")
		return
	}
	if n, it := c.message(args[0]); it != nil {
		c.drop.delete(it)
		c.out.ok(fmt.Sprintf("message %d deleted", n))
	}
}

func (c *session) rset() {
	c.drop.reset()
	c.out.ok(c.summary())
}

// quit enters the UPDATE state: only here is anything deleted. Replies that are due
// go out first, since a client that is no longer there may not have its mail.
func (c *session) quit(ctx context.Context) {
	c.over = true
	if c.drop == nil {
		c.out.ok("good-bye")
		return
	}
	if c.out.Flush() != nil {
		return
	}
	done, err := c.drop.update(ctx, c.srv.Backend)
	if err != nil {
		c.log.Error("cannot delete messages", "deleted", done, "err", err)
		c.out.fail("[SYS/TEMP] some deleted messages not removed")
		return
	}
	if done > 0 {
		c.log.Info("messages deleted over POP3", "deleted", done)
	}
	c.out.ok("good-bye")
}
