package ui

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
)

// contentRoutes give a message in other forms than JSON.
func (h *handler) contentRoutes() {
	h.contentRoute("raw", "getRaw", "The message, exactly as it was received", "message/rfc822", h.getRaw,
		queryParam("download", huma.TypeBoolean, "Offer it as a file."))
	h.contentRoute("text", "getText", "The text for reading, in UTF-8", "text/plain", h.getText)
	h.contentRoute("html", "getHTML", "The HTML, fit for a sandboxed frame", "text/html", h.getHTML,
		queryParam("remote", huma.TypeBoolean, "Allow remote images, styles, fonts and media."))
	h.contentRoute("parts/{part}", "getPart", "One part, its transfer encoding undone", "*/*", h.getPart,
		pathParam("part", "Number of the part, such as 1.2."),
		queryParam("download", huma.TypeBoolean, "Offer it as a file, whatever it is."))
	h.contentRoute("transcript", "getTranscript", "What was said in the SMTP session that brought the message", "text/plain", h.getTranscript)
}

func (h *handler) contentRoute(name, operation, summary, contentType string, serve func(http.ResponseWriter, *http.Request) error, params ...*huma.Param) {
	params = append([]*huma.Param{
		pathParam("id", idText), queryParam("mailbox", huma.TypeString, mailboxText),
	}, params...)
	op := huma.Operation{
		OperationID: operation, Method: http.MethodGet, Path: "/v1/messages/{id}/" + name, Tags: []string{"content"},
		Summary: summary, Parameters: params,
		Responses: map[string]*huma.Response{"200": response("OK", contentType, &huma.Schema{Type: huma.TypeString})},
	}
	if name == "raw" {
		op.Responses["206"] = response("The range that was asked for", contentType, &huma.Schema{Type: huma.TypeString})
		op.Responses["304"] = &huma.Response{Description: "Unchanged: what the ETag names never changes"}
	}
	h.raw(op, serve)
}

// wants reads a switch of the query: ?name, ?name=1, ?name=true.
func wants(r *http.Request, name string) bool {
	values := r.URL.Query()
	v := strings.ToLower(values.Get(name))
	return values.Has(name) && v != "0" && v != "false"
}

