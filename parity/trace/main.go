// Trace records in which order Go's net/http calls the hooks of httptrace, and with which facts.
// Standard library only.
//
//	go run . > ../../packages/watertight/test/fixtures/go-trace.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
)

// How often each scenario is run.
const runs = 7

func main() {
	servers := startServers()
	recorded := map[string][][][]string{}
	for _, s := range scenarios {
		// Hooks are called from several goroutines: each order that occurs is kept.
		seen := map[string]bool{}
		for i := 0; i < runs; i++ {
			events := s.run(servers)
			if text := fmt.Sprint(events); !seen[text] {
				seen[text] = true
				recorded[s.id] = append(recorded[s.id], events)
			}
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(map[string]any{"go": runtime.Version(), "scenarios": recorded}); err != nil {
		panic(err)
	}
}
