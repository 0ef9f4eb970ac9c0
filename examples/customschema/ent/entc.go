//go:build ignore

package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/entauth"
)

func main() {
	config := &gen.Config{Features: []gen.Feature{gen.FeaturePrivacy, gen.FeatureIntercept}}
	if err := entc.Generate("./schema", config, entc.Extensions(entauth.Extension{})); err != nil {
		log.Fatal(err)
	}
}
