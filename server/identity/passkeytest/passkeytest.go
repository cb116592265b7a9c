// Package passkeytest is an authenticator for tests: it makes passkeys and logs in with
// them, as a phone does.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// An Authenticator is one passkey, with its private key.
type Authenticator struct {
	// Origin is that of the page on which it is used.
	Origin string
	// ID is the id of its credential, and Handle names whose it is.
	ID, Handle []byte
	// Unverified leaves out that the person was verified.
	Unverified bool

	key *ecdsa.PrivateKey
}

// New returns an authenticator for the pages of an origin.
func New(origin string) *Authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("passkeytest: no randomness: " + err.Error())
	}
	return &Authenticator{Origin: origin, ID: []byte(rand.Text()), key: key}
}

// Options are the parts of a question that tests look at.
type Options struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	} `json:"user"`
	RP struct {
		ID string `json:"id"`
	} `json:"rp"`
	RPID string `json:"rpId"`
}

// Read returns the options of a question.
func Read(question string) Options {
	var o Options
	if err := json.Unmarshal([]byte(question), &o); err != nil {
		panic("passkeytest: the question is not JSON: " + err.Error())
	}
	return o
}

var b64 = base64.RawURLEncoding.EncodeToString

func must[T any](v T, err error) T {
	if err != nil {
		panic("passkeytest: " + err.Error())
	}
	return v
}

func (a *Authenticator) client(kind, challenge string) []byte {
	return must(json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false}))
}

// data returns the authenticator data, with the public key where it is new.
func (a *Authenticator) data(rpID string, attested []byte) []byte {
	hash := sha256.Sum256([]byte(rpID))
	const present, verified, attestation = 0x01, 0x04, 0x40
	flags := byte(present)
	if !a.Unverified {
		flags |= verified
	}
	if attested != nil {
		flags |= attestation
	}
	return slices.Concat(hash[:], []byte{flags, 0, 0, 0, 0}, attested)
}

func (a *Authenticator) answer(response map[string]any) string {
	return string(must(json.Marshal(map[string]any{"id": b64(a.ID), "rawId": b64(a.ID), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}})))
}

// Create answers the question for a new passkey.
func (a *Authenticator) Create(question string) string {
	o := Read(question)
	a.Handle = must(base64.RawURLEncoding.DecodeString(o.User.ID))
	point := must(a.key.PublicKey.Bytes())
	cose := must(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}))
	data := a.data(o.RP.ID, slices.Concat(make([]byte, 16), []byte{0, byte(len(a.ID))}, a.ID, cose))
	object := must(cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}))
	return a.answer(map[string]any{"clientDataJSON": b64(a.client("webauthn.create", o.Challenge)), "attestationObject": b64(object)})
}

// Get answers the question of a login.
func (a *Authenticator) Get(question string) string {
	o := Read(question)
	client, data := a.client("webauthn.get", o.Challenge), a.data(o.RPID, nil)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	signature := must(ecdsa.SignASN1(rand.Reader, a.key, digest[:]))
	return a.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
		"userHandle": b64(a.Handle)})
}
