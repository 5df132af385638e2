package expect

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseExtract(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Extract{
		"code":                   {Spec: "code"},
		"code:/[A-Z]{4}/":        {Spec: "code:/[A-Z]{4}/"},
		"otp=code":               {Name: "otp", Spec: "code"},
		"link:Confirm":           {Spec: "link:Confirm"},
		"link:a=b":               {Spec: "link:a=b"},
		"u_1=link:a=b":           {Name: "u_1", Spec: "link:a=b"},
		"link:/x=y/":             {Spec: "link:/x=y/"},
		"link:/":                 {Spec: "link:/"},
		"unsubscribe":            {Spec: "unsubscribe"},
		"header:X-Id":            {Spec: "header:X-Id"},
		"attachment":             {Spec: "attachment"},
		"attachment:*.pdf":       {Spec: "attachment:*.pdf"},
		"id":                     {Spec: "id"},
		"text:/Order (\\d+)/":    {Spec: "text:/Order (\\d+)/"},
		"raw:/^X: (.*)/":         {Spec: "raw:/^X: (.*)/"},
		"json":                   {Spec: "json"},
		"json:":                  {Spec: "json:"},
		"json:/a/0":              {Spec: "json:/a/0"},
		"data=json:/potential=x": {Name: "data", Spec: "json:/potential=x"},
	} {
		if got, err := ParseExtract(text); got != want || err != nil {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                `"" is nothing that can be extracted`,
		"links":           `"links" is nothing that can be extracted`,
		"a=":              `"" is nothing`,
		"code:123456":     `a regular expression is to follow code`,
		"code:/(/":        "bad regular expression: missing closing ): `(`",
		"code:/a)(b/":     "bad regular expression: unexpected ): `a)(b`",
		"link:":           "what is to follow link: is missing",
		"link: ":          "what is to follow link: is missing",
		"header":          "what is to follow header: is missing",
		"header:":         "what is to follow header: is missing",
		"attachment:":     "what is to follow attachment: is missing",
		"unsubscribe:/x/": `nothing follows unsubscribe, not ":/x/"`,
		"from:/x/":        `nothing follows from`,
		"text:x":          "a regular expression is to follow text, as in text:/order (\\d+)/",
		"raw":             "a regular expression is to follow raw",
		"json:a":          `a JSON pointer (RFC 6901) begins with /, unlike "a"`,
	} {
		_, err := ParseExtract(text)
		if bad := (*Error)(nil); !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), "extract: "+want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

const rich = "From: Shop <shop@a.test>\nTo: alice@a.test\nSubject: Order 77 of\n 2026\nX-Id: =?UTF-8?Q?=C3=A4?=\nList-Unsubscribe: <mailto:u@a.test>, <https://a.test/u>\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nYour code is 123456.\nTotal: 9 EUR\n--a\nContent-Type: text/html\n\n<p>Your code is <b>123456</b></p><a href=\"https://a.test/confirm?t=42\">Confirm <i>now</i></a>\n<a href=\"https://a.test/confirm?t=42\">here</a> <a href=\"https://a.test/help\">Help</a>\n<script type=\"application/ld+json\">{\"@type\":\"Order\",\"n\":12345678901234567890}</script>\n--a--\n--m\nContent-Type: application/json\nContent-Disposition: attachment; filename=\"d/data.json\"\n\n{\"a\":{\"b/c\":[1,\"two\",{\"x\":\"<y>\"}],\"n\":null,\"t\":true,\"m~n\":1.50}}\n--m\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=a.pdf\n\nJVBERgA=\n--m--\n"

func TestExtract(t *testing.T) {
	t.Parallel()
	d := letter(0, rich, "alice@a.test")
	for spec, want := range map[string]Value{
		"id":                           {Text: idAt(0).String(), From: "id"},
		"subject":                      {Text: "Order 77 of 2026", From: "header Subject"},
		"from":                         {Text: "Shop <shop@a.test>", From: "header From"},
		"to":                           {Text: "alice@a.test", From: "header To"},
		"header:x-id":                  {Text: "ä", From: "header x-id"},
		"subject:/Order (\\d+)/":       {Text: "77", From: "header Subject", Groups: []string{"77"}},
		"subject:/\\d+/":               {Text: "77", From: "header Subject"},
		"text:/Total: (.*) (?P<c>.*)/": {Text: "9", From: "text", Groups: []string{"9", "EUR"}},
		"text:/(?m)6\\.$/":             {Text: "6.", From: "text"},
		"html:/t=(\\d+)/":              {Text: "42", From: "html", Groups: []string{"42"}},
		"body:/Confirm \\w+/":          {Text: "Confirm now", From: "html"},
		"raw:/X-Id: (.*)\\n/":          {Text: "=?UTF-8?Q?=C3=A4?=", From: "raw", Groups: []string{"=?UTF-8?Q?=C3=A4?="}},
		"attachment:a.pdf":             {Text: "%PDF\x00", From: "part 3", ContentType: "application/pdf", Filename: "a.pdf"},
		"attachment:*.pdf":             {Text: "%PDF\x00", From: "part 3", ContentType: "application/pdf", Filename: "a.pdf"},
		"json:/a/b~1c/0":               {Text: "1", From: "part 2"},
		"json:/a/b~1c/1":               {Text: "two", From: "part 2"},
		"json:/a/b~1c":                 {Text: `[1,"two",{"x":"<y>"}]`, From: "part 2"},
		"json:/a/b~1c/2":               {Text: `{"x":"<y>"}`, From: "part 2"},
		"json:/a/n":                    {Text: "null", From: "part 2"},
		"json:/a/t":                    {Text: "true", From: "part 2"},
		"json:/a/m~0n":                 {Text: "1.50", From: "part 2"},
		"json:/n":                      {Text: "12345678901234567890", From: "html"},
		"json:/@type":                  {Text: "Order", From: "html"},
	} {
		p := mustCompile(t, Want{Extract: []Extract{{Name: "v", Spec: spec}}})
		want.Name = "v"
		counts, values, ambiguous, err := p.check(d)
		if !counts || ambiguous != nil || err != nil || !reflect.DeepEqual(values, []Value{want}) {
			list, _ := p.checks(d)
			t.Errorf("%s: %+v, %v, %v\n%+v", spec, values, ambiguous, err, list)
		}
		agree(t, p, d)
	}
}

// TestExtractErrors are those that say what there is instead.
func TestExtractErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, spec, want string }{
		{rich, "header:X-No", "no header X-No; there are From, To, Subject, X-Id, List-Unsubscribe, Content-Type"},
		{rich, "text:/Sum/", `/Sum/ is not found in "Your code is 123456. Total: 9 EUR"`},
		{rich, "attachment:b.pdf", `no attachment "b.pdf"; there are "d/data.json" (application/json), "a.pdf" (application/pdf)`},
		{rich, "attachment:data.json*x", `no attachment "data.json*x"`},
		{rich, "json:/a/z", "part 2: nothing at /a/z; there are b/c, m~n, n, t"},
		{rich, "json:/a/b~1c/3", "part 2: nothing at /a/b~1c/3; there is a list of 3"},
		{rich, "json:/a/b~1c/01", "part 2: nothing at /a/b~1c/01; there is a list of 3"},
		{rich, "json:/a/b~1c/-", "part 2: nothing at /a/b~1c/-; there is a list of 3"},
		{rich, "json:/a/t/x", `part 2: nothing at /a/t/x; /a/t is "true"`},
		{rich, "link:Cancel", `no link whose text contains "Cancel"; the links are https://a.test/`},
		{rich, "link:/cancel/", "no link to what matches /cancel/; the links are "},
		{rich, "code:/[A-Z]+/", "no code that matches /[A-Z]+/ as a whole; there are 123456 (text: "},
		{welcome, "html", "the message has no html body, only text"},
		{welcome, "attachment", "no attachment"},
		{welcome, "link", "no link, nor any other"},
		{welcome, "unsubscribe", "no link to unsubscribe, nor any other"},
		{welcome, "json:/a", "no JSON: there is no JSON part, no JSON-LD in HTML, and the text is none"},
		{"Subject: x\n\n{\"a\":1} {", "json:/a", "text: bad JSON: something follows it at octet 7"},
		{"Subject: x\n\n{\"a\":", "json:/a", "text: bad JSON: unexpected EOF"},
	} {
		d := letter(0, c.raw, "alice@a.test")
		p := mustCompile(t, Want{Extract: []Extract{{Spec: c.spec}}})
		list, err := p.checks(d)
		if err != nil || len(list) != 1 || list[0].Passed || !strings.HasPrefix(list[0].Note, c.want) {
			t.Errorf("%s: %+v, %v", c.spec, list, err)
		}
		agree(t, p, d)
	}
}

