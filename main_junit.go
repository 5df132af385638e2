package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// suites is a JUnit file as Jenkins, GitLab and GitHub's actions read it.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suite   suite    `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Stamp    string     `xml:"timestamp,attr"`
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Name    string  `xml:"name,attr"`
	Class   string  `xml:"classname,attr"`
	Time    string  `xml:"time,attr"`
	Failure *detail `xml:"failure"`
	Error   *detail `xml:"error"`
	Out     string  `xml:"system-out,omitempty"`
}

type detail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

const suiteName = "postroom"

// readSuite reads a file of ours. One that is not there, or is empty, has no cases.
func readSuite(path string) (suites, error) {
	var s suites
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return suites{Suite: suite{Name: suiteName}}, nil
	}
	if err != nil {
		return s, err
	}
	if err := xml.Unmarshal(text, &s); err != nil || s.Suite.Name != suiteName {
		return s, errors.New("there is a file that is none of ours")
	}
	return s, nil
}

// addCase adds a case to the file, which is never there by half. Two at once may
// lose one.
func addCase(path string, c testCase, began time.Time) error {
	s, err := readSuite(path)
	if err != nil {
		return err
	}
	if s.Suite.Stamp == "" {
		s.Suite.Stamp = began.UTC().Format("2006-01-02T15:04:05")
	}
	s.Suite.Cases = append(s.Suite.Cases, c)
	s.Suite.count()
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	b.WriteByte('\n')
	return replaceFile(path, b.Bytes())
}

// count makes the numbers fit the cases.
func (s *suite) count() {
	s.Tests, s.Failures, s.Errors = len(s.Cases), 0, 0
	var total time.Duration
	for _, c := range s.Cases {
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
		took, err := time.ParseDuration(c.Time + "s")
		if err == nil {
			total += took
		}
	}
	s.Time = seconds(total)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// caseOf says how an expect ended; err is nil when the server gave a verdict.
func caseOf(v verdict, err error) testCase {
	c := testCase{Name: v.name, Class: suiteName + ".expect", Time: seconds(v.took)}
	switch {
	case err != nil:
		c.Error = &detail{Message: oneLine(err), Type: "error", Text: err.Error()}
	case v.notMet != nil:
		c.Failure = &detail{Message: v.notMet.Detail, Type: "NotMet", Text: v.notMet.Text}
		c.Out = v.notMet.Report.URL
	default:
		for _, m := range v.met.Messages {
			c.Out += m.URL + "\n"
		}
	}
	return c
}

// mayMake says why no file can be made at a path.
func mayMake(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is no file")
	}
	info, err := os.Stat(filepath.Dir(path))
	if err == nil && !info.IsDir() {
		err = errors.New("it would lie in a file")
	}
	return err
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".postroom-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
