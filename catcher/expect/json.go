package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/postroom/postroom/catcher/mime"
)

// json takes a value out of the first JSON that has it.
func (t *taker) json(d *doc) (Value, error) {
	sources, err := read(d, jsonSources)
	if err != nil {
		return Value{}, err
	}
	what := "no JSON: there is no JSON part, no JSON-LD in HTML, and the text is none"
	for i, s := range sources {
		root, err := decodeJSON(s.text)
		if err == nil {
			root, err = pointTo(root, t.arg)
		}
		if err == nil {
			return Value{Text: jsonText(root), From: s.from}, nil
		}
		if i == 0 {
			what = fmt.Sprintf("%s: %v", s.from, err)
		}
	}
	return Value{}, missing("%s", what)
}

// jsonSources returns what is JSON: parts, JSON-LD, and text that begins like it.
func jsonSources(m *mime.Message) []source {
	var list []source
	for p := range m.Parts() {
		if len(p.Children) == 0 && (p.ContentType == "application/json" || strings.HasSuffix(p.ContentType, "+json")) {
			octets, err := io.ReadAll(io.LimitReader(m.Open(p), maxTaken))
			if err == nil {
				list = append(list, source{string(octets), "part " + p.ID})
			}
		}
	}
	if text, ok := m.HTML(); ok {
		list = appendJSONLD(list, text)
	}
	if text, ok := m.Text(); ok && strings.IndexAny(strings.TrimSpace(text), "{[") == 0 {
		list = append(list, source{text, "text"})
	}
	return list
}

func appendJSONLD(list []source, text string) []source {
	z, inside := html.NewTokenizer(strings.NewReader(text)), false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return list
		case html.StartTagToken:
			token := z.Token()
			inside = token.Data == "script" && slices.ContainsFunc(token.Attr, func(a html.Attribute) bool {
				return a.Key == "type" && strings.EqualFold(strings.TrimSpace(a.Val), "application/ld+json")
			})
		case html.TextToken:
			if inside {
				list = append(list, source{string(z.Raw()), "html"})
			}
			inside = false
		}
	}
}

func decodeJSON(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		return nil, fmt.Errorf("bad JSON: %w", err)
	}
	end := decoder.InputOffset()
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("bad JSON: something follows it at octet %d", end)
	}
	return root, nil
}

// pointTo follows a JSON pointer: RFC 6901 §4.
func pointTo(v any, pointer string) (any, error) {
	if pointer == "" {
		return v, nil
	}
	at := ""
	for _, token := range strings.Split(pointer[1:], "/") {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch node := v.(type) {
		case map[string]any:
			child, ok := node[name]
			if !ok {
				return nil, fmt.Errorf("nothing at %s/%s; there are %s", at, token, listed(slices.Sorted(maps.Keys(node))))
			}
			v = child
		case []any:
			i, err := strconv.ParseUint(name, 10, 31)
			if err != nil || strconv.FormatUint(i, 10) != name || int(i) >= len(node) {
				return nil, fmt.Errorf("nothing at %s/%s; there is a list of %d", at, token, len(node))
			}
			v = node[i]
		default:
			return nil, fmt.Errorf("nothing at %s/%s; %s is %s", at, token, at, quoteShort(jsonText(v)))
		}
		at += "/" + token
	}
	return v, nil
}

// jsonText is a string or number as it is, and anything else as compact JSON.
func jsonText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}
