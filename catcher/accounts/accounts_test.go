package accounts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/postroom/postroom/catcher/catchertest"
)

// hash is one of the lowest cost, as htpasswd writes it.
func hash(t testing.TB, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(h), "$2a$", "$2y$", 1)
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, text string) *Accounts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "accounts")
	put(t, path, text)
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCheck(t *testing.T) {
	t.Parallel()
	a := open(t, "\ufeff# users\n\nalice:"+hash(t, "se cret:ü")+"\r\nbob@b.test:"+hash(t, "")+":bob@b.test\n")
	for _, tc := range []struct {
		name, password string
		ok             bool
	}{
		{"alice", "se cret:ü", true},
		{"alice", "se cret:ü", true}, // which is quicker
		{"alice", "secret", false},
		{"alice", "", false},
		{"Alice", "se cret:ü", false},
		{"bob@b.test", "", true},
		{"bob@b.test", "x", false},
		{"nobody", "", false},
		{"", "", false},
	} {
		if ok, wait := a.Check(tc.name, tc.password, "10.0.0.7"); ok != tc.ok || (wait == 0) != tc.ok {
			t.Errorf("%s with %q: %t, %v", tc.name, tc.password, ok, wait)
		}
	}
	if a.Len() != 2 {
		t.Errorf("%d users", a.Len())
	}
}

// TestNobodyTakesAsLong: whoever does not exist is looked for with a hash of the same
// cost as those who do.
func TestNobodyTakesAsLong(t *testing.T) {
	t.Parallel()
	h, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.MinCost+2)
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, "a:"+hash(t, "x")+"\nb:"+string(h)+"\n")
	if cost, err := bcrypt.Cost(a.nobody); err != nil || cost != bcrypt.MinCost+2 {
		t.Errorf("cost %d, %v", cost, err)
	}
}

func TestFailuresSlowDown(t *testing.T) {
	t.Parallel()
	a := open(t, "alice:"+hash(t, "x")+"\n")
	now := time.Now()
	a.now = func() time.Time { return now }
	fail := func(client string) time.Duration {
		t.Helper()
		ok, wait := a.Check("alice", "wrong", client)
		if ok {
			t.Fatal("it was right")
		}
		return wait
	}
	first := fail("10.0.0.7")
	if second := fail("10.0.0.7"); first <= 0 || second <= first {
		t.Errorf("waits of %v and %v", first, second)
	}
	if got := fail("10.0.0.8"); got != first {
		t.Errorf("another client: %v", got)
	}
	if ok, wait := a.Check("alice", "x", "10.0.0.7"); !ok || wait != 0 {
		t.Error("who knows the password has to wait")
	}
	now = now.Add(time.Hour)
	if got := fail("10.0.0.7"); got != first {
		t.Errorf("later: %v", got)
	}
}

func TestMailboxes(t *testing.T) {
	t.Parallel()
	h := ":" + hash(t, "x")
	a := open(t, strings.Join([]string{
		"any" + h, "any@a.test" + h, "one" + h + ": One@A.test ", "shop" + h + ":*@shop.test, @badmail", "all@a.test" + h + ":*", "none@a.test" + h + ":", "other@a.test" + h + ":b@b.test,c@b.test",
	}, "\n"))
	for _, tc := range []struct {
		name, home string
		may, not   []string
	}{
		{"any", "", []string{"x@y.test", "@all", "@queue"}, nil},
		{"any@a.test", "any@a.test", []string{"x@y.test", "@all"}, nil},
		{"one", "one@a.test", []string{"one@a.test"}, []string{"one@a.testx", "xone@a.test", "@all", ""}},
		{"shop", "", []string{"a@shop.test", "@badmail"}, []string{"a@shop.test.evil", "a@shopxtest", "@all", "@queue"}},
		{"all@a.test", "all@a.test", []string{"x@y.test", "@all"}, nil},
		{"none@a.test", "", nil, []string{"none@a.test", "@all", "", "."}},
		{"other@a.test", "", []string{"b@b.test", "c@b.test"}, []string{"other@a.test", "b@b.test,c@b.test"}},
		{"nobody", "", nil, []string{"nobody", "x@y.test", "@all"}},
	} {
		if got := a.Home(tc.name); got != tc.home {
			t.Errorf("home of %s: %q, want %q", tc.name, got, tc.home)
		}
		for _, box := range tc.may {
			if !a.May(tc.name, box) {
				t.Errorf("%s may not read %q", tc.name, box)
			}
		}
		for _, box := range tc.not {
			if a.May(tc.name, box) {
				t.Errorf("%s may read %q", tc.name, box)
			}
		}
	}
}

