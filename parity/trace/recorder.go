package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
)

// recorder keeps the calls of the hooks: a name, then what it was told, the addresses of the servers by name.
type recorder struct {
	mu     sync.Mutex
	events [][]string
	names  *strings.Replacer
}

func (r *recorder) add(name string, facts ...any) {
	event := []string{name}
	for _, fact := range facts {
		event = append(event, r.names.Replace(fmt.Sprint(fact)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// outcome says whether there was an error, not which: the texts of two languages are not compared.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return "error"
}

func (r *recorder) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(hostPort string) { r.add("getConn", hostPort) },
		GotConn: func(info httptrace.GotConnInfo) {
			r.add("gotConn", fmt.Sprintf("reused=%v", info.Reused), fmt.Sprintf("wasIdle=%v", info.WasIdle))
		},
		PutIdleConn:          func(err error) { r.add("putIdleConn", outcome(err)) },
		GotFirstResponseByte: func() { r.add("gotFirstResponseByte") },
		Got100Continue:       func() { r.add("got100Continue") },
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			r.add("got1xxResponse", code)
			return nil
		},
		DNSStart: func(info httptrace.DNSStartInfo) { r.add("dnsStart", info.Host) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			addrs := []string{}
			for _, addr := range info.Addrs {
				addrs = append(addrs, addr.String())
			}
			r.add("dnsDone", outcome(info.Err), strings.Join(addrs, " "))
		},
		ConnectStart: func(network, addr string) { r.add("connectStart", network, addr) },
		ConnectDone: func(network, addr string, err error) {
			var op *net.OpError
			if err != nil && !errors.As(err, &op) {
				panic(err)
			}
			r.add("connectDone", network, addr, outcome(err))
		},
		TLSHandshakeStart: func() { r.add("tlsHandshakeStart") },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			r.add("tlsHandshakeDone", outcome(err))
		},
		WroteHeaderField: func(key string, _ []string) { r.add("wroteHeaderField", key) },
		WroteHeaders:     func() { r.add("wroteHeaders") },
		Wait100Continue:  func() { r.add("wait100Continue") },
		WroteRequest:     func(info httptrace.WroteRequestInfo) { r.add("wroteRequest", outcome(info.Err)) },
	}
}
