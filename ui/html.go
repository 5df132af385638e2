package ui

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// rewriteHTML makes a mail's HTML fit for a frame. What keeps the reader safe is
// the frame: sandbox and policy (htmlPolicy). Here is done what these cannot do:
//
//   - cid: references become the links given for their Content-IDs;
//   - links open in a new tab, which does not know where it came from, and those
//     that are scripts or documents themselves lead nowhere;
//   - <base> goes, which would bend our own links, and so do <script>, <meta
//     http-equiv>, and <link> hints that connect to other hosts in spite of the
//     policy; what frames within the mail would show goes for the same reason.
//
// All else stays as it was, octet by octet, except that "<script", "<base",
// "<meta" and "<iframe" within text, comments, styles and attributes become
// "&lt;script" and so on: browsers and tokenizers do not agree everywhere on what
// is a tag.
//
// remote counts the distinct references that a browser would load from elsewhere.
func rewriteHTML(source string, cids map[string]string) (out string, remote int) {
	rw := rewriter{cids: cids, remote: map[string]bool{}}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return rw.out.String(), len(rw.remote)
		}
		raw := string(z.Raw()) // Token() changes what Raw() refers to
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			rw.startTag(z.Token(), raw)
		case html.EndTagToken:
			rw.endTag(z.Token(), raw)
		case html.TextToken:
			rw.text(raw)
		default:
			rw.write(raw)
		}
	}
}

type rewriter struct {
	cids   map[string]string
	remote map[string]bool
	out    strings.Builder
	inside string // "script" or "style": the element whose text comes next
}

// nothing takes the place of what is removed, lest its neighbours grow together
// to a new tag.
const nothing = "<!---->"

// tagLike finds what would be one of the removed tags if a browser took it for
// a tag where the tokenizer did not.
var tagLike = regexp.MustCompile(`(?i)<(/?(?:script|base|meta|i?frame))`)

// write copies what is kept.
func (rw *rewriter) write(raw string) {
	rw.out.WriteString(raw[:min(1, len(raw))])
	rw.out.WriteString(tagLike.ReplaceAllString(raw[min(1, len(raw)):], "&lt;$1"))
}

func (rw *rewriter) startTag(t html.Token, raw string) {
	rw.inside = ""
	if t.Data == "script" || t.Data == "style" {
		rw.inside = t.Data
	}
	changed := inner(&t)
	changed = rw.attributes(&t) || changed
	switch {
	case t.Data == "script" || t.Data == "base" || unwantedMeta(t) || networkHint(t):
		rw.out.WriteString(nothing)
	case t.Data == "meta":
		rw.out.WriteString("<meta")
		rw.write(strings.TrimPrefix(t.String(), "<meta"))
	case changed:
		rw.write(t.String())
	default:
		rw.write(raw)
	}
}

func (rw *rewriter) endTag(t html.Token, raw string) {
	rw.inside = ""
	switch t.Data {
	case "script", "base", "meta":
		rw.out.WriteString(nothing)
	default:
		rw.write(raw)
	}
}

func (rw *rewriter) text(raw string) {
	switch rw.inside {
	case "script":
		return
	case "style":
		raw = rw.css(raw)
	}
	rw.out.WriteString(tagLike.ReplaceAllString(raw, "&lt;$1"))
}

// unwantedMeta: those with http-equiv act like headers of the answer (refresh,
// set-cookie, policies), or name a charset that is no longer that of the text.
func unwantedMeta(t html.Token) bool {
	return t.Data == "meta" && has(t, "http-equiv")
}

// networkHint: dns-prefetch, preconnect and their like are not loads, so no
// policy covers them everywhere.
func networkHint(t html.Token) bool {
	if t.Data != "link" {
		return false
	}
	return slices.ContainsFunc(strings.Fields(strings.ToLower(value(t, "rel"))), func(rel string) bool {
		return strings.HasPrefix(rel, "pre") || rel == "dns-prefetch" || rel == "modulepreload"
	})
}

// inner takes the address from what would show a document within the mail, which
// the policy never lets through: Chromium connects before it asks the policy. One
// that stands in the attribute itself would be read by nobody here.
func inner(t *html.Token) (changed bool) {
	if !slices.Contains([]string{"iframe", "frame", "object", "embed", "fencedframe", "portal"}, t.Data) {
		return false
	}
	kept := slices.DeleteFunc(slices.Clone(t.Attr), func(a html.Attribute) bool { return a.Key == "src" || a.Key == "data" || a.Key == "srcdoc" })
	changed = len(kept) != len(t.Attr)
	t.Attr = kept
	return changed
}

