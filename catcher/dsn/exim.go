package dsn

import (
	"fmt"
	"strings"
)

// exim is the form of Exim since 4.8x, which knows RFC 3464.
func (r *Report) exim() part {
	from := "Mail Delivery System <Mailer-Daemon@" + r.Host + ">"
	if r.Action != Failed && r.Action != Delayed {
		return r.plainForm(from)
	}
	subject := "Mail delivery failed: returning message to sender"
	if r.Action == Delayed {
		subject = fmt.Sprintf("Warning: message %s delayed %d hours", r.ID, int(r.Now.Sub(r.Original.Received).Hours()))
	}
	boundary := fmt.Sprintf("%d-eximdsn-%d", r.Now.Unix(), r.serial())
	m := multipart(reportType, boundary, "", textPart("plain", r.eximText()), r.statusPart(r.eximGroups()...), r.returnedPart(""))
	head := append(r.failed(), field{name: "Auto-Submitted", value: "auto-replied"}, field{name: "From", value: from}, r.Original.to())
	head = append(head, r.Original.refer()...)
	m.head = append(append(head, m.head...), mimeVersion(),
		field{name: "Subject", value: subject},
		field{name: "Message-Id", value: "<E" + r.ID + "@" + r.Host + ">"},
		r.date())
	return m
}

func (r *Report) eximText() string {
	var b strings.Builder
	b.WriteString("This message was created automatically by mail delivery software.\n\n")
	if r.Action == Delayed {
		fmt.Fprintf(&b, "A message that you sent has not yet been delivered to one or more of its\nrecipients after being in the queue on %s for a while.\nNo action is required on your part. Delivery is tried again.\n", r.Host)
	} else {
		b.WriteString("A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n")
	}
	for _, rc := range r.Recipients {
		reason := rc.reason(r.Action)
		if rc.Remote != "" {
			reason = fmt.Sprintf("host %s\nSMTP error from remote mail server after RCPT TO:<%s>:\n%s", rc.Remote, rc.Rcpt.Address, reason)
		}
		fmt.Fprintf(&b, "\n  %s\n", rc.Rcpt.Address)
		for line := range strings.Lines(reason) {
			fmt.Fprintf(&b, "%s\n", wrap(line, "    ", "    "))
		}
	}
	return b.String()
}

// eximGroups has Action first, and no space after address types.
func (r *Report) eximGroups() [][]field {
	message := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID), field{name: "Reporting-MTA", value: "dns; " + r.Host})
	groups := [][]field{append(message, optionalTime("Arrival-Date", r.Original.Received)...)}
	for _, rc := range r.Recipients {
		g := []field{{name: "Action", value: string(r.Action)}}
		g = append(g, r.originalRecipient(&rc, "")...)
		g = append(g, r.finalRecipient(&rc, ""), field{name: "Status", value: dotted(rc.Status)})
		g = append(g, rc.remote(" ")...)
		g = append(g, rc.diagnostic(" ")...)
		groups = append(groups, append(g, r.retryTill(&rc)...))
	}
	return groups
}
