package main

import (
	"context"
	"os"
	"path/filepath"

	"mingjing/server/evidence"
)

// checkFile is the command by which the program looks at one file in a process of its own.
const checkFile = "check-file"

// cacheDir returns the folder for what can be made again: that of the user, which servers on
// one machine share, or one in the data folder where the user has none.
func cacheDir(data string) (string, error) {
	if dir, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(dir, "mingjing")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(data, "cache")
	return dir, os.MkdirAll(dir, 0o700)
}

// fileLimits are what checking files may cost; tests are more patient.
var fileLimits = evidence.DefaultLimits

// newFiles returns what checks files, and lets it compile in the background what it needs.
func (p *program) newFiles(ctx context.Context) (*evidence.Checker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir(p.Data)
	if err != nil {
		return nil, err
	}
	files := evidence.NewChecker(fileLimits, self, checkFile, cache)
	if p.ScanURL != "" {
		scanner, err := evidence.NewClamd(p.ScanURL)
		if err != nil {
			return nil, err
		}
		files.ScanBy(scanner)
	}
	ctx, stop := context.WithCancel(ctx)
	ready := make(chan struct{})
	files.Start(ctx, func(err error) {
		defer close(ready)
		if err != nil && ctx.Err() == nil {
			p.log.Error("files that people send can't be checked", "err", err)
		}
	})
	p.onClose(func() error {
		stop()
		<-ready
		return nil
	})
	return files, nil
}

// lookAtScanner asks the scanner whether it is there.
func (d *doctor) lookAtScanner(ctx context.Context) {
	if d.ScanURL == "" {
		return
	}
	ctx, stop := context.WithTimeout(ctx, askWait)
	defer stop()
	scanner, err := evidence.NewClamd(d.ScanURL)
	if err == nil {
		err = scanner.Ping(ctx)
	}
	d.check(err, "scanner of files", "start clamd, and check SCAN_URL; until then files that people send wait")
}
