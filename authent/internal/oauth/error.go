package oauth

import (
	"context"
	"errors"
	"fmt"

	"github.com/authent/authent/authent/internal/slots"
)

// CancelledError reports that the person or the provider declined.
type CancelledError struct{ answered string }

// Error implements error.
func (e *CancelledError) Error() string { return e.answered }

// Is makes errors.Is(err, ErrCallback) true.
func (e *CancelledError) Is(target error) bool { return target == ErrCallback }

// Fault returns the error of a flow that cannot continue, with the reason for the
// log.
func Fault(reason string) error { return fmt.Errorf("%w: %s", ErrCallback, reason) }

// stepError makes err a fault of the provider, unless it says that the
// application is set up wrongly or is busy.
func stepError(step string, err error) error {
	if errors.Is(err, ErrSetup) || errors.Is(err, context.Canceled) || errors.Is(err, slots.ErrBusy) {
		return fmt.Errorf("%s: %w", step, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrCallback, step, err)
}

var (
	// ErrCallback says that a flow with a provider did not succeed.
	ErrCallback = errors.New("the flow with the provider did not succeed")
	// ErrSetup says that the application's settings are not those that the
	// provider knows.
	ErrSetup = errors.New("the provider is not set up")
)
