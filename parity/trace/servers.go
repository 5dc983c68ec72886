package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// servers are what the scenarios talk to: an origin without and with TLS, one that drops its second request, three proxies and a name server.
type servers struct {
	proxy, tlsProxy, socks string
	resolver               *net.Resolver
	// In URLs, and back in what is recorded.
	places, names *strings.Replacer
}

func port(addr net.Addr) string { return fmt.Sprint(addr.(*net.TCPAddr).Port) }

func startServers() *servers {
	plain := httptest.NewServer(http.HandlerFunc(serve))
	secure := httptest.NewTLSServer(http.HandlerFunc(serve))
	secure.Config.ErrorLog = nil
	proxy := httptest.NewServer(http.HandlerFunc(forward))
	tlsProxy := httptest.NewTLSServer(http.HandlerFunc(forward))
	stale := listen(dropSecond)
	socks := listen(serveSocks)
	closed := listen(nil)
	http, https := port(plain.Listener.Addr()), port(secure.Listener.Addr())
	s := &servers{proxy: port(proxy.Listener.Addr()), tlsProxy: port(tlsProxy.Listener.Addr()), socks: socks, resolver: startNames()}
	s.places = strings.NewReplacer("test:HTTP", "test:"+http, "test:CLOSED", "test:"+closed, "HTTPS", "127.0.0.1:"+https, "HTTP", "127.0.0.1:"+http, "STALE", "127.0.0.1:"+stale, "CLOSED", "127.0.0.1:"+closed)
	s.names = strings.NewReplacer(http, "PORT", https, "PORT", stale, "PORT", closed, "PORT", s.proxy, "PROXY", s.tlsProxy, "PROXY", socks, "PROXY")
	return s
}

func serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/big":
		w.Write(make([]byte, 1<<20))
	case "/204":
		w.WriteHeader(204)
	case "/close":
		w.Header().Set("Connection", "close")
		io.WriteString(w, "hello")
	case "/refuse":
		w.WriteHeader(417)
	case "/hints":
		w.WriteHeader(103)
		io.WriteString(w, "hello")
	case "/redirect":
		http.Redirect(w, r, "/", 302)
	case "/hang":
		<-r.Context().Done()
	default:
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "hello")
	}
}

func forward(w http.ResponseWriter, r *http.Request) {
	if r.Method != "CONNECT" {
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			panic(err)
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		io.Copy(w, response.Body)
		return
	}
	onward, err := net.Dial("tcp", r.Host)
	if err != nil {
		panic(err)
	}
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	join(conn, onward)
}

func join(a, b net.Conn) {
	go func() {
		io.Copy(a, b)
		a.Close()
	}()
	go func() {
		io.Copy(b, a)
		b.Close()
	}()
}

// listen serves each connection with a function; without one, nobody listens at the port any more.
func listen(serve func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if serve == nil {
		listener.Close()
		return port(listener.Addr())
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				panic(err)
			}
			go serve(conn)
		}
	}()
	return port(listener.Addr())
}

// dropSecond answers one request of a connection, and ends it when the second has come.
func dropSecond(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	if _, err := http.ReadRequest(reader); err != nil {
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	http.ReadRequest(reader)
}

// serveSocks is SOCKS5 without a user, to addresses of IPv4.
func serveSocks(conn net.Conn) {
	greeting := make([]byte, 2)
	io.ReadFull(conn, greeting)
	io.ReadFull(conn, make([]byte, greeting[1]))
	conn.Write([]byte{5, 0})
	request := make([]byte, 10)
	io.ReadFull(conn, request)
	onward, err := net.Dial("tcp", fmt.Sprintf("%s:%d", net.IP(request[4:8]), binary.BigEndian.Uint16(request[8:])))
	if err != nil {
		panic(err)
	}
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	join(conn, onward)
}

// startNames answers for one.test (127.0.0.1) and both.test (::1 as well); there is no other name.
func startNames() *net.Resolver {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		packet := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				panic(err)
			}
			server.WriteTo(answer(packet[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "udp", server.LocalAddr().String())
	}}
}

func answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	name := string(query[13:end])
	kind := binary.BigEndian.Uint16(query[end+1:])
	reply := append([]byte{}, query[:end+5]...)
	binary.BigEndian.PutUint16(reply[2:], 0x8180)
	binary.BigEndian.PutUint16(reply[6:], 0)
	binary.BigEndian.PutUint16(reply[10:], 0)
	record := func(address net.IP) []byte {
		binary.BigEndian.PutUint16(reply[6:], 1)
		reply = append(reply, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 60, 0, byte(len(address)))
		return append(reply, address...)
	}
	known := strings.HasPrefix(name, "one\x04test") || strings.HasPrefix(name, "both\x04test")
	switch {
	case !known:
		reply[3] |= 3
	case kind == 1:
		return record(net.IPv4(127, 0, 0, 1).To4())
	case kind == 28 && strings.HasPrefix(name, "both"):
		return record(net.IPv6loopback)
	}
	return reply
}
