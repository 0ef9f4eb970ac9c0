package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// settings are what the environment says.
type settings struct {
	port        string
	databaseURL string
	authURL     string
	home        *url.URL
	secret      string
	// github and google say that the environment has their clients.
	github, google bool
}

func readSettings(getenv func(string) string, out io.Writer) (settings, error) {
	s := settings{
		port:        or(getenv("PORT"), "3000"),
		databaseURL: or(getenv("DATABASE_URL"), "file:./quickstart.db"),
		secret:      getenv("AUTH_SECRET"),
		github:      or(getenv("AUTH_GITHUB_ID"), getenv("GITHUB_ID")) != "",
		google:      getenv("AUTH_GOOGLE_ID") != "",
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		return s, fmt.Errorf("PORT is %q: use a number from 1 to 65535, such as 3000", s.port)
	}
	s.authURL = or(getenv("AUTH_URL"), "http://localhost:"+s.port+"/auth")
	u, err := url.Parse(s.authURL)
	if err != nil || u.Host == "" {
		return s, errors.New("AUTH_URL is not a URL: use one such as http://localhost:3000/auth")
	}
	s.home = &url.URL{Scheme: u.Scheme, Host: u.Host}
	if s.secret == "" {
		s.secret, err = keptSecret(secretFile(s.databaseURL), out)
	}
	return s, err
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// secretFile is beside the SQLite file, else in the working directory.
func secretFile(databaseURL string) string {
	const name = "quickstart.secret"
	for _, scheme := range []string{"file:", "sqlite:"} {
		if path, ok := strings.CutPrefix(databaseURL, scheme); ok {
			path, _, _ = strings.Cut(path, "?")
			return filepath.Join(filepath.Dir(strings.TrimPrefix(path, "//")), name)
		}
	}
	return name
}

// keptSecret reads the secret of an earlier start, or makes one and keeps it.
func keptSecret(file string, out io.Writer) (string, error) {
	kept, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the secret: %w: set AUTH_SECRET instead", err)
	}
	random := make([]byte, 33)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	secret := base64.StdEncoding.EncodeToString(random)
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep a secret: %w: set AUTH_SECRET instead", err)
	}
	fmt.Fprintf(out, "quickstart: AUTH_SECRET is not set: made one and kept it in %s\n", file)
	return secret, nil
}
