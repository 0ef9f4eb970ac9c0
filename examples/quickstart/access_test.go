package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
)

// place is a page of the application and how to come to it.
type place struct {
	name string
	come func(b *tab)
}

// pages are all pages, those for people who are signed in after those for
// people who are not.
func pages(t *testing.T, a *app) []place {
	at := func(path string) func(*tab) { return func(b *tab) { b.open(path) } }
	signedOut := []place{
		{"home", at("/")},
		{"signin", at("/auth/signin?callbackUrl=/")},
		{"signin-error", func(b *tab) { b.signIn(ada, "not the password") }},
		{"register", at("/auth/register?callbackUrl=/")},
		{"register-error", func(b *tab) {
			b.open("/auth/register?callbackUrl=/")
			b.fill("name", "Grace Hopper", "email", "grace@example.com", "password", "football")
			b.press("Create account")
		}},
		{"verify-request", at("/auth/verify-request")},
		{"goodbye", at("/auth/goodbye")},
		{"error-not-found", at("/auth/nothing")},
		{"error-configuration", at("/auth/error?error=Configuration")},
	}
	return slices.Concat(signedOut, mailPages, []place{
		{"home-signed-in", func(b *tab) { b.signIn(ada, word) }},
		{"signin-signed-in", at("/auth/signin?callbackUrl=/")},
		{"account", at("/auth/account")},
		{"account-error", func(b *tab) {
			b.open("/auth/account")
			b.do(chromedp.Click(chromedp.CSS("summary")))
			b.fill("delete-password", "not the password")
			b.click("button.danger")
		}},
		{"signout", at("/auth/signout?callbackUrl=/")},
		{"account-old", func(b *tab) {
			a.ageSessions(t)
			b.open("/auth/account")
		}},
		{"provider", func(b *tab) {
			b.open("/auth/signin?callbackUrl=/auth/account")
			b.press("Continue with Dev provider")
		}},
		{"signin-cancelled", func(b *tab) { b.press("Cancel") }},
		{"account-providers", func(b *tab) {
			b.signIn(ada, word)
			b.open("/auth/account")
			b.click(`[aria-label="Link Dev provider"]`)
			b.press("Sign in")
		}},
	}, factorPages())
}

// factorPages are those of second steps and passkeys, for ada, who is signed in.
func factorPages() []place {
	var p *phone
	return []place{
		{"totp", func(b *tab) {
			b.proveAddress()
			p = b.beginApp()
		}},
		{"totp-error", func(b *tab) {
			b.fill("code", p.wrong())
			b.press("Turn on")
		}},
		{"recovery-codes", func(b *tab) {
			b.fill("code", p.code())
			b.press("Turn on")
		}},
		{"account-factor", func(b *tab) { b.hasEverything(p) }},
		{"reauthenticate", func(b *tab) { b.open("/auth/reauthenticate?callbackUrl=/") }},
		{"reauthenticate-error", func(b *tab) {
			b.fill("code", p.wrong())
			b.click("#code ~ button")
		}},
		{"factor", func(b *tab) {
			b.open("/auth/account")
			b.press("Forget all")
			b.signOut()
			b.signIn(ada, word)
		}},
		{"factor-error", func(b *tab) {
			b.fill("code", p.wrong())
			b.press("Continue")
		}},
		{"reset-password-code", func(b *tab) {
			b.open("/auth/forgot-password")
			b.fill("email", ada)
			b.press("Mail me a link")
			b.openMail("/reset-password?")
		}},
	}
}

// hasEverything signs ada in with her app, in a browser that is remembered, adds a passkey
// and shows the account page.
func (b *tab) hasEverything(p *phone) {
	b.t.Helper()
	b.signOut()
	b.signIn(ada, word)
	b.do(chromedp.Click(chromedp.CSS("[name=trust]")))
	b.fill("code", p.next())
	b.press("Continue")
	b.open("/auth/account")
	key := chromium.Authenticator(b.t, b.ctx)
	b.press("Add a passkey")
	b.namesPasskey("Laptop")
	if _, err := chromedp.Call(b.ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: key}); err != nil {
		b.t.Fatal(err)
	}
	b.open("/auth/account")
}

// mailPages are those that are about mails, for ada, who is signed out.
var mailPages = []place{
	{"forgot-password", func(b *tab) { b.open("/auth/forgot-password") }},
	{"forgot-password-error", func(b *tab) {
		b.fill("email", "no address")
		b.press("Mail me a link")
	}},
	{"code", func(b *tab) {
		b.fill("email", ada)
		b.press("Mail me a link")
	}},
	{"code-error", func(b *tab) {
		b.fill("code", "BBBB-BBBB")
		b.press("Continue")
	}},
	{"reset-password", func(b *tab) { b.openMail("/reset-password?") }},
	{"reset-password-error", func(b *tab) {
		b.fill("password", "football")
		b.press("Set password")
	}},
	{"signin-link", func(b *tab) {
		b.open("/auth/signin?callbackUrl=/")
		b.fill("email-email", "grace@example.com")
		b.press("Mail me a link")
		b.openMail("/callback/email?")
	}},
	{"confirm", func(b *tab) { b.openMail("/verify-email?") }},
	{"confirm-error", func(b *tab) {
		b.fill("password", "not the password")
		b.press("Confirm")
	}},
	{"dev-mail", func(b *tab) { b.open("/auth/dev/mail") }},
}

