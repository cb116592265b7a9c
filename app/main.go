// Command app is the browser's program: it takes over the page that the server
// rendered and keeps it up to date. Outside a browser it does nothing.
package main

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"mingjing/app/client"
	"mingjing/app/page"
	_ "mingjing/app/page/desk"
	_ "mingjing/app/page/public"
	"mingjing/app/page/resident"
)

func main() {
	if !page.Ready() {
		return
	}
	resident.Fetch = client.Get
	page.WaitForHands()
	app.RouteWithRegexp("^/.*", func() app.Composer { return &page.Host{} })
	app.RunWhenOnBrowser()
}
