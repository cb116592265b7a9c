package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"time"
)

// certificateSoon is how long before its end a certificate is to be renewed.
const certificateSoon = 14 * 24 * time.Hour

// lookAtCertificate connects to the public origin as people's browsers do, and notes
// whether its certificate is one that they trust. Roots are those of this machine if nil.
func (d *doctor) lookAtCertificate(origin string, roots *x509.CertPool) {
	u, err := url.Parse(origin)
	if err != nil {
		return // readSettings says it
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, stop := context.WithTimeout(context.Background(), askWait)
	defer stop()
	dialer := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		d.note(warning, "people's browsers would not trust "+origin+": "+err.Error(),
			"the proxy needs a certificate of an authority that browsers know, for this name, and TLS 1.2 or 1.3")
		return
	}
	defer func() { _ = conn.Close() }()
	tlsConn, ok := conn.(*tls.Conn)
	if !ok {
		return
	}
	leaf := tlsConn.ConnectionState().PeerCertificates[0]
	if left := leaf.NotAfter.Sub(d.now); left < certificateSoon {
		d.note(warning, fmt.Sprintf("the certificate of %s ends on %s", origin, leaf.NotAfter.Format(time.DateOnly)), "renew it")
		return
	}
	d.note(fine, "the certificate of "+origin+" is trusted until "+leaf.NotAfter.Format(time.DateOnly), "")
}
