package authenttest_test

import (
	"testing"

	"github.com/authent/authent/authent/authenttest"
)

func TestMemoryAdapter(t *testing.T) {
	authenttest.Run(t, func(testing.TB) authenttest.Subject {
		return authenttest.Subject{Adapter: authenttest.NewMemoryAdapter()}
	})
}
