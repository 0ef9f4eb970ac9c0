package mixin_test

import (
	"cmp"
	"fmt"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// User is a schema of the application's own, in ent/schema/user.go.
type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Fields() []ent.Field {
	return []ent.Field{field.String("phone").Optional()}
}

// A schema has the fields of authent, and adds its own.
func ExampleUser() {
	for _, m := range (User{}).Mixin() {
		for _, f := range m.Fields() {
			fmt.Print(f.Descriptor().Name, " ")
		}
	}
	for _, f := range (User{}).Fields() {
		fmt.Println("+", f.Descriptor().Name)
	}
	// Output: id name email email_verified image password role disabled_at created_at updated_at + phone
}

// With a layout the same fields have the columns of another program's table.
func ExampleLayout() {
	for _, layout := range []*mixin.Layout{nil, mixin.Prisma, mixin.Drizzle} {
		var columns []string
		for _, f := range (mixin.Session{Layout: layout}).Fields() {
			columns = append(columns, cmp.Or(f.Descriptor().StorageKey, f.Descriptor().Name))
		}
		fmt.Println(strings.Join(columns, " "))
	}
	// Output:
	// id session_token user_id expires created_at last_used_at ip_address user_agent amr aal authenticated_at
	// id session_token user_id expires
	// sessionToken userId expires
}
