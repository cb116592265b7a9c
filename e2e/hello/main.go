// Command hello is go-app's own hello world, with which `make bench` compares the
// browser's programs. It is built for the browser with go-app as it is; outside a
// browser it serves what was built, compressed beforehand as ours is:
//
//	hello ADDRESS FOLDER
package main

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type hello struct{ app.Compo }

func (h *hello) Render() app.UI { return app.H1().Text("Hello World!") }

// OnMount sets the mark that our own pages set.
func (h *hello) OnMount(app.Context) { app.Window().Get("performance").Call("mark", "mounted") }

func main() {
	app.Route("/", func() app.Composer { return &hello{} })
	app.RunWhenOnBrowser()
	serve()
}
