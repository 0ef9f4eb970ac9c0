package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is what one table measured, as it is kept in bench/results. The document is made
// of these alone.
type result struct {
	Database string  `json:"database"`
	Table    string  `json:"table"`
	Sessions int     `json:"sessions,omitzero"`
	Machine  machine `json:"machine"`
	// Round is how long a row's part of a round was to take.
	Round time.Duration `json:"round,omitzero"`

	Rows []measured `json:"rows,omitempty"`
	// Missing tells which rows the machine could not run, and why.
	Missing   []string       `json:"missing,omitempty"`
	Deletions []deletion     `json:"deletions,omitempty"`
	Expansion []expanded     `json:"expansion,omitempty"`
	Doors     []door         `json:"doors,omitempty"`
	Profile   *profileResult `json:"profile,omitempty"`
	Soak      *soaked        `json:"soak,omitempty"`
}

// measured is a row of a table.
type measured struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Allocations are those of one operation in this process; nil for another program.
	Allocations *float64 `json:"allocations,omitempty"`
	Versions    []string `json:"versions,omitempty"`
	Series      []series `json:"series"`
}

// series is a row with one number of workers.
type series struct {
	Workers int `json:"workers"`
	// PerOperation are the nanoseconds of each round for each of its operations.
	PerOperation []float64 `json:"perOperation"`
	// P50 and P99 are quantiles of single operations of all rounds, in nanoseconds.
	P50        int64 `json:"p50"`
	P99        int64 `json:"p99"`
	Operations int64 `json:"operations"`
}

// row returns the row with that id, nil if the table has none.
func (r *result) row(id string) *measured {
	if r == nil {
		return nil
	}
	if i := slices.IndexFunc(r.Rows, func(m measured) bool { return m.ID == id }); i >= 0 {
		return &r.Rows[i]
	}
	return nil
}

// with returns the series with so many workers, nil if there is none.
func (m *measured) with(workers int) *series {
	if m == nil {
		return nil
	}
	if i := slices.IndexFunc(m.Series, func(s series) bool { return s.Workers == workers }); i >= 0 {
		return &m.Series[i]
	}
	return nil
}

// perSecond returns how many operations a second does, the median of the rounds.
func (s *series) perSecond() float64 { return 1e9 / medianOf(s.PerOperation).Median }

// results are those of all tables that were ever measured here, by their names.
type results map[string]*result

// name is that of the table and of its file. The number of sessions belongs to it where
// that is not the usual one.
func (r *result) name() string {
	if r.Sessions == 0 || r.Sessions == usualSessions {
		return r.Database + "-" + r.Table
	}
	return fmt.Sprintf("%s-%s-%d", r.Database, r.Table, r.Sessions)
}

// readResults reads the results of a folder; there are none if it does not exist.
func readResults(folder string) (results, error) {
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return results{}, nil
	}
	if err != nil {
		return nil, err
	}
	all := results{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return nil, err
		}
		var r result
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		all[r.name()] = &r
	}
	return all, nil
}

// write keeps the result in a folder, in the place of an earlier one of its table.
func (r *result) write(folder string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, r.name()+".json"), append(text, '\n'), 0o644)
}
