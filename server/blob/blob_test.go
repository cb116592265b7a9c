package blob_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"mingjing/server/blob"
	"mingjing/server/blob/blobtest"
)

func TestAnObjectIsPutReadAndDeleted(t *testing.T) {
	server := blobtest.Start(t)
	counted := map[string]int{}
	s, err := blob.Open(server.URL, func(op string, _ time.Duration, err error) {
		if err != nil {
			op += " failed"
		}
		counted[op]++
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := s.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 20 << 20} { // larger than a part of a multipart upload
		data := bytes.Repeat([]byte("明"), size/3+1)[:size]
		if err := s.Put(ctx, "object", data); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, "object"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("of %d bytes %d are read: %v", size, len(got), err)
		}
	}
	if files := server.Objects(t); len(files) != 1 || !strings.HasSuffix(files[0], "/city/object") {
		t.Errorf("the bucket has %v", files)
	}
	for range 2 {
		if err := s.Delete(ctx, "object"); err != nil {
			t.Errorf("deleting is told %v", err)
		}
	}
	if _, err := s.Get(ctx, "object"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("an object that is gone is told %v", err)
	}
	other, err := blob.Open(strings.Replace(server.URL, "/files/", "/others/", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Ready(ctx); err == nil || !strings.Contains(err.Error(), `no bucket "others"`) {
		t.Errorf("a bucket that is not there is told %v", err)
	}
	wrong, err := blob.Open(strings.Replace(server.URL, "mingjing:a", "mingjing:b", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Ready(ctx); err == nil {
		t.Error("another secret is taken")
	}
	server.Stop()
	if err := s.Put(ctx, "object", nil); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("a store that is away is told %v", err)
	}
	if counted["put"] != 3 || counted["get"] != 4 || counted["put failed"] != 1 || counted["check"] != 1 {
		t.Errorf("counted are %v", counted)
	}
}

func TestAnAddressThatCanNotBeUsedIsRefusedWithoutItsSecret(t *testing.T) {
	for _, address := range []string{"https://k:hush@h/b", "s3://k:hush@h", "s3://k:hush@/b", "s3://h/b",
		"s3://hush@h/b", "s3://k:hush@h/b?tls=0",
		"s3://k:hush@h:port/b"} {
		if _, err := blob.Open(address, nil); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s is told %v", address, err)
		}
	}
}
