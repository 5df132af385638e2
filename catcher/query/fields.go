package query

import (
	"github.com/postroom/postroom/catcher/mail"
)

// Fields is a set of places where a search looks.
type Fields uint16

// The places. An address has up to three values: its display name, itself, and
// its mailbox (mail.Box) where that reads otherwise.
const (
	InFrom       Fields = 1 << iota // addresses of the header
	InTo                            // addresses of the header
	InCc                            // addresses of the header
	InBcc                           // addresses of the header, and recipients that neither To nor Cc names
	InRcpt                          // recipients of the envelope
	InSender                        // reverse-path of the envelope
	InSubject                       // one value
	InBody                          // a value for each of Content.Text
	InAttachment                    // file names and content types
	InHeader                        // "name=value" of each field, both folded
	InKind                          // "html", "attachment" and "bounce", as far as the message has or is that

	inNames // of InAttachment, only the file names
)

const (
	inEnvelope  = InRcpt | InSender
	inAddresses = InFrom | InTo | InCc | InBcc | inEnvelope
	inWords     = inAddresses | InSubject | InBody | inNames
)

// bits gives the places one by one.
func (f Fields) bits(yield func(Fields) bool) {
	for bit := InFrom; bit <= inNames; bit <<= 1 {
		if f&bit != 0 && !yield(bit) {
			return
		}
	}
}

// Each gives the folded values that a search looks at, field by field. They are
// those that Match looks into: what is in none of them does not match.
func Each(m *mail.Message, c *Content, yield func(f Fields, folded string)) {
	for f := InFrom; f <= InKind; f <<= 1 {
		for _, v := range values(f, m, c) {
			yield(f, v)
		}
	}
}

// values returns the folded values of one field.
func values(f Fields, m *mail.Message, c *Content) []string {
	switch f {
	case InSubject:
		return []string{Fold(c.Subject)}
	case InBody:
		return foldEach(nil, c.Text, Fold)
	case InAttachment:
		return foldEach(values(inNames, m, c), c.Attachments, func(a Attachment) string { return Fold(a.Type) })
	case inNames:
		return foldEach(nil, c.Attachments, func(a Attachment) string { return Fold(a.Name) })
	case InKind:
		return kinds(c)
	case InHeader:
		return foldEach(nil, c.Headers, func(h Header) string { return Fold(h.Name) + "=" + Fold(h.Value) })
	}
	list := addresses(f, m, c)
	folded := make([]string, 0, 2*len(list))
	for _, a := range list {
		if name := Fold(a.Name); name != "" {
			folded = append(folded, name)
		}
		address := Fold(a.Address)
		folded = append(folded, address)
		if box := Fold(mail.Box(a.Address)); box != address {
			folded = append(folded, box)
		}
	}
	return folded
}

func kinds(c *Content) []string {
	var list []string
	if c.HTML {
		list = append(list, "html")
	}
	if len(c.Attachments) > 0 {
		list = append(list, "attachment")
	}
	if c.Bounce {
		list = append(list, "bounce")
	}
	return list
}

func foldEach[T any](to []string, list []T, fold func(T) string) []string {
	for _, v := range list {
		to = append(to, fold(v))
	}
	return to
}

// addresses returns the addresses of one field.
func addresses(f Fields, m *mail.Message, c *Content) []Address {
	switch f {
	case InFrom:
		return c.From
	case InTo:
		return c.To
	case InCc:
		return c.Cc
	case InBcc:
		return append(hidden(m, c), c.Bcc...)
	case InSender:
		return []Address{{Address: m.Envelope.From}}
	}
	list := make([]Address, len(m.Envelope.To))
	for i, r := range m.Envelope.To {
		list[i].Address = r.Address
	}
	return list
}

// hidden returns the envelope's recipients that neither To nor Cc names.
func hidden(m *mail.Message, c *Content) []Address {
	named := make(map[string]bool, len(c.To)+len(c.Cc))
	for _, list := range [...][]Address{c.To, c.Cc} {
		for _, a := range list {
			named[mail.Box(a.Address)] = true
		}
	}
	var list []Address
	for _, r := range m.Envelope.To {
		if !named[mail.Box(r.Address)] {
			list = append(list, Address{Address: r.Address})
		}
	}
	return list
}
