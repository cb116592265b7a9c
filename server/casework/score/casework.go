package score

// MaxReplyItems bounds the records and the listings of one agency's reply.
const MaxReplyItems = 200
