package ui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

const sampleText = `Hello,

thank you for your order. Your parcel with three items – tea, a mug and
a good book – leaves our house today.

    Tea, 250 g          €  8.90
    Mug                 € 12.00
    Book                € 19.50
    Total               € 40.40

The invoice is attached. Track your parcel:
https://shop.example.test/track/4711

Warm regards from the sample shop
`

const sampleHTML = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your order 4711 is on its way</title>
<style>
  body { margin: 0; background: #f2f0ea; font-family: Georgia, serif; color: #2b2b2b; }
  .card { max-width: 560px; margin: 24px auto; background: #fff; border-radius: 8px; padding: 32px; }
  td { padding: 6px 0; border-bottom: 1px solid #eee; }
  .price { text-align: right; }
  .button { display: inline-block; padding: 12px 24px; background: #1f6f54; color: #fff; text-decoration: none; border-radius: 6px; }
</style></head>
<body><div class="card">
<p><img src="cid:%s" width="120" height="40" alt="Sample shop"></p>
<h1>On its way</h1>
<p>Thank you for your order. Your parcel with three items – tea, a mug and a good book – leaves our house today.</p>
<table width="100%%" cellspacing="0">
<tr><td>Tea, 250 g</td><td class="price">€ 8.90</td></tr>
<tr><td>Mug</td><td class="price">€ 12.00</td></tr>
<tr><td>Book</td><td class="price">€ 19.50</td></tr>
<tr><td><b>Total</b></td><td class="price"><b>€ 40.40</b></td></tr>
</table>
<p><a class="button" href="https://shop.example.test/track/4711">Track your parcel</a></p>
<p>Warm regards from the sample shop</p>
</div></body></html>
`

const sampleInvoice = "item,quantity,price\r\n\"Tea, 250 g\",1,8.90\r\nMug,1,12.00\r\nBook,1,19.50\r\n"

// writeSample writes a mail as shops send them: mixed(related(alternative(text,
// HTML), picture), attachment).
func writeSample(w io.Writer, env mail.Envelope, now time.Time, ids *mail.IDs) error {
	id, err := ids.Next(now)
	if err != nil {
		return err
	}
	unique := strings.ToLower(id.String())
	logo := "logo." + unique + "@example.test"
	to := make([]string, len(env.To))
	for i, rcpt := range env.To {
		to[i] = "<" + rcpt.Address + ">"
	}
	head := [][2]string{
		{"From", "Sample Shop <shop@example.test>"},
		{"To", strings.Join(to, ",\r\n ")},
		{"Subject", "=?utf-8?q?Your_order_4711_is_on_its_way_=F0=9F=93=A6?="},
		{"Date", now.Format(time.RFC1123Z)},
		{"Message-ID", "<" + unique + "@example.test>"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "multipart/mixed;\r\n boundary=mixed-" + unique},
	}
	for _, field := range head {
		if _, err := fmt.Fprintf(w, "%s: %s\r\n", field[0], field[1]); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return err
	}
	picture, err := sampleLogo()
	if err != nil {
		return err
	}
	return sampleParts(w, unique, logo, picture)
}

// sampleParts writes the multiparts, the inner ones first.
func sampleParts(w io.Writer, unique, logo string, picture []byte) error {
	alternative, err := multi("alternative-"+unique,
		leaf{"text/plain; charset=utf-8", "quoted-printable", "", "", []byte(sampleText)},
		leaf{"text/html; charset=utf-8", "quoted-printable", "", "", fmt.Appendf(nil, sampleHTML, logo)})
	if err != nil {
		return err
	}
	related, err := multi("related-"+unique,
		leaf{"multipart/alternative; boundary=alternative-" + unique, "", "", "", alternative},
		leaf{"image/png; name=logo.png", "base64", "inline; filename=logo.png", "<" + logo + ">", picture})
	if err != nil {
		return err
	}
	mixed, err := multi("mixed-"+unique,
		leaf{"multipart/related; boundary=related-" + unique, "", "", "", related},
		leaf{"text/csv; charset=utf-8; name=invoice-4711.csv", "base64", "attachment; filename=invoice-4711.csv", "", []byte(sampleInvoice)})
	if err != nil {
		return err
	}
	_, err = w.Write(mixed)
	return err
}

// A leaf is a part to be written; empty strings are headers left out.
type leaf struct {
	contentType, encoding, disposition, contentID string
	content                                       []byte
}

func multi(boundary string, parts ...leaf) ([]byte, error) {
	var out bytes.Buffer
	mw := multipart.NewWriter(&out)
	if err := mw.SetBoundary(boundary); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := p.write(mw); err != nil {
			return nil, err
		}
	}
	err := mw.Close()
	return out.Bytes(), err
}

func (p leaf) write(mw *multipart.Writer) error {
	head := textproto.MIMEHeader{"Content-Type": {p.contentType}}
	for name, v := range map[string]string{
		"Content-Transfer-Encoding": p.encoding, "Content-Disposition": p.disposition, "Content-Id": p.contentID,
	} {
		if v != "" {
			head.Set(name, v)
		}
	}
	w, err := mw.CreatePart(head)
	if err != nil {
		return err
	}
	return p.encode(w)
}

// encode writes the content of the part.
func (p leaf) encode(w io.Writer) error {
	switch p.encoding {
	case "quoted-printable":
		qp := quotedprintable.NewWriter(w)
		if _, err := qp.Write(p.content); err != nil {
			return err
		}
		return qp.Close()
	case "base64":
		_, err := w.Write(base64Lines(p.content))
		return err
	}
	_, err := w.Write(p.content)
	return err
}

// base64Lines breaks lines after 76 characters (RFC 2045 §6.8).
func base64Lines(content []byte) []byte {
	text := base64.StdEncoding.EncodeToString(content)
	var out bytes.Buffer
	for len(text) > 76 {
		out.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	out.WriteString(text + "\r\n")
	return out.Bytes()
}

// sampleLogo draws a green banner with a light stripe.
func sampleLogo() ([]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, 120, 40))
	for y := range 40 {
		for x := range 120 {
			c := color.RGBA{31, uint8(80 + x/2), 84, 255}
			if d := x - 2*y; d > 10 && d < 30 {
				c = color.RGBA{240, 236, 220, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}
