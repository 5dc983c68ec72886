module watertight.demo/preview

go 1.19
