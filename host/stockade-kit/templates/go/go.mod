module {{name}}

go 1.24

require github.com/stockade-lint/stockade/plugins/sdk/go v0.0.0

replace github.com/stockade-lint/stockade/plugins/sdk/go => ./sdk
