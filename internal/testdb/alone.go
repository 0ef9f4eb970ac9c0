package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/authent/authent/internal/dbserver"
)

// devVariable is set only by internal/testserver, if it has started the server.
const devVariable = "AUTHENT_DEV_MYSQL_URL"

// aloneVariable is set in processes that tests of such a package start: they use
// its server.
const aloneVariable = "AUTHENT_TEST_ALONE"

// Alone runs the tests of a package that migrates databases, on a MariaDB server of
// its own if testserver has started the others' too. On MySQL the whole server has
// one lock for migrations: the tests of another package may hold it for longer than
// a command waits. It returns the process's exit code.
func Alone(m interface{ Run() int }) (code int) {
	if os.Getenv(devVariable) == "" || os.Getenv(aloneVariable) != "" {
		return m.Run()
	}
	server, err := dbserver.MariaDB(context.Background())
	if err == nil {
		defer func() {
			if err := server.Close(); err != nil {
				fmt.Fprintln(os.Stderr, "testdb:", err)
				code = max(code, 1)
			}
		}()
		err = errors.Join(os.Setenv(mysqlVariable, server.URL), os.Setenv(devVariable, server.Dev), os.Setenv(aloneVariable, "true"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testdb:", err)
		return 1
	}
	return m.Run()
}
