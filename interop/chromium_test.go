package interop

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
)

// page is a tab of a real browser.
type page struct {
	*testing.T
	ctx context.Context
}

// newPage opens a tab with cookies of its own, which trusts the tests' certificates.
func newPage(t *testing.T) *page {
	t.Helper()
	return &page{t, chromium.Tab(t, chromedp.Flag("ignore-certificate-errors", true))}
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromium.Do(p.ctx, steps...); err != nil {
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
	text, err := chromium.Evaluate[string](p.ctx, fmt.Sprintf("document.getElementById(%q)?.textContent ?? ''", id))
	if err != nil {
		p.Fatal(err)
	}
	return text
}

// wait waits until the element shows something for which is says true.
func (p *page) wait(id, what string, is func(text string) bool) (text string) {
	p.Helper()
	await.True(p, "#"+id+" shows "+what, func() bool {
		text = p.text(id)
		return is(text)
	})
	return text
}

func (p *page) click(id string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.ID(id)))
}

// fill types over what is in a field.
func (p *page) fill(id, value string) {
	p.Helper()
	p.do(chromedp.WaitReady(chromedp.ID(id))) // the page before may still be there
	if _, err := chromium.Evaluate[any](p.ctx, fmt.Sprintf("document.getElementById(%q).select()", id)); err != nil {
		p.Fatal(err)
	}
	p.do(chromedp.SendKeys(chromedp.ID(id), value))
}
