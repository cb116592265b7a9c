package main

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheDoctorSaysWhetherBrowsersTrustTheOrigin(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for _, k := range []struct {
		roots *x509.CertPool
		now   time.Time
		said  verdict
		want  string
	}{
		{roots, time.Now(), fine, "is trusted until"},
		{roots, server.Certificate().NotAfter.Add(-time.Hour), warning, "ends on"},
		{x509.NewCertPool(), time.Now(), warning, "would not trust"},
	} {
		d := &doctor{now: k.now}
		d.lookAtCertificate(server.URL, k.roots)
		if len(d.findings) != 1 || d.findings[0].verdict != k.said || !strings.Contains(d.findings[0].what, k.want) {
			t.Errorf("it says %+v, want %q", d.findings, k.want)
		}
	}
}
