// Command parity is the measuring half of the parity check: a test server, and
// a client that runs scenarios through Go's own net/http and prints how many
// goroutines it had. It owns only the two modes' command lines.
package main

import (
	"flag"
	"fmt"
	"os"
)

const usage = `usage:
  parity server [-n PORTS]
  parity client -ports P0,P1,P2 [-scenarios FILE] [-only ID] [-check]`

func main() {
	if len(os.Args) < 2 {
		fail(usage)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	switch os.Args[1] {
	case "server":
		n := flags.Int("n", 3, "how many ports to serve on")
		flags.Parse(os.Args[2:])
		serve(*n)
	case "client":
		ports := flags.String("ports", "", "the server's ports, comma separated; a step's host is an index into them")
		file := flags.String("scenarios", "-", "file with the scenarios; - is standard input")
		only := flags.String("only", "", "run this scenario alone")
		check := flags.Bool("check", false, "compare with the counts recorded in the file; exit 1 where they differ")
		flags.Parse(os.Args[2:])
		os.Exit(runEach(*file, *ports, *only, *check))
	case "scenario": // one scenario in this process; `client` starts these
		ports := flags.String("ports", "", "the server's ports")
		flags.Parse(os.Args[2:])
		runHere(*ports)
	default:
		fail(usage)
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
