// Package statement signs what a recipient is shown of a score, so that it can be
// checked later and without this server, and makes the QR code of a link.
//
// A signed statement is an SD-JWT (RFC 9901) in the form of an SD-JWT VC, signed with
// ES256. Its readable part says who made it, when, until when, of which day and by
// which rulebook, for whom and for what; each field that the resident chose is a
// disclosure of its own, so that the recipient can pass on less than they were shown,
// but not more. Decoys hide the number of fields that were not chosen. The keys are
// published where the SD-JWT VC draft has them, /.well-known/jwt-vc-issuer.
//
// The signature is golang-jwt's. The disclosures are made and checked here: they are
// flat, and the Go libraries for them either check no signature or panic at malformed
// input.
package statement

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"mingjing"
)

// MediaType is the media type of a signed statement.
const MediaType = "application/dc+sd-jwt"

const (
	tokenType = "dc+sd-jwt" //nolint:gosec // a type, and no secret
	// kind is the type of credential (vct).
	kind = "urn:mingjing:score-statement:1"
	// measureKind is that of a statement that no listing carries a measure.
	measureKind = "urn:mingjing:measure-statement:1"
	// maxToken is the greatest size of a statement that is checked, in bytes.
	maxToken = 64 << 10
)

// The errors of [Verify].
var (
	ErrForm      = errors.New("this is not a signed statement")
	ErrKey       = errors.New("it is signed with a key that is not among those given")
	ErrSignature = errors.New("it was changed after it was signed, or signed by somebody else")
	ErrField     = errors.New("it shows a field that is not part of it")
	ErrExpired   = errors.New("it has expired")
	ErrIssuer    = errors.New("it is not from the issuer of the keys")
)

// disclosable are the fields that can be shown or hidden, by their JSON names.
var disclosable = []string{"name", "id_masked", "band", "value", "missing", "listings"}

var encoding = base64.RawURLEncoding.Strict()

// A Signer signs statements in the name of an issuer.
type Signer struct {
	issuer string
	key    *ecdsa.PrivateKey
	id     string
	before []jwk
}

// NewSigner returns a Signer for the issuer's origin, such as https://mirror.example,
// and a private key on P-256 of 32 bytes. Before are the public keys ([PublicKey]) with which
// statements were signed earlier.
func NewSigner(issuer string, key []byte, before ...[]byte) (*Signer, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key)
	if err != nil {
		return nil, errors.New("statement: the key is not one on P-256")
	}
	s := &Signer{issuer: issuer, key: k}
	public, err := publicKey(&k.PublicKey)
	if err != nil {
		return nil, err
	}
	s.id = public.ID
	for _, point := range before {
		old, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil, errors.New("statement: an earlier key is not one on P-256")
		}
		public, err := publicKey(old)
		if err != nil {
			return nil, err
		}
		s.before = append(s.before, public)
	}
	return s, nil
}

// PublicKey returns the public key of a private key of [NewSigner].
func PublicKey(key []byte) ([]byte, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key)
	if err != nil {
		return nil, errors.New("statement: the key is not one on P-256")
	}
	return k.PublicKey.Bytes()
}

// A jwk is a public key as it is published.
type jwk struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
	ID    string `json:"kid"`
	Use   string `json:"use,omitempty"`
	Alg   string `json:"alg,omitempty"`
}

// publicKey returns the public key, with its thumbprint (RFC 7638) as its id.
func publicKey(k *ecdsa.PublicKey) (jwk, error) {
	point, err := k.Bytes()
	if err != nil {
		return jwk{}, fmt.Errorf("statement: %w", err)
	}
	out := jwk{Type: "EC", Curve: "P-256", X: encoding.EncodeToString(point[1:33]), Y: encoding.EncodeToString(point[33:]),
		Use: "sig", Alg: "ES256"}
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + out.X + `","y":"` + out.Y + `"}`))
	out.ID = encoding.EncodeToString(sum[:])
	return out, nil
}

// A metadata is the document that an issuer publishes about itself.
type metadata struct {
	Issuer string `json:"issuer"`
	JWKS   keySet `json:"jwks"`
}

type keySet struct {
	Keys []jwk `json:"keys"`
}

// Metadata returns the document at /.well-known/jwt-vc-issuer.
func (s *Signer) Metadata() ([]byte, error) {
	k, err := publicKey(&s.key.PublicKey)
	if err != nil {
		return nil, err
	}
	return json.Marshal(metadata{s.issuer, keySet{append([]jwk{k}, s.before...)}})
}

// Sign returns the signed statement.
func (s *Signer) Sign(st mingjing.Statement) (string, error) {
	fields := map[string]any{}
	data, err := json.Marshal(st)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		return "", fmt.Errorf("statement: %w", err)
	}
	digests := make([]string, 0, len(disclosable))
	var shown strings.Builder
	for _, name := range disclosable {
		value, ok := fields[name]
		if !ok { // always as many digests, whatever was chosen
			digests = append(digests, digest(rand.Text()))
			continue
		}
		d, err := json.Marshal([]any{rand.Text(), name, value})
		if err != nil {
			return "", fmt.Errorf("statement: %w", err)
		}
		text := encoding.EncodeToString(d)
		digests = append(digests, digest(text))
		shown.WriteString(text + "~")
	}
	slices.Sort(digests)
	claims := jwt.MapClaims{"iss": s.issuer, "iat": st.IssuedAt.Unix(), "exp": st.ExpiresAt.Unix(), "jti": st.Number, "vct": kind,
		"as_of": st.AsOf, "rulebook": st.Rulebook, "purpose": st.Purpose, "shown_to": st.ShownTo, "_sd": digests, "_sd_alg": "sha-256"}
	if st.Unrestricted != nil {
		claims["vct"], claims["unrestricted"] = measureKind, st.Unrestricted
		delete(claims, "purpose")
		delete(claims, "shown_to")
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["kid"] = tokenType, s.id
	signed, err := token.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("statement: sign: %w", err)
	}
	return signed + "~" + shown.String(), nil
}

