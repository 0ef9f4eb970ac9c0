# For the Atlas command line (its community build will do), beside cmd/migrate:
#
#   atlas migrate status --env postgres
#
# DATABASE_URL is as everywhere else. DEV_DATABASE_URL names an empty database of
# the same kind, to replay migrations in; without it Atlas starts one in Docker.

locals {
  url = getenv("DATABASE_URL")
  dev = getenv("DEV_DATABASE_URL")
}

env "sqlite" {
  src = "file://migrations/schema/sqlite.sql"
  url = regexreplace(local.url, "^(file|sqlite):(//)?", "sqlite://")
  dev = "sqlite://dev?mode=memory"
  migration {
    dir = "file://migrations/sqlite"
  }
}

# Without search_path Atlas looks for its history in a schema of its own.
env "postgres" {
  src = "file://migrations/schema/postgres.sql"
  url = urlqueryset(local.url, "search_path", "public")
  dev = local.dev == "" ? "docker://postgres/15/dev?search_path=public" : urlqueryset(local.dev, "search_path", "public")
  migration {
    dir = "file://migrations/postgres"
  }
}

env "mysql" {
  src = "file://migrations/schema/mysql.sql"
  url = local.url
  dev = local.dev == "" ? "docker://maria/10.11/dev" : local.dev
  migration {
    dir = "file://migrations/mysql"
  }
}
