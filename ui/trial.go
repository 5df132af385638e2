package ui

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

type checkInput struct{ Body api.CheckRule }

type tryInput struct{ Body api.TryRule }

func (h *handler) trialRoutes() {
	tags := []string{"rules"}
	register(h, huma.Operation{
		OperationID: "checkRule", Method: http.MethodPost, Path: "/v1/rules/check", Tags: tags,
		Summary:     "Read a rule without adding it",
		Description: "The answer is 200 for what is no rule too: problem says what is wrong, and where.",
	}, h.checkRule)
	register(h, huma.Operation{
		OperationID: "tryRule", Method: http.MethodPost, Path: "/v1/rules/try", Tags: tags,
		Summary: "Tell what a rule, and the present rules, would have said to an attempt or a message",
		Description: "Conditions are asked of what is known of the attempt or message; counting is told, not done. " +
			"What was not recorded is not known: the size that a client declared, or what came after an attempt ended.",
	}, h.tryRule)
	register(h, huma.Operation{
		OperationID: "getRuleLanguage", Method: http.MethodGet, Path: "/v1/rules/language", Tags: tags,
		Summary: "List the words of rules, with their meanings and values to begin with",
	}, h.getRuleLanguage)
}

func (h *handler) checkRule(_ context.Context, in *checkInput) (*answer[api.RuleCheck], error) {
	r, err := rule.Parse(in.Body.Text)
	if err != nil {
		return answered(api.RuleCheck{Problem: viewRuleProblem(in.Body.Text, err)}, nil)
	}
	v := viewAdded(r)
	return answered(api.RuleCheck{OK: true, Rule: &v}, nil)
}

func viewRuleProblem(text string, err error) *api.RuleProblem {
	var bad *rule.Error
	if !errors.As(err, &bad) {
		return &api.RuleProblem{Column: 1, Message: err.Error()}
	}
	return &api.RuleProblem{
		Column: bad.Column(), Length: utf8.RuneCountInString(text[bad.Offset : bad.Offset+bad.Length]), Message: bad.What,
	}
}

