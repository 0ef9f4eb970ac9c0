package entadapter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
)

// TestAgain: what may be stored later than its call returned is told once more after each
// pause.
func TestAgain(t *testing.T) {
	pauses := late
	late = []time.Duration{time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond}
	defer func() { late = pauses }()
	told := make(chan []authent.SessionChange)
	ws := &Watches{}
	ws.Add(authent.SessionWatch{Changed: func(_ context.Context, changes []authent.SessionChange) { told <- changes }})
	want := []authent.SessionChange{{UserID: "ada"}}
	ws.again(want, fmt.Errorf("update: %w", context.DeadlineExceeded))
	for range late {
		if diff := cmp.Diff(want, <-told); diff != "" {
			t.Error(diff)
		}
	}
}

// TestIsOpen: a definite answer of the server is not waited for.
func TestIsOpen(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("a constraint fails"), false}, {authent.ErrConflict, false},
		{context.Canceled, true}, {fmt.Errorf("exec: %w", context.DeadlineExceeded), true}, {authent.ErrUnavailable, true},
	} {
		if got := isOpen(test.err); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}

// TestWatchedTx: changes are gathered once each, many become all, and what still runs may
// have changed anything.
func TestWatchedTx(t *testing.T) {
	changes := func(n int) (all []authent.SessionChange) {
		for i := range n {
			all = append(all, authent.SessionChange{UserID: strconv.Itoa(i)})
		}
		return all
	}
	for name, test := range map[string]struct {
		ends    [][]authent.SessionChange
		running int
		want    []authent.SessionChange
	}{
		"nothing":     {},
		"one":         {ends: [][]authent.SessionChange{changes(1)}, want: changes(1)},
		"the same":    {ends: [][]authent.SessionChange{changes(1), changes(2), changes(1)}, want: changes(2)},
		"as many":     {ends: [][]authent.SessionChange{changes(maxGathered)}, want: changes(maxGathered)},
		"too many":    {ends: [][]authent.SessionChange{changes(maxGathered + 1)}, want: everything},
		"still more":  {ends: [][]authent.SessionChange{changes(maxGathered + 1), {{UserID: "x"}}}, want: []authent.SessionChange{{}, {UserID: "x"}}},
		"one running": {ends: [][]authent.SessionChange{changes(1)}, running: 1, want: everything},
	} {
		tx := &watchedTx{}
		for range test.running {
			tx.begin()
		}
		for _, changed := range test.ends {
			tx.begin()
			tx.end(changed)
		}
		if diff := cmp.Diff(test.want, tx.take()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
