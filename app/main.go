// Command app is the resident's browser program: it takes over the page that the
// server rendered and keeps it up to date. Outside a browser it does nothing.
package main

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing/app/client"
	"mingjing/app/page"
	"mingjing/app/page/resident"
)

func main() {
	resident.Fetch = client.Get
	resident.CheckLog = checkLog
	page.Run()
}

// checkLog has the program check do a task; the page has the address of its worker.
func checkLog(ctx context.Context, task []byte) ([]byte, error) {
	root := app.Window().Get("document").Get("documentElement")
	return client.Work(ctx, root.Get("dataset").Get("check").String(), task)
}
