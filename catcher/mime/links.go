package mime

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// maxLinks bounds what Links returns.
const maxLinks = 10_000

// A Link is somewhere that a message points to.
type Link struct {
	URL         string
	Text        string // what is shown for it, on one line; "" in plain text
	From        string // "html", "text" or "header List-Unsubscribe"
	Unsubscribe bool   // it ends a subscription, or leads to where that can be done
}

// Links lists where a message points to, each URL once: what its HTML links to, then
// URLs in its text, then those of List-Unsubscribe (RFC 2369 §3.2). Only web and mail
// addresses and such are links, not javascript:, data:, cid: and places in the
// document itself.
func (m *Message) Links() []Link {
	var l linkList
	if text, ok := m.HTML(); ok {
		l.html(text)
	}
	if text, ok := m.Text(); ok {
		l.text(text)
	}
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, "List-Unsubscribe") {
			for _, found := range inBrackets().FindAllStringSubmatch(h.Value, -1) {
				l.add(Link{URL: found[1], From: "header List-Unsubscribe", Unsubscribe: true})
			}
		}
	}
	return l.list
}

func inBrackets() *regexp.Regexp { return regexp.MustCompile(`<([^<>]+)>`) }

type linkList struct {
	list  []Link
	known map[string]int // place in list by URL
}

// add adds a link, or what it tells of one that is there.
func (l *linkList) add(link Link) {
	link.URL = tidyURL(link.URL)
	if !isLink(link.URL) {
		return
	}
	link.Text = squeezed(link.Text)
	link.Unsubscribe = link.Unsubscribe || endsSubscription(link.Text) || endsSubscription(link.URL)
	if i, ok := l.known[link.URL]; ok {
		old := &l.list[i]
		old.Unsubscribe = old.Unsubscribe || link.Unsubscribe
		if old.Text == "" {
			old.Text = link.Text
		}
		return
	}
	if len(l.list) == maxLinks {
		return
	}
	if l.known == nil {
		l.known = map[string]int{}
	}
	l.known[link.URL] = len(l.list)
	l.list = append(l.list, link)
}

// tidyURL undoes what line breaks do to a URL.
func tidyURL(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == '\t' {
			return -1
		}
		return r
	}, strings.TrimSpace(clean(s)))
}

// isLink says whether somebody could follow it.
func isLink(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("+-.", rune(c))) {
			return false
		}
	}
	switch strings.ToLower(scheme) {
	case "", "javascript", "vbscript", "data", "cid", "mid", "about", "blob":
		return false
	}
	return true
}

