package mysql

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// rules are for the parameters of go-sql-driver, of the clients of MySQL and MariaDB,
// Prisma, JDBC, PyMySQL, Rails, mysql2 for Node and others, as hosts and their guides
// write them.
var rules = newRules()

func newRules() map[string]serverurl.Rule {
	all := map[string]serverurl.Rule{}
	for _, add := range []func(map[string]serverurl.Rule){driverRules, tlsRules, certificateRules, timeRules, poolRules, textRules, otherRules} {
		add(all)
	}
	return all
}

// driverRules adds what go-sql-driver reads as it is.
func driverRules(all map[string]serverurl.Rule) {
	serverurl.AddKept(all, "allowAllFiles", "allowCleartextPasswords", "allowFallbackToPlaintext", "allowNativePasswords", "allowOldPasswords",
		"checkConnLiveness", "clientFoundRows", "collation", "columnsWithAlias", "compress", "interpolateParams", "loc", "multiStatements",
		"parseTime", "timeTruncate", "readTimeout", "rejectReadOnly", "serverPubKey", "timeout", "tls", "writeTimeout", "maxAllowedPacket",
		"connectionAttributes", "socket", "user", "password", "statement_cache", "connection_limit")
	serverurl.Add(all, serverurl.Rule{To: "socket"}, "unix_socket", "localSocket", "socketPath")
	all["strict"] = serverurl.Refuse("the driver has no parameter strict any more: leave it out of the URL; sql_mode='STRICT_ALL_TABLES' is the server's")
}

// The ways in which a connection is encrypted, as the parameter mode that Open reads.
const (
	disabled  = "disabled"
	preferred = "preferred"
	required  = "required"
	verifyCA  = "verify_ca"
	verified  = "verify_identity"
)

// tlsRules adds the parameters that turn on encryption.
func tlsRules(all map[string]serverurl.Rule) {
	to := func(values map[string]string) serverurl.Rule { return serverurl.Rule{To: "mode", Values: values} }
	serverurl.Add(all, serverurl.Rule{To: "mode", Values: map[string]string{
		"disabled": disabled, "disable": disabled, "preferred": preferred, "prefer": preferred, "allow": preferred, "required": required, "require": required, "no-verify": required, "trust": required,
		"verify_ca": verifyCA, "verify-ca": verifyCA, "verify_identity": verified, "verify-identity": verified, "verify-full": verified, "verify_full": verified,
		"true": required, "false": disabled, ":required": required, ":preferred": preferred, ":disabled": disabled, ":verify_ca": verifyCA, ":verify_identity": verified,
	}, Write: "use DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"}, "ssl_mode", "sslmode", "sslMode")
	all["sslaccept"] = to(map[string]string{"strict": verified, "accept_invalid_certs": required})
	yes := map[string]string{"true": required, "1": required, "false": "", "0": ""}
	serverurl.Add(all, to(yes), "requireSSL", "trustServerCertificate")
	serverurl.Add(all, to(map[string]string{"true": required, "1": required, "false": disabled, "0": disabled}), "useSSL", "useSsl")
	serverurl.Add(all, to(map[string]string{"true": disabled, "1": disabled, "false": "", "0": ""}), "ssl_disabled")
	serverurl.Add(all, to(map[string]string{"true": verifyCA, "1": verifyCA, "false": "", "0": ""}), "verifyServerCertificate", "ssl_verify_cert", "sslverify", "disableSslHostnameVerification")
	serverurl.Add(all, to(map[string]string{"true": verified, "1": verified, "false": "", "0": ""}), "ssl_verify_identity", "ssl_verify_server_cert")
	all["ssl"] = serverurl.Rule{To: "mode", Convert: ssl, Write: "write ssl-mode=REQUIRED or ssl-mode=VERIFY_IDENTITY, with ssl-ca=file.pem where the certificate is of the host's own authority"}
}

// ssl reads what Node's programs write: true, or an object.
func ssl(value string) (string, bool) {
	if on, err := strconv.ParseBool(value); err == nil {
		return map[bool]string{true: required, false: disabled}[on], true
	}
	var object map[string]any
	if json.Unmarshal([]byte(value), &object) != nil || object == nil {
		return "", false
	}
	reject, given := object["rejectUnauthorized"]
	switch {
	case len(object) == 0, given && len(object) == 1 && reject == true:
		return verified, true
	case given && len(object) == 1 && reject == false:
		return required, true
	}
	return "", false
}

// certificateRules adds the files that encryption needs.
func certificateRules(all map[string]serverurl.Rule) {
	// Prisma's sslcert is what it trusts, others' is what is shown: Open finds out.
	serverurl.AddKept(all, "ssl_ca", "ssl_cert", "ssl_key")
	serverurl.Add(all, serverurl.Rule{To: "ssl_ca"}, "sslca", "sslrootcert", "serverSslCert")
	serverurl.Add(all, serverurl.Rule{To: "ssl_cert"}, "sslcert")
	serverurl.Add(all, serverurl.Rule{To: "ssl_key"}, "sslkey")
	serverurl.Add(all, serverurl.Refuse("write ssl-ca=file.pem, a file with all certificates that are trusted"), "ssl_capath", "sslcapath", "trustCertificateKeyStoreUrl", "keyStore", "trustStore")
	serverurl.Add(all, serverurl.Refuse("write ssl-cert=file.pem and ssl-key=file.pem"), "sslidentity", "clientCertificateKeyStoreUrl")
	serverurl.Add(all, serverurl.Refuse("the driver reads no encrypted keys; write the key without a password to a file of mode 0600 and name that with ssl-key"), "sslpassword", "ssl_key_password")
	serverurl.Add(all, serverurl.Refuse("the driver reads no lists of revoked certificates; leave it out"), "ssl_crl", "ssl_crlpath")
	serverurl.Add(all, serverurl.Refuse("the driver chooses TLS 1.2 or 1.3 and its ciphers itself; leave it out"), "ssl_cipher", "sslcipher", "tls_version", "tls_ciphersuites", "enabledTLSProtocols", "tlsVersions", "enabledSslProtocolSuites", "tlsCiphersuites")
}

