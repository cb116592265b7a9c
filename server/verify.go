package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"mingjing"
	"mingjing/i18n"
	"mingjing/logproof"
)

// runVerify runs the verify command and returns the exit code. It checks what the phone
// checks, without phone and server.
func runVerify(args []string, stdout, stderr io.Writer) int {
	if len(args) < 1 || len(args) > 2 {
		fmt.Fprintln(stderr, "usage: mingjing verify FILE [EARLIER]")
		return 2
	}
	files := make([]mingjing.AccessProof, len(args))
	for i, name := range args {
		data, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(data, &files[i])
		}
		if err != nil {
			fmt.Fprintf(stderr, "mingjing: %s is not a proof that can be read: %v\n", name, err)
			return 1
		}
	}
	proof := files[:1]
	// It is not known when the file was made, so no witness is reported as late.
	k := logproof.Check(proof, nil, time.Time{})
	fmt.Fprintf(stdout, "log       %s\n", proof[0].Key)
	if k.Checkpoint.Size > 0 {
		fmt.Fprintf(stdout, "state     %d leaves, %s\n", k.Checkpoint.Size, k.Checkpoint.Root)
	}
	for _, w := range k.Witnesses {
		fmt.Fprintf(stdout, "witness   %s cosigned %d leaves on %s\n", w.Name, w.Size, w.At.UTC().Format(time.RFC3339))
	}
	if k.Entries > 0 {
		fmt.Fprintf(stdout, "entries   %d, from %s to %s\n", k.Entries, k.From.UTC().Format(time.RFC3339), k.To.UTC().Format(time.RFC3339))
	}
	if len(files) == 2 {
		if files[1].Key != files[0].Key {
			k.Problems = append(k.Problems, mingjing.LogProblem{Code: mingjing.LogKeyChanged})
		}
		if lost := logproof.Lost(files[1:], proof); len(lost) > 0 {
			k.Problems = append(k.Problems, mingjing.LogProblem{Code: mingjing.LogRewritten, Seqs: lost})
		}
	}
	for _, p := range k.Problems {
		fmt.Fprintf(stdout, "WRONG     %s%s\n", i18n.T("en", "look_problem."+p.Code), affected(p))
	}
	if len(k.Problems) > 0 {
		fmt.Fprintln(stdout, "\nThe access log is not as it should be. Keep this file and show it to the auditor.")
		return 1
	}
	fmt.Fprintln(stdout,
		"\nAll entries are in the log, in their order, and none is missing. Compare the key of the log with the one you know.")
	return 0
}

// affected returns the entries or witnesses that a problem is about, in brackets.
func affected(p mingjing.LogProblem) string {
	var of []string
	for _, n := range p.Seqs {
		of = append(of, strconv.FormatInt(n, 10))
	}
	if of = append(of, p.Names...); len(of) == 0 {
		return ""
	}
	return " (" + strings.Join(of, ", ") + ")"
}
