package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuide: each block of Go in the guide is in the example, which compiles.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/custom-adapter.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("boltstore/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		example.WriteString("\n")
		example.Write(text)
	}
	blocks := strings.Split(string(guide), "\n```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the guide has no Go")
	}
	for _, b := range blocks {
		block, _, _ := strings.Cut(b, "```")
		if !strings.Contains(example.String(), "\n"+block) {
			t.Errorf("the example does not have this block of the guide:\n%s", block)
		}
	}
}
