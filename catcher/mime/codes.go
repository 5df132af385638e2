package mime

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Bounds on what Codes reads and returns.
const (
	codeText  = 256 << 10 // octets of each text
	maxCodes  = 100
	maxLooked = 2000 // words that announce, and candidates, of each text
)

// A Code is a one-time code, or looks like one.
type Code struct {
	Value  string // as it is to be typed: 482913, ABCD-1234
	From   string // "subject", "text" or "html"
	Near   string // the text around it
	Likely bool   // the text announces it; when several are Likely it is open which one is meant
}

// Codes lists what may be a one-time code, the most likely first: 4 to 8 digits, or
// up to 10 letters and digits, near words that announce one, in English, Chinese and
// some other languages.
func (m *Message) Codes() []Code {
	c := newCodeFinder()
	c.find("subject", m.Get("Subject"))
	if text, ok := m.Text(); ok {
		c.find("text", text)
	}
	if text, ok := m.HTML(); ok {
		c.find("html", shownLines(text))
	}
	return c.codes()
}

// How well a place speaks for a code.
const (
	tight    = 200 // "your code is 482913", "482913 is your code", "验证码：482913"
	alone    = 150 // on a line of its own, after one that announces it
	nearby   = 80  // in the same sentence
	likely   = 60
	margin   = 60  // what is so much worse than the best is not meant
	farthest = 80  // octets between the words and the code
	longWord = 500 // octets of a URL or such before and after a candidate
)

type codeFinder struct {
	announce, other, more, number, measure *regexp.Regexp

	found     []scored
	announced bool // by the subject
}

func newCodeFinder() *codeFinder {
	return &codeFinder{
		announce: regexp.MustCompile(announcing), other: regexp.MustCompile(others), more: regexp.MustCompile(followers),
		number: regexp.MustCompile(numbers), measure: regexp.MustCompile(measures),
	}
}

type scored struct {
	Code
	score int
}

// announcing are the words for a one-time code. What \b means is ASCII only, so the
// words of other scripts stand apart.
const announcing = `(?i)\b(?:one[- ]time|single[- ]use|temporary|verification|security|confirmation|access|log[- ]?in|sign[- ]?in|sign[- ]?up|authentication|authori[sz]ation|auth|activation|recovery|reset|two[- ]factor|2fa|mfa|sms|e-?mail|invitation|invite|pairing|device|bestätigungs|verifizierungs|sicherheits|anmelde|einmal)?[- ]?(?:codes?|passcodes?|passwords?|pass ?phrase|pin|otp|tan|token|passwort)\b` +
	`|\bc[oó]digo\b|\bcodice\b|\bcode de (?:vérification|sécurité|confirmation)\b|\bkod\b` +
	`|(?:动态|短信|手机|登录|安全|邮箱|邮件|身份)?验证码|(?:動態|簡訊|手機|登入|安全|郵件)?驗證碼|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|一次性密码|一次性密碼|确认码|確認碼|安全码|安全碼|登录码|登入碼|激活码|啟用碼|口令|验证代码|驗證代碼|認証コード|認証番号|確認コード|ワンタイムパスワード|セキュリティコード|인증번호|인증 ?코드`

// others are words that make a code, or a number, one of another kind when they stand
// before it.
const others = `(?i)(?:promo(?:tion)?(?:al)?|discount|coupon|voucher|gift(?: card)?|zip|post(?:al)?|area|country|dialling|error|status|exit|source|open|bar|qr|dress|product|item|booking|reservation|order|invoice|tracking|reference|referral|swift|sort|vat|tax|bank|branch|colou?r|hex|iban|airport|flight|ticket|case|customer|account|member(?:ship)?|serial|优惠|優惠|折扣|邮政|郵遞|兑换|推荐|邀请|取件|提货|商品|区)[- ]?$`

// followers make another thing of the words.
const followers = `(?i)^ (?:of conduct|owners?|reviews?|requests?|base|snippets?|freeze)\b`

// numbers announce a number that is none.
const numbers = `(?i)(?:\b(?:order|invoice|ticket|case|ref(?:erence)?|account|tracking|booking|reservation|confirmation number|customer|receipt|item|sku|zip|flight|phone|tel|call|fax|mobile|room|street|suite|box|version|build|port|card|ending in|ends with|no\.?|nr\.?|copyright|since|year|in|©|\(c\))[\s:#.]*(?:number|no\.?|nr\.?|id|is)?[\s:#.]*|(?:订单|發票|发票|运单|快递|单号|單號|编号|編號|尾号|末四位|电话|電話|客服|热线|金额|金額|余额|邮编|航班|卡号|QQ|微信|手机|账号|房间|版本|端口)[号码號碼]?\s*[:：#]?\s*)$`

