package password

import (
	"strings"
	"testing"

	"github.com/authent/authent/authent/secret"
)

// bcryptFixtures were made by Node 20 with bcryptjs: hashSync(password, cost), by
// 3.0.3, which writes $2b$, and by 2.4.3, which writes $2a$. The $2y$ one, and
// the $2a$ one by version 3, were made with genSaltSync(4) and the prefix of the
// salt replaced. Most have cost 4, to be quick.
var bcryptFixtures = []struct{ name, hash, password string }{
	{"$2b$ by 3, cost 4", "$2b$04$69XdW9dM6FL1hPjKTs8gF.Bp7YwlwZgVBOk/M1gIfH7hU1t8fjopi", "correct horse battery staple"},
	{"$2b$ by 3, cost 10", "$2b$10$F3OZkFlU3SsJjC0XSsyc6eJkJorKdzVTnEo7tH1vlP60N3DyidnDm", "correct horse battery staple"},
	{"$2a$ by 2, cost 4", "$2a$04$h/vzajYj6UWnFcRFui3ZKen0gwrqwHum15Js3HIC0g7uZ2HQXdl7y", "correct horse battery staple"},
	{"$2a$ by 2, cost 10", "$2a$10$O6WiFemh1kJ07vVJLEKRdejw3RVSM9CMa9VR3ccDq8VnHv06CeJHq", "hunter22"},
	{"$2y$", "$2y$04$tyc5JEZ8SotXhNXj1KnHX.I3VoAiLeNAZMIVHYJsAm0bQ71QKDOYm", "correct horse battery staple"},
	{"$2a$ by 3, Unicode", "$2a$04$vkxz9wcqkBkLTFA6T2zG/OUlLrlxQs6M.QugjydLAkJ.agGIifxui", "pässwörd"},
	{"Unicode", "$2b$04$NicqokdCYTfZDST3/GFpOeeWukN4kLzdp.zGQE6SrLsHyUsTUgYqm", "пароль 密码 🔑 é"},
	{"bytes over 127", "$2b$04$xRrSt/apzybxZhdf3r.iIuZ56Ur6aEhSmZjxuWmtk4nkf9TI3wyd2", "ÿÿÿÿÿÿÿÿ£"},
	{"6 characters", "$2b$04$dHM5.tpmIAo7ZLVWjajN1Ob7swszkNp5DT.IqJgRECJiG6CNhKTzi", "secret"},
	{"71 bytes", "$2b$04$P8ooZhYlNwJQIJ4/4XXa/usWcy8/M/Hs.SyFQlWcF.4zP5qGMv76G", strings.Repeat("a", 71)},
	{"72 bytes", fixture72, strings.Repeat("0123456789ab", 6)},
	{"73 bytes", "$2b$04$/j7eo98N25AOTn.hvb.38eN0aXqUBm6OOWTZ8I.Lc.cz/J.7eNzKe", strings.Repeat("0123456789ab", 6) + "x"},
	{"100 bytes", "$2b$04$vs49.OiDJS68I5bWGtOgKu/Zd5Njj8kmNZvbe80lHxOlFCD3u/HuS", strings.Repeat("é", 50)},
}

const (
	fixture72 = "$2b$04$jpdF2CgUeLw1tZt1WBDv3eCW4ZCXvmme4yMY.oZQY3NtcuoE7zDqq"
	// fixtureNUL is bcryptjs's hash of "password\x00password", which bcryptjs
	// verifies against "password" too.
	fixtureNUL = "$2b$04$cMEn9/tD0OSnZbLJ0pksjOS5.H5QiuuAlSKFTg9SpGc0s1/ULuo0a"
)

