// Package slots bounds how much is worked on at once.
package slots

import (
	"context"
	"errors"
)

// ErrBusy says that no slot became free in time, or that too many wait already.
var ErrBusy = errors.New("too much is being done at once; try again")

// Slots bounds how much is worked on at once (P31, P42): each piece of work takes
// one slot and gives it back. Make it with make: its capacity is how many there are.
type Slots chan struct{}

// Take waits for a slot until ctx ends, and then returns the cause of that.
func (s Slots) Take(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	default:
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Give gives back a slot that Take took.
func (s Slots) Give() { <-s }
