// Package freeport finds ports for servers that tests start as programs.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Find returns a port that nobody listens on, on 127.0.0.1. It is below those that
// the system gives to whoever asks for any, so that nobody else is given it before
// the program listens there.
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
