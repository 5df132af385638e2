package rule

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/query"
)

// A test is a condition's value, ready to be asked. Text is what is looked at
// where the facts are text.
type test func(f *Facts, text string) (bool, error)

// compileTest makes the test of a value for a field.
func compileTest(field, value string) (test, error) {
	switch {
	case field == "size":
		return sizeTest(value)
	case field == "query":
		return queryTest(value)
	case field == "tls" && (value == "yes" || value == "no"):
		return func(_ *Facts, text string) (bool, error) { return (text != "") == (value == "yes"), nil }, nil
	case strings.HasPrefix(value, "/"):
		return regexpTest(value)
	case field == "client" && strings.Contains(value, "/"):
		return networkTest(value)
	case value == "":
		return nil, fmt.Errorf("%s= has no value", field)
	}
	pattern := fold(value)
	return func(_ *Facts, text string) (bool, error) { return text != "" && glob(pattern, fold(text)), nil }, nil
}

func sizeTest(value string) (test, error) {
	if value == "" || value[0] != '<' && value[0] != '>' {
		return nil, fmt.Errorf("size=%.40s: it should be like size=>10k or size=<1MiB", value)
	}
	n, ok := query.ParseSize(value[1:])
	if !ok {
		return nil, fmt.Errorf("%.40q is no size; write 1024, 10k, 5MB or 1.5MiB", value[1:])
	}
	return func(f *Facts, _ string) (bool, error) {
		return value[0] == '>' && f.Size > n || value[0] == '<' && f.Size < n, nil
	}, nil
}

// queryTest has no ages: there is no moment from which they would count.
func queryTest(value string) (test, error) {
	q, err := query.Parse(value, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("query=: %w", err)
	}
	return func(f *Facts, _ string) (bool, error) { return q.Match(f.Message) }, nil
}

func regexpTest(value string) (test, error) {
	source, ok := strings.CutSuffix(value[1:], "/")
	if !ok || len(value) < 2 {
		return nil, fmt.Errorf("%.40q: a regular expression ends in a slash", value)
	}
	re, err := regexp.Compile("(?i:" + source + ")")
	if err != nil {
		return nil, fmt.Errorf("bad regular expression: %.60q", source)
	}
	return func(_ *Facts, text string) (bool, error) { return text != "" && re.MatchString(text), nil }, nil
}

func networkTest(value string) (test, error) {
	network, err := netip.ParsePrefix(value)
	if err != nil {
		return nil, fmt.Errorf("%.60q is no network; write 10.0.0.0/8", value)
	}
	return func(_ *Facts, text string) (bool, error) {
		ip, err := netip.ParseAddr(text)
		return err == nil && network.Contains(ip.Unmap()), nil
	}, nil
}

// fold makes spellings of one address alike.
func fold(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return mail.Box(s)
		}
	}
	if strings.Contains(s, "xn--") {
		return mail.Box(s)
	}
	return strings.ToLower(s)
}

// glob says whether a pattern with * and ? matches all of the text.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, back := -1, 0
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, back = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			back++
			i, j = star+1, back
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// A condition is a Term, ready to be asked.
type condition struct {
	field string
	not   bool
	tests []test
}

func compileTerm(t Term) (condition, error) {
	c := condition{field: t.Field, not: t.Not}
	for _, v := range t.Any {
		x, err := compileTest(t.Field, v)
		if err != nil {
			return c, err
		}
		c.tests = append(c.tests, x)
	}
	return c, nil
}

// holds asks a condition. What the facts leave open matches neither way.
func (c *condition) holds(f *Facts) (bool, error) {
	text := ""
	switch c.field {
	case "to":
		return c.anyTo(f)
	case "from":
		if !f.Known {
			return false, nil
		}
		text = f.From
		if text == "" {
			text = "<>"
		}
	case "client":
		if f.Client == "" {
			return false, nil
		}
		text = f.Client
	case "port":
		if f.Port == "" {
			return false, nil
		}
		text = f.Port
	case "sni":
		text = f.SNI
	case "helo":
		text = f.Helo
	case "user":
		text = f.User
	case "tls":
		text = f.TLS
	case "size":
		if f.Size == 0 {
			return false, nil
		}
	case "query":
		if f.Message == nil {
			return false, nil
		}
	}
	yes, err := c.any(f, text)
	return yes != c.not && err == nil, err
}

// anyTo looks for a recipient that matches.
func (c *condition) anyTo(f *Facts) (bool, error) {
	for _, to := range f.To {
		if yes, err := c.any(f, to); yes || err != nil {
			return !c.not && err == nil, err
		}
	}
	return c.not && len(f.To) > 0, nil
}

func (c *condition) any(f *Facts, text string) (bool, error) {
	for _, t := range c.tests {
		if yes, err := t(f, text); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}
