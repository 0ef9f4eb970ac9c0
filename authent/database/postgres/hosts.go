package postgres

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// setHosts writes the hosts of the URL as the driver's parameters: it takes a list
// in no other form, keeps the brackets of an IPv6 address, and of a host that is
// given twice uses either.
func setHosts(u *serverurl.URL) {
	var names, ports []string
	some := false
	for _, h := range u.Hosts {
		names = append(names, cmp.Or(h.Name, "localhost"))
		ports = append(ports, cmp.Or(h.Port, "5432"))
		some = some || h.Port != ""
	}
	if !u.Params.Has("host") && names != nil {
		u.Params.Set("host", strings.Join(names, ","))
	}
	if !u.Params.Has("port") && some {
		u.Params.Set("port", strings.Join(ports, ","))
	}
	// Without a path it would not look like a URL any more.
	u.Host, u.Path = "", cmp.Or(u.Path, "/")
}

// hosts returns the hosts that are dialled, by name and by address.
func hosts(q url.Values) (names, addresses []string) {
	names = strings.Split(cmp.Or(q.Get("host"), os.Getenv("PGHOST")), ",")
	if list := cmp.Or(q.Get("hostaddr"), os.Getenv("PGHOSTADDR")); list != "" {
		addresses = strings.Split(list, ",")
	}
	return names, addresses
}

// checkHosts refuses sockets among other hosts: the driver encrypts connections to
// all of them or to none, as the first one is.
func checkHosts(q url.Values) error {
	names, _ := hosts(q)
	if slices.ContainsFunc(names, isSocket) && slices.ContainsFunc(names, func(name string) bool { return !isSocket(name) }) {
		return errors.New("postgres: the URL lists a Unix socket beside other hosts: write localhost for it")
	}
	return nil
}

func isSocket(name string) bool { return strings.HasPrefix(name, "/") || strings.HasPrefix(name, "@") }

// local reports whether all servers are on this machine, where nobody listens in.
func local(q url.Values) bool {
	names, addresses := hosts(q)
	for i := range max(len(names), len(addresses)) {
		name := ""
		if i < len(addresses) {
			name = addresses[i]
		}
		if name == "" && i < len(names) {
			name = names[i]
		}
		ip := net.ParseIP(name)
		if name != "" && name != "localhost" && !isSocket(name) && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// byTurns connects as the first of the two ways, and where that is not to be had as
// the second, to each host in turn. The driver's own ways to prefer or allow
// TLS leave their first connection open, and ask a server that does not answer twice.
func (s server) byTurns(ctx context.Context, change func(*pq.Config)) (*conn, error) {
	wanted := []pq.TargetSessionAttrs{s.config.TargetSessionAttrs}
	if wanted[0] == pq.TargetSessionAttrsPreferStandby {
		wanted = []pq.TargetSessionAttrs{pq.TargetSessionAttrsStandby, pq.TargetSessionAttrsAny}
	}
	first, second := each(s.config), each(*s.second)
	order := rand.Perm(len(first))
	if s.config.LoadBalanceHosts != pq.LoadBalanceHostsRandom {
		slices.Sort(order)
	}
	var errs []error
	for _, attrs := range wanted {
		for _, i := range order {
			first[i].TargetSessionAttrs, second[i].TargetSessionAttrs = attrs, attrs
			conn, err := s.open(ctx, first[i], change)
			if s.wantsOther(err) {
				conn, err = s.open(ctx, second[i], change)
			}
			if err == nil {
				return conn, nil
			}
			if len(first) == 1 && len(wanted) == 1 {
				return nil, err
			}
			errs = append(errs, err)
		}
	}
	return nil, oneLine{errors.Join(errs...)}
}

// wantsOther reports whether a server wants the other way: it has no TLS, or, asked
// without, its pg_hba.conf has no line for such connections (28000).
func (s server) wantsOther(err error) bool {
	if errors.Is(err, pq.ErrSSLNotSupported) {
		return true
	}
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == "28000" && s.config.SSLMode == pq.SSLModeDisable
}

// each returns one configuration for each host.
func each(config pq.Config) []pq.Config {
	all := []pq.Config{config.Clone()}
	for _, m := range config.Multi {
		one := config.Clone()
		one.Host, one.Hostaddr, one.Port = m.Host, m.Hostaddr, m.Port
		all = append(all, one)
	}
	for i := range all {
		all[i].Multi = nil
	}
	return all
}
