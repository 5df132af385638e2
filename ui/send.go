package ui

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/certs"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

func (h *handler) sendRoutes() {
	from := queryParam("from", huma.TypeString, "Reverse-path. Left out: the address of the From header; empty: the null sender.")
	to := &huma.Param{
		Name: "to", In: "query", Description: "A recipient; may be given many times. Left out: those of To, Cc and Bcc.",
		Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
	}
	created := schemaOf[api.Created](h)
	h.raw(huma.Operation{
		OperationID: "sendMessage", Method: http.MethodPost, Path: "/v1/messages", Tags: []string{"messages"},
		Summary:     "Bring a mail in, as if it came over SMTP",
		Description: "The body is the mail (RFC 5322), whatever its Content-Type says, and is kept octet by octet.",
		Parameters:  []*huma.Param{from, to},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"message/rfc822": {Schema: &huma.Schema{Type: huma.TypeString}}}},
		Responses:   map[string]*huma.Response{"201": response("Kept", "application/json", created), "413": h.problemResponse()},
	}, h.sendMessage)
	h.raw(huma.Operation{
		OperationID: "sendSample", Method: http.MethodPost, Path: "/v1/messages/sample", Tags: []string{"messages"},
		Summary:    "Send a sample mail: text, HTML, an inline picture and an attachment",
		Parameters: []*huma.Param{from, to},
		Responses:  map[string]*huma.Response{"201": response("Kept", "application/json", created)},
	}, h.sendSample)
}

func (h *handler) sendMessage(w http.ResponseWriter, r *http.Request) error {
	body, err := h.spool(w, r)
	if err != nil {
		return err
	}
	env, err := envelope(r.URL.Query(), func() *mime.Message { return mime.Parse(body.Reader(), body.Size()) })
	if err != nil {
		return err
	}
	return h.accept(w, r, env, body.Reader())
}

// spool reads the mail of a request, up to Limits.MaxMessageSize.
func (h *handler) spool(w http.ResponseWriter, r *http.Request) (*store.Body, error) {
	in := r.Body
	if h.maxMessageSize() > 0 {
		in = http.MaxBytesReader(w, in, h.maxMessageSize())
	}
	body, err := store.Spool(in)
	var tooLarge *http.MaxBytesError
	if errors.Is(err, errNoRoom) {
		return nil, errNoRoom
	}
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, errBrokenOff
	}
	if err == nil && body.Size() == 0 {
		return nil, badRequest("body", "There is no mail in the request.", nil)
	}
	return body, err
}

// envelope is what the query says; what it leaves open is taken from the headers.
func envelope(query url.Values, parse func() *mime.Message) (mail.Envelope, error) {
	var env mail.Envelope
	var headers *mime.Message
	if !query.Has("to") || !query.Has("from") {
		headers = parse()
	}
	var err error
	if query.Has("from") {
		env.From, err = path("query.from", query.Get("from"))
	} else {
		env.From = firstPath(headers.Addresses("From"))
	}
	if err != nil {
		return env, err
	}
	if !query.Has("to") {
		env.To = headerRcpts(headers)
	}
	for _, text := range query["to"] {
		address, err := path("query.to", text)
		if err == nil && address == "" {
			err = badRequest("query.to", "A recipient is empty.", text)
		}
		if err != nil {
			return env, err
		}
		env.To = append(env.To, mail.Rcpt{Address: address})
	}
	if len(env.To) == 0 {
		return env, huma.Error422UnprocessableEntity("The mail has no recipients: neither to= nor its headers name one.",
			&huma.ErrorDetail{Message: "no recipient", Location: "query.to"})
	}
	env.UTF8 = !plainASCII(env)
	return env, nil
}

// path reads an address as MAIL and RCPT do; "" is the null sender.
func path(where, text string) (string, error) {
	p, err := parsePath(text)
	if err != nil {
		return "", badRequest(where, notAddress(err), text)
	}
	return p, nil
}

func notAddress(err error) string { return "This is not an address: " + err.Error() + "." }

func parsePath(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	a, rest, err := mail.CutPath(text)
	if err == nil && strings.TrimSpace(rest) != "" {
		err = errors.New("text after the address")
	}
	if err != nil {
		return "", err
	}
	if a == (mail.Address{}) {
		return "", nil
	}
	return a.String(), nil
}

func firstPath(list []mime.Address) string {
	for _, a := range list {
		if p, err := path("", a.Address); err == nil {
			return p
		}
	}
	return ""
}

// headerRcpts lists the recipients that the headers name, each once; what is not
// an address is passed over.
func headerRcpts(m *mime.Message) []mail.Rcpt {
	var list []mail.Rcpt
	known := map[string]bool{}
	for _, name := range []string{"To", "Cc", "Bcc"} {
		for _, a := range m.Addresses(name) {
			p, err := path("", a.Address)
			if err == nil && p != "" && !known[mail.Box(p)] {
				known[mail.Box(p)] = true
				list = append(list, mail.Rcpt{Address: p})
			}
		}
	}
	return list
}

// bodyRcpts reads the recipients in the JSON of a request.
func bodyRcpts(texts []string) ([]mail.Rcpt, error) {
	var to []mail.Rcpt
	for _, text := range texts {
		address, err := parsePath(text)
		if err == nil && address == "" {
			err = errors.New("it is empty")
		}
		if err != nil {
			return nil, unprocessable("body.to", notAddress(err), text)
		}
		to = append(to, mail.Rcpt{Address: address})
	}
	return to, nil
}

// plainASCII says whether the envelope needs no SMTPUTF8 (RFC 6531).
func plainASCII(env mail.Envelope) bool {
	return isASCII(env.From) && !slices.ContainsFunc(env.To, func(r mail.Rcpt) bool { return !isASCII(r.Address) })
}

// accept hands a mail in and answers with its ID.
func (h *handler) accept(w http.ResponseWriter, r *http.Request, env mail.Envelope, body io.Reader) error {
	var err error
	if env.Session, err = h.session(callerOf(r)); err != nil {
		return err
	}
	receipt, err := h.Backend.Accept(r.Context(), env, body)
	if err != nil {
		return err
	}
	h.log.Info("mail accepted", "session", env.Session.ID, "message", receipt.ID.String(), "deliveries", receipt.Deliveries)
	id := receipt.ID.String()
	w.Header().Set("Location", h.BasePath+"/v1/messages/"+id)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, "{\"id\":%q}\n", id) // the client has left if this fails
	return nil
}

// session describes a request as SMTP sessions are described.
func (h *handler) session(c caller) (*mail.Session, error) {
	now := h.clock.Now()
	id, err := h.ids.Next(now)
	if err != nil {
		return nil, err
	}
	s := &mail.Session{ID: id.String(), Started: now, Protocol: "HTTP", Remote: c.remote, Local: c.local}
	if c.tls != nil {
		s.TLS = certs.Describe(c.tls)
	}
	return s, nil
}

func (h *handler) sendSample(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if query.Get("to") == "" {
		query.Set("to", "demo@example.test")
	}
	if !query.Has("from") {
		query.Set("from", "shop@example.test")
	}
	env, err := envelope(query, nil)
	if err != nil {
		return err
	}
	var body store.Body
	if err := writeSample(&body, env, h.clock.Now(), h.ids); err != nil {
		return err
	}
	return h.accept(w, r, env, body.Reader())
}
