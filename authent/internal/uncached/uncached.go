// Package uncached wraps a response that sets a cookie, so that no cache stores it.
package uncached

import (
	"io"
	"net/http"
	"time"
)

// Writer keeps a response that sets the session cookie out of caches, whatever the
// handler behind it says. It is a ResponseWriter with those methods that cost nothing
// to have; AsAble adds the others.
type Writer struct {
	http.ResponseWriter
	wrote bool
}

// New wraps w. It sets the header at once, for a handler that sets none and
// bypasses the wrapper.
func New(w http.ResponseWriter) *Writer {
	u := &Writer{ResponseWriter: w}
	u.Seal()
	return u
}

// Seal sets the header unless the response has been sent already.
func (u *Writer) Seal() {
	if !u.wrote {
		u.Header().Set("Cache-Control", "private, no-store")
	}
}

// begin seals a response that is about to be sent.
func (u *Writer) begin() {
	u.Seal()
	u.wrote = true
}

// WriteHeader implements http.ResponseWriter. Informational responses (RFC 9110
// §15.2) precede the final one; 101 is final, since another protocol follows it.
func (u *Writer) WriteHeader(status int) {
	u.Seal()
	u.wrote = u.wrote || status >= 200 || status == http.StatusSwitchingProtocols
	u.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (u *Writer) Write(b []byte) (int, error) {
	u.begin()
	return u.ResponseWriter.Write(b)
}

// WriteString implements io.StringWriter.
func (u *Writer) WriteString(s string) (int, error) {
	u.begin()
	return io.WriteString(u.ResponseWriter, s)
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (u *Writer) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// FlushError lets http.ResponseController flush, which sends the header unless the
// writer beneath cannot flush.
func (u *Writer) FlushError() error {
	u.Seal()
	err := u.control().Flush()
	u.wrote = u.wrote || err == nil
	return err
}

// SetReadDeadline passes http.ResponseController's call on.
func (u *Writer) SetReadDeadline(at time.Time) error { return u.control().SetReadDeadline(at) }

// SetWriteDeadline passes http.ResponseController's call on.
func (u *Writer) SetWriteDeadline(at time.Time) error { return u.control().SetWriteDeadline(at) }

// EnableFullDuplex passes http.ResponseController's call on.
func (u *Writer) EnableFullDuplex() error { return u.control().EnableFullDuplex() }

func (u *Writer) control() *http.ResponseController {
	return http.NewResponseController(u.ResponseWriter)
}
