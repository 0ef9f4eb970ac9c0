package guessable

import "strings"

// Judge knows the names of an application, which everybody puts into its passwords.
type Judge struct{ names []string }

// NewJudge takes what the application is called, such as "Acme Shop" and
// "shop.example.com"; "" is no name.
func NewJudge(names ...string) Judge {
	var j Judge
	for _, name := range names {
		if strings.Contains(name, ".") && !strings.Contains(name, " ") {
			j.names = append(j.names, domainNames(name)...)
		} else {
			j.names = append(j.names, namesIn(name)...)
		}
	}
	return j
}

// Guessable reports whether password is guessed first by whoever knows that email is
// its owner's. In any case of its letters, it is on the list; or it is made of names and
// at most one password of the list, with up to 10 digits and signs before and after each
// of them ("Acme-Dragon2024!"). The names are the application's and the parts of email,
// which may be "". It is for new passwords: one that somebody has must stay good.
func (j Judge) Guessable(password, email string) bool {
	var room [64]byte
	word := fold(room[:0], password)
	if list().has(word) {
		return true
	}
	local, domain := email, ""
	if at := strings.LastIndexByte(email, '@'); at >= 0 {
		local, domain = email[:at], email[at+1:]
	}
	names := append(namesIn(local), domainNames(domain)...)
	return madeOf(word, append(names, j.names...))
}