func (h *handler) tryRule(ctx context.Context, in *tryInput) (*answer[api.RuleTrial], error) {
	r, err := h.triedRule(&in.Body)
	if err != nil {
		return nil, err
	}
	p, err := h.past(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	defer p.close()
	p.show = func(do []rule.Action) []rule.Action { return shownActions(ctx, do) }
	v := api.RuleTrial{Tried: []api.RuleTold{}, Present: p.present(h.Backend.Rules())}
	if r != nil {
		one := viewRule(shownRule(ctx, *r))
		v.Rule = &one
		for _, f := range p.factsAt(r.Rule.At) {
			told, err := r.Rule.Explain(f)
			if err != nil {
				return nil, badRules("body", false, err)
			}
			v.Tried = append(v.Tried, p.view(f, told))
		}
	}
	return answered(v, nil)
}

// triedRule is the rule of a request, or nil when there is none.
func (h *handler) triedRule(in *api.TryRule) (*rule.Listed, error) {
	switch {
	case in.Text != "" && in.ID != "":
		return nil, unprocessable("body.id", "Give text or id, not both.", in.ID)
	case in.ID != "":
		l, err := h.findRule(in.ID)
		return &l, err
	case in.Text == "":
		return nil, nil
	}
	r, err := rule.Parse(in.Text)
	return &rule.Listed{Rule: r, Origin: "added"}, badRules("body.text", true, err)
}

// A past is an attempt or a message, as rules saw it when it came.
type past struct {
	at       time.Time
	session  *mail.Session
	ended    rule.Stage // where an attempt ended; Route for what was accepted
	from     string
	to       []string
	size     int64
	document *query.Document
	close    func()
	show     func([]rule.Action) []rule.Action
}

func (h *handler) past(ctx context.Context, in *api.TryRule) (*past, error) {
	if (in.Attempt == "") == (in.Message == "") {
		return nil, unprocessable("body", "Give an attempt or a message.", nil)
	}
	if in.Attempt != "" {
		return h.pastAttempt(in.Attempt)
	}
	m, _, err := h.find(ctx, in.Message, "")
	if err != nil {
		return nil, err
	}
	p := &past{at: m.Received, session: m.Envelope.Session, ended: rule.Route, from: m.Envelope.From, size: m.Size, close: func() {}}
	for _, to := range m.Envelope.To {
		p.to = append(p.to, to.Address)
	}
	p.document = h.Backend.Document(&m, func() (store.Reader, error) { return h.Backend.Open(ctx, m.ID) })
	return p, nil
}

func (h *handler) pastAttempt(id string) (*past, error) {
	a, body, err := h.findAttempt(id)
	if err != nil {
		return nil, err
	}
	p := &past{at: a.At, session: a.Session, ended: rule.Stage(a.Stage), from: a.From, to: a.To, size: a.Size, close: func() {}}
	if body == nil {
		return p, nil
	}
	m := &mail.Message{Received: a.At, Envelope: mail.Envelope{From: a.From, Session: a.Session}, Size: a.Size}
	for _, to := range a.To {
		m.Envelope.To = append(m.Envelope.To, mail.Rcpt{Address: to})
	}
	p.document = h.Backend.Document(m, func() (store.Reader, error) { return body, nil })
	p.close = func() { body.Close() }
	return p, nil
}

// order is that of the stages of one mail.
func order() []rule.Stage {
	return []rule.Stage{rule.Connect, rule.Banner, rule.Ehlo, rule.StartTLS, rule.Handshake, rule.Auth, rule.Mail, rule.Rcpt, rule.Data, rule.Dot, rule.Route}
}

// reached says whether a stage came, as far as is known.
func (p *past) reached(stage rule.Stage) bool {
	at, end := slices.Index(order(), stage), slices.Index(order(), p.ended)
	switch {
	case stage == p.ended:
		return true
	case at < 0 || p.session == nil || !p.overSMTP():
		return false
	case stage == rule.StartTLS || stage == rule.Handshake:
		return p.session.TLS != ""
	case stage == rule.Auth:
		return p.session.User != ""
	case end < 0: // RSET or QUIT
		return stage == rule.Connect || stage == rule.Banner || stage == rule.Ehlo
	}
	return at < end
}

// overSMTP is false for what came by HTTP, from a file, or over POP3.
func (p *past) overSMTP() bool {
	return p.ended != rule.Login && p.ended != rule.Retr && p.session.Protocol != "HTTP" && p.session.Remote != ""
}

// factsAt are the facts of a stage; at rcpt and route those for each recipient.
func (p *past) factsAt(stage rule.Stage) []*rule.Facts {
	f := rule.Facts{Stage: stage, Now: p.at}
	if s := p.session; s != nil {
		f.Session, f.Client, f.Helo, f.User, f.TLS = s.ID, s.Remote, s.Helo, s.User, s.TLS
		if host, _, err := net.SplitHostPort(s.Remote); err == nil {
			f.Client = host
		}
		if _, port, err := net.SplitHostPort(s.Local); err == nil {
			f.Port = port
		}
	}
	at := slices.Index(order(), stage)
	if at >= slices.Index(order(), rule.Mail) {
		f.From, f.Known = p.from, p.reached(rule.Mail) || p.ended == rule.Route
	}
	if stage == rule.Dot || stage == rule.Route || stage == rule.Retr {
		f.Size, f.Message = p.size, p.document
	}
	switch stage {
	case rule.Rcpt, rule.Route:
		if len(p.to) > 0 {
			return each(p.to, func(to string) *rule.Facts {
				one := f
				one.To = []string{to}
				return &one
			})
		}
	case rule.Data, rule.Dot:
		f.To = p.to
	}
	return []*rule.Facts{&f}
}

// present tells which of the rules that there are would match, at each stage that
// was reached: the first, and those behind it as long as they only count.
func (p *past) present(set *rule.Set) []api.RuleTold {
	list := []api.RuleTold{}
	for _, stage := range append(order(), rule.Rset, rule.Quit, rule.Login, rule.Retr) {
		if !p.reached(stage) {
			continue
		}
		for _, f := range p.factsAt(stage) {
			for _, told := range set.Explain(f) {
				if told.Failed != nil {
					continue
				}
				list = append(list, p.view(f, told))
				if !told.Counts {
					break
				}
			}
		}
	}
	return list
}

func (p *past) view(f *rule.Facts, told rule.Told) api.RuleTold {
	shown := told.Rule
	if told.Failed != nil {
		shown.Match = []rule.Term{*told.Failed}
	}
	shown.Do = p.show(told.Do)
	parts := viewAdded(shown)
	v := api.RuleTold{
		Stage: string(f.Stage), To: append([]string{}, f.To...), Reached: p.reached(f.Stage), Rule: parts.Name,
		Matches: told.Failed == nil, Counts: told.Counts, Known: told.Known, Found: told.Found, Do: parts.Do,
	}
	if v.Rule == "" {
		v.Rule = parts.ID
	}
	if told.Failed != nil {
		v.Failed = &parts.Match[0]
	}
	if i := slices.IndexFunc(told.Do, func(a rule.Action) bool { return a.Kind == rule.Reply }); i >= 0 {
		v.Reply = viewReply(&told.Do[i].Reply)
	}
	return v
}

func (h *handler) getRuleLanguage(context.Context, *struct{}) (*answer[api.RuleLanguage], error) {
	l := rule.Words()
	return answered(api.RuleLanguage{
		Stages: each(l.Stages, func(s rule.StageWord) api.RuleStage {
			return api.RuleStage{Name: string(s.Stage), What: s.What, Fields: s.Fields, Actions: each(s.Actions, textOf), Per: s.Per}
		}),
		Fields: each(l.Fields, viewWord), Times: each(l.Times, viewWord), Actions: each(l.Actions, viewWord),
	}, nil)
}

func viewWord(w rule.Word) api.RuleWord {
	return api.RuleWord{
		Name: w.Name, What: w.What, Args: w.Args, Values: each(w.Values, viewValue), Options: each(w.Options, viewValue), Presets: w.Presets,
	}
}

func viewValue(v rule.Value) api.RuleValue {
	return api.RuleValue{Text: v.Text, What: v.What, At: each(v.At, textOf)}
}

func textOf[T ~string](v T) string { return string(v) }
