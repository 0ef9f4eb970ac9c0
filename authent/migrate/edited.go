package migrate

import (
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
)

// checkEdited checks that the files applied are as they were.
//
// Atlas's hash of a file covers all that came before it. So a row whose hash is
// that of its file now proves that everything up to it was accepted as it is now.
// Only the rows after the last such one are looked at one by one.
//
// Atlas itself never compares these hashes. When it goes on with a file that had
// failed, and was mended and hashed, its row keeps the hash that the file had when
// Atlas began. Nothing tells such a row from one whose file was edited later. So
// those that Atlas wrote pass with a note, and those that this package wrote do not.
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

// provenUpTo is how many of the files the last row proves whose hash is that of its
// file.
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

// byAtlas reports whether Atlas wrote a row last, its command line or what
// contains it.
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

// mostLate is how many files that came late, in a row, are looked for.
const mostLate = 10

// editedSince reports whether the last of the files was edited after it was
// applied. Files that came late change its hash too: then it is known of no later
// file either.
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
