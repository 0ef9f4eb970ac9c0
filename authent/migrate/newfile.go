package migrate

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

// newFile is what NewFile writes, for people to fill in.
const newFile = `-- %s: write statements here, each with a semicolon at its end. Such a file is for
-- what diff cannot know: rows (UPDATE, INSERT, DELETE), and names (RENAME).
-- Then run go tool migrate hash, and read it again before you apply it.
`

// NewFile writes an empty migration, hashes the folder, and returns the file's name,
// which contains the given name. Use it for what no schema says: what becomes of rows.
// The folder must match its atlas.sum. The file's version is the current time, or the
// next one after the last file's if that is later.
func NewFile(dir Dir, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	if err := Validate(dir); err != nil {
		return "", err
	}
	version, err := nextVersion(dir, time.Now())
	if err != nil {
		return "", err
	}
	file := version + "_" + name + ".sql"
	if err := dir.WriteFile(file, fmt.Appendf(nil, newFile, name)); err != nil {
		return "", fmt.Errorf("migrate: write %s: %w", file, err)
	}
	return file, Hash(dir)
}

func checkName(name string) error {
	if !diffName.MatchString(name) {
		return fmt.Errorf("migrate: the name %q is not a word: use letters, digits, - and _, as in add_avatar", name)
	}
	return nil
}

// versionFormat is the format of Atlas's versions, in UTC.
const versionFormat = "20060102150405"

var digits = regexp.MustCompile(`^[0-9]+$`)

// nextVersion returns a version that sorts after those of all files, as text: the
// current time, unless a file has that or a later one.
func nextVersion(dir Dir, now time.Time) (string, error) {
	files, err := dir.Files()
	if err != nil {
		return "", fmt.Errorf("migrate: %w", err)
	}
	version := now.UTC().Format(versionFormat)
	if len(files) == 0 || files[len(files)-1].Version() < version {
		return version, nil
	}
	last := files[len(files)-1].Version()
	if at, err := time.Parse(versionFormat, last); err == nil {
		return at.Add(time.Second).Format(versionFormat), nil
	}
	if n, err := strconv.ParseUint(last, 10, 63); err == nil && digits.MatchString(last) {
		if next := fmt.Sprintf("%0*d", len(last), n+1); next > last {
			return next, nil
		}
	}
	return "", fmt.Errorf("migrate: no version follows that of %s: versions are compared as texts, so give the new file by hand a name that sorts after it, and run go tool migrate hash", files[len(files)-1].Name())
}

// formatter names the files of a plan by the version after those of a folder.
type formatter struct{ dir Dir }

// Format implements atlas.Formatter.
func (f formatter) Format(plan *atlas.Plan) ([]atlas.File, error) {
	version, err := nextVersion(f.dir, time.Now())
	if err != nil {
		return nil, err
	}
	named := *plan
	named.Version = version
	return atlas.DefaultFormatter.Format(&named)
}
