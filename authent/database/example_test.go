package database_test

import (
	"context"
	"fmt"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/migrations"
)

// The URL is mostly that of the environment: os.Getenv("DATABASE_URL").
func ExampleOpenDriver() {
	ctx := context.Background()
	driver, err := database.OpenDriver(":memory:")
	if err != nil {
		fmt.Println(err)
		return
	}
	client := ent.NewClient(ent.Driver(driver))
	defer client.Close() // and the database with it
	if err := migrations.Apply(ctx, driver.Dialect(), driver.DB()); err != nil {
		fmt.Println(err)
		return
	}
	client.User.Create().SetEmail("ada@example.com").SaveX(ctx)
	fmt.Println(driver.Dialect(), client.User.Query().CountX(ctx))
	// Output: sqlite3 1
}

// An error says what to write, and never shows the URL.
func ExampleDialect() {
	for _, url := range []string{"postgresql://ada:password@localhost/app", "mariadb://localhost/app", "file:./app.db", "jdbc:mysql://ada:password@localhost/app"} {
		fmt.Println(database.Dialect(url))
	}
	// Output:
	// postgres <nil>
	// mysql <nil>
	// sqlite3 <nil>
	//  database: the URL begins with jdbc: leave jdbc: out, and write user:password@ before the host
}
