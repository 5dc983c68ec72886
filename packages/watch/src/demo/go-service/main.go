// A Go service with net/http/pprof, as the watcher meets it: it looks at the
// first bytes of a page and forgets the rest. It prints where its profiles are.
//
//	/work?body=leaked    does it once (the mistake)
//	/work?body=closed    the same, closed
//	/metrics             only with -metrics: process_start_time_seconds
//
// With -every it does so by itself, at each such time. With -stdin it ends when
// its standard input does, and so with its parent.
package main

import (
	"flag"
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

func correctPreview(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	begin, err := io.ReadAll(io.LimitReader(resp.Body, 10))
	return string(begin), err
}

func work(body, url string) error {
	var err error
	if body == "leaked" {
		_, err = preview(url)
	} else {
		_, err = correctPreview(url)
	}
	return err
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return listener
}

func main() {
	metrics := flag.Bool("metrics", false, "serve process_start_time_seconds")
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	body := flag.String("body", "leaked", "what becomes of the responses of -every: leaked or closed")
	every := flag.Duration("every", 0, "between two looks at a page; 0: none but those asked for")
	stdin := flag.Bool("stdin", false, "end with the standard input")
	flag.Parse()
	started := float64(time.Now().UnixNano()) / 1e9

	inner := listen("127.0.0.1:0")
	pages := http.NewServeMux()
	pages.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("lorem ipsum ", 100))
	})
	go http.Serve(inner, pages)
	article := "http://" + inner.Addr().String() + "/article"

	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		if err := work(r.URL.Query().Get("body"), article); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	if *metrics {
		http.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.2f\n", started)
		})
	}
	outer := listen(*address)
	fmt.Println("http://" + outer.Addr().String())
	go http.Serve(outer, nil)

	if *every > 0 {
		go func() {
			for range time.Tick(*every) {
				work(*body, article)
			}
		}()
	}
	if *stdin {
		io.Copy(io.Discard, os.Stdin)
		return
	}
	select {}
}
