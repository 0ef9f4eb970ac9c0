package smtpserver

import (
	"bytes"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is a step of an SMTP session, named for what the client has just done.
type Stage string

// The stages, in their order. The server can only Hang or Close at those of which the
// comment says so.
const (
	// Connect is before the greeting. Hang, Close.
	Connect Stage = "connect"
	// Hello is EHLO or HELO. It comes again after STARTTLS.
	Hello Stage = "EHLO"
	// Handshake is that of TLS, whichever way it begins. Hang, Close.
	Handshake Stage = "TLS"
	// Auth is the user and password.
	Auth Stage = "AUTH"
	// Mail is MAIL FROM.
	Mail Stage = "MAIL"
	// Rcpt is RCPT TO.
	Rcpt Stage = "RCPT"
	// Data is DATA, before the message; without TLS only. Hang, Close.
	Data Stage = "DATA"
	// Half is after a part of the message. Hang, Close.
	Half Stage = "half a message"
	// End is after the message.
	End Stage = "end of DATA"
	// After is after the server has said that it took the message. Hang, Close.
	After Stage = "after the mail"
	// Quit is QUIT; without TLS only. Hang, Close.
	Quit Stage = "QUIT"
)

// Behaviour is what the server does at a stage.
type Behaviour struct {
	// Code and Text are its answer: Code is 4xx or 5xx, Text may begin with an enhanced
	// code. If Code is 0, it goes on.
	Code int
	Text string
	// Times is how often it does so, before it behaves well. If 0, always.
	Times int
	// Hang says that it answers nothing, and keeps the connection.
	Hang bool
	// Close says that it closes the connection.
	Close bool
}

// Some behaviours that real servers have.
var (
	// Refuses is for a mailbox that does not exist, at Rcpt.
	Refuses = Behaviour{Code: 550, Text: "5.1.1 No such mailbox"}
	// Greylists is the first answer to a sender not seen before, at Rcpt.
	Greylists = Behaviour{Code: 451, Text: "4.7.1 Greylisted, try again later", Times: 1}
	// Busy is an overloaded server's.
	Busy = Behaviour{Code: 421, Text: "4.3.2 Too busy"}
	// Hangs is a server that has stopped.
	Hangs = Behaviour{Hang: true}
	// Closes is a server that crashes.
	Closes = Behaviour{Close: true}
)

// act counts that a client came to a stage, and misbehaves if it is to.
func (s *Server) act(stage Stage, conn net.Conn) error {
	s.mu.Lock()
	s.reached[stage]++
	b := s.at[stage]
	if b.Times > 0 {
		next := b
		if next.Times--; next.Times == 0 {
			next = Behaviour{}
		}
		s.at[stage] = next
	}
	s.mu.Unlock()
	switch {
	case b.Hang:
		<-s.closed
		return net.ErrClosed
	case b.Close:
		_ = conn.Close()
		return net.ErrClosed
	case b.Code != 0:
		// Text has the enhanced code, if any.
		return &smtp.SMTPError{Code: b.Code, EnhancedCode: smtp.NoEnhancedCode, Message: b.Text}
	}
	return nil
}

// listener accepts connections that misbehave.
type listener struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, server: l.server}, nil
}

// conn misbehaves where go-smtp has no hook: it sees the answers as they are written, one
// at a time, as long as they are not encrypted.
type conn struct {
	net.Conn
	server *Server
	greet  sync.Once
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	var err error
	c.greet.Do(func() { err = c.server.act(Connect, c.Conn) })
	switch {
	case err != nil:
	case bytes.HasPrefix(p, []byte("354 ")):
		err = c.server.act(Data, c.Conn)
	case bytes.HasPrefix(p, []byte("221 ")):
		err = c.server.act(Quit, c.Conn)
	case c.server.config.No8BITMIME && bytes.Equal(p, []byte("250-8BITMIME\r\n")):
		return len(p), nil
	}
	if err != nil {
		return 0, err
	}
	if c.server.config.Pause == 0 {
		return c.Conn.Write(p)
	}
	for i := range p {
		select {
		case <-time.After(c.server.config.Pause):
		case <-c.server.closed:
			return i, net.ErrClosed
		}
		if _, err := c.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}
