package readme

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/testdb"
)

// TestProxyGuide does what docs/proxy.md says, with a real nginx and somebody who comes
// through it from another address.
func TestProxyGuide(t *testing.T) {
	g := newGuide(t, testdb.SQLite, "")
	n := newNginx(t, g.port)
	g.nginx = n
	for _, section := range sections(t, "docs/proxy.md") {
		g.follow(section[0], section[1])
		if section[0] == "nginx" {
			stop := g.start("PORT=" + g.port + " go run " + modulePath + "/examples/quickstart@latest")
			g.answer("/")
			n.checkPerson(t)
			stop()
		}
	}
	if !n.tried || !n.reloaded {
		t.Errorf("the guide tries the configuration: %v, and loads it: %v", n.tried, n.reloaded)
	}
}

// nginx is a server with the configuration of a guide, on ports of its own and with a
// certificate of its own.
type nginx struct {
	program, dir, https, http, app string
	roots                          *x509.CertPool
	tried, reloaded                bool
}

func newNginx(t *testing.T, app string) *nginx {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no nginx: make deps installs it on Debian")
	}
	n := &nginx{program: program, dir: t.TempDir(), https: freeport.For(t), http: freeport.For(t), app: app}
	n.certify(t)
	return n
}

// certify makes the certificate of example.com.
func (n *nginx) certify(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.com"}, DNSNames: []string{"example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	n.write(t, "fullchain.pem", string(public))
	n.write(t, "privkey.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	n.roots = x509.NewCertPool()
	n.roots.AppendCertsFromPEM(public)
}

func (n *nginx) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configure writes what a guide says, with nothing changed but ports and folders.
func (n *nginx) configure(t *testing.T, site string) {
	t.Helper()
	for old, own := range map[string]string{
		"listen 443 ssl;": "listen 127.0.0.1:" + n.https + " ssl;", "listen 80;": "listen 127.0.0.1:" + n.http + ";",
		"http://127.0.0.1:3000": "http://localhost:" + n.app, "/etc/letsencrypt/live/example.com": n.dir,
	} {
		if !strings.Contains(site, old) {
			t.Errorf("the configuration lacks %q", old)
		}
		site = strings.ReplaceAll(site, old, own)
	}
	n.write(t, "nginx.conf", "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"+
		"client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n"+site+"\n}\n")
}

// do does what a guide asks of the administrator.
func (n *nginx) do(t *testing.T, line string) {
	t.Helper()
	switch line {
	case "sudo nginx -t":
		n.tried = true
		if out, err := n.command("-t").CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	case "sudo systemctl reload nginx":
		n.reloaded = true
		cmd := n.command()
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	default:
		t.Fatalf("nobody knows how to do %q", line)
	}
}

func (n *nginx) command(args ...string) *exec.Cmd {
	return exec.Command(n.program, append([]string{"-p", n.dir, "-c", "nginx.conf", "-e", "stderr"}, args...)...)
}

var csrfField = regexp.MustCompile(`name="csrfToken" value="([0-9a-f]{64})"`)

// checkPerson registers somebody who comes from 127.0.0.5 and claims to be elsewhere:
// they are signed in, and have their own address.
func (n *nginx) checkPerson(t *testing.T) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 5)}}
	client := &http.Client{Jar: jar, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: n.roots},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			port := n.https
			if strings.HasSuffix(address, ":80") {
				port = n.http
			}
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
	ask := func(method, target string, form url.Values) string {
		r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		return read(t, client, r)
	}
	page := ask(http.MethodGet, "http://example.com/auth/register", nil) // which leads to https
	token := csrfField.FindStringSubmatch(page)
	if token == nil {
		t.Fatalf("no form to register:\n%s", page)
	}
	home := ask(http.MethodPost, "https://example.com/auth/register", url.Values{
		"csrfToken": {token[1]}, "callbackUrl": {"/"}, "email": {"ada@example.com"}, "password": {"correct horse battery"},
	})
	if !strings.Contains(home, "Hello, ada@example.com") {
		t.Errorf("after registering:\n%s", home)
	}
	if account := ask(http.MethodGet, "https://example.com/auth/account", nil); !strings.Contains(account, "127.0.0.5") || strings.Contains(account, "203.0.113.7") {
		t.Errorf("the account page has another address:\n%s", account)
	}
}
