// Package example_test starts Postroom in a container for a test.
package example_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/smtp"
	"os"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

func TestMailIsSent(t *testing.T) {
	ctx := t.Context()
	postroom, err := testcontainers.Run(ctx, cmp.Or(os.Getenv("POSTROOM_IMAGE"), "postroom"),
		testcontainers.WithExposedPorts("1025/tcp", "8025/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/readyz").WithPort("8025/tcp").WithStartupTimeout(time.Minute)),
	)
	testcontainers.CleanupContainer(t, postroom)
	if err != nil {
		t.Fatal(err)
	}
	smtpAddr, err := postroom.PortEndpoint(ctx, "1025/tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	url, err := postroom.PortEndpoint(ctx, "8025/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}

	// The application under test would do this.
	message := []byte("Subject: Hello\r\n\r\nYour code is 271828\r\n")
	if err := smtp.SendMail(smtpAddr, nil, "app@a.test", []string{"alice@a.test"}, message); err != nil {
		t.Fatal(err)
	}

	resp, err := http.Get(url + "/v1/expect?to=alice@a.test&subject=Hello&extract=code")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var met struct {
		Extracted struct{ Code struct{ Value string } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&met); err != nil || met.Extracted.Code.Value != "271828" {
		t.Errorf("%s: %+v, %v", resp.Status, met, err)
	}
}
