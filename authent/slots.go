package authent

import "context"

// slots bounds how much is worked on at once (P31, P42): each piece of work takes
// one and gives it back.
type slots chan struct{}

// take waits for a slot until ctx ends, whose cause it then returns.
func (s slots) take(ctx context.Context) error {
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

func (s slots) give() { <-s }
