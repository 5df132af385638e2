package mime

import (
	"strings"

	"golang.org/x/net/html"
)

// maxTexts bounds what Texts returns of one message, in octets before charset
// decoding.
const maxTexts = 8 << 20

// Texts returns what can be read in a message, for a search: each text that is
// not an attachment, in the order of the parts, HTML as the text that it shows
// and then the links and the descriptions of images in it. Of an attached
// message there are its header, a field a line, and its texts; of a bounce, the
// report. It ends after 8 MiB.
func (m *Message) Texts() []string {
	var list []string
	left := int64(maxTexts)
	for p := range m.Parts() {
		if p.Enclosed != nil {
			list = append(list, lines(p.Enclosed))
		}
		if !readable(p) || left <= 0 {
			continue
		}
		text, _ := m.content(p, left)
		left -= min(left, p.Length)
		if p.ContentType == "text/html" {
			list = appendHTML(list, text)
		} else {
			list = append(list, text)
		}
	}
	return list
}

func lines(headers []Header) string {
	var b strings.Builder
	for i := range headers {
		b.WriteString(headers[i].Name + ": " + headers[i].Value + "\n")
	}
	return b.String()
}

func readable(p *Part) bool {
	switch p.ContentType {
	case "message/delivery-status", "message/disposition-notification", "message/global-delivery-status":
		return true
	}
	return len(p.Children) == 0 && strings.HasPrefix(p.ContentType, "text/") && p.Disposition != "attachment"
}

// appendHTML appends the text of an HTML document that is shown, and what its
// links and images say.
func appendHTML(list []string, text string) []string {
	var shown, links strings.Builder
	z := html.NewTokenizer(strings.NewReader(text))
	hidden := "" // the element whose content is not shown
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return append(list, shown.String(), links.String())
		case html.TextToken:
			if hidden == "" {
				shown.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			hidden = hide(hidden, tag, kind)
			if !inlineTag(tag) {
				shown.WriteByte(' ')
			}
			for wanted := attribute(tag); more && wanted != ""; {
				var key, value []byte
				if key, value, more = z.TagAttr(); string(key) == wanted {
					links.Write(value)
					links.WriteByte('\n')
				}
			}
		}
	}
}

// Shown returns the text that an HTML document shows, with a blank where the
// layout parts it.
func Shown(html string) string { return appendHTML(nil, html)[0] }

// attribute names the one of a tag that says something to a reader.
func attribute(tag string) string {
	switch tag {
	case "a", "area":
		return "href"
	case "img":
		return "alt"
	}
	return ""
}
