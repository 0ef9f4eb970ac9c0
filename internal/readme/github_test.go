package readme

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	yaml "github.com/zclconf/go-cty-yaml"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// parse reads a document in YAML.
func parse(t *testing.T, document []byte, into any) {
	t.Helper()
	kind, err := yaml.Standard.ImpliedType(document)
	if err != nil {
		t.Fatal(err)
	}
	value, err := yaml.Standard.Unmarshal(document, kind)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ctyjson.Marshal(value, kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func parseFile(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	parse(t, text, into)
}

// TestWorkflow: what CI runs is .ci/run, also on the release of Go that go.mod asks for.
func TestWorkflow(t *testing.T) {
	var w struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Image []string } }
			Steps    []struct{ Run string }
		}
	}
	parseFile(t, ".github/workflows/ci.yml", &w)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, release, _ := strings.Cut(string(mod), "\ngo ")
	image := "golang:" + strings.Join(strings.SplitN(release, ".", 3)[:2], ".") + "-bookworm"
	run := w.Jobs["run"]
	if len(run.Strategy.Matrix.Image) != 2 || !slices.Contains(run.Strategy.Matrix.Image, image) {
		t.Errorf("CI runs on %q, want %s and the newest", run.Strategy.Matrix.Image, image)
	}
	if len(run.Steps) == 0 || run.Steps[len(run.Steps)-1].Run != ".ci/run" {
		t.Errorf("the steps are %+v", run.Steps)
	}
}

// TestDependabot looks after each folder that has dependencies of its own.
func TestDependabot(t *testing.T) {
	var d struct {
		Updates []struct {
			Ecosystem string `json:"package-ecosystem"`
			Directory string
		}
	}
	parseFile(t, ".github/dependabot.yml", &d)
	for ecosystem, file := range map[string]string{"gomod": "go.mod", "npm": "package.json", "github-actions": ".github/workflows"} {
		found := false
		for _, u := range d.Updates {
			if u.Ecosystem != ecosystem {
				continue
			}
			found = true
			if _, err := os.Stat(filepath.Join(root, u.Directory, file)); err != nil {
				t.Error(err)
			}
		}
		if !found {
			t.Errorf("nobody looks after %s", ecosystem)
		}
	}
}

// TestIssueForm asks for what a report needs.
func TestIssueForm(t *testing.T) {
	var form struct {
		Body []struct {
			Type, ID    string
			Validations struct{ Required bool }
		}
	}
	parseFile(t, ".github/ISSUE_TEMPLATE/bug.yml", &form)
	var required []string
	for _, field := range form.Body {
		if field.Validations.Required {
			required = append(required, field.ID)
		}
	}
	for _, id := range []string{"happened", "again", "version", "go", "database"} {
		if !slices.Contains(required, id) {
			t.Errorf("the form does not ask for %s", id)
		}
	}
	var config struct {
		Links []struct{ URL string } `json:"contact_links"`
	}
	parseFile(t, ".github/ISSUE_TEMPLATE/config.yml", &config)
	if len(config.Links) == 0 || !strings.HasSuffix(config.Links[0].URL, "/security/policy") {
		t.Errorf("the links are %+v", config.Links)
	}
}
