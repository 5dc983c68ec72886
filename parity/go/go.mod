module watertight/parity

go 1.19
