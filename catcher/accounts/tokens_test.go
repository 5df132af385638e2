package accounts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	tokenOfCI    = "ci-0123456789abcdef"
	tokenOfAlice = "alice-0123456789abcdef"
	tokenOfShop  = "shop-0123456789abcdef"
)

func openTokens(t *testing.T, text string) (*Tokens, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	put(t, path, text)
	tokens, err := OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	return tokens, path
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tokens, path := openTokens(t, "# who\n\nci "+hashed(tokenOfCI)+" read\r\nalice\t"+tokenOfAlice+"  Alice@A.test\nshop "+tokenOfShop+" read *@shop.test,x@y.test\n")
	for token, want := range map[string]Token{
		tokenOfCI:    {Name: "ci", ReadOnly: true},
		tokenOfAlice: {Name: "alice", Tied: true},
		tokenOfShop:  {Name: "shop", ReadOnly: true, Tied: true},
	} {
		got, ok, wait := tokens.Check(token, "10.0.0.1")
		if !ok || wait != 0 || got.Name != want.Name || got.ReadOnly != want.ReadOnly || got.Tied != want.Tied {
			t.Errorf("%s: %+v, %t, %v", want.Name, got, ok, wait)
		}
		for _, box := range []string{"alice@a.test", "b@shop.test", "x@y.test", "@queue"} {
			may := !want.Tied || want.Name == "alice" && box == "alice@a.test" || want.Name == "shop" && strings.HasSuffix(box, "p.test") || want.Name == "shop" && box == "x@y.test"
			if got.May(box) != may {
				t.Errorf("%s may read %s: %t", got.Name, box, !may)
			}
		}
	}
	if alice, _ := tokens.Find("alice"); alice.Home() != "alice@a.test" {
		t.Errorf("home of alice is %q", alice.Home())
	}
	for _, wrong := range []string{"", "ci", tokenOfCI + "x", hashed(tokenOfCI)} {
		if _, ok, wait := tokens.Check(wrong, "10.0.0.1"); ok || wait == 0 {
			t.Errorf("%q is taken, or not slow", wrong)
		}
	}
	before, _ := tokens.Find("alice")
	put(t, path, "alice "+tokenOfAlice+" read Alice@A.test\n")
	if changed, err := tokens.Reload(); !changed || err != nil {
		t.Errorf("%t, %v", changed, err)
	}
	if after, ok := tokens.Find("alice"); !ok || after.Stamp == before.Stamp || tokens.Len() != 1 {
		t.Error("the stamp is the same")
	}
	if changed, err := tokens.Reload(); changed || err != nil {
		t.Errorf("%t, %v", changed, err)
	}
}

func TestBadTokens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	for text, want := range map[string]string{
		"ci\n":                                                "line 1: want NAME TOKEN",
		"\nci short-secret\n":                                 "line 2: a token has 16 characters at least",
		"ci sha256:12\n":                                      "64 hexadecimal digits",
		"ci " + hashed("x") + "00\n":                          "64 hexadecimal digits",
		"ci " + tokenOfCI + " readonly\n":                     `line 1: "readonly" is no mailbox`,
		"ci " + tokenOfCI + " read *\n":                       "",
		"ci " + tokenOfCI + " a@b.test c@d\n":                 "no blanks between mailboxes",
		"ci " + tokenOfCI + "\nx " + hashed(tokenOfCI) + "\n": "line 2: the name or the token is there twice",
		"ci " + tokenOfCI + "\nci " + tokenOfShop + "\n":      "line 2: the name or the token is there twice",
	} {
		put(t, path, text)
		_, err := OpenTokens(path)
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), tokenOfCI) {
			t.Errorf("the error has the token in it: %v", err)
		}
	}
	if _, err := OpenTokens(path + "x"); err == nil {
		t.Error("a file that is not there is read")
	}
}

// TestFailedTokensSlowDown: each failure of a client makes the next answer later.
func TestFailedTokensSlowDown(t *testing.T) {
	t.Parallel()
	tokens, _ := openTokens(t, "ci "+tokenOfCI+"\n")
	now := time.Unix(0, 0)
	tokens.now = func() time.Time { return now }
	var first, last time.Duration
	for range 4 {
		_, _, wait := tokens.Check("x", "10.0.0.1")
		first = cmp.Or(first, wait)
		if wait <= last {
			t.Errorf("%v after %v", wait, last)
		}
		last = wait
	}
	if _, _, wait := tokens.Check("x", "10.0.0.2"); wait != first {
		t.Errorf("another client waits %v", wait)
	}
	now = now.Add(time.Hour)
	if _, _, wait := tokens.Check("x", "10.0.0.1"); wait != first {
		t.Errorf("after a while it waits %v", wait)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	a := open(t, "alice:"+hash(t, "x")+"\nbob:"+hash(t, "x")+":bob@b.test\n")
	tied, stamp, ok := a.Describe("alice")
	if tied || !ok || stamp == "" {
		t.Errorf("alice: %t, %t", tied, ok)
	}
	if tied, other, ok := a.Describe("bob"); !tied || !ok || other == stamp {
		t.Errorf("bob: %t, %t", tied, ok)
	}
	if _, _, ok := a.Describe("carl"); ok {
		t.Error("carl is there")
	}
}
