package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment says.
type settings struct {
	host, port  string
	databaseURL string
	// authURL is where the engine is, "" in development.
	authURL string
	// home is where people open the application.
	home *url.URL
	// secrets is AUTH_SECRET, empty if the engine is to find one by itself.
	secrets []string
	// mailServer is EMAIL_SERVER, and mailFrom EMAIL_FROM.
	mailServer, mailFrom string
	// github and google say that the environment has their clients.
	github, google bool
	// now is the clock that tests set; if nil, time.Now.
	now func() time.Time
}

func readSettings(getenv func(string) string) (settings, error) {
	s := settings{
		host:        strings.Trim(or(getenv("HOST"), "localhost"), "[]"),
		port:        or(getenv("PORT"), "3000"),
		databaseURL: or(getenv("DATABASE_URL"), "file:./quickstart.db"),
		authURL:     getenv("AUTH_URL"),
		github:      or(getenv("AUTH_GITHUB_ID"), getenv("GITHUB_ID")) != "",
		google:      getenv("AUTH_GOOGLE_ID") != "",
		mailServer:  getenv("EMAIL_SERVER"),
		mailFrom:    or(getenv("EMAIL_FROM"), "Quickstart <quickstart@localhost>"),
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("PORT is %q: use a number from 1 to 65535, such as 3000", s.port)
	}
	if secret := getenv("AUTH_SECRET"); secret != "" {
		s.secrets = []string{secret}
	}
	here := "http://" + net.JoinHostPort("localhost", s.port)
	switch {
	case isLoopback(s.host):
		here = "http://" + net.JoinHostPort(s.host, s.port)
	case s.authURL == "":
		// In a container no request comes from this machine, which development insists
		// on.
		s.authURL = here
	}
	u, err := url.Parse(or(s.authURL, here))
	if err != nil || u.Host == "" {
		return s, errors.New("AUTH_URL is not a URL: use one such as http://localhost:3000/auth")
	}
	s.home = &url.URL{Scheme: u.Scheme, Host: u.Host}
	return s, nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
