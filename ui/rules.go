package ui

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

// maxBody is how many octets of rules and such a request may bring.
const maxBody = 1 << 20

const ruleBodyText = "A rule, or several as {\"rules\":[…]}; or, when the body does not begin with \"{\", lines as in a file of rules. " +
	"What is wrong with a line is told by its place in errors[].location: body.text:1:12 is column 12, body:3:12 that of line 3."

type ruleInput struct {
	ID string `path:"id" doc:"ID of the rule."`
}

type ownerInput struct {
	Owner string `query:"owner" doc:"Only the rules of this owner."`
}

// Resolve refuses an empty owner: it would widen the deletion to all rules.
func (in *ownerInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	if in.Owner == "" && u.Query().Has("owner") {
		return []error{&huma.ErrorDetail{Message: "The owner is empty.", Location: "query.owner", Value: ""}}
	}
	return nil
}

type resetInput struct{ Body api.ResetRules }

func (h *handler) ruleRoutes() {
	tags := []string{"rules"}
	register(h, huma.Operation{
		OperationID: "listRules", Method: http.MethodGet, Path: "/v1/rules", Tags: tags,
		Summary: "List the rules, in the order in which they are asked",
	}, h.listRules)
	register(h, huma.Operation{
		OperationID: "getRule", Method: http.MethodGet, Path: "/v1/rules/{id}", Tags: tags,
		Summary: "Describe one rule, and what it has done",
	}, h.getRule)
	register(h, huma.Operation{
		OperationID: "deleteRules", Method: http.MethodDelete, Path: "/v1/rules", Tags: tags,
		Summary: "Delete all rules that were added, or those of one owner",
	}, h.deleteRules)
	register(h, huma.Operation{
		OperationID: "deleteRule", Method: http.MethodDelete, Path: "/v1/rules/{id}", Tags: tags,
		Summary: "Delete a rule that was added",
	}, h.deleteRule)
	register(h, huma.Operation{
		OperationID: "resetRules", Method: http.MethodPost, Path: "/v1/rules/reset", Tags: tags,
		Summary: "Let rules count anew",
	}, h.resetRules)
	register(h, huma.Operation{
		OperationID: "getMagic", Method: http.MethodGet, Path: "/v1/magic", Tags: tags,
		Summary: "List the magic addresses, and the presets for replies",
	}, h.getMagic)

	h.ruleRoute(http.MethodPost, "/v1/rules", "addRules", "Add rules, behind those that were added before", "201", h.addRules,
		queryParam("first", huma.TypeBoolean, "Put them in front instead."))
	h.ruleRoute(http.MethodPut, "/v1/rules", "replaceRules", "Put rules in place of all that were added", "200", h.replaceRules)
	h.ruleRoute(http.MethodPut, "/v1/rules/{id}", "replaceRule", "Put a rule in the place of one that was added", "200", h.replaceRule,
		pathParam("id", "ID of the rule."))
}

// ruleRoute adds a route that takes rules, as JSON or as text, and gives them back
// as they are used.
func (h *handler) ruleRoute(method, path, operation, summary, status string, serve func(http.ResponseWriter, *http.Request) error, params ...*huma.Param) {
	h.raw(huma.Operation{
		OperationID: operation, Method: method, Path: path, Tags: []string{"rules"}, Summary: summary, Parameters: params,
		RequestBody: &huma.RequestBody{Required: true, Description: ruleBodyText, Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{AnyOf: []*huma.Schema{schemaOf[api.NewRule](h), schemaOf[api.NewRules](h)}}},
			"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString}},
		}},
		Responses: map[string]*huma.Response{status: response("The rules", "application/json", schemaOf[api.Rules](h))},
	}, func(w http.ResponseWriter, r *http.Request) error {
		for name := range r.URL.Query() {
			if !slices.ContainsFunc(params, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
				return unprocessable("query."+name, "unknown query parameter", nil)
			}
		}
		return serve(w, r)
	})
}

func (h *handler) rules() []rule.Listed {
	return h.Backend.Rules().List(h.Backend.Clock().Now())
}

