package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	a := startStillIn(t, t.TempDir())
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
	drawn, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		b.t.Fatal(err)
	}
	var small bytes.Buffer // browsers compress for speed
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, few(drawn)); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// few returns a picture in its 256 most frequent colors, others as the nearest of them.
// Nobody sees the difference, and a file has half the size.
func few(drawn image.Image) image.Image {
	at := drawn.Bounds()
	count := map[color.Color]int{}
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			count[drawn.At(x, y)]++
		}
	}
	palette := color.Palette(slices.SortedFunc(maps.Keys(count), func(c, d color.Color) int {
		return cmp.Or(count[d]-count[c], strings.Compare(fmt.Sprint(c), fmt.Sprint(d)))
	}))
	palette = palette[:min(len(palette), 256)]
	nearest := map[color.Color]uint8{}
	for c := range count {
		nearest[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(at, palette)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			out.SetColorIndex(x, y, nearest[drawn.At(x, y)])
		}
	}
	return out
}
