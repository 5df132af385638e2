package mime

import (
	"strings"
)

// An Address is one of a list in a header.
type Address struct {
	Name    string // display name, decoded; "" when there is none
	Address string // as written, without angle brackets
}

const maxAddresses = 10_000 // of one call

// Addresses returns the addresses in all headers of that name, those in groups
// too. What is no address but stands where one should is returned as Address,
// so that it can be seen.
func (m *Message) Addresses(name string) []Address {
	var list []Address
	for i := range m.Headers {
		if strings.EqualFold(m.Headers[i].Name, name) {
			list = parseAddresses(list, unfold(m.Headers[i].Raw))
		}
	}
	return list
}

// ParseAddresses reads a list of addresses as Addresses does that of a header.
func ParseAddresses(s string) []Address { return parseAddresses(nil, s) }

// An addressReader reads a list of addresses (RFC 5322 §3.4). The last offsets
// of closing characters are known at the start: what has none is not opened.
type addressReader struct {
	s                  string
	at                 int
	lastQuote, lastPar int
	lastAngle          int

	phrase  strings.Builder // of the address that is being read, quotes undone
	address bool            // phrase holds what no name of a group does, as "[IPv6:::1]" or a URL
	comment string          // its last comment
	angle   string          // what was in angle brackets
	angled  bool
}

func parseAddresses(list []Address, s string) []Address {
	r := addressReader{
		s:         s,
		lastQuote: strings.LastIndexByte(s, '"'),
		lastPar:   strings.LastIndexByte(s, ')'),
		lastAngle: strings.LastIndexByte(s, '>'),
	}
	for r.at < len(s) && len(list) < maxAddresses {
		list = r.next(list)
	}
	if len(list) < maxAddresses {
		list = r.end(list)
	}
	return list
}

// next reads one piece of the list.
func (r *addressReader) next(list []Address) []Address {
	c := r.s[r.at]
	switch {
	case c == '"' && r.at < r.lastQuote:
		r.quoted()
	case c == '(' && r.at < r.lastPar:
		r.comment = r.parens()
	case c == '<' && r.at < r.lastAngle && !r.angled:
		end := strings.IndexByte(r.s[r.at:], '>') + r.at
		r.angle, r.angled = strings.TrimSpace(r.s[r.at+1:end]), true
		r.at = end + 1
	case c == ',' || c == ';':
		list = r.end(list)
		r.at++
	case c == ':' && !r.angled && !r.address:
		r.phrase.Reset()
		r.comment = ""
		r.at++
	default:
		n := strings.IndexAny(r.s[r.at+1:], `"(<,;:`)
		if n < 0 {
			n = len(r.s) - r.at - 1
		}
		r.text(r.s[r.at : r.at+1+n])
		r.at += 1 + n
	}
	return list
}

func (r *addressReader) text(s string) {
	r.phrase.WriteString(s)
	r.address = r.address || strings.ContainsAny(s, "@[")
}

// quoted reads a quoted string. Its quotes stay when it is a part of an
// address: "a b"@example.com.
func (r *addressReader) quoted() {
	start := r.at
	var b strings.Builder
	for r.at++; r.at < len(r.s) && r.s[r.at] != '"'; r.at++ {
		if r.s[r.at] == '\\' && r.at+1 < len(r.s) {
			r.at++
		}
		b.WriteByte(r.s[r.at])
	}
	r.at = min(r.at+1, len(r.s))
	if r.at < len(r.s) && r.s[r.at] == '@' {
		r.text(r.s[start:r.at])
		return
	}
	r.phrase.WriteString(b.String())
}

// parens reads a comment, others in it included.
func (r *addressReader) parens() string {
	start, depth := r.at+1, 0
	for ; r.at < len(r.s); r.at++ {
		switch r.s[r.at] {
		case '\\':
			r.at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				r.at++
				return r.s[start : r.at-1]
			}
		}
	}
	r.at = len(r.s)
	return r.s[min(start, len(r.s)):]
}

// end closes the address that was read.
func (r *addressReader) end(list []Address) []Address {
	phrase := strings.TrimSpace(r.phrase.String())
	a := Address{Name: phrase, Address: r.angle}
	if !r.angled {
		a = Address{Name: r.comment, Address: phrase}
		if i := strings.LastIndexAny(phrase, " \t"); i >= 0 && strings.Contains(phrase[i:], "@") && !strings.Contains(phrase[:i], "@") && phrase[0] != '"' {
			a = Address{Name: strings.TrimSpace(phrase[:i]), Address: phrase[i+1:]} // brackets forgotten
		}
	} else if phrase == "" {
		a.Name = r.comment
	}
	r.phrase.Reset()
	r.comment, r.angle, r.angled, r.address = "", "", false, false
	if a.Address == "" && a.Name == "" {
		return list
	}
	name, _ := decodeWords(a.Name)
	if a.Address != "" && strings.Contains(a.Address, "=?") {
		a.Address, _ = decodeWords(a.Address)
	}
	a.Name = oneLine(clean(strings.TrimSpace(name)))
	a.Address = strings.Trim(oneLine(clean(a.Address)), "<> \t") // left over where brackets do not match
	if a == (Address{}) {
		return list
	}
	return append(list, a)
}