// openMail opens the link of the newest mail in development that has link in it.
func (b *tab) openMail(link string) {
	b.t.Helper()
	button := fmt.Sprintf("a.button[href*=%q]", link)
	await.True(b.t, "the mail is there", func() bool {
		b.open("/auth/dev/mail")
		return value[bool](b, fmt.Sprintf("!!document.querySelector(%q)", button))
	})
	b.click(button)
}

// ageSessions makes all sessions as old as 2020.
func (a *app) ageSessions(t *testing.T) {
	t.Helper()
	db, err := sqlite.Open("file:" + filepath.Join(a.dir, "quickstart.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `UPDATE sessions SET created_at = '2020-01-01 00:00:00+00:00', authenticated_at = '2020-01-01 00:00:00+00:00'`); err != nil {
		t.Fatal(err)
	}
}

// TestBrowser_Accessible holds every page to what people need who see, hear or
// handle it differently: on a small screen, in light and in dark.
func TestBrowser_Accessible(t *testing.T) {
	a := startStillIn(t, t.TempDir())
	a.tab(t).register(ada)
	b := a.tab(t)
	for _, p := range pages(t, a) {
		b.do(chromedp.EmulateViewport(360, 740))
		p.come(b)
		value[chromedp.Void](b, "document.querySelectorAll('details').forEach(d => d.open = true)")
		for _, scheme := range []string{"light", "dark"} {
			b.colors(scheme)
			for _, fault := range value[[]string](b, faults) {
				t.Errorf("%s, %s: %s", p.name, scheme, fault)
			}
		}
	}
}

// TestBrowser_LongAddress: nothing scrolls sideways for those with much to show.
func TestBrowser_LongAddress(t *testing.T) {
	a := startApp(t, t.TempDir())
	b := a.tab(t)
	b.do(chromedp.EmulateViewport(360, 740))
	b.register(strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + ".example")
	for _, path := range []string{"/", "/auth/account", "/auth/signin", "/auth/signout"} {
		b.open(path)
		for _, fault := range value[[]string](b, faults) {
			t.Errorf("%s: %s", path, fault)
		}
	}
}

// faults is a script that lists what is wrong with a page. Contrast is that of
// WCAG 2.2 §1.4.3, targets are those of §2.5.5 within forms, and none touches another.
const faults = `(() => {
  const faults = [];
  const visible = e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 0;
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const luminance = c => { const d = rgba(c); return 0.2126 * channel(d[0]) + 0.7152 * channel(d[1]) + 0.0722 * channel(d[2]); };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgba(c)[3] === 255) return c; } return 'white'; };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push('scrolls sideways: ' + document.documentElement.scrollWidth);
  if (document.querySelectorAll('h1').length !== 1) faults.push('has not one h1');
  if (!document.documentElement.lang) faults.push('has no language');
  if (!document.title) faults.push('has no title');
  if (document.scripts.length > (document.querySelector('form[data-passkey]') ? 1 : 0)) faults.push('has a script');
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !visible(e)) continue;
    const ratio = contrast(getComputedStyle(e).color, ground(e));
    if (ratio < 4.5) faults.push('contrast ' + ratio.toFixed(2) + ': ' + e.textContent.trim());
  }
  for (const e of document.querySelectorAll('input')) {
    if (e.type === 'hidden' || e.hidden) continue;
    if (!e.labels.length || !e.labels[0].textContent.trim()) faults.push('no label: ' + e.name);
  }
  for (const e of document.querySelectorAll('button, .button, input, summary')) {
    const target = e.type === 'checkbox' ? e.parentElement : e; // its label is part of it
    if (visible(e) && target.getBoundingClientRect().height < 44) faults.push('small target: ' + (e.name || e.textContent.trim()));
  }
  const targets = [...document.querySelectorAll('button, .button, input, summary')].filter(e => visible(e) && e.type !== 'hidden');
  targets.slice(1).forEach((e, i) => {
    const [a, b] = [targets[i].getBoundingClientRect(), e.getBoundingClientRect()];
    if (a.left < b.right && b.left < a.right && b.top >= a.bottom - 1 && b.top - a.bottom < 8) faults.push('too near to what is above it: ' + (e.name || e.textContent.trim()));
  });
  for (const e of document.querySelectorAll('a, button, input, summary')) {
    if (!visible(e) || e.type === 'hidden') continue;
    e.focus({focusVisible: true});
    const s = getComputedStyle(e);
    if (s.outlineStyle === 'none' || parseFloat(s.outlineWidth) < 2) faults.push('focus cannot be seen: ' + (e.name || e.textContent.trim()));
    else if (contrast(s.outlineColor, ground(e.parentElement)) < 3) faults.push('focus is faint: ' + (e.name || e.textContent.trim()));
  }
  if (document.activeElement) document.activeElement.blur();
  return faults;
})()`
