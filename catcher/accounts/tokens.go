package accounts

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/limit"
)

// minToken is how long a token has to be that is not hashed: nobody guesses such.
const minToken = 16

// Tokens are those of a file, with which programs use the HTTP API. A line is
//
//	NAME TOKEN [read] [MAILBOXES]
//
// where TOKEN is the token itself, or sha256: and its hash in hexadecimal digits; read
// lets it change nothing; and mailboxes are patterns with commas between them, to
// which it is tied. The name is what the log calls it. Blank lines and those that
// begin with # are passed over. Tokens are safe for concurrent use.
type Tokens struct {
	path string
	now  func() time.Time

	failed limit.Failures

	mu   sync.Mutex // guards all below
	text []byte     // of the file
	all  []Token
}

// A Token is a line of the file.
type Token struct {
	Name     string
	ReadOnly bool
	Tied     bool   // to mailboxes: see May
	Stamp    string // another once the line is

	hash [sha256.Size]byte
	home string
	may  *regexp.Regexp
}

// May says whether the bearer may read a mailbox.
func (t *Token) May(box string) bool { return !t.Tied || t.may.MatchString(box) }

// OpenTokens reads a file of tokens.
func OpenTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path, now: time.Now}
	if _, err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the file again when it has changed, and says whether it had. After an
// error the tokens stay as they were.
func (t *Tokens) Reload() (changed bool, err error) {
	text, err := os.ReadFile(t.path)
	if err != nil {
		return false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text != nil && bytes.Equal(text, t.text) {
		return false, nil
	}
	all, err := parseTokens(string(text))
	if err != nil {
		return false, fmt.Errorf("%s: %w", t.path, err)
	}
	t.text, t.all = append([]byte{}, text...), all
	return true, nil
}

// Len is how many tokens there are.
func (t *Tokens) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// parseTokens reads the file. The error tells of all bad lines, and has no token in it.
func parseTokens(text string) (all []Token, err error) {
	var bad []error
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		token, err := parseToken(words)
		for i := range all {
			if err == nil && (all[i].Name == token.Name || all[i].hash == token.hash) {
				err = errors.New("the name or the token is there twice")
			}
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("line %d: %w", n, err))
		}
		all = append(all, token)
	}
	return all, errors.Join(bad...)
}

func parseToken(words []string) (t Token, err error) {
	if len(words) < 2 {
		return t, errors.New("want NAME TOKEN [read] [MAILBOXES]")
	}
	t.Name = words[0]
	if t.hash, err = hashOf(words[1]); err != nil {
		return t, err
	}
	rest := words[2:]
	if len(rest) > 0 && rest[0] == "read" {
		t.ReadOnly, rest = true, rest[1:]
	}
	if len(rest) > 1 {
		return t, errors.New("want NAME TOKEN [read] [MAILBOXES], with commas and no blanks between mailboxes")
	}
	if len(rest) == 1 {
		boxes, err := splitBoxes(rest[0])
		if err != nil {
			return t, err
		}
		t.Tied, t.may, t.home = true, compile(boxes), onlyBox(boxes)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%x %q", t.hash, words[2:]))
	t.Stamp = string(sum[:])
	return t, nil
}

// hashOf is that of a token, which may have been hashed already.
func hashOf(word string) (sum [sha256.Size]byte, err error) {
	digits, hashed := strings.CutPrefix(word, "sha256:")
	if !hashed {
		if len(word) < minToken {
			return sum, fmt.Errorf("a token has %d characters at least", minToken)
		}
		return sha256.Sum256([]byte(word)), nil
	}
	if n, err := hex.Decode(sum[:], []byte(digits[:min(len(digits), 2*len(sum))])); err != nil || n != len(sum) || len(digits) != 2*len(sum) {
		return sum, errors.New("behind sha256: there are 64 hexadecimal digits")
	}
	return sum, nil
}

// Check finds a token. When there is none such, the client, which is told apart by its
// address, is to wait before it is told.
func (t *Tokens) Check(token, client string) (found Token, ok bool, wait time.Duration) {
	sum := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.all { // all of them, so that time tells nothing
		if subtle.ConstantTimeCompare(t.all[i].hash[:], sum[:]) == 1 {
			found, ok = t.all[i], true
		}
	}
	if ok {
		return found, true, 0
	}
	return Token{}, false, t.failed.Add(client, t.now())
}

// Find is the token of a name, as the file has it now.
func (t *Tokens) Find(name string) (Token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.all {
		if t.all[i].Name == name {
			return t.all[i], true
		}
	}
	return Token{}, false
}

// Home is the only mailbox that the bearer may read; "" when there are more.
func (t *Token) Home() string { return t.home }

// onlyBox is the one that patterns name; "" when it is not one.
func onlyBox(patterns []string) string {
	if len(patterns) != 1 || strings.Contains(patterns[0], "*") {
		return ""
	}
	return patterns[0]
}
