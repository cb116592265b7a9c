package kernel

// MaxList is the greatest number of rows of one resident that are read as one list. A
// resident who has more, which no city comes near, is an error rather than a list that
// looks whole: a score is made from all or not at all.
const MaxList = 10_000
