package authent

import (
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/factor"
)

// Methods by which people prove who they are, as Session.AMR names them: those of RFC 8176
// where it has one.
const (
	// MethodPassword is a password.
	MethodPassword = string(factor.Password)
	// MethodProvider is an account at a provider, or a check of the application's own.
	MethodProvider = string(factor.Provider)
	// MethodEmail is a link or a code that was mailed.
	MethodEmail = string(factor.Email)
	// MethodTOTP is a code of an authenticator app.
	MethodTOTP = string(factor.TOTP)
	// MethodRecoveryCode is a recovery code.
	MethodRecoveryCode = string(factor.RecoveryCode)
	// MethodPasskey is a passkey that verified the person.
	MethodPasskey = string(factor.Passkey)
)

// Assurance returns the authenticator assurance level of the session (NIST SP 800-63B): 2
// after a passkey, or after a one-time or a recovery code beside another way to sign in;
// 1 for all others, and where the tables do not record it.
func (s *Session) Assurance() int { return max(s.AAL, 1) }

// prove records in s how and when the person behind it proved who they are (P38). Nothing
// else writes these columns.
func (p proof) prove(s *Session, now time.Time) {
	s.AuthenticatedAt = now
	if len(p.methods) > 0 {
		s.AMR, s.AAL = factor.Join(p.methods...), factor.AAL(p.methods...)
	}
}

// besides returns p for somebody who is signed in with s, and so keeps what s has proved: of
// its second factor only if that was shown recently, since what p proves is recent, and
// nothing may pass for it. A session that does not say how it began, as one from before these
// columns, counts as begun by a check of the application's own.
func (a *Auth) besides(s *Session, p proof) proof {
	before := factor.Split(s.AMR)
	if !a.Recent(s) {
		before = slices.DeleteFunc(before, func(m factor.Method) bool { return factor.AAL(m, factor.Password) > 1 })
	}
	if len(before) == 0 {
		before = []factor.Method{factor.Provider}
	}
	p.methods = append(before, p.methods...)
	return p
}
