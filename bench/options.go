package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// usualSessions is how many sessions the tables have unless BENCH_SESSIONS says more: two
// of each of 10,000 users.
const usualSessions = 20_000

// options are what the environment asks for.
type options struct {
	// only are patterns of database/table, rows of rows' ids.
	only, rows []string
	// pairs is how many rounds each row has.
	pairs    int
	sessions int
	// round is how long a row's part of a round takes.
	round   time.Duration
	workers []int
	// profile is how long the profile is taken.
	profile time.Duration
	// growth are the numbers of sessions among which users are deleted.
	growth []int
	// doors is how often each door is used, as go test's -benchtime takes it.
	doors string
	// soak is for how long a mixed load goes on; 0 for not at all.
	soak time.Duration
}

// readOptions reads the environment:
//
//	BENCH_ONLY      patterns of DATABASE/TABLE, such as postgres/check,*/write; all if empty
//	BENCH_ROWS      patterns of rows' ids, such as baseline,adapter*; all if empty
//	BENCH_PAIRS     rounds of each row; 15 if empty
//	BENCH_SESSIONS  sessions in the tables, two of each user; 20000 if empty
//	BENCH_ROUND     how long a row's part of a round takes; 250ms if empty
//	BENCH_WORKERS   numbers of workers; 1,8,32 if empty
//	BENCH_GROWTH    numbers of sessions among which users are deleted;
//	                10000,100000,1000000 if empty
//	BENCH_PROFILE   how long the profile is taken; 5s if empty
//	BENCH_DOORS     how often people sign in and register; 200x if empty
//	BENCH_SOAK      for how long a mixed load goes on; without it none does
func readOptions(getenv func(string) string) (options, error) {
	get := func(name, otherwise string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return otherwise
	}
	o := options{only: list(get("BENCH_ONLY", "*/*")), rows: list(get("BENCH_ROWS", "*")), doors: get("BENCH_DOORS", "200x")}
	var errs [6]error
	if text := get("BENCH_SOAK", ""); text != "" {
		o.soak, errs[5] = duration("BENCH_SOAK", text)
	}
	o.pairs, errs[0] = number("BENCH_PAIRS", get("BENCH_PAIRS", "15"))
	o.sessions, errs[1] = number("BENCH_SESSIONS", get("BENCH_SESSIONS", strconv.Itoa(usualSessions)))
	o.round, errs[2] = duration("BENCH_ROUND", get("BENCH_ROUND", "250ms"))
	o.profile, errs[3] = duration("BENCH_PROFILE", get("BENCH_PROFILE", "5s"))
	for _, text := range list(get("BENCH_GROWTH", "10000,100000,1000000")) {
		n, err := number("BENCH_GROWTH", text)
		errs[4] = errors.Join(errs[4], err)
		o.growth = append(o.growth, n)
	}
	for _, text := range list(get("BENCH_WORKERS", "1,8,32")) {
		n, err := number("BENCH_WORKERS", text)
		if err == nil && n > connections {
			err = fmt.Errorf("BENCH_WORKERS: at most %d", connections)
		}
		errs[4] = errors.Join(errs[4], err)
		o.workers = append(o.workers, n)
	}
	for _, pattern := range slices.Concat(o.only, o.rows) {
		if _, err := path.Match(pattern, ""); err != nil {
			return o, fmt.Errorf("BENCH_ONLY, BENCH_ROWS: the pattern %q cannot be read", pattern)
		}
	}
	return o, errors.Join(errs[:]...)
}

func list(text string) []string {
	all := strings.Split(text, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func number(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s: %q is no number above 0", name, text)
	}
	return n, nil
}

func duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: %q is no duration, such as 250ms", name, text)
	}
	return d, nil
}

// wants reports whether a table is asked for.
func (o options) wants(database, table string) bool { return matches(o.only, database+"/"+table) }

// wantsRow reports whether a row is. The baseline always is: the others are compared to it.
func (o options) wantsRow(id string) bool { return id == "baseline" || matches(o.rows, id) }

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// countedAllocations is over how many operations allocations are counted.
func (o options) countedAllocations() int {
	return max(min(int(o.round/(250*time.Microsecond)), 1000), 8)
}
