package serverurl

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Rule says what becomes of a parameter that a URL's query may have.
type Rule struct {
	// To is the driver's own name for it. If the URL has that name too, that one
	// wins. If empty, the parameter is left out.
	To string
	// Values are what its values become, in small letters; one that becomes empty is
	// left out. A value that is none of them is refused. If nil, any value is taken.
	Values map[string]string
	// Convert is used instead of Values where these cannot be listed. It reports
	// whether it takes the value.
	Convert func(value string) (string, bool)
	// Write tells what to write instead of a value that is refused. Without Values
	// and Convert all are.
	Write string
}

// Keep, Leave and Refuse are the plain rules: the driver knows the parameter under
// its own name; it may be left out; it is refused, whatever its value.
func Keep(name string) Rule { return Rule{To: name} }

// Leave leaves a parameter out.
func Leave() Rule { return Rule{} }

// Refuse returns a rule for a parameter that cannot be honoured. instead says what to
// write.
func Refuse(write string) Rule { return Rule{Write: write} }

// Add gives several names one rule.
func Add(rules map[string]Rule, r Rule, names ...string) {
	for _, name := range names {
		rules[name] = r
	}
}

// AddKept makes rules for what the driver knows itself.
func AddKept(rules map[string]Rule, names ...string) {
	for _, name := range names {
		rules[name] = Keep(name)
	}
}

// apply returns what a value becomes.
func (r Rule) apply(name, value string) (string, error) {
	ok := r.Write == ""
	switch {
	case r.Convert != nil:
		value, ok = r.Convert(value)
	case r.Values != nil:
		value, ok = r.Values[strings.ToLower(value)]
	}
	if ok {
		return value, nil
	}
	if r.Write != "" {
		return "", fmt.Errorf("%s in the URL cannot be honoured: %s", name, r.Write)
	}
	return "", fmt.Errorf("%s in the URL has a value that is not known: use one of %s", name, strings.Join(r.values(), ", "))
}

// values lists what may be written.
func (r Rule) values() []string {
	var all []string
	for value := range r.Values {
		if value != "" {
			all = append(all, value)
		}
	}
	slices.Sort(all)
	return all
}

// rule finds the rule for a name, which may have hyphens for underscores. Names that
// begin with x- are for the program golang-migrate alone.
func (f Form) rule(name string) (Rule, bool) {
	if strings.HasPrefix(name, "x-") {
		return Leave(), true
	}
	if r, ok := f.Rules[name]; ok {
		return r, true
	}
	r, ok := f.Rules[strings.ReplaceAll(name, "-", "_")]
	return r, ok
}

// Translate gives the driver's own names and values for the parameters of a query.
// Of a name that is given twice the last counts, as for libpq; one without a value
// is as one that is absent.
func (f Form) Translate(rawQuery string) (url.Values, error) {
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, errors.New("the query of the URL cannot be decoded: escape its values as in name=a%26b")
	}
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	out := url.Values{}
	var aliases []string
	for _, name := range names {
		value := q[name][len(q[name])-1]
		r, known := f.rule(name)
		switch {
		case value == "":
		case known && name == f.Several:
			out[name] = q[name]
		case known && r.To != name:
			aliases = append(aliases, name)
		case known:
			value, err := r.apply(name, value)
			if err != nil {
				return nil, err
			}
			set(out, name, value)
		case f.Setting(name):
			out.Set(name, value)
		default:
			return nil, f.unknown(rawQuery, name)
		}
	}
	for _, name := range aliases {
		r, _ := f.rule(name)
		value, err := r.apply(name, q[name][len(q[name])-1])
		if err != nil {
			return nil, err
		}
		switch {
		case value == "" || r.To == "":
		case r.To == f.Several:
			out.Add(r.To, value)
		case !out.Has(r.To), r.To == f.Graded && f.grade(value) > f.grade(out.Get(r.To)):
			out.Set(r.To, value)
		}
	}
	return out, nil
}

// grade returns a value's place in Graded's order.
func (f Form) grade(value string) int {
	if i := slices.Index(f.Grades, value); i >= 0 {
		return i
	}
	return len(f.Grades)
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// unknown returns the error for a parameter that has no rule. It names the parameter by
// its place only: the name may be part of a password whose & was not escaped.
func (f Form) unknown(rawQuery, name string) error {
	place := 1 + slices.IndexFunc(strings.Split(rawQuery, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(key)
		return err == nil && key == name
	})
	hint := "leave it out"
	if near := f.near(name); near != "" {
		hint = "write " + near + " if you mean that, or leave it out"
	}
	return fmt.Errorf("parameter %d of the URL's query is not known: %s; %s", place, hint, f.Otherwise)
}

// near returns the known name that a misspelt one most resembles, preferring the
// driver's own, or "".
func (f Form) near(name string) string {
	var found []string
	for known := range f.Rules {
		if plain(known) == plain(name) || len(name) > 5 && differBy(plain(known), plain(name)) == 1 {
			found = append(found, known)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.SortFunc(found, func(a, b string) int {
		if aliasA, aliasB := f.Rules[a].To != a, f.Rules[b].To != b; aliasA != aliasB {
			return map[bool]int{true: 1, false: -1}[aliasA]
		}
		return strings.Compare(a, b)
	})
	return found[0]
}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// differBy returns 1 for words that differ by one letter, and 2 for all that differ
// more.
func differBy(a, b string) int {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b) && i < len(a) && a[i+1:] == b[i+1:], len(a) == len(b)+1 && a[i+1:] == b[i:]:
		return 1
	case a == b:
		return 0
	}
	return 2
}
