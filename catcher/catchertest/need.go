package catchertest

import (
	"os"
	"os/exec"
	"syscall"
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
	without(tb, "needs one of %v, which is not installed", names)
	return ""
}

// without skips a test, or fails it where nothing may be left out.
func without(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("POSTROOM_TEST_ALL") != "" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf(format, args...)
}

// SmallDisk mounts a file system with so much room ("16m") until the test ends.
// Without the right to mount the test is skipped, as with NeedProgram.
func SmallDisk(tb testing.TB, size string) (dir string) {
	tb.Helper()
	mount, umount := NeedProgram(tb, "mount"), NeedProgram(tb, "umount")
	dir = tb.TempDir()
	if out, err := exec.Command(mount, "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		without(tb, "needs the right to mount: %v: %s", err, out)
	}
	tb.Cleanup(func() {
		if out, err := exec.Command(umount, dir).CombinedOutput(); err != nil {
			tb.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// NoForks lets no program be started until the test ends, which itself may start none.
// Between its fork and its exec it would hold files that are removed meanwhile, and their
// room on the disk.
func NoForks(tb testing.TB) {
	syscall.ForkLock.RLock()
	tb.Cleanup(syscall.ForkLock.RUnlock)
}
