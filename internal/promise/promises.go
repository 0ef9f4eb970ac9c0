package main

// promise is one row of SECURITY.md; its tests are those whose names begin with
// its number.
type promise struct{ number, text, source string }

// promises are those that hold for what exists. A promise grows with the product:
// whoever adds a flow adds it to the promise's tests.
var promises = []promise{
	{"P01", "Session tokens, links in mails and OAuth states carry 256 bits from crypto/rand; the database holds only their SHA-256 (session tokens in mode AuthJSShared as issued). The letters of a code are stored under a key that only the waiting browser holds. Providers' tokens are sealed with AES-256-GCM, each for its own row and column (not in the shared modes).", "ASVS 7.2.3, 6.5.2"},
	{"P02", "Every sign-in and re-authentication issues a new session token and ends the session that the browser brought, in the same transaction; a token that the browser chose is never adopted.", "ASVS 7.2.4"},
	{"P03", "Sign-out ends the session on the server, and of several session cookies each that they name. When the database fails, nobody is told that they are signed out.", "ASVS 7.4.1, CVE-2024-21492, CVE-2025-29928"},
	{"P04", "Changing or resetting the password, changing the e-mail address, unlinking a provider, disabling and deleting an account end the other sessions in the same transaction (change of password or address and unlinking keep this one; a change of address that an ended session asked for does nothing); a sign-in that checked the old state and commits after the change is refused, and a session that has ended meanwhile changes nothing more.", "ASVS 7.4.2, 7.4.3, CVE-2026-34828"},
	{"P05", "`expires` rolls on at most once per UpdateAge; no pattern of use passes an absolute lifetime.", "ASVS 7.3.1, 7.3.2"},
	{"P06", "People list and revoke only their own sessions; another's id is answered byte for byte like an unknown one; no list or log shows a token or its stored form.", ""},
	{"P07", "Changing the password, linking and unlinking a provider and deleting the account ask for a recent sign-in or re-authentication.", "ASVS 7.5.1"},
	{"P08", "A link or code in a mail and an OAuth state are used once, whoever uses them at the same moment.", "ASVS 6.5.1"},
	{"P09", "Two registrations of one address at once leave one user, and the loser gets a clear error.", ""},
	{"P10", "Unknown e-mail, wrong password, disabled and password-less account look alike: status, body, headers, and the hashing behind them. Requests for mails run the same statements and get the same answer whether or not somebody has the address. Registration tells that an address is taken, but first judges the new password, after the same hashing as for a free one; unless EmailVerification is VerificationRequired: then its owner is mailed instead.", "ASVS 6.3.8, CVE-2026-40263, GHSA-8fxq-53rx-ph5f"},
	{"P11", "Passwords have 8 code points to 1,024 bytes of any Unicode and are never cut; no other string verifies against a hash made here. A new one is none of the common ones, in any case, nor made of one and the names of its address and the application; an old one is never judged.", "ASVS 6.2"},
	{"P12", "Existing bcrypt hashes ($2a$, $2b$, $2y$) verify; weaker parameters are rehashed at sign-in; hostile stored parameters cannot burn memory or CPU.", "OWASP password storage"},
	{"P13", "OAuth: the state is bound to this browser and used once, an empty one equals nothing; PKCE S256, and of an ID token nonce, issuer, audience, authorized party, expiry and signature are checked, its auth_time where max_age was sent, and the issuer of the answer where it has one (RFC 9207). PKCE and nonce are left out only for a provider of which the application says that it lacks them (LinkedIn), never because an answer does.", "ASVS 10.1.2, 10.2.1, 10.5, RFC 9700, GHSA-phg3-3g28-wq9v"},
	{"P14", "An account is a provider and the person's id there, compared byte for byte, never an e-mail; an empty id is an error. Nothing that a browser adds to a callback, or to a provider's form, says whose it is.", "CVE-2026-42560"},
	{"P15", "An unknown account joins an existing user only if that user started to link it from a recent session, which is also the one that ends the flow, or if the provider is trusted with addresses and calls this one verified. A missing flag is unverified. The application is asked about the very user who is signed in.", "CVE-2024-38351, CVE-2026-41574, CVE-2026-44166, CVE-2026-56666"},
	{"P16", "A redirect URI and the links in mails are built from the configured URL only.", "CVE-2025-64101"},
	{"P17", "Redirect targets are of the same origin as a browser parses them, or of exactly one of TrustedOrigins, or replaced by the default.", "GHSA-j5r2-4c8j-xc3m, CVE-2020-4037, CVE-2022-31093"},
	{"P18", "Every state-changing request is protected against cross-site forgery, sign-in included, the scheme compared.", "ASVS 10.2.1, CVE-2025-24358, GHSA-hcff-qv74-7hr4"},
	{"P19", "Sign-in, registration, re-authentication, change of password and each request for a mail are limited, exactly and in one count for all processes that share a store, per account in every spelling of its address and per client (IPv4, also mapped into IPv6, or an IPv6 /64; trusted proxies only). What cannot be counted is refused with 503.", "ASVS 6.3.1, CVE-2026-45364, GHSA-x732-6j76-qmhm"},
	{"P20", "Whoever uses up an account's tries does not keep its owner out: a browser that signed in to it before has a count of its own, and the three newest links of a kind work.", "ASVS 6.1.1"},
	{"P21", "No other cookie, flow or token is accepted as a session.", "CVE-2023-48309"},
	{"P22", "Cookies are HttpOnly, SameSite=Lax, Path=/, on https Secure and `__Host-` (in shared mode `__Secure-` for session and callback-url), last at most 400 days and never past an absolute lifetime; on https an unprefixed session cookie is ignored.", "RFC 6265bis, ASVS 3.3.3"},
	{"P23", "One mail goes to one address, byte for byte the stored one (its domain as DNS has it), or to nobody; what is not one plain address, or could be taken for another one, is refused. Nothing that a stranger typed is rendered in a mail.", "CVE-2022-35924, CVE-2022-31127, CVE-2019-19844"},
	{"P24", "Secrets never reach logs, errors, JSON or `%v`.", ""},
	{"P25", "A session check is one SQL statement that uses a unique index (two where the graph has interceptors or privacy rules, and one for each of two cookies in the shared modes).", ""},
	{"P26", "Creating a user, linking an account and starting the session is one transaction: a fault at any statement leaves nothing behind.", ""},
	{"P27", "Deleting a user removes accounts, sessions, links, codes and the addresses kept for them, also where a soft delete keeps the user's row; the database enforces it for rows that refer to the user.", ""},
	{"P28", "Times are UTC to the millisecond, whatever zone the process runs in.", ""},
	{"P29", "An address first proved kills what unproved hands left: a trusted provider, a sign-in link or code, or a reset that brings a user whose e-mail is unverified removes password, sessions and linked accounts in the same transaction. The mail that proves an address of a registration works for whoever registered: their browser, their session or their password.", "CVE-2026-44166"},
	{"P30", "Identifiers compare byte for byte.", "CVE-2019-19844"},
	{"P31", "Work per request is bounded: a body to 64 KiB, a password to 1,024 bytes, an e-mail to 254; concurrent hashes are bounded, and who waits too long gets 503 with Retry-After; what cannot be a session token costs no SQL.", ""},
	{"P32", "Pages cannot be framed or scripted: Content-Security-Policy, nosniff, Referrer-Policy, Cross-Origin-Opener-Policy, no-store.", "ASVS 3.4"},
	{"P34", "A code in a mail works in the browser that asked for it, in any spelling, within ten minutes; the fifth wrong one ends it and the link beside it, exactly, however many are tried at once in however many processes.", "ASVS 6.5.2, CVE-2026-20779, CVE-2025-6015"},
	{"P37", "A change of what guards an account is told to its address: password, address (the old one, with a link that undoes it for a week), linked and unlinked providers, and where asked for a sign-in with a new browser. No link in such a mail acts by being opened.", "ASVS 6.3.7"},
	{"P38", "What counts as a recent sign-in is written by an authentication alone; no bookkeeping raises it, such as the start that a session of another program's is given.", ""},
	{"P39", "A request cannot weaken what the application set for a provider: what Scopes, AuthParams and the endpoint's URL say stays, of two max_age the smaller is sent. It may add login_hint, prompt, acr_values, max_age and the like where they were left open.", "ASVS 10.5, OpenID Connect Core §3.1.2.1"},
	{"P40", "A statement never runs as another one, whatever pooler stands between: on PostgreSQL a connection of `database.Open` keeps statements only once it has proved to be direct, and otherwise sends each query in one piece.", ""},
	{"P41", "An outage is told as an outage: 503 with Retry-After, never \"signed out\", \"wrong password\" or a fault of the configuration. What was answered with success is there after a failover to a synchronous standby; a commit that broke is not answered with success, and not run again.", ""},
	{"P42", "Work that strangers cause is bounded for each process and does not starve people who are signed in: a provider's discovery and keys are asked for by one request at a time however many wait, not again for 5 seconds after a failure, and once a minute for keys that nobody published; 128 people wait for it and 64 callbacks are worked on, others get 503; a quarter of the password hashes, at least one, is kept for people with a session.", "ASVS 2.4.1, CWE-400"},
}