// findRule gives one rule, or a problem.
func (h *handler) findRule(id string) (rule.Listed, error) {
	list := h.rules()
	i := slices.IndexFunc(list, func(l rule.Listed) bool { return l.Rule.ID == id })
	if i < 0 {
		return rule.Listed{}, notFound("There is no rule %.40q.", id)
	}
	return list[i], nil
}

// findAdded is findRule for who wants to change the rule.
func (h *handler) findAdded(id string) error {
	l, err := h.findRule(id)
	if err == nil && l.Origin != "added" {
		err = huma.Error409Conflict("The rule comes from the file of rules, and is changed there.")
	}
	return err
}

func (h *handler) listRules(ctx context.Context, _ *struct{}) (*answer[api.Rules], error) {
	return answered(api.Rules{Rules: each(h.rules(), func(l rule.Listed) api.Rule { return viewRule(shownRule(ctx, l)) })}, nil)
}

func (h *handler) getRule(ctx context.Context, in *ruleInput) (*answer[api.Rule], error) {
	l, err := h.findRule(in.ID)
	return answered(viewRule(shownRule(ctx, l)), err)
}

// shownRule is a rule as who asks may see it.
func shownRule(ctx context.Context, l rule.Listed) rule.Listed {
	l.Rule.Do = shownActions(ctx, l.Rule.Do)
	return l
}

// shownActions have passwords of next hops only for who may change rules.
func shownActions(ctx context.Context, do []rule.Action) []rule.Action {
	if v := visitorOf(ctx); v == nil || v.lacks(operator) == nil {
		return do
	}
	return each(do, func(a rule.Action) rule.Action { a.URL = mail.WithoutPassword(a.URL); return a })
}

func (h *handler) deleteRules(_ context.Context, in *ownerInput) (*answer[api.Deleted], error) {
	if in.Owner != "" {
		return answered(api.Deleted{Deleted: h.Backend.Rules().RemoveOwner(in.Owner)}, nil)
	}
	return answered(api.Deleted{Deleted: h.Backend.Rules().Remove(each(h.rules(), idOf)...)}, nil) // those of the file stay
}

func idOf(l rule.Listed) string { return l.Rule.ID }

func (h *handler) deleteRule(_ context.Context, in *ruleInput) (*answer[api.Deleted], error) {
	if err := h.findAdded(in.ID); err != nil {
		return nil, err
	}
	return answered(api.Deleted{Deleted: h.Backend.Rules().Remove(in.ID)}, nil)
}

func (h *handler) resetRules(ctx context.Context, in *resetInput) (*answer[api.Rules], error) {
	for _, id := range in.Body.IDs {
		if _, err := h.findRule(id); err != nil {
			return nil, err
		}
	}
	h.Backend.Rules().ResetCounters(in.Body.IDs...)
	return h.listRules(ctx, nil)
}

func (h *handler) addRules(w http.ResponseWriter, r *http.Request) error {
	rules, err := readRules(w, r)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return unprocessable("body", "There is no rule in the request.", nil)
	}
	add := h.Backend.Rules().Add
	if wants(r, "first") {
		add = h.Backend.Rules().AddFirst
	}
	added, err := add(rules...)
	return writeRules(w, http.StatusCreated, added, err)
}

func (h *handler) replaceRules(w http.ResponseWriter, r *http.Request) error {
	rules, err := readRules(w, r)
	if err != nil {
		return err
	}
	added, err := h.Backend.Rules().SetAll(rules...)
	return writeRules(w, http.StatusOK, added, err)
}

func (h *handler) replaceRule(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := h.findAdded(id); err != nil {
		return err
	}
	rules, err := readRules(w, r)
	if err != nil {
		return err
	}
	if len(rules) != 1 {
		return unprocessable("body", fmt.Sprintf("One rule is wanted, not %d.", len(rules)), nil)
	}
	added, err := h.Backend.Rules().Replace(id, rules[0])
	if errors.Is(err, rule.ErrNotFound) {
		return notFound("There is no rule %.40q any more.", id)
	}
	return writeRules(w, http.StatusOK, []rule.Rule{added}, err)
}

