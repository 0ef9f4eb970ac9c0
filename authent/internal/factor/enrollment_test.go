package factor

import (
	"encoding/xml"
	"fmt"
	"image"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"

	"github.com/authent/authent/authent/secret"
)

func TestURI(t *testing.T) {
	t.Parallel()
	tests := []struct{ issuer, account, label, query string }{
		{"Example", "ada@example.com", "Example:ada@example.com", "Example"},
		{"Ada & Söhne", "ada+x@example.com", "Ada%20&%20S%C3%B6hne:ada+x@example.com", "Ada%20%26%20S%C3%B6hne"},
		{"Shop: the app", "a:b", "Shop%20the%20app:a%20b", "Shop%20the%20app"},
		{"a/b?c#d%41", "e/f?g#h%3A", "a%2Fb%3Fc%23d%2541:e%2Ff%3Fg%23h%253A", "a%2Fb%3Fc%23d%2541"},
		{"", "ada@example.com", "ada@example.com", ""},
		{"  ", "\t", "", ""},
		{"a\xffb\nc", "<script>", "ab%20c:%3Cscript%3E", "ab%20c"},
	}
	for _, tt := range tests {
		want := "otpauth://totp/" + tt.label + "?secret=" + string(rfcSecret)
		if tt.query != "" {
			want += "&issuer=" + tt.query
		}
		want += "&algorithm=SHA1&digits=6&period=30"
		got := URI(rfcSecret, tt.issuer, tt.account)
		if string(got) != want {
			t.Errorf("%q, %q:\n got %s\nwant %s", tt.issuer, tt.account, string(got), want)
		}
		u, err := url.Parse(string(got))
		if err != nil || u.Host != "totp" || u.Fragment != "" || u.Query().Get("secret") != string(rfcSecret) || len(u.Query()) > 5 {
			t.Errorf("%s is read as %#v, %v", string(got), u, err)
		}
	}
}

// svg is what the element may have, and nothing else.
type svg struct {
	XMLName xml.Name   `xml:"http://www.w3.org/2000/svg svg"`
	Attrs   []xml.Attr `xml:",any,attr"`
	Title   string     `xml:"title"`
	Rect    struct {
		Attrs []xml.Attr `xml:",any,attr"`
	} `xml:"rect"`
	Paths []struct {
		D     string     `xml:"d,attr"`
		Attrs []xml.Attr `xml:",any,attr"`
	} `xml:"path"`
	Others []struct {
		XMLName xml.Name
	} `xml:",any"`
}

func TestQR(t *testing.T) {
	t.Parallel()
	uri := URI(rfcSecret, "Example", "ada@example.com")
	markup, err := QR(uri, `The code for "Ada" <b>&`)
	if err != nil {
		t.Fatal(err)
	}
	var doc svg
	if err := xml.Unmarshal([]byte(markup), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Title != `The code for "Ada" <b>&` || len(doc.Paths) != 1 || len(doc.Others) != 0 {
		t.Errorf("title %q, %d paths, others %v", doc.Title, len(doc.Paths), doc.Others)
	}
	attrs := fmt.Sprint(doc.Attrs, doc.Rect.Attrs, doc.Paths[0].Attrs)
	for _, want := range []string{"role} img", "shape-rendering} crispEdges", "fill} #fff", "fill} #000"} {
		if !strings.Contains(attrs, want) {
			t.Errorf("no %q in %s", want, attrs)
		}
	}
	for _, bad := range []string{"href", "style", "class", "on"} {
		if strings.Contains(attrs, " "+bad) {
			t.Errorf("attribute %s in %s", bad, attrs)
		}
	}
	want, err := qr.Encode(string(uri), qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, doc.Paths[0].D, want)
	if !strings.Contains(string(markup), fmt.Sprintf(`viewBox="0 0 %[1]d %[1]d"`, want.Bounds().Dx()+8)) {
		t.Errorf("the quiet zone is not 4 modules wide: %.120s", string(markup))
	}
}

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// compare fails unless the path has the modules of the code, 4 to the right and below, and
// each once.
func compare(t *testing.T, path string, want image.Image) {
	t.Helper()
	if rest := run.ReplaceAllString(path, ""); rest != "" {
		t.Fatalf("the path has %.40q", rest)
	}
	drawn := map[image.Point]int{}
	for _, m := range run.FindAllStringSubmatch(path, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		if n[2] != n[3] {
			t.Fatalf("%s is not a rectangle", m[0])
		}
		for x := range n[2] {
			drawn[image.Pt(n[0]+x-4, n[1]-4)]++
		}
	}
	modules := 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, _, _, _ := want.At(x, y).RGBA()
			if n := drawn[image.Pt(x, y)]; n != map[bool]int{true: 1}[r == 0] {
				t.Fatalf("module %d, %d is drawn %d times", x, y, n)
			}
			modules += map[bool]int{true: 1}[r == 0]
		}
	}
	if modules != len(drawn) || modules == 0 {
		t.Errorf("%d modules are drawn, want %d", len(drawn), modules)
	}
}

func TestQRTooLong(t *testing.T) {
	t.Parallel()
	long := secret.Secret(strings.Repeat("a secret ", 400))
	if got, err := QR(long, ""); err == nil || strings.Contains(err.Error(), "a secret") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
