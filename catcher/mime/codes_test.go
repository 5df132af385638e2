package mime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// codeMail makes a mail of a case: HTML when it begins with a tag, with the subject
// that its first line may give.
func codeMail(body string) *Message {
	subject, contentType := "Hello", "text/plain"
	if line, rest, ok := strings.Cut(body, "\n"); ok && strings.HasPrefix(line, "Subject: ") {
		subject, body = strings.TrimPrefix(line, "Subject: "), rest
	}
	if strings.HasPrefix(body, "<") {
		contentType = "text/html"
	}
	raw := "Subject: " + subject + "\r\nContent-Type: " + contentType + "; charset=utf-8\r\n\r\n" + body
	return Parse(strings.NewReader(raw), int64(len(raw)))
}

func likelyOf(codes []Code) string {
	var list []string
	for _, c := range codes {
		if c.Likely {
			list = append(list, c.Value)
		}
	}
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, " ")
}

func TestCodes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/codes/*.txt")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	cases := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n== ") {
			want, body, ok := strings.Cut(part, "\n")
			if strings.HasPrefix(part, "\n#") || !ok {
				continue
			}
			cases++
			codes := codeMail(body).Codes()
			if got := likelyOf(codes); got != want {
				t.Errorf("%s: got %s, want %s, of all %+v in\n%s", file, got, want, codes, body)
			}
		}
	}
	if cases < 50 {
		t.Errorf("only %d cases", cases)
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("Your code is 482 913.\n\n1 2 3 4 5")
	f.Add("<p>验证码：<b>12-34-56</b> PIN ABCD-1234</p>")
	f.Fuzz(func(t *testing.T, body string) {
		for _, c := range codeMail(body).Codes() {
			if bare := strings.ReplaceAll(c.Value, "-", ""); len(bare) < 4 || len(bare) > 10 {
				t.Errorf("%+v", c)
			}
		}
	})
}

func BenchmarkCodes(b *testing.B) {
	for name, body := range map[string]string{
		"mail":   "<p>Your verification code is <b>482913</b></p>" + strings.Repeat("<p>We ship 1200 parcels a day, of 2026 kinds; see <a href='https://a.test/x'>here</a>.</p>\n", 250),
		"digits": strings.Repeat("1234 ", 200_000),
		"words":  strings.Repeat("code ", 50_000),
	} {
		m := codeMail(body)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				m.Codes()
			}
		})
	}
}
