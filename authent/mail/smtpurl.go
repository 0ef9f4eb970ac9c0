package mail

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/input"
)

// server is what EMAIL_SERVER says.
type server struct {
	host string
	port int
	// implicit says that TLS begins with the first byte.
	implicit bool
	// user and password are "" where there is nothing to authenticate with.
	user, password string
}

// local says that the server is this machine.
func (s server) local() bool { return input.IsLoopbackServer(s.address()) }

// address returns host and port, which are no secret.
func (s server) address() string {
	host := s.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(s.port)
}

// errURL shows no part of the URL: where a character is not escaped, a part of the password
// stands in any place.
var errURL = errors.New("URL (EMAIL_SERVER) is not of the form smtp://user:password@host:port or smtps://…: " +
	"write @ : / ? # % and spaces in user and password as %40 %3A %2F %3F %23 %25 %20")

// parseServer reads a URL as nodemailer takes it, less the options.
func parseServer(raw authent.Secret) (server, error) {
	u, err := url.Parse(string(raw))
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return server{}, errURL
	}
	s := server{host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.implicit = 465, true
	default:
		return server{}, errURL
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return server{}, errURL
		}
		s.port = int(port)
	}
	if s.port == 465 && !s.implicit {
		return server{}, errors.New("URL (EMAIL_SERVER) has port 465, where TLS begins with the first byte: write smtps:// for smtp://")
	}
	if err := checkOptions(u); err != nil {
		return server{}, err
	}
	if u.User != nil {
		password, ok := u.User.Password()
		if s.user, s.password = u.User.Username(), password; s.user == "" || !ok {
			return server{}, errors.New("URL (EMAIL_SERVER) has a user without a password or the reverse: write both, as user:password@, or neither")
		}
	}
	return s, nil
}

const leaveOut = "leave it out: "

// options says what to do about each of nodemailer's.
var options = map[string]string{
	"secure":                 leaveOut + "smtps:// is TLS from the first byte, smtp:// is STARTTLS",
	"requireTLS":             leaveOut + "TLS is required, unless the server is on this machine",
	"ignoreTLS":              leaveOut + "TLS is required, unless the server is on this machine",
	"opportunisticTLS":       leaveOut + "TLS is required, unless the server is on this machine",
	"tls.rejectUnauthorized": leaveOut + "certificates are checked; for one of your own authority, set SMTPConfig.RootCAs",
	"tls.ca":                 leaveOut + "set SMTPConfig.RootCAs",
	"tls.servername":         leaveOut + "write that name as the host, and set SMTPConfig.Dial if it leads elsewhere",
	"tls.minVersion":         leaveOut + "it is TLS 1.2",
	"tls.ciphers":            leaveOut + "Go's are used",
	"connectionTimeout":      leaveOut + "set SMTPConfig.Timeout",
	"greetingTimeout":        leaveOut + "set SMTPConfig.Timeout",
	"socketTimeout":          leaveOut + "set SMTPConfig.Timeout",
	"dnsTimeout":             leaveOut + "set SMTPConfig.Timeout",
	"proxy":                  leaveOut + "set SMTPConfig.Dial",
	"localAddress":           leaveOut + "set SMTPConfig.Dial",
	"name":                   leaveOut + "the server is greeted with the domain of From",
	"authMethod":             leaveOut + "it follows from what the server offers",
	"service":                "write the host of that service in its place",
	"pool":                   leaveOut + "each mail has a connection of its own",
	"maxConnections":         leaveOut + "each mail has a connection of its own",
	"maxMessages":            leaveOut + "each mail has a connection of its own",
	"logger":                 leaveOut + "failures are logged",
	"debug":                  leaveOut + "failures are logged",
}

// checkOptions refuses options of nodemailer. An unknown one is not named, since it may be
// the end of a password.
func checkOptions(u *url.URL) error {
	if u.RawQuery == "" && !u.ForceQuery {
		return nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errURL
	}
	var faults []string
	for name := range query {
		advice, ok := options[name]
		if !ok {
			return errors.New(`URL (EMAIL_SERVER) has an option that is not known, after "?": leave it out; if the "?" is of user or password, write it as %3F`)
		}
		faults = append(faults, name+" ("+advice+")")
	}
	if len(faults) == 0 {
		return errURL
	}
	slices.Sort(faults)
	return fmt.Errorf("URL (EMAIL_SERVER) has options, which are not taken: %s", strings.Join(faults, "; "))
}