// money and measures follow a number that is none.
const measures = `(?i)^\s?(?:%|％|°|(?:usd|eur|gbp|cny|rmb|jpy|dollars?|euros?|pounds?|yuan|px|pt|em|kb|mb|gb|km|kg|ms|mph|points?|minutes?|hours?|days?|seconds?|years?|people|users?|items?|credits?|miles|lines)\b|[€$£¥元円块年月日号號分])`

// find looks at one text, line by line.
func (c *codeFinder) find(from, text string) {
	text = strings.ToValidUTF8(text[:min(len(text), codeText)], "")
	since := 9 // lines since one announced
	looked := 0
	for line := range strings.Lines(text) {
		line = strings.Map(narrow, squeezed(line))
		if line == "" {
			continue
		}
		if looked > maxLooked {
			return
		}
		var words [][]int
		if mayAnnounce(line) {
			words = c.announce.FindAllStringIndex(line, maxLooked)
			looked += len(words)
		}
		words = slices.DeleteFunc(words, func(at []int) bool {
			return c.other.MatchString(tail(line[:at[0]], 40)) || c.more.MatchString(line[at[1]:min(len(line), at[1]+12)]) || sells(line, at)
		})
		candidates(line, func(value string, start, end int) {
			if looked++; looked > maxLooked {
				return
			}
			told := announcedAt(near(words, start, end), start)
			if !told && strings.HasSuffix(line[:start], "【") && strings.HasPrefix(line[end:], "】") { // who sends it
				return
			}
			if start > 0 && c.number.MatchString(tail(line[:start], 40)) && !told || c.measure.MatchString(line[end:min(len(line), end+16)]) {
				return
			}
			score := c.score(line, value, start, end, near(words, start, end), since)
			if score > 0 {
				c.found = append(c.found, scored{Code{Value: value, From: from, Near: around(line, start, end)}, score})
			}
		})
		since++
		if len(words) > 0 {
			since = 0
			c.announced = c.announced || from == "subject"
		}
	}
}

// sells says that a code is for a discount: it is just a "code", and there is talk of
// money off nearby.
func sells(line string, at []int) bool {
	if word := strings.ToLower(strings.Trim(line[at[0]:at[1]], " -")); word != "code" && word != "codes" {
		return false
	}
	around := strings.ToLower(line[max(0, at[0]-60):min(len(line), at[1]+60)])
	return slices.ContainsFunc([]string{"% off", "%off", "checkout", "discount", "coupon", "promo", "voucher", "save ", "free shipping", "优惠", "折扣"},
		func(word string) bool { return strings.Contains(around, word) })
}

// mayAnnounce is a quick look whether a line can have one of the words.
func mayAnnounce(line string) bool {
	for i := range len(line) {
		if line[i] >= utf8.RuneSelf {
			return true
		}
	}
	line = strings.ToLower(line)
	return slices.ContainsFunc([]string{"code", "pass", "pin", "otp", "tan", "token", "kod", "codi"}, func(word string) bool { return strings.Contains(line, word) })
}

// near is those of the words that are close enough to matter.
func near(words [][]int, start, end int) [][]int {
	from, _ := slices.BinarySearchFunc(words, start-farthest, func(at []int, place int) int { return at[1] - place })
	to, _ := slices.BinarySearchFunc(words, end+farthest+1, func(at []int, place int) int { return at[0] - place })
	return words[from:max(from, to)]
}

// announcedAt says whether one of the words ends right before the place.
func announcedAt(words [][]int, start int) bool {
	return slices.ContainsFunc(words, func(at []int) bool { return at[1] <= start && start-at[1] <= 8 })
}

// score is how much speaks for a candidate; 0 for nothing.
func (c *codeFinder) score(line, value string, start, end int, words [][]int, since int) int {
	best := 0
	for _, at := range words {
		switch {
		case at[1] <= start && start-at[1] <= farthest:
			best = max(best, closeness(line[at[1]:start], start-at[1]))
		case at[0] >= end && at[0]-end <= farthest:
			best = max(best, followed(line[end:at[0]], at[0]-end))
		}
	}
	whole := len(line)-(end-start) <= 4 // but for a dot or brackets
	switch {
	case whole && since == 0:
		best = max(best, alone)
	case whole && since <= 2:
		best = max(best, alone-20*since)
	case whole && c.announced:
		best = max(best, likely)
	case whole && best == 0:
		best = 1
	}
	if plain := allLetters(value); plain && best < alone || dubious(value) && best < tight-20 {
		return 0
	}
	return best
}

