// Package blob stores files in a bucket of an S3-compatible store. What it is given is
// sealed already: it knows no keys, and nobody whose a file is. Objects have the names that
// it is told, below the prefix of its URL, and are never changed: each is put once, read,
// and deleted.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The schemes of the URL, with and without TLS.
const (
	scheme      = "s3"
	plainScheme = "s3+http"
)

// Bounds of one call. A transaction of the database may wait for a read.
const (
	getTimeout  = 20 * time.Second
	putTimeout  = 2 * time.Minute
	callTimeout = 5 * time.Second
	tries       = 2
)

// ErrNotFound says that there is no object of a name.
var ErrNotFound = errors.New("blob: there is no such object")

// A Store is a bucket, or what is below a prefix in it. It is safe for use by many
// goroutines.
type Store struct {
	client         *minio.Client
	bucket, prefix string
	observe        func(op string, took time.Duration, err error)
}

// Open returns the store at a URL, such as s3://KEY:SECRET@host:port/bucket/prefix?region=eu-1;
// with s3+http:// it is reached without TLS. It asks the store nothing. observe hears of each
// call; nil is nobody.
func Open(address string, observe func(op string, took time.Duration, err error)) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("blob: the address can't be read") // the error would have the secret
	}
	secret, has := u.User.Password()
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if u.Scheme != scheme && u.Scheme != plainScheme || u.Host == "" || bucket == "" || !has || u.Fragment != "" {
		return nil, errors.New("blob: the address must be like s3://KEY:SECRET@host/bucket")
	}
	for name := range u.Query() {
		if name != "region" {
			return nil, fmt.Errorf("blob: the address has a parameter %q, which is not known", name)
		}
	}
	transport, err := minio.DefaultTransport(u.Scheme == scheme)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 16
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure: u.Scheme == scheme, Region: u.Query().Get("region"), Transport: transport, MaxRetries: tries})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if prefix != "" {
		prefix += "/"
	}
	if observe == nil {
		observe = func(string, time.Duration, error) {}
	}
	return &Store{client: client, bucket: bucket, prefix: prefix, observe: observe}, nil
}

// call runs one call with a bound on its time.
func (s *Store) call(ctx context.Context, op string, bound time.Duration, do func(ctx context.Context) error) error {
	ctx, stop := context.WithTimeout(ctx, bound)
	defer stop()
	start := time.Now()
	err := do(ctx)
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound && op != "check" {
		err = ErrNotFound
	}
	counted := err
	if errors.Is(err, ErrNotFound) {
		counted = nil // the store has answered
	}
	s.observe(op, time.Since(start), counted)
	if err != nil {
		return fmt.Errorf("blob: %s: %w", op, err)
	}
	return nil
}

// Put stores an object. Once it returns nil, the store has all of it.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	return s.call(ctx, "put", putTimeout, func(ctx context.Context) error {
		_, err := s.client.PutObject(ctx, s.bucket, s.prefix+name, bytes.NewReader(data), int64(len(data)),
			minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
		return err
	})
}

// Get returns an object, or [ErrNotFound].
func (s *Store) Get(ctx context.Context, name string) (data []byte, err error) {
	err = s.call(ctx, "get", getTimeout, func(ctx context.Context) error {
		o, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		data, err = io.ReadAll(o)
		if closing := o.Close(); err == nil {
			err = closing
		}
		return err
	})
	return data, err
}

// Delete deletes an object. That there is none is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	err := s.call(ctx, "delete", callTimeout, func(ctx context.Context) error {
		return s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{})
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Ready returns an error unless the store answers and has the bucket.
func (s *Store) Ready(ctx context.Context) error {
	return s.call(ctx, "check", callTimeout, func(ctx context.Context) error {
		there, err := s.client.BucketExists(ctx, s.bucket)
		if err == nil && !there {
			err = fmt.Errorf("there is no bucket %q", s.bucket)
		}
		return err
	})
}
