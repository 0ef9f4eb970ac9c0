package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/authent/authent/internal/dbserver"
)

// servers are the database servers around the tests.
type servers struct {
	names   []string
	urls    []string
	started []*dbserver.Server
}

// kinds are the servers that tests want, and how tests find them.
var kinds = []struct {
	name, variable, dev string
	start               func(context.Context, ...string) (*dbserver.Server, error)
}{
	{"postgres", "AUTHENT_TEST_POSTGRES_URL", "AUTHENT_DEV_POSTGRES_URL", dbserver.Postgres},
	{"mariadb", "AUTHENT_TEST_MYSQL_URL", "AUTHENT_DEV_MYSQL_URL", dbserver.MariaDB},
}

func startServers(ctx context.Context) (*servers, error) {
	s := &servers{names: []string{"sqlite"}}
	for _, kind := range kinds {
		if os.Getenv(kind.variable) != "" {
			s.names = append(s.names, kind.name)
			continue
		}
		server, err := kind.start(ctx)
		if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
			fmt.Fprintf(os.Stderr, "testserver: no %s: %v: its tests will be skipped; make deps installs it on Debian\n", kind.name, err)
			continue
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", kind.name, err), s.close())
		}
		s.names = append(s.names, kind.name)
		s.urls = append(s.urls, kind.variable+"="+server.URL, kind.dev+"="+server.Dev)
		s.started = append(s.started, server)
	}
	return s, nil
}

// env returns the environment for the tests.
func (s *servers) env() []string { return append(os.Environ(), s.urls...) }

func (s *servers) close() error {
	var errs []error
	for _, server := range s.started {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}
