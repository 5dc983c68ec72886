package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// scenario is one request whose hooks are recorded; `before` makes others on the same transport.
type scenario struct {
	id        string
	transport func(*http.Transport, *servers)
	before    string
	method    string
	url       string
	header    map[string]string
	body      string
	// Cancelled so long after it began.
	cancel time.Duration
	// The body is closed unread.
	close bool
	// Hooks are called so long after the request.
	late time.Duration
}

// The names in URLs: HTTP, HTTPS, STALE, and CLOSED, where nobody listens, stand for host:port; a lower-case name before a colon is resolved.
var scenarios = []scenario{
	{id: "get", url: "http://HTTP/"},
	{id: "get-closed-unread", url: "http://HTTP/big", close: true},
	{id: "no-body", url: "http://HTTP/204"},
	{id: "keep-alives-disabled", url: "http://HTTP/", transport: func(t *http.Transport, _ *servers) { t.DisableKeepAlives = true }},
	{id: "server-closes", url: "http://HTTP/close"},
	{id: "no-idle-conns", url: "http://HTTP/", transport: func(t *http.Transport, _ *servers) { t.MaxIdleConnsPerHost = -1 }},
	{id: "post", method: "POST", url: "http://HTTP/", body: "hello"},
	{id: "reused", before: "http://HTTP/", url: "http://HTTP/"},
	{id: "https", url: "https://HTTPS/"},
	{id: "https-reused", before: "https://HTTPS/", url: "https://HTTPS/"},
	{id: "http-proxy", url: "http://HTTP/", transport: through("http")},
	{id: "connect-proxy", url: "https://HTTPS/", transport: through("http")},
	{id: "tls-proxy", url: "http://HTTP/", transport: through("https")},
	{id: "connect-tls-proxy", url: "https://HTTPS/", transport: through("https")},
	{id: "socks", url: "http://HTTP/", transport: through("socks5")},
	{id: "socks-https", url: "https://HTTPS/", transport: through("socks5")},
	{id: "continue", method: "POST", url: "http://HTTP/", body: "hello", header: map[string]string{"Expect": "100-continue"}},
	{id: "continue-refused", method: "POST", url: "http://HTTP/refuse", body: "hello", header: map[string]string{"Expect": "100-continue"}},
	{id: "early-hints", url: "http://HTTP/hints"},
	{id: "redirect", url: "http://HTTP/redirect"},
	{id: "refused", url: "http://CLOSED/"},
	{id: "dns", url: "http://one.test:HTTP/"},
	{id: "dns-failure", url: "http://none.test:HTTP/"},
	{id: "tls-failure", url: "https://HTTPS/", transport: func(t *http.Transport, _ *servers) { t.TLSClientConfig = nil }},
	{id: "dual-stack", url: "http://both.test:HTTP/"},
	{id: "dual-stack-slow", late: time.Second, url: "http://both.test:HTTP/", transport: func(t *http.Transport, s *servers) { t.DialContext = slowDialer(s, "tcp6", time.Second) }},
	{id: "dual-stack-refused", url: "http://both.test:CLOSED/"},
	{id: "stale-retry", before: "http://STALE/", url: "http://STALE/"},
	{id: "cancelled-dial", late: 200 * time.Millisecond, url: "http://HTTP/", cancel: 50 * time.Millisecond, transport: func(t *http.Transport, s *servers) { t.DialContext = slowDialer(s, "tcp4", 200*time.Millisecond) }},
	{id: "cancelled-headers", url: "http://HTTP/hang", cancel: 50 * time.Millisecond},
}

func through(scheme string) func(*http.Transport, *servers) {
	return func(t *http.Transport, s *servers) {
		port := map[string]string{"http": s.proxy, "https": s.tlsProxy, "socks5": s.socks}[scheme]
		t.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: "127.0.0.1:" + port})
	}
}

// slowDialer makes each connect of one network slow, behind its ConnectStart.
func slowDialer(s *servers, network string, by time.Duration) func(context.Context, string, string) (net.Conn, error) {
	dialer := &net.Dialer{Resolver: s.resolver, Control: func(net, _ string, _ syscall.RawConn) error {
		if net == network {
			time.Sleep(by)
		}
		return nil
	}}
	return dialer.DialContext
}

func (s scenario) run(at *servers) [][]string {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Resolver: at.resolver}).DialContext,
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: true},
		ExpectContinueTimeout: 5 * time.Second,
		TLSNextProto:          map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	if s.transport != nil {
		s.transport(transport, at)
	}
	client := &http.Client{Transport: transport}
	if s.before != "" {
		response, err := client.Get(at.places.Replace(s.before))
		if err != nil {
			panic(err)
		}
		finish(response, false)
		time.Sleep(20 * time.Millisecond)
	}
	record := &recorder{names: at.names}
	ctx, cancel := context.WithCancel(httptrace.WithClientTrace(context.Background(), record.trace()))
	defer cancel()
	if s.cancel > 0 {
		time.AfterFunc(s.cancel, cancel)
	}
	method := s.method
	if method == "" {
		method = "GET"
	}
	var body io.Reader
	if s.body != "" {
		body = strings.NewReader(s.body)
	}
	request, err := http.NewRequestWithContext(ctx, method, at.places.Replace(s.url), body)
	if err != nil {
		panic(err)
	}
	for name, value := range s.header {
		request.Header.Set(name, value)
	}
	if response, err := client.Do(request); err == nil {
		finish(response, s.close)
	}
	time.Sleep(50 * time.Millisecond)
	time.Sleep(s.late)
	transport.CloseIdleConnections()
	record.mu.Lock()
	defer record.mu.Unlock()
	return record.events
}

func finish(response *http.Response, unread bool) {
	if !unread {
		io.Copy(io.Discard, response.Body)
	}
	response.Body.Close()
}