// writeRules answers with rules that were added, or with why they were not.
func writeRules(w http.ResponseWriter, status int, rules []rule.Rule, err error) error {
	if err != nil {
		return badRules("body", false, err)
	}
	return writeJSON(w, status, "application/json", api.Rules{Rules: each(rules, viewAdded)})
}

func viewAdded(r rule.Rule) api.Rule { return viewRule(rule.Listed{Rule: r, Origin: "added"}) }

// readBody reads all of a body that takes no stream.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, huma.Error413RequestEntityTooLarge(fmt.Sprintf("The body is larger than %d octets.", maxBody))
	}
	if err != nil {
		return nil, errBrokenOff
	}
	return text, nil
}

// readRules reads what ruleBodyText says.
func readRules(w http.ResponseWriter, r *http.Request) ([]rule.Rule, error) {
	text, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(r.Header.Get("Content-Type"), "json") && !strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		rules, err := rule.ParseFile(string(text))
		return rules, badRules("body", true, err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, badRequest("body", "This is not a JSON object: "+err.Error(), nil)
	}
	list, several := fields["rules"]
	if !several {
		one, err := decodeRule("body", text)
		return []rule.Rule{one}, err
	}
	if len(fields) > 1 {
		return nil, unprocessable("body", `Beside "rules" there can be nothing.`, nil)
	}
	return decodeRules(list)
}

func decodeRules(list json.RawMessage) ([]rule.Rule, error) {
	var texts []json.RawMessage
	if err := json.Unmarshal(list, &texts); err != nil {
		return nil, unprocessable("body.rules", "This is not a list of rules.", nil)
	}
	rules := make([]rule.Rule, len(texts))
	for i, text := range texts {
		var err error
		if rules[i], err = decodeRule(fmt.Sprintf("body.rules[%d]", i), text); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

func decodeRule(where string, text json.RawMessage) (rule.Rule, error) {
	var r rule.Rule
	err := json.Unmarshal(text, &r)
	if err == nil {
		return r, nil
	}
	var line struct{ Text string }
	if json.Unmarshal(text, &line) == nil && line.Text != "" {
		return r, badRules(where+".text", true, err)
	}
	return r, badRules(where, false, err)
}

// position is how an error of package rule begins.
var position = regexp.MustCompile(`^(?:line (\d+), )?column (\d+): `)

// badRules makes a problem of what is wrong with rules: one error for each bad
// line. A written one has its place in the text that was sent.
func badRules(where string, written bool, err error) error {
	if err == nil {
		return nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	details := each(all, func(err error) error {
		d := &huma.ErrorDetail{Message: err.Error(), Location: where}
		if at := position.FindStringSubmatch(d.Message); written && at != nil {
			d.Location += ":" + cmp.Or(at[1], "1") + ":" + at[2]
		}
		return d
	})
	return huma.Error422UnprocessableEntity("The rule cannot be read: "+all[0].Error(), details...)
}

// viewRule has the parts of a rule as its own JSON has them.
func viewRule(l rule.Listed) api.Rule {
	v := api.Rule{Match: []api.RuleTerm{}, Do: []api.RuleAction{}}
	if text, err := json.Marshal(l.Rule); err == nil {
		json.Unmarshal(text, &v) // both sides are ours; a test compares them
	}
	v.Origin, v.Text = l.Origin, l.Rule.String()
	v.Asked, v.Applied, v.LastApplied = l.Asked, l.Applied, viewDate(l.LastApplied.UTC())
	return v
}

func (h *handler) getMagic(context.Context, *struct{}) (*answer[api.Magic], error) {
	return answered(api.Magic{
		Addresses: each(rule.MagicAddresses(), func(m rule.Magic) api.MagicAddress {
			return api.MagicAddress{Address: m.Address, Example: m.Example, Stage: string(m.Stage), What: m.What}
		}),
		Names: each(rule.MagicNames(), func(m rule.MagicName) api.MagicName {
			return api.MagicName{Name: m.Name, What: m.What}
		}),
		Presets: each(rule.Presets(), func(p rule.Preset) api.Preset {
			return api.Preset{Name: p.Name, Reply: *viewReply(&p.Reply), From: p.From}
		}),
	}, nil)
}