// closeness is for a candidate after the words, by what stands between.
func closeness(between string, distance int) int {
	trimmed := strings.ToLower(strings.Trim(between, " :：=-–—>»\"'“”「」【】[]()*"))
	switch trimmed {
	case "", "is", "is:", "are", "为", "为：", "是", "是：", "為", "為：", "ist", "lautet", "est", "es", "è", "は", "は、", "below", "here", "for you is":
		return tight
	}
	if strings.ContainsAny(between, "。！!?？") || strings.Contains(between, ". ") {
		return 0
	}
	if strings.HasSuffix(trimmed, " is") || strings.HasSuffix(trimmed, ":") || strings.HasSuffix(strings.TrimSpace(between), ":") || strings.HasSuffix(strings.TrimSpace(between), "：") {
		return tight - 30
	}
	return nearby - distance/4
}

// followed is for a candidate before the words.
func followed(between string, distance int) int {
	trimmed := strings.ToLower(strings.TrimSpace(strings.Trim(between, " :：=-–—\"'“”【】[]()（）*")))
	switch {
	case trimmed == "", strings.HasPrefix(trimmed, "is "), trimmed == "is", strings.HasPrefix(trimmed, "是"), strings.HasPrefix(trimmed, "为"), strings.HasPrefix(trimmed, "為"),
		strings.HasPrefix(trimmed, "ist "), strings.HasPrefix(trimmed, "est "), strings.HasPrefix(trimmed, "es "), strings.HasPrefix(trimmed, "が"), strings.HasPrefix(trimmed, "as "), strings.HasPrefix(trimmed, "（"), strings.HasPrefix(trimmed, "("):
		return tight - 10
	case strings.ContainsAny(between, "。！!?？,，;") || strings.Contains(between, ". "):
		return 0
	}
	return nearby - 20 - distance/4
}

// codes puts what was found in order, each value once.
func (c *codeFinder) codes() []Code {
	slices.SortStableFunc(c.found, func(a, b scored) int { return b.score - a.score })
	var list []Code
	known := map[string]bool{}
	for _, f := range c.found {
		key := strings.ToUpper(f.Value)
		if known[key] || len(list) == maxCodes {
			continue
		}
		known[key] = true
		f.Likely = f.score >= likely && f.score >= c.found[0].score-margin
		list = append(list, f.Code)
	}
	return list
}

// candidates calls use for whatever has the form of a code.
func candidates(line string, use func(value string, start, end int)) {
	for i := 0; i < len(line); {
		if !isAlnum(line[i]) {
			i++
			continue
		}
		start := i
		for i < len(line) && isAlnum(line[i]) {
			i++
		}
		value, end := line[start:i], i
		if grouped, to := groups(line, start, i); grouped != "" {
			value, end, i = grouped, to, to
		}
		if (value == "G" || value == "FB") && end < len(line)-1 && line[end] == '-' {
			continue // G-482913: the digits are typed
		}
		if hasForm(value) && standsFree(line, start, end) {
			use(value, start, end)
		}
	}
}

func isAlnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func allLetters(s string) bool { return !strings.ContainsAny(s, "0123456789") }

// groups reads a code in several groups: 482 913, 12-34-56, 4 8 2 9 1 3, ABCD-1234. It
// returns "" when there is none.
func groups(line string, start, end int) (value string, to int) {
	first := line[start:end]
	digits := isDigits(first)
	if len(first) > 5 || end >= len(line) || line[end] != ' ' && line[end] != '-' {
		return "", 0
	}
	separator, parts := line[end], []string{first}
	if !digits && (separator == ' ' || strings.ToUpper(first) != first || len(first) < 3) {
		return "", 0
	}
	for end < len(line) && line[end] == separator && len(parts) < 9 {
		next := end + 1
		for next < len(line) && isAlnum(line[next]) {
			next++
		}
		part := line[end+1 : next]
		if len(part) != len(first) || digits && !isDigits(part) || strings.ToUpper(part) != part {
			break
		}
		parts, end = append(parts, part), next
	}
	if len(parts) == 1 || end < len(line)-1 && line[end] == separator && isDigits(line[end+1:end+2]) {
		return "", 0
	}
	if value = strings.Join(parts, ""); digits {
		if len(value) < 4 || len(value) > 8 {
			return "", 0
		}
		return value, end
	}
	return strings.Join(parts, "-"), end
}

