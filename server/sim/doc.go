// Package sim tries the whole of casework in histories that one seed decides.
//
// A history has a small city: residents, staff and agencies, on a store on a disk in
// memory (package disk). The seed decides who does what, in which order transactions,
// jobs and answers of agencies follow each other, how the clock goes, and what fails:
// calls to the disk, the power, the process at any point between two transactions, the
// replies to people. Everything runs in a bubble of testing/synctest, in which nothing
// happens but what the seed chose; so a seed is the same history each time.
//
// What people are told is compared with a model of what they did, by the algorithm of
// porcupine: what was acknowledged has happened once, what was refused has not, and what
// was not answered has happened or not. After each step the state is compared with what
// the product promises; see the file promises_test.go.
//
// docs/simulation.md says how it is run and how a seed is replayed.
package sim
