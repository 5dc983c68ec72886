// The test server: the paths that scenarios ask for, the same on every port.
// It runs in a process of its own, so that no goroutine of it is ever counted.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// serve listens on n ports chosen by the system, prints them on one line and
// stays until standard input ends, so that it never outlives who started it.
func serve(n int) {
	ports := make([]string, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fail(err.Error())
		}
		ports[i] = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		go serveFront(listener, newHandler())
	}
	fmt.Println(strings.Join(ports, ","))
	stayUntilStdinEnds()
}

func newHandler() http.Handler {
	gate := &barrier{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			answerConnect(w, r.Host)
			return
		}
		parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 2)
		if len(parts) < 2 {
			http.NotFound(w, r)
			return
		}
		io.Copy(io.Discard, r.Body)
		n, _ := strconv.Atoi(parts[1])
		switch parts[0] {
		case "bytes":
			sendBytes(w, n)
		case "chunked":
			sendChunks(w, n)
		case "close":
			w.Header().Set("Connection", "close")
			sendBytes(w, n)
		case "gzip":
			sendGzip(w, n)
		case "status":
			w.WriteHeader(n)
		case "hang":
			<-r.Context().Done()
		case "stall":
			w.Header().Set("Content-Length", "100000")
			w.Write(payload(n))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "redirect":
			if n > 0 {
				http.Redirect(w, r, fmt.Sprintf("/redirect/%d", n-1), http.StatusFound)
				return
			}
			sendBytes(w, 5000)
		case "upgrade":
			if r.Header.Get("Upgrade") == "" {
				w.WriteHeader(http.StatusUpgradeRequired)
				return
			}
			leaveHTTP(w, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", n)
		case "refuse":
			w.Header().Set("Content-Length", "5000")
			w.WriteHeader(n)
			w.Write(payload(5000))
		case "trailers":
			w.Header().Set("Trailer", "X-Sum")
			sendChunks(w, n)
			w.Header().Set("X-Sum", parts[1])
		case "barrier":
			if gate.pass(n, r.Context().Done()) {
				sendBytes(w, 5000)
			}
		default:
			http.NotFound(w, r)
		}
	})
}

// answerConnect opens a tunnel to open.test:N, which says N bytes, and refuses
// any other.
func answerConnect(w http.ResponseWriter, authority string) {
	host, port, _ := net.SplitHostPort(authority)
	if host != "open.test" {
		w.Header().Set("Content-Length", "5000")
		w.WriteHeader(http.StatusForbidden)
		w.Write(payload(5000))
		return
	}
	n, _ := strconv.Atoi(port)
	leaveHTTP(w, "HTTP/1.1 200 Connection established\r\n\r\n", n)
}

// leaveHTTP sends the head and n bytes behind it, then echoes until the client
// ends the connection.
func leaveHTTP(w http.ResponseWriter, head string, n int) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(append([]byte(head), payload(n)...))
	io.Copy(conn, buffered)
}

func payload(n int) []byte { return bytes.Repeat([]byte("x"), n) }

func sendBytes(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(n))
	w.Write(payload(n))
}

// sendChunks writes and flushes 1,000 bytes at a time; the last chunk, the one
// that ends the body, follows in a write of its own when the handler returns.
func sendChunks(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Type", "text/plain")
	w.(http.Flusher).Flush()
	for n > 0 {
		size := n
		if size > 1000 {
			size = 1000
		}
		w.Write(payload(size))
		w.(http.Flusher).Flush()
		n -= size
	}
}

// sendGzip compresses whatever the request accepts: whether the client undoes
// it is the client's part of the scenario.
func sendGzip(w http.ResponseWriter, n int) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	writer.Write(payload(n))
	writer.Close()
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(packed.Len()))
	w.Write(packed.Bytes())
}

// barrier lets requests pass in groups: each waits until size of them are there.
type barrier struct {
	mutex   sync.Mutex
	waiting []chan struct{}
}

// pass reports false if the client left before its group was complete.
func (b *barrier) pass(size int, gone <-chan struct{}) bool {
	mine := make(chan struct{})
	b.mutex.Lock()
	b.waiting = append(b.waiting, mine)
	if len(b.waiting) >= size {
		for _, each := range b.waiting {
			close(each)
		}
		b.waiting = nil
	}
	b.mutex.Unlock()
	select {
	case <-mine:
		return true
	case <-gone:
		b.mutex.Lock()
		defer b.mutex.Unlock()
		for i, each := range b.waiting {
			if each == mine {
				b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
				break
			}
		}
		return false
	}
}
