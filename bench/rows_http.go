package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/authent/authent/authent"
)

// sessionPath is where both servers answer who is signed in.
const sessionPath = "/auth/session"

// handler is GET /auth/session over HTTP, on connections that stay open.
func handler(_ context.Context, w *world) (*row, error) {
	return endpoint(w, "GET /auth/session over HTTP", authent.CacheConfig{})
}

// handlerCached is the same where the session is in memory, most of the time.
func handlerCached(ctx context.Context, w *world) (*row, error) {
	r, err := endpoint(w, "GET /auth/session over HTTP with a cache", cached)
	return warmed(ctx, w, r, err)
}

func endpoint(w *world, title string, cache authent.CacheConfig) (*row, error) {
	auth, err := w.newAuth(cache)
	if err != nil {
		return nil, err
	}
	return overHTTP(title, auth.Handler(), beside(auth.Handler()))
}

// bareHandler writes the same bytes over HTTP, after the same look-up, by hand.
func bareHandler(ctx context.Context, w *world) (*row, error) {
	db, err := w.plain()
	if err != nil {
		return nil, err
	}
	s, err := db.PrepareContext(ctx, w.numbered(look))
	if err != nil {
		return nil, err
	}
	auth, err := w.newAuth(authent.CacheConfig{})
	if err != nil {
		return nil, err
	}
	bare := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("authjs.session-token")
		if err != nil {
			http.Error(rw, "null", http.StatusUnauthorized)
			return
		}
		var l login
		if err := l.scan(s.QueryRowContext(r.Context(), hash(c.Value))); err != nil {
			http.Error(rw, "null", http.StatusInternalServerError)
			return
		}
		now := time.Now()
		if l.expires.Before(now) || l.user.disabledAt.Valid {
			http.Error(rw, "null", http.StatusUnauthorized)
			return
		}
		writeSession(rw, &l, c.Value, now)
	})
	r, err := overHTTP("bare handler over HTTP, prepared by hand", bare, beside(auth.Handler()))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	closeServer := r.close
	r.close = func() error { return errors.Join(closeServer(), s.Close()) }
	return r, nil
}

// beside returns the cookies that a browser has from its first visit and sends beside that
// of the session, as they stand in the Cookie header.
func beside(h http.Handler) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:3000"+sessionPath, nil))
	text := ""
	for _, c := range w.Result().Cookies() {
		text += "; " + c.Name + "=" + c.Value
	}
	return text
}

// told is what the answer tells of a session.
type told struct {
	User struct {
		Email string `json:"email"`
		Image string `json:"image"`
		Name  string `json:"name"`
	} `json:"user"`
	Expires string `json:"expires"`
}

// writeSession writes the answer of GET /auth/session.
func writeSession(rw http.ResponseWriter, l *login, token string, now time.Time) {
	var t told
	t.User.Name, t.User.Email, t.User.Image = l.user.name.String, l.user.email, l.user.image.String
	t.Expires = l.expires.UTC().Format("2006-01-02T15:04:05.000Z")
	body, err := json.Marshal(t)
	if err != nil {
		http.Error(rw, "null", http.StatusInternalServerError)
		return
	}
	http.SetCookie(rw, &http.Cookie{Name: "authjs.session-token", Value: token, Path: "/", Expires: now.Add(lifetime), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	h := rw.Header()
	h.Set("Cache-Control", "private, no-cache, no-store")
	h.Set("Content-Type", "application/json")
	h.Set("Expires", "0")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	rw.WriteHeader(http.StatusOK)
	_, _ = rw.Write(body)
}

// overHTTP serves a handler on loopback, and is the client that asks it, with a connection
// for each worker. The client reads no more of an answer than it must, so that little of
// what is measured is its own; that little is the same for every handler.
func overHTTP(title string, h http.Handler, cookies string) (*row, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	var asked [connections]*connection
	closeAll := func() error {
		for _, c := range asked {
			if c != nil {
				_ = c.Close()
			}
		}
		return server.Close()
	}
	return &row{title: title, close: closeAll, address: l.Addr().String(), does: func(ctx context.Context, worker int, k key) (_ string, err error) {
		if asked[worker] == nil {
			if asked[worker], err = dial(l.Addr().String()); err != nil {
				return "", err
			}
		}
		body, err := asked[worker].ask(k.cookie, cookies)
		if err != nil {
			return "", err
		}
		if !bytes.Contains(body, k.email) {
			return "", fmt.Errorf("%s is not who the answer names: %s", k.email, body)
		}
		return k.user, nil
	}}, nil
}

// connection is one of the client's.
type connection struct {
	net.Conn
	in       *bufio.Reader
	out, got []byte
	// head is the last answer's, for a test to look at.
	head []byte
}

func dial(address string) (*connection, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, in: bufio.NewReader(c)}, nil
}

// ask sends a request with these cookies and returns the body of the answer. It is good
// until the next one.
func (c *connection) ask(cookie, others string) ([]byte, error) {
	c.out = append(append(append(c.out[:0], "GET "+sessionPath+" HTTP/1.1\r\nHost: localhost:3000\r\nUser-Agent: "+userAgent+"\r\nAccept: */*\r\nCookie: "...), cookie...), others+"\r\n\r\n"...)
	if _, err := c.Write(c.out); err != nil {
		return nil, err
	}
	c.head = c.head[:0]
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) == 2 { // the empty line
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
		c.head = append(c.head, line...)
	}
	if !bytes.HasPrefix(c.head, []byte("HTTP/1.1 200 ")) || length < 0 {
		return nil, fmt.Errorf("the answer is %q", c.head)
	}
	if cap(c.got) < length {
		c.got = make([]byte, length)
	}
	c.got = c.got[:length]
	_, err := io.ReadFull(c.in, c.got)
	return c.got, err
}
