module example.com/embed-go

go 1.19