// TestSeveral is an error that ends a wait, and lists them.
func TestSeveral(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"attachment":    `extract attachment: 2 attachments: "d/data.json" (application/json), "a.pdf" (application/pdf)`,
		"attachment:a*": "",
		"link:/test/":   `extract link:/test/: 4 links: https://a.test/confirm?t=42 (`,
	} {
		p := mustCompile(t, Want{Extract: []Extract{{Spec: spec}}})
		counts, _, ambiguous, err := p.check(letter(0, rich, "alice@a.test"))
		if err != nil || counts != (want == "") || want != "" && (ambiguous == nil || !strings.HasPrefix(ambiguous.Error(), want)) {
			t.Errorf("%s: %v, %v, %v", spec, counts, ambiguous, err)
		}
	}
	p := mustCompile(t, Want{Match: []Test{mustTest(t, "subject", "~no such")}, Extract: []Extract{{Spec: "attachment"}}})
	if counts, _, ambiguous, err := p.check(letter(0, rich, "alice@a.test")); counts || ambiguous != nil || err != nil {
		t.Errorf("what fails a test is not ambiguous: %v, %v, %v", counts, ambiguous, err)
	}
}

func FuzzParseExtract(f *testing.F) {
	for _, s := range []string{"code", "a=code", "code:/x/", "link:x", "link:/x/", "header:X", "attachment:*", "json:/a/0", "raw:/(x)/"} {
		f.Add(s)
	}
	d := letter(0, rich, "alice@a.test")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExtract(text)
		if err != nil {
			if bad := (*Error)(nil); !errors.As(err, &bad) || bad.Field != "extract" {
				t.Fatalf("%v", err)
			}
			return
		}
		agree(t, mustCompile(t, Want{Extract: []Extract{e}}), d)
	})
}
