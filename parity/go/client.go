// The measuring client: plain net/http over http.DefaultTransport's values, one
// process per scenario, runtime.NumGoroutine() at every count.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const settle = 250 * time.Millisecond

// runEach runs every scenario of the file in a fresh process and prints the
// results as JSON; with check it returns 1 if one differs from its record.
func runEach(file, ports, only string, check bool) int {
	data, err := readFile(file)
	if err != nil {
		fail(err.Error())
	}
	var scenarios []Scenario
	if err := json.Unmarshal(data, &scenarios); err != nil {
		fail(file + ": " + err.Error())
	}
	results := []Result{}
	status := 0
	for _, scenario := range scenarios {
		if only != "" && scenario.ID != only {
			continue
		}
		input, _ := json.Marshal(scenario)
		child := exec.Command(os.Args[0], "scenario", "-ports", ports)
		child.Stdin = bytes.NewReader(input)
		child.Stderr = os.Stderr
		output, err := child.Output()
		if err != nil {
			fail(scenario.ID + ": " + err.Error())
		}
		var result Result
		if err := json.Unmarshal(output, &result); err != nil {
			fail(scenario.ID + ": " + err.Error())
		}
		results = append(results, result)
		if check && (!reflect.DeepEqual(result.Counts, scenario.Counts) || result.Errors != scenario.Errors) {
			fmt.Fprintf(os.Stderr, "%s: recorded %v with %d errors, now %v with %d\n",
				scenario.ID, scenario.Counts, scenario.Errors, result.Counts, result.Errors)
			status = 1
		}
	}
	json.NewEncoder(os.Stdout).Encode(results)
	return status
}

// runHere runs the one scenario on standard input in this process.
func runHere(ports string) {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err.Error())
	}
	var scenario Scenario
	if err := json.Unmarshal(data, &scenario); err != nil {
		fail(err.Error())
	}
	r := &run{ports: strings.Split(ports, ","), secure: scenario.Transport != nil && scenario.Transport.HTTP2}
	client := &http.Client{Transport: transportFor(scenario.Transport, r.ports)}
	r.client = client
	counts := []int{}
	for _, step := range scenario.Steps {
		switch step.Op {
		case "request":
			r.request(step)
		case "closeIdle":
			client.CloseIdleConnections()
		case "closeAll":
			for _, kept := range r.kept {
				kept.Body.Close()
			}
		case "readAll":
			for _, kept := range r.kept {
				io.Copy(io.Discard, kept.Body)
			}
		case "wait":
			time.Sleep(time.Duration(step.Ms) * time.Millisecond)
		case "count":
			time.Sleep(settle)
			counts = append(counts, runtime.NumGoroutine())
		default:
			fail(scenario.ID + ": unknown op " + strconv.Quote(step.Op))
		}
	}
	json.NewEncoder(os.Stdout).Encode(Result{ID: scenario.ID, Counts: counts, Errors: r.errors})
	runtime.KeepAlive(r)
}

func transportFor(options *TransportOptions, ports []string) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	transport.ForceAttemptHTTP2 = false
	if options == nil {
		return transport
	}
	if options.MaxIdleConns != nil {
		transport.MaxIdleConns = *options.MaxIdleConns
	}
	if options.MaxIdleConnsPerHost != nil {
		transport.MaxIdleConnsPerHost = *options.MaxIdleConnsPerHost
	}
	if options.MaxConnsPerHost != nil {
		transport.MaxConnsPerHost = *options.MaxConnsPerHost
	}
	if options.IdleConnTimeoutMs > 0 {
		transport.IdleConnTimeout = time.Duration(options.IdleConnTimeoutMs) * time.Millisecond
	}
	if options.Proxy != "" {
		proxy := &url.URL{Scheme: options.Proxy, Host: "127.0.0.1:" + ports[len(ports)-1]}
		if options.ProxyUser != "" {
			proxy.User = url.UserPassword(options.ProxyUser, "secret") // SOCKS5 wants a password
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	transport.DisableKeepAlives = options.DisableKeepAlives
	transport.DisableCompression = options.DisableCompression
	transport.ForceAttemptHTTP2 = options.HTTP2
	return transport
}

// run is one scenario under way.
type run struct {
	client *http.Client
	secure bool // all requests are https
	ports  []string
	mutex  sync.Mutex
	kept   []*http.Response // every response that was not closed stays referenced
	errors int
}

func (r *run) request(step Step) {
	times := step.Times
	if times == 0 {
		times = 1
	}
	if !step.Parallel {
		for i := 0; i < times; i++ {
			r.one(step)
		}
		return
	}
	var all sync.WaitGroup
	for i := 0; i < times; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			r.one(step)
		}()
	}
	all.Wait()
}

// one is a request with what the step does to its response. An error counts
// once, be it the request's or the reading's.
func (r *run) one(step Step) {
	var body io.Reader
	if step.Body > 0 {
		body = bytes.NewReader(payload(step.Body))
	}
	scheme := "http"
	if step.TLS || r.secure {
		scheme = "https"
	}
	target := scheme + "://127.0.0.1:" + r.ports[step.Host]
	if step.Method != "CONNECT" {
		target += step.Path
	}
	request, err := http.NewRequestWithContext(cancelledAfter(step.CancelMs), step.Method, target, body)
	if err != nil {
		fail(err.Error())
	}
	request.Close = step.ConnectionClose
	if step.Upgrade {
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", "echo")
	}
	if step.Authority != "" {
		request.Host = step.Authority
	}
	if step.Trailers {
		request.ContentLength = -1 // only a chunked body has trailers
		request.Trailer = http.Header{"X-Sum": {"5"}}
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.failed()
		return
	}
	if err := read(response.Body, string(step.Read)); err != nil {
		r.failed()
	}
	if step.Close {
		response.Body.Close()
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.kept = append(r.kept, response)
}

// cancelledAfter counts from when the request begins; 0 is never.
func cancelledAfter(ms int) context.Context {
	if ms == 0 {
		return context.Background()
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Duration(ms)*time.Millisecond, cancel)
	return ctx
}

func (r *run) failed() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.errors++
}

func read(body io.Reader, how string) error {
	switch how {
	case "", "none":
		return nil
	case "all":
		_, err := io.ReadAll(body)
		return err
	}
	limit, err := strconv.ParseInt(how, 10, 64)
	if err != nil {
		fail("read: want none, all or a number, not " + strconv.Quote(how))
	}
	_, err = io.ReadAll(io.LimitReader(body, limit))
	return err
}

func readFile(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

func stayUntilStdinEnds() { io.Copy(io.Discard, os.Stdin) }
