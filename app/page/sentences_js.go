package page

import (
	"mingjing/app/client"
	"mingjing/i18n"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// sentencesID is the id of the link to the sentences of the page's language.
const sentencesID = "sentences"

// loadSentences loads the sentences of the page's language into i18n, and has missing
// ones reported where an end-to-end test and a developer see it.
func loadSentences() bool {
	w := app.Window()
	console := func(what string) { w.Get("console").Call("error", "i18n: "+what) }
	i18n.OnMissing = console
	link := w.GetElementByID(sentencesID)
	if !link.Truthy() {
		return false
	}
	find, err := client.Table(link.Get("href").String())
	if err != nil {
		console(err.Error())
		return false
	}
	i18n.Load(w.Get("document").Get("documentElement").Get("lang").String(), find)
	return true
}
