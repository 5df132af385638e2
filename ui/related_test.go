package ui_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postroom/postroom/catcher"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/ui/api"
)

// Reports in the dialects of many servers lead to what they are about, and back.
func TestRelatedMail(t *testing.T) {
	t.Parallel()
	const id, envID = "<order-1@shop.test>", "QQ314159"
	for _, test := range []struct {
		name, report string
		related      bool
	}{
		{"whole message", reportOn("", "message/rfc822", "Message-ID: "+id+"\r\n\r\nx"), true},
		{"header", reportOn("", "text/rfc822-headers", "Subject: x\r\nMessage-Id: "+id), true},
		{"answer", reportOn("In-Reply-To: "+id+"\r\n", "text/plain", "x"), true},
		{"ENVID", reportOn("", "message/delivery-status", "Original-Envelope-Id: "+envID+"\r\n\r\nAction: failed"), true},
		{"another message", reportOn("", "message/rfc822", "Message-ID: <an-order-1@shop.test>\r\n\r\nx"), false},
		{"a longer ID", reportOn("", "message/rfc822", "Message-ID: <order-1@shop.test.example>\r\n\r\nx"), false},
		{"another ENVID", reportOn("", "message/delivery-status", "Original-Envelope-Id: QQ3141592\r\n\r\nAction: failed"), false},
		{"no report", "Subject: Re: order\r\nIn-Reply-To: " + id + "\r\n\r\nAbout " + id + ": thanks\r\n", false},
		{"nothing at all", reportOn("", "message/rfc822", ""), false},
		{"a wild ID", reportOn("", "message/rfc822", `Message-ID: <"a\" OR /(/`+"\r\n\r\nx"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, catcher.Config{})
			receipt, err := s.backend.Accept(context.Background(), mail.Envelope{From: "shop@shop.test", To: []mail.Rcpt{{Address: "ann@example.test"}}, EnvID: envID},
				strings.NewReader("Subject: Your order\r\nMessage-ID: "+id+"\r\n\r\nThank you.\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			original, report := receipt.ID.String(), s.accept(test.report, "shop@shop.test")
			want := [2]string{}
			if test.related {
				want = [2]string{original, report}
			}
			var of, on api.Related
			s.get("/v1/messages/" + report + "/related").ok().into(&of)
			s.get("/v1/messages/" + original + "/related").ok().into(&on)
			if got := [2]string{ids(of.Originals), ids(on.Reports)}; got != want {
				t.Errorf("the report is on %q, and reported on by %q; want %q", got[0], got[1], want)
			}
			if len(of.Reports)+len(on.Originals) > 0 {
				t.Errorf("related the wrong way round: %v, %v", of.Reports, on.Originals)
			}
		})
	}
}

func TestRelatedMailInEachDialect(t *testing.T) {
	t.Parallel()
	s := start(t, catcher.Config{})
	original := s.accept("Subject: Your order\r\nMessage-ID: <order-1@shop.test>\r\n\r\nThank you.\r\n", "ann@example.test")
	reports := 0
	for _, dialect := range []string{"standard", "postfix", "exchange", "iis", "gmail", "yahoo", "exim", "ses", "163"} {
		source, err := os.ReadFile(filepath.Join("..", "catcher", "dsn", "testdata", dialect+"-failed.eml"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.ToLower(string(source)), "multipart/report") {
			continue
		}
		reports++
		var v api.Related
		if s.get("/v1/messages/" + s.accept(string(source), "shop@shop.test") + "/related").ok().into(&v); ids(v.Originals) != original {
			t.Errorf("%s: a report on %q, want %q", dialect, ids(v.Originals), original)
		}
	}
	var v api.Related
	if s.get("/v1/messages/" + original + "/related").ok().into(&v); len(v.Reports) != reports || reports < 5 {
		t.Errorf("%d reports, want %d", len(v.Reports), reports)
	}
}

func ids(list []api.Summary) string {
	var all []string
	for _, s := range list {
		all = append(all, s.ID)
	}
	return strings.Join(all, " ")
}

// reportOn is a report with one part beside the text.
func reportOn(header, contentType, part string) string {
	return "Subject: Undelivered\r\nMessage-ID: <r1@far.example>\r\n" + header + "Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n" +
		"--r\r\n\r\nIt failed.\r\n--r\r\nContent-Type: " + contentType + "\r\n\r\n" + part + "\r\n--r--\r\n"
}
