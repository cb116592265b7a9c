package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mingjing/server/casework/intake"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mingjing"
)

// blocks returns the commands of a page of the documentation, block by block.
func blocks(t *testing.T, path string) []string {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, part := range strings.Split(string(page), "```sh\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		all = append(all, block)
	}
	return all
}

// TestTheGuideForAgenciesCanBeFollowedToItsEnd runs the commands of docs/agencies.md in
// their order: those of an agency in one shell, the others on the city's server.
func TestTheGuideForAgenciesCanBeFollowedToItsEnd(t *testing.T) {
	for _, name := range []string{"openssl", "curl", "sh"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("there is no " + name)
		}
	}
	c := theOpenCity(t)
	all := blocks(t, "../docs/agencies.md")
	if len(all) < 9 {
		t.Fatalf("the page has %d blocks of commands", len(all))
	}
	dir := t.TempDir()
	lines := batch(t, "2026-03-02/1", fare(c.account(t, "activation").IDNumber, "M-GUIDE"))
	if err := os.WriteFile(filepath.Join(dir, "batch.json"), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\n" + asProgram + "=1 exec '" + program + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "mingjing"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DATA="+c.dir, "DEMO=1", "no_proxy=127.0.0.1", "URL="+c.url, "CODE=metro")
	shell := func(ctx context.Context, commands string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "sh", "-e", "-c", strings.ReplaceAll(commands, ":9401", ":"+port))
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	key := "" // what a block leaves in the shell for the next
	for _, block := range all {
		switch {
		case strings.HasPrefix(block, "URL="): // that of this city is in the environment
			continue
		case strings.HasPrefix(block, "mingjing agency mock "):
			cmd := shell(t.Context(), "exec "+block)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			if first := bufio.NewScanner(out); !first.Scan() || !strings.HasPrefix(first.Text(), "listening on ") {
				t.Fatalf("the mock says %q", first.Text())
			}
			continue
		}
		out, err := shell(t.Context(), key+block).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, block, out)
		}
		if strings.Contains(block, "read -r KEY") {
			key = "read -r KEY SECRET < submit.keys\n"
		}
		var answer intake.BatchAnswer
		if i := bytes.IndexByte(out, '{'); strings.Contains(block, "curl") && (i < 0 || json.Unmarshal(out[i:], &answer) != nil ||
			answer.State != mingjing.BatchDone || answer.Accepted != 1) {
			t.Errorf("%s\n%s", block, out)
		}
		if strings.Contains(block, "agency check") && !strings.Contains(string(out), " 0 broken, ") {
			t.Errorf("%s\n%s", block, out)
		}
	}
}
