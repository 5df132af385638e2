package queue

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/postroom/postroom/catcher/mail"
)

// named is how many recipients a mail.Coming names.
const named = 3

// Coming lists what falls due, soonest first: for each hop what does so within the
// same second together, at most so many of them. What is held never falls due.
func (q *Queue) Coming(limit int) []mail.Coming {
	list := q.coming()
	slices.SortFunc(list, func(a, b *mail.Coming) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Hop, b.Hop)) })
	found := make([]mail.Coming, min(limit, len(list)))
	for i := range found {
		found[i] = *list[i]
	}
	return found
}

func (q *Queue) coming() []*mail.Coming {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []*mail.Coming
	for _, h := range q.hops {
		at := map[time.Time]*mail.Coming{}
		for _, e := range h.waiting {
			second := e.at.UTC().Truncate(time.Second)
			c := at[second]
			if c == nil {
				c = &mail.Coming{Hop: h.name, At: e.at, ID: e.id, Frozen: h.frozen}
				at[second] = c
				list = append(list, c)
			}
			c.Count++
			if len(c.To) < named {
				c.To = append(c.To, e.to)
			}
			if e.at.Before(c.At) {
				c.At, c.ID = e.at, e.id
			}
		}
	}
	return list
}
