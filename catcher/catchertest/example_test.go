package catchertest_test

import (
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
)

// In a test, t is its *testing.T, and nothing has to be ended.
func Example() {
	t := newExample()
	defer t.end()

	m := catchertest.Start(t)
	alice := m.Address("alice")
	m.Send("hello@shop.test", alice, "Confirm your address", "Your code is 482913. Or go to https://shop.test/confirm?token=x7")

	confirm := m.Expect(t, expect.Want{
		To:      alice,
		Match:   []expect.Test{{Field: "subject", Contains: "Confirm"}},
		Count:   expect.Count{Exactly: 1},
		Extract: []expect.Extract{{Name: "token", Spec: "text:/token=([a-z0-9]+)/"}},
	})
	fmt.Println(confirm.Subject)
	fmt.Println(confirm.Code(t))
	fmt.Println(confirm.Value(t, "token"))
	m.ExpectNone(t, expect.Want{To: m.Address("bob")})
	// Output:
	// Confirm your address
	// 482913
	// x7
}

func ExampleCatcher_Rule() {
	t := newExample()
	defer t.end()

	m := catchertest.Start(t)
	greylist := m.Rule(`rcpt to=*@a.test until=5m reply 451 4.7.1 "Try again later"`)

	var reply *textproto.Error
	if err := m.Send("hello@shop.test", "alice@a.test", "Welcome", "Hi"); errors.As(err, &reply) {
		fmt.Println(reply.Code, reply.Msg)
	}
	m.Clock.Advance(6 * time.Minute)
	fmt.Println(m.Send("hello@shop.test", "alice@a.test", "Welcome", "Hi"))
	fmt.Println("refused:", greylist.Applied())
	// Output:
	// 451 4.7.1 Try again later
	// <nil>
	// refused: 1
}

// The sender learns two days later that its mail could not be delivered.
func ExampleClock_Advance() {
	t := newExample()
	defer t.end()

	m := catchertest.Start(t, catchertest.Rules(`route to=*@partner.test defer 451 4.3.2 "Down for maintenance"`))
	m.Send("hello@shop.test", "carol@partner.test", "Your order", "Thank you")

	m.Clock.Advance(49 * time.Hour)
	bounce := m.Mailbox("hello@shop.test").Latest()
	from, _ := mail.ParseAddress(bounce.From)
	fmt.Printf("%s tells <%s>\n", from.Name, bounce.Deliveries[0].Rcpt.Address)
	// Output: Mail Delivery System tells <hello@shop.test>
}
