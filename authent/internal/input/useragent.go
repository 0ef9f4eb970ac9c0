package input

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUserAgent is how many bytes of a User-Agent are stored.
const maxUserAgent = 512

// CutUserAgent makes a User-Agent header fit to be stored and shown: valid
// UTF-8 without control characters, at most 512 bytes.
func CutUserAgent(s string) string {
	var b strings.Builder
	for i, c := range s {
		size := utf8.RuneLen(c)
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") || unicode.IsControl(c) {
			continue
		}
		if b.Len()+size > maxUserAgent {
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}

// sign is a word in a User-Agent and what it means.
type sign struct{ word, name string }

// browserSigns are in the order in which they count: most browsers also claim
// to be Chrome, and Chrome to be Safari.
var browserSigns = []sign{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"Edge/", "Edge"},
	{"OPR/", "Opera"}, {"OPT/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
	{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chrome"},
	{"Safari/", "Safari"},
	{"curl/", "curl"}, {"Wget/", "Wget"}, {"Go-http-client/", "Go program"},
	{"python-requests/", "Python program"}, {"okhttp/", "OkHttp"}, {"undici", "Node.js program"},
}

// systemSigns are in the order in which they count: iPhones also claim to be
// Macs, Android to be Linux.
var systemSigns = []sign{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
	{"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
}

// DescribeUserAgent names the browser and system for a person who looks at a list
// of sessions: "Firefox on Linux". It guesses from what the client says about
// itself, and decides nothing.
func DescribeUserAgent(s string) string {
	browser, system := firstSign(s, browserSigns), firstSign(s, systemSigns)
	if browser == "" {
		browser = "Unknown browser"
	}
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

func firstSign(s string, signs []sign) string {
	for _, sign := range signs {
		if strings.Contains(s, sign.word) {
			return sign.name
		}
	}
	return ""
}
