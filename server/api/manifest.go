package api

import (
	"encoding/json"
	"fmt"

	"mingjing"
	"mingjing/i18n"
	"mingjing/web"
)

// shortcuts are the pages that one reaches by a long press on the icon of the installed
// app.
var shortcuts = []string{"score", "disputes", "inbox", "access-log"}

// manifestAt returns the path of the manifest of the installed app in a language.
func manifestAt(lang string) string {
	if lang == mingjing.Languages[0] {
		return "/manifest.webmanifest"
	}
	return "/manifest." + lang + ".webmanifest"
}

// sharedFor is a field that takes files which another app hands over.
type sharedFor struct {
	Name   string   `json:"name"`
	Accept []string `json:"accept"`
}

// manifest returns our own manifest: go-app's lacks id, lang and categories. The app is the
// same one in every language, so that its id is too.
func manifest(lang string) ([]byte, error) {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	type shortcut struct {
		Name  string `json:"name"`
		URL   string `json:"url"`
		Icons []icon `json:"icons"`
	}
	small := icon{web.URL("icons/icon-192.png"), "192x192", "image/png", "any"}
	var short []shortcut
	for _, name := range shortcuts {
		small := small
		small.Purpose = ""
		short = append(short, shortcut{i18n.T(lang, "nav."+name), mingjing.Path(lang, name), []icon{small}})
	}
	type params struct {
		Title string      `json:"title"`
		Text  string      `json:"text"`
		URL   string      `json:"url"`
		Files []sharedFor `json:"files"`
	}
	type share struct {
		Action  string `json:"action"`
		Method  string `json:"method"`
		Enctype string `json:"enctype"`
		Params  params `json:"params"`
	}
	m, err := json.Marshal(struct {
		ID          string     `json:"id"`
		Name        string     `json:"name"`
		ShortName   string     `json:"short_name"`
		Description string     `json:"description"`
		Lang        string     `json:"lang"`
		Dir         string     `json:"dir"`
		Scope       string     `json:"scope"`
		StartURL    string     `json:"start_url"`
		Display     string     `json:"display"`
		Orientation string     `json:"orientation"`
		Background  string     `json:"background_color"`
		Theme       string     `json:"theme_color"`
		Categories  []string   `json:"categories"`
		Icons       []icon     `json:"icons"`
		Shortcuts   []shortcut `json:"shortcuts"`
		ShareTarget share      `json:"share_target"`
	}{
		ID: "/", Name: i18n.T(lang, "app.name"), ShortName: i18n.T(lang, "app.short_name"), Description: i18n.T(lang, "app.description"),
		Lang: lang, Dir: "ltr", Scope: "/", StartURL: mingjing.Path(lang, "overview"), Display: "standalone", Orientation: "any",
		Background: paperLight, Theme: paperLight, Categories: []string{"government", "utilities"},
		Icons: []icon{
			small,
			{web.URL("icons/icon-512.png"), "512x512", "image/png", "any"},
			{web.URL("icons/mark.svg"), "any", "image/svg+xml", "any"},
			{web.URL("icons/maskable-512.png"), "512x512", "image/png", "maskable"},
		},
		Shortcuts: short,
		ShareTarget: share{incomingAt, "POST", "multipart/form-data", params{"title", "text", "url",
			[]sharedFor{{"evidence", []string{"image/*", ".heic", ".heif", "application/pdf", ".pdf"}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("api: writing the manifest: %w", err)
	}
	return m, nil
}
