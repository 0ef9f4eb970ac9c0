package provider_test

import (
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
)

// TestEntraIssuers: of a server of many tenants, a token's issuer is that of its
// tid, and its tenant is one that the application asked for.
func TestEntraIssuers(t *testing.T) {
	t.Parallel()
	const (
		host     = "https://login.microsoftonline.com/"
		company  = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
		other    = "82229342-1101-4ab6-817b-70c0747630f3"
		personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	)
	all := []string{"common", "organizations", "consumers"}
	for name, tc := range map[string]struct {
		issuer string
		tid    any
		good   []string // the tenants that take it
	}{
		"an organization":     {host + company + "/v2.0", company, all[:2]},
		"a personal account":  {host + personal + "/v2.0", personal, []string{"common", "consumers"}},
		"another's tid":       {host + company + "/v2.0", other, nil},
		"no tid":              {host + company + "/v2.0", nil, nil},
		"an empty tid":        {host + "/v2.0", "", nil},
		"a tid with a path":   {host + company + "/x/v2.0", company + "/x", nil},
		"a tid of two lines":  {host + company + "\n/v2.0", company + "\n", nil},
		"the template":        {host + "{tenantid}/v2.0", "{tenantid}", nil},
		"the name of many":    {host + "common/v2.0", "common", nil},
		"another host":        {"https://login.example.com/" + company + "/v2.0", company, nil},
		"a host that goes on": {"https://login.microsoftonline.com.example.com/" + company + "/v2.0", company, nil},
		"version 1":           {"https://sts.windows.net/" + company + "/", company, nil},
		"a slash more":        {host + company + "/v2.0/", company, nil},
	} {
		good := map[string]bool{}
		for _, tenant := range tc.good {
			good[tenant] = true
		}
		for _, tenant := range all {
			check := provider.MicrosoftEntraID(tenant, provider.Client{ID: "client", Secret: "secret"}).OAuth.CheckIssuer
			if err := check(tc.issuer, authent.Claims{"tid": tc.tid}); (err == nil) != good[tenant] {
				t.Errorf("%s, for %s: %v", name, tenant, err)
			}
		}
	}
	for _, cloud := range []string{"https://login.microsoftonline.us/", "https://login.partner.microsoftonline.cn/", host} {
		for _, name := range []string{cloud + "organizations", cloud + "organizations/", cloud + "organizations/v2.0"} {
			o := provider.MicrosoftEntraID(name, provider.Client{ID: "client", Secret: "secret"}).OAuth
			there, elsewhere := o.CheckIssuer(cloud+company+"/v2.0", authent.Claims{"tid": company}), o.CheckIssuer("https://login.example.com/"+company+"/v2.0", authent.Claims{"tid": company})
			if o.Issuer != cloud+"organizations/v2.0" || there != nil || elsewhere == nil || (o.CheckIssuer(host+company+"/v2.0", authent.Claims{"tid": company}) == nil) != (cloud == host) {
				t.Errorf("%s: issuer %s, %v, %v", name, o.Issuer, there, elsewhere)
			}
		}
		if o := provider.MicrosoftEntraID(cloud+company, provider.Client{ID: "client", Secret: "secret"}).OAuth; o.CheckIssuer != nil || o.Issuer != cloud+company+"/v2.0" {
			t.Errorf("one organization at %s: issuer %s", cloud, o.Issuer)
		}
	}
	one := provider.MicrosoftEntraID(company, provider.Client{ID: "client", Secret: "secret"}).OAuth
	if one.CheckIssuer != nil || one.Issuer != host+company+"/v2.0" {
		t.Errorf("one organization: issuer %s, checked otherwise than letter for letter: %t", one.Issuer, one.CheckIssuer != nil)
	}
}
