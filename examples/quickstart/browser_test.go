package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/freeport"
)

const (
	ada     = "ada@example.com"
	word    = "correct horse battery"
	newWord = "a new and better password"
)

// app is the quickstart, running in this process on a free port.
type app struct {
	url, dir string
	clock    *clock // nil for the machine's
	stop     func()
}

// startApp starts the application on an SQLite file in dir until the test ends.
func startApp(t *testing.T, dir string) *app {
	t.Helper()
	return startAppOn(t, "file:"+filepath.Join(dir, "quickstart.db"), dir)
}

// startAppOn starts it on any database.
func startAppOn(t *testing.T, databaseURL, dir string) *app {
	t.Helper()
	a := startWith(t, map[string]string{"PORT": freeport.For(t), "DATABASE_URL": databaseURL, "AUTH_SECRET": testSecret})
	a.dir = dir
	return a
}

// startWith starts it with an environment of its own.
func startWith(t *testing.T, env map[string]string) *app {
	t.Helper()
	return startAt(t, env, nil)
}

// startAt does so with a clock, nil for the machine's.
func startAt(t *testing.T, env map[string]string, now func() time.Time) *app {
	t.Helper()
	s, err := readSettings(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	s.now = now
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	out := &safeBuffer{}
	go func() { ended <- s.run(ctx, out) }()
	a := &app{url: "http://" + net.JoinHostPort(or(env["HOST"], "localhost"), env["PORT"])}
	a.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the application ended with: %v", err)
		}
	})
	t.Cleanup(a.stop)
	await.True(t, "the application starts", func() bool {
		select {
		case err := <-ended:
			ended <- err // for stop
			t.Fatalf("the application ended: %v\n%s", err, out)
		default:
		}
		return strings.Contains(out.String(), "open http")
	})
	return a
}

// safeBuffer is a buffer that two goroutines may use.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestMain(m *testing.M) {
	if os.Getenv("QUICKSTART_CHILD") != "" {
		main()
		return
	}
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// tab is a browser window with cookies of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
	app *app
}

func (a *app) tab(t *testing.T) *tab {
	t.Helper()
	b := &tab{t, chromium.Tab(t), a}
	b.do(chromedp.EmulateViewport(1280, 800))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%v\nthe page says: %s", err, b.text())
	}
}

// open opens a path of the application.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.app.url + path))
}

// click clicks and waits for the page that follows.
func (b *tab) click(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("click %s: %v\nthe page says: %s", selector, err, b.text())
	}
}

// press clicks the button or link with the text and waits for the page.
func (b *tab) press(text string) {
	b.t.Helper()
	click := chromedp.Click(chromedp.Search(fmt.Sprintf(`//*[(self::button or self::a) and normalize-space(.)=%q]`, text)))
	if _, err := chromedp.RunResponse(b.ctx, click); err != nil {
		b.t.Fatalf("press %q: %v\nthe page says: %s", text, err, b.text())
	}
}

// fill types values into fields, given as pairs of id and value.
func (b *tab) fill(pairs ...string) {
	b.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		b.do(chromedp.Clear(chromedp.ID(pairs[i])), chromedp.SendKeys(chromedp.ID(pairs[i]), pairs[i+1]))
	}
}

// text is what the page says.
func (b *tab) text() string {
	s, err := chromium.Evaluate[string](b.ctx, "document.body.innerText")
	if err != nil {
		return err.Error()
	}
	return s
}

// says fails the test unless the page holds each of the texts.
func (b *tab) says(texts ...string) {
	b.t.Helper()
	page := b.text()
	for _, s := range texts {
		if !strings.Contains(page, s) {
			b.t.Fatalf("the page does not say %q:\n%s", s, page)
		}
	}
}

// leadsTo fails the test unless the page shows an error, and the field with this id has
// the focus, both in view, and the title says so.
func (b *tab) leadsTo(id string) {
	b.t.Helper()
	// A browser moves the focus with the first frame that it draws.
	b.do(chromedp.Poll[chromedp.Void](fmt.Sprintf("document.activeElement && document.activeElement.id === %q", id)))
	if title := value[string](b, "document.title"); !strings.HasPrefix(title, "Error: ") {
		b.t.Errorf("the title is %q", title)
	}
	if unseen := value[[]string](b, `['error', document.activeElement.id].filter(id => {
		const r = document.getElementById(id).getBoundingClientRect();
		return r.top < 0 || r.bottom > innerHeight;
	})`); len(unseen) != 0 {
		b.t.Errorf("%s is out of view", unseen)
	}
}

// leadsNowhere fails the test if the page shows an error or takes the focus.
func (b *tab) leadsNowhere() {
	b.t.Helper()
	if title := value[string](b, "document.title"); strings.HasPrefix(title, "Error") {
		b.t.Errorf("the title is %q", title)
	}
	if n := value[int](b, "document.querySelectorAll('#error, [autofocus], [aria-invalid]').length"); n != 0 {
		b.t.Errorf("%d elements tell of an error", n)
	}
}

// value evaluates an expression in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromium.Evaluate[T](b.ctx, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// colors emulates the preference for light or dark, without transitions.
func (b *tab) colors(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) register(email string) {
	b.t.Helper()
	b.open("/")
	b.press("Create an account")
	b.fill("name", "Ada Lovelace", "email", email, "password", word)
	b.press("Create account")
	b.says("Hello, Ada Lovelace")
}

func (b *tab) signIn(email, password string) {
	b.t.Helper()
	b.open("/auth/signin?callbackUrl=/")
	b.fill("email", email, "password", password)
	b.press("Sign in")
}
