module lunas-example

go 1.19
