// Package relay holds one SMTP conversation with a next hop: it connects, and
// hands messages on.
package relay

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
)

// A Client connects to next hops. Its zero value works, but for direct delivery.
// It is safe for concurrent use.
type Client struct {
	Helo           string        // our name; "" is "localhost"
	DialTimeout    time.Duration // for each address; 0: 1 minute
	CommandTimeout time.Duration // for each reply, the greeting's too; 0: 5 minutes
	DataTimeout    time.Duration // for each write of the message; 0: 3 minutes
	DotTimeout     time.Duration // for the reply to the final dot; 0: 10 minutes
	Dial           func(ctx context.Context, network, addr string) (net.Conn, error)
	Resolver       Resolver    // nil: the system's
	TLS            *tls.Config // roots and the like; ServerName is set for each hop
	AllowDirect    bool        // without it, Connect refuses hops with direct delivery
}

// A Resolver finds the hosts of a domain; *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, domain string) ([]*net.MX, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// An Error is why there is no connection.
type Error struct {
	Reply *mail.Reply // the hop's, or our own in place of one
	Host  string      // host:port that was asked; "" when none was
	Spoke bool        // the host answered
	Cause error       // for the operator; may be nil
}

// Error implements error.
func (e *Error) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("relay to %q: %v", e.Host, e.Reply)
	}
	return fmt.Sprintf("relay to %q: %v: %v", e.Host, e.Reply, e.Cause)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Connect opens a connection to the hop, as far as EHLO, TLS and AUTH. Domain is
// that of the recipients, for direct delivery. The error is an *Error. The caller
// closes the connection.
func (c *Client) Connect(ctx context.Context, hop Hop, domain string) (*Conn, error) {
	if !hop.Direct {
		return c.connect(ctx, hop, net.JoinHostPort(hop.Host, hop.Port), hop.Host)
	}
	if !c.AllowDirect {
		return nil, &Error{Reply: &mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Direct delivery is not allowed here"}}
	}
	conn, err := c.direct(ctx, hop, domain)
	var failed *Error
	if hop.Host == "" || !errors.As(err, &failed) || failed.Spoke {
		return conn, err
	}
	return c.connect(ctx, hop, net.JoinHostPort(hop.Host, hop.Port), hop.Host)
}

// connect opens a connection to one host. When TLS is only wished for and fails,
// it is tried again without, RFC 7435.
func (c *Client) connect(ctx context.Context, hop Hop, addr, name string) (*Conn, error) {
	conn, err := c.talk(ctx, hop, addr, name)
	var handshake *handshakeError
	if errors.As(err, &handshake) && hop.TLS == Opportunistic && !hop.Implicit && !hop.Verify {
		hop.TLS = NoTLS
		conn, err = c.talk(ctx, hop, addr, name)
	}
	if err == nil {
		return conn, nil
	}
	reply, _ := replyTo(err)
	var dial *dialError
	return nil, &Error{Reply: reply, Host: addr, Spoke: !errors.As(err, &dial), Cause: err}
}

// talk does the work of connect; its error is anything.
func (c *Client) talk(ctx context.Context, hop Hop, addr, name string) (*Conn, error) {
	raw, err := c.dial(ctx, addr)
	if err != nil {
		return nil, &dialError{err}
	}
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	conn := &Conn{host: addr, raw: raw}
	if err := c.greet(ctx, conn, hop, name); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// greet brings a fresh connection to where MAIL may be said.
func (c *Client) greet(ctx context.Context, conn *Conn, hop Hop, name string) error {
	bounded := &boundedConn{Conn: conn.raw, timeout: cmp.Or(c.DataTimeout, 3*time.Minute)}
	var wire net.Conn = bounded
	if hop.Implicit {
		secure, err := c.handshake(ctx, bounded, hop, name)
		if err != nil {
			return err
		}
		wire = secure
	}
	if err := c.hello(conn, wire); err != nil {
		return err
	}
	offered, _ := conn.client.Extension("STARTTLS")
	if hop.TLS == RequireTLS && !offered {
		return &mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 10}, Text: "TLS is required, and the next hop does not offer it"}
	}
	if offered && hop.TLS != NoTLS && !hop.Implicit {
		if err := c.startTLS(ctx, conn, bounded, hop, name); err != nil {
			return err
		}
	}
	if hop.User == "" {
		return nil
	}
	return authenticate(conn.client, hop)
}

// hello reads the greeting and says EHLO, or HELO to those who know no better.
func (c *Client) hello(conn *Conn, wire net.Conn) error {
	conn.client = smtp.NewClient(wire)
	conn.client.CommandTimeout = cmp.Or(c.CommandTimeout, 5*time.Minute)
	conn.client.SubmissionTimeout = cmp.Or(c.DotTimeout, 10*time.Minute)
	return conn.client.Hello(cmp.Or(c.Helo, "localhost"))
}

// startTLS says STARTTLS itself: go-smtp would do it before it can be told our
// name. Its client is made anew above TLS, and given a greeting to read.
func (c *Client) startTLS(ctx context.Context, conn *Conn, plain *boundedConn, hop Hop, name string) error {
	if err := plain.SetDeadline(time.Now().Add(conn.client.CommandTimeout)); err != nil {
		return err
	}
	text := textproto.NewConn(plain)
	if err := text.PrintfLine("STARTTLS"); err != nil {
		return err
	}
	if _, _, err := text.ReadResponse(220); err != nil {
		return &handshakeError{err}
	}
	if text.R.Buffered() > 0 { // somebody in between has put it there
		return &handshakeError{errors.New("octets between STARTTLS and TLS")}
	}
	secure, err := c.handshake(ctx, plain, hop, name)
	if err != nil {
		return err
	}
	return c.hello(conn, &greetedConn{Conn: secure, greeting: strings.NewReader("220 TLS\r\n")})
}

func (c *Client) handshake(ctx context.Context, plain net.Conn, hop Hop, name string) (net.Conn, error) {
	cfg := &tls.Config{}
	if c.TLS != nil {
		cfg = c.TLS.Clone()
	}
	cfg.ServerName = name
	cfg.InsecureSkipVerify = !hop.Verify
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.CommandTimeout, 5*time.Minute))
	defer cancel()
	secure := tls.Client(plain, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, &handshakeError{err}
	}
	return secure, secure.SetDeadline(time.Time{})
}

func (c *Client) dial(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.DialTimeout, time.Minute))
	defer cancel()
	if c.Dial != nil {
		return c.Dial(ctx, "tcp", addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// A dialError means that there is no connection at all.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// A handshakeError means that there is no TLS.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

// maxReply bounds what a hop may say to one command.
const maxReply = 256 << 10

// A boundedConn gives each write its own deadline, and ends when a hop talks
// without end.
type boundedConn struct {
	net.Conn
	timeout time.Duration
	read    int // octets since the last write
}

func (b *boundedConn) Write(p []byte) (int, error) {
	b.read = 0
	if err := b.SetWriteDeadline(time.Now().Add(b.timeout)); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}

func (b *boundedConn) Read(p []byte) (int, error) {
	if b.read > maxReply {
		return 0, textproto.ProtocolError("reply without end")
	}
	n, err := b.Conn.Read(p)
	b.read += n
	return n, err
}

// A greetedConn lets the greeting be read again that came before TLS.
type greetedConn struct {
	net.Conn
	greeting io.Reader
}

func (g *greetedConn) Read(p []byte) (int, error) {
	if n, _ := g.greeting.Read(p); n > 0 {
		return n, nil
	}
	return g.Conn.Read(p)
}