// hasForm says whether it could be a code at all.
func hasForm(s string) bool {
	if isDigits(s) {
		return len(s) >= 4 && len(s) <= 8
	}
	bare := strings.ReplaceAll(s, "-", "")
	if len(bare) < 4 || len(bare) > 10 {
		return false
	}
	if allLetters(bare) {
		return strings.ToUpper(s) == s && len(bare) >= 5
	}
	return strings.Trim(bare, "0123456789") != "" && !isMeasure(bare)
}

// isMeasure is for 600px, 1st, 24h, 10am, v2…
func isMeasure(s string) bool {
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && strings.ToLower(rest) == rest && allLetters(rest)
}

// dubious is for what is more often something else: a year, a date, mixed letters.
func dubious(s string) bool {
	if isDigits(s) {
		return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) || len(s) == 8 && isDate(s)
	}
	return strings.ToUpper(s) != s
}

func isDate(s string) bool {
	return (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && s[4:6] >= "01" && s[4:6] <= "12" && s[6:8] >= "01" && s[6:8] <= "31"
}

// standsFree says that a candidate is no part of something larger: a price, a phone
// number, a URL, an address, a colour, a decimal, a date.
func standsFree(line string, start, end int) bool {
	if start > 0 {
		before, size := utf8.DecodeLastRuneInString(line[:start])
		if strings.ContainsRune("$€£¥￥₩₹#.,@/+&=%~)", before) || unicode.IsLetter(before) && before < 0x250 {
			return false
		}
		further := line[:start-size]
		if before == '-' && !strings.HasSuffix(further, "G") && !strings.HasSuffix(further, "FB") && further != "" && isAlnum(further[len(further)-1]) {
			return false
		}
		if last, _ := utf8.DecodeLastRuneInString(further); before == ' ' && strings.ContainsRune("$€£¥)+", last) {
			return false
		}
		if before == ':' && len(further) > 0 && '0' <= further[len(further)-1] && further[len(further)-1] <= '9' {
			return false
		}
	}
	if end < len(line) {
		after, _ := utf8.DecodeRuneInString(line[end:])
		if strings.ContainsRune("@/_%&=#$€£°", after) || unicode.IsLetter(after) && after < 0x250 {
			return false
		}
		if strings.ContainsRune(".,:-", after) && end+1 < len(line) && isAlnum(line[end+1]) {
			return false
		}
	}
	return !withinURL(line, start, end)
}

// withinURL looks at the word that it is part of.
func withinURL(line string, start, end int) bool {
	first, last := max(start-longWord, 0), min(end+longWord, len(line))
	for start > first && line[start-1] > ' ' && line[start-1] < utf8.RuneSelf {
		start--
	}
	for end < last && line[end] > ' ' && line[end] < utf8.RuneSelf {
		end++
	}
	return strings.ContainsAny(line[start:end], "/@&")
}

// tail is the end of a text, at least so many octets unless there are less.
func tail(s string, n int) string {
	at := max(len(s)-n, 0)
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[at:]
}

// around is a candidate with some of the text beside it.
func around(line string, start, end int) string {
	start, end = max(start-30, 0), min(end+30, len(line))
	for start > 0 && !utf8.RuneStart(line[start]) {
		start--
	}
	for end < len(line) && !utf8.RuneStart(line[end]) {
		end++
	}
	return strings.TrimSpace(line[start:end])
}

// shownLines is what an HTML document shows, a line for each block.
func shownLines(text string) string {
	z := html.NewTokenizer(strings.NewReader(text))
	var b strings.Builder
	hidden := ""
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == "" {
				b.WriteString(oneLineKeepingEnds(string(z.Text())))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := string(name)
			hidden = hide(hidden, tag, kind)
			switch {
			case tag == "td" || tag == "th":
				b.WriteByte(' ')
			case !inlineTag(tag):
				b.WriteByte('\n')
			}
		}
	}
}

// narrow makes full-width letters and digits plain ones.
func narrow(r rune) rune {
	if '０' <= r && r <= '９' || 'Ａ' <= r && r <= 'Ｚ' || 'ａ' <= r && r <= 'ｚ' {
		return r - '０' + '0'
	}
	return r
}

// squeezed is a text on one line, with single blanks.
func squeezed(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// oneLineKeepingEnds turns line ends into blanks, as HTML does.
func oneLineKeepingEnds(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
