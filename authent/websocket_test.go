package authent_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// TestWebSocket: an upgrade works on the request that rolls the session. The answer
// has the cookie where the program that writes it takes the writer's header.
func TestWebSocket(t *testing.T) {
	w, request := due(t)
	upgrade := func(w http.ResponseWriter) http.Header {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		return w.Header()
	}
	mux := http.NewServeMux()
	mux.Handle("/library", websocket.Handler(func(c *websocket.Conn) { _, _ = io.Copy(c, c) }))
	mux.HandleFunc("/server", func(w http.ResponseWriter, _ *http.Request) { // as some libraries do
		upgrade(w)
		w.WriteHeader(http.StatusSwitchingProtocols)
		echo(t)(http.NewResponseController(w).Hijack())
	})
	mux.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) { // as others do
		header := upgrade(w)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err == nil {
			fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\n")
			_ = header.Write(rw)
			fmt.Fprint(rw, "\r\n")
			err = rw.Flush()
		}
		echo(t)(conn, rw, err)
	})
	server := served(t, 1, w.auth.RequireUser(mux))
	for _, path := range []string{"/server", "/own"} {
		r := request(server, path)
		for cookies := 1; cookies >= 0; cookies-- { // the second one does not roll the session on
			res, answered := raw(t, server, r)
			if len(res.Cookies()) != cookies || res.StatusCode != http.StatusSwitchingProtocols || answered != "hello" {
				t.Errorf("%s: %s with %d cookies, want %d, then %q", path, res.Status, len(res.Cookies()), cookies, answered)
			}
		}
	}
	before := w.dump()
	rolls := request(server, "/library")
	for range 2 { // the second one does not roll it on
		byLibrary(t, server, rolls)
	}
	if w.dump() == before {
		t.Error("no session was rolled on")
	}
}

// byLibrary sends a message and wants it back, with r's cookies.
func byLibrary(t *testing.T, server *httptest.Server, r *http.Request) {
	t.Helper()
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(server.URL, "http")+r.URL.Path, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.Header = r.Header
	conn, err := websocket.DialConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var got string
	if err := websocket.Message.Send(conn, "hello"); err != nil {
		t.Error(err)
	}
	if err := websocket.Message.Receive(conn, &got); err != nil || got != "hello" {
		t.Errorf("%q came back: %v", got, err)
	}
}

func echo(t *testing.T) func(net.Conn, *bufio.ReadWriter, error) {
	return func(conn net.Conn, rw *bufio.ReadWriter, err error) {
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		defer conn.Close()
		line, err := rw.ReadString('\n')
		if err == nil {
			fmt.Fprint(rw, line)
			err = rw.Flush()
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// raw upgrades r, sends a line and returns the answer and the line that comes back.
func raw(t *testing.T, server *httptest.Server, r *http.Request) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r = r.Clone(context.Background())
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return res, ""
	}
	fmt.Fprint(conn, "hello\n")
	line, err := in.ReadString('\n')
	if err != nil {
		t.Error(err)
	}
	return res, strings.TrimSpace(line)
}
