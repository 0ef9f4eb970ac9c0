package migrate

import (
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
)

// checkEdited checks that the applied files have not changed.
//
// Atlas's hash of a file covers everything before it. So if a row's hash is that of its
// file now, everything up to that file was accepted in its present form. Only the rows
// after the last such row are checked one by one.
//
// Atlas itself never compares these hashes. When it resumes a file that had failed, and
// was then corrected and hashed, the row keeps the hash from when Atlas began. Such a
// row looks just like one whose file was edited later. So edited files whose rows Atlas
// wrote are accepted with a note, and those whose rows this package wrote are not.
func checkEdited(revs []*atlas.Revision, files []atlas.File) (notes []string, err error) {
	hashes, err := atlas.NewHashFile(files)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var changed []string
	for i := provenUpTo(hashes, revs, files); i < len(files); i++ {
		edited, known, err := editedSince(revs, files[:i+1])
		if err != nil {
			return nil, err
		}
		if !known {
			break
		}
		if !edited {
			continue
		}
		changed = append(changed, files[i].Name())
		if rev := revisionOf(revs, files[i]); !byAtlas(rev) {
			return nil, fmt.Errorf("migrate: %w: %s was edited after it was applied: put it back from version control, and make the change in a new file", ErrHistory, strings.Join(changed, " or "))
		}
		notes = append(notes, files[i].Name()+" has changed since Atlas began to apply it; it counts as applied, as it does for Atlas")
	}
	return notes, nil
}

// provenUpTo returns how many files are proven by the last row whose hash is that of
// its file.
func provenUpTo(hashes atlas.HashFile, revs []*atlas.Revision, files []atlas.File) int {
	for i, f := range slices.Backward(files) {
		rev := revisionOf(revs, f)
		if rev == nil || rev.Applied < rev.Total {
			continue
		}
		if hash, err := hashes.SumByName(f.Name()); err == nil && hash == rev.Hash {
			return i + 1
		}
	}
	return 0
}

// byAtlas reports whether Atlas, as a command line or as a library, last wrote a row.
func byAtlas(rev *atlas.Revision) bool {
	return strings.HasPrefix(rev.OperatorVersion, "Atlas")
}

func revisionOf(revs []*atlas.Revision, f atlas.File) *atlas.Revision {
	i := slices.IndexFunc(revs, func(r *atlas.Revision) bool { return r.Version == f.Version() })
	if i < 0 {
		return nil
	}
	return revs[i]
}

// mostLate is how many consecutive files that were added late are looked for.
const mostLate = 10

// editedSince reports whether the last of the files was edited after it was applied.
// Files that were added late change its hash too; then neither this file nor any later
// one can be judged.
func editedSince(revs []*atlas.Revision, files []atlas.File) (edited, known bool, err error) {
	last := len(files) - 1
	rev := revisionOf(revs, files[last])
	if rev == nil || rev.Hash == "" || rev.Applied < rev.Total {
		return false, true, nil
	}
	for late := range min(last, mostLate) + 1 {
		for from := range last - late + 1 {
			if late == 0 && from > 0 {
				break
			}
			hashes, err := atlas.NewHashFile(slices.Concat(files[:from], files[from+late:]))
			if err != nil {
				return false, false, fmt.Errorf("migrate: %w", err)
			}
			if hash, err := hashes.SumByName(files[last].Name()); err == nil && hash == rev.Hash {
				return false, late == 0, nil
			}
		}
	}
	return true, true, nil
}
