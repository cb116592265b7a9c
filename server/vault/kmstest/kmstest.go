// Package kmstest is a key management service for tests: it wraps by the protocol of the
// transit engine of HashiCorp Vault and OpenBao, with a key that ends with the process,
// and fails as a test says.
package kmstest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Key is the MASTER_KEY of a server that uses the service, and Token its VAULT_TOKEN. Its
// VAULT_ADDR is [Service.URL].
const (
	Key   = "hcvault://kms.example/transit/keys/mingjing"
	Token = "token"
)

// A Service is a key management service on this machine.
type Service struct {
	URL string

	failing atomic.Int64
}

// Start starts a service, and sets VAULT_ADDR and VAULT_TOKEN until the test ends.
func Start(t testing.TB) *Service {
	t.Helper()
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	key, err := aead.New(h)
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		switch status := int(s.failing.Load()); {
		case status == Silent:
			panic(http.ErrAbortHandler)
		case status != 0:
			http.Error(w, `{"errors":["not now"]}`, status)
			return
		case json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("X-Vault-Token") != Token:
			http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
			return
		}
		ad, _ := base64.StdEncoding.DecodeString(in["associated_data"])
		data := map[string]string{}
		switch r.URL.Path {
		case "/v1/transit/encrypt/mingjing":
			plain, _ := base64.StdEncoding.DecodeString(in["plaintext"])
			c, _ := key.Encrypt(plain, ad)
			data["ciphertext"] = "vault:v1:" + base64.StdEncoding.EncodeToString(c)
		case "/v1/transit/decrypt/mingjing":
			c, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in["ciphertext"], "vault:v1:"))
			plain, err := key.Decrypt(c, ad)
			if err != nil {
				http.Error(w, `{"errors":["cipher: message authentication failed"]}`, http.StatusBadRequest)
				return
			}
			data["plaintext"] = base64.StdEncoding.EncodeToString(plain)
		default:
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	t.Setenv("VAULT_ADDR", s.URL)
	t.Setenv("VAULT_TOKEN", Token)
	return s
}

// Silent is the status of a service that closes every connection without an answer.
const Silent = -1

// Fail makes the service answer everything with a status from now on; 0 makes it work.
func (s *Service) Fail(status int) { s.failing.Store(int64(status)) }
