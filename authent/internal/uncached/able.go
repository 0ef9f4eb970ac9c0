package uncached

import (
	"io"
	"net/http"
)

// Abilities of a ResponseWriter that are found by a type assertion and that not
// every one has. A wrapper must offer exactly those of the writer beneath it: with
// fewer, a WebSocket or a stream fails; with more, one is tried that cannot work.
const (
	canFlush = 1 << iota
	canHijack
	canReadFrom
	canPush
)

// AsAble returns u with the abilities of the writer beneath it.
func (u *Writer) AsAble() http.ResponseWriter { return able[abilities(u.ResponseWriter)](u) }

// abilities returns which of them w has.
func abilities(w http.ResponseWriter) int {
	can := 0
	if _, ok := w.(http.Flusher); ok {
		can |= canFlush
	}
	if _, ok := w.(http.Hijacker); ok {
		can |= canHijack
	}
	if _, ok := w.(io.ReaderFrom); ok {
		can |= canReadFrom
	}
	if _, ok := w.(http.Pusher); ok {
		can |= canPush
	}
	return can
}

// flusher goes with http.CloseNotifier, which is deprecated and still asked for.
type flusher struct{ u *Writer }

// Flush implements http.Flusher.
func (f flusher) Flush() { _ = f.u.FlushError() }

// CloseNotify implements http.CloseNotifier. If the writer beneath does not say
// that the browser has gone, the channel stays silent.
func (f flusher) CloseNotify() <-chan bool {
	if n, ok := f.u.ResponseWriter.(interface{ CloseNotify() <-chan bool }); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

type readerFrom struct{ u *Writer }

// ReadFrom implements io.ReaderFrom, with which the server sends a file without
// copying. If the reader gives nothing, it sends nothing, not even the header.
func (f readerFrom) ReadFrom(r io.Reader) (int64, error) {
	f.u.Seal()
	n, err := f.u.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
	f.u.wrote = f.u.wrote || n > 0
	return n, err
}

func hijackerOf(u *Writer) http.Hijacker { return u.ResponseWriter.(http.Hijacker) }

func pusherOf(u *Writer) http.Pusher { return u.ResponseWriter.(http.Pusher) }

// able has a type for each set of abilities, since Go makes no types at run time.
var able = [16]func(u *Writer) http.ResponseWriter{
	func(u *Writer) http.ResponseWriter { return u },
	canFlush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
		}{u, flusher{u}}
	},
	canHijack: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			http.Hijacker
		}{u, hijackerOf(u)}
	},
	canFlush | canHijack: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			http.Hijacker
		}{u, flusher{u}, hijackerOf(u)}
	},
	canReadFrom: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			readerFrom
		}{u, readerFrom{u}}
	},
	canFlush | canReadFrom: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			readerFrom
		}{u, flusher{u}, readerFrom{u}}
	},
	canHijack | canReadFrom: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			http.Hijacker
			readerFrom
		}{u, hijackerOf(u), readerFrom{u}}
	},
	canFlush | canHijack | canReadFrom: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			http.Hijacker
			readerFrom
		}{u, flusher{u}, hijackerOf(u), readerFrom{u}}
	},
	canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			http.Pusher
		}{u, pusherOf(u)}
	},
	canFlush | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			http.Pusher
		}{u, flusher{u}, pusherOf(u)}
	},
	canHijack | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			http.Hijacker
			http.Pusher
		}{u, hijackerOf(u), pusherOf(u)}
	},
	canFlush | canHijack | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			http.Hijacker
			http.Pusher
		}{u, flusher{u}, hijackerOf(u), pusherOf(u)}
	},
	canReadFrom | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			readerFrom
			http.Pusher
		}{u, readerFrom{u}, pusherOf(u)}
	},
	canFlush | canReadFrom | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			readerFrom
			http.Pusher
		}{u, flusher{u}, readerFrom{u}, pusherOf(u)}
	},
	canHijack | canReadFrom | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			http.Hijacker
			readerFrom
			http.Pusher
		}{u, hijackerOf(u), readerFrom{u}, pusherOf(u)}
	},
	canFlush | canHijack | canReadFrom | canPush: func(u *Writer) http.ResponseWriter {
		return struct {
			*Writer
			flusher
			http.Hijacker
			readerFrom
			http.Pusher
		}{u, flusher{u}, hijackerOf(u), readerFrom{u}, pusherOf(u)}
	},
}
