package dsn

import (
	"fmt"
	"hash/fnv"
	"html"
	"strings"
	"time"
)

// exchange is what Microsoft 365 writes.
func (r *Report) exchange() part {
	from := "postmaster@" + r.Host
	if r.Action != Failed {
		return r.plainForm(from)
	}
	text := r.exchangeText()
	page := `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><pre>` + "\n" + html.EscapeString(text) + "</pre></body></html>\n"
	alternative := multipart("multipart/alternative; differences=Content-Type", "_alt_"+r.ID, "", textPart("plain", text), textPart("html", page))
	m := multipart(reportType, "_report_"+r.ID, "", alternative, r.statusPart(r.exchangeGroups()...), r.returnedPart(""))
	head := []field{
		{name: "From", value: from},
		r.Original.to(),
		r.date(),
		mimeVersion(),
		{name: "X-MS-Exchange-Message-Is-Ndr"},
		{name: "Content-Language", value: "en-US"},
		r.messageID(r.Host),
	}
	head = append(head, r.Original.refer()...)
	return m.with(append(head,
		field{name: "Subject", value: "Undeliverable: " + r.Original.subject()},
		field{name: "Auto-Submitted", value: "auto-replied"})...)
}

func (r *Report) exchangeText() string {
	var b strings.Builder
	b.WriteString("Delivery has failed to these recipients or groups:\n\n")
	for _, rc := range r.Recipients {
		fmt.Fprintf(&b, "%s<mailto:%[1]s>\nYour message wasn't delivered. What the server said is below.\n\n", rc.Rcpt.Address)
	}
	fmt.Fprintf(&b, "Diagnostic information for administrators:\n\nGenerating server: %s\n\n", r.Host)
	for _, rc := range r.Recipients {
		said := "#" + rc.reason(r.Action) + " ##"
		if rc.Remote != "" {
			said = rc.Remote + "\nRemote Server returned '" + rc.reason(r.Action) + "'"
		}
		fmt.Fprintf(&b, "%s\n%s\n\n", rc.Rcpt.Address, said)
	}
	b.WriteString("Original message headers:\n\n")
	for line := range strings.Lines(string(crlf(r.Original.header()))) {
		b.WriteString(clean(line) + "\n")
	}
	return b.String()
}

func (r *Report) exchangeGroups() [][]field {
	groups := [][]field{r.microsoftMessage()}
	for _, rc := range r.Recipients {
		g := append(r.microsoftRecipient(&rc), rc.remote("")...)
		groups = append(groups, append(g, field{name: "X-Display-Name", value: rc.Rcpt.Address}))
	}
	return groups
}

func (r *Report) microsoftMessage() []field {
	g := append(optional("Original-Envelope-Id", r.Original.Envelope.EnvID), field{name: "Reporting-MTA", value: "dns;" + r.Host})
	g = append(g, r.receivedFrom("")...)
	return append(g, optionalTime("Arrival-Date", r.Original.Received)...)
}

func (r *Report) microsoftRecipient(rc *Recipient) []field {
	g := append(r.originalRecipient(rc, ""), r.finalRecipient(rc, ""),
		field{name: "Action", value: string(r.Action)}, field{name: "Status", value: dotted(rc.Status)})
	g = append(g, rc.diagnostic("")...)
	return append(g, r.retryTill(rc)...)
}

// iis is what the SMTP service of Windows writes.
func (r *Report) iis() part {
	from := "postmaster@" + r.Host
	if r.Action != Failed && r.Action != Delayed {
		return r.plainForm(from)
	}
	groups := [][]field{r.microsoftMessage()}
	for _, rc := range r.Recipients {
		groups = append(groups, r.microsoftRecipient(&rc))
	}
	serial := r.serial()
	host := r.Host[:min(len(r.Host), 16)]
	boundary := fmt.Sprintf("%08XDSN=_%016X%08X%s", serial, fileTime(r.Now), serial>>16, strings.ReplaceAll(strings.Trim(host, "[]"), "-", "?"))
	preamble := "This is a MIME-formatted message.  \nPortions of this message may be unreadable without a MIME-capable mail program.\n"
	m := multipart(reportType, boundary, preamble, r.iisText(), r.statusPart(groups...), r.returnedPart(""))
	return m.with(
		field{name: "From", value: from},
		r.Original.to(),
		r.date(),
		mimeVersion(),
		field{name: "X-DSNContext", value: fmt.Sprintf("%08x - %d - 00000002 - 00000000", serial, 1000+serial%1000)},
		r.messageID(r.Host),
		field{name: "Subject", value: r.notification()})
}

// iisText is in UTF-7 (RFC 2152), as long as that is as good as ASCII.
func (r *Report) iisText() part {
	var b strings.Builder
	b.WriteString("This is an automatically generated Delivery Status Notification.\n\n")
	if r.Action == Delayed {
		b.WriteString("THIS IS A WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipients has been delayed.\n\n")
	} else {
		b.WriteString("Delivery to the following recipients failed.\n\n")
	}
	for _, rc := range r.Recipients {
		fmt.Fprintf(&b, "       %s\n", rc.Rcpt.Address)
	}
	b.WriteString("\n\n\n")
	if !isASCII(b.String()) {
		return textPart("plain", b.String())
	}
	return part{[]field{{name: "Content-Type", value: "text/plain; charset=unicode-1-1-utf-7"}}, []byte(strings.ReplaceAll(b.String(), "+", "+-"))}
}

// notification is the subject that IIS, Gmail and Amazon SES have in common.
func (r *Report) notification() string {
	if r.Action == Delayed {
		return "Delivery Status Notification (Delay)"
	}
	return "Delivery Status Notification (Failure)"
}

// serial is a number that looks like one of a process or a counter.
func (r *Report) serial() uint32 {
	h := fnv.New32a()
	h.Write([]byte(r.ID)) // never fails
	return h.Sum32()
}

// fileTime counts units of 100 ns since 1601, as Windows does.
func fileTime(t time.Time) uint64 {
	return uint64((t.Unix()+11_644_473_600)*10_000_000) + uint64(t.Nanosecond()/100)
}
