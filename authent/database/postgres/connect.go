package postgres

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// server is where connections lead to.
type server struct {
	config pq.Config
	// second is tried where the server refuses config: without TLS where it has none,
	// with TLS where it wants some. If nil, config alone is.
	second *pq.Config
	// hears is whether its connections can be hushed.
	hears bool
}

// newServer reads the configuration of connections from the URL.
func newServer(u *serverurl.URL) (server, error) {
	with := func(mode string) (pq.Config, error) {
		query, address := maps.Clone(u.Params), *u.URL
		query.Set("sslmode", mode)
		address.RawQuery = query.Encode()
		config, err := pq.NewConfig(address.String())
		if u.Params.Has("sslmode") {
			config.SSLMode = stronger(config, pq.SSLMode(mode))
		}
		return config, err
	}
	ways := map[string][2]string{"prefer": {"require", "disable"}, "allow": {"disable", "require"}}
	mode := u.Params.Get("sslmode")
	both, ok := ways[mode]
	if !ok {
		config, err := with(cmp.Or(mode, "require"))
		return server{config: config}, err
	}
	first, err := with(both[0])
	if err != nil {
		return server{}, err
	}
	second, err := with(both[1])
	return server{config: first, second: &second}, err
}

// strength orders the modes; what an application has registered itself counts most.
var strength = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

// stronger returns the mode that counts where the URL asks for one and a service's file
// for another; the driver would let the file win. Nothing is encrypted on a Unix socket.
func stronger(config pq.Config, asked pq.SSLMode) pq.SSLMode {
	rank := func(mode pq.SSLMode) int {
		if i := slices.Index(strength, string(mode)); i >= 0 {
			return i
		}
		return len(strength)
	}
	if socket := !config.Hostaddr.IsValid() && isSocket(config.Host); socket || rank(asked) <= rank(config.SSLMode) {
		return config.SSLMode
	}
	return asked
}

// connect makes a connection with the configuration that change has changed.
func (s server) connect(ctx context.Context, change func(*pq.Config)) (*conn, error) {
	if s.second != nil {
		return s.byTurns(ctx, change)
	}
	return s.open(ctx, s.config, change)
}

// open makes one connection. It ends with its context, which the driver does not
// look at once it has dialled.
func (s server) open(ctx context.Context, config pq.Config, change func(*pq.Config)) (*conn, error) {
	config = config.Clone()
	change(&config)
	c, err := pq.NewConnectorConfig(config)
	if err != nil {
		return nil, err
	}
	d := &dialer{hears: s.hears}
	c.Dialer(d)
	stop := context.AfterFunc(ctx, d.hangUp)
	next, err := c.Connect(ctx)
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		d.hangUp()
		return nil, oneLine{hungUp(err)}
	}
	d.connected.Store(true)
	conn := &conn{dialer: d}
	var ok bool
	if conn.connection, ok = next.(connection); !ok {
		return nil, errors.Join(errors.New("postgres: the driver's connections lack a method that is needed here: use the version of the driver that authent's go.mod names"), next.Close())
	}
	return conn, nil
}

// hungUp adds to the driver's bare EOF that the server, or a proxy in its place, hung up
// while a connection was being made.
func hungUp(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	return err
}

// oneLine is an error that may tell of several hosts, each on a line of its own.
type oneLine struct{ error }

// Error implements error.
func (o oneLine) Error() string {
	return strings.ReplaceAll(strings.ReplaceAll(o.error.Error(), ":\n", ": "), "\n", "; ")
}

// Unwrap gives the errors.
func (o oneLine) Unwrap() error { return o.error }
