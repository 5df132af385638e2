// Command check signs up to Kettle as a visitor does and expects its mail in Postroom:
// a test in a container of its own. APP_URL and POSTROOM_URL say where the two are.
// The exit status is 0 when all went as it should.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// limit is how long all of it may take.
const limit = time.Minute

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	t := test{
		app:  cmp.Or(os.Getenv("APP_URL"), "http://127.0.0.1:8080"),
		post: cmp.Or(os.Getenv("POSTROOM_URL"), "http://127.0.0.1:8025"),
	}
	if err := t.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

type test struct{ app, post string }

// run signs up with an address that nobody else has, and follows the link of the mail.
func (t test) run(ctx context.Context) error {
	if err := t.awaitApp(ctx); err != nil {
		return err
	}
	var own struct{ Address string }
	if err := t.ask(ctx, "/v1/addresses", map[string]any{"prefix": "signup"}, &own); err != nil {
		return err
	}
	form := url.Values{"email": {own.Address}, "password": {"correct horse"}}
	if err := shows(ctx, t.app+"/accounts", form, "We have sent a code to"); err != nil {
		return err
	}
	var met struct {
		Extracted struct{ Link struct{ Value string } }
	}
	if err := t.ask(ctx, "/v1/expect", map[string]any{
		"to":      own.Address,
		"match":   []map[string]string{{"field": "subject", "contains": "Welcome"}},
		"count":   map[string]int{"exactly": 1},
		"within":  "20s",
		"extract": map[string]string{"link": "link:Confirm"},
	}, &met); err != nil {
		return err
	}
	if err := shows(ctx, met.Extracted.Link.Value, nil, "All set"); err != nil {
		return err
	}
	fmt.Println("1 passed: sign-up of", own.Address)
	return nil
}

// awaitApp waits until the application listens: compose starts it, and no more.
func (t test) awaitApp(ctx context.Context) error {
	for {
		err := shows(ctx, t.app+"/", nil, "Sign up")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// shows gets a page, or posts a form, and wants a text in what comes.
func shows(ctx context.Context, address string, form url.Values, text string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if form != nil {
		req, err = http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	}
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	page, err := answer(req)
	if err != nil {
		return err
	}
	if !strings.Contains(page, text) {
		return fmt.Errorf("%s does not show %q but\n%s", address, text, page)
	}
	return nil
}

// ask posts a question to Postroom and reads the answer.
func (t test) ask(ctx context.Context, path string, question, into any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.post+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	text, err := answer(req)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// answer is the body of a response that says it went well.
func answer(req *http.Request) (string, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s answered %s\n%s", req.URL, resp.Status, body)
	}
	return string(body), err
}
