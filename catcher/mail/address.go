package mail

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// MaxAddress is the longest address that is taken, in octets. RFC 5321
// §4.5.3.1 asks for 64 before the @ and 255 after it; more would not fit into a
// reply line with some words about it.
const MaxAddress = 400

// The ways in which text can fail to be an address or a path. Their texts are
// fit for a reply.
var (
	ErrNoLocalPart  = errors.New("address without local part")
	ErrBadLocalPart = errors.New("malformed local part")
	ErrBadDomain    = errors.New("malformed domain")
	ErrLongAddress  = errors.New("address too long")
	ErrBadRoute     = errors.New("malformed source route")
	ErrNoBracket    = errors.New("missing >")
	ErrNotUTF8      = errors.New("address is not valid UTF-8")
)

// An Address is a mailbox as RFC 5321 §4.1.2 and RFC 6531 write it.
type Address struct {
	Local  string // without quotes and backslashes
	Domain string // as given; "" for <postmaster>; address literals keep their brackets
}

// String writes the address for an SMTP command: the local part is quoted when
// it has to be. The zero Address is the null sender, "".
func (a Address) String() string {
	switch {
	case a == Address{}:
		return ""
	case a.Domain == "":
		return quoteLocal(a.Local)
	}
	return quoteLocal(a.Local) + "@" + a.Domain
}

// Within completes an address that has no domain: <postmaster> is the one at the
// server's own (RFC 5321 §4.1.1.3), and other names are treated likewise.
func (a Address) Within(domain string) Address {
	if a.Local != "" && a.Domain == "" {
		a.Domain = domain
	}
	return a
}

// Box is the name of the address's mailbox: the whole address in lower case, the
// tag kept, Unicode in its composed form and domain labels as U-labels, so that
// every spelling of one address meets in one mailbox.
func (a Address) Box() string {
	return Address{fold(a.Local), foldDomain(a.Domain)}.String()
}

// Box is the mailbox of an address written as text, as users type it: what does
// not parse is only lower-cased. Names that start with "@" are the catcher's own.
func Box(address string) string {
	address = strings.ToValidUTF8(strings.Trim(address, " \t\r\n"), "\uFFFD")
	a, err := ParseAddress(address)
	if err != nil {
		return fold(address)
	}
	return a.Box()
}

// ParseAddress reads a whole address: local@domain, "quoted local"@domain,
// local@[literal], or a local part alone.
func ParseAddress(s string) (Address, error) {
	a, rest, err := cutAddress(s, "")
	if err == nil && rest != "" {
		err = ErrBadDomain
	}
	return a, err
}

// CutPath reads a reverse-path or forward-path (RFC 5321 §4.1.2) from the start
// of s and returns what follows it. "<>" is the zero Address. A source route is
// dropped, as RFC 5321 appendix C wants; missing brackets are forgiven.
func CutPath(s string) (a Address, rest string, err error) {
	s = strings.TrimLeft(s, " \t")
	inner, bracket := strings.CutPrefix(s, "<")
	if bracket && strings.HasPrefix(inner, ">") {
		return Address{}, inner[1:], nil
	}
	if strings.HasPrefix(inner, "@") {
		_, after, ok := strings.Cut(inner, ":")
		if !ok {
			return Address{}, "", ErrBadRoute
		}
		inner = after
	}
	if !bracket {
		return cutAddress(inner, " \t")
	}
	a, rest, err = cutAddress(inner, ">")
	if err != nil {
		return Address{}, "", err
	}
	rest, ok := strings.CutPrefix(rest, ">")
	if !ok {
		return Address{}, "", ErrNoBracket
	}
	return a, rest, nil
}

// cutAddress reads an address that ends before one of the stop characters.
func cutAddress(s, stop string) (Address, string, error) {
	local, rest, err := cutLocal(s, stop)
	if err != nil {
		return Address{}, "", err
	}
	domain := ""
	if after, ok := strings.CutPrefix(rest, "@"); ok {
		if domain, rest, err = cutDomain(after, stop); err != nil {
			return Address{}, "", err
		}
	}
	if len(local)+len(domain) > MaxAddress {
		return Address{}, "", ErrLongAddress
	}
	if !utf8.ValidString(local) || !utf8.ValidString(domain) {
		return Address{}, "", ErrNotUTF8
	}
	return Address{local, domain}, rest, nil
}

func cutLocal(s, stop string) (local, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		return cutQuoted(s[1:])
	}
	end := len(s)
	for i := range len(s) {
		c := s[i]
		if c == '@' || strings.IndexByte(stop, c) >= 0 {
			end = i
			break
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte(`()<>[]:;\,"`, c) >= 0 {
			return "", "", ErrBadLocalPart
		}
	}
	if end == 0 {
		return "", "", ErrNoLocalPart
	}
	return s[:end], s[end:], nil
}

// cutQuoted reads the inside of a quoted-string and its closing quote.
func cutQuoted(s string) (local, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if b.Len() == 0 {
				return "", "", ErrNoLocalPart
			}
			return b.String(), s[i+1:], nil
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] < ' ' || s[i] == 0x7f {
				return "", "", ErrBadLocalPart
			}
			b.WriteByte(s[i])
		case c < ' ' || c == 0x7f || c == '\\':
			return "", "", ErrBadLocalPart
		default:
			b.WriteByte(c)
		}
	}
	return "", "", ErrBadLocalPart
}

func cutDomain(s, stop string) (domain, rest string, err error) {
	end := len(s)
	for i := range len(s) {
		c := s[i]
		if strings.IndexByte(stop, c) >= 0 {
			end = i
			break
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte(`()<>;\,"@`, c) >= 0 {
			return "", "", ErrBadDomain
		}
	}
	domain = s[:end]
	literal := strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") && len(domain) > 2
	if domain == "" || domain == "." || !literal && strings.ContainsAny(domain, "[]:") {
		return "", "", ErrBadDomain
	}
	return domain, s[end:], nil
}

// quoteLocal quotes a local part that is not a dot-string (RFC 5321 §4.1.2).
func quoteLocal(local string) string {
	if isDotString(local) {
		return local
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(local) {
		if local[i] == '"' || local[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(local[i])
	}
	b.WriteByte('"')
	return b.String()
}

// isDotString is laxer than the RFC about dots: senders do write "a..b@c".
func isDotString(local string) bool {
	for i := range len(local) {
		if c := local[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return false
		}
	}
	return local != ""
}

func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
}

// foldDomain gives the domain in lower case, with U-labels, without dots at its
// end: the root's, and those that should not be there.
func foldDomain(domain string) string {
	domain = fold(domain)
	if !isASCII(domain) || strings.Contains(domain, "xn--") {
		domain = unicodeDomain(domain)
	}
	if trimmed := strings.TrimRight(domain, "."); trimmed != "" {
		return trimmed
	}
	return domain
}

// unicodeDomain returns the domain with U-labels, or as it is when IDNA knows no
// such domain.
func unicodeDomain(domain string) string {
	if strings.HasPrefix(domain, "[") {
		return domain
	}
	profile := idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false))
	ascii, err := profile.ToASCII(domain)
	if err != nil {
		return domain
	}
	unicode, err := profile.ToUnicode(ascii)
	if err != nil {
		return domain
	}
	if _, rest, err := cutDomain(unicode, ""); err != nil || rest != "" {
		return domain // IDNA makes spaces and the like of some characters
	}
	return unicode
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
