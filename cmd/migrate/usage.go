package main

import (
	"encoding"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// amount is how many files to apply. Zero is all.
type amount int

var _ encoding.TextUnmarshaler = (*amount)(nil)

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *amount) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("the amount N is %q: use a number of 1 or more, or leave it out to apply all", text)
	}
	*a = amount(n)
	return nil
}

// usage says what is wrong with a command line, and what to do about it.
func usage(parser *kong.Kong, err error) string {
	text, command := err.Error(), "migrate"
	if parsed, ok := errors.AsType[*kong.ParseError](err); ok && parsed.Context != nil {
		if node := parsed.Context.Selected(); node != nil {
			command += " " + node.Name
		}
	}
	if word, ok := strings.CutPrefix(text, "unexpected argument "); ok && command == "migrate" {
		word, _, _ = strings.Cut(word, ", did you mean")
		var names []string
		for _, node := range parser.Model.Children {
			names = append(names, node.Name)
		}
		text = fmt.Sprintf("there is no command %s: it is one of %s", word, strings.Join(names, ", "))
	}
	for _, r := range rewordings {
		text = r.re.ReplaceAllString(text, r.as)
	}
	return withoutPasswords(fmt.Sprintf("%s: %s: run go tool %s --help", command, text, command))
}

// rewordings put kong's messages into plain words.
var rewordings = []struct {
	re *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`^expected "<(\w+)>"$`), "$1 is missing"},
	{regexp.MustCompile(`^missing flags: (\S+)$`), "$1 is missing"},
	{regexp.MustCompile(`^(--[\w-]+): expected \w+ value but got "EOL" \(<EOL>\)$`), "$1 has no value"},
	{regexp.MustCompile(`^\[?<\w+>\]?: `), ""},
	{regexp.MustCompile(`must be one of "",`), "must be one of "},
	{regexp.MustCompile(`expected duration but got ("[^"]*"): .*`), "$1 is not a time such as 30s or 5m"},
}

// failure says why a command failed.
func failure(err error) string { return withoutPasswords(err.Error()) }

var onFolder = regexp.MustCompile(`go tool migrate (?:hash|lint|status|validate|baseline [^\s,;:)]+|apply(?: --[\w=-]+)*)`)

// inFolder adds --dir to the commands that a message names, if the command that failed
// had it. Without it they would work on another folder.
func inFolder(parsed *kong.Context, text string) string {
	for _, flag := range parsed.Flags() {
		if flag.Name == "dir" {
			text = withDir(flag.Target.String(), text)
		}
	}
	return withoutPasswords(text)
}

// withDir adds --dir to the commands that a text names, if one was given.
func withDir(dir, text string) string {
	if dir == "" {
		return text
	}
	return onFolder.ReplaceAllStringFunc(text, func(command string) string { return command + " --dir " + dir })
}

var signsIn = regexp.MustCompile(`([A-Za-z][\w+.-]*://)(\S*)@`)

// withoutPasswords leaves out who signs in at a URL, should somebody have typed
// one where it is not expected. What messages show as an example stays.
func withoutPasswords(text string) string {
	return signsIn.ReplaceAllStringFunc(text, func(found string) string {
		if parts := signsIn.FindStringSubmatch(found); parts[2] != "user:password" {
			return parts[1] + "…@"
		}
		return found
	})
}
