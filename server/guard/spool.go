package guard

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrFull says that what a client has on its way is too much: their own part of the disk
// is used up. ErrAllFull says that of all clients together.
var (
	ErrFull    = errors.New("guard: the client has too much on its way")
	ErrAllFull = errors.New("guard: too much is on its way")
)

// A Spool keeps what is on its way to or from clients on disk, so that a slow one takes no
// memory. A file of it is sealed with a key that is in memory alone, has no name, and is
// gone when it is closed or the process ends.
type Spool struct {
	dir    string
	budget *Budget
}

// NewSpool returns a spool in a folder; "" is that for temporary files. Each client may
// have so many bytes in it, and all together.
func NewSpool(dir string, each, all int64) *Spool {
	return &Spool{dir: dir, budget: NewBudget(each, all)}
}

// Used returns how many bytes are in the spool.
func (s *Spool) Used() int64 { return s.budget.Used() }

// A File is what of one client is on its way. It is written to its end and then read; it
// belongs to one goroutine.
type File struct {
	spool  *Spool
	client string
	file   *os.File
	block  cipher.Block
	sealer cipher.Stream
	size   int64
	buffer []byte
}

// New returns an empty file of a client.
func (s *Spool) New(client string) (*File, error) {
	f, err := os.CreateTemp(s.dir, ".spool-*")
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Each key is for one file, which is written once: the counter begins at zero.
	sealer := cipher.NewCTR(block, make([]byte, aes.BlockSize)) //nolint:gosec // as said
	return &File{spool: s, client: client, file: f, block: block, sealer: sealer}, nil
}

// Write implements [io.Writer]. The error is [ErrFull] or [ErrAllFull] where the bytes do
// not fit.
func (f *File) Write(p []byte) (n int, err error) {
	if ok, own := f.spool.budget.Take(f.client, int64(len(p))); !ok {
		if own {
			return 0, ErrFull
		}
		return 0, ErrAllFull
	}
	f.size += int64(len(p))
	for len(p) > 0 {
		if f.buffer == nil {
			f.buffer = make([]byte, 32<<10)
		}
		part := f.buffer[:min(len(p), len(f.buffer))]
		f.sealer.XORKeyStream(part, p[:len(part)])
		if _, err := f.file.Write(part); err != nil {
			return n, fmt.Errorf("guard: %w", err)
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}

// Size returns how many bytes were written.
func (f *File) Size() int64 { return f.size }

// Reader returns a reader of the file from a byte on.
func (f *File) Reader(from int64) io.Reader {
	counter := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(counter[8:], uint64(from/aes.BlockSize))
	opener := cipher.NewCTR(f.block, counter) //nolint:gosec // the key is for one file
	skip := make([]byte, from%aes.BlockSize)
	opener.XORKeyStream(skip, skip)
	return cipher.StreamReader{S: opener, R: io.NewSectionReader(f.file, from, f.size-from)}
}

// Close removes the file.
func (f *File) Close() error {
	f.spool.budget.Give(f.client, f.size)
	f.size = 0
	return f.file.Close()
}
