// Command passwordlist writes the list of common passwords that
// authent/internal/guessable embeds, and the licence under which it is used, from the
// npm package that holds them (make passwords):
//
//	npm pack @zxcvbn-ts/language-common@4.1.3
//	go run ./internal/passwordlist zxcvbn-ts-language-common-4.1.3.tgz
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The package, and the SHA-256 of its tarball: another one is another list.
const (
	source = "@zxcvbn-ts/language-common 4.1.3"
	digest = "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9"
)

// folder is where the list is embedded.
const folder = "authent/internal/guessable"

// shortest is how many characters a password of the list has at least. The engine takes
// none of fewer than 8; a shorter one is common with a name beside it.
const shortest = 4

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/passwordlist FILE.tgz, in the repository's root")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "passwordlist:", err)
		os.Exit(1)
	}
}

func run(tarball string) error {
	packed, err := os.ReadFile(tarball)
	if err != nil {
		return err
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(packed)); sum != digest {
		return fmt.Errorf("%s has the SHA-256 %s, want that of %s, %s", tarball, sum, source, digest)
	}
	passwords, licence, err := unpack(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	words := sorted(passwords)
	text, err := compressed(words)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("list.txt.gz holds %d of the passwords of the npm package %s\n(src/passwords.json), those of %d characters and more, sorted. Their licence:\n\n", len(words), source, shortest)
	return errors.Join(
		os.WriteFile(filepath.Join(folder, "list.txt.gz"), text, 0o644),
		os.WriteFile(filepath.Join(folder, "LICENSE"), append([]byte(head), licence...), 0o644),
	)
}

// unpack returns the passwords and the licence of the package.
func unpack(r io.Reader) (passwords []string, licence []byte, err error) {
	plain, err := gzip.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	for files := tar.NewReader(plain); ; {
		file, err := files.Next()
		switch {
		case err == io.EOF && (passwords == nil || licence == nil):
			return nil, nil, errors.New("the package lacks its passwords or its licence")
		case err == io.EOF:
			return passwords, licence, nil
		case err != nil:
			return nil, nil, err
		}
		switch file.Name {
		case "package/src/passwords.json":
			err = json.NewDecoder(files).Decode(&passwords)
		case "package/LICENSE.txt":
			licence, err = io.ReadAll(files)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
}

// sorted returns the passwords that are to be listed, each once, in lower case.
func sorted(passwords []string) []string {
	var words []string
	for _, p := range passwords {
		unfit := strings.ContainsFunc(p, func(c rune) bool { return c <= ' ' || c > '~' })
		if len(p) >= shortest && !unfit {
			words = append(words, strings.ToLower(p))
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// compressed returns one word a line. It is the same whenever it is written.
func compressed(words []string) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(w, strings.Join(words, "\n")+"\n")
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
