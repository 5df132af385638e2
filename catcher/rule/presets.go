package rule

import "github.com/postroom/postroom/catcher/mail"

// A Preset is a reply of a real provider.
type Preset struct {
	Name  string // what stands for it in a rule: reply gmail-rate
	From  string // who says so
	Reply mail.Reply
}

// Presets are all presets. Their texts may have placeholders, as those of any reply.
func Presets() []Preset {
	return []Preset{
		{"gmail-rate", "Gmail", mail.Reply{Code: 421, Enhanced: [3]int{4, 7, 28}, Text: "Gmail has detected an unusual rate of mail originating from your IP address {client}"}},
		{"gmail-unauthenticated", "Gmail", mail.Reply{Code: 421, Enhanced: [3]int{4, 7, 26}, Text: "This mail has been rate limited because it is unauthenticated"}},
		{"gmail-dmarc", "Gmail", mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 26}, Text: "Unauthenticated email from {from-domain} is not accepted due to domain's DMARC policy"}},
		{"gmail-reputation", "Gmail", mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "[{client}] Gmail has detected that this message is likely suspicious due to the very low reputation of the sending IP address"}},
		{"gmail-unknown", "Gmail", mail.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "The email account that you tried to reach does not exist"}},
		{"yahoo-rate", "Yahoo", mail.Reply{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "[TSS04] Messages from {client} temporarily deferred due to unexpected volume or user complaints - 4.16.55.1"}},
		{"yahoo-blocked", "Yahoo", mail.Reply{Code: 553, Enhanced: [3]int{5, 7, 2}, Text: "[TSS09] All messages from {client} will be permanently deferred; Retrying will NOT succeed"}},
		{"yahoo-policy", "Yahoo", mail.Reply{Code: 554, Enhanced: [3]int{5, 7, 9}, Text: "Message not accepted for policy reasons"}},
		{"yahoo-connection", "Yahoo", mail.Reply{Code: 421, Text: "Max message per connection reached"}},
		{"yahoo-user-rate", "Yahoo", mail.Reply{Code: 450, Text: "User is receiving mail too quickly"}},
		{"yahoo-unknown", "Yahoo", mail.Reply{Code: 554, Text: "delivery error: dd This user doesn't have a yahoo.com account"}},
		{"outlook-rate", "Microsoft", mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 650}, Text: "The mail server [{client}] has been temporarily rate limited due to IP reputation"}},
		{"outlook-busy", "Microsoft", mail.Reply{Code: 451, Enhanced: [3]int{4, 7, 500}, Text: "Server busy. Please try again later from [{client}]. (AS761)"}},
		{"outlook-blocked", "Microsoft", mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Unfortunately, messages from [{client}] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150)"}},
		{"outlook-banned", "Microsoft", mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 606}, Text: "Access denied, banned sending IP [{client}]"}},
		{"outlook-dmarc", "Microsoft", mail.Reply{Code: 550, Enhanced: [3]int{5, 7, 509}, Text: "Access denied, sending domain {from-domain} does not pass DMARC verification"}},
		{"outlook-relay", "Microsoft", mail.Reply{Code: 550, Enhanced: [3]int{5, 4, 1}, Text: "Relay access denied"}},
		{"qq-rate", "QQ", mail.Reply{Code: 550, Text: "Ip frequency limited [{client}]. http://service.mail.qq.com/"}},
		{"qq-domain-rate", "QQ", mail.Reply{Code: 550, Text: "Domain frequency limited"}},
		{"qq-dmarc", "QQ", mail.Reply{Code: 550, Text: "DMARC check failed."}},
		{"qq-spf", "QQ", mail.Reply{Code: 550, Text: "SPF check failed"}},
		{"qq-unknown", "QQ", mail.Reply{Code: 550, Text: "Mailbox not found"}},
		{"qq-spam", "QQ", mail.Reply{Code: 550, Text: "Suspected spam ip"}},
		{"163-spam", "163", mail.Reply{Code: 554, Text: "DT:SPM"}},
		{"163-reputation", "163", mail.Reply{Code: 550, Text: "RP:TRC"}},
		{"163-from", "163", mail.Reply{Code: 553, Text: "Mail from must equal authorized user"}},
	}
}

func preset(name string) (mail.Reply, bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p.Reply, true
		}
	}
	return mail.Reply{}, false
}

func presetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}
