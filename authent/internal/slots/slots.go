// Package slots bounds how much work is done at once.
package slots

import (
	"context"
	"errors"
)

// ErrBusy says that no slot became free in time, or that too many wait already.
var ErrBusy = errors.New("the server is busy; try again")

// Slots bounds how much work is done at once (P31, P42): each piece of work takes
// one slot and gives it back. Make it with make; its capacity is how many slots
// there are.
type Slots chan struct{}

// Take waits for a slot. If ctx ends first, it returns the cause.
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
