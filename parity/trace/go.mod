module watertight/parity/trace

go 1.19
