package relay

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postroom/postroom/catcher/mail"
)

func TestParseHop(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"smtp://mail":                                "smtp://mail:25",
		"smtp://mail:2525?tls=none":                  "smtp://mail:2525?tls=none",
		"smtp://u:p%40@mail?tls=required&verify=yes": "smtp://u:p%40@mail:25?tls=required",
		"smtps://[::1]?verify=no":                    "smtps://[::1]:465?verify=no",
		"mx:":                                        "mx:?port=25",
		"mx://?port=2525":                            "mx:?port=2525",
		"smtp://smart?direct=first":                  "smtp://smart:25?direct=first",
		"mail:25":                                    "",
		"http://mail":                                "",
		"smtp://":                                    "",
		"smtp://mail:0":                              "",
		"smtp://mail/path":                           "",
		"smtp://mail?tls=maybe":                      "",
		"smtps://mail?tls=none":                      "",
		"smtp://mail?colour=red":                     "",
		"mx://mail":                                  "",
	} {
		h, err := ParseHop(text)
		if want == "" && !errors.Is(err, ErrBadHop) || want != "" && (err != nil || h.String() != want) {
			t.Errorf("%s: %s, %v; want %q", text, h, err, want)
		}
	}
	h, _ := ParseHop("smtp://u:secret@mail")
	if r := h.Redacted(); r != "smtp://u:xxxxx@mail:25" {
		t.Error(r)
	}
	if _, err := ParseHop("smtp://u:secret@ma il"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func FuzzParseHop(f *testing.F) {
	for _, seed := range []string{"smtp://u:p@h:1?tls=none", "smtps://[::1]?verify=no", "mx:?port=1", "smtp://a?direct=first"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHop(text)
		if err != nil {
			return
		}
		if again, err := ParseHop(h.String()); err != nil || again != h {
			t.Errorf("%q: %+v becomes %+v, %v", text, h, again, err)
		}
	})
}

