package api

// A Draft is a mail to be written and sent. Addresses may have names, as in Ann
// <ann@a.test>.
type Draft struct {
	_           struct{}          `additionalProperties:"false"`
	From        string            `json:"from" maxLength:"1000" doc:"The From header: one address."`
	To          []string          `json:"to,omitempty" nullable:"true" maxItems:"1000" doc:"The To header."`
	Cc          []string          `json:"cc,omitempty" nullable:"true" maxItems:"1000" doc:"The Cc header."`
	Bcc         []string          `json:"bcc,omitempty" nullable:"true" maxItems:"1000" doc:"Recipients that no header names."`
	ReplyTo     []string          `json:"replyTo,omitempty" nullable:"true" maxItems:"1000" doc:"The Reply-To header."`
	Subject     string            `json:"subject,omitempty" maxLength:"100000"`
	Text        string            `json:"text,omitempty" doc:"The plain text."`
	HTML        string            `json:"html,omitempty" doc:"The HTML; with text beside it they are alternatives."`
	Headers     []DraftHeader     `json:"headers,omitempty" nullable:"true" maxItems:"1000" doc:"Further headers. Date and Message-ID stand in place of those that are made."`
	Attachments []DraftAttachment `json:"attachments,omitempty" nullable:"true" maxItems:"1000"`
	Envelope    *DraftEnvelope    `json:"envelope,omitempty" doc:"Where it differs from the headers."`
	Hop         string            `json:"hop,omitempty" doc:"Next hop, such as smtp://app.test:2525, to send it there by way of the queue, whatever rules say. Left out: it comes in here, and rules say what becomes of it."`
}

// A DraftHeader is a field of a draft's header.
type DraftHeader struct {
	Name  string `json:"name"`
	Value string `json:"value" doc:"As text: it is encoded where it must be."`
}

// A DraftAttachment is a file that goes with a draft.
type DraftAttachment struct {
	Filename    string `json:"filename" maxLength:"1000"`
	ContentType string `json:"contentType,omitempty" doc:"Left out: application/octet-stream."`
	Content     string `json:"content" contentEncoding:"base64" doc:"In base64."`
	ContentID   string `json:"contentId,omitempty" maxLength:"500" doc:"The HTML shows the part as cid: and this; then it is inline."`
}

// A DraftEnvelope says what the headers do not.
type DraftEnvelope struct {
	_    struct{} `additionalProperties:"false"`
	From *string  `json:"from,omitempty" nullable:"true" doc:"Reverse-path; empty for the null sender. Left out: the address of the From header."`
	To   []string `json:"to,omitempty" nullable:"true" maxItems:"1000" doc:"Recipients, in place of those in to, cc and bcc."`
}

// Resend asks to let a message come again.
type Resend struct {
	_    struct{} `additionalProperties:"false"`
	To   []string `json:"to,omitempty" nullable:"true" maxItems:"1000" doc:"Recipients. Left out: those it came for."`
	From *string  `json:"from,omitempty" nullable:"true" doc:"Reverse-path; empty for the null sender. Left out: that of the message."`
}
