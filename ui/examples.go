package ui

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// examplesFile has, for each operation, an example of each parameter (those that
// are not given there are common to all operations), of the bodies of requests by
// their content types, and of the JSON answers by their status. A test sends them.
//
//go:embed examples.json
var examplesFile []byte

type examples struct {
	Params     map[string]json.RawMessage `json:"params"`
	Operations map[string]*example        `json:"operations"`
}

type example struct {
	Params    map[string]json.RawMessage `json:"params,omitempty"`
	Request   map[string]json.RawMessage `json:"request,omitempty"`
	Responses map[string]json.RawMessage `json:"responses,omitempty"`
}

// exemplify puts the examples into the description.
func (h *handler) exemplify() {
	var all examples
	if err := json.Unmarshal(examplesFile, &all); err != nil {
		panic(err) // any test meets it
	}
	for _, op := range operations(h.api.OpenAPI()) {
		of := cmp.Or(all.Operations[op.OperationID], &example{})
		for _, p := range op.Parameters {
			text := of.Params[p.Name]
			if text == nil {
				text = all.Params[p.Name]
			}
			if text != nil {
				p.Example = text
			}
		}
		if op.RequestBody != nil {
			for name, content := range op.RequestBody.Content {
				if text := of.Request[name]; text != nil {
					content.Example = text
				}
			}
		}
		for status, text := range of.Responses {
			for name, content := range op.Responses[status].Content {
				if strings.HasSuffix(name, "json") {
					content.Example = text
				}
			}
		}
	}
}

// operations lists what is described.
func operations(spec *huma.OpenAPI) []*huma.Operation {
	var list []*huma.Operation
	for _, item := range spec.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op != nil {
				list = append(list, op)
			}
		}
	}
	return list
}
