package statement

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The example of RFC 9901, section 5.1: what the issuer signed, what it discloses of an
// object, and the issuer's key of appendix A.5.
const rfcSigned = "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVF" +
	"kxc1VfTS1QZ2tqUEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3Zr" +
	"RnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRHZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3" +
	"QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRF" +
	"IiwgImdiT3NJNEVkcTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3UVFsaEZsTV8zSmx6TWFTRnpnbGhRRz" +
	"BEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgz" +
	"MDAwMDAwLCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2VWpsWm8zZGgta284YU" +
	"lLUWM5RGxHemhhVllvIn0sIHsiLi4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJfc2RfYWxn" +
	"IjogInNoYS0yNTYiLCAiY25mIjogeyJqd2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNF" +
	"c0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIiwgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0." +
	"MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpMPNbswNzZ87wY2uHz-CXo6R04b7jYrpj9mNRAvVssXou1iw"

var rfcDisclosures = []string{
	"WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
	"WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd",
	"WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ",
	"WyJlSThaV205UW5LUHBOUGVOZW5IZGhRIiwgInBob25lX251bWJlciIsICIrMS0yMDItNTU1LTAxMDEiXQ",
	"WyJRZ19PNjR6cUF4ZTQxMmExMDhpcm9BIiwgInBob25lX251bWJlcl92ZXJpZmllZCIsIHRydWVd",
	"WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5Ij" +
		"ogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0",
	"WyJQYzMzSk0yTGNoY1VfbEhnZ3ZfdWZRIiwgImJpcnRoZGF0ZSIsICIxOTQwLTAxLTAxIl0",
	"WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInVwZGF0ZWRfYXQiLCAxNTcwMDAwMDAwXQ",
}

const rfcKey = `{"keys": [{"kty": "EC", "crv": "P-256",
	"x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}]}`

var rfcFields = map[string]any{"given_name": "John", "family_name": "Doe", "email": "johndoe@example.com",
	"phone_number": "+1-202-555-0101", "phone_number_verified": true, "birthdate": "1940-01-01", "updated_at": 1570000000.0,
	"address": map[string]any{"street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US"}}

func TestDigestsAreThoseOfTheRFC(t *testing.T) {
	for disclosure, want := range map[string]string{
		// Section 4.2.3, and 5.1.
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0": "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
		rfcDisclosures[0]: "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
		rfcDisclosures[1]: "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo",
		rfcDisclosures[2]: "JzYjH4svliH0R3PyEMfeZu6Jt69u5qehZo7F7EPYlSE",
	} {
		if got := digest(disclosure); got != want {
			t.Errorf("the digest of %s is %s, the RFC has %s", disclosure, got, want)
		}
	}
}

func TestTheExampleOfTheRFCIsReadAsItsIssuerMeantIt(t *testing.T) {
	keys, err := ParseKeys([]byte(rfcKey))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(func() time.Time { return time.Unix(1_700_000_000, 0) })).
		ParseWithClaims(rfcSigned, claims, func(*jwt.Token) (any, error) { return keys.keys[""], nil })
	if err != nil {
		t.Fatalf("its signature: %v", err)
	}
	ours := disclosable
	disclosable = slices.Collect(maps.Keys(rfcFields))
	t.Cleanup(func() { disclosable = ours })
	got, err := disclosedFields(claims["_sd"], strings.Join(rfcDisclosures, "~")+"~")
	if err != nil || !reflect.DeepEqual(got, rfcFields) {
		t.Errorf("it discloses %v, %v", got, err)
	}
	if got, err := disclosedFields(claims["_sd"], ""); err != nil || len(got) != 0 {
		t.Errorf("without disclosures it says %v, %v", got, err)
	}
	for name, wrong := range map[string]string{
		"the same salt with another value": "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSmFuZSJd~",
		"one disclosed twice":              rfcDisclosures[0] + "~" + rfcDisclosures[0] + "~",
		"one of a list":                    "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0~",
		"one without a digest":             "WyJkdW1teXNhbHQiLCAiZW1haWwiLCAiYmFyIl0~",
	} {
		if got, err := disclosedFields(claims["_sd"], wrong); !errors.Is(err, ErrField) && !errors.Is(err, ErrForm) {
			t.Errorf("%s is read as %v, %v", name, got, err)
		}
	}
}

// A credential of another type is refused, also when its signature is valid.
func TestAForeignCredentialIsNoStatement(t *testing.T) {
	keys, err := ParseKeys([]byte(rfcKey))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(rfcSigned+"~"+rfcDisclosures[0]+"~", keys, time.Unix(1_700_000_000, 0)); !errors.Is(err, ErrForm) {
		t.Errorf("it is told %v", err)
	}
}
