// Command app is the resident's browser program: it takes over the page that the
// server rendered and keeps it up to date. Outside a browser it does nothing.
package main

import (
	"mingjing/app/client"
	"mingjing/app/page"
	"mingjing/app/page/resident"
)

func main() {
	resident.Fetch = client.Get
	page.Run()
}
