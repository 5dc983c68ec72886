// Makes the requests of the conformance cases with net/http: reads them as JSON, writes what became of each.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

type request struct {
	URL, Again, Method, Kind, Body string
	PatienceMs, PauseMs            int
}

func main() {
	log.SetOutput(io.Discard) // "Unsolicited response received on idle HTTP channel"
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	outcomes := make([]string, len(requests))
	slots := make(chan struct{}, 16)
	var all sync.WaitGroup
	for i := range requests {
		all.Add(1)
		slots <- struct{}{}
		go func(i int) {
			defer func() { <-slots; all.Done() }()
			outcomes[i] = play(requests[i])
		}(i)
	}
	all.Wait()
	json.NewEncoder(os.Stdout).Encode(outcomes)
}

func play(r request) string {
	transport := &http.Transport{DisableKeepAlives: r.Kind != "twice", DisableCompression: r.Kind != "coded"}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Duration(r.PatienceMs) * time.Millisecond}
	if r.Kind != "redirect" {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	first := ask(client, r.Method, r.URL, r.Body)
	if r.Again == "" || first == "refused" || first == "waits" {
		return first
	}
	time.Sleep(time.Duration(r.PauseMs) * time.Millisecond)
	second := ask(client, "GET", r.Again, "")
	if second == "refused" || second == "waits" {
		return second
	}
	return first + ", then " + second
}

func ask(client *http.Client, method, url, body string) string {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		return "refused"
	}
	response, err := client.Do(request)
	if err != nil {
		return failure(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return failure(err)
	}
	return fmt.Sprintf("%d %d %x", response.StatusCode, len(content), sha256.Sum256(content))[:len(fmt.Sprintf("%d %d ", response.StatusCode, len(content)))+8]
}

func failure(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return "waits"
	}
	return "refused"
}
