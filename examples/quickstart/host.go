package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// onlyAt serves only requests for home's host, because cookies belong to one
// host. Whoever used another name of this machine is redirected there; whoever
// came over a network, or in development through a proxy, is told what to set.
func (s settings) onlyAt(next http.Handler) http.Handler {
	if s.home.Scheme == "https" || !isLoopback(s.home.Host) {
		return next // AUTH_URL says that a proxy serves us, and it may ask for any host.
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inDevelopment := s.authURL == ""
		switch {
		case isForwarded(r) && inDevelopment:
			misdirected(w, fmt.Sprintf("quickstart was reached through a proxy, as %q: set AUTH_URL to the URL under which your proxy serves it", reachedAs(r)))
		case !isLoopback(reachedAs(r)):
			misdirected(w, fmt.Sprintf("quickstart was reached as %q, but it serves %s: open that, or set AUTH_URL to the https URL under which your proxy serves it", reachedAs(r), s.home))
		case r.Method == http.MethodGet && !isForwarded(r) && isOtherName(r.Host, s.home):
			http.Redirect(w, r, s.home.String()+r.URL.RequestURI(), http.StatusFound)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func misdirected(w http.ResponseWriter, message string) {
	http.Error(w, message, http.StatusMisdirectedRequest)
}

// isOtherName reports whether host is another name for the port of home. A proxy that
// does not pass on the host it was asked for uses another port.
func isOtherName(host string, home *url.URL) bool {
	_, port, _ := net.SplitHostPort(host)
	return host != home.Host && port == home.Port()
}

func isForwarded(r *http.Request) bool {
	return r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-Host") != "" || r.Header.Get("X-Forwarded-For") != ""
}

func reachedAs(r *http.Request) string {
	if host := r.Header.Get("X-Forwarded-Host"); host != "" {
		return host
	}
	return r.Host
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
