package ui

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/mime"
	"github.com/postroom/postroom/catcher/store"
	"github.com/postroom/postroom/ui/api"
)

type composeInput struct {
	caller
	Body api.Draft
}

type resendInput struct {
	caller
	ID   string `path:"id" doc:"ID of the message, or latest."`
	Body *api.Resend
}

type replyInput struct {
	ID      string `path:"id" doc:"ID of the message, or latest for the newest one (with mailbox: the newest there)."`
	Mailbox string `query:"mailbox" doc:"Address of a mailbox: the request is about the delivery there."`
	As      string `query:"as" doc:"Who replies. Left out: the first recipient of the envelope."`
	All     bool   `query:"all" doc:"Say true to reply to the other recipients too."`
}

// A caller is who sent a request, as sessions describe clients.
type caller struct {
	remote, local string
	tls           *tls.ConnectionState
}

// Resolve lets huma fill in the caller of a request.
func (c *caller) Resolve(ctx huma.Context) []error {
	c.remote, c.tls = ctx.RemoteAddr(), ctx.TLS()
	c.local = localAddr(ctx.Context())
	return nil
}

func callerOf(r *http.Request) caller {
	return caller{r.RemoteAddr, localAddr(r.Context()), r.TLS}
}

func localAddr(ctx context.Context) string {
	if local, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); ok {
		return local.String()
	}
	return ""
}

// uploadTime is how long the body of a request with a mail may take.
const uploadTime = 10 * time.Minute

func (h *handler) composeRoutes() {
	tags := []string{"messages"}
	register(h, huma.Operation{
		OperationID: "composeMessage", Method: http.MethodPost, Path: "/v1/messages/compose", Tags: tags,
		Summary:       "Write a mail and send it, to mailboxes here or to a next hop",
		Description:   "Problems name the fields at fault, all of them.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: h.maxDraft(), BodyReadTimeout: uploadTime, Errors: []int{http.StatusRequestEntityTooLarge},
	}, h.compose)
	register(h, huma.Operation{
		OperationID: "resendMessage", Method: http.MethodPost, Path: "/v1/messages/{id}/resend", Tags: tags,
		Summary:       "Let a message come again",
		Description:   "The same octets come in as new mail, and rules say what becomes of it. The original stays as it is.",
		DefaultStatus: http.StatusCreated,
	}, h.resend)
	register(h, huma.Operation{
		OperationID: "draftReply", Method: http.MethodGet, Path: "/v1/messages/{id}/reply", Tags: tags,
		Summary:     "Draft a reply to a message",
		Description: "Nothing is sent: the answer is what POST /v1/messages/compose takes. Add hop, and it reaches an application's inbound SMTP.",
	}, h.draftReply)
}

// maxDraft is the limit of a draft in JSON; the mail that is made of it has its own.
func (h *handler) maxDraft() int64 {
	if h.maxMessageSize() <= 0 {
		return -1
	}
	return 2*h.maxMessageSize() + 1<<20
}

func (h *handler) compose(ctx context.Context, in *composeInput) (*answer[api.Created], error) {
	l, err := readDraft(&in.Body)
	if err != nil {
		return nil, err
	}
	var body store.Body
	if err := l.write(&body, h.clock.Now(), h.ids); err != nil {
		return nil, err
	}
	if h.maxMessageSize() > 0 && body.Size() > h.maxMessageSize() {
		return nil, &http.MaxBytesError{Limit: h.maxMessageSize()}
	}
	if l.env.Session, err = h.session(in.caller); err != nil {
		return nil, err
	}
	var receipt mail.Receipt
	if in.Body.Hop == "" {
		receipt, err = h.Backend.Accept(ctx, l.env, body.Reader())
	} else {
		receipt, err = h.Backend.Dispatch(ctx, l.env, body.Reader(), in.Body.Hop)
		err = badRoute(ctx, "body.hop", err)
	}
	return h.created(receipt, err, "mail composed", l.env.Session)
}

func (h *handler) resend(ctx context.Context, in *resendInput) (*answer[api.Created], error) {
	m, _, err := h.find(ctx, in.ID, "")
	if err != nil {
		return nil, err
	}
	env := m.Envelope
	if in.Body != nil {
		if env, err = resent(env, in.Body); err != nil {
			return nil, err
		}
	}
	if env.Session, err = h.session(in.caller); err != nil {
		return nil, err
	}
	body, err := h.Backend.Open(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	receipt, err := h.Backend.Accept(ctx, env, body)
	return h.created(receipt, err, "mail sent again", env.Session)
}

// resent is an envelope with the changes that were asked for.
func resent(env mail.Envelope, in *api.Resend) (mail.Envelope, error) {
	var err error
	if in.From != nil {
		if env.From, err = parsePath(*in.From); err != nil {
			return env, unprocessable("body.from", notAddress(err), *in.From)
		}
	}
	if len(in.To) > 0 {
		if env.To, err = bodyRcpts(in.To); err != nil {
			return env, err
		}
	}
	env.UTF8 = env.UTF8 || !plainASCII(env)
	return env, nil
}

// created answers with the ID of a mail that was taken in.
func (h *handler) created(receipt mail.Receipt, err error, said string, session *mail.Session) (*answer[api.Created], error) {
	if err == nil {
		h.log.Info(said, "session", session.ID, "message", receipt.ID.String(), "deliveries", receipt.Deliveries)
	}
	return answered(api.Created{ID: receipt.ID.String()}, err)
}

func (h *handler) draftReply(ctx context.Context, in *replyInput) (*answer[api.Draft], error) {
	m, _, err := h.find(ctx, in.ID, in.Mailbox)
	if err != nil {
		return nil, err
	}
	as, err := path("query.as", in.As)
	if err != nil {
		return nil, err
	}
	if as == "" && len(m.Envelope.To) > 0 {
		as = m.Envelope.To[0].Address
	}
	var draft api.Draft
	err = h.parsed(ctx, &m, func(p *mime.Message) error {
		draft = reply(p, m.Envelope.From, as, in.All)
		return nil
	})
	return answered(draft, err)
}