// TestBadFiles: each bad line is told, and none of it but the name.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	good := hash(t, "x")
	for text, want := range map[string]string{
		"alice":                                 "line 1: want USER:HASH",
		":" + good:                              "line 1: want USER:HASH",
		"\n#\nalice:secret-in-the-clear":        `line 3: the hash of "alice" is none of bcrypt; htpasswd -B makes such`,
		"alice:$apr1$x$y":                       `line 1: the hash of "alice" is none of bcrypt`,
		"alice:" + good + "\nalice:" + good:     `line 2: "alice" is there twice`,
		"alice:" + good + ":Alice of Sales":     `line 1: "Alice of Sales" is no mailbox`,
		"a*b:" + good:                           `line 1: "a*b": no * in the name`,
		"alice:$2y$31$" + good[len("$2y$04$"):]: `line 1: the hash of "alice" has a cost of 31`,
		"x:y\nalice:" + good + "\n:" + good + "\nz:{SHA}abc": "line 3: want USER:HASH",
	} {
		path := filepath.Join(t.TempDir(), "accounts")
		put(t, path, text)
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), good) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	a := open(t, "alice:"+hash(t, "x")+"\n")
	knows := func(name, password string) bool {
		ok, _ := a.Check(name, password, "c")
		return ok
	}
	if !knows("alice", "x") {
		t.Fatal("alice is not known")
	}
	if changed, err := a.Reload(); changed || err != nil {
		t.Errorf("nothing has changed: %t, %v", changed, err)
	}
	put(t, a.path, "alice\n")
	if changed, err := a.Reload(); changed || err == nil || !knows("alice", "x") {
		t.Errorf("a bad file: %t, %v", changed, err)
	}
	put(t, a.path, "alice:"+hash(t, "y")+"\nbob:"+hash(t, "z")+"\n")
	if changed, err := a.Reload(); !changed || err != nil || knows("alice", "x") || !knows("alice", "y") || !knows("bob", "z") {
		t.Errorf("a good file: %t, %v", changed, err)
	}
	put(t, a.path, "")
	if changed, err := a.Reload(); !changed || err != nil || knows("alice", "y") || a.Len() != 0 {
		t.Errorf("an empty file: %t, %v", changed, err)
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	texts := []string{"alice:" + hash(t, "x") + "\n", "alice:" + hash(t, "x") + ":a@a.test\n"}
	a := open(t, texts[0])
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				if ok, _ := a.Check("alice", "x", "c"); !ok {
					t.Error("alice is not known")
				}
				a.Check("bob", "x", "c")
				a.May("alice", a.Home("alice"))
				if i == 0 {
					path := a.path + ".new"
					put(t, path, texts[a.Len()%2])
					os.Rename(path, a.path)
					if _, err := a.Reload(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
}

// TestHtpasswd: files of Apache's program are read.
func TestHtpasswd(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(catchertest.NeedProgram(t, "htpasswd"), "-nbB", "alice", "secret").Output()
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, string(out))
	if ok, _ := a.Check("alice", "secret", "c"); !ok {
		t.Errorf("%s does not open", out)
	}
	if ok, _ := a.Check("alice", "Secret", "c"); ok {
		t.Error("it opens to anybody")
	}
}

// FuzzParse: a file may have anything in it.
func FuzzParse(f *testing.F) {
	h := hash(f, "x")
	f.Add("alice:" + h + ":a@a.test,*@b.test\n# x\n\nbob:" + h)
	f.Add("a*b:x\n:\n::\nx::")
	f.Add("x:" + h + ":" + strings.Repeat("*", 100) + ",(,\\,[a")
	f.Fuzz(func(t *testing.T, text string) {
		users, err := parse(text)
		if err != nil {
			return
		}
		for name, u := range users {
			if name == "" || strings.ContainsAny(name, ":*\n") || len(u.hash) == 0 {
				t.Fatalf("%q: %+v", name, u)
			}
			if u.may != nil && u.boxes == nil && u.may.MatchString("@all") {
				t.Fatalf("%q may read what it was not given", name)
			}
		}
	})
}
