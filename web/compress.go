//go:build ignore

// Command compress FILE FOLDER writes FILE.br and FILE.gz into the folder, as small as
// possible: the browser's program is compressed once, when it is built, and never while
// it is served.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/andybalholm/brotli"
)

// maxWindow is the largest window that every browser must understand (RFC 7932).
const maxWindow = 24

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: compress FILE FOLDER")
		os.Exit(2)
	}
	if err := compress(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

func compress(name, folder string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	br, err := pack(data, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: maxWindow}), nil
	})
	if err != nil {
		return fmt.Errorf("brotli of %s: %w", name, err)
	}
	gz, err := pack(data, func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	})
	if err != nil {
		return fmt.Errorf("gzip of %s: %w", name, err)
	}
	packed := filepath.Join(folder, filepath.Base(name))
	if err := os.WriteFile(packed+".br", br, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(packed+".gz", gz, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, brotli %d, gzip %d\n", name, len(data), len(br), len(gz))
	return nil
}

func pack(data []byte, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
