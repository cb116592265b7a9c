// Command check is the browser program that checks the access log. It runs in a
// worker beside the page and is loaded only where the access log is shown, so that
// nobody else pays for its cryptography. Outside a browser it does nothing.
package main

func main() { serve() }