func digest(disclosure string) string {
	sum := sha256.Sum256([]byte(disclosure))
	return encoding.EncodeToString(sum[:])
}

// Keys are the public keys of an issuer.
type Keys struct {
	// Issuer is the owner of the keys; "" when the file does not say.
	Issuer string
	keys   map[string]*ecdsa.PublicKey
}

// ParseKeys reads the keys that an issuer publishes: its metadata, or a key set alone
// (JWKS).
func ParseKeys(data []byte) (Keys, error) {
	var file struct {
		metadata
		keySet
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return Keys{}, errors.New("the keys are not a JSON key set")
	}
	k := Keys{Issuer: file.Issuer, keys: map[string]*ecdsa.PublicKey{}}
	for _, j := range append(file.JWKS.Keys, file.Keys...) {
		x, err1 := encoding.DecodeString(j.X)
		y, err2 := encoding.DecodeString(j.Y)
		if j.Type != "EC" || j.Curve != "P-256" || err1 != nil || err2 != nil || len(x) != 32 || len(y) != 32 {
			continue // a key of another kind; we never sign with one
		}
		if p, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y)); err == nil {
			k.keys[j.ID] = p
		}
	}
	if len(k.keys) == 0 {
		return Keys{}, errors.New("there is no key on P-256 among the keys")
	}
	return k, nil
}

// Verify checks a signed statement against the keys of its issuer, as of an
// instant, and returns what it says: the fields that are shown, and no others. The
// error is one of those of this package.
func Verify(token string, keys Keys, now time.Time) (st mingjing.Statement, issuer string, err error) {
	token = strings.TrimSpace(token)
	signed, rest, ok := strings.Cut(token, "~")
	if !ok || len(token) > maxToken || rest != "" && !strings.HasSuffix(rest, "~") {
		return st, "", ErrForm
	}
	claims := jwt.MapClaims{}
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now })).ParseWithClaims(signed, claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		key := keys.keys[id]
		if t.Header["typ"] != tokenType {
			return nil, ErrForm
		}
		if key == nil {
			return nil, ErrKey
		}
		return key, nil
	})
	if err != nil {
		return st, "", publicError(err)
	}
	issuer, _ = claims["iss"].(string)
	switch {
	case claims["vct"] != kind && claims["vct"] != measureKind ||
		(claims["vct"] == measureKind) != (claims["unrestricted"] != nil) || claims["_sd_alg"] != "sha-256":
		return st, "", ErrForm
	case keys.Issuer != "" && issuer != keys.Issuer:
		return st, issuer, ErrIssuer
	}
	fields, err := disclosedFields(claims["_sd"], rest)
	if err != nil {
		return st, issuer, err
	}
	for _, name := range []string{"as_of", "rulebook", "purpose", "shown_to", "unrestricted"} {
		fields[name] = claims[name]
	}
	fields["number"] = claims["jti"]
	data, err := json.Marshal(fields)
	if err != nil || json.Unmarshal(data, &st) != nil {
		return mingjing.Statement{}, issuer, ErrForm
	}
	issued, err1 := claims.GetIssuedAt()
	expires, err2 := claims.GetExpirationTime()
	if err1 != nil || err2 != nil || issued == nil || expires == nil {
		return mingjing.Statement{}, issuer, ErrForm
	}
	st.IssuedAt, st.ExpiresAt = issued.UTC(), expires.UTC()
	return st, issuer, nil
}

// publicError returns the error of the signed part as one of those of this package.
func publicError(err error) error {
	for _, k := range []struct{ is, say error }{{ErrForm, ErrForm}, {ErrKey, ErrKey}, {jwt.ErrTokenSignatureInvalid, ErrSignature},
		{jwt.ErrTokenExpired, ErrExpired}} {
		if errors.Is(err, k.is) {
			return k.say
		}
	}
	return ErrForm
}

// disclosedFields returns the fields that are shown. Each must be among the signed
// digests, be one of the known fields, and be there once.
func disclosedFields(digests any, shown string) (map[string]any, error) {
	list, ok := digests.([]any)
	if !ok {
		return nil, ErrForm
	}
	signed := map[any]bool{}
	for _, d := range list {
		text, ok := d.(string)
		if !ok || signed[text] {
			return nil, ErrForm
		}
		signed[text] = true
	}
	fields := map[string]any{}
	for text := range strings.SplitSeq(strings.TrimSuffix(shown, "~"), "~") {
		if text == "" && shown == "" {
			break
		}
		data, err := encoding.DecodeString(text)
		var parts []any
		if err != nil || json.Unmarshal(data, &parts) != nil || len(parts) != 3 {
			return nil, ErrForm
		}
		name, ok := parts[1].(string)
		if !ok || !signed[digest(text)] || !slices.Contains(disclosable, name) || slices.Contains(slices.Collect(maps.Keys(fields)), name) {
			return nil, ErrField
		}
		fields[name] = parts[2]
	}
	return fields, nil
}
