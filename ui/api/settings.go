package api

// Settings is the answer of /v1/settings.
type Settings struct {
	Settings []Setting `json:"settings" nullable:"false" doc:"Grouped as the help of the program has them."`
}

// A Setting is a flag of the program.
type Setting struct {
	Name       string `json:"name" doc:"That of the flag, without the dashes."`
	Env        string `json:"env" doc:"Name of the variable in the environment."`
	Group      string `json:"group" doc:"Title of what it is shown with."`
	Value      string `json:"value" doc:"As it stands on the command line. Empty for a secret; passwords in URLs are hidden."`
	Set        bool   `json:"set" doc:"Whether there is a value; that is all that is told of a secret."`
	Secret     bool   `json:"secret"`
	Source     string `json:"source" enum:"default,flag,environment,api" doc:"Where the value comes from."`
	Default    string `json:"default" doc:"Empty for a secret."`
	Type       string `json:"type" doc:"Kind of value, such as size, duration or address."`
	Meaning    string `json:"meaning"`
	Changeable bool   `json:"changeable" doc:"Whether changeSettings takes it."`
}
