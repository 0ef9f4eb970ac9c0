// This file keeps what is here out of the module's zip.
module github.com/authent/authent/examples/nextjs-prisma/web4

go 1.26.0
