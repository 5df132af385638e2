package ui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/catcher/clock"
	"github.com/postroom/postroom/catcher/mail"
	"github.com/postroom/postroom/catcher/rule"
	"github.com/postroom/postroom/ui/api"
)

// How far the clock can be moved: at once, and ever. RFC 3339 ends with 9999.
const (
	farthest = 3660 * 24 * time.Hour
	lastYear = 9000
)

type clockInput struct{ Body api.SetClock }

func (h *handler) clockRoutes() {
	tags := []string{"clock"}
	register(h, huma.Operation{
		OperationID: "getClock", Method: http.MethodGet, Path: "/v1/clock", Tags: tags,
		Summary: "Tell the time that the server goes by",
	}, h.getClock)
	register(h, huma.Operation{
		OperationID: "setClock", Method: http.MethodPost, Path: "/v1/clock", Tags: tags,
		Summary:     "Move, stop or hurry the clock",
		Description: "Retries, reports, expiry, rules and ages follow it. When the client leaves before all that fell due has run, the clock stays where it has come to.",
	}, h.setClock)
}

func (h *handler) getClock(context.Context, *struct{}) (*answer[api.Clock], error) {
	return answered(h.viewClock(), nil)
}

func (h *handler) viewClock() api.Clock {
	c := h.Backend.Clock()
	s := clock.State{Now: c.Now(), Speed: 1}
	if m, ok := c.(*clock.Movable); ok {
		s = m.State()
	}
	v := api.Clock{ClockNow: viewClock(mail.Clock(s))}
	if next, ok := h.Backend.NextDue(); ok {
		v.NextDue = viewDate(next.UTC())
	}
	return v
}

func viewClock(s mail.Clock) api.ClockNow {
	ahead := s.Ahead.Round(time.Second)
	return api.ClockNow{Now: s.Now.UTC(), Ahead: ahead.String(), AheadSeconds: ahead.Seconds(), Speed: s.Speed, Frozen: s.Frozen}
}

func (h *handler) setClock(ctx context.Context, in *clockInput) (*answer[api.Clock], error) {
	m, ok := h.Backend.Clock().(*clock.Movable)
	if !ok {
		return nil, huma.Error409Conflict("The clock of this server cannot be moved.")
	}
	b := &in.Body
	if b.Freeze && b.Resume {
		return nil, unprocessable("body.resume", "The clock can stand still or run, not both.", nil)
	}
	d, err := advance(b.Advance, m.Now())
	if err != nil {
		return nil, err
	}
	if b.Freeze {
		m.Freeze()
	}
	if b.Resume {
		m.Resume()
	}
	if b.Speed != nil {
		m.SetSpeed(*b.Speed)
	}
	if d > 0 {
		err = h.Backend.Advance(ctx, d)
	}
	return answered(h.viewClock(), err)
}

// advance reads how far the clock is to be moved; "" is not at all.
func advance(text string, now time.Time) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, ok := rule.ParseDuration(text)
	if !ok || d <= 0 {
		return 0, unprocessable("body.advance", "This is not a time ahead, such as 15m, 4h, 2d or 1h30m.", text)
	}
	if d > farthest || now.Add(d).Year() > lastYear {
		return 0, unprocessable("body.advance", "This is too far ahead.", text)
	}
	return d, nil
}
