package oauth

import (
	"context"
	"errors"
	"fmt"

	"github.com/authent/authent/authent/internal/slots"
)

// CancelledError tells that the person, or the provider, did not want to.
type CancelledError struct{ answered string }

// Error implements error.
func (e *CancelledError) Error() string { return e.answered }

// Is makes errors.Is(err, ErrCallback) true.
func (e *CancelledError) Is(target error) bool { return target == ErrCallback }

// Fault is a flow that cannot go on, for a reason that the log is told.
func Fault(reason string) error { return fmt.Errorf("%w: %s", ErrCallback, reason) }

// stepError is a fault of the provider's, unless it says that the application
// is not set up as it should be, or is busy.
func stepError(step string, err error) error {
	if errors.Is(err, ErrSetup) || errors.Is(err, context.Canceled) || errors.Is(err, slots.ErrBusy) {
		return fmt.Errorf("%s: %w", step, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrCallback, step, err)
}

var (
	// ErrCallback says that a flow with a provider did not succeed.
	ErrCallback = errors.New("the flow with the provider did not succeed")
	// ErrSetup says that the application is not set up as the provider knows it.
	ErrSetup = errors.New("the provider is not set up")
)
