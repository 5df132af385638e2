package query

import (
	"strings"
	"testing"
)

// texts are 2 KB of each kind.
func texts() map[string]string {
	fill := func(s string) string { return strings.TrimSpace(strings.Repeat(s, 2048/len(s))) }
	return map[string]string{
		"folded":     fill("thank you for your order, it is on its way to you. "),
		"ASCII":      fill("Thank you for your Order 4711,\r\nit is on its way to You. "),
		"accented":   fill("Vielen Dank für Ihre Bestellung, schöne Grüße aus Zürich.\r\n"),
		"Vietnamese": fill("Cảm ơn bạn đã đặt hàng, đơn hàng đang được giao.\r\n"),
		"Russian":    fill("Спасибо за ваш Заказ, он уже в пути.\r\n"),
		"Arabic":     fill("شكرا لك على طلبك، وهو في الطريق إليك.\r\n"),
		"Chinese":    fill("感谢您的订购，您的订单正在路上。\r\n"),
		"Japanese":   fill("ご注文ありがとうございます。ガイドを発送しました。\r\n"),
		"Korean":     fill("주문해 주셔서 감사합니다. 배송 중입니다.\r\n"),
	}
}

func BenchmarkFold(b *testing.B) {
	for name, text := range texts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Fold(text)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(`"your order" from:shop@example.test (larger:10k OR has:attachment) -subject:fwd after:7d`, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatch reads a mail of 2 KB to its end.
func BenchmarkMatch(b *testing.B) {
	m, c := order()
	c.Text = []string{texts()["ASCII"]}
	d := &Document{Message: m, Load: func() (*Content, error) { return c, nil }}
	for name, text := range map[string]string{
		"word": "absent", "subject": "subject:absent", "address": "from:nobody@x.test", "bare": "larger:10k",
		"regexp": "/absent [0-9]+/", "header": "header:X-Tag=three", "cheap first": "absent larger:10k",
	} {
		q, err := Parse(text, now)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := q.Match(d); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkEach(b *testing.B) {
	m, c := order()
	c.Text = []string{texts()["ASCII"]}
	b.ReportAllocs()
	for b.Loop() {
		Each(m, c, func(Fields, string) {})
	}
}
