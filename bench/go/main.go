// The Go client: net/http in the same scenarios as bench/scenarios, for comparison. It takes the same JSON
// as worker.js, prints the same metrics, and ends when its standard input does.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type task struct {
	Scenario    string
	Origin      string
	StatsOrigin string
	Ca          string
	Parameters  struct {
		Connections, WarmUpMs, MeasureMs, MinimumBodies, WarmUpRequests, Requests, Rate int
		// Nothing to compile while it runs: as many steps as the others take to see that theirs has stopped.
		WarmUp struct{ Patience int }
		Path   string
		// The JSON to send.
		Order string
	}
}

const bigBytes = 100_000_000

var (
	job       task
	transport *http.Transport
	client    *http.Client
)

func main() {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	check(json.Unmarshal([]byte(os.Args[1]), &job))
	connections := job.Parameters.Connections
	if connections == 0 {
		connections = 1
	}
	transport = &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	if roots := x509.NewCertPool(); roots.AppendCertsFromPEM([]byte(job.Ca)) {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	client = &http.Client{Transport: transport}
	scenario := map[string]func() map[string]float64{"small": small, "text": small, "tls": small, "json": orders, "paced": paced, "big": big, "idle": idle, "ttfb": ttfb}[job.Scenario]
	if scenario == nil {
		fail("no such scenario: " + job.Scenario)
	}
	check(json.NewEncoder(os.Stdout).Encode(scenario()))
}

func small() map[string]float64 { return repeated(func() { _ = string(get("/small")) }) }

// orders posts 1 KB as JSON and parses the 2 KB that come back.
func orders() map[string]float64 {
	var order any
	check(json.Unmarshal([]byte(job.Parameters.Order), &order))
	return repeated(func() {
		body, err := json.Marshal(order)
		check(err)
		res, err := client.Post(job.Origin+"/json", "application/json", bytes.NewReader(body))
		check(err)
		var answer any
		check(json.NewDecoder(res.Body).Decode(&answer))
		_, err = io.Copy(io.Discard, res.Body)
		check(err)
		check(res.Body.Close())
	})
}

// paced starts each request when it is due, and counts its time from then.
func paced() map[string]float64 {
	p := job.Parameters
	closedLoop(p.Connections, 250*p.WarmUp.Patience, func() { get("/small") })
	pace(p.Rate, p.MeasureMs/5)
	var micros []float64
	m := measureCPU(func() { micros = pace(p.Rate, p.MeasureMs) })
	sort.Float64s(micros)
	at := func(share float64) float64 { return micros[int(math.Ceil(share*float64(len(micros))))-1] }
	return map[string]float64{
		"p50Micros": at(0.5), "p99Micros": at(0.99), "p999Micros": at(0.999),
		"requestsPerSecond": float64(len(micros)) / m.seconds,
		"serverBusy":        m.serverBusy,
	}
}

func pace(rate, ms int) []float64 {
	micros := make([]float64, rate*ms/1000)
	var pending sync.WaitGroup
	began := time.Now()
	for i := range micros {
		due := began.Add(time.Duration(float64(i) / float64(rate) * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		pending.Add(1)
		go func(i int) {
			defer pending.Done()
			get("/small")
			micros[i] = float64(time.Since(due).Nanoseconds()) / 1000
		}(i)
	}
	pending.Wait()
	return micros
}

func repeated(exchange func()) map[string]float64 {
	p := job.Parameters
	closedLoop(p.Connections, 250*p.WarmUp.Patience, exchange)
	var requests int64
	m := measureCPU(func() { requests = closedLoop(p.Connections, p.MeasureMs, exchange) })
	return map[string]float64{
		"cpuMicros":         m.cpuSeconds * 1e6 / float64(requests),
		"requestsPerSecond": float64(requests) / m.seconds,
		"serverBusy":        m.serverBusy,
	}
}

func big() map[string]float64 {
	p := job.Parameters
	for i := 0; i < p.WarmUp.Patience; i++ {
		streamOne()
	}
	bodies := 0
	m := measureCPU(func() {
		start := time.Now()
		for bodies < p.MinimumBodies || time.Since(start) < milliseconds(p.MeasureMs) {
			streamOne()
			bodies++
		}
	})
	gigabytes := float64(bodies) * bigBytes / 1e9
	return map[string]float64{
		"cpuSecondsPerGB": m.cpuSeconds / gigabytes,
		"gbPerSecond":     gigabytes / m.seconds,
		"serverBusy":      m.serverBusy,
	}
}

func idle() map[string]float64 {
	const warmUpConnections, wave = 50, 100
	p := job.Parameters
	closedLoop(warmUpConnections, p.WarmUpMs, func() { get("/small") })
	before := settle()
	var pending sync.WaitGroup
	path := fmt.Sprintf("/hold/%d", p.Connections)
	for i := 0; i < p.Connections; i++ {
		pending.Add(1)
		go func() { defer pending.Done(); get(path) }()
		if i%wave == wave-1 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	pending.Wait()
	after := settle()
	opened := after.connections - before.connections
	if opened < float64(p.Connections)/2 {
		fail(fmt.Sprintf("only %v of %d connections were still open when idle", after.connections, p.Connections))
	}
	return map[string]float64{
		"rssBytes":    (after.rss - before.rss) / opened,
		"heapBytes":   (after.heap - before.heap) / opened,
		"connections": after.connections,
	}
}

func ttfb() map[string]float64 {
	p := job.Parameters
	firstBytes(p.Path, p.WarmUpRequests)
	times := firstBytes(p.Path, p.Requests)
	sort.Float64s(times)
	p99 := (len(times)*99+99)/100 - 1
	return map[string]float64{"medianMicros": times[len(times)/2], "p99Micros": times[p99]}
}

// closedLoop makes requests from so many goroutines, each waiting for its body, and returns how many.
func closedLoop(workers, ms int, exchange func()) (requests int64) {
	var stop int32
	time.AfterFunc(milliseconds(ms), func() { atomic.StoreInt32(&stop, 1) })
	counts := make([]int64, workers)
	var running sync.WaitGroup
	for i := range counts {
		running.Add(1)
		go func(count *int64) {
			defer running.Done()
			for atomic.LoadInt32(&stop) == 0 {
				exchange()
				*count++
			}
		}(&counts[i])
	}
	running.Wait()
	for _, count := range counts {
		requests += count
	}
	return requests
}

func get(path string) []byte {
	res, err := client.Get(job.Origin + path)
	check(err)
	body, err := io.ReadAll(res.Body)
	check(err)
	check(res.Body.Close())
	return body
}

type countingWriter struct{ bytes int64 }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.bytes += int64(len(p))
	return len(p), nil
}

func streamOne() {
	res, err := client.Get(job.Origin + "/big")
	check(err)
	var counter countingWriter
	_, err = io.Copy(&counter, res.Body)
	check(err)
	check(res.Body.Close())
	if counter.bytes != bigBytes {
		fail(fmt.Sprintf("the body had %d bytes instead of %d", counter.bytes, bigBytes))
	}
}

// firstBytes gives the microseconds until client.Get returned, which is when the program has the head.
func firstBytes(path string, count int) []float64 {
	times := make([]float64, 0, count)
	for i := 0; i < count; i++ {
		start := time.Now()
		res, err := client.Get(job.Origin + path)
		elapsed := time.Since(start)
		check(err)
		_, err = io.Copy(io.Discard, res.Body)
		check(err)
		check(res.Body.Close())
		times = append(times, float64(elapsed.Nanoseconds())/1000)
		runtime.Gosched()
	}
	return times
}

type cost struct{ seconds, cpuSeconds, serverBusy float64 }

func measureCPU(work func()) cost {
	serverBefore, _ := serverStats()
	runtime.GC()
	cpuBefore := cpuSeconds()
	start := time.Now()
	work()
	seconds := time.Since(start).Seconds()
	cpu := cpuSeconds() - cpuBefore
	serverAfter, _ := serverStats()
	return cost{seconds, cpu, (serverAfter - serverBefore) / 1e6 / seconds}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// serverStats asks over a connection of its own: CPU microseconds of the server, open connections but this one.
func serverStats() (cpuMicros, connections float64) {
	own := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: own}).Get(job.StatsOrigin + "/stats")
	check(err)
	defer res.Body.Close()
	var stats struct{ CpuMicros, Connections float64 }
	check(json.NewDecoder(res.Body).Decode(&stats))
	return stats.CpuMicros, stats.Connections - 1
}

type footprint struct{ connections, rss, heap float64 }

func settle() footprint {
	for i := 0; i < 5; i++ {
		debug.FreeOSMemory()
		time.Sleep(30 * time.Millisecond)
	}
	_, connections := serverStats()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return footprint{connections, residentBytes(), float64(stats.HeapInuse + stats.StackInuse)}
}

func residentBytes() float64 {
	status, err := os.ReadFile("/proc/self/statm")
	check(err)
	pages, err := strconv.ParseFloat(strings.Fields(string(status))[1], 64)
	check(err)
	return pages * float64(os.Getpagesize())
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
