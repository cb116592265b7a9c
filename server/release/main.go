// Command release writes where a release comes from: an in-toto statement with a SLSA
// provenance, as JSON. `make release` calls it, and signs nothing: whoever publishes a
// release signs the statement with a key of their own.
//
//	release -builder ID -version VERSION -revision COMMIT FILE...
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// A digest is a hash by the name of its algorithm.
type digest map[string]string

// A resource is a file or a source, with its hash.
type resource struct {
	Name   string `json:"name,omitempty"`
	URI    string `json:"uri,omitempty"`
	Digest digest `json:"digest"`
}

// A statement is an in-toto statement (https://in-toto.io/Statement/v1) with a SLSA
// provenance (https://slsa.dev/provenance/v1).
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     provenance `json:"predicate"`
}

type provenance struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType            string            `json:"buildType"`
	ExternalParameters   map[string]string `json:"externalParameters"`
	ResolvedDependencies []resource        `json:"resolvedDependencies"`
}

type runDetails struct {
	Builder struct {
		ID string `json:"id"`
	} `json:"builder"`
}

func main() {
	builder := flag.String("builder", "", "who built it, as a URI")
	version := flag.String("version", "", "the version")
	revision := flag.String("revision", "", "the commit")
	flag.Parse()
	if err := write(os.Stdout, *builder, *version, *revision, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// write writes the statement about files. The same files and parameters give the same
// bytes: it has no time and no name of the machine.
func write(w io.Writer, builder, version, revision string, files []string) error {
	s := statement{Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1"}
	for _, file := range files {
		sum, err := hash(file)
		if err != nil {
			return err
		}
		s.Subject = append(s.Subject, resource{Name: filepath.Base(file), Digest: digest{"sha256": sum}})
	}
	modules, err := hash("go.sum")
	if err != nil {
		return err
	}
	s.Predicate.BuildDefinition = buildDefinition{BuildType: "urn:mingjing:make-release:1",
		ExternalParameters: map[string]string{"target": "release", "version": version, "go": runtime.Version(),
			"platform": runtime.GOOS + "/" + runtime.GOARCH},
		ResolvedDependencies: []resource{{URI: "git+urn:mingjing", Digest: digest{"gitCommit": revision}},
			{Name: "go.sum", Digest: digest{"sha256": modules}}}}
	s.Predicate.RunDetails.Builder.ID = builder
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(s)
}

// hash returns the SHA-256 of a file, in hex.
func hash(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
