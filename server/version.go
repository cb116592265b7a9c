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

// printVersion prints what this program is, and what it fits together with.
func printVersion(w io.Writer) error {
	build, _ := debug.ReadBuildInfo()
	if build == nil {
		build = &debug.BuildInfo{}
	}
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
		cmp.Or(version, build.Main.Version, "unknown"), revision, cmp.Or(of("vcs.time"), "unknown"), build.GoVersion,
		store.Schema(), kratosVersion)
	return err
}
