package migrate

import "regexp"

const (
	password  = "check user and password in the URL, where / ? # @ : % in a password are written %2F %3F %23 %40 %3A %25"
	lost      = "the connection was lost: check that the server is running, and apply again"
	untrusted = "the server's certificate is not trusted: name the file of the host's certificate authority in the URL, sslrootcert= on PostgreSQL, ssl-ca= on MySQL"
)

// cure says what to do about some errors: those with one of its codes and a matching
// text.
type cure struct {
	// states are SQLSTATE codes of PostgreSQL, numbers those of MySQL and MariaDB, and
	// results SQLite's result codes, primary or extended.
	states  []string
	numbers []int
	results []int
	// text must match too. If nil, any text does. Without a code, text decides alone.
	text *regexp.Regexp
	do   string
}

// advice is searched in order. It covers errors whose own words do not say what to do.
var advice = []cure{
	// Connecting.
	{states: []string{"28P01"}, do: password},
	{numbers: []int{1045}, do: password + "; MariaDB says the same where it wants TLS: ssl-mode=REQUIRED"},
	{numbers: []int{1698}, do: "that user can sign in only through a Unix socket, without a password: create a user with a password for the application"},
	{states: []string{"28000"}, text: regexp.MustCompile("no encryption|SSL off"), do: "write sslmode=require in the URL"},
	{states: []string{"28000"}, text: regexp.MustCompile(`pg_hba\.conf`), do: "the server accepts no connections from here: add this machine to its pg_hba.conf, or to the addresses that the host allows"},
	{states: []string{"28000"}, do: "check the user in the URL, or create it: CREATE ROLE name LOGIN PASSWORD '…'"},
	{numbers: []int{1130}, do: "the server accepts no connections from here: create the user for this machine too, CREATE USER name@'%' IDENTIFIED BY '…'"},
	{numbers: []int{3159, 4031}, text: regexp.MustCompile("secure_transport|insecure transport"), do: "write ssl-mode=REQUIRED in the URL"},
	{text: regexp.MustCompile("SSL is not enabled on the server"), do: "the server has no TLS: write sslmode=disable in the URL, where nobody can listen on the way to it"},
	{text: regexp.MustCompile("TLS requested but server does not support TLS"), do: "the server has no TLS: write ssl-mode=DISABLED in the URL, where nobody can listen on the way to it"},
	{states: []string{"3D000"}, numbers: []int{1049}, do: "create it (CREATE DATABASE name), or correct the name at the end of the URL"},
	{states: []string{"3F000"}, do: "create the schema (CREATE SCHEMA name), or correct schema or search_path in the URL"},
	{results: []int{14}, do: "the file cannot be opened: check the path, that its folder is there, and who may read and write there"},
	{results: []int{26, 11}, do: "the file is not an SQLite database, or it is damaged"},
	{states: []string{"53300"}, numbers: []int{1040, 1203, 1226}, do: "the server has no connection to spare: close some, raise its limit (max_connections), or open fewer (connection_limit in the URL)"},
	{states: []string{"57P03"}, do: "the server is starting or stopping: try again in a moment"},
	{states: []string{"57P01"}, numbers: []int{1053, 1927}, do: lost},

	// What the server forbids, or is not able to do.
	{states: []string{"25006"}, numbers: []int{1290, 1836}, results: []int{8}, do: "the database must be writable"},
	{states: []string{"42501"}, numbers: []int{1044, 1142, 1143, 1227, 1370}, results: []int{3, 23}, do: "the user of DATABASE_URL needs the right to do this: grant it, or migrate as the tables' owner"},
	{states: []string{"53100"}, numbers: []int{28, 1021, 1041, 1114}, results: []int{13}, do: "the disk is full: make room and apply again"},
	{numbers: []int{1030}, do: "the server's storage failed: check its log, and whether the disk is full; then apply again"},
	{states: []string{"55P03"}, numbers: []int{1205}, results: []int{5, 6}, do: "another transaction holds the table: end long transactions, or wait for them, and apply again"},
	{states: []string{"40P01", "40001"}, numbers: []int{1213}, do: "another transaction worked on the same rows: apply again"},
	{states: []string{"57014"}, numbers: []int{1317, 1969, 3024}, do: "the statement was stopped: raise statement_timeout (max_statement_time on MariaDB) for migrations, if that was the cause, and apply again"},
	{states: []string{"25001"}, do: "write -- atlas:txmode none in the first line of the file, and an empty line after it, and hash it"},

	// What exists already, or does not exist.
	{states: []string{"42P07", "42701", "42710", "42P06"}, numbers: []int{1050, 1060, 1061, 1826}, do: alreadyThere},
	{results: []int{1}, text: regexp.MustCompile("already exists|duplicate column name"), do: alreadyThere},
	{states: []string{"42P01", "42703", "42704", "42883"}, numbers: []int{1051, 1054, 1072, 1091, 1146, 1824}, do: notThere},
	{results: []int{1}, text: regexp.MustCompile("no such (table|column|index)|has no column|unknown column"), do: notThere},
	{states: []string{"2BP01"}, numbers: []int{1451, 1553, 1828, 1829, 3730}, do: "something depends on it, such as a view or a foreign key: drop that in an earlier statement, and create it again in a later one"},

	// What the rows do not allow.
	{states: []string{"23502"}, numbers: []int{1048, 1138, 1364}, results: []int{1299}, do: noValue},
	{results: []int{1}, text: regexp.MustCompile("Cannot add a NOT NULL column"), do: noValue},
	{states: []string{"23505"}, numbers: []int{1062, 1586}, results: []int{1555, 2067}, do: "rows have the same value twice: merge or change them in an earlier statement"},
	{states: []string{"23503"}, numbers: []int{1216, 1217, 1452}, results: []int{787}, do: "rows refer to rows that do not exist: delete or correct them in an earlier statement"},
	{states: []string{"23514"}, numbers: []int{3819, 4025}, results: []int{275}, do: "rows break the check: correct them in an earlier statement"},
	{states: []string{"42804", "22P02", "22001", "22003", "22007", "22008"}, numbers: []int{1264, 1265, 1292, 1366, 1406}, results: []int{20, 3091}, do: "values do not fit the column's type: change them in an earlier statement, or say how they are converted (ALTER COLUMN … TYPE … USING … on PostgreSQL)"},

	// Mistakes in the statement itself.
	{states: []string{"42830"}, numbers: []int{1005, 1215, 1822, 3780}, do: "the columns of a foreign key must have one type, on MySQL one collation too, and those referred to a unique index"},
	{numbers: []int{1118}, do: "together the columns are too wide: make the long ones text"},
	{numbers: []int{1170}, do: "an index covers the beginning of a text only, name(255), or a varchar(255): files for SQLite have such columns; name the folder of this database's migrations with --dir"},
	{numbers: []int{1071}, do: "an index covers at most 3,072 bytes, 768 letters: shorten the column, as in varchar(255), or index its beginning, name(255)"},
	{states: []string{"42601"}, text: regexp.MustCompile("\"`"), do: "names in ` are MySQL's and SQLite's: name the folder of this database's migrations with --dir, or correct the statement and run go tool migrate hash"},
	{numbers: []int{1064}, text: regexp.MustCompile(`near '"`), do: "names in \" are PostgreSQL's: name the folder of this database's migrations with --dir, or correct the statement and run go tool migrate hash"},
	{states: []string{"42601"}, numbers: []int{1064}, do: "correct the statement, and run go tool migrate hash"},
	{results: []int{1}, text: regexp.MustCompile("syntax error|incomplete input|unrecognized token"), do: "correct the statement, and run go tool migrate hash"},
}

const (
	alreadyThere = "if the database has no history but already is as a migration makes it, record that (go tool migrate baseline VERSION); rename or drop what was made by hand"
	notThere     = "check whether an earlier migration is missing, and what was changed by hand: go tool migrate drift"
	noValue      = "rows have no value there: give the column a default, or add it nullable, fill it, and make it NOT NULL in a later statement"
)
