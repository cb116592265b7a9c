package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"mingjing/server/ledger"
)

// runWitness runs the witness command and returns the exit code. It should run on
// somebody else's computer: nobody is a witness of their own log.
func runWitness(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	or := func(name, standard string) string { return cmp.Or(strings.TrimSpace(getenv(name)), standard) }
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	if or("LOG_KEY", "") == "" {
		fmt.Fprintln(stderr, "mingjing: LOG_KEY must be the public key of the log, as it is at /log/key")
		return 2
	}
	w, err := ledger.OpenWitness(ledger.WitnessConfig{LogKey: or("LOG_KEY", ""), Name: or("WITNESS_NAME", "mingjing-witness"),
		Dir: or("DATA", "./.witness"), Now: time.Now, Logger: log})
	if err != nil {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 1
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", or("ADDR", "127.0.0.1:8090"))
	if err != nil {
		fmt.Fprintln(stderr, "mingjing: ADDR:", err)
		return 1
	}
	fmt.Fprintf(stdout, "witness of %s\nWITNESSES=%s http://%s\n", or("LOG_KEY", ""), w.Key(), listener.Addr())
	srv := &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer stop()
		stopped <- srv.Shutdown(end)
	}()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 1
	}
	if err := <-stopped; err != nil {
		fmt.Fprintln(stderr, "mingjing:", err)
		return 1
	}
	return 0
}
