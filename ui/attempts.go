package ui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

type attemptsInput struct {
	To      string `query:"to" doc:"Only with this recipient: a whole address, or without an @ a part of one."`
	From    string `query:"from" doc:"Only from this reverse-path, likewise; <> is the null sender."`
	Rule    string `query:"rule" doc:"Only what this rule decided."`
	Session string `query:"session" doc:"Only in the session with this ID."`
	Stage   string `query:"stage" doc:"Only at this stage, such as rcpt."`
	Did     string `query:"did" doc:"Only refused, dropped, hung, garbled or discarded."`
	Before  string `query:"before" doc:"Only attempts older than this ID."`
	Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"How many there are on a page."`
}

type attemptInput struct {
	ID string `path:"id" doc:"ID of the attempt."`
}

func (h *handler) attemptRoutes() {
	tags := []string{"attempts"}
	register(h, huma.Operation{
		OperationID: "listAttempts", Method: http.MethodGet, Path: "/v1/attempts", Tags: tags,
		Summary:     "List what clients tried and did not go as it should, newest first",
		Description: "What was refused or broken off, and what was accepted without the client knowing. Only the latest are kept, in memory.",
	}, h.listAttempts)
	register(h, huma.Operation{
		OperationID: "clearAttempts", Method: http.MethodDelete, Path: "/v1/attempts", Tags: tags,
		Summary: "Forget all attempts",
	}, h.clearAttempts)
	register(h, huma.Operation{
		OperationID: "getAttempt", Method: http.MethodGet, Path: "/v1/attempts/{id}", Tags: tags,
		Summary: "Describe one attempt",
	}, h.getAttempt)
	h.raw(huma.Operation{
		OperationID: "getAttemptRaw", Method: http.MethodGet, Path: "/v1/attempts/{id}/raw", Tags: tags,
		Summary:    "The message of an attempt, as far as it came",
		Parameters: []*huma.Param{pathParam("id", "ID of the attempt."), queryParam("download", huma.TypeBoolean, "Offer it as a file.")},
		Responses:  map[string]*huma.Response{"200": response("OK", "message/rfc822", &huma.Schema{Type: huma.TypeString})},
	}, h.getAttemptRaw)
}

func (h *handler) listAttempts(_ context.Context, in *attemptsInput) (*answer[api.Attempts], error) {
	before, err := optionalID("query.before", in.Before)
	if err != nil {
		return nil, err
	}
	v := api.Attempts{Cursor: h.Backend.LastEvent()}
	list := h.Backend.Attempts(before, in.Limit+1, in.finds)
	if len(list) > in.Limit {
		list = list[:in.Limit]
		v.Next = list[in.Limit-1].ID.String()
	}
	v.Attempts = each(list, viewAttempt)
	return answered(v, nil)
}

// finds says whether an attempt is among those asked for.
func (in *attemptsInput) finds(a *mail.Attempt) bool {
	return is(in.Rule, a.Rule) && is(in.Stage, a.Stage) && is(in.Did, a.Did) &&
		(in.Session == "" || a.Session != nil && a.Session.ID == in.Session) &&
		(in.From == "" || in.From == "<>" && a.From == "" || meant(in.From, a.From)) &&
		(in.To == "" || slices.ContainsFunc(a.To, func(to string) bool { return meant(in.To, to) }))
}

// is says whether a value is the wanted one; "" wants any.
func is(wanted, value string) bool { return wanted == "" || wanted == value }

// meant says whether an address is the wanted one, or contains it when that is no
// whole address. Case does not matter.
func meant(wanted, address string) bool {
	wanted, address = mail.Box(wanted), mail.Box(address)
	if strings.Contains(wanted, "@") {
		return wanted == address
	}
	return strings.Contains(address, wanted)
}

// findAttempt gives an attempt and its body, or a problem.
func (h *handler) findAttempt(text string) (mail.Attempt, *store.BodyReader, error) {
	id, err := parseID("path.id", text)
	if err != nil {
		return mail.Attempt{}, nil, err
	}
	a, body, err := h.Backend.Attempt(id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("There is no such attempt, or it is no longer known.")
	}
	return a, body, err
}

func (h *handler) getAttempt(_ context.Context, in *attemptInput) (*answer[api.Attempt], error) {
	a, _, err := h.findAttempt(in.ID)
	return answered(viewAttempt(a), err)
}

func (h *handler) getAttemptRaw(w http.ResponseWriter, r *http.Request) error {
	a, body, err := h.findAttempt(r.PathValue("id"))
	if err != nil {
		return err
	}
	if body == nil {
		return notFound("Nothing of a message came.")
	}
	h.serveMail(w, r, a.ID, a.At, body)
	return nil
}

func (h *handler) clearAttempts(context.Context, *struct{}) (*answer[api.Deleted], error) {
	return answered(api.Deleted{Deleted: h.Backend.ClearAttempts()}, nil)
}

func viewAttempt(a mail.Attempt) api.Attempt {
	v := api.Attempt{
		ID: a.ID.String(), At: a.At.UTC(), Stage: a.Stage, Did: a.Did, Rule: a.Rule, Reply: viewReply(a.Reply),
		From: a.From, To: append([]string{}, a.To...), Size: a.Size, Message: viewID(a.Message), HasBody: a.Body,
	}
	if a.Session != nil {
		s := viewSession(*a.Session)
		v.Session = &s
	}
	return v
}