// in returns a conversion of a number to a duration in the unit.
func in(unit string) func(string) (string, bool) {
	return func(value string) (string, bool) {
		n, err := strconv.ParseUint(value, 10, 31)
		return strconv.FormatUint(n, 10) + unit, err == nil
	}
}

// timeRules adds time-outs.
func timeRules(all map[string]serverurl.Rule) {
	seconds, milliseconds := "use a number of seconds", "use a number of milliseconds"
	serverurl.Add(all, serverurl.Rule{To: "timeout", Convert: in("s"), Write: seconds}, "connect_timeout")
	serverurl.Add(all, serverurl.Rule{To: "readTimeout", Convert: in("s"), Write: seconds}, "read_timeout")
	serverurl.Add(all, serverurl.Rule{To: "writeTimeout", Convert: in("s"), Write: seconds}, "write_timeout")
	serverurl.Add(all, serverurl.Rule{To: "timeout", Convert: in("ms"), Write: milliseconds}, "connectTimeout")
	serverurl.Add(all, serverurl.Rule{To: "readTimeout", Convert: in("ms"), Write: milliseconds}, "socketTimeout")
	serverurl.Add(all, serverurl.Leave(), "socket_timeout")
}

// poolRules adds the sizes of pools and of statement caches.
func poolRules(all map[string]serverurl.Rule) {
	serverurl.Add(all, serverurl.Rule{To: "connection_limit"}, "connectionLimit", "pool", "pool_size", "maxPoolSize")
	all["statement_cache_size"] = serverurl.Rule{To: "statement_cache", Convert: func(v string) (string, bool) {
		_, err := strconv.ParseUint(v, 10, 31)
		return map[bool]string{true: "off"}[v == "0"], err == nil
	}, Write: "use a number"}
	all["prepared_statements"] = serverurl.Rule{To: "statement_cache", Values: map[string]string{"false": "off", "true": ""}}
	serverurl.Add(all, serverurl.Leave(), "pool_timeout", "max_connection_lifetime", "max_idle_connection_lifetime", "checkout_timeout", "reaping_frequency", "idle_timeout", "pool_recycle", "minPoolSize", "maxIdleTime",
		"waitForConnections", "queueLimit", "useServerPrepStmts", "cachePrepStmts", "prepStmtCacheSize", "prepStmtCacheSqlLimit")
}

// textRules adds how text and times are encoded, which Open decides itself.
func textRules(all map[string]serverurl.Rule) {
	always := "is not utf8mb4: leave it out, text always is"
	utf8 := func(value string) (string, bool) {
		for _, one := range strings.Split(strings.ToLower(value), ",") {
			if !strings.HasPrefix(one, "utf8") && one != "utf-8" {
				return "", false
			}
		}
		return "", true
	}
	serverurl.Add(all, serverurl.Rule{Convert: utf8, Write: always}, "charset", "encoding", "characterEncoding", "default_character_set", "characterSetResults")
	serverurl.Add(all, serverurl.Leave(), "useUnicode", "serverTimezone", "connectionTimeZone", "forceConnectionTimeZoneToSession", "useTimezone", "timezone",
		"useLegacyDatetimeCode", "useJDBCCompliantTimezoneShift", "zeroDateTimeBehavior", "preserveInstants", "sendFractionalSeconds", "dateStrings")
}

// otherRules adds the rest.
func otherRules(all map[string]serverurl.Rule) {
	// TablePlus counts its modes; 0 asks for nothing.
	all["tLSMode"] = serverurl.Rule{Values: map[string]string{"0": ""}, Write: "write ssl-mode=REQUIRED or ssl-mode=VERIFY_IDENTITY instead"}
	all["createDatabaseIfNotExist"] = serverurl.Rule{Values: map[string]string{"false": ""}, Write: "create the database (CREATE DATABASE name) and leave it out"}
	all["sessionVariables"] = serverurl.Refuse("write each variable as a parameter of its own, as in sql_mode=%27STRICT_ALL_TABLES%27")
	all["init_command"] = serverurl.Refuse("write each variable as a parameter of its own, as in sql_mode=%27STRICT_ALL_TABLES%27")
	all["protocol"] = serverurl.Rule{Values: map[string]string{"tcp": ""}, Write: "write socket=path for a Unix socket, or leave it out"}
	serverurl.Add(all, serverurl.Leave(), "allowPublicKeyRetrieval", "get_server_public_key", "autoReconnect", "autoReconnectForPools", "reconnect", "failOverReadOnly",
		"maxReconnects", "rewriteBatchedStatements", "useCompression", "allowMultiQueries", "nullCatalogMeansCurrent", "tinyInt1isBit", "useInformationSchema",
		"useCursorFetch", "defaultFetchSize", "useAffectedRows", "noAccessToProcedureBodies", "useSSLCompression", "adapter", "default_auth", "auth_plugin", "enableCleartextPlugin",
		"supportBigNumbers", "bigNumberStrings", "decimalNumbers", "statusColor", "env", "name", "usePrivateKey", "safeModeLevel", "advancedSafeModeLevel",
		"driverVersion", "lazyload", "multipleStatements", "namedPlaceholders", "insecureAuth")
}
