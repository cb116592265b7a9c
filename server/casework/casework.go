// Package casework is the deep module of the product: score requests, the work
// of scoring, records, listings and disputes, and who may do what with them.
package casework

// MaxReplyItems bounds the records and the listings of one agency's reply.
const MaxReplyItems = 200
