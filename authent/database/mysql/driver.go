package mysql

import (
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// OpenDriver opens the database that rawURL names, as Open does, and returns it as a
// driver for ent:
//
//	driver, err := mysql.OpenDriver(url)
//	client := ent.NewClient(ent.Driver(driver))
//
// driver.DB() is the *sql.DB, for migrations and queries of your own. Closing one of the
// client, the driver and the *sql.DB closes all three: close the client, and nothing else.
// The errors are those of Open.
func OpenDriver(rawURL string) (*entsql.Driver, error) {
	db, err := Open(rawURL)
	if err != nil {
		return nil, err
	}
	return entsql.OpenDB(dialect.MySQL, db), nil
}
