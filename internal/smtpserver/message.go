package smtpserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
)

// Message is a mail as it arrived.
type Message struct {
	// From and To are the envelope's.
	From string
	To   []string
	// Hello is what the client called itself; User is whom it authenticated as.
	Hello, User string
	// TLS says that it came encrypted.
	TLS bool
	// SMTPUTF8 and Body are parameters of MAIL FROM.
	SMTPUTF8 bool
	Body     string

	// Raw is the whole message, with CRLF.
	Raw []byte
	// Header is the message's. Subject has it decoded.
	Header  mail.Header
	Subject string
	// Text and HTML are the two parts, decoded, with LF.
	Text, HTML string
	// Err says why the message cannot be parsed.
	Err error
}

// Parse reads a message, without an envelope.
func Parse(raw []byte) (Message, error) {
	var m Message
	m.read(raw)
	return m, m.Err
}

func (m *Message) read(raw []byte) {
	m.Raw = raw
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Err = err
		return
	}
	m.Header = parsed.Header
	var faults []error
	m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	faults = append(faults, err, m.readPart(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), parsed.Body))
	m.Err = errors.Join(faults...)
}

func (m *Message) readPart(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.readParts(multipart.NewReader(body, params["boundary"]))
	}
	if !strings.EqualFold(params["charset"], "utf-8") {
		return fmt.Errorf("the charset of %s is %q", kind, params["charset"])
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	into := &m.Text
	switch kind {
	case "text/plain":
	case "text/html":
		into = &m.HTML
	default:
		return fmt.Errorf("a part is %s", kind)
	}
	if *into != "" {
		return fmt.Errorf("there are two parts of %s", kind)
	}
	*into = strings.ReplaceAll(string(text), "\r\n", "\n")
	return nil
}

func (m *Message) readParts(r *multipart.Reader) error {
	for {
		// The raw part still has its Content-Transfer-Encoding.
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.readPart(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}

var (
	links = regexp.MustCompile(`https?://[^\s<>"]+`)
	// code is one of 8 letters from RFC 8628's consonants, alone in its line.
	code = regexp.MustCompile(`(?m)^\s*([BCDFGHJKLMNPQRSTVWXZ]{4}-?[BCDFGHJKLMNPQRSTVWXZ]{4})\s*$`)
)

// Links returns the URLs of the text part.
func (m Message) Links() []string { return links.FindAllString(m.Text, -1) }

// Link returns the first URL of the text part, "" if there is none.
func (m Message) Link() string { return links.FindString(m.Text) }

// Code returns the code of the text part, as people type it, "" if there is none.
func (m Message) Code() string {
	if found := code.FindStringSubmatch(m.Text); found != nil {
		return found[1]
	}
	return ""
}
