package ui

import (
	"context"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

type sessionsInput struct {
	Open   bool   `query:"open" doc:"Only those that are open."`
	Errors bool   `query:"errors" doc:"Only those in which something went wrong: an error reply, a time-out, or a rule that broke them off."`
	Find   string `query:"find" doc:"Only those with this text in the client's address, HELO name or user name, in either case."`
	Before string `query:"before" doc:"Only sessions older than this ID."`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many there are on a page."`
}

type sessionInput struct {
	ID string `path:"id" doc:"ID of the session."`
}

func (h *handler) sessionRoutes() {
	tags := []string{"sessions"}
	register(h, huma.Operation{
		OperationID: "listSessions", Method: http.MethodGet, Path: "/v1/sessions", Tags: tags,
		Summary:     "List SMTP sessions, newest first",
		Description: "Those that are open, and the latest that have ended: these are kept in memory.",
	}, h.listSessions)
	register(h, huma.Operation{
		OperationID: "getSession", Method: http.MethodGet, Path: "/v1/sessions/{id}", Tags: tags,
		Summary:     "Describe an SMTP session and what was said in it",
		Description: "Of a long session the middle is left out. Bodies and passwords are never in it.",
	}, h.getSession)
	h.raw(huma.Operation{
		OperationID: "getSessionTranscript", Method: http.MethodGet, Path: "/v1/sessions/{id}/transcript", Tags: tags,
		Summary:    "What was said in an SMTP session",
		Parameters: []*huma.Param{pathParam("id", "ID of the session")},
		Responses: map[string]*huma.Response{
			"200": response("OK", "text/plain", &huma.Schema{Type: huma.TypeString}), "404": h.problemResponse(),
		},
	}, h.getSessionTranscript)
}

func (h *handler) listSessions(_ context.Context, in *sessionsInput) (*answer[api.Sessions], error) {
	var v api.Sessions
	in.Find = strings.ToLower(in.Find)
	list := h.Backend.Sessions(in.Before, in.Limit+1, in.finds)
	if len(list) > in.Limit {
		list = list[:in.Limit]
		v.Next = list[in.Limit-1].ID
	}
	v.Sessions = each(list, h.viewTalk)
	return answered(v, nil)
}

// finds says whether a session is among those asked for; Find is in lower case.
func (in *sessionsInput) finds(t *mail.Talk) bool {
	return (!in.Open || t.Ended.IsZero()) && (!in.Errors || t.Wrong()) &&
		(in.Find == "" || strings.Contains(strings.ToLower(t.Remote+"\n"+t.Helo+"\n"+t.User), in.Find))
}

func (h *handler) getSession(_ context.Context, in *sessionInput) (*answer[api.Transcript], error) {
	t, lines, ok := h.Backend.Session(in.ID)
	if !ok {
		return nil, notFound("The session is not known, or no longer.")
	}
	return answered(api.Transcript{Talk: h.viewTalk(t), Lines: each(lines, viewLine)}, nil)
}

func (h *handler) viewTalk(t mail.Talk) api.Talk {
	end := t.Ended
	if end.IsZero() {
		end = h.Backend.Clock().Now()
	}
	return api.Talk{
		Session: viewSession(t.Session), State: t.State, EndedAt: viewDate(t.Ended.UTC()), End: t.End, NoTLS: t.NoTLS, Command: t.Command,
		Commands: t.Commands, Messages: t.Messages, Refused: t.Refused, Errors: t.Errors, LastError: viewReply(t.Error),
		OctetsIn: t.In, OctetsOut: t.Out, Timings: api.Timings{
			First: viewSeconds(t.First), Answer: viewSeconds(t.Answer), Total: seconds(max(0, end.Sub(t.Started))),
		},
	}
}

func viewLine(l mail.Line) api.Line {
	return api.Line{At: seconds(l.At), From: l.From, Text: l.Text, Message: viewID(l.Message)}
}

// viewSeconds is nil for a time that is not known.
func viewSeconds(d time.Duration) *float64 {
	if d < 0 {
		return nil
	}
	s := seconds(d)
	return &s
}

// seconds are exact to the microsecond.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }
