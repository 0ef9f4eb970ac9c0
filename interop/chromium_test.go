package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// page is a tab of a real browser.
type page struct {
	*testing.T
	ctx context.Context
}

// newPage starts a browser for the test, which trusts the tests' certificates.
func newPage(t *testing.T) *page {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium: make deps installs it")
		}
		t.Skip("no Chromium: make deps installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancelTimeout := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTimeout)
	return &page{t, ctx}
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

func (p *page) open(url string) {
	p.Helper()
	p.do(chromedp.Navigate(url))
}

// text is what the element shows; "" if it is not there.
func (p *page) text(id string) string {
	p.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.getElementById(%q)?.textContent ?? ''", id)))
	if err != nil {
		p.Fatal(err)
	}
	return text
}

// wait wants the element to show something for which is says true, within 10
// seconds.
func (p *page) wait(id, what string, is func(text string) bool) string {
	p.Helper()
	text := ""
	for range 200 {
		if text = p.text(id); is(text) {
			return text
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Fatalf("#%s does not show %s but %q", id, what, text)
	return ""
}

func (p *page) click(id string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.ID(id)))
}

// fill types over what is in a field.
func (p *page) fill(id, value string) {
	p.Helper()
	selected := chromedp.Evaluate[any](fmt.Sprintf("document.getElementById(%q).select()", id))
	if _, err := chromedp.Run(p.ctx, selected); err != nil {
		p.Fatal(err)
	}
	p.do(chromedp.SendKeys(chromedp.ID(id), value))
}
