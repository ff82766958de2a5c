module github.com/stockade-lint/stockade/plugins/sdk/go

go 1.24
