package migrate

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
)

// adviceError is an error together with what to do about it.
type adviceError struct {
	error
	do string
}

func (e adviceError) Error() string {
	text := e.error.Error()
	if strings.Contains(text, "\n") {
		return text + "\n  " + e.do
	}
	return text + ": " + e.do
}

// Unwrap returns the error without the advice.
func (e adviceError) Unwrap() error { return e.error }

// advised adds to an error what to do about it, if that is known.
func advised(err error) error {
	if _, done := errors.AsType[adviceError](err); done || err == nil {
		return err
	}
	if do := adviceFor(err); do != "" {
		return adviceError{err, do}
	}
	return err
}

func adviceFor(err error) string {
	state, number, result := codes(err)
	text := err.Error()
	if failed, ok := errors.AsType[*StatementError](err); ok {
		text = failed.Err.Error() // The statement itself, which the error quotes, must not match.
	}
	for _, a := range advice {
		known := contains(a.states, state) || contains(a.numbers, number) || contains(a.results, result) || contains(a.results, result&0xff)
		if a.text != nil {
			known = (known || a.states == nil && a.numbers == nil && a.results == nil) && a.text.MatchString(text)
		}
		if known {
			return a.do
		}
	}
	if do := unreached(err); do != "" {
		return do
	}
	if wasLost(err) {
		return lost
	}
	return ""
}

// unreached says what to do if no server was reached, or not in the way that was asked
// for.
func unreached(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the server's certificate is for another name: write that as the host in the URL"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return untrusted
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "check the host in the URL: there is no such name"
	}
	e, ok := errors.AsType[*net.OpError](err)
	switch {
	case ok && e.Timeout():
		return "the server does not answer: check the host and port of the URL, and what may be in the way (a firewall, or a list of allowed addresses)"
	case ok && e.Op == "dial":
		return "check that the database is running, and the host and port of the URL"
	}
	return ""
}

// wasLost reports whether an established connection broke.
func wasLost(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op != "dial"
	}
	// go-sql-driver's ErrInvalidConn can be recognised only by its text.
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

// codes returns the error codes that drivers give. No driver is linked for it.
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
		result = e.Code()
	}
	return state, mysqlNumber(err), result
}

// mysqlNumber returns the number of a *mysql.MySQLError, which has no method for it.
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
