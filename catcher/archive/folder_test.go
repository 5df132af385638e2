package archive

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxPart)
	for mailbox, want := range map[string]string{
		"alice+news@a.test": "alice+news@a.test",
		"../../etc/x@a":     "%2E.%2F..%2Fetc%2Fx@a",
		"..":                "%2E%2E",
		".":                 "%2E",
		"/":                 "%2F",
		`a\b@c`:             "a%5Cb@c",
		"":                  "%",
		"ü@a.test":          "%C3%BC@a.test",
		`"two words"@a`:     "%22two%20words%22@a",
		"con":               "%63on",
		"nul.txt":           "%6Eul.txt",
		"com1":              "%63om1",
		"com10":             "com10",
		"conny@a.test":      "conny@a.test",
		"a@b.":              "a@b%2E",
		"a%2f@b":            "a%252f@b",
		"a:b*?@c":           "a%3Ab%2A%3F@c",
		long:                long,
		long + ".y":         long + "%/%2Ey",
	} {
		if got := Folder(mailbox); got != want {
			t.Errorf("Folder(%q) = %q, want %q", mailbox, got, want)
		}
	}
}

// unfolder is the inverse of Folder.
func unfolder(t *testing.T, folder string) string {
	var name strings.Builder
	for part := range strings.SplitSeq(folder, "/") {
		text, err := url.PathUnescape(strings.TrimSuffix(part, "%"))
		if err != nil {
			t.Fatal(err)
		}
		name.WriteString(text)
	}
	return name.String()
}

// FuzzFolder: the name can be told from the folder, and the folder is within the
// tree, can be made anywhere, and is not hidden.
func FuzzFolder(f *testing.F) {
	for _, s := range []string{"alice@a.test", "../../etc/x@a", "con", "nul.x", "用户@例子.测试", "", "%", strings.Repeat("ü", 200), strings.Repeat(".", 100), "a\x00\xff\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, mailbox string) {
		folder := Folder(mailbox)
		if got := unfolder(t, folder); got != mailbox {
			t.Errorf("%q becomes %q and that %q", mailbox, folder, got)
		}
		if !filepath.IsLocal(filepath.FromSlash(folder)) {
			t.Errorf("%q is %q, out of the tree", mailbox, folder)
		}
		for part := range strings.SplitSeq(folder, "/") {
			bad := strings.ContainsFunc(part, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`<>:"/\|?*`, c) })
			if part == "" || len(part) > 255 || part[0] == '.' || part[len(part)-1] == '.' || bad || reserved(part) {
				t.Errorf("%q is %q, of which %q is no good name", mailbox, folder, part)
			}
		}
	})
}
