// Command desk is the browser program of staff and agencies: it takes over the page
// that the server rendered and keeps it up to date. Outside a browser it does nothing.
package main

import (
	"mingjing/app/page"
	_ "mingjing/app/page/desk"
)

func main() { page.Run() }
