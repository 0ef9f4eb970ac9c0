// Mutant proves that the tests of each promise can fail: every patch in patches/
// breaks one guard, and the tests that it names must notice.
//
//	go run ./internal/mutant            all
//	go run ./internal/mutant -run P02   those whose name matches
//
// A patch is a unified diff with a header:
//
//	# promise: P02 sign-in ends the session that the browser brought
//	# test: ./authent -run ^TestP02_
//
// and, where the tests want database servers,
//
//	# servers: PostgreSQL
//
// It is applied to copies of the files that it changes, and the tests run with go
// test -overlay: the tree is not touched and the build cache is shared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"time"
)

func main() {
	pattern := flag.String("run", "", "run only the mutants whose name matches this regular expression")
	verbose := flag.Bool("v", false, "print the output of the tests")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", *pattern, *verbose, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutant:", err)
		os.Exit(1)
	}
}

// atOnce is how many mutants run at a time.
const atOnce = 2

func run(ctx context.Context, root, pattern string, verbose bool, out io.Writer) error {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	all, err := readPatches(root)
	if err != nil {
		return err
	}
	var faults []error
	if pattern == "" {
		faults = append(faults, missing(root, all)...)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	killed := 0
	for _, p := range all {
		if !wanted.MatchString(p.name) {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			started := time.Now()
			by, output, err := p.try(ctx, root)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", p.name, err))
				fmt.Fprintf(out, "%-28s NOT KILLED in %.1fs: %v\n", p.name, time.Since(started).Seconds(), err)
			} else {
				killed++
				fmt.Fprintf(out, "%-28s killed by %s in %.1fs\n", p.name, by, time.Since(started).Seconds())
			}
			if verbose || err != nil {
				fmt.Fprintln(out, output)
			}
		})
	}
	wg.Wait()
	fmt.Fprintf(out, "mutants: %d killed, %d faults\n", killed, len(faults))
	return errors.Join(faults...)
}
