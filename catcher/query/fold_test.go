package query

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		"plain text":                  "plain text",
		"Hello,  World\r\n\tagain ":   "hello, world again",
		" x":                          "x",
		"a\x00b\x7fc\u0085d":          "a b c d",
		"Größe STRASSE Straße ẞ":      "grosse strasse strasse ss",
		"Ærø Œuvre Łódź Đorđe ÐÞ":     "aero oeuvre lodz dorde dth",
		"İstanbul ISPARTA ılık":       "istanbul isparta ilik",
		"Việt Nam: Đường Nguyễn Huệ":  "viet nam: duong nguyen hue",
		"Crème e\u0301te\u0301":       "creme ete",
		"ΟΔΥΣΣΕΎΣ ὀδυσσεύς":           "οδυσσευσ οδυσσευσ",
		"Ёлка ЙОД":                    "елка иод",
		"مُحَمَّد":                    "محمد",
		"שָׁלוֹם":                     "שלום",
		"Ｆｕｌｌ　Ｗｉｄｔｈ：１２":               "full width:12",
		"ﬁﬂ ① ㎏ ™ x²":                 "fifl 1 kg tm x2",
		"ｶﾞｷﾞ ﾊﾟ ｱｲｳ":                 "ガギパアイウ",
		"か\u3099 は\u309a が":           "がぱが",
		"かな カナ がぎ":                    "かなカナがぎ",
		"今天的订单\r\n已经发货":               "今天的订单已经发货",
		"你好，\n世界。 \n下一行":              "你好,世界。下一行",
		"你好 ，世界 Ａ ， b":                "你好,世界 a , b",
		"か\u302e\u3099":               "が",
		"你好 world 你好":                 "你好 world 你好",
		"한국어 검색":                      "한국어 검색",
		"\u1112\u1161\u11ab 가\u11a8":  "한 각",
		"ㅎㅏㄴ":                         "하\u1102",
		"zero\u200bwid\u00adth\ufeff": "zerowidth",
		"👩\u200d👧 ❤\ufe0f":            "👩👧 ❤",
		"a\xffb\xc3":                  "a\ufffdb\ufffd",
		"a\u00a0\u2003b":              "a b",
		"don’t “say” a–b — c":         `don't "say" a-b - c`,
		"_%*?":                        "_%*?",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
}

// TestFoldEach folds every character of the planes that have any.
func TestFoldEach(t *testing.T) {
	t.Parallel()
	for r := rune(0); r < 0xe1000; r++ {
		if r == 0x34000 {
			r = 0xe0000
		}
		checkFold(t, string(r))
		if twin := unicode.ToUpper(r); !unicode.Is(unicode.Mn, r) && Fold(string(twin)) != Fold(string(r)) {
			t.Errorf("%U and its upper case %U fold to %q and %q", r, twin, Fold(string(r)), Fold(string(twin)))
		}
	}
}

// checkFold checks what holds for all text.
func checkFold(t *testing.T, text string) {
	got := Fold(text)
	if again := Fold(got); again != got {
		t.Errorf("%q folds to %q and that to %q", text, got, again)
	}
	if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || strings.Contains(got, "  ") ||
		strings.TrimSpace(got) != got {
		t.Errorf("%q folds to %q", text, got)
	}
	if utf8.ValidString(text) && Fold(norm.NFD.String(text)) != Fold(norm.NFC.String(text)) {
		t.Errorf("%q folds to %q, but %q without composed characters", text, got, Fold(norm.NFD.String(text)))
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Größe か\u3099 한 你 好")
	f.Add("ﬁ\u200b x\u0301\u0323 \u1112\u1161\u11ab ゛")
	f.Fuzz(checkFold)
}
