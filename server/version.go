package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"

	"mingjing/server/store"
)

// version is set by builds outside of a repository:
// go build -ldflags "-X main.version=1.2.3".
var version string

// kratosVersion is the version of Ory Kratos that this program is made for; the Makefile
// builds the same.
const kratosVersion = "v1.3.1"

// buildInfo returns what the compiler has stored about this program; never nil.
func buildInfo() *debug.BuildInfo {
	if build, ok := debug.ReadBuildInfo(); ok {
		return build
	}
	return &debug.BuildInfo{}
}

// programVersion returns the version of this program.
func programVersion() string { return cmp.Or(version, buildInfo().Main.Version, "unknown") }

// printVersion prints what this program is, and what it fits together with.
func printVersion(w io.Writer) error {
	build := buildInfo()
	of := func(key string) string {
		for _, s := range build.Settings {
			if s.Key == key {
				return s.Value
			}
		}
		return ""
	}
	revision := cmp.Or(of("vcs.revision"), "unknown")
	if of("vcs.modified") == "true" {
		revision += ", changed"
	}
	_, err := fmt.Fprintf(w, "mingjing %s\nrevision %s\nof %s\nbuilt with %s\ndatabase schema %d\nOry Kratos %s\n",
		programVersion(), revision, cmp.Or(of("vcs.time"), "unknown"), build.GoVersion,
		store.Schema(), kratosVersion)
	return err
}
