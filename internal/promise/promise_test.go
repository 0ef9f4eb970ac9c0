package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTableIsFresh: SECURITY.md names the tests that there are.
func TestTableIsFresh(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := rewrite(root, string(text))
	if err != nil {
		t.Fatal(err)
	}
	if fresh != string(text) {
		t.Error("SECURITY.md is stale: run make security")
	}
}
