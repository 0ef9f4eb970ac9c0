package readme

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestProductionGuides does what docs/production.md says, and with that application what
// docs/docker.md says: the image's commands as commands, since no daemon is needed then.
func TestProductionGuides(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	for _, section := range sections(t, "docs/production.md") {
		g.follow(section[0], section[1])
	}
	if !g.probed {
		t.Error("nobody asked whether the program is live and ready")
	}
	g.tidy()
	g.image = filepath.Join(t.TempDir(), "image")
	for _, section := range sections(t, "docs/docker.md") {
		g.follow(section[0], section[1])
	}
	for _, name := range []string{"app", "migrate", "migrations/sqlite/atlas.sum"} {
		if _, err := os.Stat(filepath.Join(g.image, name)); err != nil {
			t.Errorf("the image lacks %v", err)
		}
	}
	for _, name := range []string{"build", "run", "create", "apply"} {
		if !slices.Contains(g.administered, name) {
			t.Errorf("the guide does not %s", name)
		}
	}
}

// probe asks what an orchestrator asks.
func (g *guide) probe() {
	g.t.Helper()
	g.probed = true
	for _, path := range []string{"/livez", "/readyz"} {
		if status, _ := g.answer(path); status != http.StatusOK {
			g.t.Errorf("GET %s: %d", path, status)
		}
	}
}

// containerfile does what a Dockerfile says, with the folder g.image in the place of the
// root of what it builds.
func (g *guide) containerfile(text string) {
	g.t.Helper()
	build := filepath.Join(g.t.TempDir(), "build")
	source := "" // the folder of COPY . .
	stage, folder := 0, ""
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		args := strings.Fields(rest)
		switch word {
		case "FROM":
			stage, folder = stage+1, ""
		case "COPY":
			switch {
			case args[0] == "--from=build":
				g.run("mkdir -p " + g.image + " && cp -r " + build + args[1] + ". " + g.image)
			case stage == 1: // the source is where it is
				source = g.dir
				for _, name := range args[:len(args)-1] {
					if _, err := os.Stat(filepath.Join(g.dir, name)); err != nil {
						g.t.Errorf("%s: %v", line, err)
					}
				}
			default:
				g.run("cp -r " + args[0] + " " + g.image + args[1])
			}
		case "RUN":
			if source == "" {
				g.t.Errorf("%s: nothing was copied", line)
			}
			g.run(strings.ReplaceAll(rest, "/out/", build+"/out/"))
		case "WORKDIR":
			folder = rest
		case "ENV", "EXPOSE", "":
		case "CMD":
			var command []string
			if err := json.Unmarshal([]byte(rest), &command); err != nil || command[0] != "/app" || folder != "/" {
				g.t.Errorf("%s in %q: %v", line, folder, err)
			}
		default:
			g.t.Errorf("nobody knows what %s does", word)
		}
	}
}

// administer does what a guide asks of docker and kubectl, as far as a machine without
// their servers can.
func (g *guide) administer(line string) {
	g.t.Helper()
	words := strings.Fields(line)
	g.administered = append(g.administered, words[1])
	switch {
	case strings.HasPrefix(line, "docker run --rm"): // the image's own migrate, in its root
		g.run("cd " + g.image + " && DATABASE_URL=file:" + filepath.Join(g.t.TempDir(), "image.db") + " ." + strings.Join(words[len(words)-2:], " "))
	case strings.HasPrefix(line, "docker run -d"):
		g.runImage()
	case strings.HasPrefix(line, "docker build"):
		if _, err := os.Stat(filepath.Join(g.image, "app")); err != nil {
			g.t.Error(err)
		}
	case strings.HasPrefix(line, "kubectl "):
	default:
		g.t.Fatalf("nobody knows how to do %q", line)
	}
}

// runImage starts what the image starts, with an empty root beside it.
func (g *guide) runImage() {
	g.t.Helper()
	stop := g.start("exec " + g.image + "/app")
	defer stop()
	g.probe()
}

// manifest is what the tests look at of a Kubernetes object.
type manifest struct {
	Kind string
	Spec struct {
		Selector map[string]any
		Ports    []struct{ TargetPort string }
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				InitContainers, Containers []container
			}
		}
	}
}

type container struct {
	Image                         string
	Command                       []string
	Ports                         []struct{ Name string }
	Env                           []struct{ Name, Value string }
	EnvFrom                       []struct{ SecretRef struct{ Name string } }
	LivenessProbe, ReadinessProbe struct {
		HTTPGet struct{ Path, Port string }
	}
}

// manifests reads what a guide gives Kubernetes.
func (g *guide) manifests(text string) {
	g.t.Helper()
	var all []manifest
	for document := range strings.SplitSeq(text, "\n---\n") {
		var one manifest
		parse(g.t, []byte(document), &one)
		all = append(all, one)
	}
	if len(all) != 2 || all[0].Kind != "Deployment" || all[1].Kind != "Service" {
		g.t.Fatalf("the manifests are %+v", all)
	}
	pod := all[0].Spec.Template
	app, migrate := pod.Spec.Containers[0], pod.Spec.InitContainers[0]
	if app.LivenessProbe.HTTPGet.Path != "/livez" || app.ReadinessProbe.HTTPGet.Path != "/readyz" || app.ReadinessProbe.HTTPGet.Port != app.Ports[0].Name {
		g.t.Errorf("the probes are %+v, %+v", app.LivenessProbe, app.ReadinessProbe)
	}
	if all[1].Spec.Selector["app"] != pod.Metadata.Labels["app"] || all[1].Spec.Ports[0].TargetPort != app.Ports[0].Name {
		g.t.Errorf("the service leads elsewhere: %+v", all[1].Spec)
	}
	if app.EnvFrom[0].SecretRef.Name != "app" || migrate.EnvFrom[0].SecretRef.Name != "app" || migrate.Image != app.Image || !slices.Equal(migrate.Command, []string{"/migrate", "apply"}) {
		g.t.Errorf("the containers are %+v, %+v", app, migrate)
	}
}
