package ui

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postroom/postroom/ui/api"
)

// Settings are those of the program.
type Settings interface {
	// List tells all of them, secrets without their values.
	List() []api.Setting

	// Change sets some of them by name, all or none, to values as they stand on the
	// command line. What is wrong with one is a SettingError.
	Change(values map[string]string) error
}

// A SettingError says what is wrong with a value for a setting.
type SettingError struct{ Name, Problem string }

func (e SettingError) Error() string { return e.Name + ": " + e.Problem }

// settingRoutes tell how the program is set up, and change some of it.
func (h *handler) settingRoutes() {
	tags := []string{"server"}
	register(h, huma.Operation{
		OperationID: "listSettings", Method: http.MethodGet, Path: "/v1/settings", Tags: tags,
		Summary:     "Tell how the program is set up",
		Description: "Each setting with its value, where that comes from, and what it means. Of secrets it is told only whether they are set.",
	}, h.listSettings)
	register(h, huma.Operation{
		OperationID: "changeSettings", Method: http.MethodPatch, Path: "/v1/settings", Tags: tags,
		Summary:     "Change settings while the program runs",
		Description: "All of those that are given, or none. They hold at once, limits of sessions for sessions to come, and until the program ends.",
	}, h.changeSettings)
}

type settingsChange struct {
	Body map[string]string `doc:"Values by the names of settings, as they stand on the command line."`
}

func (h *handler) listSettings(context.Context, *struct{}) (*answer[api.Settings], error) {
	list := []api.Setting{}
	if h.Settings != nil {
		list = h.Settings.List()
	}
	return answered(api.Settings{Settings: list}, nil)
}

func (h *handler) changeSettings(ctx context.Context, in *settingsChange) (*answer[api.Settings], error) {
	if h.Settings == nil {
		return nil, notFound("There are no settings here.")
	}
	err := h.Settings.Change(in.Body)
	var wrong SettingError
	if errors.As(err, &wrong) {
		return nil, unprocessable("body."+wrong.Name, wrong.Problem, in.Body[wrong.Name])
	}
	if err != nil {
		return nil, err
	}
	h.log.Info("settings changed", "settings", in.Body)
	return h.listSettings(ctx, nil)
}