// listen starts a hop for as many connections as there are; it ends with the test.
func listen(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// scripted answers each command by the first entry whose key starts it; "" is the
// greeting, "." the dot. "-" closes, "hang" says nothing; "-" for "body" closes after the
// first line of a message.
func scripted(script map[string]string) func(net.Conn) {
	return func(conn net.Conn) {
		r := bufio.NewReader(conn)
		answer := func(verb, usual string) (string, bool) {
			reply, ok := script[verb]
			if !ok {
				reply = usual
			}
			switch reply {
			case "-":
				return "", false
			case "hang":
				_, _ = io.Copy(io.Discard, r) // until the client has enough
				return "", false
			}
			_, err := io.WriteString(conn, reply+"\r\n")
			return reply, err == nil
		}
		reply, ok := answer("", "220 hop")
		for ok {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(reply, "354") {
				if script["body"] == "-" {
					return
				}
				for line != ".\r\n" && err == nil {
					line, err = r.ReadString('\n')
				}
				reply, ok = answer(".", "250 2.0.0 Ok")
				continue
			}
			verb := strings.ToUpper(strings.Fields(line + " x")[0])
			if verb == "RCPT" {
				who, _, _ := strings.Cut(line[strings.IndexByte(line, '<')+1:], "@")
				if script["RCPT "+who] != "" {
					verb = "RCPT " + who
				}
			}
			usual := map[string]string{"DATA": "354 go", "QUIT": "221 bye"}[verb]
			if usual == "" {
				usual = "250 ok"
			}
			reply, ok = answer(verb, usual)
		}
	}
}

func deliver(t *testing.T, c *Client, url string, env mail.Envelope, text string) ([]Result, bool, error) {
	t.Helper()
	hop, err := ParseHop(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := c.Connect(ctx, hop, "b.test")
	if err != nil {
		return nil, false, err
	}
	defer conn.Close()
	results := conn.Send(ctx, env, strings.NewReader(text), int64(len(text)))
	return results, conn.Alive(), nil
}

func to(addresses ...string) mail.Envelope {
	env := mail.Envelope{From: "a@a.test"}
	for _, a := range addresses {
		env.To = append(env.To, mail.Rcpt{Address: a})
	}
	return env
}

func TestHopsThatFail(t *testing.T) {
	t.Parallel()
	lost := "451 4.4.2 Connection to the next hop lost"
	for name, c := range map[string]struct {
		script map[string]string
		want   string // replies for one@ and two@, and whether the connection lives
	}{
		"fine":                 {nil, "250 2.0.0 Ok|250 2.0.0 Ok|true"},
		"greeting 421":         {map[string]string{"": "421 4.3.2 busy"}, "421 4.3.2 busy"},
		"greeting 554":         {map[string]string{"": "554 no"}, "554 no"},
		"greeting rubbish":     {map[string]string{"": "hello"}, "451 4.5.0 The next hop does not talk SMTP"},
		"greeting closed":      {map[string]string{"": "-"}, lost},
		"greeting hangs":       {map[string]string{"": "hang"}, "451 4.4.2 Timed out waiting for the next hop"},
		"greeting 250":         {map[string]string{"": "250 eh"}, "451 4.5.0 Reply of the next hop out of place: 250 eh"},
		"no EHLO":              {map[string]string{"EHLO": "502 what"}, "250 2.0.0 Ok|250 2.0.0 Ok|true"},
		"EHLO 550":             {map[string]string{"EHLO": "550 5.7.1 no"}, "550 5.7.1 no"},
		"EHLO without end":     {map[string]string{"EHLO": strings.Repeat("250-x\r\n", 60000) + "250 x"}, "451 4.5.0 The next hop does not talk SMTP"},
		"MAIL 451":             {map[string]string{"MAIL": "451 4.7.1 later"}, "451 4.7.1 later|451 4.7.1 later|true"},
		"MAIL 550 two lines":   {map[string]string{"MAIL": "550-5.7.1 no\r\n550 5.7.1 never"}, "550 5.7.1 no\nnever|550 5.7.1 no\nnever|true"},
		"MAIL 421":             {map[string]string{"MAIL": "421 bye"}, "421 bye|421 bye|false"},
		"RCPT one refused":     {map[string]string{"RCPT one": "550 5.1.1 who"}, "550 5.1.1 who|250 2.0.0 Ok|true"},
		"RCPT all refused":     {map[string]string{"RCPT": "450 4.2.1 no"}, "450 4.2.1 no|450 4.2.1 no|true"},
		"RCPT two 421":         {map[string]string{"RCPT two": "421 bye"}, "421 bye|421 bye|false"},
		"RCPT one lost":        {map[string]string{"RCPT one": "-"}, lost + "|" + lost + "|false"},
		"DATA 451":             {map[string]string{"DATA": "451 4.3.0 no"}, "451 4.3.0 no|451 4.3.0 no|true"},
		"DATA 250":             {map[string]string{"DATA": "250 eh"}, "451 4.5.0 Reply of the next hop out of place: 250 eh|451 4.5.0 Reply of the next hop out of place: 250 eh|false"},
		"lost within the mail": {map[string]string{"body": "-"}, lost + "|" + lost + "|false"},
		"lost after the dot":   {map[string]string{".": "-"}, lost + "|" + lost + "|false"},
		"dot hangs":            {map[string]string{".": "hang"}, "451 4.4.2 Timed out waiting for the next hop|451 4.4.2 Timed out waiting for the next hop|false"},
		"dot 552":              {map[string]string{".": "552 5.2.2 full"}, "552 5.2.2 full|552 5.2.2 full|true"},
		"too large":            {map[string]string{"EHLO": "250-x\r\n250 SIZE 5"}, "552 5.3.4 Message too large for the next hop, which takes 5 octets|552 5.3.4 Message too large for the next hop, which takes 5 octets|true"},
		"QUIT hangs":           {map[string]string{"QUIT": "-"}, "250 2.0.0 Ok|250 2.0.0 Ok|true"},
		"STARTTLS 454":         {map[string]string{"EHLO": "250-x\r\n250 STARTTLS", "STARTTLS": "454 no"}, "250 2.0.0 Ok|250 2.0.0 Ok|true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := listen(t, scripted(c.script))
			client := &Client{}
			if strings.Contains(c.want, "Timed out") {
				client.CommandTimeout, client.DotTimeout = 50*time.Millisecond, 50*time.Millisecond
			}
			results, alive, err := deliver(t, client, "smtp://"+addr, to("one@b.test", "two@b.test"), "Subject: x\n\n"+strings.Repeat("line\n", 100))
			got := ""
			var failed *Error
			if errors.As(err, &failed) {
				got = failed.Reply.Error()
			} else {
				for _, r := range results {
					got += r.Reply.Error() + "|"
				}
				got += fmt.Sprint(alive)
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q (%v)", got, c.want, err)
			}
		})
	}
}

// TestBodyThatCannotBeRead: half a message must not be ended by a dot.
func TestBodyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	addr := listen(t, scripted(nil))
	hop, _ := ParseHop("smtp://" + addr)
	conn, err := new(Client).Connect(context.Background(), hop, "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("disk")))
	r := conn.Send(context.Background(), to("b@b.test"), body, 100)
	if r[0].Reply.Code != 451 || r[0].Err == nil || conn.Alive() {
		t.Errorf("%+v", r)
	}
}

// A backend is a go-smtp server that writes down what it is told.
type backend struct{ got chan string }

type session struct {
	b    *backend
	text string
}

func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &session{b, fmt.Sprintf("%s tls=%v;", c.Hostname(), secure)}, nil
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.text += fmt.Sprintf("MAIL %s %s utf8=%v %s %s size=%d;", from, o.Body, o.UTF8, o.Return, o.EnvelopeID, o.Size)
	return nil
}
func (s *session) Rcpt(to string, o *smtp.RcptOptions) error {
	s.text += fmt.Sprintf("RCPT %s %v %s;", to, o.Notify, o.OriginalRecipient)
	return nil
}
func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	s.b.got <- s.text + string(body)
	return err
}
func (s *session) AuthMechanisms() []string { return []string{"PLAIN"} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "pw" {
			return smtp.ErrAuthFailed
		}
		s.text += "AUTH " + user + ";"
		return nil
	}), nil
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func serve(t *testing.T, implicit bool, set func(*smtp.Server)) (addr string, got chan string, roots *x509.CertPool) {
	cert, pool := certificate(t)
	b := &backend{make(chan string, 10)}
	srv := smtp.NewServer(b)
	srv.Domain, srv.AllowInsecureAuth, srv.ReadTimeout = "hop", true, time.Minute
	srv.EnableDSN, srv.EnableSMTPUTF8 = true, true
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	set(srv)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, srv.TLSConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }() // ends with Close
	t.Cleanup(func() { srv.Close(); <-done })
	return addr, b.got, pool
}

