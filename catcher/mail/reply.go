package mail

import "fmt"

// A Reply is an SMTP reply (RFC 5321 §4.2) with its enhanced status code
// (RFC 3463). It is the only error whose text a peer gets to see.
type Reply struct {
	Code     int
	Enhanced [3]int // zero when the reply has none
	Text     string
}

// Error makes a Reply an error, as one line of text.
func (r *Reply) Error() string {
	if r.Enhanced == [3]int{} {
		return fmt.Sprintf("%d %s", r.Code, r.Text)
	}
	return fmt.Sprintf("%d %d.%d.%d %s", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text)
}
