package dsn_test

// Foreign bounce parsers read every dialect.

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/dsn"
)

// A reading is what a parser found in a report.
type reading struct {
	File                 string
	Temporary, Permanent []string // flufl.bounce
	Bounce               bool     // BounceParser: it is one
	Reports              []found
}

// A found recipient is one as BounceParser has it.
type found struct{ Email, Action, Status, Why, Reason string }

const askFlufl = `
import email, json, os, sys
from flufl.bounce import all_failures
answers = []
for name in sys.argv[1:]:
    with open(name, "rb") as f:
        temporary, permanent = all_failures(email.message_from_binary_file(f))
    answers.append({"File": os.path.basename(name), "Temporary": sorted(a.decode() for a in temporary), "Permanent": sorted(a.decode() for a in permanent)})
print(json.dumps(answers))
`

const askBounceParser = `
use JSON::PP; use File::Basename; use Mail::DeliveryStatus::BounceParser;
my @answers;
for my $name (@ARGV) {
  open(my $f, '<', $name) or die;
  my $b = Mail::DeliveryStatus::BounceParser->new($f);
  my @reports = map { { Email => $_->get('email'), Action => $_->get('action'), Status => $_->get('status'), Why => $_->get('std_reason'), Reason => $_->get('reason') . ($_->get('raw') || '') } } $b->reports;
  push @answers, { File => basename($name), Bounce => $b->is_bounce ? JSON::PP::true : JSON::PP::false, Reports => \@reports };
}
print encode_json(\@answers);
`

// need skips the test without a program, or without its module.
func need(t *testing.T, program string, probe ...string) {
	t.Helper()
	if err := exec.Command(catchertest.NeedProgram(t, program), probe...).Run(); err != nil {
		if os.Getenv("POSTROOM_TEST_ALL") != "" {
			t.Fatalf("%s %v: %v", program, probe, err)
		}
		t.Skipf("%s %v: %v", program, probe, err)
	}
}

// ask has a program read all reports that it can read, with the line ends that mail
// has in files on Unix.
func ask(t *testing.T, program string, args ...string) map[string]reading {
	t.Helper()
	dir := t.TempDir()
	for _, d := range dsn.Dialects() {
		for _, c := range cases() {
			if exempt(d, c) != "" {
				continue
			}
			file := filepath.Join(dir, string(d)+"-"+c.name)
			if err := os.WriteFile(file, bytes.ReplaceAll(write(t, c.report, d), []byte("\r\n"), []byte("\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
		}
	}
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var list []reading
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("%v in %.200q", err, out)
	}
	answers := map[string]reading{}
	for _, r := range list {
		answers[r.File] = r
	}
	return answers
}

// exempt says why a parser cannot read a report, however true it is to its
// dialect; "" if it can.
func exempt(d dsn.Dialect, c sampleCase) string {
	switch {
	case c.name == "utf8":
		return "message/global-delivery-status is newer than these parsers"
	case d == dsn.Net163 && c.report.Action == dsn.Failed:
		return "a page in Chinese, without a part for machines"
	}
	return ""
}

// addresses are what parsers should find: the address that the sender wrote, if
// the report says so.
func addresses(r *dsn.Report, structured bool) []string {
	var list []string
	for _, rc := range r.Recipients {
		address := rc.Rcpt.Address
		if _, orcpt, ok := strings.Cut(rc.Rcpt.ORcpt, ";"); ok && structured {
			address = orcpt
		}
		list = append(list, address)
	}
	slices.Sort(list)
	return list
}

func TestFluflBounce(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // for which Debian's modules are
	need(t, python, "-c", "import flufl.bounce")
	answers := ask(t, python, "-c", askFlufl)
	for _, d := range dsn.Dialects() {
		for _, c := range cases() {
			if exempt(d, c) != "" {
				continue
			}
			var temporary, permanent []string
			switch c.report.Action {
			case dsn.Failed:
				permanent = addresses(&c.report, d != dsn.Qmail && d != dsn.Yahoo)
			case dsn.Delayed:
				temporary = addresses(&c.report, true)
			case dsn.Delivered, dsn.Relayed:
			}
			got := answers[string(d)+"-"+c.name]
			if got.File == "" || !slices.Equal(got.Temporary, temporary) || !slices.Equal(got.Permanent, permanent) {
				t.Errorf("%s %s: %+v, want %v, %v", d, c.name, got, temporary, permanent)
			}
		}
	}
}

func TestBounceParser(t *testing.T) {
	t.Parallel()
	need(t, "perl", "-MMail::DeliveryStatus::BounceParser", "-e", "1")
	answers := ask(t, "perl", "-e", askBounceParser)
	for _, d := range dsn.Dialects() {
		for _, c := range cases() {
			got := answers[string(d)+"-"+c.name]
			switch {
			case exempt(d, c) != "":
			case got.File == "" || got.Bounce != (c.report.Action == dsn.Failed):
				t.Errorf("%s %s: a bounce: %v", d, c.name, got.Bounce)
			case c.report.Action == dsn.Failed:
				checkFound(t, d, c, got.Reports)
			case len(got.Reports) > 0:
				t.Errorf("%s %s: %+v", d, c.name, got.Reports)
			}
		}
	}
}

// checkFound compares recipients. A text without structure has no action, and its
// status stands in the reason.
func checkFound(t *testing.T, d dsn.Dialect, c sampleCase, got []found) {
	t.Helper()
	structured := d != dsn.Qmail && d != dsn.Yahoo
	if len(got) != len(c.report.Recipients) {
		t.Errorf("%s %s: %d recipients in %+v", d, c.name, len(got), got)
	}
	for _, want := range wanted(&c.report) {
		if structured && want.original != "" {
			want.Email = want.original
		}
		i := slices.IndexFunc(got, func(f found) bool { return f.Email == want.Email })
		if i < 0 {
			t.Errorf("%s %s: no %s in %+v", d, c.name, want.Email, got)
			continue
		}
		g := got[i]
		if !structured && strings.Contains(g.Reason, want.Status) {
			g.Action, g.Status = want.Action, want.Status
		}
		if g.Action != want.Action || g.Status != want.Status || g.Why != want.Why || !strings.Contains(unspaced(g.Reason), unspaced(want.Reason)) {
			t.Errorf("%s %s: %+v, want %+v", d, c.name, g, want)
		}
	}
}

// A want is what there is to find, and the address of ORCPT.
type want struct {
	found
	original string
}

// wanted is what BounceParser should find in a failure.
func wanted(r *dsn.Report) []want {
	codes := map[string]found{
		"User unknown":         {Status: "5.1.1", Why: "user_unknown"},
		"Mailbox full":         {Status: "5.2.2", Why: "over_quota"},
		"Spam detected":        {Status: "5.0.0", Why: "spam"},
		"Connection timed out": {Status: "5.4.7", Why: "domain_error"},
	}
	var list []want
	for _, rc := range r.Recipients {
		for text, f := range codes {
			if strings.HasPrefix(rc.Reply.Text, text) {
				f.Email, f.Action, f.Reason = rc.Rcpt.Address, "failed", rc.Reply.Text
				_, orcpt, _ := strings.Cut(rc.Rcpt.ORcpt, ";")
				list = append(list, want{f, orcpt})
			}
		}
	}
	return list
}

// unspaced forgets where lines were broken.
func unspaced(s string) string { return strings.Join(strings.Fields(s), "") }
