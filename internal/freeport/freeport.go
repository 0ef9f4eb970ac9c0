// Package freeport finds ports for servers that tests start as programs.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
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
