package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// helpColumns is how wide help may be: it fits into any terminal.
const helpColumns = 80

// newFlags makes a flag set whose help goes to stdout and begins with intro.
func (p program) newFlags(name, intro string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(p.stderr)
	flags.Usage = func() {
		fmt.Fprint(p.stdout, intro, "\n\nFlags:\n", flags.FlagUsagesWrapped(helpColumns))
	}
	return flags
}

// groupedUsage prints the help of flags that are many.
func (p program) groupedUsage(flags *pflag.FlagSet, intro string) {
	fmt.Fprintln(p.stdout, intro)
	for _, g := range groups() {
		part := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		part.SortFlags = false
		flags.VisitAll(func(f *pflag.Flag) {
			if groupOf(f.Name) == g.title {
				part.AddFlag(f)
			}
		})
		if part.HasFlags() {
			fmt.Fprint(p.stdout, "\n", g.title, ":\n", part.FlagUsagesWrapped(helpColumns))
		}
	}
}

// parseFlags reads the command line, then, for flags that are not on it, the
// environment: --max-age is POSTROOM_MAX_AGE there. Errors are usage errors.
func (p program) parseFlags(flags *pflag.FlagSet, args []string) error {
	flags.SetOutput(discard{})
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return usageError{err}
	}
	var bad error
	flags.VisitAll(func(f *pflag.Flag) {
		name := envName(f.Name)
		value := p.env(name)
		if f.Changed || value == "" || bad != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			bad = usagef("%s: %w", name, err)
			return
		}
		flags.SetAnnotation(f.Name, environment, nil) // the flag is there
	})
	return bad
}

// environment marks flags whose value comes from there.
const environment = "environment"

func fromEnvironment(f *pflag.Flag) bool { _, ok := f.Annotations[environment]; return ok }

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// envName is the environment twin of a flag.
func envName(flag string) string {
	return "POSTROOM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// noArguments refuses what is left after the flags.
func noArguments(flags *pflag.FlagSet) error {
	if flags.NArg() > 0 {
		return usagef("unexpected argument %q", flags.Arg(0))
	}
	return nil
}

// octets is a flag for a size: 1024, 50MiB, 1GB.
type octets int64

func (o *octets) Type() string { return "size" }

func (o *octets) String() string {
	for i, unit := range [...]string{"GiB", "MiB", "KiB"} {
		if size := octets(1) << (30 - 10*i); *o >= size && *o%size == 0 {
			return strconv.FormatInt(int64(*o/size), 10) + unit
		}
	}
	return strconv.FormatInt(int64(*o), 10)
}

func (o *octets) Set(s string) error {
	number := strings.TrimRight(s, "BIKMGTbikmgt")
	unit, ok := map[string]int64{
		"": 1, "B": 1,
		"K": 1 << 10, "KIB": 1 << 10, "KB": 1e3,
		"M": 1 << 20, "MIB": 1 << 20, "MB": 1e6,
		"G": 1 << 30, "GIB": 1 << 30, "GB": 1e9,
		"T": 1 << 40, "TIB": 1 << 40, "TB": 1e12,
	}[strings.ToUpper(s[len(number):])]
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || !ok || n < 0 || n > math.MaxInt64/unit {
		return errors.New("want a size such as 1024, 50MiB or 1GB")
	}
	*o = octets(n * unit)
	return nil
}

// count is a flag for a number that is not negative.
type count int

func (c *count) Type() string   { return "number" }
func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("want a whole number that is not negative")
	}
	*c = count(n)
	return nil
}

// span is a flag for a time span: 90s, 36h, 7d.
type span time.Duration

func (d *span) Type() string { return "duration" }

func (d *span) String() string {
	if *d == 0 {
		return "0"
	}
	if day := span(24 * time.Hour); *d >= day && *d%day == 0 {
		return strconv.FormatInt(int64(*d/day), 10) + "d"
	}
	text := time.Duration(*d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (d *span) Set(s string) error {
	v, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int64
		n, err = strconv.ParseInt(days, 10, 64)
		if n > math.MaxInt64/int64(24*time.Hour) {
			n = -1
		}
		v = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || v < 0 {
		return errors.New("want a duration such as 90s, 36h or 7d")
	}
	*d = span(v)
	return nil
}
