package dbserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
)

// link is the way from a standby to its primary. It ends with the process that
// runs it, whatever was held.
type link struct {
	listener net.Listener
	primary  string
	held     atomic.Bool
}

// newLink listens until it is closed, and leads to primary.
func newLink(ctx context.Context, primary *Server) (*link, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, primary: "127.0.0.1:" + strconv.Itoa(primary.Port)}
	go l.serve()
	return l, nil
}

// url returns rawURL, which is the primary's, changed to lead through the link.
func (l *link) url(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", errors.New("dbserver: the primary's URL cannot be parsed")
	}
	u.Host = l.listener.Addr().String()
	u.RawQuery = "application_name=" + standbyName
	return u.String(), nil
}

func (l *link) serve() {
	for {
		standby, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.join(standby)
	}
}

// join carries one connection until one of its ends closes.
func (l *link) join(standby net.Conn) {
	defer standby.Close()
	primary, err := (&net.Dialer{}).Dial("tcp", l.primary)
	if err != nil {
		return
	}
	go func() {
		defer primary.Close()
		_, _ = io.Copy(primary, standby)
	}()
	_, _ = io.Copy(gate{l, standby}, primary)
}

// gate lets nothing pass to a standby while the link is held.
type gate struct {
	link    *link
	standby net.Conn
}

// Write implements io.Writer.
func (g gate) Write(b []byte) (int, error) {
	if g.link.held.Load() {
		return len(b), nil
	}
	return g.standby.Write(b)
}
