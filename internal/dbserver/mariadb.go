package dbserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/authent/authent/internal/freeport"
)

// MariaDB starts a MariaDB server with the options given, such as
// "--max-connections=5". Close ends it.
func MariaDB(ctx context.Context, options ...string) (*Server, error) {
	install, err := program("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	mariadbd, err := program("mariadbd", "/usr/sbin", "/usr/local/sbin", "/usr/libexec")
	if err != nil {
		return nil, err
	}
	dir, account, err := folder("authent-mariadb", "mysql", "nobody")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, name: mariadbd, stop: syscall.SIGTERM, account: account}
	if err := s.initMariaDB(ctx, install, options); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initMariaDB(ctx context.Context, install string, options []string) (err error) {
	// A starting server removes the temporary tables that it finds in its folder
	// for them, even those of another server.
	temporary := "--tmpdir=" + s.Dir
	data, users := filepath.Join(s.Dir, "data"), filepath.Join(s.Dir, "users.sql")
	err = run(ctx, s.account, s.Dir, install, "--no-defaults", "--datadir="+data, temporary, "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-log-bin", "--innodb-flush-method=nosync")
	if err != nil {
		return err
	}
	grant := fmt.Sprintf("CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS dev;\n", password)
	if err := os.WriteFile(users, []byte(grant), 0o644); err != nil {
		return err
	}
	if s.Port, err = freeport.Find(); err != nil {
		return err
	}
	s.args = append([]string{"--no-defaults", "--datadir=" + data, temporary, "--port=" + strconv.Itoa(s.Port), "--bind-address=127.0.0.1",
		"--socket=" + filepath.Join(s.Dir, "socket"), "--pid-file=" + filepath.Join(s.Dir, "pid"), "--init-file=" + users,
		"--skip-name-resolve", "--skip-log-bin", "--max-connections=600", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
		"--innodb-flush-method=nosync", "--innodb-buffer-pool-size=256M", "--max-prepared-stmt-count=200000"}, options...)
	u := url.URL{Scheme: "mysql", User: url.UserPassword("root", password), Host: "127.0.0.1:" + strconv.Itoa(s.Port), Path: "/mysql"}
	s.URL = u.String()
	u.Path = "/dev"
	s.Dev = u.String()
	return s.start(ctx)
}
