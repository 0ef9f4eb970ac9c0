// Package interop has tests that run authent against other people's programs, as
// they are on npm. It exports nothing. The programs are pinned in package.json;
// make deps installs them.
package interop
