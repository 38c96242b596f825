module example.com/tabard-go-plugin

go 1.19
