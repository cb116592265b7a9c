package statement

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"mingjing"
)

var day = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func signer(t *testing.T, fill byte) (*Signer, Keys) {
	t.Helper()
	s, err := NewSigner("https://mirror.example", bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	return s, keys
}

func stated() mingjing.Statement {
	missing := 0
	return mingjing.Statement{Number: "N1", IssuedAt: day, ExpiresAt: day.AddDate(0, 0, 7), AsOf: "2026-03-02",
		Rulebook: mingjing.RulebookRef{ID: "rongcheng", Version: "1", Hash: "h"}, Purpose: "租房 a flat", ShownTo: "房东 \"Landlord\" ~ & Co.",
		Name: "王**", Band: &mingjing.Band{Code: "A", Name: mingjing.Text{"zh-CN": "守信", "en": "Good"}, Shape: "circle", Tone: "good"},
		Missing: &missing}
}

func sign(t *testing.T, s *Signer, st mingjing.Statement) string {
	t.Helper()
	token, err := s.Sign(st)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestASignedStatementSaysWhatWasShownAndNothingElse(t *testing.T) {
	s, keys := signer(t, 1)
	token := sign(t, s, stated())
	got, issuer, err := Verify(token+"\n", keys, day)
	if err != nil || issuer != "https://mirror.example" || !reflect.DeepEqual(got, stated()) {
		t.Fatalf("%+v of %s: %v", got, issuer, err)
	}
	// The holder may disclose less than was signed.
	parts := strings.SplitAfter(token, "~")
	less, _, err := Verify(parts[0]+parts[2], keys, day)
	if err != nil || less.Name != "" || less.Band == nil || less.Missing != nil {
		t.Errorf("with one field: %+v, %v", less, err)
	}
	if _, _, err := Verify(parts[0], keys, day); err != nil {
		t.Errorf("with none: %v", err)
	}
	// A key set alone is enough to verify it.
	data, _ := s.Metadata()
	var m struct {
		JWKS json.RawMessage `json:"jwks"`
	}
	_ = json.Unmarshal(data, &m)
	alone, err := ParseKeys(m.JWKS)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(token, alone, day); err != nil {
		t.Error(err)
	}
}

func TestHowMuchWasNotChosenIsNotTold(t *testing.T) {
	s, _ := signer(t, 1)
	for _, st := range []mingjing.Statement{stated(), {Number: "N2", IssuedAt: day, ExpiresAt: day.AddDate(0, 0, 1)}} {
		signed, _, _ := strings.Cut(sign(t, s, st), "~")
		claims := jwt.MapClaims{}
		if _, _, err := jwt.NewParser().ParseUnverified(signed, claims); err != nil {
			t.Fatal(err)
		}
		if n := len(claims["_sd"].([]any)); n != len(disclosable) {
			t.Errorf("there are %d digests, want %d", n, len(disclosable))
		}
		for _, name := range disclosable {
			if claims[name] != nil {
				t.Errorf("%s stands in the open", name)
			}
		}
	}
}

func TestAFalseStatementIsFoundOut(t *testing.T) {
	s, keys := signer(t, 1)
	other, otherKeys := signer(t, 2)
	token := sign(t, s, stated())
	parts := strings.Split(strings.TrimSuffix(token, "~"), "~")
	edit := func(i int, from, to string) string {
		changed := append([]string{}, parts...)
		data, err := encoding.DecodeString(changed[i])
		if err != nil || !bytes.Contains(data, []byte(from)) {
			t.Fatalf("part %d has no %s: %s", i, from, data)
		}
		changed[i] = encoding.EncodeToString(bytes.Replace(data, []byte(from), []byte(to), 1))
		return strings.Join(changed, "~") + "~"
	}
	jws := strings.Split(parts[0], ".")
	payload, _ := encoding.DecodeString(jws[1])
	forged := func(from, to string) string {
		p := encoding.EncodeToString(bytes.Replace(payload, []byte(from), []byte(to), 1))
		return jws[0] + "." + p + "." + jws[2] + "~" + strings.Join(parts[1:], "~") + "~"
	}
	made := encoding.EncodeToString([]byte(`["salt","value",{"value":999,"min":0,"max":1000}]`))
	unsigned := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": "x", "exp": day.Unix() * 2})
	unsigned.Header["typ"], unsigned.Header["kid"] = tokenType, s.id
	none, _ := unsigned.SignedString(jwt.UnsafeAllowNoneSignatureType)
	shared := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"exp": day.Unix() * 2})
	shared.Header["typ"], shared.Header["kid"] = tokenType, s.id
	hs, _ := shared.SignedString([]byte(s.id))
	for name, k := range map[string]struct {
		token string
		keys  Keys
		now   time.Time
		want  error
	}{
		"a band that was raised":         {edit(2, `"A"`, `"AAA"`), keys, day, ErrField},
		"a hidden field that is claimed": {token + made + "~", keys, day, ErrField},
		"a field that is shown twice":    {token + parts[1] + "~", keys, day, ErrField},
		"a purpose that was changed":     {forged("租房", "贷款"), keys, day, ErrSignature},
		"a later end":                    {forged(`"exp":1`, `"exp":2`), keys, day, ErrSignature},
		"the key of somebody else":       {token, otherKeys, day, ErrKey},
		"somebody else's signature":      {sign(t, other, stated()), keys, day, ErrKey},
		"the end is over":                {token, keys, day.AddDate(0, 0, 7), ErrExpired},
		"no signature":                   {none + "~", keys, day, ErrSignature},
		"another kind of signature":      {hs + "~", keys, day, ErrSignature},
		"a piece of one":                 {parts[0], keys, day, ErrForm},
		"half a disclosure":              {strings.TrimSuffix(token, "~"), keys, day, ErrForm},
		"an empty disclosure":            {token + "~", keys, day, ErrForm},
		"nothing":                        {"", keys, day, ErrForm},
		"too much":                       {token + strings.Repeat("x", maxToken) + "~", keys, day, ErrForm},
	} {
		if st, _, err := Verify(k.token, k.keys, k.now); !errors.Is(err, k.want) || !reflect.DeepEqual(st, mingjing.Statement{}) {
			t.Errorf("%s: %v with %+v, want %v", name, err, st, k.want)
		}
	}
	// A statement that names our key but has another signature is refused.
	thief := *other
	thief.id = s.id
	if _, _, err := Verify(sign(t, &thief, stated()), keys, day); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
	// So is one that is signed with our key and names another issuer.
	elsewhere, err := NewSigner("https://elsewhere.example", bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(sign(t, elsewhere, stated()), keys, day); !errors.Is(err, ErrIssuer) {
		t.Error(err)
	}
}

// TestADisclosureIsHashedAsTheStandardSays checks the example of RFC 9901, 4.2.3.
func TestADisclosureIsHashedAsTheStandardSays(t *testing.T) {
	if got := digest(
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"); got != "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0" {
		t.Error(got)
	}
}

// TestAKeyIsNamedByItsThumbprint checks the form of RFC 7638: the required members,
// in order.
func TestAKeyIsNamedByItsThumbprint(t *testing.T) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	k, err := publicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := digest(`{"crv":"P-256","kty":"EC","x":"` + encoding.EncodeToString(point[1:33]) + `","y":"` + encoding.EncodeToString(point[33:]) +
		`"}`)
	if k.ID != want || k.Type != "EC" || k.Alg != "ES256" {
		t.Errorf("%+v, want %s", k, want)
	}
}

