//go:build !js

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func serve() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: hello ADDRESS FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}

func run(address, folder string) error {
	raw, err := os.Stat(filepath.Join(folder, "hello.wasm"))
	if err != nil {
		return err
	}
	packed, err := os.ReadFile(filepath.Join(folder, "hello.wasm.br"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", &app.Handler{Name: "Hello", Description: "An Hello World! example", WasmContentLength: strconv.FormatInt(raw.Size(), 10)})
	mux.HandleFunc("/web/app.wasm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		w.Header().Set("Content-Encoding", "br")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
