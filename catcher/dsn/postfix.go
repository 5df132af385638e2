package dsn

import (
	"fmt"
	"strings"
)

func (r *Report) postfix() part {
	queueID := strings.ToUpper(r.ID[:min(len(r.ID), 11)])
	text := textPart("plain", r.postfixText()).with(field{name: "Content-Description", value: "Notification"})
	status := r.statusPart(r.postfixGroups(queueID)...).with(field{name: "Content-Description", value: "Delivery report"})
	returned := r.returnedPart(fmt.Sprintf("Return-Path: <%s>\r\n", r.Original.Envelope.From)).
		with(field{name: "Content-Description", value: r.postfixReturned()})
	subject := map[Action]string{
		Failed:    "Undelivered Mail Returned to Sender",
		Delayed:   "Delayed Mail (still being retried)",
		Delivered: "Successful Mail Delivery Report",
		Relayed:   "Successful Mail Delivery Report",
	}[r.Action]
	boundary := fmt.Sprintf("%s.%d/%s", queueID, r.Now.Unix(), strings.Trim(r.Host, "[]"))
	m := multipart(reportType, boundary, "This is a MIME-encapsulated message.\n", text, status, returned)
	m = m.with(
		field{name: "Date", value: r.Now.Format(dateForm + " (MST)")},
		field{name: "From", value: "MAILER-DAEMON@" + r.Host + " (Mail Delivery System)"},
		field{name: "Subject", value: subject},
		r.Original.to(),
		field{name: "Auto-Submitted", value: "auto-replied"},
		mimeVersion())
	m.head = append(m.head, field{name: "Message-Id", value: fmt.Sprintf("<%s.%s@%s>", r.Now.UTC().Format("20060102150405"), queueID, r.Host)})
	return m
}

func (r *Report) postfixReturned() string {
	if r.whole() {
		return "Undelivered Message"
	}
	if r.Action == Failed {
		return "Undelivered Message Headers"
	}
	return "Message Headers"
}

func (r *Report) postfixText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "This is the mail system at host %s.\n\n", r.Host)
	switch r.Action {
	case Delayed:
		b.WriteString("####################################################################\n" +
			"# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n" +
			"####################################################################\n\n" +
			"Your message could not be delivered yet. It stays in the queue\nand will be tried again.\n\n")
	case Failed:
		b.WriteString("I'm sorry to have to inform you that your message could not\n" +
			"be delivered to one or more recipients. It's attached below.\n\n" +
			"Please ask postmaster if you need help, and enclose this report.\n\n")
	default:
		b.WriteString("Your message was successfully delivered to the destination(s)\nlisted below. This is the report that you asked for.\n\n")
	}
	b.WriteString("                   The mail system\n")
	for _, rc := range r.Recipients {
		reason := rc.reason(r.Action)
		if rc.Remote != "" && r.Action != Delivered && r.Action != Relayed {
			reason = fmt.Sprintf("host %s said: %s (in reply to RCPT TO command)", rc.Remote, reason)
		}
		fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("<%s>: %s", rc.Rcpt.Address, reason), "", "    "))
	}
	return b.String()
}

func (r *Report) postfixGroups(queueID string) [][]field {
	message := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID),
		field{name: "Reporting-MTA", value: "dns; " + r.Host},
		field{name: "X-Postfix-Queue-ID", value: queueID},
		field{name: "X-Postfix-Sender", value: r.typed("rfc822", r.Original.Envelope.From, " ")})
	groups := [][]field{append(message, optionalTime("Arrival-Date", r.Original.Received)...)}
	for _, rc := range r.Recipients {
		g := append([]field{r.finalRecipient(&rc, " ")}, r.originalRecipient(&rc, " ")...)
		g = append(g, field{name: "Action", value: string(r.Action)}, field{name: "Status", value: dotted(rc.Status)})
		g = append(g, rc.remote(" ")...)
		if rc.Remote == "" {
			g = append(g, field{name: "Diagnostic-Code", value: "X-Postfix; " + rc.reason(r.Action)})
		} else {
			g = append(g, rc.diagnostic(" ")...)
		}
		groups = append(groups, append(g, r.retryTill(&rc)...))
	}
	return groups
}
