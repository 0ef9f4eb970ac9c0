package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// door is how long people take to come in, over HTTP.
type door struct {
	// Name is SignIn or Register, Hashing what passwords cost: stubbed or real.
	Name    string `json:"name"`
	Hashing string `json:"hashing"`
	// Limited and Unlimited are with and without limits on tries.
	Limited   time.Duration `json:"limited"`
	Unlimited time.Duration `json:"unlimited"`
	Times     int           `json:"times"`
}

// doors runs the benchmarks of sign-in and registration, which are beside the engine's
// tests: nobody else can stub the hashing.
func doors(ctx context.Context, w *world, o options, into *result) error {
	cmd := exec.CommandContext(ctx, "go", "test", "./authent", "-count=1", "-run", "^$", "-benchtime", o.doors,
		"-bench", "^Benchmark(SignIn|Register)$/^"+w.kind+"$")
	cmd.Dir = root()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	into.Doors, err = readDoors(string(out))
	return err
}

// readDoors reads what go test printed:
//
//	BenchmarkSignIn/sqlite/hashing_real-2   200   45000000 ns/op   22000 µs/limited   21900 µs/unlimited
func readDoors(text string) (all []door, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		path := strings.Split(strings.TrimPrefix(words[0], "Benchmark"), "/")
		if len(path) != 3 || len(words) < 2 {
			return nil, fmt.Errorf("go test printed %q", line)
		}
		hashing, _, _ := strings.Cut(strings.TrimPrefix(path[2], "hashing_"), "-")
		d := door{Name: path[0], Hashing: hashing}
		if d.Times, err = strconv.Atoi(words[1]); err != nil {
			return nil, fmt.Errorf("go test printed %q", line)
		}
		for i := 2; i+1 < len(words); i += 2 {
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("go test printed %q", line)
			}
			switch took := time.Duration(value * float64(time.Microsecond)); words[i+1] {
			case "µs/limited":
				d.Limited = took
			case "µs/unlimited":
				d.Unlimited = took
			}
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, errors.New("go test ran no benchmark of the doors")
	}
	return all, nil
}