func (h *handler) getRaw(w http.ResponseWriter, r *http.Request) error {
	m, _, err := h.find(r.Context(), r.PathValue("id"), r.URL.Query().Get("mailbox"))
	if err != nil {
		return err
	}
	body, err := h.Backend.Open(r.Context(), m.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	h.serveMail(w, r, m.ID, m.Received, body)
	return nil
}

// serveMail answers with mail that has an ID and never changes.
func (h *handler) serveMail(w http.ResponseWriter, r *http.Request, id mail.ID, at time.Time, body io.ReadSeeker) {
	head := w.Header()
	head.Set("Content-Type", "message/rfc822")
	head.Set("Content-Security-Policy", inertPolicy)
	head.Set("ETag", `"`+id.String()+`"`)
	head.Set("Cache-Control", "no-cache")
	if wants(r, "download") {
		head.Set("Content-Disposition", disposition("attachment", id.String()+".eml"))
	}
	pw := &problemWriter{ResponseWriter: w, fail: func(code int) bool {
		h.writeProblem(w, r, huma.NewError(code, http.StatusText(code)))
		return true
	}}
	http.ServeContent(pw, r, "", at, body)
}

// inertPolicy is for what must do nothing when a browser opens it by itself.
const inertPolicy = "sandbox; default-src 'none'"

// viewerPolicy is for what a browser shows in a viewer of its own. Viewers for
// PDF are refused a sandbox by some browsers, and players must load what they
// play; but nothing can run, whatever is in the file.
const viewerPolicy = "default-src 'none'; media-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"

func partPolicy(contentType string) string {
	if kind, _, _ := strings.Cut(contentType, "/"); kind == "audio" || kind == "video" || contentType == "application/pdf" {
		return viewerPolicy
	}
	return inertPolicy
}

func (h *handler) getText(w http.ResponseWriter, r *http.Request) error {
	return h.withParsed(r, func(_ string, p *mime.Message) error {
		text, ok := p.Text()
		if !ok {
			return notFound("The message has no text.")
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Security-Policy", inertPolicy)
		io.WriteString(w, text) // the client has left if this fails
		return nil
	})
}

// withParsed calls use with the parsed message that the path names, and its ID.
func (h *handler) withParsed(r *http.Request, use func(id string, p *mime.Message) error) error {
	m, _, err := h.find(r.Context(), r.PathValue("id"), r.URL.Query().Get("mailbox"))
	if err != nil {
		return err
	}
	return h.parsed(r.Context(), &m, func(p *mime.Message) error { return use(m.ID.String(), p) })
}

func (h *handler) getHTML(w http.ResponseWriter, r *http.Request) error {
	return h.withParsed(r, func(id string, p *mime.Message) error {
		html, ok := p.HTML()
		if !ok {
			return notFound("The message has no HTML.")
		}
		parts := h.BasePath + "/v1/messages/" + id + "/parts/"
		key := ""
		if visitorOf(r.Context()) != nil {
			key = "?" + url.Values{partKey: {h.logins.sign(id)}}.Encode()
		}
		html, _ = rewriteHTML(html, cidLinks(p, parts, key))
		head := w.Header()
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Content-Security-Policy", htmlPolicy(hostOf(r), parts, wants(r, "remote")))
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-DNS-Prefetch-Control", "off")
		io.WriteString(w, html) // the client has left if this fails
		return nil
	})
}

// plainHost is what may stand in a source expression of a policy; an IPv6
// address may not.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]+)?$`)

// htmlPolicy shuts a mail's HTML in: no scripts, no forms, no frames, an origin
// of its own, and nothing loaded but the message's own parts. These are named by
// their path: 'self' would let a mail request all that this server has, and
// keep its connections busy.
func htmlPolicy(host, parts string, remote bool) string {
	own, far := "'self'", ""
	if plainHost.MatchString(host) {
		own = "http://" + host + parts + " https://" + host + parts
	}
	media := ""
	if remote {
		far = " http: https:"
		media = "; media-src" + far
	}
	return "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'" + far +
		"; img-src " + own + " data:" + far + "; font-src data:" + far + media +
		"; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
}

// cidLinks finds where the part with a Content-ID is served (RFC 2392), with a key
// when one is needed. The first of several with the same ID wins.
func cidLinks(p *mime.Message, parts, key string) map[string]string {
	links := map[string]string{}
	for part := range p.Parts() {
		if id := part.ContentID; id != "" && part.ID != "" && links[id] == "" {
			links[id] = parts + url.PathEscape(part.ID) + key
		}
	}
	return links
}

func (h *handler) getPart(w http.ResponseWriter, r *http.Request) error {
	return h.withParsed(r, func(_ string, p *mime.Message) error {
		part := p.Part(r.PathValue("part"))
		if part == nil {
			return notFound("The message has no part %.40q.", r.PathValue("part"))
		}
		contentType, inline := safeType(part)
		kind := "attachment"
		if inline && !wants(r, "download") {
			kind = "inline"
		}
		head := w.Header()
		head.Set("Content-Type", contentType)
		head.Set("Content-Security-Policy", partPolicy(contentType))
		head.Del("Cross-Origin-Resource-Policy") // the frame of a mail that shows it belongs to no origin
		head.Set("Content-Disposition", disposition(kind, partName(part)))
		io.Copy(w, p.Open(part)) // the client has left if this fails
		return nil
	})
}

func partName(p *mime.Part) string {
	if p.Filename != "" {
		return p.Filename
	}
	return "part-" + p.ID
}

var charsetName = regexp.MustCompile(`^[a-z0-9][a-z0-9._:+-]*$`)

// safeType is the type under which a browser gets a part, and whether it may
// show it: pictures that cannot run scripts, sound and film, PDF, and text as
// text. The rest is only to be saved. As nothing is sniffed, a page that is called
// a PDF is a broken PDF.
func safeType(p *mime.Part) (contentType string, inline bool) {
	switch p.ContentType {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/apng",
		"image/x-icon", "image/vnd.microsoft.icon":
		return p.ContentType, true
	case "image/jpg", "image/pjpeg": // what some programs call it
		return "image/jpeg", true
	case "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/webm", "audio/flac",
		"video/mp4", "video/webm", "video/ogg", "application/pdf":
		return p.ContentType, true
	case "audio/x-wav", "audio/wave":
		return "audio/wav", true
	case "message/rfc822":
		return p.ContentType, false
	}
	if strings.HasPrefix(p.ContentType, "text/") {
		if charsetName.MatchString(p.Charset) {
			return "text/plain; charset=" + p.Charset, true
		}
		return "text/plain", true
	}
	return "application/octet-stream", false
}

// disposition writes a Content-Disposition with the name in two forms, for all
// clients (RFC 6266 appendix D). The name comes from a mail: of a path only the
// last element is kept.
func disposition(kind, name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	var plain, encoded strings.Builder
	for _, c := range strings.ToValidUTF8(name, "\ufffd") {
		if c < ' ' || c == 0x7f {
			c = '_'
		}
		if c >= 0x7f || strings.ContainsRune(`"\%`, c) {
			plain.WriteByte('_')
		} else {
			plain.WriteRune(c)
		}
		for _, b := range []byte(string(c)) {
			if isAttrChar(b) {
				encoded.WriteByte(b)
			} else {
				fmt.Fprintf(&encoded, "%%%02X", b)
			}
		}
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, kind, plain.String(), encoded.String())
}

// isAttrChar is attr-char of RFC 8187 §3.2.1.
func isAttrChar(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0
}

func (h *handler) getTranscript(w http.ResponseWriter, r *http.Request) error {
	m, _, err := h.find(r.Context(), r.PathValue("id"), r.URL.Query().Get("mailbox"))
	if err != nil {
		return err
	}
	if m.Envelope.Session == nil {
		return notFound("There is no transcript of the session.")
	}
	return h.writeTranscript(w, m.Envelope.Session.ID)
}

// getSessionTranscript is for sessions that have brought nothing.
func (h *handler) getSessionTranscript(w http.ResponseWriter, r *http.Request) error {
	return h.writeTranscript(w, r.PathValue("id"))
}

func (h *handler) writeTranscript(w http.ResponseWriter, session string) error {
	text, ok := h.Backend.Transcript(session)
	if !ok {
		return notFound("The transcript of the session is no longer known.")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Security-Policy", inertPolicy)
	io.WriteString(w, text) // the client has left if this fails
	return nil
}
