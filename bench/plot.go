package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The plot's measures, in units of its own.
const (
	plotWidth   = 860
	plotLabels  = 300 // where bars begin
	plotBars    = 470 // how long the longest is
	plotBar     = 9   // how high
	plotTop     = 64
	plotBetween = 9 // rows
)

// plotStyle follows the reader's choice of light or dark. It brings its own background: the
// page around it may have chosen otherwise.
const plotStyle = `
    svg { --ground: #ffffff; --ink: #1f2328; --faint: #d8dee4; --w0: #8ecae6; --w1: #2a9d8f; --w2: #264f8a; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --ink: #e6edf3; --faint: #30363d; --w0: #4f7f99; --w1: #3fb8a8; --w2: #8fb8ff; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    .title { font-size: 15px; font-weight: 600; }
    .ground { fill: var(--ground); }
    .grid { stroke: var(--faint); }
    .reach { stroke: var(--ink); stroke-width: 1.2; }
    .w0 { fill: var(--w0); } .w1 { fill: var(--w1); } .w2 { fill: var(--w2); }
`

// plot draws how many checks a second each row does, with a bar for each number of workers,
// and a line on it from the lower to the higher end of its median's interval. It returns a
// whole SVG document, which needs no script. Without a result it says that there is none.
func plot(r *result) []byte {
	var b strings.Builder
	if r == nil || len(r.Rows) == 0 {
		head(&b, plotTop+20, "Session checks a second: not measured yet")
		b.WriteString("</svg>\n")
		return []byte(b.String())
	}
	workers := r.workers()
	rows := slices.Clone(r.Rows)
	last := workers[len(workers)-1]
	slices.SortStableFunc(rows, func(x, y measured) int {
		return cmp.Compare(y.with(last).perSecond(), x.with(last).perSecond())
	})
	most := 0.0
	for _, m := range rows {
		for _, s := range m.Series {
			most = max(most, 1e9/medianOf(s.PerOperation).Low)
		}
	}
	step := roundStep(most / 8)
	scale := func(perSecond float64) float64 { return plotLabels + perSecond/most*plotBars }
	each := len(workers)*plotBar + plotBetween
	height := plotTop + len(rows)*each + 16
	head(&b, height, fmt.Sprintf("Session checks a second on %s, %s sessions", databaseNames[r.Database], grouped(r.Sessions)))
	legend(&b, workers)
	for v := 0.0; v <= most; v += step {
		fmt.Fprintf(&b, "  <line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", scale(v), plotTop-6, scale(v), height-10)
		fmt.Fprintf(&b, "  <text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", scale(v), plotTop-10, grouped(int(v)))
	}
	for i, m := range rows {
		drawRow(&b, m, plotTop+i*each, scale)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func head(b *strings.Builder, height int, title string) {
	fmt.Fprintf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"title\">\n", plotWidth, height, plotWidth, height)
	fmt.Fprintf(b, "  <title id=\"title\">%s</title>\n  <style>%s  </style>\n", escaped(title), plotStyle)
	fmt.Fprintf(b, "  <rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n  <text class=\"title\" x=\"12\" y=\"24\">%s</text>\n", plotWidth, height, escaped(title))
}

func legend(b *strings.Builder, workers []int) {
	for i, n := range workers {
		x := plotWidth - 110*(len(workers)-i)
		fmt.Fprintf(b, "  <rect class=\"w%d\" x=\"%d\" y=\"14\" width=\"12\" height=\"12\"/>\n  <text x=\"%d\" y=\"24\">%s</text>\n", i%3, x, x+18, plural(n, "worker"))
	}
}

func drawRow(b *strings.Builder, m measured, y int, scale func(float64) float64) {
	middle := float64(y) + float64(len(m.Series)*plotBar)/2
	fmt.Fprintf(b, "  <text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", plotLabels-8, middle+4, escaped(m.Title))
	for i, s := range m.Series {
		took := medianOf(s.PerOperation)
		top := y + i*plotBar
		fmt.Fprintf(b, "  <rect class=\"w%d\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s, %s: %s a second</title></rect>\n",
			i%3, plotLabels, top, scale(1e9/took.Median)-plotLabels, plotBar-1, escaped(m.Title), plural(s.Workers, "worker"), grouped(int(1e9/took.Median)))
		at := float64(top) + float64(plotBar-1)/2
		fmt.Fprintf(b, "  <line class=\"reach\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", scale(1e9/took.High), at, scale(1e9/took.Low), at)
	}
}

// roundStep returns the number 1, 2 or 5 times a power of ten that is next above v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= v {
			return times * power
		}
	}
	return 10 * power
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder refuses nothing
	return b.String()
}
