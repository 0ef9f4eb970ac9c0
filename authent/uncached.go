package authent

import (
	"io"
	"net/http"
	"time"
)

// uncached keeps a response that sets the session cookie out of caches, whatever the
// handler behind it says. It is a ResponseWriter with those methods that cost nothing
// to have; asAble adds the others.
type uncached struct {
	http.ResponseWriter
	wrote bool
}

// newUncached sets the header at once, for a handler that sets none and goes round
// the wrapper.
func newUncached(w http.ResponseWriter) *uncached {
	u := &uncached{ResponseWriter: w}
	u.seal()
	return u
}

// seal sets the header unless the response is on its way.
func (u *uncached) seal() {
	if !u.wrote {
		u.Header().Set("Cache-Control", "private, no-store")
	}
}

// begin seals a response that is about to be on its way.
func (u *uncached) begin() {
	u.seal()
	u.wrote = true
}

// WriteHeader implements http.ResponseWriter. Informational responses (RFC 9110
// §15.2) precede the final one; 101 is final, since another protocol follows it.
func (u *uncached) WriteHeader(status int) {
	u.seal()
	u.wrote = u.wrote || status >= 200 || status == http.StatusSwitchingProtocols
	u.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (u *uncached) Write(b []byte) (int, error) {
	u.begin()
	return u.ResponseWriter.Write(b)
}

// WriteString implements io.StringWriter.
func (u *uncached) WriteString(s string) (int, error) {
	u.begin()
	return io.WriteString(u.ResponseWriter, s)
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (u *uncached) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// FlushError is what http.ResponseController flushes by, which sends the header unless
// the writer beneath cannot flush.
func (u *uncached) FlushError() error {
	u.seal()
	err := u.control().Flush()
	u.wrote = u.wrote || err == nil
	return err
}

// SetReadDeadline is http.ResponseController's.
func (u *uncached) SetReadDeadline(at time.Time) error { return u.control().SetReadDeadline(at) }

// SetWriteDeadline is http.ResponseController's.
func (u *uncached) SetWriteDeadline(at time.Time) error { return u.control().SetWriteDeadline(at) }

// EnableFullDuplex is http.ResponseController's.
func (u *uncached) EnableFullDuplex() error { return u.control().EnableFullDuplex() }

func (u *uncached) control() *http.ResponseController {
	return http.NewResponseController(u.ResponseWriter)
}