func value(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(t html.Token, name string) bool {
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// attributes rewrites references in a tag and says whether the tag is another
// one now.
func (rw *rewriter) attributes(t *html.Token) (changed bool) {
	for i, a := range t.Attr {
		v := a.Val
		switch {
		case a.Key == "style":
			v = rw.css(v)
		case a.Key == "srcset" || a.Key == "imagesrcset":
			v = rw.sourceSet(v)
		case loads(t.Data, a.Key):
			v = rw.reference(v)
		}
		if v != a.Val {
			t.Attr[i].Val, changed = v, true
		}
	}
	if isLink(t.Data) && slices.ContainsFunc(t.Attr, isProgram) {
		t.Attr, changed = slices.DeleteFunc(t.Attr, isProgram), true
	}
	if opensElsewhere(*t) {
		t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "target" || a.Key == "rel" })
		t.Attr = append(t.Attr,
			html.Attribute{Key: "target", Val: "_blank"},
			html.Attribute{Key: "rel", Val: "noopener noreferrer"})
		changed = true
	}
	return changed
}

// loads says whether a browser fetches what the attribute refers to without
// being asked.
func loads(tag, attr string) bool {
	switch attr {
	case "src", "background", "poster", "lowsrc", "dynsrc":
		return true
	case "data":
		return tag == "object"
	case "href":
		return tag == "link" || tag == "image" || tag == "use" || tag == "feimage"
	case "xlink:href":
		return tag != "a"
	}
	return false
}

func isLink(tag string) bool { return tag == "a" || tag == "area" }

// isProgram: sandbox and policy keep such a link from doing anything, but browsers
// open a tab for it. They skip blanks and control characters in front of the scheme,
// and line breaks and tabs everywhere.
func isProgram(a html.Attribute) bool {
	return (a.Key == "href" || a.Key == "xlink:href") && program.MatchString(unseen.Replace(a.Val))
}

var (
	program = regexp.MustCompile(`(?i)^[\x00-\x20]*(?:javascript|vbscript|data|blob):`)
	unseen  = strings.NewReplacer("\t", "", "\n", "", "\r", "")
)

// opensElsewhere is true for links, save those within the mail.
func opensElsewhere(t html.Token) bool {
	if !isLink(t.Data) {
		return false
	}
	href := strings.TrimSpace(value(t, "href"))
	return href != "" && !strings.HasPrefix(href, "#") || has(t, "xlink:href")
}

// reference gives what a reference is to become, and notes those to elsewhere.
func (rw *rewriter) reference(as string) string {
	ref := strings.TrimSpace(as)
	if link, ok := rw.cid(ref); ok {
		return link
	}
	if farAway.MatchString(ref) {
		rw.remote[ref] = true
	}
	return as
}

// Browsers take backslashes in a web address for slashes.
var farAway = regexp.MustCompile(`(?i)^(?:https?:|[/\\]{2})`)

// cid looks up a cid: URL, which is percent-encoded (RFC 2392 §2).
func (rw *rewriter) cid(ref string) (link string, ok bool) {
	scheme, id, _ := strings.Cut(ref, ":")
	if !strings.EqualFold(scheme, "cid") {
		return "", false
	}
	if link, ok = rw.cids[id]; ok {
		return link, true
	}
	decoded, err := url.PathUnescape(id)
	if err != nil {
		return "", false
	}
	link, ok = rw.cids[decoded]
	return link, ok
}

// sourceSet rewrites the URLs of "url 1x, url 2x"; commas may be part of a data:
// URL, which is why only what looks like ours is touched.
func (rw *rewriter) sourceSet(set string) string {
	return inSourceSet.ReplaceAllStringFunc(set, rw.reference)
}

var inSourceSet = regexp.MustCompile(`(?i)(?:cid:|https?:|//)[^\s,]+`)

// css rewrites url() and notes @import in a style.
func (rw *rewriter) css(style string) string {
	style = inURL.ReplaceAllStringFunc(style, func(call string) string {
		ref := inURL.FindStringSubmatch(call)[1]
		if now := rw.reference(ref); now != ref {
			return "url(" + now + ")"
		}
		return call
	})
	for _, imported := range inImport.FindAllStringSubmatch(style, -1) {
		rw.reference(imported[1])
	}
	return style
}

var (
	inURL    = regexp.MustCompile(`(?i)url\(\s*["']?\s*([^"')\s]+)\s*["']?\s*\)`)
	inImport = regexp.MustCompile(`(?i)@import\s+["']([^"']+)["']`)
)
