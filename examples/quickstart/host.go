package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// onlyAt serves requests for home's host alone, because cookies belong to one
// host. Somebody who came by another name of this machine is sent there; one who
// came over a network or through a proxy is told what to set.
func onlyAt(home *url.URL, next http.Handler) http.Handler {
	if !isLoopback(home.Host) {
		return next // AUTH_URL says that a proxy serves us under its own name.
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isForwarded(r) || !isLoopback(r.Host):
			message := fmt.Sprintf("quickstart was reached as %q, but it serves %s: open that, or set AUTH_URL to the https URL under which your proxy serves it", reachedAs(r), home)
			http.Error(w, message, http.StatusMisdirectedRequest)
		case r.Host != home.Host && r.Method == http.MethodGet:
			http.Redirect(w, r, home.String()+r.URL.RequestURI(), http.StatusFound)
		default:
			next.ServeHTTP(w, r)
		}
	})
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
