package migrate

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
)

// advice is what to do about errors whose own words do not say it, by the codes
// of PostgreSQL (SQLSTATE), MySQL and MariaDB, and SQLite (primary result code).
var advice = []struct {
	states  []string
	numbers []int
	results []int
	do      string
}{
	{[]string{"25006"}, []int{1290, 1836}, []int{8}, "the database must be writable"},
	{[]string{"42501", "28000", "28P01"}, []int{1044, 1045, 1142, 1227, 1370}, []int{23}, "the user of DATABASE_URL needs the right to do this: grant it, or migrate as the tables' owner"},
	{[]string{"53100"}, []int{28, 1021, 1041, 1114}, []int{13}, "the disk is full: make room and apply again"},
	{nil, []int{1030}, nil, "the server's storage failed: see whether the disk is full, and in its log; then apply again"},
	{nil, nil, []int{26, 11}, "the file is not an SQLite database, or it is damaged"},
}

// advised adds to an error of the database what to do about it.
func advised(err error) error {
	if err == nil {
		return nil
	}
	state, number, result := codes(err)
	for _, a := range advice {
		if contains(a.states, state) || contains(a.numbers, number) || contains(a.results, result) {
			return fmt.Errorf("%w: %s", err, a.do)
		}
	}
	if wasLost(err) || state == "57P01" || number == 1053 || number == 1927 {
		return fmt.Errorf("%w: the connection was lost: see that the server runs, and apply again", err)
	}
	return err
}

// wasLost reports whether a connection broke that had been made.
func wasLost(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op != "dial"
	}
	// go-sql-driver's ErrInvalidConn is known by its text alone.
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "invalid connection")
}

func contains[T comparable](all []T, one T) bool {
	var zero T
	for _, x := range all {
		if x == one && one != zero {
			return true
		}
	}
	return false
}

// codes are the error's as each driver tells them; no driver is linked for it.
func codes(err error) (state string, number, result int) {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		state = e.SQLState()
	}
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		result = e.Code() & 0xff
	}
	return state, mysqlNumber(err), result
}

// mysqlNumber finds the number of a *mysql.MySQLError, which has no method for it.
func mysqlNumber(err error) int {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct && v.Type().Name() == "MySQLError" {
		if n := v.FieldByName("Number"); n.CanUint() {
			return int(n.Uint())
		}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return mysqlNumber(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if n := mysqlNumber(one); n != 0 {
				return n
			}
		}
	}
	return 0
}
