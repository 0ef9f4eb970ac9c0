package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MinSecret is the least number of bytes that a secret has.
const MinSecret = 32

// KeepSecret reads the secret in a file, for development only. If there is no file, it
// makes a secret from random, keeps it in the file, readable by its owner alone, and
// returns made as true. If several processes do so at the same moment, one makes the
// secret and all get the same one. A .gitignore keeps the file's folder out of
// commits; the folder is made too.
func KeepSecret(file string, random io.Reader) (secret string, made bool, err error) {
	secret, err = keptSecret(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, false, err
	}
	err = makeSecret(file, random)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", false, err
	}
	secret, readErr := keptSecret(file)
	return secret, err == nil, readErr
}

func keptSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if others := info.Mode().Perm() & 0o077; others != 0 && info.Mode().IsRegular() && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others than its owner may use %s, which holds a secret: run chmod 600 on it", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < MinSecret {
		return "", fmt.Errorf("%s holds %d bytes, not a secret of %d or more: delete it, and the next start makes another", file, len(secret), MinSecret)
	}
	return secret, nil
}

// makeSecret writes a new secret, whole or not at all: it hard-links a complete file
// into place, which does not replace one that another process has made meanwhile.
func makeSecret(file string, random io.Reader) (err error) {
	raw := make([]byte, 33)
	if _, err := io.ReadFull(random, raw); err != nil {
		return fmt.Errorf("make a secret: %w", err)
	}
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(folder, ".gitignore"), "*\n", 0o644); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	whole, err := os.CreateTemp(folder, "new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(whole.Name())) }()
	text := base64.StdEncoding.EncodeToString(raw) + "\n"
	_, err = io.WriteString(whole, text)
	if err := errors.Join(err, whole.Close()); err != nil {
		return err
	}
	if err = os.Link(whole.Name(), file); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return writeNew(file, text, 0o600) // a file system without hard links
}

// writeNew writes a file that must not be there yet, nor be a link to elsewhere.
func writeNew(file, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
