package ui

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gorilla/websocket"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
)

// A handler is a Server at work.
type handler struct {
	*Server // as the user filled it in; read only

	Backend Backend          // the Server's, or what a user sees of it who is tied to mailboxes
	counts  *counts          // the Server's
	narrow  *narrow          // that Backend; nil for who is tied to none
	logins  *logins          // of browsers
	tied    *tied            // handlers for users who are tied to mailboxes; nil in one of these
	rights  map[string]right // by pattern

	log      *slog.Logger
	clock    clock.Clock
	ids      *mail.IDs // for the sessions of mail that comes over HTTP
	started  time.Time
	gate     *gate
	cache    *cache
	upgrader websocket.Upgrader
	router   *router
	api      huma.API
	spec     []byte // OpenAPI description, made once all routes are known
}

// A router is a ServeMux that remembers its patterns.
type router struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc is that of http.ServeMux.
func (r *router) HandleFunc(pattern string, serve func(http.ResponseWriter, *http.Request)) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.HandleFunc(pattern, serve)
}

func (s *Server) handler() *handler {
	h := &handler{
		Server: s, Backend: s.Backend, counts: &s.counts, tied: &tied{}, rights: rights(),
		log: s.Log, clock: s.Clock, gate: newGate(), cache: newCache(cacheSize),
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.clock == nil {
		h.clock = clock.System{}
	}
	random := s.Rand
	if random == nil {
		random = rand.Reader
	}
	h.ids, h.logins = mail.NewIDs(random), &logins{random: random, now: time.Now}
	h.started = h.clock.Now()
	h.complete()
	return h
}

// complete makes what serves requests, once all else is there.
func (h *handler) complete() {
	h.upgrader = websocket.Upgrader{
		HandshakeTimeout: writeTimeout,
		WriteBufferPool:  &sync.Pool{},
		CheckOrigin:      func(*http.Request) bool { return true }, // guard has done so
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			h.writeProblem(w, r, huma.NewError(status, reason.Error()))
		},
	}
	h.routes()
}

// routes registers everything. JSON goes through huma, which checks input and
// describes the routes; the others are described beside their handlers.
func (h *handler) routes() {
	h.router = &router{ServeMux: http.NewServeMux()}
	config := huma.DefaultConfig("Postroom", "1")
	config.Info.Description = "Mail caught by Postroom. Errors are problem documents (RFC 9457)."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	if h.BasePath != "" {
		config.Servers = []*huma.Server{{URL: h.BasePath}}
	}
	config.AllowAdditionalPropertiesByDefault = true // clients must live with fields to come
	h.api = humago.New(jsonRoutes{h}, config)

	h.mailboxRoutes()
	h.messageRoutes()
	h.contentRoutes()
	h.extractRoutes()
	h.relatedRoutes()
	h.sendRoutes()
	h.composeRoutes()
	h.eventRoutes()
	h.expectRoutes()
	h.addressRoutes()
	h.ruleRoutes()
	h.trialRoutes()
	h.queueRoutes()
	h.pipelineRoutes()
	h.attemptRoutes()
	h.sessionRoutes()
	h.clockRoutes()
	h.serverRoutes()
	h.settingRoutes()
	h.loginRoutes()

	h.nullable("Info", "user")
	h.nullable("Message", "session")
	h.nullable("Attempt", "session")
	h.nullable("Attempt", "reply")
	h.nullable("Step", "reply")
	h.nullable("Hop", "last")
	h.nullable("RuleCheck", "problem")
	h.nullable("RuleCheck", "rule")
	h.nullable("RuleTrial", "rule")
	h.nullable("RuleTold", "failed")
	h.nullable("RuleTold", "reply")
	h.exemplify()
	h.secure()
	spec, err := json.MarshalIndent(h.api.OpenAPI(), "", "  ")
	if err != nil {
		panic(err) // a type that cannot be described: any test meets it
	}
	h.spec = append(spec, '\n')
	h.router.Handle("/v1", http.HandlerFunc(h.unknown))
	h.router.Handle("/v1/", http.HandlerFunc(h.unknown))
	if h.Page != nil {
		h.router.Handle("/", h.Page)
	} else {
		h.router.Handle("/", http.HandlerFunc(h.unknown))
	}
}

// nullable lets a property be null: huma cannot say "a Session or null".
func (h *handler) nullable(schema, property string) {
	of := h.api.OpenAPI().Components.Schemas.Map()[schema].Properties
	of[property] = &huma.Schema{AnyOf: []*huma.Schema{of[property], {Type: "null"}}}
}

// schemaOf describes a type among the components, and refers to it there.
func schemaOf[T any](h *handler) *huma.Schema {
	return h.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

// ServeHTTP is the way of every request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	if !h.gate.enter() {
		h.writeProblem(w, r, huma.Error503ServiceUnavailable("The server is shutting down."))
		return
	}
	defer h.gate.leave()
	defer h.rescue(r)
	r = h.withoutBase(r)
	if err := h.guard(r); err != nil {
		h.writeProblem(w, r, err)
		return
	}
	if to, ok := h.detour(r); ok {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	if err := canonicalQuery(r); err != nil {
		h.writeProblem(w, r, err)
		return
	}
	counted, release, err := h.admit(r)
	if err != nil {
		h.writeProblem(w, r, err)
		return
	}
	defer release()
	r = counted
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		w.Header().Set("Cache-Control", "no-store")
	}
	if h.Access == nil {
		h.router.ServeHTTP(w, r)
		return
	}
	h.serveKnown(w, r)
}

// canonicalQuery refuses a query that cannot be read and writes the others so
// that all readers agree: a mailbox= that got lost would widen a deletion.
func canonicalQuery(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("query", "The query of the URL cannot be read: "+err.Error(), r.URL.RawQuery)
	}
	r.URL.RawQuery = values.Encode()
	return nil
}

// unknown answers for what is not there: 405 when another method would do.
func (h *handler) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		probe := &http.Request{Method: method, Host: r.Host, URL: r.URL}
		if _, pattern := h.router.Handler(probe); slices.Contains(h.router.patterns, pattern) {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		h.writeProblem(w, r, notFound("There is nothing at %s.", r.URL.Path))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	h.writeProblem(w, r, huma.Error405MethodNotAllowed("Use "+strings.Join(allowed, ", ")+"."))
}

// register adds a route that speaks JSON.
func register[In, Out any](h *handler, op huma.Operation, serve func(context.Context, *In) (*Out, error)) {
	op.RejectUnknownQueryParameters = true // a misspelt mailbox= must not widen a deletion
	huma.Register(h.api, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := serve(ctx, in)
		return out, h.problem(ctx, err)
	})
}

// raw adds a route that speaks something else. Errors become problems as long as
// nothing was written.
func (h *handler) raw(op huma.Operation, serve func(http.ResponseWriter, *http.Request) error) {
	op.Responses["default"] = h.problemResponse()
	h.api.OpenAPI().AddOperation(&op)
	h.router.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			h.writeProblem(w, r, err)
		}
	})
}

func (h *handler) problemResponse() *huma.Response {
	return response("Error", "application/problem+json", &huma.Schema{Ref: "#/components/schemas/ErrorModel"})
}

func response(text, contentType string, schema *huma.Schema) *huma.Response {
	return &huma.Response{
		Description: text,
		Content:     map[string]*huma.MediaType{contentType: {Schema: schema}},
	}
}

func pathParam(name, text string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: text, Schema: &huma.Schema{Type: huma.TypeString}}
}

func queryParam(name, kind, text string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: text, Schema: &huma.Schema{Type: kind}}
}