func TestHopsThatWork(t *testing.T) {
	t.Parallel()
	full := mail.Envelope{From: "a@a.test", Ret: "HDRS", EnvID: "id+1", To: []mail.Rcpt{{Address: "b@b.test", Notify: mail.NotifySuccess | mail.NotifyFailure, ORcpt: "rfc822;o@o.test"}}}
	utf8 := mail.Envelope{From: "ä@a.test", UTF8: true, To: []mail.Rcpt{{Address: "b@b.test"}}}
	plain := func(*smtp.Server) {}
	for name, c := range map[string]struct {
		url  string
		set  func(*smtp.Server)
		env  mail.Envelope
		want string // what the hop got, or the reply
	}{
		"opportunistic":  {"smtp://%s", plain, full, "us tls=true;MAIL a@a.test 8BITMIME utf8=false HDRS id+1 size=14;RCPT b@b.test [SUCCESS FAILURE] o@o.test;S: x\r\n\r\n.dot\r\ny\r\n"},
		"no TLS":         {"smtp://%s?tls=none", plain, to("b@b.test"), "us tls=false;MAIL a@a.test 8BITMIME utf8=false   size=14;RCPT b@b.test [] ;S: x\r\n\r\n.dot\r\ny\r\n"},
		"required":       {"smtp://%s?tls=required", plain, to("b@b.test"), "us tls=true;MAIL a@a.test 8BITMIME utf8=false   size=14;RCPT b@b.test [] ;S: x\r\n\r\n.dot\r\ny\r\n"},
		"implicit, AUTH": {"smtps://u:pw@%s", plain, to("b@b.test"), "us tls=true;AUTH u;MAIL a@a.test 8BITMIME utf8=false   size=14;RCPT b@b.test [] ;S: x\r\n\r\n.dot\r\ny\r\n"},
		"SMTPUTF8":       {"smtp://%s?tls=none", plain, utf8, "us tls=false;MAIL ä@a.test 8BITMIME utf8=true   size=14;RCPT b@b.test [] ;S: x\r\n\r\n.dot\r\ny\r\n"},
		"bad password":   {"smtp://u:no@%s", plain, full, "454 4.7.0 The next hop refuses our login: 535 5.7.8 Authentication failed"},
		"no SMTPUTF8":    {"smtp://%s", func(s *smtp.Server) { s.EnableSMTPUTF8 = false }, utf8, "550 5.6.7 SMTPUTF8 is required, and the next hop does not offer it"},
		"no TLS there":   {"smtp://%s?tls=required", func(s *smtp.Server) { s.TLSConfig = nil }, full, "451 4.7.10 TLS is required, and the next hop does not offer it"},
		"wrong name":     {"smtp://%s?tls=required", plain, full, "451 4.7.5 No TLS with the next hop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, got, roots := serve(t, strings.HasPrefix(c.url, "smtps"), c.set)
			if name == "wrong name" {
				roots = x509.NewCertPool()
			}
			client := &Client{Helo: "us", TLS: &tls.Config{RootCAs: roots}}
			results, _, err := deliver(t, client, fmt.Sprintf(c.url, addr), c.env, "S: x\n\n.dot\ny\r\n")
			var failed *Error
			switch {
			case errors.As(err, &failed):
				got <- failed.Reply.Error()
			case results[0].Reply.Code != 250:
				got <- results[0].Reply.Error()
			case !results[0].DSN:
				t.Error("the hop does DSN")
			}
			if text := <-got; text != c.want {
				t.Errorf("got  %q\nwant %q", text, c.want)
			}
		})
	}
}

