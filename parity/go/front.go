// What every port of the test server speaks beside plain HTTP, told by the first
// byte of a connection: TLS, and SOCKS5. In HTTP each port is a proxy as well.
// The user name for the proxy says how it behaves: `refuse`, `hang` or `close`;
// any other, or none, lets it do its work.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
)

// serveFront accepts until the listener is closed.
func serveFront(listener net.Listener, handler http.Handler) {
	accepted := feed{make(chan net.Conn), listener.Addr()}
	go http.Serve(accepted, proxying(handler))
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned()}, NextProtos: []string{"h2", "http/1.1"}}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			reader := bufio.NewReader(conn)
			first, err := reader.Peek(1)
			if err != nil {
				conn.Close()
				return
			}
			whole := peeked{conn, reader}
			switch first[0] {
			case 0x16:
				accepted.conns <- tls.Server(whole, config)
			case 5:
				serveSocks(whole)
			default:
				accepted.conns <- whole
			}
		}()
	}
}

// feed is a listener whose connections were accepted elsewhere.
type feed struct {
	conns chan net.Conn
	addr  net.Addr
}

func (f feed) Accept() (net.Conn, error) { return <-f.conns, nil }
func (f feed) Close() error              { return nil }
func (f feed) Addr() net.Addr            { return f.addr }

// peeked is a connection whose first bytes are in a reader.
type peeked struct {
	net.Conn
	reader *bufio.Reader
}

func (p peeked) Read(into []byte) (int, error) { return p.reader.Read(into) }

// proxying answers absolute-form and CONNECT as a proxy, and leaves the rest to
// the handler, a CONNECT to a host of .test too.
func proxying(handler http.Handler) http.Handler {
	onward := &httputil.ReverseProxy{
		Director:      func(*http.Request) {},
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		FlushInterval: -1,
		// A client that has left is no news.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		toTest := strings.HasSuffix(strings.Split(r.Host, ":")[0], ".test")
		if r.Method == http.MethodConnect && toTest || r.Method != http.MethodConnect && !r.URL.IsAbs() {
			handler.ServeHTTP(w, r)
			return
		}
		switch userOf(r) {
		case "refuse":
			http.Error(w, "not through here", http.StatusBadGateway)
		case "hang":
			<-r.Context().Done()
		case "close":
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		default:
			if r.Method == http.MethodConnect {
				tunnel(w, r.Host)
			} else {
				onward.ServeHTTP(w, r)
			}
		}
	})
}

func userOf(r *http.Request) string {
	decoded, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
	user, _, _ := strings.Cut(string(decoded), ":")
	return user
}

func tunnel(w http.ResponseWriter, target string) {
	onward, err := net.Dial("tcp", target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		onward.Close()
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	join(peeked{conn, buffered.Reader}, onward)
}

// join copies both ways; the end of either is the end of both.
func join(a, b net.Conn) {
	go func() {
		io.Copy(a, b)
		a.Close()
		b.Close()
	}()
	io.Copy(b, a)
	a.Close()
	b.Close()
}

// serveSocks serves one SOCKS5 client. It asks for a user name wherever the
// client offers to send one.
func serveSocks(conn net.Conn) {
	defer conn.Close()
	user := ""
	methods := take(conn, int(take(conn, 2)[1]))
	if strings.ContainsRune(string(methods), 2) {
		conn.Write([]byte{5, 2})
		user = string(take(conn, int(take(conn, 2)[1])))
		take(conn, int(take(conn, 1)[0]))
		conn.Write([]byte{1, 0})
	} else {
		conn.Write([]byte{5, 0})
	}
	host := ""
	switch take(conn, 4)[3] {
	case 1:
		host = net.IP(take(conn, 4)).String()
	case 3:
		host = string(take(conn, int(take(conn, 1)[0])))
	default:
		host = net.IP(take(conn, 16)).String()
	}
	port := int(binary.BigEndian.Uint16(take(conn, 2)))
	switch user {
	case "refuse":
		conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
	case "hang":
		io.Copy(io.Discard, conn)
	case "close":
	default:
		onward, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			conn.Write([]byte{5, 1, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		}
		conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		join(conn, onward)
	}
}

// take reads so many bytes; zeros where the client has left.
func take(from io.Reader, count int) []byte {
	bytes := make([]byte, count)
	io.ReadFull(from, bytes)
	return bytes
}

// selfSigned is a certificate for no name: the clients of scenarios check none.
func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fail(err.Error())
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		fail(err.Error())
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
