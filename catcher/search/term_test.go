package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func termsOf(text string) []string {
	var list []string
	terms(text, func(t string) { list = append(list, t) })
	return list
}

func TestTerms(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 32) // 512 octets
	for text, want := range map[string][]string{
		"":                          nil,
		" -- ":                      nil,
		"your order_no. 4711!":      {"your", "order", "no", "4711"},
		"grün наш ñ":                {"grün", "наш", "ñ"},
		"你":                         {"你"},
		"你好世界":                      {"你好", "好世", "世界"},
		"退款，a中b":                    {"退款", "a", "中", "b"},
		"주문 확인서":                    {"주문", "확인", "인서"},
		"メール3通":                     {"メー", "ール", "3", "通"},
		"🎉🎉 €5":                     {"🎉🎉", "€", "5"},
		long[:maxTerm]:              {long[:maxTerm]},
		long[:maxTerm+1]:            {long[:maxTerm], long[maxTerm-maxPiece : maxTerm+1]},
		long:                        {long[:256], long[224:480], long[448:]},
		"x" + long[:maxTerm] + " y": {"x" + long[:maxTerm-1], ("x" + long)[maxTerm-maxPiece : maxTerm+1], "y"},
	} {
		if got := termsOf(text); !slices.Equal(got, want) {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}

func TestPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 32)
	for needle, want := range map[string][]piece{
		"":                    nil,
		"!?":                  nil,
		"rde":                 {{"rde", false, false}},
		"r ord":               {{"r", false, true}, {"ord", true, false}},
		"r a ord":             {{"r", false, true}, {"a", true, true}, {"ord", true, false}},
		".com":                {{"com", true, false}},
		"好":                   {{"好", false, false}},
		"a好":                  {{"a", false, true}, {"好", true, false}},
		"你好吗a":                {{"你好", true, true}, {"好吗", true, true}, {"a", true, false}},
		long:                  {{long[:32], false, false}},
		long + " ":            {{long[480:], false, true}},
		" " + long:            {{long[:32], true, false}},
		"," + long + ",":      {{long[:32], true, false}},
		"," + long[:99] + ",": {{long[:99], true, true}},
	} {
		if got := pieces(needle); !slices.Equal(got, want) {
			t.Errorf("%.40q: %v, want %v", needle, got, want)
		}
	}
}

// FuzzTerms checks that whatever is cut from a text is found among its terms.
func FuzzTerms(f *testing.F) {
	f.Add("your order_no. 4711, grün", uint(3), uint(9))
	f.Add("退款，a中b メール3通 🎉", uint(1), uint(4))
	f.Add(strings.Repeat("0123456789abcdefä", 64)+" end", uint(40), uint(300))
	f.Fuzz(func(t *testing.T, text string, from, n uint) {
		if !utf8.ValidString(text) {
			return
		}
		needle := cutFrom(text, from, n)
		list := termsOf(text)
		for _, p := range pieces(needle) {
			if !slices.ContainsFunc(list, p.fits) {
				t.Errorf("%q in %q: %v is not in %q", needle, text, p, list)
			}
		}
		for _, term := range list {
			if len(term) > maxTerm || strings.IndexFunc(term, func(r rune) bool { return r < utf8.RuneSelf && asciiGap(r) }) >= 0 {
				t.Errorf("term %q of %q", term, text)
			}
		}
	})
}

func asciiGap(r rune) bool { return kindOf(r) == isGap }

// cutFrom returns up to n characters of the text.
func cutFrom(text string, from, n uint) string {
	r := []rune(text)
	if len(r) == 0 {
		return ""
	}
	at := from % uint(len(r))
	return string(r[at : at+n%(uint(len(r))-at+1)])
}

// fits says whether a term has the piece.
func (p piece) fits(term string) bool {
	switch {
	case p.start && p.end:
		return term == p.text
	case p.start:
		return strings.HasPrefix(term, p.text)
	case p.end:
		return strings.HasSuffix(term, p.text)
	}
	return strings.Contains(term, p.text)
}