func TestKeysThatAreNoneAreSaidToBe(t *testing.T) {
	for _, data := range []string{"", "x", "{}", `{"keys":[{"kty":"RSA"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"k"}]}`} {
		if _, err := ParseKeys([]byte(data)); err == nil {
			t.Errorf("%q are keys", data)
		}
	}
	if _, err := NewSigner("x", new(big.Int).Bytes()); err == nil {
		t.Error("no key signs")
	}
}

func FuzzVerify(f *testing.F) {
	s, err := NewSigner("https://mirror.example", bytes.Repeat([]byte{1}, 32))
	if err != nil {
		f.Fatal(err)
	}
	token, err := s.Sign(stated())
	if err != nil {
		f.Fatal(err)
	}
	data, _ := s.Metadata()
	keys, _ := ParseKeys(data)
	f.Add(token)
	signed, _, _ := strings.Cut(token, "~")
	for _, d := range []string{`[1,2,3]`, `[null,null,null]`, `["a","_sd",[]]`, `{}`, `null`} {
		f.Add(signed + "~" + encoding.EncodeToString([]byte(d)) + "~")
	}
	f.Fuzz(func(t *testing.T, text string) {
		st, _, err := Verify(text, keys, day)
		if err == nil && (st.Number != "N1" || st.Name != "" && st.Name != "王**" || st.Value != nil) {
			t.Errorf("%q is taken as %+v", text, st)
		}
	})
}

func TestAQRCodeHasItsMarginAndItsMarks(t *testing.T) {
	code, err := QR("https://mirror.example/zh-CN/s/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if err != nil {
		t.Fatal(err)
	}
	if (code.Size-2*quiet-17)%4 != 0 { // the sizes that there are: 21, 25, 29 …
		t.Errorf("its size is %d", code.Size)
	}
	// The three corners are marked by squares of seven, the first at the margin.
	if !strings.HasPrefix(code.Path, "M4 4h7v1h-7z") {
		t.Errorf("it begins with %.40s", code.Path)
	}
	if _, err := QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("anything fits into a code")
	}
}
