package catchertest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
)

// An example is the testing.TB of an example, which has none of its own. What fails
// in it is seen in its output.
type example struct {
	testing.TB
	ctx      context.Context
	cancel   context.CancelFunc
	cleanups []func()
}

func newExample() *example {
	e := &example{}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

func (e *example) Helper()                           {}
func (e *example) Failed() bool                      { return false }
func (e *example) Context() context.Context          { return e.ctx }
func (e *example) Cleanup(f func())                  { e.cleanups = append(e.cleanups, f) }
func (e *example) Log(args ...any)                   { fmt.Println(args...) }
func (e *example) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (e *example) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *example) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (e *example) end() {
	e.cancel()
	for _, f := range slices.Backward(e.cleanups) {
		f()
	}
}

// A hurried test has a deadline close by.
type hurried struct{ *failure }

func (h hurried) Deadline() (time.Time, bool) { return time.Now().Add(900 * time.Millisecond), true }

// A test that would wait beyond its deadline gets its report before.
func TestExpectEndsBeforeTheTest(t *testing.T) {
	t.Parallel()
	m := catchertest.Start(t)
	began := time.Now()
	got := said(t, func(tb testing.TB) {
		m.Expect(hurried{tb.(*failure)}, expect.Want{To: "nobody@a.test", Within: time.Hour})
	})
	if got == "" || time.Since(began) > time.Minute {
		t.Errorf("after %s: %q", time.Since(began), got)
	}
}
