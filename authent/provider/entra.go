package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/authent/authent/authent"
)

// personalTenant is the tenant of all personal Microsoft accounts.
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// entraClouds are Microsoft's clouds: the worldwide one, then the national ones of the
// US government and of China.
//
// https://learn.microsoft.com/en-us/entra/identity-platform/authentication-national-cloud
var entraClouds = []string{"https://login.microsoftonline.com/", "https://login.microsoftonline.us/", "https://login.partner.microsoftonline.cn/"}

// MicrosoftEntraID returns sign-in with Microsoft accounts. Its id is
// "microsoft-entra-id". tenant says whose accounts: the directory (tenant) id of one
// organization, "organizations" for all of them, "consumers" for personal accounts, or
// "common" for everybody; a domain name does not work. In a national cloud the tenant
// follows that cloud's host: "https://login.microsoftonline.us/organizations". If tenant
// is "", the issuer comes from AUTH_MICROSOFT_ENTRA_ID_ISSUER and is one organization's:
// https://login.microsoftonline.com/{directory id}/v2.0. A field of c that is "" comes
// from AUTH_MICROSOFT_ENTRA_ID_ID or AUTH_MICROSOFT_ENTRA_ID_SECRET.
//
// The administrators of any organization may write any address into its accounts. So an
// address counts as verified only if the optional claim xms_edov, which the application's
// registration must ask for, says that the owner of its domain is verified.
func MicrosoftEntraID(tenant string, c Client) authent.Provider {
	p := standard("microsoft-entra-id", "Microsoft Entra ID", "", c)
	p.OAuth.Scopes = []string{"openid", "profile", "email", "User.Read"}
	p.OAuth.RequestParams = []string{"domain_hint"}
	p.OAuth.Profile = entraProfile
	cloud, tenant := entraCloud(tenant)
	if tenant != "" {
		p.OAuth.Issuer = cloud + tenant + "/v2.0"
	}
	switch tenant {
	case "common", "organizations", "consumers":
		p.OAuth.CheckIssuer = func(issuer string, c authent.Claims) error {
			return checkEntraIssuer(cloud, tenant, issuer, c.String("tid"))
		}
	}
	return p
}

// entraCloud splits MicrosoftEntraID's tenant into the cloud's URL and the tenant there.
func entraCloud(name string) (cloud, tenant string) {
	for _, cloud := range entraClouds {
		if tenant, ok := strings.CutPrefix(name, cloud); ok {
			return cloud, strings.TrimSuffix(strings.TrimSuffix(tenant, "/"), "/v2.0")
		}
	}
	return entraClouds[0], name
}

var directoryID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// checkEntraIssuer checks that a token comes from an organization that tenant covers.
// Microsoft asks this of every application that accepts several organizations.
func checkEntraIssuer(cloud, tenant, issuer, tid string) error {
	switch {
	case !directoryID.MatchString(tid):
		return errors.New("its tid is not the id of a directory")
	case issuer != cloud+tid+"/v2.0":
		return errors.New("its issuer is not that of its tid")
	case (tenant == "organizations" && tid == personalTenant) || (tenant == "consumers" && tid != personalTenant):
		return fmt.Errorf("its account is not one of the tenant %q", tenant)
	}
	return nil
}

func entraProfile(c authent.Claims) (authent.Profile, error) {
	p, err := authent.StandardProfile(c)
	p.EmailVerified = authent.VerifiedUnknown
	switch c["xms_edov"] {
	case true, "1", json.Number("1"):
		p.EmailVerified = authent.VerifiedYes
	case false, "0", json.Number("0"):
		p.EmailVerified = authent.VerifiedNo
	}
	return p, err
}
