// Package snippets_test runs what can be run of the snippets: the frameworks' own mailers
// send with them. The rest is parsed.
package snippets_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postroom/postroom/catcher/catchertest"
	"github.com/postroom/postroom/catcher/expect"
	"github.com/postroom/postroom/ui/uitest"
)

const limit = 2 * time.Minute // for one program; a loaded machine is slow

// absolute is a path that programs in other folders understand.
func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFrameworks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, program string // Debian's Python is the one with Debian's packages
		env, args     []string
	}{
		{"Django", "/usr/bin/python3", []string{"DJANGO_SETTINGS_MODULE=django_settings", "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=" + absolute(t, ".")}, []string{"testdata/django_send.py"}},
		{"Rails", "ruby", nil, []string{"testdata/rails_send.rb", "./rails.rb"}},
		{"Laravel", "php", nil, []string{"testdata/laravel_send.php", "laravel.env"}},
		{"Spring", "java", nil, []string{"-cp", "/usr/share/java/*", "testdata/SpringSend.java", "spring-boot.properties"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := catchertest.NeedProgram(t, c.program)
			if c.name == "Spring" {
				catchertest.NeedProgram(t, "javac") // java compiles with it
			}
			post := uitest.Start(t)
			uitest.Run(t, ".", append(post.Env(), c.env...), limit, program, c.args...)
			m := post.Expect(t, expect.Want{
				To:    "alice@a.test",
				Match: []expect.Test{{Field: "subject", Contains: "Hello from " + c.name}},
				Count: expect.Count{Exactly: 1},
			})
			if code := m.Code(t); code != "271828" {
				t.Errorf("the code is %q", code)
			}
		})
	}
}

// documents reads the YAML documents of a file.
func documents(t *testing.T, path string) (all []map[string]any) {
	t.Helper()
	const script = `import json, sys, yaml; print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1]))], default=str))`
	out := uitest.Run(t, ".", nil, limit, catchertest.NeedProgram(t, "/usr/bin/python3", "python3"), "-c", script, path)
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return all
}

// at goes into a document by names and numbers.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	for i, step := range path {
		switch v := value.(type) {
		case map[string]any:
			name, _ := step.(string)
			value = v[name]
		case []any:
			n, _ := step.(int)
			if n < len(v) {
				value = v[n]
				continue
			}
			value = nil
		}
		if value == nil {
			t.Fatalf("there is no %v", path[:i+1])
		}
	}
	return value
}

// TestYAML: all of it parses, and what names Postroom's ports has the right ones.
func TestYAML(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"github-actions.yml", "gitlab-ci.yml", "laravel-sail.yaml", "../compose.yaml", "../example/compose.yaml", "../kubernetes.yaml"} {
		if len(documents(t, path)) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
	actions := documents(t, "github-actions.yml")[0]
	if ports := at(t, actions, "jobs", "test", "services", "postroom", "ports"); !slices.Equal(texts(ports), []string{"1025:1025", "8025:8025"}) {
		t.Errorf("GitHub Actions: ports %v", ports)
	}
	gitlab := documents(t, "gitlab-ci.yml")[0]
	if alias, host := at(t, gitlab, "test", "services", 0, "alias"), at(t, gitlab, "test", "variables", "SMTP_HOST"); alias != host {
		t.Errorf("GitLab CI: the service is %v, and SMTP_HOST %v", alias, host)
	}
	if sail := documents(t, "laravel-sail.yaml")[0]; !strings.HasSuffix(texts(at(t, sail, "services", "postroom", "ports"))[0], ":8025") {
		t.Errorf("Sail: %v", sail)
	}
}

func texts(list any) (out []string) {
	values, _ := list.([]any)
	for _, v := range values {
		text, _ := v.(string)
		out = append(out, text)
	}
	return out
}

// TestKubernetes holds the manifest against the image and a running Postroom.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	kinds := map[string]map[string]any{}
	for _, d := range documents(t, "../kubernetes.yaml") {
		kind, _ := at(t, d, "kind").(string)
		kinds[kind] = d
	}
	pod := at(t, kinds["Deployment"], "spec", "template")
	container := at(t, pod, "spec", "containers", 0)
	post := uitest.Start(t)
	for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		path, _ := at(t, container, probe, "httpGet", "path").(string)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, post.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host, req.Header = "10.1.2.3:8025", http.Header{"User-Agent": {"kube-probe/1.33"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s answers %s", probe, path, resp.Status)
		}
	}
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(string(dockerfile)); user == nil ||
		at(t, pod, "spec", "securityContext", "runAsUser") != number(t, user[1]) || at(t, pod, "spec", "securityContext", "fsGroup") != number(t, user[2]) {
		t.Errorf("the image's user is %v", user)
	}
	labels := at(t, pod, "metadata", "labels", "app.kubernetes.io/name")
	if at(t, kinds["Service"], "spec", "selector", "app.kubernetes.io/name") != labels || at(t, kinds["Deployment"], "spec", "selector", "matchLabels", "app.kubernetes.io/name") != labels {
		t.Error("the selectors do not find the pod")
	}
	if at(t, pod, "spec", "volumes", 0, "persistentVolumeClaim", "claimName") != at(t, kinds["PersistentVolumeClaim"], "metadata", "name") {
		t.Error("the pod has another volume than there is")
	}
	if at(t, container, "env", 0, "value") != at(t, container, "volumeMounts", 0, "mountPath") {
		t.Error("POSTROOM_DATA is not the volume")
	}
	limit, _ := at(t, container, "resources", "limits", "memory").(string)
	incoming := ""
	env, _ := at(t, container, "env").([]any)
	for _, v := range env {
		if at(t, v, "name") == "POSTROOM_MAX_INCOMING" {
			incoming, _ = at(t, v, "value").(string)
		}
	}
	// What comes in by SMTP and by HTTP is in memory, and as much garbage may be.
	if has, needs := number(t, strings.TrimSuffix(limit, "Mi")), 4*number(t, strings.TrimSuffix(incoming, "MiB")); has < needs {
		t.Errorf("mail on its way may take %g MiB, and the pod is killed at %g", needs, has)
	}
}

func number(t *testing.T, text string) (n float64) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSystemd has systemd read the units, and wants little exposure.
func TestSystemd(t *testing.T) {
	t.Parallel()
	analyze := catchertest.NeedProgram(t, "systemd-analyze")
	dir := t.TempDir()
	units, err := filepath.Glob("../systemd/*")
	if err != nil || len(units) != 4 {
		t.Fatalf("units %v, %v", units, err)
	}
	args := []string{"verify", "--man=no"}
	for _, path := range units {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The program need not be installed to read them.
		fit := strings.ReplaceAll(string(text), "/usr/local/bin/postroom", "/bin/true")
		args = append(args, filepath.Join(dir, filepath.Base(path)))
		if err := os.WriteFile(args[len(args)-1], []byte(fit), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said := uitest.Run(t, dir, nil, limit, analyze, args...); strings.Contains(said, dir) || strings.Contains(said, "postroom") {
		t.Errorf("systemd says\n%s", said)
	}
	uitest.Run(t, dir, nil, limit, analyze, "security", "--offline=true", "--threshold=20", "postroom.service")
}

// TestGoSnippets: those that have modules of their own are formatted at least;
// docker/e2e runs them.
func TestGoSnippets(t *testing.T) {
	t.Parallel()
	if said := uitest.Run(t, ".", nil, limit, catchertest.NeedProgram(t, "gofmt"), "-l", "."); said != "" {
		t.Errorf("gofmt would change %s", said)
	}
}
