// Package accounts knows who may log in: a file in the format of htpasswd, with
// passwords hashed by bcrypt.
//
// A line is USER:HASH, or USER:HASH:MAILBOXES, where mailboxes are patterns with
// commas between them, such as alice@a.test,*@shop.test; * is any text. A user of whom
// none are given may read all mailboxes. Blank lines and those that begin with # are
// passed over. Programs of Apache read such a file as well.
package accounts

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/postroom/postroom/catcher/limit"
	"github.com/postroom/postroom/catcher/mail"
)

// maxCost is the highest cost of a hash that is taken: each step doubles the time, and
// this one takes about a second.
const maxCost = 14

// Accounts are the users of a file. They are safe for concurrent use.
type Accounts struct {
	path string
	now  func() time.Time
	slot chan struct{} // taken while a hash is computed: that is all that it does

	failed limit.Failures

	mu     sync.Mutex // guards all below
	text   []byte     // of the file
	users  map[string]user
	nobody []byte            // hash that a user who does not exist has
	proof  []byte            // key of known
	known  map[string][]byte // users that have logged in, and a MAC of their password
}

// A user is a line of the file.
type user struct {
	hash  []byte
	boxes []string // patterns; nil: all
	may   *regexp.Regexp
}

// Open reads a file of accounts.
func Open(path string) (*Accounts, error) {
	a := &Accounts{path: path, now: time.Now, slot: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	if _, err := a.Reload(); err != nil {
		return nil, err
	}
	return a, nil
}

// Reload reads the file again when it has changed, and says whether it had. After an
// error the accounts stay as they were.
func (a *Accounts) Reload() (changed bool, err error) {
	text, err := os.ReadFile(a.path)
	if err != nil {
		return false, err
	}
	a.mu.Lock()
	same := a.users != nil && bytes.Equal(text, a.text)
	a.mu.Unlock()
	if same {
		return false, nil
	}
	users, err := parse(string(text))
	if err != nil {
		return false, fmt.Errorf("%s: %w", a.path, err)
	}
	nobody, err := hashOfNobody(users)
	if err != nil {
		return false, err
	}
	proof := make([]byte, sha256.Size)
	if _, err := rand.Read(proof); err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text, a.users, a.nobody, a.proof, a.known = text, users, nobody, proof, make(map[string][]byte)
	return true, nil
}

// Len is how many users there are.
func (a *Accounts) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.users)
}

// parse reads the file. The error tells of all bad lines.
func parse(text string) (map[string]user, error) {
	users := make(map[string]user)
	var bad []error
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		name, u, err := parseLine(line)
		if _, twice := users[name]; twice && err == nil {
			err = fmt.Errorf("%.40q is there twice", name)
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("line %d: %w", n, err)) // which has no hash in it
		}
		users[name] = u
	}
	return users, errors.Join(bad...)
}

func parseLine(line string) (name string, u user, err error) {
	name, rest, ok := strings.Cut(line, ":")
	hash, boxes, tied := strings.Cut(rest, ":")
	if !ok || name == "" {
		return name, u, errors.New("want USER:HASH or USER:HASH:MAILBOXES")
	}
	if strings.Contains(name, "*") {
		return name, u, fmt.Errorf("%.40q: no * in the name of a user", name)
	}
	u.hash = []byte(strings.TrimSpace(hash))
	cost, err := bcrypt.Cost(u.hash)
	if err != nil {
		return name, u, fmt.Errorf("the hash of %.40q is none of bcrypt; htpasswd -B makes such", name)
	}
	if cost > maxCost {
		return name, u, fmt.Errorf("the hash of %.40q has a cost of %d, which takes too long; at most %d", name, cost, maxCost)
	}
	if !tied {
		return name, u, nil
	}
	if u.boxes, err = splitBoxes(boxes); err != nil {
		return name, u, err
	}
	u.may = compile(u.boxes)
	return name, u, nil
}

// splitBoxes reads patterns of mailboxes. What can be none is a mistake: a comment, or
// a misspelt "read".
func splitBoxes(text string) (boxes []string, err error) {
	for box := range strings.SplitSeq(text, ",") {
		if box = strings.TrimSpace(box); box == "" {
			continue
		}
		if !strings.ContainsAny(box, "@*") {
			return nil, fmt.Errorf("%.40q is no mailbox: want an address, such as alice@a.test or *@a.test", box)
		}
		boxes = append(boxes, mail.Box(box))
	}
	return boxes, nil
}

// compile makes one expression of patterns. Without any it matches nothing.
func compile(patterns []string) *regexp.Regexp {
	var all []string
	for _, p := range patterns {
		all = append(all, strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*"))
	}
	if all == nil {
		all = []string{`\z.`}
	}
	return regexp.MustCompile(`(?s)\A(?:` + strings.Join(all, "|") + `)\z`)
}

// hashOfNobody takes as long as the slowest of the users', so that time does not tell
// who exists; htpasswd gives all the same cost.
func hashOfNobody(users map[string]user) ([]byte, error) {
	cost := bcrypt.MinCost
	for _, u := range users {
		if c, err := bcrypt.Cost(u.hash); err == nil {
			cost = max(cost, c)
		}
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return bcrypt.GenerateFromPassword(secret, cost)
}

// Check says whether a password is the user's. If not, the client, which is told apart
// by its address, is to wait before it is told.
func (a *Accounts) Check(name, password, client string) (ok bool, wait time.Duration) {
	if a.matches(name, password) {
		return true, 0
	}
	return false, a.failed.Add(client, a.now())
}

// matches compares hashes; a password that was right before is found right quickly.
func (a *Accounts) matches(name, password string) bool {
	a.mu.Lock()
	u, exists := a.users[name]
	known, proof := a.known[name], a.proof
	if !exists {
		u.hash = a.nobody
	}
	a.mu.Unlock()
	mac := hmac.New(sha256.New, proof)
	mac.Write([]byte(password))
	sum := mac.Sum(nil)
	if hmac.Equal(sum, known) {
		return true
	}
	a.slot <- struct{}{}
	err := bcrypt.CompareHashAndPassword(u.hash, []byte(password))
	<-a.slot
	if err != nil || !exists {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Equal(proof, a.proof) { // no other file has come meanwhile
		a.known[name] = sum
	}
	return true
}

// May says whether a user may read a mailbox.
func (a *Accounts) May(name, box string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, ok := a.users[name]
	return ok && (u.may == nil || u.may.MatchString(box))
}

// Describe says whether a user is tied to mailboxes, and gives a stamp that is another
// once the user's line is; false when there is no such user.
func (a *Accounts) Describe(name string) (tied bool, stamp string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, ok := a.users[name]
	sum := sha256.Sum256(fmt.Appendf(nil, "%s:%s", u.hash, strings.Join(u.boxes, ",")))
	return u.may != nil, string(sum[:]), ok
}

// Home is the mailbox that a user reads who names none: the one that is the user's, if
// there is one only, or that of the user's name; "" when there is neither.
func (a *Accounts) Home(name string) string {
	a.mu.Lock()
	u, ok := a.users[name]
	a.mu.Unlock()
	if !ok {
		return ""
	}
	if only := onlyBox(u.boxes); only != "" {
		return only
	}
	address, err := mail.ParseAddress(name)
	if err != nil || address.Domain == "" || !a.May(name, address.Box()) {
		return ""
	}
	return address.Box()
}