func TestCramMD5(t *testing.T) {
	t.Parallel()
	answer, _ := (&cramMD5{"tim", "tanstaaftanstaaf"}).Next([]byte("<1896.697170952@postoffice.reston.mci.net>")) // RFC 2195 §2
	if want := "tim b913a602c7eda7a495b4e6e7334d3890"; string(answer) != want {
		t.Errorf("%s, want %s", answer, want)
	}
}

// A zone answers look-ups from a table; hosts are at themselves.
type zone struct {
	mx  []*net.MX
	err error
}

func (z zone) LookupMX(context.Context, string) ([]*net.MX, error) { return z.mx, z.err }
func (z zone) LookupHost(_ context.Context, host string) ([]string, error) {
	if host == "none" || host == "b.test" {
		return nil, &net.DNSError{IsNotFound: true}
	}
	return []string{host + ".addr"}, nil
}

func TestDirect(t *testing.T) {
	t.Parallel()
	addr := listen(t, scripted(nil))
	angry := listen(t, scripted(map[string]string{"": "554 no"}))
	smart := "smtp://smart?direct=first"
	for name, c := range map[string]struct {
		url  string
		zone zone
		want string // where it went, or why not
	}{
		"second MX":    {"mx:", zone{mx: []*net.MX{{Host: "down."}, {Host: "up."}}}, "up.addr:25"},
		"port":         {"mx:?port=2525", zone{mx: []*net.MX{{Host: "up."}}}, "up.addr:2525"},
		"null MX":      {"mx:", zone{mx: []*net.MX{{Host: "."}}}, "556 5.1.10 Recipient domain takes no mail"},
		"no such host": {"mx:", zone{err: &net.DNSError{IsNotFound: true}}, "550 5.1.2 Host b.test not found"},
		"DNS down":     {"mx:", zone{err: errors.New("down")}, "451 4.4.3 Name service does not answer"},
		"all down":     {"mx:", zone{mx: []*net.MX{{Host: "down."}}}, "451 4.4.1 No answer from the next hop"},
		"then smart":   {smart, zone{mx: []*net.MX{{Host: "down."}}}, "smart:25"},
		"refused":      {smart, zone{mx: []*net.MX{{Host: "angry."}}}, "554 no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &Client{AllowDirect: true, Resolver: c.zone, Dial: func(ctx context.Context, network, to string) (net.Conn, error) {
				switch {
				case strings.HasPrefix(to, "down"):
					return nil, errors.New("refused")
				case strings.HasPrefix(to, "angry"):
					return new(net.Dialer).DialContext(ctx, network, angry)
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			}}
			results, _, err := deliver(t, client, c.url, to("x@b.test"), "x\r\n")
			got := ""
			var failed *Error
			if errors.As(err, &failed) {
				got = failed.Reply.Error()
			} else {
				got = results[0].Host
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, _, err := deliver(t, &Client{}, "mx:", to("x@b.test"), ""); err == nil || !strings.Contains(err.Error(), "550 5.7.1") {
		t.Errorf("without leave: %v", err)
	}
}
