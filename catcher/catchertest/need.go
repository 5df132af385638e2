package catchertest

import (
	"os"
	"os/exec"
	"testing"
)

// NeedProgram returns the path of the first of the named programs that is
// installed. Without any the test is skipped, or fails when POSTROOM_TEST_ALL is
// set, as it is where nothing may be left out.
func NeedProgram(tb testing.TB, names ...string) string {
	tb.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	skip := tb.Skipf
	if os.Getenv("POSTROOM_TEST_ALL") != "" {
		skip = tb.Fatalf
	}
	skip("needs one of %v, which is not installed", names)
	return ""
}
