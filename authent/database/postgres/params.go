package postgres

import (
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// rules are for the parameters of libpq (PostgreSQL 9 to 18), lib/pq, Prisma, pgx,
// JDBC, Rails and others, as hosts and their guides write them.
var rules = newRules()

func newRules() map[string]serverurl.Rule {
	all := map[string]serverurl.Rule{}
	for _, add := range []func(map[string]serverurl.Rule){driverRules, tlsRules, libpqRules, prismaRules, poolRules, otherRules} {
		add(all)
	}
	return all
}

// driverRules adds what lib/pq reads as it is.
func driverRules(all map[string]serverurl.Rule) {
	serverurl.AddKept(all, "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service",
		"options", "application_name", "fallback_application_name", "connect_timeout",
		"sslcert", "sslkey", "sslrootcert", "sslsni", "sslinline", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version",
		"target_session_attrs", "load_balance_hosts", "min_protocol_version", "max_protocol_version", "krbsrvname", "krbspn",
		"binary_parameters", "disable_prepared_binary_result", "client_encoding", "tz", "geqo",
		"search_path", "statement_cache", "connection_limit")
	serverurl.Add(all, serverurl.Rule{To: "dbname"}, "database")
	// Dates come in the form ISO; in which order they are read is nothing to us.
	serverurl.Add(all, serverurl.Rule{Convert: func(v string) (string, bool) {
		return "", strings.HasPrefix(strings.ToUpper(v), "ISO")
	}, Write: "leave it out, dates are always read in the form ISO"}, "datestyle", "DateStyle")
}

// modes are what values of sslmode become: libpq's, and the one of node-postgres.
var modes = map[string]string{
	"disable": "disable", "allow": "allow", "prefer": "prefer", "require": "require",
	"verify-ca": "verify-ca", "verify-full": "verify-full", "no-verify": "require",
}

// mode takes also the configurations that the application has registered with lib/pq.
func mode(value string) (string, bool) {
	if strings.HasPrefix(value, "pqgo-") {
		return value, true
	}
	to, ok := modes[strings.ToLower(value)]
	return to, ok
}

// tlsRules adds the other parameters that turn on encryption.
func tlsRules(all map[string]serverurl.Rule) {
	use := "use disable, allow, prefer, require, verify-ca or verify-full"
	serverurl.Add(all, serverurl.Rule{To: "sslmode", Convert: mode, Write: use}, "sslmode", "ssl_mode", "sslMode")
	ssl := maps.Clone(modes)
	maps.Copy(ssl, map[string]string{"true": "require", "1": "require", "on": "require", "false": "disable", "0": "disable", "off": "disable"})
	all["ssl"] = serverurl.Rule{To: "sslmode", Values: ssl, Write: "write sslmode=require or sslmode=verify-full instead"}
	all["requiressl"] = serverurl.Rule{To: "sslmode", Values: map[string]string{"1": "require", "0": "prefer"}}
	all["sslaccept"] = serverurl.Rule{To: "sslaccept", Values: map[string]string{"strict": "strict", "accept_invalid_certs": "accept_invalid_certs"}}
	all["channel_binding"] = serverurl.Rule{To: "channel_binding", Values: map[string]string{"disable": "", "prefer": "", "require": "require"}}
	all["gssencmode"] = serverurl.Rule{Values: map[string]string{"disable": "", "prefer": ""}, Write: "the driver encrypts by TLS only; write sslmode=require instead"}
	all["sslcertmode"] = serverurl.Rule{Values: map[string]string{"allow": "", "disable": ""}, Write: "leave it out, and let the server's pg_hba.conf ask for a certificate"}
	serverurl.Add(all, serverurl.Refuse("the driver reads no lists of revoked certificates; leave it out"), "sslcrl", "sslcrldir")
	all["sslpassword"] = serverurl.Refuse("the driver reads no encrypted keys; write the key without a password to a file of mode 0600 and name that with sslkey")
	all["sslidentity"] = serverurl.Refuse("the driver reads no PKCS #12 files; write sslcert and sslkey, the names of PEM files")
	all["sslkeylogfile"] = serverurl.Refuse("the driver writes no keys down; leave it out")
	all["sslfactory"] = serverurl.Rule{Values: map[string]string{"org.postgresql.ssl.nonvalidatingfactory": ""}, Write: "write sslmode and sslrootcert instead"}
	serverurl.Add(all, serverurl.Leave(), "sslcompression", "uselibpqcompat")
}

// libpqRules adds the rest of libpq's.
func libpqRules(all map[string]serverurl.Rule) {
	serverurl.Add(all, serverurl.Leave(), "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"gsslib", "gssdelegation", "tty", "authtype")
	all["require_auth"] = serverurl.Refuse("the driver answers whatever the server asks for; leave it out, and write sslmode=verify-full, so that no other server can ask")
	all["requirepeer"] = serverurl.Refuse("the driver does not look who owns a socket; leave it out")
	all["replication"] = serverurl.Rule{Values: map[string]string{"false": "", "off": "", "no": "", "0": ""}, Write: "connections for replication run no statements; leave it out"}
	all["servicefile"] = serverurl.Refuse("set PGSERVICEFILE in the environment instead")
	serverurl.Add(all, serverurl.Refuse("write the password in the URL instead"), "scram_client_key", "scram_server_key")
	serverurl.Add(all, serverurl.Refuse("the driver signs in with a password or a certificate"), "oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope")
}

// off turns the statement cache off where a library's cache has no room.
func off(value string) (string, bool) {
	if value == "0" {
		return "off", true
	}
	return "", strings.Trim(value, "0123456789") == ""
}

// unkept are modes in which pgx keeps no statements on the server.
var unkept = []string{"exec", "simple_protocol", "cache_describe", "describe_exec"}

// prismaRules adds the ways in which Prisma, pgx and others say that there is a pooler.
func prismaRules(all map[string]serverurl.Rule) {
	all["pgbouncer"] = serverurl.Rule{To: "statement_cache", Values: map[string]string{"true": "off", "false": ""}, Write: "it is neither true nor false"}
	serverurl.Add(all, serverurl.Rule{To: "statement_cache", Convert: off, Write: "use a number"},
		"statement_cache_size", "statement_cache_capacity", "prepared_statement_cache_size", "prepareThreshold", "preparedStatementCacheQueries")
	all["default_query_exec_mode"] = serverurl.Rule{To: "statement_cache", Convert: func(v string) (string, bool) {
		if slices.Contains(unkept, v) {
			return "off", true
		}
		return "", v == "cache_statement"
	}, Write: "write statement_cache=on or statement_cache=off instead"}
	all["prefer_simple_protocol"] = serverurl.Rule{To: "statement_cache", Values: map[string]string{"true": "off", "false": ""}}
	all["prepared_statements"] = serverurl.Rule{To: "statement_cache", Values: map[string]string{"false": "off", "true": ""}}
	schema := func(v string) (string, bool) { return pq.QuoteIdentifier(v), true }
	all["schema"] = serverurl.Rule{To: "search_path", Convert: schema}
	serverurl.Add(all, serverurl.Rule{To: "search_path"}, "currentSchema", "schema_search_path")
	serverurl.Add(all, serverurl.Leave(), "description_cache_capacity", "socket_timeout", "supa", "workaround")
}

// poolRules adds the sizes of pools and the lifetimes of connections.
func poolRules(all map[string]serverurl.Rule) {
	serverurl.Add(all, serverurl.Rule{To: "connection_limit"}, "pool_max_conns", "pool", "pool_size", "max_connections")
	serverurl.Add(all, serverurl.Leave(), "pool_timeout", "max_connection_lifetime", "max_idle_connection_lifetime", "single_use_connections", "pool_min_conns", "pool_min_idle_conns", "pool_max_conn_lifetime", "pool_max_conn_lifetime_jitter",
		"pool_max_conn_idle_time", "pool_health_check_period", "checkout_timeout", "reaping_frequency", "idle_timeout", "conn_max_age", "conn_health_checks")
}

// otherRules adds JDBC's, Rails' and what graphical clients add to the URLs that they
// copy.
func otherRules(all map[string]serverurl.Rule) {
	// TablePlus counts its modes; 0 asks for nothing.
	all["tLSMode"] = serverurl.Rule{Values: map[string]string{"0": ""}, Write: "write sslmode=require or sslmode=verify-full instead"}
	serverurl.Add(all, serverurl.Rule{To: "connect_timeout"}, "connectTimeout", "loginTimeout")
	serverurl.Add(all, serverurl.Rule{To: "application_name"}, "ApplicationName", "applicationName")
	all["targetServerType"] = serverurl.Rule{To: "target_session_attrs", Values: map[string]string{
		"any": "any", "primary": "primary", "master": "primary", "secondary": "standby", "slave": "standby", "prefersecondary": "prefer-standby", "preferslave": "prefer-standby",
	}, Write: "write target_session_attrs instead"}
	all["loadBalanceHosts"] = serverurl.Rule{To: "load_balance_hosts", Values: map[string]string{"true": "random", "false": "disable"}}
	all["min_messages"] = serverurl.Rule{To: "client_min_messages"}
	utf8 := map[string]string{"utf8": "", "utf-8": "", "unicode": "", "utf8mb4": ""}
	serverurl.Add(all, serverurl.Rule{Values: utf8, Write: "leave it out, text is always UTF-8"}, "encoding", "charset", "characterEncoding")
	serverurl.Add(all, serverurl.Leave(), "adapter", "advisory_locks", "reconnect", "socketTimeout", "tcpKeepAlive", "stringtype", "reWriteBatchedInserts",
		"statusColor", "env", "name", "usePrivateKey", "safeModeLevel", "advancedSafeModeLevel", "driverVersion", "lazyload")
}
