package readme

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// start starts a program, which answer then asks, until stop is called. A program
// that ends by itself fails the test.
func (g *guide) start(line string) (stop func()) {
	g.t.Helper()
	cmd := g.command(line)
	// A group, since go run does not take its program with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	g.ended = ended
	return func() {
		g.t.Helper()
		_ = cmd.Cancel()
		<-ended
		if g.t.Failed() {
			g.t.Logf("%s:\n%s", line, out.String())
		}
	}
}

// answer asks until the program answers or has ended.
func (g *guide) answer(path string) (status int, target string) {
	g.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://localhost:"+g.port+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	for {
		res, err := client.Do(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			return res.StatusCode, res.Header.Get("Location")
		}
		select {
		case <-g.ended:
			g.t.Errorf("the program has ended: %v", err)
			return 0, ""
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// read returns what a request is answered, once the server listens.
func read(t *testing.T, client *http.Client, r *http.Request) string {
	t.Helper()
	for {
		res, err := client.Do(r)
		if err == nil {
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// reachable reports whether something answers.
func (g *guide) reachable(url string) bool {
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err == nil {
		res.Body.Close()
	}
	return err == nil
}
