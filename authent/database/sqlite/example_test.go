package sqlite_test

import (
	"fmt"

	"github.com/authent/authent/authent/database/sqlite"
)

// Each call opens a database of its own, which all connections of the *sql.DB share.
func ExampleOpen() {
	for range 2 {
		db, err := sqlite.Open(":memory:")
		if err != nil {
			fmt.Println(err)
			return
		}
		defer db.Close()
		_, err = db.Exec("CREATE TABLE greeting (text TEXT); INSERT INTO greeting VALUES ('Hello')")
		var text string
		if err == nil {
			err = db.QueryRow("SELECT text FROM greeting").Scan(&text)
		}
		fmt.Println(text, err)
	}
	// Output:
	// Hello <nil>
	// Hello <nil>
}
