package mail

import (
	"bytes"

	"github.com/authent/authent/authent"
)

// Compose returns the message of a mail as it goes to a server, from shop@example.com.
func Compose(m authent.Mail) ([]byte, error) {
	l, err := compose(sender{"Ada & Co", "shop@example.com", "example.com"}, nil, m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = l.WriteTo(&b)
	return b.Bytes(), err
}
