package rulebooks

// NeverWords are the words by which free text would name what is never used.
var NeverWords = neverWords
