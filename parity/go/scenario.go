// What a scenario is in JSON, and what is recorded of one.
package main

import (
	"encoding/json"
	"strconv"
)

type Scenario struct {
	ID        string            `json:"id"`
	Why       string            `json:"why"`
	Transport *TransportOptions `json:"transport"`
	Steps     []Step            `json:"steps"`
	Counts    []int             `json:"counts"`
	Errors    int               `json:"errors"`
}

// TransportOptions go on top of http.DefaultTransport's values; null leaves one alone.
type TransportOptions struct {
	MaxIdleConns        *int `json:"maxIdleConns"`
	MaxIdleConnsPerHost *int `json:"maxIdleConnsPerHost"`
	MaxConnsPerHost     *int `json:"maxConnsPerHost"`
	DisableKeepAlives   bool `json:"disableKeepAlives"`
	DisableCompression  bool `json:"disableCompression"`
	IdleConnTimeoutMs   int  `json:"idleConnTimeoutMs"`
	// The scheme of the proxy, which is the last of the server's ports; empty is none.
	Proxy string `json:"proxy"`
	// How the proxy behaves: see front.go.
	ProxyUser string `json:"proxyUser"`
	// HTTP2 asks over https, where both sides speak HTTP/2.
	HTTP2 bool `json:"http2"`
}

type Step struct {
	Op              string `json:"op"`
	Host            int    `json:"host"`
	Path            string `json:"path"`
	Method          string `json:"method"`
	Times           int    `json:"times"`
	Parallel        bool   `json:"parallel"`
	Read            Read   `json:"read"`
	Close           bool   `json:"close"`
	CancelMs        int    `json:"cancelMs"`
	Ms              int    `json:"ms"`
	Body            int    `json:"body"`
	ConnectionClose bool   `json:"connectionClose"`
	TLS             bool   `json:"tls"`
	Upgrade         bool   `json:"upgrade"`
	Authority       string `json:"authority"`
	Trailers        bool   `json:"trailers"`
}

// Read is how much of a body a step reads: "none" (or ""), "all", or a number
// of bytes, spelled as a JSON number or a string.
type Read string

func (r *Read) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*r = Read(text)
		return nil
	}
	var n int64
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*r = Read(strconv.FormatInt(n, 10))
	return nil
}

// Result is what one run of a scenario gave.
type Result struct {
	ID     string `json:"id"`
	Counts []int  `json:"counts"`
	Errors int    `json:"errors"`
}
