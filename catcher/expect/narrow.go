package expect

import (
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// box is a mailbox in which all that counts has a delivery, or "".
func (p *plan) box() string {
	if p.mailbox == "" && p.to.exact() {
		return p.to.parts[0]
	}
	return p.mailbox
}

// concerns says whether a transaction may bring mail into the scope.
func (p *plan) concerns(t *mail.Transaction) bool {
	return !t.Data || p.addressed(t)
}

// addressed says whether a transaction has a recipient in the scope.
func (p *plan) addressed(t *mail.Transaction) bool {
	return slices.ContainsFunc(t.To, func(to string) bool {
		return p.to.match(to) && (p.mailbox == "" || p.mailbox[0] == '@' || mail.Box(to) == p.mailbox)
	})
}

// minWord is the length of the shortest word that is worth asking the index for.
const minWord = 3

// narrow is a query that finds all that can pass, and perhaps more; nil for none. It
// is for the index: that no word of the tests is missed, only plain ASCII is in it,
// which stays as it is when text is folded.
func (p *plan) narrow() *query.Query { return p.narrowed }

func (p *plan) narrowing(now time.Time) *query.Query {
	var terms []string
	if p.query != nil {
		terms = append(terms, "("+p.query.String()+")")
	}
	for i := range p.tests {
		t := &p.tests[i]
		operator := map[field]string{fieldSubject: "subject", fieldText: "body", fieldBody: "body"}[t.field]
		if operator == "" || t.Not || t.want == "" {
			continue
		}
		for word := range strings.FieldsFuncSeq(t.want, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
		}) {
			if len(word) >= minWord {
				terms = append(terms, operator+`:"`+word+`"`)
			}
		}
	}
	if len(terms) == 0 {
		return nil
	}
	q, err := query.Parse(strings.Join(terms, " "), now)
	if err != nil {
		return p.query // too long: what there is by itself will do
	}
	return q
}
