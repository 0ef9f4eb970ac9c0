package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.Bool("screenshots", false, "take pictures of every page, into docs/screenshots")

// TestScreenshots takes a picture of every page for a phone and a desktop, in
// light and in dark. Without its flag it looks whether they are there.
func TestScreenshots(t *testing.T) {
	folder := filepath.Join("..", "..", "docs", "screenshots")
	if !*screenshots {
		for _, p := range pages(t, nil) {
			for _, kind := range []string{"phone-light", "phone-dark", "desktop-light", "desktop-dark"} {
				if _, err := os.Stat(filepath.Join(folder, p.name+"-"+kind+".png")); err != nil {
					t.Errorf("%v: run make screenshots", err)
				}
			}
		}
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	a := startApp(t, t.TempDir())
	a.tab(t).register(ada)
	b := a.tab(t)
	for _, p := range pages(t, a) {
		p.come(b)
		for name, width := range map[string]int64{"phone": 390, "desktop": 1280} {
			height := map[string]int64{"phone": 844, "desktop": 800}[name]
			b.do(chromedp.EmulateViewport(width, height))
			for _, scheme := range []string{"light", "dark"} {
				b.colors(scheme)
				b.picture(filepath.Join(folder, p.name+"-"+name+"-"+scheme+".png"))
			}
		}
	}
}

// picture writes a picture of the whole page.
func (b *tab) picture(file string) {
	b.t.Helper()
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: new(true),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, shot.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
