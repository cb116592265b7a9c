// Package web has the public files that the server sends as they are: style, icons, the
// scripts that start the browser's programs, and the programs themselves when they were
// built before the server. It knows nothing of HTTP; it names each file by its content,
// so that a browser may store it for good.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed *.css *.js *.txt icons build
var files embed.FS

// types are the media types of the files that are public, by extension.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".png": "image/png",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// A File is one public file.
type File struct {
	// Name is its path below /web/.
	Name string
	// Type is its media type.
	Type string
	Data []byte
	// Hash is the start of the SHA-256 of Data, 12 hex digits.
	Hash string
}

// Hash returns the start of the SHA-256 of data, 12 hex digits: enough to tell the
// versions of one file apart.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:12]
}

var public = sync.OnceValue(func() map[string]File {
	all := map[string]File{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		kind, ok := types[path.Ext(name)]
		if d.IsDir() || !ok || name == workerName || name == checkerName || name == hostStyle || strings.HasPrefix(name, "build/") {
			return nil
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if name == style {
			host, err := files.ReadFile(hostStyle)
			if err != nil {
				return err
			}
			data = slices.Concat(chosenTheme(data), []byte("\n"), host)
		}
		all[name] = File{Name: name, Type: kind, Data: data, Hash: Hash(data)}
		return nil
	})
	if err != nil {
		panic("web: reading the embedded files: " + err.Error()) // they are embedded
	}
	return all
})

// chosenTheme returns the style with its dark colours once more, for who has chosen them
// and not left them to the device; who has chosen the light ones has those everywhere.
func chosenTheme(css []byte) []byte {
	const begin, end = "@media (prefers-color-scheme: dark) {\n  :root {\n", "\n  }\n}\n"
	before, rest, found := strings.Cut(string(css), begin)
	dark, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		panic("web: the style has no dark colours")
	}
	return []byte(before + strings.Replace(begin, ":root", `:root:not([data-theme="light"])`, 1) + dark + end +
		":root[data-theme=\"light\"] { color-scheme: light; }\n:root[data-theme=\"dark\"] {\n    color-scheme: dark;\n" + dark + "\n}\n" + after)
}

// Files returns the public files, by name, without the browser's program.
func Files() []File {
	all := make([]File, 0, len(public()))
	for _, f := range public() {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// URL returns the address of a public file, with the hash of its content so that
// browsers may store it for good. It panics on a name that is no file: that is a
// mistake in the program.
func URL(name string) string {
	f, ok := public()[name]
	if !ok {
		panic("web: no public file " + name)
	}
	return "/web/" + f.Name + "?v=" + f.Hash
}

const (
	workerName  = "worker.js"
	checkerName = "check.js"
	// hostStyle is sent as the end of style: with one request, its rules are never
	// late.
	style     = "app.css"
	hostStyle = "host.css"
)

// Worker returns the template of the service worker. It has the placeholders
// {{.Version}}, {{.Files}}, {{.Programs}}, {{.OfflinePages}} and {{.Notices}}; all but
// the first stand for JSON.
func Worker() string { return script(workerName) }

// CheckWorker returns the template of the worker that checks the access log. It has the
// placeholders {{.Exec}} and {{.Program}}, both addresses.
func CheckWorker() string { return script(checkerName) }

func script(name string) string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return string(data)
}

// Programs are the names of the browser's programs that take pages over: the
// resident's, and that of staff and agencies. Nobody loads both.
var Programs = []string{"app", "desk"}

// Checker is the name of the program that checks the access log in a worker.
const Checker = "check"

// A Program is one of the browser's programs, NAME.wasm, compressed.
type Program struct {
	Name         string
	Brotli, Gzip []byte
	// Size is the number of bytes after decompression.
	Size int
	// Hash is the start of the SHA-256 of Brotli, 12 hex digits.
	Hash string
}

// URL returns the address of the program, with the hash of its content.
func (p Program) URL() string { return "/web/" + p.Name + ".wasm?v=" + p.Hash }

// Wasm returns the browser's program of a name; ok is false when the server was built
// without.
func Wasm(name string) (p Program, ok bool) {
	br, err := files.ReadFile("build/" + name + ".wasm.br")
	if err != nil {
		return Program{}, false
	}
	gz, err := files.ReadFile("build/" + name + ".wasm.gz")
	if err != nil || len(gz) < 18 {
		return Program{}, false
	}
	// The last four bytes of a gzip file are the size of its content (RFC 1952).
	size := int(binary.LittleEndian.Uint32(gz[len(gz)-4:]))
	return Program{Name: name, Brotli: br, Gzip: gz, Size: size, Hash: Hash(br)}, true
}
