package ui

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/ui/api"
)

// Hurry makes a server impatient with followers of events, so that tests need
// not wait. Zero leaves a time as it is.
func (s *Server) Hurry(beat, patience, write time.Duration) {
	s.times = times{beat: beat, patience: patience, write: write}
}

// Hold makes calls of /v1/expect end so early.
func (s *Server) Hold(d time.Duration) { s.times.hold = d }

// Spec is the description of the routes.
func (s *Server) Spec() *huma.OpenAPI { return s.handler().api.OpenAPI() }

// Operations lists those of a description.
func Operations(spec *huma.OpenAPI) []*huma.Operation { return operations(spec) }

// Mismatches says how a value differs from what a schema says.
func Mismatches(spec *huma.OpenAPI, schema *huma.Schema, v any) []error {
	var found huma.ValidateResult
	huma.Validate(spec.Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &found)
	return found.Errors
}

// Reply is the draft that answers a message.
func Reply(m *mime.Message, sender, as string, all bool) api.Draft { return reply(m, sender, as, all) }

// WithoutRemarks is what a file of the page is served as.
func WithoutRemarks(name, content string) string {
	return string(withoutRemarks(name, []byte(content)))
}
