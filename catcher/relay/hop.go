package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A TLSMode says when a connection is encrypted.
type TLSMode string

// The modes for smtp: hops. An smtps: hop is encrypted from the first octet.
const (
	Opportunistic TLSMode = ""         // STARTTLS when the hop offers it
	NoTLS         TLSMode = "none"     // never
	RequireTLS    TLSMode = "required" // not without
)

// A Hop is where mail is handed on to.
type Hop struct {
	Host     string // name or address, without brackets; "" for direct delivery
	Port     string // decimal; also the port of direct delivery when there is no Host
	Implicit bool   // smtps: RFC 8314
	TLS      TLSMode
	Verify   bool // the certificate is checked
	Direct   bool // the recipient's own hosts (MX) are tried first, and alone when there is no Host
	User     string
	Password string
}

// ErrBadHop is wrapped by what ParseHop returns for text that names no hop.
var ErrBadHop = errors.New("not a next hop")

// ParseHop reads a URL:
//
//	smtp://[user:password@]host[:25][?tls=none|required][&verify=yes|no][&direct=first]
//	smtps://[user:password@]host[:465][?verify=no]
//	mx:[?port=25]
//
// Without verify the certificate is checked where TLS is required or implicit:
// opportunistic encryption is no promise about the peer (RFC 7435).
func ParseHop(text string) (Hop, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Hop{}, fmt.Errorf("%w: malformed URL", ErrBadHop) // its own text would show the password
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Opaque != "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return Hop{}, fmt.Errorf("%w: more than scheme, host and options", ErrBadHop)
	}
	var h Hop
	switch u.Scheme {
	case "smtp":
		h = Hop{Port: "25"}
	case "smtps":
		h = Hop{Port: "465", Implicit: true}
	case "mx":
		h = Hop{Port: "25", Direct: true}
	default:
		return Hop{}, fmt.Errorf("%w: scheme is none of smtp, smtps, mx", ErrBadHop)
	}
	if err := h.setHost(u); err != nil {
		return Hop{}, err
	}
	return h, h.setOptions(query)
}

func (h *Hop) setHost(u *url.URL) error {
	if h.Direct {
		if u.Host != "" || u.User != nil {
			return fmt.Errorf("%w: mx: has no host", ErrBadHop)
		}
		return nil
	}
	h.Host = u.Hostname()
	if !isHost(h.Host) {
		return fmt.Errorf("%w: host missing or malformed", ErrBadHop)
	}
	if u.Port() != "" {
		h.Port = u.Port()
	}
	h.User = u.User.Username()
	h.Password, _ = u.User.Password()
	return nil
}

// isHost takes IP addresses, and what may be a name.
func isHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	strange := func(r rune) bool {
		return r < utf8.RuneSelf && !strings.ContainsRune("-._", r) && !('0' <= r && r <= '9') && !('a' <= r|0x20 && r|0x20 <= 'z')
	}
	return host != "" && utf8.ValidString(host) && strings.IndexFunc(host, strange) < 0
}

func (h *Hop) setOptions(query url.Values) error {
	verify := ""
	for name, values := range query {
		value := values[len(values)-1]
		switch {
		case name == "tls" && h.Host != "" && !h.Implicit && (value == string(NoTLS) || value == string(RequireTLS)):
			h.TLS = TLSMode(value)
		case name == "verify" && h.Host != "" && (value == "yes" || value == "no"):
			verify = value
		case name == "direct" && h.Host != "" && value == "first":
			h.Direct = true
		case name == "port" && h.Host == "":
			h.Port = value
		default:
			return fmt.Errorf("%w: option %s=%s", ErrBadHop, name, value)
		}
	}
	h.Verify = verify == "yes" || verify == "" && (h.Implicit || h.TLS == RequireTLS)
	if port, err := strconv.ParseUint(h.Port, 10, 16); err != nil || port == 0 {
		return fmt.Errorf("%w: port %q", ErrBadHop, h.Port)
	}
	return nil
}

// String writes the hop as ParseHop reads it, with the password.
func (h Hop) String() string {
	return h.url(url.UserPassword(h.User, h.Password))
}

// Redacted is String with the password hidden, for logs and pages.
func (h Hop) Redacted() string {
	return h.url(url.UserPassword(h.User, "xxxxx"))
}

func (h Hop) url(user *url.Userinfo) string {
	if h.Host == "" {
		return "mx:?port=" + h.Port
	}
	u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(h.Host, h.Port)}
	if h.Implicit {
		u.Scheme = "smtps"
	}
	if h.User != "" || h.Password != "" {
		u.User = user
	}
	options := url.Values{}
	if h.TLS != Opportunistic {
		options.Set("tls", string(h.TLS))
	}
	if wanted := h.Implicit || h.TLS == RequireTLS; h.Verify != wanted {
		options.Set("verify", map[bool]string{true: "yes", false: "no"}[h.Verify])
	}
	if h.Direct {
		options.Set("direct", "first")
	}
	u.RawQuery = options.Encode()
	return u.String()
}
