//go:build ignore

package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/entauth"
)

func main() {
	if err := entc.Generate("./schema", &gen.Config{}, entc.Extensions(entauth.Extension{})); err != nil {
		log.Fatal(err)
	}
}