// endsSubscription looks for the words for it.
func endsSubscription(s string) bool {
	s = strings.ToLower(s)
	for _, word := range [...]string{
		"unsubscribe", "unsubscription", "opt out", "opt-out", "optout", "email preferences", "e-mail preferences", "email-preferences",
		"notification settings", "manage your subscription", "manage subscription", "stop receiving", "退订", "退訂", "取消订阅", "取消訂閱",
		"不再接收", "abmelden", "abbestellen", "désabonner", "desabonner", "désinscrire", "darse de baja", "cancelar suscripción",
		"cancelar inscrição", "disiscriviti", "annulla iscrizione", "uitschrijven", "afmelden", "配信停止", "購読解除", "수신거부",
	} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// html adds the links of an HTML document.
func (l *linkList) html(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	r := linkReader{list: l}
	defer r.finish()
	for len(l.list) < maxLinks {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return
		case html.TextToken:
			if r.hidden == "" && r.open != nil {
				r.shown.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			token := z.Token()
			r.hidden = hide(r.hidden, token.Data, kind)
			if kind == html.EndTagToken {
				r.end(token.Data)
			} else {
				r.start(&token)
			}
		}
	}
}

// A linkReader is where it is in an HTML document.
type linkReader struct {
	list       *linkList
	base       *url.URL
	open       *Link           // whose <a> has not ended; nil: none
	shown, alt strings.Builder // within it
	hidden     string          // the element whose content is not shown
}

func (r *linkReader) end(tag string) {
	switch {
	case tag == "a":
		r.finish()
	case r.open != nil && !inlineTag(tag):
		r.shown.WriteByte(' ')
	}
}

func (r *linkReader) start(t *html.Token) {
	switch t.Data {
	case "base":
		if r.base == nil {
			r.base, _ = url.Parse(tidyURL(value(t, "href")))
		}
	case "a", "area":
		r.finish()
		if target := resolve(r.base, value(t, "href")); target != "" {
			r.open = &Link{URL: target, From: "html", Text: firstValue(t, "aria-label", "title", "alt")}
		}
		if t.Data == "area" {
			r.finish()
		}
	case "form", "button", "input":
		if target := resolve(r.base, firstValue(t, "formaction", "action")); target != "" {
			r.list.add(Link{URL: target, From: "html", Text: value(t, "value")})
		}
	case "img":
		r.alt.WriteString(value(t, "alt") + " ")
	default:
		if !inlineTag(t.Data) {
			r.shown.WriteByte(' ')
		}
	}
}

// finish adds the link that is open, if one is.
func (r *linkReader) finish() {
	if link := r.open; link != nil {
		switch {
		case strings.TrimSpace(r.shown.String()) != "":
			link.Text = r.shown.String()
		case strings.TrimSpace(r.alt.String()) != "":
			link.Text = r.alt.String()
		}
		r.list.add(*link)
	}
	r.open = nil
	r.shown.Reset()
	r.alt.Reset()
}

func value(t *html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func firstValue(t *html.Token, names ...string) string {
	for _, name := range names {
		if v := value(t, name); strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}

// resolve is a reference with the base of the document, if it needs one.
func resolve(base *url.URL, ref string) string {
	ref = tidyURL(ref)
	if strings.HasPrefix(ref, "#") {
		return ""
	}
	if base == nil || isLink(ref) {
		return ref
	}
	to, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return base.ResolveReference(to).String()
}

// text adds the URLs in plain text. One in angle brackets may go on over the end of
// a line: RFC 3986 appendix C.
func (l *linkList) text(text string) {
	for text != "" && len(l.list) < maxLinks {
		i := nextURL(text)
		if i < 0 {
			return
		}
		bracketed := i > 0 && text[i-1] == '<'
		text = text[i:]
		end := strings.IndexFunc(text, endsURL)
		if end < 0 {
			end = len(text)
		}
		if bracketed {
			if j := strings.IndexAny(text, "<>"); j > 0 && text[j] == '>' && j < 2000 && strings.Count(text[:j], "\n") < 20 {
				l.add(Link{URL: strings.Join(strings.Fields(text[:j]), ""), From: "text"})
				text = text[j:]
				continue
			}
		}
		l.add(Link{URL: trimURL(text[:end]), From: "text"})
		text = text[max(end, 1):]
	}
}

// nextURL returns where the next one begins, or -1.
func nextURL(text string) int {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], ':')
		if i < 0 {
			return -1
		}
		colon := at + i
		for _, scheme := range [...]string{"https", "http", "mailto", "tel"} {
			start := colon - len(scheme)
			if start < at || !strings.EqualFold(text[start:colon], scheme) {
				continue
			}
			if before, _ := utf8.DecodeLastRuneInString(text[:start]); start > 0 && before < utf8.RuneSelf && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
				continue
			}
			rest := text[colon+1:]
			if scheme[0] == 'h' {
				var ok bool
				if rest, ok = strings.CutPrefix(rest, "//"); !ok {
					continue
				}
			}
			if next, _ := utf8.DecodeRuneInString(rest); endsURL(next) { // or there is none
				continue
			}
			return start
		}
		at = colon + 1
	}
}

// endsURL says whether a character is not of the URL that stands in a text: what no
// URL has, and the punctuation and letters of scripts that are written without blanks.
func endsURL(r rune) bool {
	return r <= ' ' || strings.ContainsRune("<>\"`{}|\\^", r) || unicode.IsSpace(r) || r == utf8.RuneError ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= utf8.RuneSelf && unicode.IsPunct(r)
}

// trimURL leaves out what follows a URL in a sentence.
func trimURL(s string) string {
	round, square := strings.Count(s, ")")-strings.Count(s, "("), strings.Count(s, "]")-strings.Count(s, "[")
	for s != "" {
		switch last := s[len(s)-1]; {
		case strings.IndexByte(".,;:!?'*_~", last) >= 0:
		case last == ')' && round > 0:
			round--
		case last == ']' && square > 0:
			square--
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}
