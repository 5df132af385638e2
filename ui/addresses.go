package ui

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

// What a fresh address has when the request does not say.
const (
	freshPrefix = "test"
	freshDomain = "test.local"
	freshFor    = time.Hour
)

type newAddressInput struct{ Body *api.NewAddress }

type addressInput struct {
	Address string `path:"address" doc:"The address, percent-encoded, in any spelling."`
}

func (h *handler) addressRoutes() {
	tags := []string{"expect"}
	register(h, huma.Operation{
		OperationID: "newAddress", Method: http.MethodPost, Path: "/v1/addresses", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Make an address that nobody else has, and rules for mail to it",
		Description: "Any address takes mail; this one is only sure to be nobody else's. Without a body it is one at test.local.",
	}, h.newAddress)
	register(h, huma.Operation{
		OperationID: "deleteAddress", Method: http.MethodDelete, Path: "/v1/addresses/{address}", Tags: tags,
		Summary: "Delete the rules of an address, and all mail of its mailbox",
	}, h.deleteAddress)
}

func (h *handler) newAddress(_ context.Context, in *newAddressInput) (*answer[api.AnAddress], error) {
	ask := api.NewAddress{}
	if in.Body != nil {
		ask = *in.Body
	}
	address, err := h.freshAddress(ask.Prefix, ask.Domain)
	if err != nil {
		return nil, err
	}
	last := freshFor
	if ask.For != "" {
		d, ok := rule.ParseDuration(ask.For)
		if !ok || d > farthest {
			return nil, unprocessable("body.for", "This is not a time such as 10m or 2h.", ask.For)
		}
		last = d
	}
	expires := h.Backend.Clock().Now().Add(last).UTC()
	rules, err := addressRules(ask.Rules, address, expires)
	if err != nil {
		return nil, err
	}
	added, err := h.Backend.Rules().Add(rules...)
	if err != nil {
		return nil, badRules("body.rules", false, err)
	}
	cursor, err := h.Backend.Cursor()
	return answered(api.AnAddress{
		Address: address, Cursor: viewID(cursor), Expires: expires,
		Rules: each(added, viewAdded),
	}, err)
}

// plainPrefix is what needs no quotes in an address and means itself in a rule.
var plainPrefix = regexp.MustCompile(`^[\pL\pN]+([-_+.][\pL\pN]+)*$`)

// freshAddress ends its local part with 50 random bits. IDs also differ within a
// process.
func (h *handler) freshAddress(prefix, domain string) (string, error) {
	if prefix == "" {
		prefix = freshPrefix
	}
	if domain == "" {
		domain = freshDomain
	}
	if !plainPrefix.MatchString(prefix) {
		return "", unprocessable("body.prefix", "Letters and digits are wanted, and between them one of -_+. at most.", prefix)
	}
	id, err := h.ids.Next(h.clock.Now())
	if err != nil {
		return "", err
	}
	address := prefix + "-" + strings.ToLower(id.String()[16:]) + "@" + domain
	if _, err := mail.ParseAddress(address); err != nil || !plainDomain(domain) {
		return "", unprocessable("body.domain", "This is not a domain.", domain)
	}
	return address, nil
}

// plainDomain refuses what ParseAddress forgives, and what means more in a rule.
func plainDomain(domain string) bool {
	return !strings.ContainsAny(domain, "*?[]/") && !slices.ContainsFunc(strings.Split(domain, "."), func(label string) bool {
		return label == "" || len(label) > 63
	})
}

// addressRules reads rules and keeps them to an address.
func addressRules(lines []string, address string, expires time.Time) ([]rule.Rule, error) {
	rules := make([]rule.Rule, len(lines))
	for i, line := range lines {
		where := fmt.Sprintf("body.rules[%d]", i)
		r, err := rule.Parse(line)
		if err != nil {
			return nil, badRules(where, true, err)
		}
		if slices.ContainsFunc(r.Match, func(t rule.Term) bool { return t.Field == "to" }) {
			return nil, unprocessable(where, "The rule is for mail to the new address: it cannot have to=.", line)
		}
		r.Match = append(r.Match, rule.Term{Field: "to", Any: []string{address}})
		if _, err := rule.Parse(r.String()); err != nil {
			return nil, unprocessable(where, fmt.Sprintf("At %s the recipient is not known: rules of an address are for stages where it is.", r.At), line)
		}
		r.Owner, r.Expires = mail.Box(address), expires
		rules[i] = r
	}
	return rules, nil
}

func (h *handler) deleteAddress(ctx context.Context, in *addressInput) (*answer[api.DeletedAddress], error) {
	box, err := oneBox("path.address", in.Address)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(box, "@") {
		return nil, badRequest("path.address", "This is the name of a mailbox, and no address.", in.Address)
	}
	v := api.DeletedAddress{Rules: h.Backend.Rules().RemoveOwner(box)}
	v.Messages, err = h.Backend.Clear(ctx, box)
	return answered(v, err)
}
