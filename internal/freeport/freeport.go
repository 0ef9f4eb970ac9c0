// Package freeport finds ports for servers that tests start as programs.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Find returns a port on 127.0.0.1 that nobody listens on. It is below those that
// the system hands out when a program asks for any port, so that no other program
// gets it before yours listens there.
func Find() (int, error) {
	var err error
	for range 1000 {
		port := 10_000 + rand.IntN(20_000)
		var l net.Listener
		if l, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("freeport: %w", err)
}

// For returns such a port for a test, in decimal.
func For(t testing.TB) string {
	t.Helper()
	port, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}
