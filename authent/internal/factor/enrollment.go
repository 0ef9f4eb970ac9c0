package factor

import (
	"fmt"
	"html"
	"image"
	"net/url"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/authent/authent/authent/secret"
)

// URI returns what an authenticator app scans: the secret, with the names under which the
// app lists it. issuer is the application's name, account the person's, such as an e-mail
// address. Format:
//
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
//
// A colon parts the two names there and may be in neither, also escaped, so it is left out
// of both.
func URI(key secret.Secret, issuer, account string) secret.Secret {
	issuer, account = label(issuer), label(account)
	name := url.PathEscape(account)
	if issuer != "" {
		name = url.PathEscape(issuer) + ":" + name
	}
	uri := "otpauth://totp/" + name + "?secret=" + url.QueryEscape(string(key))
	if issuer != "" {
		// A space is %20: apps show the plus sign of QueryEscape as it is.
		uri += "&issuer=" + strings.ReplaceAll(url.QueryEscape(issuer), "+", "%20")
	}
	return secret.Secret(fmt.Sprintf("%s&algorithm=SHA1&digits=%d&period=%d", uri, Digits, int(Period.Seconds())))
}

// label makes a name fit for a URI.
func label(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(name, ""), ":", " ")), " ")
}

// quiet is how many modules wide the border of a QR code is at least (ISO/IEC 18004 §6.3.8).
const quiet = 4

// QR returns the QR code of a URI as an SVG element to be written into a page as it is, with
// a title for people who do not see it. It has no script, no style and no reference, so that
// any content security policy lets it pass, and it is black on white in dark mode too:
// many apps do not read the inverse. It fails for text that is too long, some 2,300 bytes.
//
// It holds the secret: show it once, on a page that nothing keeps.
func QR(uri secret.Secret, title string) (secret.Secret, error) {
	code, err := qr.Encode(string(uri), qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("make a QR code of %d bytes: it is too long, or not text", len(uri))
	}
	side := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" width="%[2]d" height="%[2]d" role="img" shape-rendering="crispEdges">`, side+2*quiet, 4*(side+2*quiet))
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/><path fill="#000" d="`, html.EscapeString(title))
	for y := range side {
		for x := 0; x < side; x++ {
			start := x
			for x < side && dark(code, x, y) {
				x++
			}
			if n := x - start; n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start+quiet, y+quiet, n, n)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return secret.Secret(b.String()), nil
}

// dark reports whether a module of a QR code is dark.
func dark(code image.Image, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}
