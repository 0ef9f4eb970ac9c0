package testdb

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Gate stands between an application and its database server, on loopback. It
// lets everything pass until a test cuts the way or freezes it.
type Gate struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	changed *sync.Cond
	state   gateState
	open    map[net.Conn]bool
}

type gateState int

const (
	gateOpen gateState = iota
	gateCut
	gateFrozen
)

// Gate starts a gate in front of the server of a DATABASE_URL, and returns the
// URL that leads through it. It ends with t. SQLite has no server.
func (k Kind) Gate(t testing.TB, rawURL string) (string, *Gate) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal("testdb: the URL cannot be parsed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{listener: l, server: u.Host, open: map[net.Conn]bool{}}
	g.changed = sync.NewCond(&g.mu)
	go g.accept()
	t.Cleanup(func() {
		_ = l.Close()
		g.set(gateCut)
	})
	u.Host = l.Addr().String()
	return u.String(), g
}

// Cut breaks all connections and refuses new ones.
func (g *Gate) Cut() { g.set(gateCut) }

// Freeze keeps all connections, and lets nothing pass: neither on them nor on new
// ones.
func (g *Gate) Freeze() { g.set(gateFrozen) }

// Open lets everything pass again. What waited on a frozen connection arrives.
func (g *Gate) Open() { g.set(gateOpen) }

func (g *Gate) set(s gateState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = s
	if s == gateCut {
		for c := range g.open {
			_ = c.Close()
		}
		clear(g.open)
	}
	g.changed.Broadcast()
}

func (g *Gate) accept() {
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		if !g.keep(c) {
			continue
		}
		go g.serve(c)
	}
}

// keep remembers a connection, or closes it if the way is cut.
func (g *Gate) keep(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == gateCut {
		_ = c.Close()
		return false
	}
	g.open[c] = true
	return true
}

func (g *Gate) serve(client net.Conn) {
	defer g.drop(client)
	if !g.pass() {
		return
	}
	server, err := net.Dial("tcp", g.server)
	if err != nil {
		return
	}
	defer g.drop(server)
	if !g.keep(server) {
		return
	}
	go func() {
		defer g.drop(client)
		g.copy(client, server)
	}()
	g.copy(server, client)
}

func (g *Gate) drop(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
	_ = c.Close()
}

// pass waits while the way is frozen and reports whether it is open.
func (g *Gate) pass() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.state == gateFrozen {
		g.changed.Wait()
	}
	return g.state == gateOpen
}

func (g *Gate) copy(to io.Writer, from io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !g.pass() {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
