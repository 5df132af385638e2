package relay

import (
	"context"
	"errors"
	"net"
	"strings"

	"golang.org/x/net/idna"

	"github.com/postroom/postroom/catcher/mail"
)

// direct tries the hosts of a domain in the order of their preference, and all
// addresses of each, until one lets us say MAIL: RFC 5321 §5.1.
func (c *Client) direct(ctx context.Context, hop Hop, domain string) (*Conn, error) {
	names, err := c.exchangers(ctx, domain)
	if err != nil {
		return nil, err
	}
	hop = Hop{Port: hop.Port}
	for _, name := range names {
		addrs, lookup := c.addresses(ctx, name)
		if lookup != nil {
			err = lookup
		}
		for _, addr := range addrs {
			conn, failed := c.connect(ctx, hop, net.JoinHostPort(addr, hop.Port), name)
			if failed == nil {
				return conn, nil
			}
			err = failed
		}
	}
	return nil, err
}

// exchangers names the hosts of a domain: those of its MX records, or else the
// domain itself.
func (c *Client) exchangers(ctx context.Context, domain string) ([]string, error) {
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal = strings.TrimSuffix(literal, "]")
		return []string{strings.TrimPrefix(literal, "IPv6:")}, nil
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return nil, &Error{Reply: &mail.Reply{Code: 553, Enhanced: [3]int{5, 1, 2}, Text: "Malformed domain"}, Cause: err}
	}
	records, err := c.resolver().LookupMX(ctx, ascii)
	if err != nil && !notFound(err) {
		return nil, unresolved(err)
	}
	if len(records) == 0 {
		return []string{ascii}, nil
	}
	if len(records) == 1 && strings.TrimSuffix(records[0].Host, ".") == "" {
		return nil, &Error{Reply: &mail.Reply{Code: 556, Enhanced: [3]int{5, 1, 10}, Text: "Recipient domain takes no mail"}} // RFC 7505
	}
	var names []string
	for _, mx := range records {
		names = append(names, strings.TrimSuffix(mx.Host, "."))
	}
	return names, nil
}

// addresses are those of one host; a literal is its own.
func (c *Client) addresses(ctx context.Context, name string) ([]string, error) {
	if net.ParseIP(name) != nil {
		return []string{name}, nil
	}
	addrs, err := c.resolver().LookupHost(ctx, name)
	if err != nil && !notFound(err) {
		return nil, unresolved(err)
	}
	if len(addrs) == 0 {
		return nil, &Error{Reply: &mail.Reply{Code: 550, Enhanced: [3]int{5, 1, 2}, Text: "Host " + name + " not found"}, Cause: err}
	}
	return addrs, nil
}

func (c *Client) resolver() Resolver {
	if c.Resolver != nil {
		return c.Resolver
	}
	return net.DefaultResolver
}

func notFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

func unresolved(err error) error {
	return &Error{Reply: &mail.Reply{Code: 451, Enhanced: [3]int{4, 4, 3}, Text: "Name service does not answer"}, Cause: err}
}
