package authent

import (
	"fmt"
	"path/filepath"

	"github.com/authent/authent/authent/internal/seal"
)

// devSecretFile is where development keeps a secret if none is set: under the working
// directory, since the secret belongs to one application and should go away with it.
// The user's cache folder would give all applications one secret, and many containers
// have no such folder.
var devSecretFile = filepath.Join(".authent", "secret")

// lacksDevSecret reports whether New makes a secret by itself: only in development,
// and not beside an Auth.js app, which would have a different one.
func (c *Config) lacksDevSecret() bool {
	return c.URL == "" && len(c.Secrets) == 0 && !c.shared()
}

func (c *Config) validateSecrets() error {
	if c.lacksDevSecret() {
		return nil
	}
	return validateSecrets(c.Secrets)
}

// keepDevSecret sets a secret in development if there is none: that of an earlier
// start, or a new one, and then logs where it is kept.
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
