// Package chromium runs one browser for all tests of a package, each in a tab with
// cookies of its own.
package chromium

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var errMissing = errors.New("no Chromium: make deps installs it on Debian")

// browser holds what was started, and how to end it.
var browser struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
	err  error
}

// Tab opens a tab that closes when t ends. The first call starts the browser, with
// options of the package's own. If none is installed, the test is skipped, or
// fails if CI=true.
func Tab(t testing.TB, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	browser.once.Do(func() { browser.ctx, browser.end, browser.err = start(options) })
	switch {
	case errors.Is(browser.err, errMissing) && os.Getenv("CI") != "true":
		t.Skip(browser.err)
	case browser.err != nil:
		t.Fatal(browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return ctx
}

// Close ends the browser, if there is one.
func Close() {
	if browser.end != nil {
		browser.end()
	}
}

func start(options []chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, nil, errMissing
	}
	all := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(10*time.Minute),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("force-color-profile", "srgb"))
	if os.Getuid() == 0 {
		all = append(all, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), append(all, options...)...)
	ctx, end := chromedp.NewContext(allocator)
	return ctx, end, chromedp.Do(ctx)
}

// Evaluate returns the value of an expression in the page, or in the one that
// replaces it meanwhile.
func Evaluate[T any](ctx context.Context, expression string) (T, error) {
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
		if err == nil || !navigated(err) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Do takes steps in the page, one after the other. A step whose element was replaced when
// it was found and not yet used, as htmx replaces what it loads, is taken again with the new
// one.
func Do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	for _, step := range steps {
		err := chromedp.Do(ctx, step)
		for err != nil && replaced(err) && ctx.Err() == nil {
			err = chromedp.Do(ctx, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replaced reports whether an element went away before anything was done to it.
func replaced(err error) bool {
	for _, says := range []string{"Could not find node with given id", "No node with given id found", "Node is detached from document", "does not belong to the document"} {
		if strings.Contains(err.Error(), says) {
			return true
		}
	}
	return false
}

// navigated reports whether a page went away while it was asked.
func navigated(err error) bool {
	for _, says := range []string{"navigated or closed", "context was destroyed", "Cannot find context", "Cannot find default execution context"} {
		if strings.Contains(err.Error(), says) {
			return true
		}
	}
	return false
}
