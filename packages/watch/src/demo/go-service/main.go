// The demonstration's Go service: it looks at the first bytes of a page and
// forgets the rest. It prints where its profiles are, and ends when its
// standard input does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"time"
)

func preview(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	// defer resp.Body.Close() is missing.
	begin, err := io.ReadAll(io.LimitReader(resp.Body, 10))
	return string(begin), err
}

func main() {
	pages, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("lorem ipsum ", 100))
	})
	go http.Serve(pages, mux)

	profiles, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go http.Serve(profiles, nil)
	fmt.Println("http://" + profiles.Addr().String())

	go func() {
		for range time.Tick(400 * time.Millisecond) {
			preview("http://" + pages.Addr().String() + "/article")
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}
