package authent

import (
	"fmt"
	"path/filepath"

	"github.com/authent/authent/authent/internal/seal"
)

// devSecretFile is where development keeps a secret that nobody has set: under the
// working directory, since it belongs to one application and is to go with it. A cache
// folder of the user's would give all applications one secret, and many containers
// have none.
var devSecretFile = filepath.Join(".authent", "secret")

// lacksDevSecret reports whether New makes a secret by itself: in development alone,
// and not beside an Auth.js app, which would have another one.
func (c *Config) lacksDevSecret() bool {
	return c.URL == "" && len(c.Secrets) == 0 && !c.shared()
}

func (c *Config) validateSecrets() error {
	if c.lacksDevSecret() {
		return nil
	}
	return validateSecrets(c.Secrets)
}

// keepDevSecret gives a development without a secret the one of its earlier starts, or
// a new one, and tells where that is kept.
func (c *Config) keepDevSecret() error {
	if !c.lacksDevSecret() {
		return nil
	}
	file, err := filepath.Abs(devSecretFile)
	if err != nil {
		file = devSecretFile
	}
	secret, made, err := seal.KeepSecret(file, c.Rand)
	if err != nil {
		return fmt.Errorf("keep a secret for development: %w: set AUTH_SECRET instead (openssl rand -base64 33)", err)
	}
	c.Secrets = []string{secret}
	if made {
		c.Logger.Info("authent: AUTH_SECRET is not set: made a secret for development and kept it", "file", file)
	}
	return nil
}