func TestP12_BcryptFixtures(t *testing.T) {
	t.Parallel()
	for _, tt := range bcryptFixtures {
		h, ok := parseBcrypt(secret.Secret(tt.hash))
		if !ok || !h.matches(tt.password) {
			t.Errorf("%s does not verify (parsed %v)", tt.name, ok)
			continue
		}
		for _, wrong := range []string{"", "x" + tt.password, tt.password[1:], strings.ToUpper(tt.password)} {
			if h.matches(wrong) {
				t.Errorf("%s verifies %q", tt.name, wrong)
			}
		}
	}
}

func TestBcryptReadsNoFurther(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, hash, password string
		want                 bool
	}{
		{"more after 72 bytes", fixture72, strings.Repeat("0123456789ab", 6) + "anything", true},
		{"another 72nd byte", fixture72, strings.Repeat("0123456789ab", 6)[:71] + "x", false},
		{"71 of 72 bytes", fixture72, strings.Repeat("0123456789ab", 6)[:71], false},
		{"a password repeated after a NUL", fixtureNUL, "password\x00password", false},
		{"and again", fixtureNUL, "password\x00password\x00password", false},
		{"once", fixtureNUL, "password", true},
		{"with a NUL at its end", fixtureNUL, "password\x00", false},
	}
	for _, tt := range tests {
		h, ok := parseBcrypt(secret.Secret(tt.hash))
		if got := ok && h.matches(tt.password); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

const bcryptRest = "69XdW9dM6FL1hPjKTs8gF.Bp7YwlwZgVBOk/M1gIfH7hU1t8fjopi"

// bcryptCorpus has stored strings and the cost at which they may be worked on, 0
// for never.
var bcryptCorpus = []struct {
	name, stored string
	cost         int
}{
	{"the least", "$2a$04$" + bcryptRest, 4},
	{"live", "$2b$12$" + bcryptRest, 12},
	{"the most", "$2y$15$" + bcryptRest, 15},
	{"over the cap", "$2b$16$" + bcryptRest, 0},
	{"a century", "$2b$31$" + bcryptRest, 0},
	{"too little", "$2b$03$" + bcryptRest, 0},
	{"zero", "$2b$00$" + bcryptRest, 0},
	{"plus sign", "$2b$+9$" + bcryptRest, 0},
	{"space", "$2b$ 9$" + bcryptRest, 0},
	{"letters", "$2b$aa$" + bcryptRest, 0},
	{"a digit that only looks like one", "$2b$1:$" + bcryptRest, 0},
	{"one digit", "$2b$4$" + bcryptRest + ".", 0},
	{"the broken variant", "$2x$04$" + bcryptRest, 0},
	{"without variant", "$2$04$" + bcryptRest + ".", 0},
	{"another scheme", "$5b$04$" + bcryptRest, 0},
	{"no $ after the cost", "$2b$04." + bcryptRest, 0},
	{"one character more", "$2b$04$" + bcryptRest + ".", 0},
	{"one less", "$2b$04$" + bcryptRest[1:], 0},
	{"a character not of the alphabet", "$2b$04$+" + bcryptRest[1:], 0},
	{"a line break", "$2b$04$" + bcryptRest[1:] + "\n", 0},
	{"empty", "", 0},
}

func TestP12_BcryptParser(t *testing.T) {
	t.Parallel()
	for _, tt := range bcryptCorpus {
		h, ok := parseBcrypt(secret.Secret(tt.stored))
		if ok != (tt.cost != 0) || ok && h.cost != tt.cost {
			t.Errorf("%s: %v, %v", tt.name, h, ok)
		}
	}
}

func FuzzP12_BcryptParser(f *testing.F) {
	for _, tt := range bcryptCorpus {
		f.Add(tt.stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		h, ok := parseBcrypt(secret.Secret(stored))
		if !ok {
			return
		}
		if h.cost < 4 || h.cost > 15 || len(stored) != 60 || string(h.encode()) != stored {
			t.Fatalf("%q was taken at cost %d", stored, h.cost)
		}
		// The library must read what we took for the same, without a panic.
		if h.cost == 4 {
			h.matches("x")
		}
	})
}
